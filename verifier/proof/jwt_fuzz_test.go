package proof

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// fixedCast has the same keys in each of the processes that fuzz.
func fixedCast(f *testing.F) cast {
	f.Helper()
	key := func(seed byte) *Key {
		private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
		b64 := base64.RawURLEncoding.EncodeToString
		k, err := ParseKey([]byte(toJWK(b64(private.Seed()), b64(private[ed25519.SeedSize:]))))
		if err != nil {
			f.Fatal(err)
		}
		return k
	}
	return cast{issuer: key(1), holder: key(2), attacker: key(3)}
}

// toJWK is a private key of Ed25519 as a key file has it.
func toJWK(d, x string) string {
	return `{"kty": "OKP", "crv": "Ed25519", "d": "` + d + `", "x": "` + x + `"}`
}

// Of all that can be made without the keys nothing is taken, but what was signed.
// Ed25519 has one signature of a message.
func FuzzJWT(f *testing.F) {
	c := fixedCast(f)
	signed := map[string]bool{}
	for _, form := range forms {
		credential := issue(f, c.issuer, c.credential(form.model), form.credential)
		raw := present(f, c.holder, form.presentation, credential)
		header, claims := parts(f, raw)
		signed[raw] = true
		f.Add(raw)
		f.Add(forge(f, c.attacker, header, claims))
		f.Add(forge(f, nil, with(header, object{"alg": "none"}), claims))
		f.Add(forge(f, c.holder, with(header, object{"jwk": object{}, "crit": []any{"exp"}}), claims))
		f.Add(present(f, c.attacker, form.presentation, credential))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if code := outcome(t, raw); code == "" && !signed[raw] {
			t.Errorf("taken: %s", raw)
		}
	})
}

// Nobody attests in another's name.
func FuzzAttestation(f *testing.F) {
	c := fixedCast(f)
	raw := attestation(f, c.issuer)
	header, claims := parts(f, raw)
	f.Add(raw)
	f.Add(forge(f, c.attacker, header, claims))
	f.Add(forge(f, nil, header, claims))
	f.Add(forge(f, c.issuer, with(header, object{"typ": nil}), with(claims, object{"proxied": []any{}})))
	f.Fuzz(func(t *testing.T, text string) {
		a, err := testVerifier().Attestation(t.Context(), text)
		if err == nil && text != raw {
			t.Errorf("%s attests %+v", text, a)
		}
		if err != nil && codeOf(t, err) == "" {
			t.Errorf("%s is refused without a reason: %v", text, err)
		}
	})
}

// A JWT is the two documents that its parts hold, in their one spelling.
func FuzzJWTParts(f *testing.F) {
	for _, seed := range []string{"e30.e30.AA", "e30.e30.", "e31.e30.AA", "e30=.e30.AA", "bnVsbA.e30.AA"} {
		f.Add(seed)
	}
	f.Add(attestation(f, fixedCast(f).issuer))
	f.Fuzz(func(t *testing.T, text string) {
		j, err := vc.ParseJWT(text)
		if err != nil {
			return
		}
		if j.Header == nil || j.Payload == nil {
			t.Errorf("%q is read without header or payload", text)
		}
	})
}
