package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
)

// A Catalogue holds the published frameworks and gives them to the verifier: an
// outline of each, and the engines of those that were asked for last. It is safe
// for concurrent use: who reads keeps what there was.
type Catalogue struct {
	Store    Frameworks         // required
	Verifier *verifier.Verifier // required
	Log      *slog.Logger       // nil: discard
	Now      func() time.Time   // nil: time.Now

	mu       sync.Mutex // held by who changes
	seen     int        // how many versions the store held when the shelves were filled
	shelves  atomic.Pointer[map[string][]*entry]
	engines  verifier.Engines
	deciding turns // who compile to decide
	reading  turns // who compile to read: anyone may
}

// An entry is one published version.
type entry struct {
	Published // without Source
	release   *verifier.Release
}

// Publish compiles and stores documents, runs their own tests, and takes them
// up. It returns how many were not published already with the same content.
// What is wrong with a document is a *[Findings], and then none is stored.
func (k *Catalogue) Publish(ctx context.Context, drafts ...Draft) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ready() != nil {
		if err := k.load(ctx); err != nil {
			return 0, err
		}
	}
	drafts = slices.Clone(drafts)
	for i, d := range drafts {
		var err error
		if drafts[i].Source, err = canonical(d.Source); err != nil {
			return 0, err
		}
	}
	drafts = slices.DeleteFunc(drafts, k.holds)
	built, errs := make([]*Published, len(drafts)), make([]error, len(drafts))
	each(len(drafts), func(i int) { built[i], errs[i] = prove(ctx, drafts[i]) })
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	if err := k.contexts(built); err != nil {
		return 0, err
	}
	fresh := 0
	for _, p := range built {
		if k.Now != nil {
			p.PublishedAt = k.Now().UTC()
		}
		added, err := k.Store.Publish(ctx, p)
		if err != nil {
			return fresh, err
		}
		if added {
			fresh++
		}
	}
	return fresh, k.load(ctx)
}

// each does n things, as many at once as there are processors.
func each(n int, do func(int)) {
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i := range n {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			do(i)
		})
	}
	wg.Wait()
}

// holds reports whether the owner published this content already.
func (k *Catalogue) holds(d Draft) bool {
	digest := SourceDigest(d.Source)
	return slices.ContainsFunc(k.of(d.Tenant), func(e *entry) bool {
		return e.Owner == d.Owner && e.Outline.SourceDigest == digest
	})
}

// contexts refuses a document whose JSON-LD context has the address of another
// one: credentials under one of the two could not be read.
func (k *Catalogue) contexts(built []*Published) error {
	for i, p := range built {
		clash := func(o *Outline) bool {
			return o.ContextURL == p.Outline.ContextURL && !bytes.Equal(o.Context, p.Outline.Context)
		}
		if slices.ContainsFunc(k.of(p.Tenant), func(e *entry) bool { return e.Tenant == p.Tenant && clash(&e.Outline) }) ||
			slices.ContainsFunc(built[:i], func(other *Published) bool { return other.Tenant == p.Tenant && clash(&other.Outline) }) {
			return fmt.Errorf("framework %q %s, context %s: %w", p.Name, p.Version, p.Outline.ContextURL, ErrFrameworkURI)
		}
	}
	return nil
}

// Load takes up what was published, by this process or another.
func (k *Catalogue) Load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.load(ctx)
}

// load brings the shelves to what the store holds.
func (k *Catalogue) load(ctx context.Context) error {
	n, err := k.Store.CountPublished(ctx)
	if err != nil {
		return err
	}
	if k.shelves.Load() != nil && n == k.seen {
		return nil // versions never change and never go
	}
	all, err := k.Store.AllPublished(ctx)
	if err != nil {
		return err
	}
	entries := make([]*entry, len(all))
	each(len(all), func(i int) { entries[i] = k.shelve(ctx, all[i]) })
	shelves := map[string][]*entry{}
	for _, e := range entries {
		if e != nil {
			shelves[e.Tenant] = append(shelves[e.Tenant], e)
		}
	}
	share(shelves)
	if err := k.swap(shelves); err != nil {
		return err
	}
	k.seen = len(all)
	return nil
}

// shelve finds or makes the entry of p; nil where it has no outline and none
// can be made. The others must go on then: it may be of a later version of the
// program.
func (k *Catalogue) shelve(ctx context.Context, p Published) *entry {
	if e := k.find(p.Tenant, p.Name, p.Version); e != nil {
		return e
	}
	if p.Outline.SourceDigest == "" {
		if err := k.outline(ctx, &p); err != nil {
			k.log().ErrorContext(ctx, "a published framework does not compile", "name", p.Name, "version", p.Version, "error", err)
			return nil
		}
	}
	return k.entry(p)
}

// swap puts the shelves in place, and the verifier's frameworks with them.
func (k *Catalogue) swap(shelves map[string][]*entry) error {
	libraries := map[string]*verifier.Library{}
	for tenant, entries := range shelves {
		releases := make([]*verifier.Release, len(entries))
		for i, e := range entries {
			releases[i] = e.release
		}
		l, err := verifier.NewLibrary(releases...)
		if err != nil {
			return err
		}
		libraries[tenant] = l
		slices.SortStableFunc(entries, func(a, b *entry) int {
			return cmp.Or(cmp.Compare(a.Folded, b.Folded), trustframeworks.CompareVersions(b.Version, a.Version))
		})
	}
	k.shelves.Store(&shelves)
	k.Verifier.Publish(libraries)
	return nil
}

// share puts the public frameworks of the built-in client, which are the
// operator's, onto the shelf of every tenant. What others publish is for their
// own tenant to decide by. A name, uri or context that a tenant has itself is
// its own, in all versions.
func share(shelves map[string][]*entry) {
	var shared []*entry
	for _, e := range shelves[DefaultTenant] {
		if e.Public && e.Owner == BuiltIn {
			shared = append(shared, e)
		}
	}
	for tenant, own := range shelves {
		if tenant == DefaultTenant {
			continue
		}
		for _, e := range shared {
			if !slices.ContainsFunc(own, func(o *entry) bool {
				return o.Folded == e.Folded || o.URI == e.URI || o.Outline.ContextURL == e.Outline.ContextURL
			}) {
				shelves[tenant] = append(shelves[tenant], e)
			}
		}
	}
	shelves[verifier.Everyone] = shared
}

// of returns what a tenant reads and decides by: its own entries and those that
// all tenants share, by name, the highest version first.
func (k *Catalogue) of(tenant string) []*entry {
	shelves := k.shelves.Load()
	if shelves == nil || tenant == "" {
		return nil
	}
	if entries, ok := (*shelves)[tenant]; ok {
		return entries
	}
	return (*shelves)[verifier.Everyone]
}

// find finds a tenant's own entry.
func (k *Catalogue) find(tenant, name, version string) *entry {
	for _, e := range k.of(tenant) {
		if e.Tenant == tenant && e.Name == name && e.Version == version {
			return e
		}
	}
	return nil
}

func (k *Catalogue) log() *slog.Logger {
	if k.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return k.Log
}

// errNoFrameworks: nothing was loaded yet.
var errNoFrameworks = errors.New("no frameworks were loaded")

// ready reports whether the frameworks are there to decide by.
func (k *Catalogue) ready() error {
	if k.shelves.Load() == nil {
		return errNoFrameworks
	}
	return nil
}
