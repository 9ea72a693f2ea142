package proof

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier/vc"
)

// shapeTexts are what expansion could take for something else than a text.
var shapeTexts = []string{
	"", "a", "Mia", `quo"te`, "line\nfeed", "\u0000", "é", "e\u0301", "سلام", "😀", "null", "1.0", "true",
	"@type", "@id", "@foo", "_:b0", "_:", ":", "a:", ":a", "type", "Child", "Guardian", "holder", "id",
	"a:b", "did:key:z6Mk", "did:example:ü", "urn:uuid:1", "https://a.example/#b", "https://", "http:a", "//a.example/b", "/path", "?q", "#f",
	"../up", "a/b:c", "https://a.example/ b", "urn:a b", "id:x", "type:x", "holder:x", "xsd:x", "VerifiableCredential", "assertionMethod",
	"procura-probe-0", "procura-probe-1", "did:procura-probe-0", "https://procura-probe-2", "p", "urn:%zz", "a:%", "x:#", "x:?", "x:[::1", "u:a:b:c",
}

type shapeGenerator struct{ *rand.Rand }

func (g shapeGenerator) text() string {
	if g.IntN(40) == 0 {
		return strings.Repeat("long:", 3000)
	}
	return shapeTexts[g.IntN(len(shapeTexts))]
}

// any is JSON of every kind.
func (g shapeGenerator) any(depth int) any {
	kind := g.IntN(8)
	if depth == 0 {
		kind = g.IntN(5)
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return g.IntN(2) == 0
	case 2:
		return []float64{0, -1, 1.5, 1e21, 5e-324, 9007199254740993}[g.IntN(6)]
	case 3, 4:
		return g.text()
	case 5:
		list := make([]any, g.IntN(4))
		for i := range list {
			list[i] = g.any(depth - 1)
		}
		return list
	}
	m := map[string]any{}
	for range g.IntN(4) {
		m[[]string{"p", "id", "type", "@id", "@value", "@context", "a:b", g.text()}[g.IntN(8)]] = g.any(depth - 1)
	}
	return m
}

// collection is what @json is in most documents.
func (g shapeGenerator) collection() any {
	if g.IntN(2) == 0 {
		return []any{g.any(3), g.any(3)}[g.IntN(2):]
	}
	return map[string]any{"p": g.any(3), g.text(): g.any(3)}
}

// other gives a document of the same structure with other texts and @json.
func (g shapeGenerator) other(name string, v any) any {
	if _, text := v.(string); name == "permissions" || name == "constraints" || name == "provenanceProofs" {
		if !text && g.IntN(20) == 0 {
			return g.any(3)
		} else if !text {
			return g.collection()
		}
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			out[key] = g.other(key, inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = g.other(name, item)
		}
		return out
	case string:
		return g.alike(name, v)
	}
	return v
}

// alike is mostly of the kind of a text, so that shapes come back.
func (g shapeGenerator) alike(name, text string) string {
	switch {
	case g.IntN(60) == 0:
		return g.text()
	case name == "type" || name == "proofPurpose":
		return text
	case strings.Contains(text, ":"):
		return text + []string{"", "x", "#é", "procura-probe-0", "%zz", "?a:b", "//"}[g.IntN(7)]
	}
	return shapeTexts[g.IntN(22)]
}

// spoil puts any JSON in one place of a document.
func (g shapeGenerator) spoil(m map[string]any) {
	for name, v := range m {
		if inner, ok := v.(map[string]any); ok && g.IntN(3) > 0 {
			g.spoil(inner)
			return
		}
		if g.IntN(2) == 0 {
			m[name] = g.any(2)
		} else {
			m[[]string{"@id", "a:b", "name", "type", "constraints", "role", g.text()}[g.IntN(7)]] = g.any(2)
		}
		return
	}
}

// sameExpansion fails if the shape's expansion of a document is not json-gold's.
// It reports whether there was one.
func sameExpansion(t testing.TB, c *ContextCache, a *active, doc map[string]any) bool {
	t.Helper()
	taken := false
	for range 2 { // the second is remembered
		fast := c.expand(a, doc)
		if fast == nil {
			continue
		}
		taken = true
		slow, err := a.expand(doc)
		if err != nil || !reflect.DeepEqual(fast, slow) {
			raw, _ := json.Marshal(doc)
			t.Fatalf("%.3000s\nby shape  %.3000v\njson-gold %.3000v, %v", raw, fast, slow, err)
		}
	}
	return taken
}

func activeOf(t testing.TB, v *Verifier, doc map[string]any) *active {
	t.Helper()
	urls, err := contextsOf(doc)
	if err != nil {
		t.Fatal(err)
	}
	a, err := v.process(urls)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// shapeExamples are the examples of camps and cars, of both models, with a proof;
// their presentations; and credentials of the tests here.
func shapeExamples(t testing.TB) (*Verifier, []map[string]any) {
	t.Helper()
	b, contexts := newLDBench(t), map[string][]byte{}
	v := &Verifier{Cache: new(ContextCache), Contexts: func(url string) ([]byte, bool) {
		if raw, ok := contexts[url]; ok {
			return raw, true
		}
		return campContexts(url)
	}}
	var out []map[string]any
	for model := 1; model <= 2; model++ {
		signed := b.signed(t, model)
		presented, _ := withoutCredentials(b.presentation(t, signed))
		out = append(out, signed, presented)
		for _, source := range library.All() {
			doc, _ := trustframeworks.Parse(source.Raw)
			if doc == nil || doc.Abbreviation != "RCG" && doc.Abbreviation != "CRD" {
				continue
			}
			f, _ := compile.Compile(doc)
			contexts[doc.Context()] = f.Context
			for i := range doc.Variants {
				out = append(out, shapeExample(t, f, &doc.Variants[i], model, signed["proof"]))
			}
		}
	}
	return v, out
}

func shapeExample(t testing.TB, f *compile.Framework, variant *trustframeworks.Variant, model int, proof any) map[string]any {
	t.Helper()
	v, err := vc.ParseJSON(f.Examples[variant.Name])
	if err != nil {
		t.Fatal(err)
	}
	doc := v.(map[string]any)
	doc["type"] = []any{"VerifiableCredential", compile.TypeIRI(f.Document, variant)}
	doc["proof"], doc["provenanceProofs"] = proof, []any{map[string]any{"a": 1.0}}
	list := doc["@context"].([]any)
	if model == 2 {
		list[0], doc["validFrom"], doc["validUntil"] = vc.ContextV2, doc["issuanceDate"], doc["expirationDate"]
		return without(without(doc, "issuanceDate"), "expirationDate")
	}
	doc["@context"] = append(list, contextDataIntegrity)
	return doc
}

func TestShapesExpandAlike(t *testing.T) {
	t.Parallel()
	v, docs := shapeExamples(t)
	g := shapeGenerator{rand.New(rand.NewPCG(1, 3))}
	taken, all, alike := 0, 0, map[string]int{}
	for i, example := range docs {
		a := activeOf(t, v, example)
		doc := without(example, "@context")
		if !sameExpansion(t, v.Cache, a, doc) {
			t.Errorf("example %d is not expanded by its shape: %v", i, doc)
		}
		for n := range 300 {
			other := g.other("", doc).(map[string]any)
			if n%3 == 0 {
				g.spoil(other)
			}
			all++
			if one := shapeOf(other, ""); one != nil {
				alike[one.text.String()]++
			}
			if sameExpansion(t, v.Cache, a, other) {
				taken++
			}
		}
	}
	t.Logf("%d of %d documents were expanded by their shapes", taken, all)
	most := slices.Max(slices.Collect(maps.Values(alike)))
	if taken < all/2 || most < 200 {
		t.Errorf("%d of %d documents were expanded by their shapes, at most %d by one", taken, all, most)
	}
}

func FuzzShapes(f *testing.F) {
	v, docs := shapeExamples(f)
	for _, doc := range docs {
		raw, err := json.Marshal(doc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"type": [], "proof": {"type": "DataIntegrityProof", "proofPurpose": "", "verificationMethod": "A:0"}}`))
	actives := []*active{activeOf(f, v, docs[0]), activeOf(f, v, docs[1]), activeOf(f, v, docs[len(docs)-1])}
	f.Fuzz(func(t *testing.T, raw []byte) {
		parsed, err := vc.ParseJSON(raw)
		doc, ok := parsed.(map[string]any)
		if err != nil || !ok {
			return
		}
		for _, a := range actives {
			sameExpansion(t, v.Cache, a, without(doc, "@context"))
		}
	})
}

func TestShapesDeclined(t *testing.T) {
	t.Parallel()
	v, docs := shapeExamples(t)
	a := activeOf(t, v, docs[0])
	iris := *a
	iris.iris = true
	doc := without(docs[0], "@context")
	if v.Cache.expand(&iris, doc) != nil {
		t.Error("a context with an IRI for a term has shapes")
	}
	for context, want := range map[string]bool{
		`{"a": "urn:a:b"}`: false, `{"urn:a": "urn:b"}`: true, `[{"a": {"@context": [{"x:y": "urn:z"}]}}]`: true,
	} {
		var c any
		if err := json.Unmarshal([]byte(context), &c); err != nil {
			t.Fatal(err)
		}
		if got := definesIRI(c); got != want {
			t.Errorf("%s: %v, want %v", context, got, want)
		}
	}
	list := make([]any, maxShape)
	for i := range list {
		list[i] = "a"
	}
	for _, value := range []any{list, map[string]any{strings.Repeat("n", maxShape): "a"}, map[string]any{"@id": "urn:a"}, map[string]any{"a:b": "c"}, map[string]any{probe + "0": "c"}} {
		if shapeOf(map[string]any{"name": value}, "") != nil {
			t.Errorf("%.60v has a shape", value)
		}
	}
	if shapeOf(map[string]any{"type": probe + "0"}, "") != nil {
		t.Error("a type like a probe has a shape")
	}
}

// What is remembered is bounded, and what is in use stays.
func TestShapesAreBounded(t *testing.T) {
	t.Parallel()
	s := &shapes{}
	s.keep("0", map[string]any{})
	for i := range 5 * maxShapes {
		s.keep(fmt.Sprint("other ", i), nil)
		if _, known := s.get("0"); i%10 == 0 && !known {
			t.Fatalf("one in use was forgotten after %d others", i)
		}
	}
	if n := len(s.late) + len(s.then); n > 2*maxShapes {
		t.Errorf("%d are remembered", n)
	}
	if _, known := s.get("other 0"); known {
		t.Error("the oldest is still remembered")
	}
}

// Of LD documents, signatures of credentials alone are remembered, each for its
// key.
func TestRememberedLDCredential(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	b.verifier.Signatures = &Signatures{}
	doc := b.signed(t, 2)
	for range 2 {
		if _, err := b.present(t, b.presentation(t, doc)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(b.verifier.Signatures.good.late); n != 0 {
		t.Errorf("%d signatures of presentations are remembered", n)
	}
	for range 2 {
		if _, err := b.check(t, doc); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(b.verifier.Signatures.good.late); n != 1 {
		t.Errorf("%d signatures are remembered, want one", n)
	}
	other := clone(t, doc)
	other["issuer"] = b.stranger.Key.DID()
	other["proof"].(map[string]any)["verificationMethod"] = b.stranger.Key.ID
	if _, err := b.check(t, other); refusalCode(err) != proofInvalid {
		t.Errorf("another key: %v", err)
	}
}
