package proof

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

// bare is an unsigned credential with what no proof over statements covers: a
// bare type, dotted members, an issuer that is an object.
func (b *ldBench) bare(model int) map[string]any {
	doc := b.credential(model)
	doc["type"] = []any{"VerifiableCredential", "Proxy.G/Camp One/1.0/ChildGuardian"}
	doc["issuer"] = map[string]any{"id": b.issuer.Key.DID(), "name": "A \u2028 school <&>"}
	document(doc).holder()["height"] = 1.75
	return doc
}

func signText(t testing.TB, s *Signer, doc map[string]any) map[string]any {
	t.Helper()
	signed, err := s.Credential(t.Context(), doc, vc.FormatJCS)
	if err != nil {
		t.Fatal(err)
	}
	return clone(t, signed.(map[string]any))
}

func presentText(t testing.TB, s *Signer, credentials ...any) map[string]any {
	t.Helper()
	signed, err := s.Presentation(t.Context(), credentials, vc.FormatJCS, Expect{Nonce: ldNonce, Domain: ldDomain})
	if err != nil {
		t.Fatal(err)
	}
	return clone(t, signed.(map[string]any))
}

// resignText changes a proof's options, and signs them.
func resignText(t testing.TB, s *Signer, doc, options map[string]any) map[string]any {
	t.Helper()
	config := map[string]any{"proofPurpose": "assertionMethod"}
	maps.Copy(config, options)
	out, err := s.addProof(vc.FormatJCS, doc, config)
	if err != nil {
		t.Fatal(err)
	}
	return clone(t, out)
}

func TestJCSCredential(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for model, name := range map[int]string{1: "1.1", 2: "2.0"} {
		for form, unsigned := range map[string]map[string]any{"bare": b.bare(model), "absolute": b.credential(model)} {
			t.Run(name+" "+form, func(t *testing.T) {
				t.Parallel()
				doc := signText(t, b.issuer, unsigned)
				got, err := b.check(t, doc)
				if err != nil {
					t.Fatal(err)
				}
				if got.Issuer != b.issuer.Key.DID() || got.Key != b.issuer.Key.Thumbprint() || len(got.Digest) != 43 {
					t.Errorf("got %+v", got)
				}
				delete(doc, "proof")
				if !reflect.DeepEqual(got.Doc, doc) {
					t.Errorf("read %v, want %v", got.Doc, doc)
				}
				if p, err := vc.ReadProxy(got.Doc, false); err != nil || p.Issuer != got.Issuer {
					t.Errorf("reading it: %v", err)
				}
			})
		}
	}
}

func TestJCSDigestIgnoresProof(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	first, err := b.check(t, signText(t, b.issuer, b.bare(2)))
	if err != nil {
		t.Fatal(err)
	}
	b.issuer.At = ldNow.Add(-time.Hour)
	again, err := b.check(t, signText(t, b.issuer, b.bare(2)))
	if err != nil || first.Digest != again.Digest {
		t.Errorf("digests %s and %s, %v", first.Digest, again.Digest, err)
	}
}

func TestJCSPresentation(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	jose, err := b.issuer.Credential(t.Context(), b.credential(2), vc.FormatVCJOSE)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		credentials []any
		formats     []string
	}{
		{"none", nil, nil},
		{"over text, 1.1", []any{signText(t, b.issuer, b.bare(1))}, []string{vc.FormatJCS}},
		{"over text, 2.0", []any{signText(t, b.issuer, b.bare(2))}, []string{vc.FormatJCS}},
		{"over statements", []any{b.signed(t, 2)}, []string{vc.FormatLD}},
		{"enveloped", []any{jose}, []string{vc.FormatVCJOSE}},
		{"all", []any{jose, b.signed(t, 1), signText(t, b.issuer, b.bare(2))}, []string{vc.FormatVCJOSE, vc.FormatLD, vc.FormatJCS}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc := presentText(t, b.holder, c.credentials...)
			got, err := b.present(t, doc)
			if err != nil {
				t.Fatal(err)
			}
			if got.Holder != b.holder.Key.DID() || !got.SignedAt.Equal(ldNow) || got.Key != b.holder.Key.Thumbprint() {
				t.Errorf("got %+v", got)
			}
			p := parsedObject(t, doc)
			for i, credential := range p.Credentials {
				if _, err := b.verifier.Credential(t.Context(), credential, campTerms); err != nil || credential.Format != c.formats[i] {
					t.Errorf("credential %d of form %q: %v", i, credential.Format, err)
				}
			}
		})
	}
}

func parsedObject(t testing.TB, doc map[string]any) *vc.Presentation {
	t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	p, err := vc.ParsePresentation(raw, "application/vp")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a document adds to the contexts of its proof nobody signed, and is not
// read (eddsa-jcs-2022, "Verify Proof").
func TestJCSAddedContext(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	doc := signText(t, b.issuer, b.bare(2))
	want, err := b.check(t, doc)
	if err != nil {
		t.Fatal(err)
	}
	addContext("https://later.example/")(doc)
	got, err := b.check(t, doc)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %v (%v), want %v", got, err, want)
	}
	unsigned := b.bare(2)
	unsigned["@context"] = []any{vc.ContextV2}
	doc = signText(t, b.issuer, unsigned)
	addContext(vc.ProxyContext)(doc)
	if got, err = b.check(t, doc); err != nil {
		t.Fatal(err)
	}
	if _, err := vc.ReadProxy(got.Doc, false); refusalCode(err) != vc.CredentialMalformed {
		t.Errorf("a reference to RFC 0103 that nobody signed is read (%v)", err)
	}
}

// A minus zero has the canonical text of a zero: what is read is the text.
func TestJCSMinusZero(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	unsigned := document(b.bare(2))
	unsigned.holder()["level"] = 0.0
	doc := document(signText(t, b.issuer, unsigned))
	doc.holder()["level"] = math.Copysign(0, -1)
	got, err := b.verifier.Credential(t.Context(), vc.ParseCredential(map[string]any(doc)), campTerms)
	if err != nil {
		t.Fatal(err)
	}
	if f := document(got.Doc).holder()["level"].(float64); math.Signbit(f) {
		t.Error("a minus zero was read that nobody signed")
	}
}

// A proof over statements does not bind a text that is read by its members.
func TestTextUnderStatements(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	inner, e := signText(t, b.issuer, b.credential(2)), Expect{Nonce: ldNonce, Domain: ldDomain}
	if _, err := b.holder.Presentation(t.Context(), []any{inner}, vc.FormatLD, e); err == nil {
		t.Error("one was signed")
	}
	delete(document(inner).proof(), "@context")
	doc, err := b.holder.embed(vc.FormatLD, []any{inner}, e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.present(t, doc); err != nil {
		t.Fatalf("the presentation: %v", err)
	}
	p := parsedObject(t, doc)
	if _, err := b.verifier.Credential(t.Context(), p.Credentials[0], campTerms); refusalCode(err) != vc.CredentialMalformed {
		t.Errorf("got %v, want %s", err, vc.CredentialMalformed)
	}
}

// One changed byte never leaves a credential that is read as something else.
func TestJCSByteFlips(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	flips(t, b, signText(t, b.issuer, b.bare(2)), 0x01, 0x02, 0x20)
}

func flips(t *testing.T, b *ldBench, doc map[string]any, bits ...byte) {
	t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	original, err := b.check(t, doc)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, bit := range bits {
			changed := slices.Clone(raw)
			changed[i] ^= bit
			v, err := vc.ParseJSON(changed)
			if err != nil {
				continue
			}
			got, err := b.verifier.Credential(t.Context(), vc.ParseCredential(v), campTerms)
			if err == nil && !reflect.DeepEqual(got, original) {
				t.Errorf("byte %d: accepted %s", i, changed)
			} else if err != nil && strings.HasPrefix(refusalCode(err), "error") {
				t.Errorf("byte %d: %v", i, err)
			}
		}
	}
}

func FuzzJCSPresentation(f *testing.F) {
	b := newLDBench(f)
	one := signText(f, b.issuer, b.bare(2))
	want, err := b.check(f, one)
	if err != nil {
		f.Fatal(err)
	}
	for _, doc := range []map[string]any{presentText(f, b.holder, one), one} {
		raw, err := compact(doc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if v, err := vc.ParseJSON(raw); err == nil {
			got, err := b.verifier.Credential(t.Context(), vc.ParseCredential(v), campTerms)
			if err == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("accepted what nobody signed: %v", got.Doc)
			}
		}
		p, err := vc.ParsePresentation(raw, "application/vp")
		if err != nil {
			return
		}
		presented, err := b.verifier.Presentation(t.Context(), p, Expect{Nonce: ldNonce, Domain: ldDomain})
		if err == nil && presented.Holder != b.holder.Key.DID() {
			t.Errorf("presented as %s", presented.Holder)
		}
	})
}
