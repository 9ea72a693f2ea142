package server

import (
	"bytes"
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

// A Catalogue holds the published frameworks, compiled, and gives them to the
// verifier. It is safe for concurrent use: who reads keeps what there was.
type Catalogue struct {
	Store    Frameworks         // required
	Verifier *verifier.Verifier // required
	Log      *slog.Logger       // nil: discard
	Now      func() time.Time   // nil: time.Now

	mu      sync.Mutex // held by who changes
	seen    int        // how many versions the store held when the shelves were filled
	shelves atomic.Pointer[map[string][]*entry]
}

// An entry is one published version and what it compiled to.
type entry struct {
	Published
	*verifier.Framework
}

// Publish compiles and stores documents, runs their own tests, and takes them
// up. It returns how many were not published already with the same content.
// What is wrong with a document is a *[Findings], and then none is stored.
func (k *Catalogue) Publish(ctx context.Context, drafts ...Draft) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ready() != nil {
		if err := k.load(ctx, nil); err != nil {
			return 0, err
		}
	}
	drafts = slices.DeleteFunc(slices.Clone(drafts), k.holds)
	built, errs := make([]*entry, len(drafts)), make([]error, len(drafts))
	each(len(drafts), func(i int) { built[i], errs[i] = prove(ctx, drafts[i]) })
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	if err := k.contexts(built); err != nil {
		return 0, err
	}
	fresh := 0
	for _, e := range built {
		if k.Now != nil {
			e.PublishedAt = k.Now().UTC()
		}
		added, err := k.Store.Publish(ctx, &e.Published)
		if err != nil {
			return fresh, err
		}
		if added {
			fresh++
		}
	}
	return fresh, k.load(ctx, built)
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
	return slices.ContainsFunc(k.of(d.Tenant), func(e *entry) bool {
		return e.Owner == d.Owner && bytes.Equal(e.Source, d.Source)
	})
}

// contexts refuses a document whose JSON-LD context has the address of another
// one: credentials under one of the two could not be read.
func (k *Catalogue) contexts(built []*entry) error {
	for i, e := range built {
		clash := func(other *entry) bool {
			return other.Tenant == e.Tenant && other.Document.Context() == e.Document.Context() && !bytes.Equal(other.Context, e.Context)
		}
		if slices.ContainsFunc(k.of(e.Tenant), clash) || slices.ContainsFunc(built[:i], clash) {
			return fmt.Errorf("framework %q %s, context %s: %w", e.Name, e.Version, e.Document.Context(), ErrFrameworkURI)
		}
	}
	return nil
}

// Load takes up what was published, by this process or another.
func (k *Catalogue) Load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.load(ctx, nil)
}

// load brings the shelves to what the store holds. What stands there already,
// or is at hand, is not compiled again.
func (k *Catalogue) load(ctx context.Context, atHand []*entry) error {
	all, err := k.Store.AllPublished(ctx)
	if err != nil {
		return err
	}
	if k.shelves.Load() != nil && len(all) == k.seen {
		return nil // versions never change and never go
	}
	entries := make([]*entry, len(all))
	each(len(all), func(i int) { entries[i] = k.shelve(ctx, all[i], atHand) })
	shelves := map[string][]*entry{}
	for _, e := range entries {
		if e != nil {
			shelves[e.Tenant] = append(shelves[e.Tenant], e)
		}
	}
	if err := k.swap(shelves); err != nil {
		return err
	}
	k.seen = len(all)
	return nil
}

// shelve finds or makes the entry of p; nil where it does not compile. The
// others must go on then: it may be of a later version of the program.
func (k *Catalogue) shelve(ctx context.Context, p Published, atHand []*entry) *entry {
	if e := k.find(p.Tenant, p.Name, p.Version); e != nil {
		return e
	}
	for _, e := range atHand {
		if e.Tenant == p.Tenant && bytes.Equal(e.Source, p.Source) {
			return &entry{p, e.Framework}
		}
	}
	e, err := build(ctx, Draft{Tenant: p.Tenant, Owner: p.Owner, Public: p.Public, Source: p.Source})
	if err != nil {
		k.log().ErrorContext(ctx, "a published framework does not compile", "name", p.Name, "version", p.Version, "error", err)
		return nil
	}
	return &entry{p, e.Framework}
}

// swap puts the shelves in place, and the verifier's frameworks with them.
func (k *Catalogue) swap(shelves map[string][]*entry) error {
	libraries := map[string]*verifier.Library{}
	for tenant, entries := range shelves {
		frameworks := make([]*verifier.Framework, len(entries))
		for i, e := range entries {
			frameworks[i] = e.Framework
		}
		l, err := verifier.NewLibrary(frameworks...)
		if err != nil {
			return err
		}
		libraries[tenant] = l
		slices.SortStableFunc(entries, func(a, b *entry) int {
			if a.Folded != b.Folded {
				return bytes.Compare([]byte(a.Folded), []byte(b.Folded))
			}
			return trustframeworks.CompareVersions(b.Version, a.Version)
		})
	}
	k.shelves.Store(&shelves)
	k.Verifier.Publish(libraries)
	return nil
}

// of returns a tenant's entries, by name, the highest version first.
func (k *Catalogue) of(tenant string) []*entry {
	if shelves := k.shelves.Load(); shelves != nil {
		return (*shelves)[tenant]
	}
	return nil
}

func (k *Catalogue) find(tenant, name, version string) *entry {
	for _, e := range k.of(tenant) {
		if e.Name == name && e.Version == version {
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
