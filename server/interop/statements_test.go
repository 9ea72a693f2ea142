package interop_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A generator makes documents of the closed shape, with any JSON in constraints
// and permissions. The same seed gives the same documents.
type generator struct {
	*rand.Rand
	framework *compile.Framework
	t         *testing.T
}

// texts hold what escaping and sorting can go wrong on.
var texts = []string{
	"", "a", "Mia", "a b", `quo"te`, `back\slash`, "line\nfeed", "tab\t", "\u0000", "\u0001\b\f\r\u001f", "\u007f", "\u0080",
	"é", "e\u0301", "\u200f", "\u2028", "سلام", "漢字", "😀", "𝔘", "</script>", "<urn:x>", "_:b0", "@type", "null", "1.0",
}

var numbers = []float64{
	0, 1, -1, 1.5, -0.25, 1e-7, 1e21, 1e20, 123456789012345680000, 0.1, 1.0 / 3, 5e-324, math.MaxFloat64,
	9007199254740991, 9007199254740993, 1e300, 4.35, 100,
}

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

// inside is a text within JSON. Beyond texts it has U+FDFA: jsonld.js sorts
// statements by UTF-16, where it comes after 😀; RDFC-1.0 ("Unicode code point
// order") and we sort it before. JCS sorts member names by UTF-16, as it must.
func (g *generator) inside() string {
	if g.IntN(8) == 0 {
		return "ﷺ"
	}
	return pick(g, texts)
}

// any is JSON of every kind.
func (g *generator) any(depth int) any {
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
		return pick(g, numbers)
	case 3, 4:
		return g.inside()
	case 5:
		list := make([]any, g.IntN(5))
		for i := range list {
			list[i] = g.any(depth - 1)
		}
		return list
	}
	m := map[string]any{}
	for range g.IntN(5) {
		m[g.inside()+g.inside()] = g.any(depth - 1)
	}
	return m
}

func (g *generator) credential(i int) map[string]any {
	model := 1 + g.IntN(2)
	doc := credential(g.t, g.framework, model, true, "did:key:z6MkIssuer", fmt.Sprintf("did:example:%d", i))
	if g.IntN(3) > 0 {
		doc["id"] = fmt.Sprintf("urn:uuid:%d", i)
	}
	if model == 1 {
		doc["@context"] = append(doc["@context"].([]any), "https://w3id.org/security/data-integrity/v2")
	} else if g.IntN(2) == 0 {
		doc["name"], doc["description"] = pick(g, texts), pick(g, texts)
	}
	if g.IntN(4) == 0 {
		doc["provenanceProofs"] = g.any(3)
	}
	if g.IntN(4) == 0 && model == 2 {
		doc["credentialStatus"] = g.statuses()
	}
	subject := doc["credentialSubject"].(map[string]any)
	holder, proxied := subject["holder"].(map[string]any), subject["proxied"].(map[string]any)
	holder["constraints"], proxied["permissions"] = g.any(4), g.any(4)
	if g.IntN(2) == 0 {
		holder["role"] = []any{"parent", pick(g, texts) + "x", pick(g, texts) + "y"}
	}
	if g.IntN(3) == 0 {
		delete(proxied, "id")
	}
	for _, side := range []map[string]any{holder, proxied} {
		for name, v := range side {
			if _, ok := v.(string); ok && name != "id" && name != "type" && name != "role" && name != "rationaleURI" {
				side[name] = pick(g, []any{pick(g, texts), g.IntN(2) == 0, float64(g.IntN(1<<53 - 1)), -7.0, []any{"a", "b", true, 3.0}})
			}
		}
	}
	return doc
}

func (g *generator) statuses() any {
	list := make([]any, 1+g.IntN(3))
	for i := range list {
		list[i] = map[string]any{
			"type": "BitstringStatusListEntry", "statusPurpose": pick(g, []string{"revocation", "suspension"}),
			"statusListIndex": fmt.Sprint(i), "statusListCredential": "https://status.example/1",
		}
	}
	return list
}

// presentation holds up to three credentials, each with a proof.
func (g *generator) presentation(i int) map[string]any {
	doc := map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}}
	if g.IntN(2) == 0 {
		doc["holder"] = "did:example:holder"
	}
	var list []any
	for j := range g.IntN(4) {
		c := g.credential(10*i + j)
		c["proof"] = map[string]any{
			"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod",
			"created": "2026-11-20T12:00:00Z", "verificationMethod": "did:key:z6MkIssuer#z6MkIssuer", "proofValue": fmt.Sprintf("z%d", j+1),
		}
		list = append(list, c)
		if g.IntN(5) == 0 {
			list = append(list, c) // nodes that only their neighbours tell apart
		}
	}
	if list != nil {
		doc["verifiableCredential"] = list
	}
	return doc
}

func TestStatementsEqualJSONLD(t *testing.T) {
	t.Parallel()
	f := camp(t)
	g := &generator{Rand: rand.New(rand.NewPCG(2, 22)), framework: f, t: t}
	documents := make([]any, 500)
	for i := range documents {
		if i%2 == 0 {
			documents[i] = g.credential(i)
		} else {
			documents[i] = g.presentation(i)
		}
	}
	var want []any
	run(t, "canonize.js", map[string]any{"contexts": contexts(t, f), "documents": documents}, &want)
	v, equal := &proof.Verifier{Contexts: local(f), Cache: new(proof.ContextCache)}, 0
	for i, doc := range documents {
		got, err := v.Statements(doc.(map[string]any))
		switch {
		case err != nil:
			t.Errorf("document %d: %v", i, err)
		case got != want[i]:
			raw, _ := json.Marshal(doc)
			t.Errorf("document %d differs: %s\n%s", i, difference(got, fmt.Sprint(want[i])), raw)
		case strings.Count(got, "\n") < 2 && i%2 == 0:
			t.Errorf("document %d says next to nothing: %s", i, got)
		default:
			equal++
		}
	}
	t.Logf("%d of %d documents have the canonical statements of jsonld.js", equal, len(documents))
}

// difference is the first line that differs.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}
