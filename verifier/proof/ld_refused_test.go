package proof

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

// resign takes a document's proof away, changes it, and signs again.
func resign(t testing.TB, s *Signer, doc, options map[string]any) map[string]any {
	t.Helper()
	delete(doc, "proof")
	config := map[string]any{"proofPurpose": "assertionMethod"}
	for k, v := range options {
		config[k] = v
	}
	out, err := s.addProof(vc.FormatLD, doc, config)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Each row of what aries accepts (docs/security.md) that is about
// a credential with a proof inside.
func TestLDCredentialRefused(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, doc map[string]any) map[string]any
		want  string
	}{
		{"no proof", func(_ *testing.T, d map[string]any) map[string]any { delete(d, "proof"); return d }, proofMissing},
		{"empty list of proofs", func(_ *testing.T, d map[string]any) map[string]any { d["proof"] = []any{}; return d }, proofMissing},
		{"proof null", func(_ *testing.T, d map[string]any) map[string]any { d["proof"] = nil; return d }, vc.CredentialMalformed},
		{"two proofs", func(_ *testing.T, d map[string]any) map[string]any {
			d["proof"] = []any{d["proof"], d["proof"]}
			return d
		}, proofInvalid},
		{"attacker's key, victim's name", func(t *testing.T, d map[string]any) map[string]any {
			return resign(t, b.stranger, d, nil)
		}, issuerUnbound},
		{"victim's method, attacker's signature", func(t *testing.T, d map[string]any) map[string]any {
			d = resign(t, b.stranger, d, nil)
			document(d).proof()["verificationMethod"] = b.issuer.Key.ID
			return d
		}, proofInvalid},
		{"tampered role", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).holder()["role"] = "king"
			return d
		}, proofInvalid},
		{"tampered permissions", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proxied()["permissions"] = []any{map[string]any{"grant": []any{"everything"}}}
			return d
		}, proofInvalid},
		{"key agreement", func(t *testing.T, d map[string]any) map[string]any {
			return resign(t, b.issuer, d, map[string]any{"proofPurpose": "keyAgreement"})
		}, "proof.purpose"},
		{"made to authenticate", func(t *testing.T, d map[string]any) map[string]any {
			return resign(t, b.issuer, d, map[string]any{"proofPurpose": "authentication"})
		}, "proof.purpose"},
		{"method did#z", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["verificationMethod"] = b.issuer.Key.DID() + "#z"
			return d
		}, "did.unresolvable"},
		{"method did#", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["verificationMethod"] = b.issuer.Key.DID() + "#"
			return d
		}, "did.unresolvable"},
		{"method without #", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["verificationMethod"] = b.issuer.Key.DID()
			return d
		}, "did.unresolvable"},
		{"no method", func(_ *testing.T, d map[string]any) map[string]any {
			delete(document(d).proof(), "verificationMethod")
			return d
		}, proofInvalid},
		{"expired proof", func(t *testing.T, d map[string]any) map[string]any {
			return resign(t, b.issuer, d, map[string]any{"expires": ldNow.Format(time.RFC3339)})
		}, proofExpired},
		{"expiry taken out of the proof", func(t *testing.T, d map[string]any) map[string]any {
			d = resign(t, b.issuer, d, map[string]any{"expires": ldNow.Format(time.RFC3339)})
			delete(document(d).proof(), "expires")
			return d
		}, proofInvalid},
		{"expires without a zone", func(t *testing.T, d map[string]any) map[string]any {
			return resign(t, b.issuer, d, map[string]any{"expires": "2030-01-01T00:00:00"})
		}, vc.CredentialMalformed},
		{"created with an hour of one digit", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["created"] = "2026-11-20T9:00:00Z"
			return d
		}, vc.CredentialMalformed},
		{"created with a comma", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["created"] = "2026-11-20T09:00:00,5Z"
			return d
		}, vc.CredentialMalformed},
		{"created in the future", func(t *testing.T, d map[string]any) map[string]any {
			document(d).proof()["created"] = ldNow.Add(2 * time.Minute).Format(time.RFC3339)
			return d
		}, "credential.not_yet_valid"},
		{"another suite", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["cryptosuite"] = "bbs-2023"
			return d
		}, algorithmRefused},
		{"as if over the text", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["cryptosuite"] = "eddsa-jcs-2022"
			return d
		}, proofInvalid},
		{"an older proof type", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).proof()["type"] = "Ed25519Signature2020"
			return d
		}, algorithmRefused},
		{"no value", func(_ *testing.T, d map[string]any) map[string]any {
			delete(document(d).proof(), "proofValue")
			return d
		}, proofInvalid},
		{"value with a leading one", func(_ *testing.T, d map[string]any) map[string]any {
			p := document(d).proof()
			p["proofValue"] = "z1" + strings.TrimPrefix(p["proofValue"].(string), "z")
			return d
		}, proofInvalid},
		{"value in another base", func(_ *testing.T, d map[string]any) map[string]any {
			p := document(d).proof()
			p["proofValue"] = "u" + strings.TrimPrefix(p["proofValue"].(string), "z")
			return d
		}, proofInvalid},
		{"no issuer", func(_ *testing.T, d map[string]any) map[string]any { delete(d, "issuer"); return d }, vc.CredentialMalformed},
		{"bare proxy type", func(_ *testing.T, d map[string]any) map[string]any {
			d["type"] = []any{"VerifiableCredential", "Proxy.G/Camp One/1.0/ChildGuardian"}
			return d
		}, vc.TypeUncovered},
		{"another framework's context", func(_ *testing.T, d map[string]any) map[string]any {
			d["@context"].([]any)[2] = "https://frameworks.example/other/1.0.0/context.jsonld"
			return d
		}, contextRefused},
		{"another variant's subject", func(_ *testing.T, d map[string]any) map[string]any {
			document(d).subject()["type"] = "OtherSubject"
			return d
		}, contextRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for model := 1; model <= 2; model++ {
				got, err := b.check(t, c.forge(t, b.signed(t, model)))
				if code := refusalCode(err); code != c.want {
					t.Errorf("model %d: got %q (%v), want %q", model, code, err, c.want)
				}
				if got.Doc != nil {
					t.Errorf("model %d: %v was read", model, got.Doc)
				}
			}
		})
	}
}

func TestNoTermsRefused(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	c := vc.ParseCredential(b.signed(t, 2))
	if _, err := b.verifier.Credential(t.Context(), c, Terms{}); refusalCode(err) != "context.refused" {
		t.Errorf("got %v", err)
	}
}

// json-gold makes one statement of any two arrays, and so one signature.
func TestTwoPermissionsUnderOneSignature(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for name, values := range map[string][2]any{
		"arrays":         {[]any{map[string]any{"grant": "see"}}, []any{map[string]any{"grant": "adopt"}}},
		"strings":        {`[{"grant":"see"}]`, `[{"grant":"adopt"}]`},
		"number, bool":   {1.0, true},
		"null, text":     {nil, "null"},
		"empty, null":    {[]any{}, nil},
		"order":          {[]any{1.0, 2.0}, []any{2.0, 1.0}},
		"list of a list": {[]any{1.0}, []any{[]any{1.0}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := document(b.credential(2))
			doc.proxied()["permissions"] = values[0]
			signed, err := b.issuer.Credential(t.Context(), doc, vc.FormatLD)
			if err != nil {
				t.Fatal(err)
			}
			forged := document(clone(t, signed.(map[string]any)))
			if _, err := b.check(t, forged); err != nil {
				t.Errorf("as signed: %v", err)
			}
			forged.proxied()["permissions"] = values[1]
			if _, err := b.check(t, forged); refusalCode(err) != proofInvalid {
				t.Errorf("got %v, want %s", err, proofInvalid)
			}
		})
	}
}

// Text that is not one way of writing the same value.
func TestRawJSON(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	raw, err := json.Marshal(b.signed(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"3 as 3.0", `"level":3`, `"level":3.0`, ""},
		{"3 as 30e-1", `"level":3`, `"level":30e-1`, ""},
		{"escaped name", `"vetted":true`, `"\u0076etted":true`, ""},
		{"member twice", `"vetted":true`, `"vetted":true,"\u0076etted":false`, "syntax"},
		{"3 as 3.5", `"level":3`, `"level":3.5`, contextRefused},
		{"3 as 2^53", `"level":3`, `"level":9007199254740992`, contextRefused},
		{"3 as text", `"level":3`, `"level":"3"`, proofInvalid},
		{"3 as 4", `"level":3`, `"level":4`, proofInvalid},
		{"unpaired surrogate", `"Ada"`, `"Ada\ud800"`, "syntax"},
		{"other Unicode form", `"Ada"`, `"A\u0301da"`, proofInvalid},
		{"number beyond doubles", `"level":3`, `"level":1e999`, "syntax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			changed := bytes.Replace(raw, []byte(c.from), []byte(c.to), 1)
			if bytes.Equal(changed, raw) {
				t.Fatal("nothing was changed")
			}
			v, err := vc.ParseJSON(changed)
			if err != nil {
				if c.want != "syntax" {
					t.Error(err)
				}
				return
			}
			_, err = b.verifier.Credential(t.Context(), vc.ParseCredential(v), campTerms)
			if code := refusalCode(err); code != c.want {
				t.Errorf("got %q (%v), want %q", code, err, c.want)
			}
		})
	}
}

// One changed byte never leaves a credential or presentation that is read as
// something else.
func TestLDByteFlips(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	doc := b.signed(t, 2)
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	original, err := b.check(t, doc)
	if err != nil {
		t.Fatal(err)
	}
	place := credentialPlace(2, campTerms)
	for i := range raw {
		changed := slices.Clone(raw)
		changed[i] ^= []byte{0x01, 0x20}[i%2]
		v, err := vc.ParseJSON(changed)
		if err != nil {
			continue
		}
		got, err := b.verifier.Credential(t.Context(), vc.ParseCredential(v), campTerms)
		if err == nil && (got.Digest != original.Digest || !place.same(unproved(got.Doc), unproved(original.Doc))) {
			t.Errorf("byte %d: accepted %s", i, changed)
		} else if err != nil && strings.HasPrefix(refusalCode(err), "error") {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}
