package proof

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

const (
	campURI     = "https://frameworks.example/camp"
	campContext = "https://frameworks.example/camp/1.0.0/context.jsonld"
	campType    = "https://frameworks.example/camp#Proxy.G/Camp%20One/1.0/ChildGuardian"
	ldNonce     = "3-q2vnQ5mPzQm1fYk9pU3bJmY0x1a5mVn0mO0cQ8r2E"
	ldDomain    = "clinic.example"
)

var (
	campTerms = Terms{URI: campURI, ContextURI: campContext, Variant: "ChildGuardian"}
	ldNow     = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
)

// campContexts gives a framework's context, in the form that compile gives it.
func campContexts(url string) ([]byte, bool) {
	if url != campContext {
		return nil, false
	}
	side := func(name, members string) string {
		return `{"@id": "` + campURI + `#` + name + `", "@context": {"@protected": true, ` + members + `}}`
	}
	term := func(side, name string) string {
		return `"` + name + `": {"@id": "` + campURI + `#` + side + `-` + name + `"}`
	}
	return []byte(`{"@context": {"@version": 1.1, "@protected": true,
		"ChildGuardianSubject": {"@id": "` + campURI + `#ChildGuardianSubject", "@context": {"@protected": true,
			"holder": ` + side("holder", term("holder", "role")+`,`+term("holder", "name")+`,`+term("holder", "level")+`,`+
		term("holder", "languages")+`,`+term("holder", "vetted")+`,
				"rationaleURI": {"@id": "`+campURI+`#holder-rationaleURI", "@type": "@id"},
				"constraints": {"@id": "`+campURI+`#holder-constraints", "@type": "@json"},
				"Guardian": {"@id": "`+campURI+`#Guardian"}`) + `,
			"proxied": ` + side("proxied", term("proxied", "name")+`,`+term("proxied", "birthDate")+`,`+term("proxied", "photo")+`,`+
		`"permissions": {"@id": "`+campURI+`#proxied-permissions", "@type": "@json"},
				"Child": {"@id": "`+campURI+`#Child"}`) + `}}}}`), true
}

// An ldBench has an issuer, a holder, and a verifier that knows the camp.
type ldBench struct {
	issuer, holder, stranger *Signer
	verifier                 *Verifier
}

func newLDBench(t testing.TB) *ldBench {
	t.Helper()
	signer := func(name string) *Signer {
		seed := sha256.Sum256([]byte(name)) // a fuzzing process has the keys of its parent
		key, err := newKey(ed25519.NewKeyFromSeed(seed[:]))
		if err != nil {
			t.Fatal(err)
		}
		return &Signer{Key: key, Contexts: campContexts, At: ldNow}
	}
	return &ldBench{
		issuer: signer("issuer"), holder: signer("holder"), stranger: signer("stranger"),
		verifier: &Verifier{Contexts: campContexts, Cache: new(ContextCache), Now: func() time.Time { return ldNow }},
	}
}

// credential is an unsigned credential of the model given.
func (b *ldBench) credential(model int) map[string]any {
	doc := map[string]any{
		"@context":          []any{vc.ContextV1, vc.ProxyContext, campContext, contextDataIntegrity},
		"id":                "urn:uuid:4d1b6f0e-0c65-4b40-9a3c-6b8a6f6f2f11",
		"type":              []any{"VerifiableCredential", campType},
		"issuer":            b.issuer.Key.DID(),
		"trustFrameworkURI": campURI,
		"auditURI":          "",
		"appealURI":         "https://appeal.example/",
		"credentialSubject": map[string]any{
			"type": "ChildGuardianSubject",
			"holder": map[string]any{
				"id": b.holder.Key.DID(), "type": "Guardian", "role": []any{"parent", "teacher"},
				"rationaleURI": campURI + "/rationales/kinship", "name": "Ada", "level": 3.0, "vetted": true,
				"languages":   []any{"ar", "en", "so"},
				"constraints": map[string]any{"endTime": "2027-01-01", "radiusKm": 1.5, "list": []any{1.0, nil, map[string]any{"@id": "x"}}},
			},
			"proxied": map[string]any{
				"type": "Child", "name": "Mia", "birthDate": "2019-04-01",
				"permissions": []any{
					map[string]any{"grant": []any{"travel"}, "when": map[string]any{"roles": "parent"}},
					map[string]any{"grant": "enrol", "when": map[string]any{"roles": "teacher", "n": 2.0}},
				},
			},
		},
	}
	if model == 2 {
		doc["@context"] = []any{vc.ContextV2, vc.ProxyContext, campContext}
		doc["validFrom"], doc["validUntil"] = "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"
		doc["name"], doc["description"] = "Guardianship", "A \"guardianship\",\n\ttyped \u0001 by hand \u007f"
	} else {
		doc["issuanceDate"], doc["expirationDate"] = "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"
	}
	return doc
}

// signed is a signed credential, as it is after a trip through JSON.
func (b *ldBench) signed(t testing.TB, model int) map[string]any {
	t.Helper()
	signed, err := b.issuer.Credential(t.Context(), b.credential(model), vc.FormatLD)
	if err != nil {
		t.Fatal(err)
	}
	return clone(t, signed.(map[string]any))
}

func (b *ldBench) presentation(t testing.TB, credentials ...any) map[string]any {
	t.Helper()
	signed, err := b.holder.Presentation(t.Context(), credentials, vc.FormatLD, Expect{Nonce: ldNonce, Domain: ldDomain})
	if err != nil {
		t.Fatal(err)
	}
	return clone(t, signed.(map[string]any))
}

func clone(t testing.TB, doc map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vc.ParseJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

// check verifies a credential as it would come off the wire.
func (b *ldBench) check(t testing.TB, doc map[string]any) (Issued, error) {
	t.Helper()
	c := vc.ParseCredential(clone(t, doc))
	return b.verifier.Credential(t.Context(), c, campTerms)
}

// present verifies a presentation as it would come off the wire.
func (b *ldBench) present(t testing.TB, doc map[string]any) (Presented, error) {
	t.Helper()
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	p, err := vc.ParsePresentation(raw, "application/vp")
	if err != nil {
		return Presented{}, err
	}
	return b.verifier.Presentation(context.WithoutCancel(t.Context()), p, Expect{Nonce: ldNonce, Domain: ldDomain})
}

func refusalCode(err error) string {
	if r, ok := errors.AsType[*vc.Refusal](err); ok {
		return r.Code
	}
	if err != nil {
		return "error: " + err.Error()
	}
	return ""
}

func TestLDCredential(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for model, name := range map[int]string{1: "1.1", 2: "2.0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := b.signed(t, model)
			got, err := b.check(t, doc)
			if err != nil {
				t.Fatal(err)
			}
			if got.Issuer != b.issuer.Key.DID() || got.Key != b.issuer.Key.Thumbprint() || len(got.Digest) != 43 {
				t.Errorf("got %+v", got)
			}
			place := credentialPlace(model, campTerms)
			if !place.same(unproved(doc), unproved(got.Doc)) {
				t.Errorf("read back: %v", got.Doc)
			}
			if _, err := vc.ReadProxy(got.Doc, true); err != nil {
				t.Errorf("reading what was read back: %v", err)
			}
		})
	}
}

func TestLDPresentation(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	one, two := b.signed(t, 1), b.signed(t, 2)
	for _, c := range []struct {
		name        string
		credentials []any
	}{
		{"none", nil},
		{"one of 1.1", []any{one}},
		{"one of 2.0", []any{two}},
		{"both under 2.0", []any{two, one}},
		{"the same four times", []any{two, two, two, two}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := b.present(t, b.presentation(t, c.credentials...))
			if err != nil {
				t.Fatal(err)
			}
			if got.Holder != b.holder.Key.DID() || !got.SignedAt.Equal(ldNow) || got.Key != b.holder.Key.Thumbprint() {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestDigestIgnoresProof(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	first, err := b.check(t, b.signed(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	b.issuer.At = ldNow.Add(-time.Hour)
	again, err := b.check(t, b.signed(t, 2))
	if err != nil || first.Digest != again.Digest {
		t.Errorf("digests %s and %s, %v", first.Digest, again.Digest, err)
	}
}

func BenchmarkLD(b *testing.B) {
	bench := newLDBench(b)
	doc := bench.signed(b, 2)
	presentation := bench.presentation(b, doc)
	raw, err := json.Marshal(presentation)
	if err != nil {
		b.Fatal(err)
	}
	run := func() {
		p, err := vc.ParsePresentation(raw, "application/vp")
		if err != nil {
			b.Fatal(err)
		}
		if _, err = bench.verifier.Presentation(b.Context(), p, Expect{Nonce: ldNonce, Domain: ldDomain}); err != nil {
			b.Fatal(err)
		}
		if _, err = bench.verifier.Credential(b.Context(), p.Credentials[0], campTerms); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("presentation and credential", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			run()
		}
	})
	b.Run("canonicalise a credential", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bench.verifier.canonical(unproofed(doc), crypto.SHA256); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func unproofed(doc map[string]any) map[string]any {
	out := unproved(doc)
	out["@context"] = doc["@context"]
	return out
}
