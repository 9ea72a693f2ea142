package status

import (
	"container/list"
	"context"
	"errors"
	"math"
	"net/url"
	"sync"
	"time"

	"github.com/procura-dev/procura/verifier/fetch"
	"github.com/procura-dev/procura/verifier/vc"
)

// Lists fetches status lists and keeps them. It is safe for concurrent use.
//
// A list is asked for again when it has lived as long as its ttl says, or else
// its HTTP headers, and ahead of that by whoever needs it in its last quarter,
// who does not wait. However many wait for a list, it is fetched once.
type Lists struct {
	fetch *fetch.Client
	bytes int
	now   func() time.Time

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

// NewLists makes a cache of so many bytes; 0: DefaultBytes.
func NewLists(c *fetch.Client, bytes int) *Lists {
	if bytes == 0 {
		bytes = DefaultBytes
	}
	return &Lists{
		fetch: c, bytes: bytes, now: time.Now,
		entries: map[string]*list.Element{}, recent: list.New(), flights: map[string]*flight{},
	}
}

// Allows reports whether the operator allows a list's host.
func (l *Lists) Allows(list string) bool {
	u, err := url.Parse(list)
	return err == nil && l != nil && l.fetch.Allows(u.Host)
}

// An entry is what is known of one URL. It does not change, and is plain data
// but for the list, which is read from body again.
type entry struct {
	url   string
	body  []byte
	list  *List // nil: none
	etag  string
	asked time.Time // when it was asked for, or was last said to be the same
	life  time.Duration

	failed *vc.Refusal // of the last fetch; nil: it went well
	since  time.Time   // of the last fetch
}

// cost is about what an entry takes: the body, the tree read from it with its
// text, and the values.
func (e *entry) cost() int {
	if e.list == nil {
		return 1 << 10
	}
	return 1<<10 + 4*len(e.body)
}

// usable reports a list that serves one who takes none signed longer ago than
// maxAge. One that would be too old is used nevertheless, where it
// was asked for just now: whoever asked judges its age.
func (e *entry) usable(maxAge time.Duration, now time.Time) bool {
	if e.list == nil || now.Sub(e.asked) >= e.life {
		return false
	}
	return now.Sub(e.since) < pause || e.list.young(maxAge, now)
}

// ageing reports a list in its last quarter.
func (e *entry) ageing(maxAge time.Duration, now time.Time) bool {
	late := now.Sub(e.asked) >= e.life-e.life/4
	return now.Sub(e.since) >= min(pause, e.life/4) && (late || !e.list.young(maxAge-maxAge/4, now))
}

// young reports a list that holds at an instant, and is not older than maxAge.
func (l *List) young(maxAge time.Duration, now time.Time) bool {
	if !l.validUntil.IsZero() && !now.Before(l.validUntil) {
		return false
	}
	signed := l.lastShown()
	return signed.IsZero() || now.Sub(signed) <= maxAge
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
	if l == nil {
		return nil, refuse(Unreachable, "no status list is fetched here")
	}
	f, known := l.board(ctx, address, maxAge)
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

// serve is what a fetch gave. A network that fails makes no list older than it
// is: where somebody limits its age, it serves until then.
func (e *entry) serve(maxAge time.Duration) (*List, error) {
	if e.list != nil && (e.failed == nil || maxAge < AnyAge) {
		return e.list, nil
	}
	return nil, e.failed
}

// board returns the list to use, or the flight to wait for: one that has landed,
// where the last fetch failed just now.
func (l *Lists) board(ctx context.Context, address string, maxAge time.Duration) (*flight, *List) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	have := l.get(address)
	switch {
	case have == nil:
		have = &entry{url: address}
	case have.usable(maxAge, now):
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
			next = &entry{url: have.url, since: l.now(), failed: refuse(Invalid, "the status list could not be read")}
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
	next := &entry{url: have.url, body: r.Body, etag: r.ETag, asked: now, since: now}
	if r.NotModified {
		next.body, next.list, next.etag = have.body, have.list, have.etag
		next.life = lifeOf(next.list, r.Life, have.life)
		return next
	}
	if next.list, next.failed = parseList(r.Body); next.failed != nil {
		return &entry{url: have.url, failed: next.failed, since: now}
	}
	next.list.follow(have.list)
	next.life = lifeOf(next.list, r.Life, defaultLife)
	return next
}

// lifeOf is how long a list may be used without asking again. What the list says
// goes before what its host says (Token Status List, "Status List Response").
func lifeOf(l *List, said fetch.Life, otherwise time.Duration) time.Duration {
	life := otherwise
	switch {
	case l.ttl > 0:
		life = l.ttl
	case said.Stated:
		life = said.For
	}
	return min(max(life, minLife), maxLife)
}

// after is an entry whose fetch failed. A list that the host itself has taken
// away is gone; one behind a network that fails is as old as it was.
func (e *entry) after(err error, now time.Time) *entry {
	next := &entry{url: e.url, since: now, failed: refuse(Unreachable, "the status list could not be fetched: %v", err)}
	if f, ok := errors.AsType[*fetch.Error](err); ok && !f.Answered {
		next.body, next.list, next.etag, next.asked, next.life = e.body, e.list, e.etag, e.asked, e.life
	}
	return next
}

// get finds an entry; nil where there is none.
func (l *Lists) get(url string) *entry {
	at, ok := l.entries[url]
	if !ok {
		return nil
	}
	l.recent.MoveToFront(at)
	return at.Value.(*entry)
}

// put keeps an entry, and drops those that were not used for longest.
func (l *Lists) put(e *entry) {
	if at, ok := l.entries[e.url]; ok {
		l.held += e.cost() - at.Value.(*entry).cost()
		at.Value = e
	} else {
		l.entries[e.url] = l.recent.PushFront(e)
		l.held += e.cost()
	}
	for l.recent.Len() > 1 && (l.held > l.bytes || l.recent.Len() > maxFailures) {
		last := l.recent.Remove(l.recent.Back()).(*entry)
		l.held -= last.cost()
		delete(l.entries, last.url)
	}
}
