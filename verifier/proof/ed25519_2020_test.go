package proof

import (
	"slices"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

func TestEd25519Signature2020(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for model := 1; model <= 2; model++ {
		doc := b.credentialIn(t, Ed25519Signature2020, model)
		got, err := b.check(t, doc)
		if err != nil {
			t.Fatal(err)
		}
		place := credentialPlace(model, campTerms)
		if got.Issuer != b.issuer.Key.DID() || got.Key != b.issuer.Key.Thumbprint() || !place.same(unproved(doc), unproved(got.Doc)) {
			t.Errorf("got %+v", got)
		}
		other, err := b.check(t, b.signed(t, model))
		if err != nil || other.Digest != got.Digest {
			t.Errorf("digest %s, and by the cryptosuite %s (%v)", got.Digest, other.Digest, err)
		}
		signed, err := b.holder.Presentation(t.Context(), []any{doc, b.signed(t, 2)}, Ed25519Signature2020, Expect{Nonce: ldNonce, Domain: ldDomain})
		if err != nil {
			t.Fatal(err)
		}
		presented, err := b.present(t, signed.(map[string]any))
		want := Presented{Holder: b.holder.Key.DID(), Key: b.holder.Key.Thumbprint(), SignedAt: ldNow}
		if err != nil || presented != want {
			t.Errorf("presented %+v (%v), want %+v", presented, err, want)
		}
	}
}

func TestEd25519Signature2020Refused(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	resigned := func(s *Signer, options map[string]any) func(*testing.T, document) document {
		return func(t *testing.T, d document) document {
			config := map[string]any{"proofPurpose": "assertionMethod"}
			for name, v := range options {
				config[name] = v
			}
			out, err := s.addProof(Ed25519Signature2020, d, config)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	put := func(name string, v any) func(*testing.T, document) document {
		return func(_ *testing.T, d document) document { d.proof()[name] = v; return d }
	}
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, d document) document
		want  string
	}{
		{"as signed", func(_ *testing.T, d document) document { return d }, ""},
		{"tampered role", func(_ *testing.T, d document) document { d.holder()["role"] = "king"; return d }, proofInvalid},
		{"attacker's key, victim's name", resigned(b.stranger, nil), issuerUnbound},
		{"victim's method, attacker's signature", func(t *testing.T, d document) document {
			d = resigned(b.stranger, nil)(t, d)
			d.proof()["verificationMethod"] = b.issuer.Key.ID
			return d
		}, proofInvalid},
		{"made to authenticate", resigned(b.issuer, map[string]any{"proofPurpose": "authentication"}), "proof.purpose"},
		{"expired", resigned(b.issuer, map[string]any{"expires": ldNow.Format(time.RFC3339)}), proofExpired},
		{"hung on another proof", put("previousProof", "urn:uuid:1"), contextRefused},
		{"a cryptosuite beside it", put("cryptosuite", "eddsa-rdfc-2022"), algorithmRefused},
		{"a cryptosuite over text beside it", put("cryptosuite", "eddsa-jcs-2022"), algorithmRefused},
		{"a cryptosuite of null beside it", put("cryptosuite", nil), algorithmRefused},
		{"a list of types", put("type", []any{Ed25519Signature2020}), algorithmRefused},
		{"the type of 2018", put("type", "Ed25519Signature2018"), contextRefused},
		{"as a DataIntegrityProof", func(_ *testing.T, d document) document {
			d.proof()["type"], d.proof()["cryptosuite"] = "DataIntegrityProof", "eddsa-rdfc-2022"
			return d
		}, proofInvalid},
		{"the suite's context taken out", func(_ *testing.T, d document) document {
			list := listOf(d["@context"])
			d["@context"] = slices.DeleteFunc(list, func(c any) bool { return c == contextEd25519of2020 })
			return d
		}, contextRefused},
		{"a JWS for its value", func(_ *testing.T, d document) document {
			d.proof()["jws"] = "e30..AAAA"
			return d
		}, contextRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for model := 1; model <= 2; model++ {
				got, err := b.check(t, c.forge(t, b.credentialIn(t, Ed25519Signature2020, model)))
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

// The type is of Ed25519: a key of another kind neither makes nor proves it.
func TestEd25519Signature2020OtherKey(t *testing.T) {
	t.Parallel()
	b, other := newLDBench(t), benchOf(t, P256)
	if _, err := other.issuer.Credential(t.Context(), other.credential(2), Ed25519Signature2020); err == nil {
		t.Error("a key of P-256 signed")
	}
	doc := document(b.credentialIn(t, Ed25519Signature2020, 2))
	doc["issuer"], doc.proof()["verificationMethod"] = other.issuer.Key.DID(), other.issuer.Key.ID
	if _, err := b.check(t, doc); refusalCode(err) != algorithmRefused {
		t.Errorf("got %v, want %s", err, algorithmRefused)
	}
}

func TestEd25519Signature2020ByteFlips(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	doc := b.credentialIn(t, Ed25519Signature2020, 2)
	if c := vc.ParseCredential(doc); c.Format != vc.FormatLD {
		t.Fatalf("form %q", c.Format)
	}
	flips(t, b, doc, 0x20)
}
