package interop_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const (
	nonce  = "3-q2vnQ5mPzQm1fYk9pU3bJmY0x1a5mVn0mO0cQ8r2E"
	domain = "clinic.example"
)

// Others' presentations, by form, data model and type of key.
var presented = []struct {
	name  string
	form  string
	media string
	model int
	curve string
}{
	{"@digitalbazaar/vc, 1.1", "eddsa-rdfc-2022", "application/vp", 1, proof.Ed25519},
	{"@digitalbazaar/vc, 2.0", "eddsa-rdfc-2022", "application/vp", 2, proof.Ed25519},
	{"@digitalbazaar/ecdsa-rdfc-2019-cryptosuite, P-256", "ecdsa-rdfc-2019", "application/vp", 2, proof.P256},
	{"@digitalbazaar/ecdsa-rdfc-2019-cryptosuite, P-384", "ecdsa-rdfc-2019", "application/vp", 1, proof.P384},
	{"@digitalbazaar/eddsa-jcs-2022-cryptosuite", "eddsa-jcs-2022", "application/vp", 2, proof.Ed25519},
	{"@digitalbazaar/ecdsa-jcs-2019-cryptosuite, P-256", "ecdsa-jcs-2019", "application/vp", 2, proof.P256},
	{"@digitalbazaar/ecdsa-jcs-2019-cryptosuite, P-384", "ecdsa-jcs-2019", "application/vp", 2, proof.P384},
	{"@digitalbazaar/ed25519-signature-2020", "Ed25519Signature2020", "application/vp", 1, proof.Ed25519},
	{"@digitalbazaar/ed25519-signature-2018", "Ed25519Signature2018", "application/vp", 1, proof.Ed25519},
	{"did-jwt-vc, ES256K", "ES256K", "application/vp+jwt", 1, proof.Secp256k1},
	{"jose, VC-JWT 1.1, EdDSA", "vp-jwt", "application/vp+jwt", 1, proof.Ed25519},
	{"jose, VC-JWT 1.1, ES256", "vp-jwt", "application/vp+jwt", 1, proof.P256},
	{"jose, VC-JWT 1.1, ES384", "vp-jwt", "application/vp+jwt", 1, proof.P384},
	{"jose, VC-JOSE, EdDSA", "vp+jwt", "application/vp+jwt", 2, proof.Ed25519},
	{"jose, VC-JOSE, ES256", "vp+jwt", "application/vp+jwt", 2, proof.P256},
	{"jose, VC-JOSE, ES384", "vp+jwt", "application/vp+jwt", 2, proof.P384},
}

// overStatements reports a form whose proof is over statements.
func overStatements(form string) bool {
	return strings.Contains(form, "rdfc") || strings.HasPrefix(form, "Ed25519S")
}

func key(t testing.TB, curve string) *proof.Key {
	t.Helper()
	k, err := proof.GenerateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A made is what JavaScript programs issued and presented.
type made struct {
	Presentation json.RawMessage
	Credentials  []json.RawMessage
}

// body is the presentation as it is sent: a JWT without its quotes.
func (m *made) body(t testing.TB) []byte {
	t.Helper()
	var text string
	if json.Unmarshal(m.Presentation, &text) == nil {
		return []byte(text)
	}
	return m.Presentation
}

func jwk(t testing.TB, k *proof.Key) json.RawMessage {
	t.Helper()
	raw, err := k.JWK()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func present(t testing.TB, f *compile.Framework, form string, model int, issuer, holder *proof.Key) *made {
	t.Helper()
	out := new(made)
	run(t, "present.js", map[string]any{
		"form": form, "contexts": contexts(t, f), "nonce": nonce, "domain": domain,
		"issuer": jwk(t, issuer), "holder": jwk(t, holder),
		"credentials": []any{credential(t, f, model, overStatements(form), issuer.DID(), holder.DID())},
	}, out)
	return out
}

func TestOthersPresentationsHold(t *testing.T) {
	t.Parallel()
	f := camp(t)
	for _, c := range presented {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			issuer, holder := key(t, c.curve), key(t, c.curve)
			p, err := vc.ParsePresentation(present(t, f, c.form, c.model, issuer, holder).body(t), c.media)
			if err != nil {
				t.Fatal(err)
			}
			v := &proof.Verifier{Contexts: local(f)}
			got, err := v.Presentation(t.Context(), p, proof.Expect{Nonce: nonce, Domain: domain})
			if err != nil || got.Holder != holder.DID() || got.SignedAt.IsZero() {
				t.Fatalf("%+v, %v", got, err)
			}
			issued, err := v.Credential(t.Context(), p.Credentials[0], terms(f))
			if err != nil || issued.Issuer != issuer.DID() {
				t.Fatalf("%+v, %v", issued, err)
			}
			proxy, err := vc.ReadProxy(issued.Doc, overStatements(c.form))
			if err != nil || proxy.HolderID != holder.DID() || proxy.Type.Variant != f.Document.Variants[0].Name {
				t.Errorf("%+v, %v", proxy, err)
			}
		})
	}
}

// What was made for another challenge, or another verifier, does not hold.
func TestOthersPresentationsRefused(t *testing.T) {
	t.Parallel()
	f := camp(t)
	for _, c := range presented {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			issuer, holder := key(t, c.curve), key(t, c.curve)
			body := present(t, f, c.form, c.model, issuer, holder).body(t)
			v := &proof.Verifier{Contexts: local(f)}
			for name, e := range map[string]proof.Expect{
				"nonce":  {Nonce: nonce[1:], Domain: domain},
				"domain": {Nonce: nonce, Domain: "bank.example"},
			} {
				p, err := vc.ParsePresentation(body, c.media)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := v.Presentation(t.Context(), p, e); err == nil {
					t.Errorf("another %s: %+v", name, got)
				}
			}
		})
	}
}
