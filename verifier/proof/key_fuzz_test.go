package proof

import "testing"

// A key file that is read is written again as a key with the same id.
func FuzzKey(f *testing.F) {
	for _, kind := range KeyTypes {
		k, err := GenerateKey(kind)
		if err != nil {
			f.Fatal(err)
		}
		raw, err := k.JWK()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"kty": "EC", "crv": "P-256", "d": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		k, err := ParseKey(raw)
		if err != nil {
			return
		}
		written, err := k.JWK()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseKey(written)
		if err != nil || again.ID != k.ID {
			t.Errorf("%s is read as another key (%v)", written, err)
		}
	})
}
