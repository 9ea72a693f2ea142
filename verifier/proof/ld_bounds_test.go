package proof

import (
	"crypto"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// A complete graph of blank nodes takes a canonicaliser without a bound longer
// than there is time.
func TestBlankNodeBomb(t *testing.T) {
	t.Parallel()
	var dataset []statement
	node := func(i int) term { return term{kind: blankTerm, value: fmt.Sprintf("_:n%d", i)} }
	for i := range 12 {
		for j := range 12 {
			if i != j {
				dataset = append(dataset, statement{subject: node(i), predicate: "urn:x:p", object: node(j)})
			}
		}
	}
	if _, err := canonicalize(dataset, crypto.SHA256, NewWork()); !errors.Is(err, errBomb) {
		t.Errorf("got %v, want %v", err, errBomb)
	}
}

// Big documents take work in proportion.
func TestBigDocuments(t *testing.T) {
	b := newLDBench(t)
	roles, deep := make([]any, 50_000), any("x")
	for i := range roles {
		roles[i] = fmt.Sprintf("role %d", i)
	}
	for range 40 {
		deep = []any{deep}
	}
	twin := b.signed(t, 2)
	document(twin).holder()["role"] = roles[:5_000]
	many := make([]any, 64)
	for i := range many {
		many[i] = b.signed(t, 2)
	}
	for name, forge := range map[string]func(document){
		"50,000 roles": func(d document) { d.holder()["role"] = roles },
		"50,000 types": func(d document) { d["type"] = append(d["type"].([]any), roles...) },
		"a deep list":  func(d document) { d.holder()["level"] = deep },
		"a long name":  func(d document) { d.holder()[strings.Repeat("n", 1<<20)] = "x" },
	} {
		t.Run(name, func(t *testing.T) {
			doc := b.signed(t, 2)
			forge(doc)
			cheap(t, func() error { _, err := b.check(t, doc); return err })
		})
	}
	for name, credentials := range map[string][]any{"twins of 5,000 roles": {twin, twin}, "64 credentials": many} {
		t.Run(name, func(t *testing.T) {
			doc := b.presentation(t, credentials...)
			doc["holder"] = b.holder.Key.DID()
			document(doc).proof()["created"] = "2026-11-20T11:59:59Z"
			cheap(t, func() error { _, err := b.present(t, doc); return err })
		})
	}
}

// cheap wants a refusal, for 64 MB.
func cheap(t *testing.T, f func() error) {
	t.Helper()
	within(t, 64, func() {
		if err := f(); !slices.Contains([]string{proofInvalid, contextRefused, vc.CredentialMalformed}, refusalCode(err)) {
			t.Errorf("got %v", err)
		}
	})
}

// within holds f to the megabytes that it may allocate, all told: a measure of
// work that other work on the machine does not change. No test may run beside it.
func within(t *testing.T, most uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > most {
		t.Errorf("%d MB were allocated, want %d at most", made, most)
	}
}

func TestContextsNeverFetched(t *testing.T) {
	t.Parallel()
	if _, err := (noNetwork{}).LoadDocument("https://www.w3.org/ns/credentials/v2"); !errors.Is(err, errNotLocal) {
		t.Errorf("got %v", err)
	}
	v := &Verifier{}
	if _, err := v.process([]string{vc.ContextV2, "https://attacker.example/"}); !errors.Is(err, errNotLocal) {
		t.Errorf("got %v", err)
	}
	// A published context that would fetch another.
	v.Contexts = func(string) ([]byte, bool) { return []byte(`{"@context": "https://attacker.example/"}`), true }
	if _, err := v.process([]string{vc.ContextV2, campContext}); !errors.Is(err, errNotLocal) {
		t.Errorf("got %v", err)
	}
}

func TestShippedContexts(t *testing.T) {
	t.Parallel()
	all, err := ShippedContexts()
	if err != nil {
		t.Fatal(err)
	}
	v := &Verifier{}
	for url := range all {
		if _, err := v.process([]string{url}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for url := range suiteContexts {
		if all[url] == nil {
			t.Errorf("%s does not ship", url)
		}
	}
	if _, ok := all[vc.ProxyContext]; !ok || len(all) < 10 {
		t.Errorf("%d contexts ship", len(all))
	}
}

// A context that a test changes under one URL is not remembered as the other.
func TestContextCacheKnowsContent(t *testing.T) {
	t.Parallel()
	v := &Verifier{Cache: new(ContextCache)}
	say := func(iri string) string {
		v.Contexts = func(string) ([]byte, bool) {
			return []byte(`{"@context": {"motto": "` + iri + `"}}`), true
		}
		s, err := v.Statements(map[string]any{
			"@context": []any{vc.ContextV2, campContext}, "id": "urn:x:a", "motto": "m",
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if a, b := say("urn:x:one"), say("urn:x:two"); a == b {
		t.Errorf("both say %s", a)
	}
}

func FuzzLDPresentation(f *testing.F) {
	b := newLDBench(f)
	doc := b.presentation(f, b.signed(f, 2), b.signed(f, 1))
	raw, err := compact(doc)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	want, err := b.check(f, b.signed(f, 2))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := vc.ParsePresentation(raw, "application/vp")
		if err != nil {
			return
		}
		_, _ = b.verifier.Presentation(t.Context(), p, Expect{Nonce: ldNonce, Domain: ldDomain})
		for _, c := range p.Credentials {
			got, err := b.verifier.Credential(t.Context(), c, campTerms)
			if err == nil && c.Format == vc.FormatLD && modelOf(c.Doc) == 2 && got.Digest != want.Digest {
				t.Errorf("accepted what nobody signed: %v", got.Doc)
			}
		}
	})
}
