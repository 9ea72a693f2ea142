package did

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
)

var text = base64.RawURLEncoding.EncodeToString

// jwkOf is a public key's JWK.
func jwkOf(t testing.TB, public crypto.PublicKey) map[string]any {
	t.Helper()
	jwk := (&Key{Public: public}).JWK()
	if jwk == nil {
		t.Fatalf("no JWK of a %T", public)
	}
	return jwk
}

// ofJWK is the one verification method of a JWK's did:jwk.
func ofJWK(t testing.TB, jwk map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(jwk)
	if err != nil {
		t.Fatal(err)
	}
	return "did:jwk:" + text(raw) + "#0"
}

// The examples of the did:jwk Method Specification.
const (
	exampleP256   = "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
	exampleX25519 = "did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYmVHZE5yZngtRkctSUswOCJ9"
)

func TestJWK(t *testing.T) {
	t.Parallel()
	cases := map[string]string{"the specification's": exampleP256 + "#0"}
	keys := map[string]crypto.PublicKey{"Ed25519": newEd25519(t), "P-256": newP256(t), "P-384": newP384(t), "secp256k1": newK256(t)}
	for name, public := range keys {
		jwk := jwkOf(t, public)
		cases[name] = ofJWK(t, jwk)
		jwk["use"], jwk["kid"] = "sig", "signing"
		jwk["alg"] = map[string]string{"Ed25519": "EdDSA", "P-256": "ES256", "P-384": "ES384", "secp256k1": "ES256K"}[name]
		cases[name+" with all members"] = ofJWK(t, jwk)
	}
	for name, method := range cases {
		for _, purpose := range []Purpose{Assertion, Authentication} {
			key, err := new(Resolver).Resolve(t.Context(), method, purpose)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if key.ID != method || key.Controller != strings.TrimSuffix(method, "#0") {
				t.Errorf("%s: key %s of %s", name, key.ID, key.Controller)
			}
			public := keys[strings.TrimSuffix(name, " with all members")]
			if public != nil && key.Thumbprint() != (&Key{Public: public}).Thumbprint() {
				t.Errorf("%s: another key", name)
			}
		}
	}
}

func TestJWKRefuses(t *testing.T) {
	t.Parallel()
	edwards, p256, p384 := jwkOf(t, newEd25519(t)), jwkOf(t, newP256(t)), jwkOf(t, newP384(t))
	with := func(jwk map[string]any, name string, value any) string {
		jwk = maps.Clone(jwk)
		if jwk[name] = value; value == nil {
			delete(jwk, name)
		}
		return ofJWK(t, jwk)
	}
	good := strings.TrimSuffix(ofJWK(t, edwards), "#0")
	written := func(json string) string { return "did:jwk:" + text([]byte(json)) + "#0" }
	x := edwards["x"].(string)
	for _, c := range []struct{ name, method, code string }{
		{"no fragment", good, Unresolvable},
		{"an empty fragment", good + "#", Unresolvable},
		{"fragment 1", good + "#1", Unresolvable},
		{"fragment 00", good + "#00", Unresolvable},
		{"two fragments", good + "#0#0", Unresolvable},
		{"the key as fragment", good + "#" + strings.TrimPrefix(good, "did:jwk:"), Unresolvable},
		{"a query", good + "?x=1#0", Unresolvable},
		{"a path", good + "/x#0", Unresolvable},
		{"upper case", "DID:JWK" + strings.TrimPrefix(good, "did:jwk") + "#0", Unresolvable},
		{"padding", good + "=#0", Unresolvable},
		{"a line break", good + "\n#0", Unresolvable},
		{"standard base64", "did:jwk:" + base64.RawStdEncoding.EncodeToString([]byte(`{"a":"~~~???>>>"}`)) + "#0", Unresolvable},
		{"nothing", "did:jwk:#0", Unresolvable},
		{"no JSON", written("x"), Unresolvable},
		{"a list", written("[]"), Unresolvable},
		{"text after it", written(`{"kty":"OKP","crv":"Ed25519","x":"` + x + `"}{}`), Unresolvable},
		{"a member twice", written(`{"kty":"OKP","crv":"Ed25519","x":"` + x + `","\u0078":"` + x + `"}`), Unresolvable},
		{"for encryption", with(edwards, "use", "enc"), WrongPurpose},
		{"for what nobody knows", with(edwards, "use", "tls"), WrongPurpose},
		{"use is a list", with(edwards, "use", []any{"sig"}), WrongPurpose},
		{"the specification's key for encryption", exampleX25519 + "#0", WrongKey},
		{"a private key", with(edwards, "d", x), Unresolvable},
		{"a private P-256 key", with(p256, "d", p256["x"]), Unresolvable},
		{"a symmetric member", with(edwards, "k", x), Unresolvable},
		{"y with Ed25519", with(edwards, "y", x), Unresolvable},
		{"an unknown member", with(edwards, "exp", 1), Unresolvable},
		{"another case", with(p256, "X", p256["x"]), Unresolvable},
		{"operations", with(edwards, "key_ops", []any{"encrypt"}), Unresolvable},
		{"a certificate", with(edwards, "x5u", "https://attacker.example/"), Unresolvable},
		{"another algorithm", with(edwards, "alg", "ES256"), Unresolvable},
		{"none", with(edwards, "alg", "none"), Unresolvable},
		{"the algorithm of another curve", with(p384, "alg", "ES256"), Unresolvable},
		{"kid is a number", with(edwards, "kid", 1), Unresolvable},
		{"no kty", with(edwards, "kty", nil), WrongKey},
		{"another kty", with(p256, "kty", "OKP"), WrongKey},
		{"RSA", with(edwards, "kty", "RSA"), WrongKey},
		{"symmetric", written(`{"kty":"oct","k":"AAAA"}`), WrongKey},
		{"secp256k1 of another curve's point", with(p256, "crv", "secp256k1"), Unresolvable},
		{"no x", with(edwards, "x", nil), Unresolvable},
		{"x with padding", with(edwards, "x", x+"="), Unresolvable},
		{"x with stray bits", with(edwards, "x", x[:42]+stray(x[42])), Unresolvable},
		{"a short x", with(edwards, "x", x[:40]), Unresolvable},
		{"a key of small order", with(edwards, "x", strings.Repeat("A", 43)), Unresolvable},
		{"no y", with(p256, "y", nil), Unresolvable},
		{"no point", with(p256, "y", p256["x"]), Unresolvable},
		{"a long coordinate", with(p256, "x", "AAAA"+p256["x"].(string)), Unresolvable},
		{"a point of another curve", with(p384, "crv", "P-256"), Unresolvable},
		{"secp256k1 with the algorithm of P-256", with(jwkOf(t, newK256(t)), "alg", "ES256"), Unresolvable},
		{"secp256k1 without its curve", with(jwkOf(t, newK256(t)), "crv", "P-256K"), WrongKey},
		{"very long", with(edwards, "kid", strings.Repeat("x", 600)), Unresolvable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := new(Resolver).Resolve(t.Context(), c.method, Assertion)
			if e, ok := errors.AsType[*Error](err); !ok || e.Code != c.code {
				t.Errorf("Resolve(%q) = %v, want %s", c.method, err, c.code)
			}
		})
	}
}

// stray sets the lowest bit of a base64url digit whose low bits are not used.
func stray(digit byte) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(digits[strings.IndexByte(digits, digit)|1])
}

// One bit changed at every position is another identifier: either of nobody,
// or of what it says.
func TestJWKEveryPosition(t *testing.T) {
	t.Parallel()
	for _, public := range []crypto.PublicKey{newEd25519(t), newP256(t), newP384(t), newK256(t)} {
		method := []byte(ofJWK(t, jwkOf(t, public)))
		want := (&Key{Public: public}).Thumbprint()
		for i := range method {
			for bit := range 7 {
				method[i] ^= 1 << bit
				key, err := new(Resolver).Resolve(t.Context(), string(method), Authentication)
				if err == nil && key.Thumbprint() == want {
					t.Errorf("%s is read as the key of another", method)
				}
				method[i] ^= 1 << bit
			}
		}
	}
}
