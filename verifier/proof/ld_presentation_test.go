package proof

import (
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

func TestLDPresentationRefused(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	one := b.signed(t, 2)
	good := b.presentation(t, one)
	over := func(options map[string]any) map[string]any {
		all := map[string]any{"proofPurpose": "authentication", "challenge": ldNonce, "domain": ldDomain}
		for k, v := range options {
			all[k] = v
		}
		return all
	}
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, d document) document
		want  string
	}{
		{"as signed", func(_ *testing.T, d document) document { return d }, ""},
		{"no proof", func(_ *testing.T, d document) document { delete(d, "proof"); return d }, proofMissing},
		{"victim's name, attacker's proof", func(t *testing.T, d document) document {
			return resign(t, b.stranger, d, over(nil))
		}, holderUnbound},
		{"victim's method, attacker's proof", func(t *testing.T, d document) document {
			d = resign(t, b.stranger, d, over(nil))
			d.proof()["verificationMethod"] = b.holder.Key.ID
			return d
		}, proofInvalid},
		{"another nonce", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, over(map[string]any{"challenge": ldNonce + "A"}))
		}, nonceMismatch},
		{"nonce put in afterwards", func(t *testing.T, d document) document {
			d = resign(t, b.holder, d, over(map[string]any{"challenge": "other"}))
			d.proof()["challenge"] = ldNonce
			return d
		}, proofInvalid},
		{"no nonce", func(_ *testing.T, d document) document { delete(d.proof(), "challenge"); return d }, nonceMismatch},
		{"another domain", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, over(map[string]any{"domain": "bank.example"}))
		}, domainMismatch},
		{"domain in another case", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, over(map[string]any{"domain": "Clinic.example"}))
		}, domainMismatch},
		{"domain in a list", func(_ *testing.T, d document) document {
			d.proof()["domain"] = []any{ldDomain}
			return d
		}, vc.PresentationMalformed},
		{"made to assert", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, over(map[string]any{"proofPurpose": "assertionMethod"}))
		}, "proof.purpose"},
		{"key agreement", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, over(map[string]any{"proofPurpose": "keyAgreement"}))
		}, "proof.purpose"},
		{"expired", func(t *testing.T, d document) document {
			return resign(t, b.holder, d, over(map[string]any{"expires": ldNow.Format(time.RFC3339)}))
		}, proofExpired},
		{"method did#z", func(_ *testing.T, d document) document {
			d.proof()["verificationMethod"] = b.holder.Key.DID() + "#z"
			return d
		}, "did.unresolvable"},
		{"holder replaced", func(_ *testing.T, d document) document {
			d["holder"] = b.stranger.Key.DID()
			return d
		}, holderUnbound},
		{"holder removed", func(_ *testing.T, d document) document { delete(d, "holder"); return d }, proofInvalid},
		{"holder as object", func(_ *testing.T, d document) document {
			d.wrap("holder", func(v any) any { return map[string]any{"id": v} })
			return d
		}, vc.PresentationMalformed},
		{"credential added", func(_ *testing.T, d document) document {
			d["verifiableCredential"] = []any{one, one}
			return d
		}, proofInvalid},
		{"credential removed", func(_ *testing.T, d document) document { delete(d, "verifiableCredential"); return d }, proofInvalid},
		{"credential tampered", func(_ *testing.T, d document) document {
			document(listOf(d["verifiableCredential"])[0].(map[string]any)).holder()["role"] = "king"
			return d
		}, proofInvalid},
		{"no credentials in a list", func(_ *testing.T, d document) document {
			d["verifiableCredential"] = []any{}
			return d
		}, contextRefused},
		{"a JWT", func(_ *testing.T, d document) document { d["verifiableCredential"] = []any{"e30.e30."}; return d }, contextRefused},
		{"foreign member", func(_ *testing.T, d document) document { d["nonce"] = ldNonce; return d }, contextRefused},
		{"included statements", func(_ *testing.T, d document) document { d["@included"] = []any{}; return d }, contextRefused},
		{"framework's context", func(_ *testing.T, d document) document {
			addContext(campContext)(d)
			return d
		}, contextRefused},
		{"inline context", func(_ *testing.T, d document) document {
			addContext(map[string]any{"x": "urn:x:"})(d)
			return d
		}, contextRefused},
		{"keyword in a credential", func(_ *testing.T, d document) document {
			document(listOf(d["verifiableCredential"])[0].(map[string]any)).holder()["@included"] = []any{}
			return d
		}, contextRefused},
		{"context within a credential", func(_ *testing.T, d document) document {
			document(listOf(d["verifiableCredential"])[0].(map[string]any)).holder()["@context"] = map[string]any{}
			return d
		}, contextRefused},
		{"foreign context of a credential", func(_ *testing.T, d document) document {
			addContext("https://attacker.example/")(document(listOf(d["verifiableCredential"])[0].(map[string]any)))
			return d
		}, contextRefused},
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

// A presentation's own proof says nothing of the credentials in it.
func TestGoodPresentationOfBadCredentials(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	unsigned, tampered, spoofed := b.signed(t, 2), b.signed(t, 2), b.credential(2)
	delete(unsigned, "proof")
	document(tampered).holder()["role"] = "king"
	spoofed = resign(t, b.stranger, spoofed, nil)
	for name, c := range map[string]struct {
		doc  map[string]any
		want string
	}{
		"unsigned": {unsigned, proofMissing},
		"tampered": {tampered, proofInvalid},
		"spoofed":  {spoofed, issuerUnbound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := b.signed(t, 2)
			doc := b.presentation(t, good, c.doc)
			if _, err := b.present(t, doc); err != nil {
				t.Fatalf("the presentation: %v", err)
			}
			for i, want := range []string{"", c.want} {
				_, err := b.check(t, doc["verifiableCredential"].([]any)[i].(map[string]any))
				if code := refusalCode(err); code != want {
					t.Errorf("credential %d: got %q (%v), want %q", i, code, err, want)
				}
			}
		})
	}
}
