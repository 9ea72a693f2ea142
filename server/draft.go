package server

import (
	"context"
	"fmt"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/analyze"
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

	// Told gets the advice about a draft that is accepted and was not published
	// before; nil: nobody is told.
	Told func([]trustframeworks.Finding)
}

// prove compiles a draft, lints it and runs its own tests (semantics 2.1:
// "publishing runs them"). What is found is told at once, advice beside errors.
func prove(ctx context.Context, d Draft) (*Published, error) {
	source, found := trustframeworks.ReadSource(d.Source)
	if len(found) > 0 {
		return nil, &Findings{analyze.Advised(found)}
	}
	doc, compiled, found := analyze.Compile(source)
	found = append(found, d.misplaced(doc)...)
	if compiled == nil {
		return nil, &Findings{analyze.Advised(found)}
	}
	f, err := verifier.NewFramework(ctx, compiled)
	if err != nil {
		return nil, fmt.Errorf("framework %q: %w", doc.Name, err)
	}
	results, err := verifier.TestFramework(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("framework %q: %w", doc.Name, err)
	}
	if found = append(found, failures(doc, results)...); len(trustframeworks.Errors(found)) > 0 {
		return nil, &Findings{analyze.Advised(found)}
	}
	if d.Told != nil {
		d.Told(found)
	}
	return &Published{
		Tenant: d.Tenant, Name: doc.Name, Folded: trustframeworks.FoldName(doc.Name), Version: doc.Version, URI: doc.URI,
		Digest: compiled.Digest, MediaType: mediaOf(d.Source), Source: d.Source,
		Owner: d.Owner, Public: d.Public, Outline: outlineOf(d.Source, compiled),
	}, nil
}

func failures(doc *trustframeworks.Document, results []verifier.TestResult) (found []trustframeworks.Finding) {
	for i, r := range results {
		if r.Failure != "" {
			found = append(found, doc.Finding(fmt.Sprintf("/tests/%d", i), analyze.CodeTest, "%s: %s", r.Name, r.Failure))
		}
	}
	return found
}

// canonical is a source as it is kept: the same files, archived at another time
// or by another program, give the same.
func canonical(raw []byte) ([]byte, error) {
	source, found := trustframeworks.ReadSource(raw)
	if len(found) > 0 {
		return nil, &Findings{analyze.Advised(found)}
	}
	return source.Bytes()
}

// misplaced finds that a document is published under another's path. One that
// cannot be read has no place.
func (d Draft) misplaced(doc *trustframeworks.Document) (found []trustframeworks.Finding) {
	if doc == nil {
		return nil
	}
	if d.Name != "" && d.Name != doc.Name {
		found = append(found, doc.Finding("/name", analyze.CodePath, "the document's name is not the path's, %q", d.Name))
	}
	if d.Version != "" && d.Version != doc.Version {
		found = append(found, doc.Finding("/version", analyze.CodePath, "the document's version is not the path's, %q", d.Version))
	}
	return found
}

// compileSource compiles what is published: it is not linted again, so that what
// a later version of the program finds refuses nothing that is in force.
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
	o := Outline{SourceDigest: SourceDigest(source), ContextURL: c.Document.Context(), Context: c.Context, Variants: verifier.VariantsOf(c.Document), Listed: c.Document.Contexts}
	for _, p := range c.Document.Permissions {
		o.Permissions = append(o.Permissions, facts.Name(p.Name))
	}
	return o
}
