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

// defaultMaxAge is the didMaxAge of semantics 7.
const defaultMaxAge = time.Hour

// budget is how long one decision fetches, all its DIDs together.
const budget = 10 * time.Second

// terms say which did:web may be fetched beside those whose hosts the operator
// allows, and how old a document may be.
type terms struct {
	listed func(ctx context.Context, id string) (bool, error)
	maxAge time.Duration
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

// Listing returns a resolver that fetches a did:web which listed reports, too,
// and takes no document older than maxAge. An error of listed's is returned as
// it is.
func (r *Resolver) Listing(listed func(ctx context.Context, id string) (bool, error), maxAge time.Duration) *Resolver {
	own := &Resolver{terms: &terms{listed: listed, maxAge: maxAge}}
	if r != nil {
		own.Web, own.seen = r.Web, r.seen
	}
	return own
}

// web finds a key in the document of a did:web. Whether that may be fetched is
// asked first.
func (r *Resolver) web(ctx context.Context, id, method string, purpose Purpose) (*Key, error) {
	if r == nil || r.Web == nil {
		return nil, fail(Unresolvable, "did:web is not resolved here")
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
	e, err := r.entry(ctx, id, url)
	if err != nil {
		return nil, err
	}
	key, err := e.doc.key(method, purpose, time.Now())
	if err != nil {
		return nil, err
	}
	if left := e.left(r.maxAge(), time.Now()); key.Life == 0 || left < key.Life {
		key.Life = max(left, time.Second) // of one that is not kept
	}
	return key, nil
}

func (r *Resolver) may(ctx context.Context, id, host string) (bool, error) {
	if r.Web.fetch.Allows(host) {
		return true, nil
	}
	if r.terms == nil || r.terms.listed == nil {
		return false, nil
	}
	return r.terms.listed(ctx, id)
}

func (r *Resolver) maxAge() time.Duration {
	age := defaultMaxAge
	if r.terms != nil {
		age = r.terms.maxAge
	}
	if limit := r.Web.maxAge; limit > 0 {
		age = min(age, limit)
	}
	return age
}

// entry is the document of a did:web, which this decision may have had.
func (r *Resolver) entry(ctx context.Context, id, url string) (*entry, error) {
	if r.seen == nil {
		return r.Web.entry(ctx, id, url, r.maxAge())
	}
	if e := r.seen.get(id); e != nil && (e.at.After(r.seen.began) || e.left(r.maxAge(), time.Now()) > 0) {
		return e, nil
	}
	own, cancel := context.WithDeadline(ctx, r.seen.began.Add(budget))
	defer cancel()
	e, err := r.Web.entry(own, id, url, r.maxAge())
	if err != nil && own.Err() != nil && ctx.Err() == nil {
		return nil, fail(Unresolvable, "fetching the DID documents of this decision took too long")
	}
	if err == nil {
		r.seen.put(e)
	}
	return e, err
}
