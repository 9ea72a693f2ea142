package proof

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

// withJWS are the older types whose signature is a detached JWS, by the keys
// that make them.
var withJWS = []struct{ format, curve string }{
	{Ed25519Signature2018, Ed25519},
	{JsonWebSignature2020, Ed25519},
	{JsonWebSignature2020, P256},
	{JsonWebSignature2020, P384},
	{JsonWebSignature2020, Secp256k1},
}

func inEachJWS(t *testing.T, test func(t *testing.T, b *ldBench, format string)) {
	t.Helper()
	for _, c := range withJWS {
		t.Run(c.format+" "+c.curve, func(t *testing.T) {
			t.Parallel()
			test(t, benchOf(t, c.curve), c.format)
		})
	}
}

func TestDetachedJWS(t *testing.T) {
	t.Parallel()
	edwards := newLDBench(t)
	inEachJWS(t, func(t *testing.T, b *ldBench, format string) {
		for model := 1; model <= 2; model++ {
			doc := b.credentialIn(t, format, model)
			got, err := b.check(t, doc)
			if err != nil {
				t.Fatal(err)
			}
			place := credentialPlace(model, campTerms)
			if got.Issuer != b.issuer.Key.DID() || got.Key != b.issuer.Key.Thumbprint() || !place.same(unproved(doc), unproved(got.Doc)) {
				t.Errorf("got %+v", got)
			}
			signed, err := b.holder.Presentation(t.Context(), []any{doc, edwards.signed(t, 2)}, format, Expect{Nonce: ldNonce, Domain: ldDomain})
			if err != nil {
				t.Fatal(err)
			}
			presented, err := b.present(t, clone(t, signed.(map[string]any)))
			want := Presented{Holder: b.holder.Key.DID(), Key: b.holder.Key.Thumbprint(), SignedAt: ldNow}
			if err != nil || presented != want {
				t.Errorf("presented %+v (%v), want %+v", presented, err, want)
			}
		}
	})
}

// rejws replaces a proof's JWS by one with another header, signed again by its
// own key, over just that.
func (b *ldBench) rejws(t *testing.T, doc document, header string) {
	t.Helper()
	d := detached{header: base64.RawURLEncoding.EncodeToString([]byte(header))}
	config := map[string]any(doc.proof())
	payload, err := b.issuer.message(config["type"].(string), unproofed(doc), without(config, "jws"), hashOf(config, nil))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := suiteOf(&b.issuer.Key.Key).sign(b.issuer.Key.private, d.over(payload))
	if err != nil {
		t.Fatal(err)
	}
	config["jws"] = d.header + ".." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestDetachedJWSHeader(t *testing.T) {
	t.Parallel()
	inEachJWS(t, func(t *testing.T, b *ldBench, format string) {
		alg := suiteOf(&b.issuer.Key.Key).names[0]
		other := map[string]string{"EdDSA": "ES256", "ES256": "ES384", "ES384": "ES256", "ES256K": "ES256"}[alg]
		for _, c := range []struct{ name, header, want string }{
			{"in another order", `{"b64":false,"alg":"` + alg + `","crit":["b64"]}`, ""},
			{"with white space", "{ \"alg\": \"" + alg + "\",\n\"b64\": false, \"crit\": [\"b64\"] }", ""},
			{"no b64", `{"alg":"` + alg + `","crit":["b64"]}`, proofInvalid},
			{"b64 is true", `{"alg":"` + alg + `","b64":true,"crit":["b64"]}`, proofInvalid},
			{"b64 is text", `{"alg":"` + alg + `","b64":"false","crit":["b64"]}`, proofInvalid},
			{"no crit", `{"alg":"` + alg + `","b64":false}`, proofInvalid},
			{"an empty crit", `{"alg":"` + alg + `","b64":false,"crit":[]}`, proofInvalid},
			{"crit of more", `{"alg":"` + alg + `","b64":false,"crit":["b64","exp"]}`, proofInvalid},
			{"crit twice the same", `{"alg":"` + alg + `","b64":false,"crit":["b64","b64"]}`, proofInvalid},
			{"crit is text", `{"alg":"` + alg + `","b64":false,"crit":"b64"}`, proofInvalid},
			{"kid", `{"alg":"` + alg + `","b64":false,"crit":["b64"],"kid":"did:key:z#z"}`, proofInvalid},
			{"typ", `{"alg":"` + alg + `","b64":false,"crit":["b64"],"typ":"JWT"}`, proofInvalid},
			{"jwk", `{"alg":"` + alg + `","b64":false,"crit":["b64"],"jwk":{}}`, proofInvalid},
			{"jku", `{"alg":"` + alg + `","b64":false,"crit":["b64"],"jku":"https://attacker.example/"}`, proofInvalid},
			{"x5u", `{"alg":"` + alg + `","b64":false,"crit":["b64"],"x5u":"https://attacker.example/"}`, proofInvalid},
			{"no alg", `{"b64":false,"crit":["b64"]}`, proofInvalid},
			{"alg is a list", `{"alg":["` + alg + `"],"b64":false,"crit":["b64"]}`, proofInvalid},
			{"alg twice", `{"alg":"` + alg + `","alg":"` + alg + `","b64":false,"crit":["b64"]}`, proofInvalid},
			{"none", `{"alg":"none","b64":false,"crit":["b64"]}`, algorithmRefused},
			{"HMAC", `{"alg":"HS256","b64":false,"crit":["b64"]}`, algorithmRefused},
			{"RSA", `{"alg":"PS256","b64":false,"crit":["b64"]}`, algorithmRefused},
			{"another key's algorithm", `{"alg":"` + other + `","b64":false,"crit":["b64"]}`, algorithmRefused},
			{"the algorithm by its curve's name", `{"alg":"Ed25519","b64":false,"crit":["b64"]}`, algorithmRefused},
			{"a list", `["` + alg + `"]`, proofInvalid},
			{"no JSON", alg, proofInvalid},
			{"empty", ``, proofInvalid},
			{"very long", `{"alg":"` + alg + `","b64":false,"crit":["b64"]` + strings.Repeat(" ", 512) + `}`, proofInvalid},
		} {
			doc := document(b.credentialIn(t, format, 2))
			b.rejws(t, doc, c.header)
			if _, err := b.check(t, doc); refusalCode(err) != c.want {
				t.Errorf("%s: got %v, want %q", c.name, err, c.want)
			}
		}
	})
}

func TestDetachedJWSRefused(t *testing.T) {
	t.Parallel()
	inEachJWS(t, func(t *testing.T, b *ldBench, format string) {
		jws := func(f func(header, signature string) string) func(*testing.T, document) {
			return func(_ *testing.T, d document) {
				header, signature, _ := strings.Cut(d.proof()["jws"].(string), "..")
				d.proof()["jws"] = f(header, signature)
			}
		}
		put := func(name string, v any) func(*testing.T, document) {
			return func(_ *testing.T, d document) { d.proof()[name] = v }
		}
		again := func(options map[string]any) func(*testing.T, document) {
			return func(t *testing.T, d document) {
				config := map[string]any{"proofPurpose": "assertionMethod"}
				for name, v := range options {
					config[name] = v
				}
				proof, err := b.issuer.proofOf(format, unproofed(d), config)
				if err != nil {
					t.Fatal(err)
				}
				d["proof"] = proof
			}
		}
		for _, c := range []struct {
			name  string
			forge func(t *testing.T, d document)
			want  string
		}{
			{"as signed", again(nil), ""},
			{"not yet expired", again(map[string]any{"expires": ldNow.Add(time.Second).Format(time.RFC3339)}), ""},
			{"expired", again(map[string]any{"expires": ldNow.Format(time.RFC3339)}), proofExpired},
			{"made to authenticate", again(map[string]any{"proofPurpose": "authentication"}), "proof.purpose"},
			{"tampered role", func(_ *testing.T, d document) { d.holder()["role"] = "king" }, proofInvalid},
			{"another created", put("created", ldNow.Add(-time.Minute).Format(time.RFC3339)), proofInvalid},
			{"another expires", put("expires", ldNow.Add(time.Hour).Format(time.RFC3339)), proofInvalid},
			{"of the future", put("created", ldNow.Add(2*time.Minute).Format(time.RFC3339)), "credential.not_yet_valid"},
			{"without created", func(_ *testing.T, d document) { delete(d.proof(), "created") }, vc.CredentialMalformed},
			{"created is a number", put("created", 1.0), vc.CredentialMalformed},
			{"another's key", put("verificationMethod", b.stranger.Key.ID), issuerUnbound},
			{"no key", func(_ *testing.T, d document) { delete(d.proof(), "verificationMethod") }, proofInvalid},
			{"the attacker's name and key", func(_ *testing.T, d document) {
				d["issuer"], d.proof()["verificationMethod"] = b.stranger.Key.DID(), b.stranger.Key.ID
			}, proofInvalid},
			{"no jws", func(_ *testing.T, d document) { delete(d.proof(), "jws") }, proofInvalid},
			{"jws is a list", put("jws", []any{"e30..AA"}), proofInvalid},
			{"a proofValue beside it", put("proofValue", "z5"), contextRefused},
			{"hung on another proof", put("previousProof", "urn:uuid:1"), contextRefused},
			{"a cryptosuite beside it", put("cryptosuite", "eddsa-rdfc-2022"), algorithmRefused},
			{"a payload inside", jws(func(h, s string) string { return h + ".e30." + s }), proofInvalid},
			{"one point", jws(func(h, s string) string { return h + "." + s }), proofInvalid},
			{"three points", jws(func(h, s string) string { return h + "..." + s }), proofInvalid},
			{"no signature", jws(func(h, s string) string { return h + ".." }), proofInvalid},
			{"no header", jws(func(h, s string) string { return ".." + s }), proofInvalid},
			{"padding", jws(func(h, s string) string { return h + ".." + s + "=" }), proofInvalid},
			{"a line break", jws(func(h, s string) string { return h + ".." + s + "\n" }), proofInvalid},
			{"a byte more", jws(func(h, s string) string { return h + ".." + s + "AAAA" }), proofInvalid},
			{"several signatures", jws(func(h, s string) string { return h + ".." + s + "." + h + ".." + s }), proofInvalid},
		} {
			for model := 1; model <= 2; model++ {
				doc := document(b.credentialIn(t, format, model))
				c.forge(t, doc)
				got, err := b.check(t, doc)
				if code := refusalCode(err); code != c.want {
					t.Errorf("%s, model %d: got %q (%v), want %q", c.name, model, code, err, c.want)
				}
				if err != nil && got.Doc != nil {
					t.Errorf("%s: %v was read", c.name, got.Doc)
				}
			}
		}
	})
}

// The hashes that a JWS covers are also what another suite signs: a signature
// by one type is none by another.
func TestDetachedJWSOtherType(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	doc := document(b.credentialIn(t, JsonWebSignature2020, 2))
	doc["@context"] = append(doc["@context"].([]any), contextEd25519of2018)
	doc.proof()["type"] = Ed25519Signature2018
	if _, err := b.check(t, doc); refusalCode(err) != proofInvalid {
		t.Errorf("got %v, want %s", err, proofInvalid)
	}
	ed := document(benchOf(t, P256).credentialIn(t, JsonWebSignature2020, 1))
	ed.proof()["type"] = Ed25519Signature2018
	if _, err := b.check(t, ed); refusalCode(err) != algorithmRefused {
		t.Errorf("P-256 as Ed25519Signature2018: got %v, want %s", err, algorithmRefused)
	}
	if _, err := benchOf(t, P256).issuer.Credential(t.Context(), b.credential(2), Ed25519Signature2018); err == nil {
		t.Error("a key of P-256 signed as Ed25519Signature2018")
	}
}

func TestDetachedJWSByteFlips(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	flips(t, b, b.credentialIn(t, JsonWebSignature2020, 2), 0x01)
}

// What is signed without an instant could not be verified.
func TestDetachedJWSNeedsCreated(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	b.issuer.At = time.Time{}
	if _, err := b.issuer.Credential(t.Context(), b.credential(1), Ed25519Signature2018); err == nil {
		t.Error("signed without created")
	}
}

func FuzzDetached(f *testing.F) {
	b := newLDBench(f)
	f.Add(b.credentialIn(f, Ed25519Signature2018, 1)["proof"].(map[string]any)["jws"].(string))
	f.Add("..")
	f.Add("e30..AA")
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := readDetached(text)
		if !ok {
			return
		}
		if again := d.header + ".." + base64.RawURLEncoding.EncodeToString(d.signature); again != text {
			t.Errorf("%q is a second spelling of %q", text, again)
		}
		raw, _ := base64.RawURLEncoding.DecodeString(d.header)
		v, err := vc.ParseJSON(raw)
		want := map[string]any{"alg": d.alg, "b64": false, "crit": []any{"b64"}}
		if err != nil || !reflect.DeepEqual(v, want) {
			t.Errorf("the header %s is read as %v", raw, want)
		}
	})
}

// The contexts that each type adds, which the VC contexts do not all bear.
func TestSuiteContexts(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for _, c := range []struct {
		format string
		want   [2]bool // added under 1.1, 2.0
		url    string
	}{
		{Ed25519Signature2018, [2]bool{false, true}, contextEd25519of2018},
		{JsonWebSignature2020, [2]bool{true, true}, contextJWS2020},
		{Ed25519Signature2020, [2]bool{true, true}, contextEd25519of2020},
	} {
		for i, want := range c.want {
			doc := b.credentialIn(t, c.format, i+1)
			if got := slices.Contains(doc["@context"].([]any), any(c.url)); got != want {
				t.Errorf("%s: context added to model %s: %v", c.format, fmt.Sprint(i+1), got)
			}
		}
	}
}
