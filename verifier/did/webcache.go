package did

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/procura-dev/procura/verifier/fetch"
)

// A Web fetches the documents of did:web and keeps them as long as their HTTP
// headers say. It is safe for concurrent use.
type Web struct {
	fetch  *fetch.Client
	maxAge time.Duration // of the operator; 0: what a framework says
	packed *packed       // in the place of all else; nil: documents are fetched

	mu      sync.Mutex
	entries map[string]*list.Element // id → *entry
	recent  *list.List               // the last used first
	flights map[string]*flight       // id → the fetch under way
}

// Bounds of a cache: a document's bytes, how many are kept, and how long a
// failure is.
const (
	maxDocument = 64 << 10
	maxKept     = 4096
	maxFailure  = 10 * time.Second
)

// documentTypes are what hosts serve a did.json as (did:web, "Create"; DID
// Core, "Representations").
var documentTypes = []string{"application/did+json", "application/did+ld+json", "application/did", "application/json", "application/ld+json"}

// NewWeb makes a Web. maxAge bounds the age of every document, whatever a
// framework says; 0: it does not.
func NewWeb(c *fetch.Client, maxAge time.Duration) *Web {
	return &Web{fetch: c, maxAge: maxAge, entries: map[string]*list.Element{}, recent: list.New(), flights: map[string]*flight{}}
}

// An entry is what is known of one DID. It does not change.
type entry struct {
	id   string
	doc  *document // nil: none
	etag string
	at   time.Time // when the document was asked for, or was last said to be the same
	life fetch.Life

	failed *Error // of the last fetch; nil: it went well
	since  time.Time
}

// left is how long the document may still be used.
func (e *entry) left(maxAge time.Duration, now time.Time) time.Duration {
	if e.doc == nil {
		return 0
	}
	return e.life.Or(maxAge) - now.Sub(e.at)
}

// A flight is a fetch that several wait for. entry is set before done closes.
type flight struct {
	done  chan struct{}
	entry *entry
}

// entry returns a DID's entry, whose document is not older than maxAge. An
// error is an *[Error], or ctx's.
func (w *Web) entry(ctx context.Context, id, url string, maxAge time.Duration) (*entry, error) {
	f, known := w.board(ctx, id, url, maxAge)
	if f != nil {
		select {
		case <-f.done:
			known = f.entry
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if known.failed != nil {
		return nil, known.failed
	}
	return known, nil
}

// board returns what is known, or the flight to wait for.
func (w *Web) board(ctx context.Context, id, url string, maxAge time.Duration) (*flight, *entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	have := w.get(id)
	switch {
	case have == nil:
		have = &entry{id: id}
	case have.left(maxAge, now) > 0:
		good := *have
		good.failed = nil
		return nil, &good
	case have.failed != nil && now.Sub(have.since) < maxFailure:
		return nil, have
	}
	f := w.flights[id]
	if f == nil {
		f = &flight{done: make(chan struct{})}
		w.flights[id] = f
		// Others may wait for it when this caller has gone; it ends by itself.
		go w.fly(context.WithoutCancel(ctx), f, have, url)
	}
	return f, nil
}

// fly fetches, and lands what came.
func (w *Web) fly(ctx context.Context, f *flight, have *entry, url string) {
	landed := w.survive(ctx, have, url)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(landed)
	delete(w.flights, have.id)
	f.entry = landed
	close(f.done)
}

// survive asks. Nobody above could recover from a panic over a stranger's
// document: this is no request's goroutine.
func (w *Web) survive(ctx context.Context, have *entry, url string) (landed *entry) {
	defer func() {
		if recover() != nil {
			landed = &entry{id: have.id, since: time.Now(), failed: fail(Unresolvable, "the DID document could not be read")}
		}
	}()
	return w.ask(ctx, have, url)
}

// ask fetches a document anew.
func (w *Web) ask(ctx context.Context, have *entry, url string) *entry {
	r, err := w.fetch.Get(ctx, fetch.Request{URL: url, Accept: documentTypes, Max: maxDocument, ETag: have.etag})
	if err != nil {
		return have.after(err)
	}
	next := &entry{id: have.id, doc: have.doc, etag: r.ETag, at: r.At, life: r.Life}
	if r.NotModified {
		next.etag = have.etag
		if !r.Life.Stated { // RFC 9111, "Freshening Stored Responses upon Validation"
			next.life = have.life
		}
		return next
	}
	doc, wrong := parseDocument(r.Body, have.id)
	if wrong != nil {
		return &entry{id: have.id, failed: wrong, since: time.Now()}
	}
	next.doc = doc
	return next
}

// after is an entry whose fetch failed. A document that the host itself has
// taken away is gone; one behind a network that fails is as old as it was, and
// may serve a framework that takes it so.
func (e *entry) after(err error) *entry {
	next := &entry{id: e.id, since: time.Now(), failed: fail(Unresolvable, "the DID document could not be fetched: %v", err)}
	if f, ok := errors.AsType[*fetch.Error](err); ok && !f.Answered {
		next.doc, next.etag, next.at, next.life = e.doc, e.etag, e.at, e.life
	}
	return next
}

// get finds an entry; nil where there is none.
func (w *Web) get(id string) *entry {
	at, ok := w.entries[id]
	if !ok {
		return nil
	}
	w.recent.MoveToFront(at)
	return at.Value.(*entry)
}

// put keeps an entry, and drops the one that was not used for longest.
func (w *Web) put(e *entry) {
	if at, ok := w.entries[e.id]; ok {
		at.Value = e
		return
	}
	w.entries[e.id] = w.recent.PushFront(e)
	if w.recent.Len() > maxKept {
		last := w.recent.Back()
		delete(w.entries, w.recent.Remove(last).(*entry).id)
	}
}
