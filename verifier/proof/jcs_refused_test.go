package proof

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

func TestJCSCredentialRefused(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	option := func(name string, value any) func(*testing.T, map[string]any) map[string]any {
		return func(t *testing.T, d map[string]any) map[string]any {
			return resignText(t, b.issuer, d, map[string]any{name: value})
		}
	}
	put := func(name string, value any) func(*testing.T, map[string]any) map[string]any {
		return func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()[name] = value
			return d
		}
	}
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, doc map[string]any) map[string]any
		want  string
	}{
		{"as signed", func(_ *testing.T, d map[string]any) map[string]any { return d }, ""},
		{"two proofs", func(_ *testing.T, d map[string]any) map[string]any {
			d["proof"] = []any{d["proof"], d["proof"]}
			return d
		}, proofInvalid},
		{"attacker's key, victim's name", func(t *testing.T, d map[string]any) map[string]any {
			return resignText(t, b.stranger, d, nil)
		}, issuerUnbound},
		{"victim's method, attacker's signature", func(t *testing.T, d map[string]any) map[string]any {
			d = resignText(t, b.stranger, d, nil)
			document(d).proof()["verificationMethod"] = b.issuer.Key.ID
			return d
		}, proofInvalid},
		{"no issuer", func(_ *testing.T, d map[string]any) map[string]any { delete(d, "issuer"); return d }, vc.CredentialMalformed},
		{"tampered role", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).holder()["role"] = "king"
			return d
		}, proofInvalid},
		{"a member more", func(_ *testing.T, d map[string]any) map[string]any {
			d["credentialSubject.holder.role"] = "king"
			return d
		}, proofInvalid},
		{"a list in another order", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).holder().wrap("role", reversed)
			return d
		}, proofInvalid},
		{"as if over statements", put("cryptosuite", "eddsa-rdfc-2022"), vc.TypeUncovered},
		{"the suite of another key", put("cryptosuite", "ecdsa-jcs-2019"), algorithmRefused},
		{"an unknown suite", put("cryptosuite", "eddsa-jcs-2099"), vc.TypeUncovered},
		{"another type", put("type", "Ed25519Signature2020"), algorithmRefused},
		{"no value", put("proofValue", nil), proofInvalid},
		{"value in another base", put("proofValue", "u3q2-7w"), proofInvalid},
		{"value cut short", func(_ *testing.T, d map[string]any) map[string]any {
			p := document(d).proof()
			p["proofValue"] = p["proofValue"].(string)[:80]
			return d
		}, proofInvalid},
		{"key agreement", option("proofPurpose", "keyAgreement"), "proof.purpose"},
		{"made to authenticate", option("proofPurpose", "authentication"), "proof.purpose"},
		{"expired", option("expires", ldNow.Format(time.RFC3339)), proofExpired},
		{"expires without a zone", option("expires", "2030-01-01T00:00:00"), vc.CredentialMalformed},
		{"expires a number", option("expires", 4e9), vc.CredentialMalformed},
		{"of the future", put("created", ldNow.Add(2*time.Minute).Format(time.RFC3339)), "credential.not_yet_valid"},
		{"hung on another proof", option("previousProof", "urn:uuid:1"), proofInvalid},
		{"a condition nobody knows", option("onlyFor", "x"), proofInvalid},
		{"an id that is no IRI", option("id", "x"), proofInvalid},
		{"a domain list", option("domain", []any{"x"}), vc.CredentialMalformed},
		{"method did#", put("verificationMethod", "did:key:zx#"), issuerUnbound},
		{"the issuer's did#", put("verificationMethod", b.issuer.Key.DID()+"#"), "did.unresolvable"},
		{"no @context in the proof", func(_ *testing.T, d map[string]any) map[string]any {
			delete(document(d).proof(), "@context")
			return d
		}, proofInvalid},
		{"an empty @context in the proof", put("@context", []any{}), proofInvalid},
		{"another @context in the proof", put("@context", []any{"https://attacker.example/"}), proofInvalid},
		{"a longer @context in the proof", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["@context"] = append(slices.Clone(listOf(d["@context"])), "https://attacker.example/")
			return d
		}, proofInvalid},
		{"a context put before", func(_ *testing.T, d map[string]any) map[string]any {
			d["@context"] = append(slices.Clone(listOf(d["@context"])), listOf(d["@context"])...)
			d["@context"].([]any)[1] = "https://attacker.example/"
			return d
		}, proofInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for model := 1; model <= 2; model++ {
				got, err := b.check(t, c.forge(t, signText(t, b.issuer, b.bare(model))))
				if code := refusalCode(err); code != c.want {
					t.Errorf("model %d: got %q (%v), want %q", model, code, err, c.want)
				}
				if err != nil && got.Doc != nil {
					t.Errorf("model %d: %v was read", model, got.Doc)
				}
			}
		})
	}
}

func TestJCSPresentationRefused(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	one := signText(t, b.issuer, b.bare(2))
	good := presentText(t, b.holder, one)
	resign := func(t *testing.T, s *Signer, d, options map[string]any) document {
		all := map[string]any{"proofPurpose": "authentication", "challenge": ldNonce, "domain": ldDomain}
		maps.Copy(all, options)
		return resignText(t, s, d, all)
	}
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, d document) document
		want  string
	}{
		{"as signed", func(_ *testing.T, d document) document { return d }, ""},
		{"victim's name, attacker's proof", func(t *testing.T, d document) document { return resign(t, b.stranger, d, nil) }, holderUnbound},
		{"victim's method, attacker's proof", func(t *testing.T, d document) document {
			d = resign(t, b.stranger, d, nil)
			d.proof()["verificationMethod"] = b.holder.Key.ID
			return d
		}, proofInvalid},
		{"another nonce", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, map[string]any{"challenge": ldNonce + "A"})
		}, nonceMismatch},
		{"nonce put in afterwards", func(t *testing.T, d document) document {
			d = resign(t, b.holder, d, map[string]any{"challenge": "other"})
			d.proof()["challenge"] = ldNonce
			return d
		}, proofInvalid},
		{"another domain", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, map[string]any{"domain": "bank.example"})
		}, domainMismatch},
		{"domain in a list", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, map[string]any{"domain": []any{ldDomain}})
		}, vc.PresentationMalformed},
		{"made to assert", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, map[string]any{"proofPurpose": "assertionMethod"})
		}, "proof.purpose"},
		{"expired", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, map[string]any{"expires": ldNow.Format(time.RFC3339)})
		}, proofExpired},
		{"holder replaced", func(_ *testing.T, d document) document { d["holder"] = b.stranger.Key.DID(); return d }, holderUnbound},
		{"holder removed", func(_ *testing.T, d document) document { delete(d, "holder"); return d }, proofInvalid},
		{"credential added", func(_ *testing.T, d document) document {
			d["verifiableCredential"] = []any{one, one}
			return d
		}, proofInvalid},
		{"credential tampered", func(_ *testing.T, d document) document {
			document(listOf(d["verifiableCredential"])[0].(map[string]any)).holder()["role"] = "king"
			return d
		}, proofInvalid},
		{"no proof", func(_ *testing.T, d document) document { delete(d, "proof"); return d }, contextRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := b.present(t, c.forge(t, clone(t, good)))
			if code := refusalCode(err); code != c.want {
				t.Errorf("got %q (%v), want %q", code, err, c.want)
			}
			if err != nil && got != (Presented{}) {
				t.Errorf("%+v was presented", got)
			}
		})
	}
}
