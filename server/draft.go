package server

import (
	"context"
	"fmt"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

// A Draft is a document, or an archive of document and Rego, to publish.
type Draft struct {
	Tenant string // whose it is to be
	Owner  string // id of the client that publishes
	Public bool
	Source []byte // JSON, YAML, tar or gzipped tar; see [trustframeworks.ReadSource]
}

// codeTest is the code of a finding that one of the document's own tests did
// not go as it expects.
const codeTest = "test.failed"

// prove compiles a draft and runs its own tests (semantics 2.1: "publishing runs
// them").
func prove(ctx context.Context, d Draft) (*Published, error) {
	compiled, err := compileSource(d.Source)
	if err != nil {
		return nil, err
	}
	doc := compiled.Document
	f, err := verifier.NewFramework(ctx, compiled)
	if err != nil {
		return nil, fmt.Errorf("framework %q: %w", doc.Name, err)
	}
	results, err := verifier.TestFramework(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("framework %q: %w", doc.Name, err)
	}
	if found := failures(doc, results); len(found) > 0 {
		return nil, &Findings{found}
	}
	return &Published{
		Tenant: d.Tenant, Name: doc.Name, Folded: trustframeworks.FoldName(doc.Name), Version: doc.Version, URI: doc.URI,
		Digest: compiled.Digest, MediaType: mediaOf(d.Source), Source: d.Source,
		Owner: d.Owner, Public: d.Public, PublishedAt: time.Now().UTC(), Outline: outlineOf(d.Source, compiled),
	}, nil
}

func failures(doc *trustframeworks.Document, results []verifier.TestResult) []trustframeworks.Finding {
	var found []trustframeworks.Finding
	for i, r := range results {
		if r.Failure != "" {
			found = append(found, doc.Finding(fmt.Sprintf("/tests/%d", i), codeTest, "%s: %s", r.Name, r.Failure))
		}
	}
	return trustframeworks.SortFindings(found)
}

// canonical is a source as it is kept: the same files, archived at another time
// or by another program, give the same.
func canonical(raw []byte) ([]byte, error) {
	source, found := trustframeworks.ReadSource(raw)
	if len(found) > 0 {
		return nil, &Findings{found}
	}
	return source.Bytes()
}

func compileSource(raw []byte) (*compile.Framework, error) {
	source, found := trustframeworks.ReadSource(raw)
	if len(found) > 0 {
		return nil, &Findings{found}
	}
	doc, found := trustframeworks.Parse(source.Document)
	if len(found) > 0 {
		return nil, &Findings{found}
	}
	compiled, found := compile.CompileWith(doc, source.Rego)
	if len(found) > 0 {
		return nil, &Findings{found}
	}
	return compiled, nil
}

func outlineOf(source []byte, c *compile.Framework) Outline {
	o := Outline{SourceDigest: SourceDigest(source), ContextURL: c.Document.Context(), Context: c.Context, Variants: verifier.VariantsOf(c.Document)}
	for _, p := range c.Document.Permissions {
		o.Permissions = append(o.Permissions, facts.Name(p.Name))
	}
	return o
}
