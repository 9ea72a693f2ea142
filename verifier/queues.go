package verifier

import (
	"context"
	"slices"
)

// queues let the decisions of one process that count on the same credential take
// turns, so that they do not undo each other's work; the store decides what counts,
// also between processes. Credentials share a queue by their key.
type queues [64]chan struct{}

func (q *queues) open() {
	for i := range q {
		q[i] = make(chan struct{}, 1)
	}
}

// enter waits for the turn of all keys, unless whoever asked leaves. Queues are
// taken in one order, so that no two wait for each other.
func (q *queues) enter(ctx context.Context, keys [][32]byte) (leave func(), err error) {
	wanted := make([]int, len(keys))
	for i, key := range keys {
		wanted[i] = int(key[0]) % len(q)
	}
	slices.Sort(wanted)
	var held []int
	leave = func() {
		for _, i := range held {
			<-q[i]
		}
	}
	for _, i := range slices.Compact(wanted) {
		select {
		case q[i] <- struct{}{}:
			held = append(held, i)
		case <-ctx.Done():
			leave()
			return nil, ctx.Err()
		}
	}
	return leave, nil
}
