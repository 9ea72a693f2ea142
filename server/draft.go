package server

import (
	"context"
	"fmt"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

// A Draft is a document, or an archive of document and Rego, to publish.
type Draft struct {
	// Name and Version are what the document's must be, Version canonical;
	// empty: whatever they are.
	Name, Version string

	Tenant string // whose it is to be
	Owner  string // id of the client that publishes
	Public bool
	Source []byte // JSON, YAML, tar or gzipped tar; see [trustframeworks.ReadSource]
}

// The codes of findings that are the server's.
const (
	codeTest = "test.failed"        // one of the document's own tests did not go as it expects
	codePath = "path.differs"       // the document is not what the path says
	codeSlow = "framework.too_slow" // compiling it and running its tests takes too long
)

// prove compiles a draft and runs its own tests (semantics 2.1: "publishing runs
// them").
func prove(ctx context.Context, d Draft) (*Published, error) {
	compiled, err := d.compile()
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
		Owner: d.Owner, Public: d.Public, Outline: outlineOf(d.Source, compiled),
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

// compile compiles a draft, or finds all that is wrong with it: with its Rego
// also where its document cannot be read.
func (d Draft) compile() (*compile.Framework, error) {
	source, found := trustframeworks.ReadSource(d.Source)
	if len(found) > 0 {
		return nil, &Findings{found}
	}
	doc, found := trustframeworks.Parse(source.Document)
	if len(found) > 0 {
		return nil, &Findings{trustframeworks.SortFindings(append(found, compile.CheckRego(source.Rego)...))}
	}
	compiled, found := compile.CompileWith(doc, source.Rego)
	if found = append(found, d.misplaced(doc)...); len(found) > 0 {
		return nil, &Findings{trustframeworks.SortFindings(found)}
	}
	return compiled, nil
}

// misplaced finds that a document is published under another's path.
func (d Draft) misplaced(doc *trustframeworks.Document) (found []trustframeworks.Finding) {
	if d.Name != "" && d.Name != doc.Name {
		found = append(found, doc.Finding("/name", codePath, "the document's name is not the path's, %q", d.Name))
	}
	if d.Version != "" && d.Version != doc.Version {
		found = append(found, doc.Finding("/version", codePath, "the document's version is not the path's, %q", d.Version))
	}
	return found
}

// compileSource compiles what is published.
func compileSource(raw []byte) (*compile.Framework, error) { return Draft{Source: raw}.compile() }

func outlineOf(source []byte, c *compile.Framework) Outline {
	o := Outline{SourceDigest: SourceDigest(source), ContextURL: c.Document.Context(), Context: c.Context, Variants: verifier.VariantsOf(c.Document)}
	for _, p := range c.Document.Permissions {
		o.Permissions = append(o.Permissions, facts.Name(p.Name))
	}
	return o
}
