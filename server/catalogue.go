package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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

	PublishTime time.Duration // for compiling a draft and running its tests; 0: 30 s

	mu       sync.Mutex       // held by who changes; never while something compiles
	seen     int64            // the store's revision when the shelves were filled
	entries  map[int64]*entry // by their order of publication
	shelves  atomic.Pointer[map[string][]*entry]
	turning  atomic.Pointer[chan struct{}] // closed when other shelves are there
	engines  verifier.Engines
	read     verifier.Engines // what is read of them, without engines
	deciding turns            // who compile to decide
	reading  turns            // who compile to read: anyone may
	proving  turns            // who compile to publish
}

// An entry is one published version.
type entry struct {
	Published // without Source
	release   *verifier.Release
	tags      *tags
}

// Publish compiles and stores documents, runs their own tests, and takes them
// up. It returns how many were not published already with the same content.
// What is wrong with a document is a *[Findings], and then none is stored.
func (k *Catalogue) Publish(ctx context.Context, drafts ...Draft) (int, error) {
	built, err := k.prove(ctx, drafts)
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.admissible(built); err != nil {
		return 0, err
	}
	fresh := 0
	for _, p := range built {
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

// Check does what Publish does, but for storing anything. It returns what would
// be published, or is.
func (k *Catalogue) Check(ctx context.Context, d Draft) (*Published, error) {
	built, err := k.prove(ctx, []Draft{d})
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(built) == 0 {
		return &k.find(d.Tenant, d.Name, d.Version).Published, nil
	}
	return built[0], k.admissible(built)
}

// prove proves those drafts that are not published already. It holds nothing:
// whoever decides, reads or takes up what others published goes on meanwhile.
func (k *Catalogue) prove(ctx context.Context, drafts []Draft) ([]*Published, error) {
	if err := k.Load(ctx); err != nil {
		return nil, err
	}
	drafts = slices.Clone(drafts)
	for i, d := range drafts {
		if err := k.claimable(d); err != nil {
			return nil, err
		}
		var err error
		if drafts[i].Source, err = canonical(d.Source); err != nil {
			return nil, err
		}
	}
	drafts = slices.DeleteFunc(drafts, k.holds)
	built, errs := make([]*Published, len(drafts)), make([]error, len(drafts))
	each(len(drafts), func(i int) { built[i], errs[i] = prove(ctx, drafts[i]) })
	for _, p := range built {
		if p != nil {
			p.PublishedAt = k.now()
		}
	}
	return built, errors.Join(errs...)
}

// claimable refuses early what the store would: a name that is another's.
func (k *Catalogue) claimable(d Draft) error {
	folded := trustframeworks.FoldName(d.Name)
	if slices.ContainsFunc(k.of(d.Tenant), func(e *entry) bool {
		return e.Tenant == d.Tenant && e.Folded == folded && e.Owner != d.Owner
	}) {
		return fmt.Errorf("framework %q: %w", d.Name, ErrFrameworkOwner)
	}
	return nil
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
		return e.Tenant == d.Tenant && e.Owner == d.Owner && e.Outline.SourceDigest == digest &&
			(d.Name == "" || d.Name == e.Name && d.Version == e.Version)
	})
}

// admissible refuses what cannot stand beside what is published, as far as this
// process has heard; the store has the last word. Of two documents whose JSON-LD
// contexts have one address credentials under one could not be read.
func (k *Catalogue) admissible(built []*Published) error {
	for i, p := range built {
		others := slices.Clone(built[:i])
		for _, e := range k.of(p.Tenant) {
			others = append(others, &e.Published)
		}
		for _, o := range others {
			if err := p.Clash(o); err != nil {
				return err
			}
			if o.Tenant == p.Tenant && o.Outline.ContextURL == p.Outline.ContextURL && !bytes.Equal(o.Outline.Context, p.Outline.Context) {
				return fmt.Errorf("framework %q %s, context %s: %w", p.Name, p.Version, p.Outline.ContextURL, ErrFrameworkURI)
			}
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
	begun := k.now()
	revision, err := k.Store.FrameworkRevision(ctx)
	if err != nil {
		return err
	}
	if k.shelves.Load() != nil && revision == k.seen {
		k.hear(begun)
		return nil
	}
	changed, err := k.Store.PublishedSince(ctx, k.seen)
	if err != nil {
		return err
	}
	made := make([]*entry, len(changed))
	each(len(changed), func(i int) { made[i] = k.shelve(ctx, changed[i]) })
	entries := maps.Clone(k.entries)
	if entries == nil {
		entries = map[int64]*entry{}
	}
	for _, e := range made {
		if e != nil {
			entries[e.Seq] = e
		}
	}
	if err := k.fill(entries); err != nil {
		return err
	}
	k.entries, k.seen = entries, revision
	k.hear(begun)
	return nil
}

// hear says that the shelves held all that there was at an instant. Calls that load
// take turns: an instant is never before the last but where the clock was put back.
func (k *Catalogue) hear(at time.Time) { k.Verifier.Hear(at) }

// fill puts entries onto shelves, in the order of publication.
func (k *Catalogue) fill(entries map[int64]*entry) error {
	shelves := map[string][]*entry{}
	for _, seq := range slices.Sorted(maps.Keys(entries)) {
		e := entries[seq]
		shelves[e.Tenant] = append(shelves[e.Tenant], e)
	}
	share(shelves)
	return k.swap(shelves)
}

// shelve finds or makes the entry of p; nil where it has no outline and none
// can be made. The others must go on then: it may be of a later version of the
// program.
func (k *Catalogue) shelve(ctx context.Context, p Published) *entry {
	was := k.entries[p.Seq]
	if was != nil && was.Revision == p.Revision {
		return was
	}
	if was != nil {
		p.Outline = was.Outline
	}
	if p.Outline.SourceDigest == "" {
		if err := k.outline(ctx, &p); err != nil {
			k.log().ErrorContext(ctx, "a published framework does not compile", "name", p.Name, "version", p.Version, "error", err)
			return nil
		}
	}
	return k.entry(p, was)
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
			return cmp.Or(cmp.Compare(a.Folded, b.Folded), cmp.Compare(a.Name, b.Name), trustframeworks.CompareVersions(b.Version, a.Version))
		})
	}
	k.shelves.Store(&shelves)
	k.Verifier.Publish(libraries)
	next := make(chan struct{})
	if was := k.turning.Swap(&next); was != nil {
		close(*was)
	}
	return nil
}

// turn is closed when other shelves are there than those that are read after it
// was taken; nil where there are none yet.
func (k *Catalogue) turn() <-chan struct{} {
	if c := k.turning.Load(); c != nil {
		return *c
	}
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

func (k *Catalogue) now() time.Time {
	if k.Now == nil {
		return time.Now().UTC()
	}
	return k.Now().UTC()
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
