package server

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// known remembers whose tokens and certificates were shown lately. One that was a
// client's before is looked up once a second; any other is counted before the store is
// asked or a signature is checked, so that guesses keep neither busy. Who guesses behind a proxy, and
// has all that address may call, keeps out those whom we never saw, no others.
//
// It is safe for concurrent use.
type known struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[proofKey]sighting
}

// A proofKey is the digest of a token, or of the key of a certificate.
type proofKey struct {
	certificate bool
	digest      [sha256.Size]byte
}

// A sighting is a client as it was in the store, or as its token spoke of it.
type sighting struct {
	client *Client
	bound  *[sha256.Size]byte // SHA-256 of the certificate that a token is bound to; nil: none
	at     time.Time
}

// seenLife is how long a client that was removed may still call.
const seenLife = time.Second

// maxSeen bounds what is remembered: only what was a client's is.
const maxSeen = 10_000

// find finds whose proof it is by look, else [ErrUnknownClient]. It calls count
// where the proof may be guessed, and what that returns if it is a client's.
func (k *known) find(key proofKey, look func() (sighting, error), count func() (back func(), err error)) (sighting, error) {
	was, seen := k.last(key)
	if seen && k.now().Sub(was.at) < seenLife {
		return was, nil
	}
	back := func() {}
	if !seen {
		var err error
		if back, err = count(); err != nil {
			return sighting{}, err
		}
	}
	at := k.now()
	is, err := look()
	switch {
	case errors.Is(err, ErrUnknownClient):
		k.forget(key)
		return is, err
	case err != nil:
		return is, err
	}
	back()
	is.at = at
	k.remember(key, is)
	return is, nil
}

func (k *known) last(key proofKey) (sighting, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	was, ok := k.seen[key]
	return was, ok
}

func (k *known) forget(key proofKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.seen, key)
}

func (k *known) remember(key proofKey, s sighting) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil || len(k.seen) >= maxSeen {
		k.seen = map[proofKey]sighting{}
	}
	k.seen[key] = s
}
