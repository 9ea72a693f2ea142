package lifecycle

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Publication is a list as it was signed.
type Publication struct {
	Version  int64 // of the list that it says
	SignedAt time.Time
	Media    string
	Body     []byte
}

// A Set is a place whose value is not 0.
type Set struct{ Index, Value int }

// Shelf keeps lists with what was last published of them. Its methods are safe
// for concurrent use, also by several processes.
type Shelf interface {
	// Shelved returns a list, and its publication; nil: none yet. No such list:
	// [ErrNoList].
	Shelved(ctx context.Context, tenant, id string) (*List, *Publication, error)

	// Sets returns a list's version and the places that are not 0 at it.
	Sets(ctx context.Context, tenant, id string) (int64, []Set, error)

	// Shelve keeps a publication, unless one of a later version is there, or of
	// the same signed later.
	Shelve(ctx context.Context, tenant, id string, p *Publication) error
}

// A Publisher publishes lists: signed when somebody asks, and again when they
// have changed, or are about to age. It is safe for concurrent use.
type Publisher struct {
	Shelf Shelf // required
	// Sign signs a list's credential, or the claims of its token, as its profile.
	Sign func(ctx context.Context, l *List, doc map[string]any) (body []byte, media string, err error)
	Now  func() time.Time // required
	TTL  time.Duration    // how long readers may keep a list; 0: 1 min

	mu      sync.Mutex
	signing map[string]*sync.Mutex // by tenant and id: one signs, the others wait for it
}

// How long lists live. A list is signed again in the second half of its ttl, so
// that no reader gets one that is stale at once; and says to be over a day
// later, for those who do not read ttl: longer than we are ever away.
const (
	defaultTTL = time.Minute
	lifetime   = 24 * time.Hour
)

// Life is for how long readers may keep a list.
func (p *Publisher) Life() time.Duration {
	if p.TTL == 0 {
		return defaultTTL
	}
	return p.TTL
}

// Get returns a list as it stands now. No such list: [ErrNoList].
func (p *Publisher) Get(ctx context.Context, tenant, id string) (*Publication, error) {
	l, had, err := p.Shelf.Shelved(ctx, tenant, id)
	if err != nil || p.good(l, had) {
		return had, err
	}
	done := p.turn(tenant + "/" + id)
	defer done()
	// Who had the turn before has signed it.
	if l, had, err = p.Shelf.Shelved(ctx, tenant, id); err != nil || p.good(l, had) {
		return had, err
	}
	return p.sign(ctx, l)
}

// good reports a publication of the list as it is, that is not about to age. A
// time of signing in the future is another process's clock, or was one's own.
func (p *Publisher) good(l *List, had *Publication) bool {
	if had == nil || had.Version != l.Version {
		return false
	}
	age := p.Now().Sub(had.SignedAt)
	return age >= 0 && age < p.Life()/2
}

// turn waits until nobody else signs the list, and returns what ends the turn.
func (p *Publisher) turn(key string) func() {
	p.mu.Lock()
	if p.signing == nil {
		p.signing = map[string]*sync.Mutex{}
	}
	one := p.signing[key]
	if one == nil {
		one = &sync.Mutex{}
		p.signing[key] = one
	}
	p.mu.Unlock()
	one.Lock()
	return one.Unlock
}

// sign publishes a list anew. What it says is of the version that it is kept
// under: both are read at once.
func (p *Publisher) sign(ctx context.Context, l *List) (*Publication, error) {
	version, sets, err := p.Shelf.Sets(ctx, l.Tenant, l.ID)
	if err != nil {
		return nil, err
	}
	at := p.Now().UTC().Truncate(time.Second)
	doc, err := l.document(sets, at, p.Life())
	if err != nil {
		return nil, err
	}
	out := &Publication{Version: version, SignedAt: at}
	if out.Body, out.Media, err = p.Sign(ctx, l, doc); err != nil {
		return nil, fmt.Errorf("signing status list %s: %w", l.ID, err)
	}
	return out, p.Shelf.Shelve(ctx, l.Tenant, l.ID, out)
}
