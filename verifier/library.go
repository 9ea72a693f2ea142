package verifier

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
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

// Brief returns a Framework that decides as f does and holds no more than that
// takes: it has no files and no tests.
func (f *Framework) Brief() *Framework {
	return &Framework{Framework: f.Framework.Brief(), Engine: f.Engine}
}

// A Library is the frameworks of one tenant. It never changes; a decision
// keeps the one that it began with.
type Library struct {
	names    map[string][]*Release // folded name → versions, highest first
	contexts map[string][]byte     // URL → JSON-LD context
	listed   map[string][]byte     // URL → JSON-LD context that releases list; nil: they do not agree
}

// NewLibrary holds the releases given. Two of one name and version are an error.
func NewLibrary(releases ...*Release) (*Library, error) {
	l := &Library{names: map[string][]*Release{}, contexts: map[string][]byte{}, listed: map[string][]byte{}}
	for _, r := range releases {
		key := trustframeworks.FoldName(r.Name)
		for _, other := range l.names[key] {
			if other.Version == r.Version {
				return nil, fmt.Errorf("framework %s %s stands twice", r.Name, r.Version)
			}
		}
		l.names[key] = append(l.names[key], r)
		if _, taken := l.contexts[r.ContextURL]; !taken { // nobody's context replaces another's
			l.contexts[r.ContextURL] = r.Context
		}
		l.list(r)
	}
	for _, versions := range l.names {
		sort.Slice(versions, func(i, j int) bool {
			return trustframeworks.CompareVersions(versions[i].Version, versions[j].Version) > 0
		})
	}
	return l, nil
}

// All returns every release, by name and then highest version first.
func (l *Library) All() []*Release {
	var all []*Release
	for _, name := range slices.Sorted(maps.Keys(l.names)) {
		all = append(all, l.names[name]...)
	}
	return all
}

// Named returns exactly this version, or nil.
func (l *Library) Named(name, version string) *Release {
	for _, r := range l.names[trustframeworks.FoldName(name)] {
		if r.Name == name && r.Version == version {
			return r
		}
	}
	return nil
}

// Accepted returns the versions in force that a request accepts, highest first.
func (l *Library) Accepted(want facts.FrameworkName, now time.Time) []*Release {
	return slices.DeleteFunc(l.asked(want), func(r *Release) bool { return r.withdrawn(now) })
}

// asked returns the versions, in force or not, that a request names.
func (l *Library) asked(want facts.FrameworkName) []*Release {
	var out []*Release
	for _, r := range l.names[trustframeworks.FoldName(want.Name)] {
		if r.Name == want.Name && accepts(want, r.Version) {
			out = append(out, r)
		}
	}
	return out
}

// effective returns the version under which credentials of r are decided: itself,
// or the first along its successors that is in force; nil if there is none. Each
// successor is a higher version: there is an end.
func (l *Library) effective(r *Release, now time.Time) *Release {
	for r != nil && r.withdrawn(now) {
		next := l.Named(r.Name, r.Withdrawal.Successor)
		if next != nil && trustframeworks.CompareVersions(next.Version, r.Version) <= 0 {
			return nil
		}
		r = next
	}
	return r
}

// withdrawals are those of a name's versions, in effect or still to come.
func (l *Library) withdrawals(name string) (out []facts.Withdrawal) {
	for _, r := range l.names[trustframeworks.FoldName(name)] {
		if r.Name == name && r.Withdrawal != nil {
			out = append(out, facts.Withdrawal{Version: r.Version, URI: r.URI, From: stamp(r.Withdrawal.From), Successor: r.Withdrawal.Successor})
		}
	}
	return out
}

// Context returns a published JSON-LD context, or one that published frameworks
// list, where they agree on it.
func (l *Library) Context(url string) ([]byte, bool) {
	if raw, ok := l.contexts[url]; ok {
		return raw, true
	}
	raw := l.listed[url]
	return raw, raw != nil
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
