package server

import (
	"context"
	"errors"
	"sync"
	"time"
)

// known remembers whose tokens were shown lately. A token that was a client's
// before is looked up once a second; any other is counted before the store is
// asked, so that guesses cannot keep it busy. Who guesses behind a proxy, and
// has all that address may call, keeps out those whom we never saw, no others.
//
// It is safe for concurrent use.
type known struct {
	clients Clients
	now     func() time.Time

	mu   sync.Mutex
	seen map[TokenDigest]sighting
}

// A sighting is a client as it was in the store.
type sighting struct {
	client *Client
	at     time.Time
}

// seenLife is how long a client that was removed may still call.
const seenLife = time.Second

// maxSeen bounds what is remembered: only tokens that were a client's are.
const maxSeen = 10_000

// client finds whose token it is, else [ErrUnknownClient]. It calls count where
// the token may be guessed, and what that returns if the token is a client's.
func (k *known) client(ctx context.Context, token TokenDigest, count func() (back func(), err error)) (*Client, error) {
	was, seen := k.last(token)
	if seen && k.now().Sub(was.at) < seenLife {
		return was.client, nil
	}
	back := func() {}
	if !seen {
		var err error
		if back, err = count(); err != nil {
			return nil, err
		}
	}
	at := k.now()
	client, err := k.clients.ClientByToken(ctx, token)
	switch {
	case errors.Is(err, ErrUnknownClient):
		k.forget(token)
		return nil, err
	case err != nil:
		return nil, err
	}
	back()
	k.remember(token, sighting{client, at})
	return client, nil
}

func (k *known) last(token TokenDigest) (sighting, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	was, ok := k.seen[token]
	return was, ok
}

func (k *known) forget(token TokenDigest) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.seen, token)
}

func (k *known) remember(token TokenDigest, s sighting) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil || len(k.seen) >= maxSeen {
		k.seen = map[TokenDigest]sighting{}
	}
	k.seen[token] = s
}
