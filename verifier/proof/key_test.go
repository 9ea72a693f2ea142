package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestKeyFile(t *testing.T) {
	t.Parallel()
	for _, curve := range KeyTypes {
		k, err := GenerateKey(curve)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := k.JWK()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseKey(raw)
		if err != nil {
			t.Fatalf("%s: %v", curve, err)
		}
		if back.DID() != k.DID() || back.Thumbprint() != k.Thumbprint() {
			t.Errorf("%s: read back as %s, want %s", curve, back.DID(), k.DID())
		}
		again, err := back.JWK()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%s: written again it differs (%v)", curve, err)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	other := map[string]string{Ed25519: P256, P256: Secp256k1, P384: P256, Secp256k1: P256}
	for _, curve := range KeyTypes {
		k, err := GenerateKey(curve)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := k.JWK()
		if err != nil {
			t.Fatal(err)
		}
		var good object
		if err := json.Unmarshal(raw, &good); err != nil {
			t.Fatal(err)
		}
		zero := strings.Repeat("A", len(good["d"].(string)))
		for name, changes := range map[string]object{
			"public only": {"d": nil}, "another public half": {"x": zero}, "another private half": {"d": zero[:len(zero)-1] + "E"},
			"a short d": {"d": "AAAA"}, "d with padding": {"d": good["d"].(string) + "="}, "another type": {"kty": "RSA"},
			"another curve": {"crv": other[curve]}, "no curve": {"crv": "P-521"}, "another kid": {"kid": "did:key:z#z"}, "d is a number": {"d": 1},
		} {
			text, err := json.Marshal(with(good, changes))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParseKey(text); err == nil {
				t.Errorf("%s, %s: accepted", curve, name)
			}
		}
	}
	for _, text := range []string{"", "{}", "[]", `"x"`, `{"kty":"OKP","kty":"OKP"}`} {
		if _, err := ParseKey([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// What a key prints as never holds its private half.
func TestKeyHides(t *testing.T) {
	t.Parallel()
	k, err := GenerateKey(Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("key", "key", k)
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%+v", k), fmt.Sprintf("%#v", k), logged.String()} {
		if !strings.Contains(text, k.DID()) || strings.Contains(text, "private") {
			t.Errorf("prints as %q", text)
		}
	}
}
