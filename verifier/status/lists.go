package status

import (
	"cmp"
	"container/list"
	"context"
	"math"
	"net/url"
	"sync"
	"time"

	"github.com/procura-dev/procura/verifier/fetch"
)

// Lists fetches status lists and keeps them. It is safe for concurrent use.
//
// A list is asked for again when it has lived as long as its ttl says, or else
// its HTTP headers, and ahead of that by whoever needs it in its last quarter,
// who does not wait. However many wait for a list, it is fetched once.
type Lists struct {
	fetch  *fetch.Client
	packed map[string]*List // in the place of all else, by URL; nil: lists are fetched
	bytes  int
	now    func() time.Time

	mu      sync.Mutex
	entries map[string]*list.Element // URL → *entry
	recent  *list.List               // the last used first
	held    int                      // bytes, as entry.cost counts them
	flights map[string]*flight       // URL → the fetch under way
}

// Bounds of a cache.
const (
	maxBody     = 2 << 20
	maxLife     = 24 * time.Hour
	defaultLife = time.Minute      // where neither list nor host says
	minLife     = time.Second      // whatever they say: many ask at once
	pause       = 10 * time.Second // between two questions for what would be too old, or could not be had
	maxFailures = 4096             // URLs that are remembered without a list
)

// AnyAge is that of lists for somebody who limits no age.
const AnyAge = time.Duration(math.MaxInt64)

// DefaultBytes is what a cache holds, where nothing else is said.
const DefaultBytes = 64 << 20

// A Config is what Lists need.
type Config struct {
	Fetch *fetch.Client    // required
	Bytes int              // that are held, about; 0: DefaultBytes
	Now   func() time.Time // nil: time.Now
}

// NewLists makes a cache.
func NewLists(cfg Config) *Lists {
	l := &Lists{
		fetch: cfg.Fetch, bytes: cmp.Or(cfg.Bytes, DefaultBytes), now: cfg.Now,
		entries: map[string]*list.Element{}, recent: list.New(), flights: map[string]*flight{},
	}
	if l.now == nil {
		l.now = time.Now
	}
	return l
}

// Allows reports whether the operator allows a list's host.
func (l *Lists) Allows(list string) bool {
	if l != nil && l.packed != nil {
		return true
	}
	u, err := url.Parse(list)
	return err == nil && l != nil && l.fetch.Allows(u.Host)
}

// A flight is a fetch that several wait for. entry is set before done closes.
type flight struct {
	done  chan struct{}
	entry *entry
}

// Get returns the list at a URL, for one who takes none signed longer ago than
// maxAge. It can be older, where no newer one is to be had. An
// error is a *vc.Refusal, or ctx's.
func (l *Lists) Get(ctx context.Context, address string, maxAge time.Duration) (*List, error) {
	return l.GetSince(ctx, address, maxAge, AnyAge)
}

// GetSince is Get for one who takes none that was last asked for longer ago than
// since, however long it says that it lives: of a host that answers, and no older
// than maxAge of one that does not.
func (l *Lists) GetSince(ctx context.Context, address string, maxAge, since time.Duration) (*List, error) {
	if l == nil {
		return nil, refuse(Unreachable, "no status list is fetched here")
	}
	if err := ctx.Err(); err != nil { // nobody waits: nothing is asked
		return nil, err
	}
	if l.packed != nil {
		return l.unpacked(address)
	}
	f, known := l.board(ctx, address, maxAge, since)
	if f == nil {
		return known, nil
	}
	select {
	case <-f.done:
		return f.entry.serve(maxAge)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// board returns the list to use, or the flight to wait for: one that has landed,
// where the last fetch failed just now.
func (l *Lists) board(ctx context.Context, address string, maxAge, since time.Duration) (*flight, *List) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	have := l.get(address)
	switch {
	case have == nil:
		have = &entry{url: address}
	case now.Sub(have.asked) <= since && have.usable(maxAge, now):
		if have.ageing(maxAge, now) {
			l.launch(ctx, have)
		}
		return nil, have.list
	case have.failed != nil && now.Sub(have.since) < pause:
		return landed(have), nil
	}
	return l.launch(ctx, have), nil
}

func landed(e *entry) *flight {
	f := &flight{done: make(chan struct{}), entry: e}
	close(f.done)
	return f
}

// launch begins a fetch, unless one is under way.
func (l *Lists) launch(ctx context.Context, have *entry) *flight {
	f := l.flights[have.url]
	if f == nil {
		f = &flight{done: make(chan struct{})}
		l.flights[have.url] = f
		// Others may wait for it when this caller has gone; it ends by itself.
		go l.fly(context.WithoutCancel(ctx), f, have)
	}
	return f
}

// fly fetches, and lands what came.
func (l *Lists) fly(ctx context.Context, f *flight, have *entry) {
	next := l.survive(ctx, have)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(next)
	delete(l.flights, have.url)
	f.entry = next
	close(f.done)
}

// survive asks. Nobody above could recover from a panic over a stranger's list:
// this is no request's goroutine.
func (l *Lists) survive(ctx context.Context, have *entry) (next *entry) {
	defer func() {
		if recover() != nil {
			next = have.without(refuse(Invalid, "the status list could not be read"), l.now())
		}
	}()
	return l.ask(ctx, have)
}

// mediaTypes are what hosts serve a list as.
var mediaTypes = []string{
	"application/statuslist+jwt", "application/vc+jwt", "application/vc", "application/jwt",
	"application/vc+ld+json", "application/vc+ld+json+jwt", "application/ld+json", "application/json",
}

// ask fetches a list anew.
func (l *Lists) ask(ctx context.Context, have *entry) *entry {
	r, err := l.fetch.Get(ctx, fetch.Request{URL: have.url, Accept: mediaTypes, Max: maxBody, ETag: have.etag})
	now := l.now()
	if err != nil {
		return have.after(err, now)
	}
	next := &entry{url: have.url, bytes: len(r.Body), etag: r.ETag, asked: now, since: now}
	if r.NotModified {
		next.bytes, next.list, next.etag = have.bytes, have.list, have.etag
		next.life = lifeOf(next.list, r.Life, have.life)
		return next
	}
	if next.list, next.failed = parseList(r.Body); next.failed != nil {
		return have.without(next.failed, now)
	}
	next.list.follow(cmp.Or(have.list, have.prior))
	next.list.grew = l.grew
	next.life = lifeOf(next.list, r.Life, defaultLife)
	return next
}
