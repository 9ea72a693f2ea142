package verifier

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier/proof"
)

// A Framework is one published version, compiled and ready to decide.
type Framework struct {
	*compile.Framework
	Engine *policies.Engine
}

// NewFramework compiles nothing anew: it makes the engine of what was compiled.
func NewFramework(ctx context.Context, c *compile.Framework) (*Framework, error) {
	e, err := policies.NewEngine(ctx, c.Policy)
	if err != nil {
		return nil, fmt.Errorf("engine of %s %s: %w", c.Document.Name, c.Document.Version, err)
	}
	return &Framework{Framework: c, Engine: e}, nil
}

// A Library is the frameworks of one tenant. It never changes; a decision
// keeps the one that it began with.
type Library struct {
	names    map[string][]*Framework // folded name → versions, highest first
	contexts map[string][]byte       // URL → JSON-LD context
}

// NewLibrary holds the frameworks given. Two of one name and version are an error.
func NewLibrary(frameworks ...*Framework) (*Library, error) {
	l := &Library{names: map[string][]*Framework{}, contexts: map[string][]byte{}}
	for _, f := range frameworks {
		key := trustframeworks.FoldName(f.Document.Name)
		for _, other := range l.names[key] {
			if other.Document.Version == f.Document.Version {
				return nil, fmt.Errorf("framework %s %s stands twice", f.Document.Name, f.Document.Version)
			}
		}
		l.names[key] = append(l.names[key], f)
		if _, taken := l.contexts[f.Document.Context()]; !taken { // nobody's context replaces another's
			l.contexts[f.Document.Context()] = f.Context
		}
	}
	for _, versions := range l.names {
		sort.Slice(versions, func(i, j int) bool {
			return trustframeworks.CompareVersions(versions[i].Document.Version, versions[j].Document.Version) > 0
		})
	}
	return l, nil
}

// All returns every framework, by name and then highest version first.
func (l *Library) All() []*Framework {
	var all []*Framework
	for _, name := range slices.Sorted(maps.Keys(l.names)) {
		all = append(all, l.names[name]...)
	}
	return all
}

// Named returns exactly this version, or nil.
func (l *Library) Named(name, version string) *Framework {
	for _, f := range l.names[trustframeworks.FoldName(name)] {
		if f.Document.Name == name && f.Document.Version == version {
			return f
		}
	}
	return nil
}

// Accepted returns the versions that a request accepts, highest first.
func (l *Library) Accepted(want facts.FrameworkName) []*Framework {
	var out []*Framework
	for _, f := range l.names[trustframeworks.FoldName(want.Name)] {
		if f.Document.Name == want.Name && accepts(want, f.Document.Version) {
			out = append(out, f)
		}
	}
	return out
}

// Context returns a published JSON-LD context.
func (l *Library) Context(url string) ([]byte, bool) {
	raw, ok := l.contexts[url]
	return raw, ok
}

func accepts(want facts.FrameworkName, version string) bool {
	switch {
	case want.Version != "":
		return want.Version == version
	case want.Range != "":
		return trustframeworks.Match(want.Range, version)
	}
	return true
}

// defines reports whether the framework defines a permission.
func (f *Framework) defines(permission string) bool {
	name := facts.Name(permission)
	return slices.ContainsFunc(f.Document.Permissions, func(p trustframeworks.Permission) bool { return facts.Name(p.Name) == name })
}

// terms are what the framework's JSON-LD context defines for a variant.
func (f *Framework) terms(variant string) proof.Terms {
	return proof.Terms{URI: f.Document.URI, ContextURI: f.Document.Context(), Variant: variant}
}
