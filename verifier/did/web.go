package did

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/procura-dev/procura/verifier/fetch"
)

const webPrefix = "did:web:"

// segment is one of a path. Percent-encoding would give one document several
// DIDs, and hide what no path may have.
var segment = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// webURL is where the document of a did:web lies, and at which host (did:web,
// "Read (Resolve)").
func webURL(id string) (url, host string, err *Error) {
	name, _ := strings.CutPrefix(id, webPrefix)
	parts := strings.Split(name, ":")
	host, port, hasPort := strings.Cut(parts[0], "%3A")
	if hasPort {
		host += ":" + port
	}
	if fetch.CheckHost(host) != nil {
		return "", "", fail(Unresolvable, "the did:web names no host, in lower case and with a port as %%3A and digits at most")
	}
	path := parts[1:]
	for _, p := range path {
		if !segment.MatchString(p) || p == "." || p == ".." {
			return "", "", fail(Unresolvable, "the did:web has a path with a part that is not letters, digits, dots, hyphens and underscores")
		}
	}
	if len(path) == 0 {
		path = []string{".well-known"}
	}
	return "https://" + host + "/" + strings.Join(path, "/") + "/did.json", host, nil
}

// DefaultMaxAge is the didMaxAge of semantics 7.
const DefaultMaxAge = time.Hour

// budget is how long one decision fetches, all its DIDs together.
const budget = 10 * time.Second

// Terms are those of what is proved by a did:web. Both are asked when one is
// met, and not before; their errors are returned as they are.
type Terms struct {
	// Listed reports a DID that may be fetched though the operator does not
	// allow its host; nil: none.
	Listed func(ctx context.Context, id string) (bool, error)
	// MaxAge is how old a DID document may be; nil: an hour.
	MaxAge func(ctx context.Context) (time.Duration, error)
}

// seen are the documents of one decision: one that must not be kept is fetched
// once all the same.
type seen struct {
	began time.Time

	mu   sync.Mutex
	kept map[string]*entry
}

func (s *seen) get(id string) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[id]
}

func (s *seen) put(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[e.id] = e
}

// Begin returns a resolver for one decision: it takes a document that it had
// once again, and fetches for 10 s in all.
func (r *Resolver) Begin() *Resolver {
	own := &Resolver{seen: &seen{began: time.Now(), kept: map[string]*entry{}}}
	if r != nil {
		own.Web, own.terms = r.Web, r.terms
	}
	return own
}

// Under returns a resolver for what is proved under other terms.
func (r *Resolver) Under(t Terms) *Resolver {
	own := &Resolver{terms: t}
	if r != nil {
		own.Web, own.seen = r.Web, r.seen
	}
	return own
}

// IsWeb reports a DID whose key is in a document that must be fetched.
func IsWeb(id string) bool { return strings.HasPrefix(id, webPrefix) }

// web finds a key in the document of a did:web. Whether that may be fetched is
// asked first.
func (r *Resolver) web(ctx context.Context, id, method string, purpose Purpose) (*Key, error) {
	if r == nil || r.Web == nil {
		return nil, fail(Unresolvable, "did:web is not resolved here")
	}
	if r.Web.packed != nil {
		return r.Web.packed.key(ctx, r, id, method, purpose)
	}
	url, host, wrong := webURL(id)
	if wrong != nil {
		return nil, wrong
	}
	if ok, err := r.may(ctx, id, host); err != nil {
		return nil, err
	} else if !ok {
		return nil, fail(Unresolvable, "a did:web is fetched only if an issuer rule or a registry lists it, or the operator allows its host")
	}
	maxAge, err := r.maxAge(ctx)
	if err != nil {
		return nil, err
	}
	e, err := r.entry(ctx, id, url, maxAge)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	key, err := e.doc.key(method, purpose, now)
	if err != nil {
		return nil, err
	}
	if left := e.left(maxAge, now); key.Life == 0 || left < key.Life {
		key.Life = max(left, time.Second) // of one that is not kept
	}
	return key, nil
}

func (r *Resolver) may(ctx context.Context, id, host string) (bool, error) {
	switch {
	case r.Web.fetch.Allows(host):
		return true, nil
	case r.terms.Listed == nil:
		return false, nil
	}
	return r.terms.Listed(ctx, id)
}

func (r *Resolver) maxAge(ctx context.Context) (age time.Duration, err error) {
	age = DefaultMaxAge
	if r.terms.MaxAge != nil {
		if age, err = r.terms.MaxAge(ctx); err != nil {
			return 0, err
		}
	}
	if limit := r.Web.maxAge; limit > 0 {
		age = min(age, limit)
	}
	return age, nil
}

// entry is the document of a did:web, which this decision may have had.
func (r *Resolver) entry(ctx context.Context, id, url string, maxAge time.Duration) (*entry, error) {
	if r.seen == nil {
		return r.Web.entry(ctx, id, url, maxAge)
	}
	if e := r.seen.get(id); e != nil && (e.at.After(r.seen.began) || e.left(maxAge, time.Now()) > 0) {
		return e, nil
	}
	own, cancel := context.WithDeadline(ctx, r.seen.began.Add(budget))
	defer cancel()
	e, err := r.Web.entry(own, id, url, maxAge)
	if err != nil && own.Err() != nil && ctx.Err() == nil {
		return nil, fail(Unresolvable, "fetching the DID documents of this decision took too long")
	}
	if err == nil {
		r.seen.put(e)
	}
	return e, err
}
