package server

import (
	"context"
	"fmt"
	"time"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

// A Draft is a document to publish.
type Draft struct {
	Tenant string // whose it is to be
	Owner  string // id of the client that publishes
	Public bool
	Source []byte // JSON or YAML
}

// codeTest is the code of a finding that one of the document's own tests did
// not go as it expects.
const codeTest = "test.failed"

// prove builds a draft and runs its own tests (semantics 2.1: "publishing runs
// them").
func prove(ctx context.Context, d Draft) (*entry, error) {
	e, err := build(ctx, d)
	if err != nil {
		return nil, err
	}
	results, err := verifier.TestFramework(ctx, e.Framework)
	if err != nil {
		return nil, fmt.Errorf("framework %q: %w", e.Name, err)
	}
	var found []trustframeworks.Finding
	for i, r := range results {
		if r.Failure != "" {
			found = append(found, e.Document.Finding(fmt.Sprintf("/tests/%d", i), codeTest, "%s: %s", r.Name, r.Failure))
		}
	}
	if len(found) > 0 {
		return nil, &Findings{trustframeworks.SortFindings(found)}
	}
	return e, nil
}

// build compiles a draft and makes its engine.
func build(ctx context.Context, d Draft) (*entry, error) {
	doc, found := trustframeworks.Parse(d.Source)
	if len(found) > 0 {
		return nil, &Findings{found}
	}
	compiled, found := compile.Compile(doc)
	if len(found) > 0 {
		return nil, &Findings{found}
	}
	f, err := verifier.NewFramework(ctx, compiled)
	if err != nil {
		return nil, fmt.Errorf("framework %q: %w", doc.Name, err)
	}
	return &entry{Framework: f, Published: Published{
		Tenant: d.Tenant, Name: doc.Name, Folded: trustframeworks.FoldName(doc.Name), Version: doc.Version, URI: doc.URI,
		Digest: compiled.Digest, MediaType: mediaOf(d.Source), Source: d.Source,
		Owner: d.Owner, Public: d.Public, PublishedAt: time.Now().UTC(),
	}}, nil
}
