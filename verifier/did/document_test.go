package did

import (
	"crypto"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"
)

const webID = "did:web:example.com"

// altered writes a good document, changed.
func altered(t testing.TB, public crypto.PublicKey, change func(d, m map[string]any)) []byte {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(documentOf(t, webID, public), &d); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(d, d["verificationMethod"].([]any)[0].(map[string]any))
	}
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func read(raw []byte, method string) (*Key, error) {
	d, wrong := parseDocument(raw, webID)
	if wrong != nil {
		return nil, wrong
	}
	return d.key(method, Assertion, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
}

func TestDocument(t *testing.T) {
	t.Parallel()
	edwards, p256, p384 := newEd25519(t), newP256(t), newP384(t)
	become := func(kind, member string, value any) func(d, m map[string]any) {
		return func(_, m map[string]any) {
			delete(m, "publicKeyMultibase")
			m["type"], m[member] = kind, value
		}
	}
	for _, c := range []struct {
		name   string
		public crypto.PublicKey
		change func(d, m map[string]any)
	}{
		{"Multikey, Ed25519", edwards, nil},
		{"Multikey, P-256", p256, nil},
		{"Multikey, P-384", p384, nil},
		{"JsonWebKey", p256, become("JsonWebKey", "publicKeyJwk", jwkOf(t, p256))},
		{"JsonWebKey2020", edwards, become("JsonWebKey2020", "publicKeyJwk", jwkOf(t, edwards))},
		{"JsonWebKey2020, P-384", p384, become("JsonWebKey2020", "publicKeyJwk", jwkOf(t, p384))},
		{"Ed25519VerificationKey2020", edwards, func(_, m map[string]any) { m["type"] = "Ed25519VerificationKey2020" }},
		{"Ed25519VerificationKey2018", edwards, become("Ed25519VerificationKey2018", "publicKeyBase58", base58.Encode(edwards))},
		{"no context", edwards, func(d, _ map[string]any) { delete(d, "@context") }},
		{"one context", edwards, func(d, _ map[string]any) { d["@context"] = "https://www.w3.org/ns/did/v1.1" }},
		{"services and strangers", edwards, func(d, _ map[string]any) {
			d["service"], d["alsoKnownAs"], d["deactivated"], d["x"] = []any{map[string]any{"id": "#x"}}, []any{"https://example.com"}, false, nil
		}},
		{"a relative id", edwards, func(_, m map[string]any) { m["id"] = "#1" }},
		{"embedded", edwards, func(d, m map[string]any) {
			delete(d, "verificationMethod")
			d["assertionMethod"], d["authentication"] = []any{m}, []any{}
		}},
		{"not expired", edwards, func(_, m map[string]any) { m["expires"] = "2026-11-22T12:00:01Z" }},
		{"beside a key that is not read", edwards, func(d, m map[string]any) {
			d["verificationMethod"] = []any{m, map[string]any{"id": "#2", "type": "RsaVerificationKey2018", "controller": webID, "publicKeyPem": "x"}}
		}},
	} {
		key, err := read(altered(t, c.public, c.change), webID+"#1")
		if err != nil || key.ID != webID+"#1" || key.Controller != webID || key.Thumbprint() != (&Key{Public: c.public}).Thumbprint() {
			t.Errorf("%s: %+v, %v", c.name, key, err)
		}
	}
}

func TestDocumentRefuses(t *testing.T) {
	t.Parallel()
	edwards, p256 := newEd25519(t), newP256(t)
	set := func(name string, v any) func(d, m map[string]any) { return func(d, _ map[string]any) { d[name] = v } }
	setMethod := func(name string, v any) func(d, m map[string]any) {
		return func(_, m map[string]any) { m[name] = v }
	}
	private := jwkOf(t, edwards)
	private["d"] = private["x"]
	jwk := func(v any) func(d, m map[string]any) {
		return func(_, m map[string]any) {
			delete(m, "publicKeyMultibase")
			m["type"], m["publicKeyJwk"] = "JsonWebKey", v
		}
	}
	other, _ := forKey(t, p256)
	for _, c := range []struct {
		name, code string
		change     func(d, m map[string]any)
	}{
		{"another id", Unresolvable, set("id", "did:web:attacker.example")},
		{"the id in capitals", Unresolvable, set("id", "did:web:Example.com")},
		{"no id", Unresolvable, func(d, _ map[string]any) { delete(d, "id") }},
		{"the id is a list", Unresolvable, set("id", []any{webID})},
		{"another context", Unresolvable, set("@context", "https://attacker.example/v1")},
		{"the context of DIDs second", Unresolvable, set("@context", []any{"https://attacker.example/v1", "https://www.w3.org/ns/did/v1"})},
		{"a context of its own", Unresolvable, set("@context", []any{"https://www.w3.org/ns/did/v1", map[string]any{"assertionMethod": "https://x.example"}})},
		{"an empty context", Unresolvable, set("@context", []any{})},
		{"deactivated", Unresolvable, set("deactivated", true)},
		{"deactivated somehow", Unresolvable, set("deactivated", "false")},
		{"methods are an object", Unresolvable, set("verificationMethod", map[string]any{})},
		{"methods are null", Unresolvable, set("verificationMethod", nil)},
		{"a method is a string", Unresolvable, set("verificationMethod", []any{"#1"})},
		{"very many references", Unresolvable, set("authentication", slices.Repeat([]any{"#1"}, maxListed+1))},
		{"very many methods", Unresolvable, func(d, m map[string]any) {
			list := []any{m}
			for i := range maxListed {
				list = append(list, map[string]any{"id": fmt.Sprintf("#more-%d", i)})
			}
			d["verificationMethod"] = list
		}},
		{"no methods", Unresolvable, func(d, _ map[string]any) { delete(d, "verificationMethod") }},
		{"no relationship", WrongPurpose, func(d, _ map[string]any) { delete(d, "assertionMethod") }},
		{"for something else", WrongPurpose, func(d, _ map[string]any) {
			d["keyAgreement"] = d["assertionMethod"]
			delete(d, "assertionMethod")
		}},
		{"a relationship is a string", Unresolvable, set("assertionMethod", webID+"#1")},
		{"a relationship with a number", Unresolvable, set("assertionMethod", []any{1})},
		{"listed by a part of its id", WrongPurpose, set("assertionMethod", []any{webID + "#"})},
		{"listed by its name", WrongPurpose, set("assertionMethod", []any{"1"})},
		{"embedded for something else", WrongPurpose, func(d, m map[string]any) {
			delete(d, "verificationMethod")
			d["keyAgreement"], d["assertionMethod"], d["authentication"] = []any{m}, []any{}, []any{}
		}},
		{"another's controller", Unresolvable, setMethod("controller", other)},
		{"no controller", Unresolvable, func(_, m map[string]any) { delete(m, "controller") }},
		{"controllers", Unresolvable, setMethod("controller", []any{webID})},
		{"no id of the method", Unresolvable, func(_, m map[string]any) { delete(m, "id") }},
		{"the id of another", Unresolvable, setMethod("id", other+"#1")},
		{"a longer id", Unresolvable, setMethod("id", webID+"#11")},
		{"two methods of one id", Unresolvable, func(d, m map[string]any) { d["verificationMethod"] = []any{m, m} }},
		{"two, one of them relative", Unresolvable, func(d, m map[string]any) {
			d["verificationMethod"] = []any{m, map[string]any{"id": "#1", "type": "JsonWebKey", "controller": webID, "publicKeyJwk": jwkOf(t, p256)}}
		}},
		{"two, one of them embedded", Unresolvable, func(d, m map[string]any) { d["assertionMethod"] = []any{m} }},
		{"no type", WrongKey, func(_, m map[string]any) { delete(m, "type") }},
		{"an unknown type", WrongKey, setMethod("type", "multikey")},
		{"types", WrongKey, setMethod("type", []any{"Multikey"})},
		{"RSA", WrongKey, setMethod("type", "RsaVerificationKey2018")},
		{"two keys", Unresolvable, setMethod("publicKeyJwk", jwkOf(t, p256))},
		{"a private key", Unresolvable, setMethod("secretKeyMultibase", "z1")},
		{"an unknown member", Unresolvable, setMethod("validFrom", "2027-01-01T00:00:00Z")},
		{"no key", Unresolvable, func(_, m map[string]any) { delete(m, "publicKeyMultibase") }},
		{"the key in another base", Unresolvable, setMethod("publicKeyMultibase", "uAAAA")},
		{"another kind of key than its type", Unresolvable, func(_, m map[string]any) {
			m["type"], m["publicKeyMultibase"] = "Ed25519VerificationKey2020", strings.TrimPrefix(other, "did:key:")
		}},
		{"the member of another type", Unresolvable, setMethod("type", "Ed25519VerificationKey2018")},
		{"expired", Unresolvable, setMethod("expires", "2026-11-22T12:00:00Z")},
		{"revoked", Unresolvable, setMethod("revoked", "2026-11-01T00:00:00Z")},
		{"revoked before it expires", Unresolvable, func(_, m map[string]any) {
			m["expires"], m["revoked"] = "2027-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
		}},
		{"expires somehow", Unresolvable, setMethod("expires", "soon")},
		{"revoked is true", Unresolvable, setMethod("revoked", true)},
		{"a JWK that is text", WrongKey, jwk("{}")},
		{"no JWK", WrongKey, jwk(nil)},
		{"a private JWK", Unresolvable, jwk(private)},
		{"an RSA JWK", WrongKey, jwk(map[string]any{"kty": "RSA", "n": "AQAB", "e": "AQAB"})},
		{"a symmetric JWK", WrongKey, jwk(map[string]any{"kty": "oct", "k": "AAAA"})},
	} {
		if key, err := read(altered(t, edwards, c.change), webID+"#1"); codeOf(err) != c.code {
			t.Errorf("%s: %+v, %v; want %s", c.name, key, err, c.code)
		}
	}
	good := string(altered(t, edwards, nil))
	for name, raw := range map[string]string{
		"nothing": "", "null": "null", "a list": "[" + good + "]", "two": good + good, "a byte order mark": "\ufeff" + good,
		"a member twice":          strings.Replace(good, `"id":`, `"id":"`+webID+`","id":`, 1),
		"a member twice, escaped": strings.Replace(good, `"assertionMethod":`, `"\u0061ssertionMethod":["did:web:example.com#1"],"assertionMethod":`, 1),
		"invalid UTF-8":           strings.Replace(good, `"@context"`, "\"\xff\":1,\"@context\"", 1),
		"very deep":               strings.Repeat("[", 100000),
	} {
		if _, err := read([]byte(raw), webID+"#1"); codeOf(err) != Unresolvable {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, method := range []string{webID, webID + "#", webID + "#2", webID + "#1 ", webID + "#1#1", "#1", webID + "?x#1", webID + "/#1"} {
		if _, err := read([]byte(good), method); codeOf(err) != Unresolvable {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(documentOf(f, webID, newEd25519(f)))
	f.Add(documentOf(f, webID, newP256(f)))
	f.Add(altered(f, newP256(f), func(d, m map[string]any) { d["assertionMethod"], m["id"] = []any{"#1"}, "#1" }))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, wrong := parseDocument(raw, webID)
		if wrong != nil {
			return
		}
		for id, m := range d.methods {
			key, err := d.key(id, Assertion, time.Now())
			if err == nil && (m.err != nil || key.Controller != webID || !d.listed[Assertion][id] || key.Thumbprint() == "") {
				t.Errorf("%s gives %+v", id, key)
			}
		}
	})
}
