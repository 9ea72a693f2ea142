package status

import (
	"cmp"
	"errors"
	"time"

	"github.com/procura-dev/procura/verifier/fetch"
	"github.com/procura-dev/procura/verifier/vc"
)

// An entry is what is known of one URL. It does not change, but for its list.
type entry struct {
	url   string
	bytes int   // of the answer
	list  *List // nil: none
	prior *List // where list is nil: the last that there was; nil: none
	etag  string
	asked time.Time // when it was asked for, or was last said to be the same
	life  time.Duration

	failed *vc.Refusal // of the last fetch; nil: it went well
	since  time.Time   // of the last fetch
}

// cost is about what an entry takes: the tree that was read, with its texts, and
// the values.
func (e *entry) cost() int {
	if l := cmp.Or(e.list, e.prior); l != nil {
		return 1<<10 + 4*e.bytes + l.counted
	}
	return 1 << 10
}

// usable reports a list that serves one who takes none signed longer ago than
// maxAge. One that would be too old is used nevertheless, where it was asked for
// just now: whoever asked judges its age. Of one whose proof did not hold its
// ttl says nothing.
func (e *entry) usable(maxAge time.Duration, now time.Time) bool {
	if e.list == nil || now.Sub(e.asked) >= e.life {
		return false
	}
	return now.Sub(e.since) < pause || !e.list.isRefuted() && e.list.young(maxAge, now)
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

// serve is what a fetch gave. A network that fails makes no list older than it
// is: where somebody limits its age, it serves until then.
func (e *entry) serve(maxAge time.Duration) (*List, error) {
	if e.list != nil && (e.failed == nil || maxAge < AnyAge) {
		return e.list, nil
	}
	return nil, e.failed
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

// without is an entry whose list is not used any more, but remembered: no older one
// is to take its place.
func (e *entry) without(why *vc.Refusal, now time.Time) *entry {
	return &entry{url: e.url, bytes: e.bytes, prior: cmp.Or(e.list, e.prior), since: now, failed: why}
}

// after is an entry whose fetch failed. A list that the host itself has taken
// away is gone; one behind a network that fails is as old as it was.
func (e *entry) after(err error, now time.Time) *entry {
	next := e.without(refuse(Unreachable, "the status list could not be fetched: %v", err), now)
	if f, ok := errors.AsType[*fetch.Error](err); ok && !f.Answered {
		next.list, next.etag, next.asked, next.life = e.list, e.etag, e.asked, e.life
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

// put keeps an entry.
func (l *Lists) put(e *entry) {
	if at, ok := l.entries[e.url]; ok {
		l.held += e.cost() - at.Value.(*entry).cost()
		at.Value = e
	} else {
		l.entries[e.url] = l.recent.PushFront(e)
		l.held += e.cost()
	}
	l.trim()
}

// grew counts the values of a list, once they are decompressed.
func (l *Lists) grew(grown *List, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.entries[grown.url]
	if counted := ok && at.Value.(*entry).list == grown; counted {
		l.held += bytes - grown.counted
	}
	grown.counted = bytes
	l.trim()
}

// trim drops those that were not used for longest, but never the last used.
func (l *Lists) trim() {
	for l.recent.Len() > 1 && (l.held > l.bytes || l.recent.Len() > maxFailures) {
		last := l.recent.Remove(l.recent.Back()).(*entry)
		l.held -= last.cost()
		delete(l.entries, last.url)
	}
}
