package verifier

import (
	"context"
	"slices"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier/proof"
)

// A Release is one published version, as far as every request looks at it. What
// decides by it can be much larger, and is there when it is first asked for. A
// Release is not changed, and may be used concurrently.
type Release struct {
	Name, Version string
	URI           string
	ContextURL    string           // where its JSON-LD context is found
	Context       []byte           // that context, as it was when the version was published
	Permissions   map[string]bool  // names as [facts.Name] gives them
	Variants      []ReleaseVariant // in the document's order
	Listed        []proof.Listed   // contexts that credentials may have beside its own
	Withdrawal    *Withdrawal      // nil: in force

	// Open returns what decides: of two calls not always the same. An error
	// means that nothing can be decided now.
	Open func(ctx context.Context) (*Framework, error)
}

// A Withdrawal says that a release is in force no longer (semantics 2.2).
type Withdrawal struct {
	From      time.Time // inclusive
	Successor string    // a higher version of the name, canonical; empty: none
}

// withdrawn reports whether the release is in force no longer.
func (r *Release) withdrawn(now time.Time) bool {
	return r.Withdrawal != nil && !now.Before(r.Withdrawal.From)
}

// A ReleaseVariant is one variant of a release, and how its credentials write
// their type: Proxy.G/Name/1.0.0/Variant, and as an absolute IRI.
type ReleaseVariant struct {
	Name string `json:"name"`
	Type string `json:"type"`
	IRI  string `json:"iri"`

	// Attributes are the members that its proxied may have, sorted; nil where
	// they were not kept when the version was published.
	Attributes []string `json:"attributes"`

	// Required are the members that its schemas require, each as a path that begins
	// with holder or proxied; nil where they were not kept.
	Required [][]string `json:"required"`
}

// VariantsOf are the variants of a document.
func VariantsOf(d *trustframeworks.Document) []ReleaseVariant {
	list := make([]ReleaseVariant, len(d.Variants))
	for i := range d.Variants {
		v := &d.Variants[i]
		attributes := append([]string{}, v.Proxied.Members()...)
		list[i] = ReleaseVariant{Name: v.Name, Type: compile.TypeOf(d, v), IRI: compile.TypeIRI(d, v), Attributes: attributes}
		list[i].Required = append(v.Holder.Required("holder"), v.Proxied.Required("proxied")...)
	}
	return list
}

// HasVariant reports whether the framework has a variant of that name.
func (r *Release) HasVariant(name string) bool {
	return slices.ContainsFunc(r.Variants, func(v ReleaseVariant) bool { return v.Name == name })
}

// discloses reports whether a credential of the variant, or where it is empty of
// any, may have an attribute of its proxied.
func (r *Release) discloses(variant, attribute string) bool {
	return slices.ContainsFunc(r.Variants, func(v ReleaseVariant) bool {
		return (variant == "" || v.Name == variant) && (v.Attributes == nil || slices.Contains(v.Attributes, attribute))
	})
}

// required are the members that the schemas of a variant require, by path.
func (r *Release) required(variant string) [][]string {
	i := slices.IndexFunc(r.Variants, func(v ReleaseVariant) bool { return v.Name == variant })
	if i < 0 {
		return nil
	}
	return r.Variants[i].Required
}

// Release returns the release of a framework that is at hand.
func (f *Framework) Release() *Release {
	d := f.Document
	r := &Release{
		Name: d.Name, Version: d.Version, URI: d.URI, ContextURL: d.Context(), Context: f.Context,
		Permissions: map[string]bool{}, Variants: VariantsOf(d), Listed: ListedIn(d.Contexts),
		Open: func(context.Context) (*Framework, error) { return f, nil },
	}
	for _, p := range d.Permissions {
		r.Permissions[facts.Name(p.Name)] = true
	}
	return r
}

// defines reports whether the framework defines a permission.
func (r *Release) defines(permission string) bool { return r.Permissions[facts.Name(permission)] }

// terms are what the framework's JSON-LD context defines for a variant.
func (r *Release) terms(variant string) proof.Terms {
	return proof.Terms{URI: r.URI, ContextURI: r.ContextURL, Variant: variant, Listed: r.Listed}
}

// supportingTerms are what supporting credentials can stand under; nil: a release
// that lists nothing.
func (r *Release) supportingTerms() proof.Terms {
	if r == nil {
		return proof.Terms{}
	}
	return proof.Terms{Listed: r.Listed}
}
