package verifier

import (
	"context"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier/proof"
)

// A Release is one published version, as far as every request looks at it. What
// decides by it can be much larger, and is there when it is first asked for. A
// Release is not changed, and may be used concurrently.
type Release struct {
	Name, Version string
	URI           string
	ContextURL    string          // where its JSON-LD context is found
	Context       []byte          // that context, as it was when the version was published
	Permissions   map[string]bool // names as [facts.Name] gives them
	Variants      map[string]bool

	// Open returns what decides: of two calls not always the same. An error
	// means that nothing can be decided now.
	Open func(ctx context.Context) (*Framework, error)
}

// Release returns the release of a framework that is at hand.
func (f *Framework) Release() *Release {
	d := f.Document
	r := &Release{
		Name: d.Name, Version: d.Version, URI: d.URI, ContextURL: d.Context(), Context: f.Context,
		Permissions: map[string]bool{}, Variants: map[string]bool{},
		Open: func(context.Context) (*Framework, error) { return f, nil },
	}
	for _, p := range d.Permissions {
		r.Permissions[facts.Name(p.Name)] = true
	}
	for _, v := range d.Variants {
		r.Variants[v.Name] = true
	}
	return r
}

// defines reports whether the framework defines a permission.
func (r *Release) defines(permission string) bool { return r.Permissions[facts.Name(permission)] }

// terms are what the framework's JSON-LD context defines for a variant.
func (r *Release) terms(variant string) proof.Terms {
	return proof.Terms{URI: r.URI, ContextURI: r.ContextURL, Variant: variant}
}
