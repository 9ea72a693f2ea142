package server

import (
	"fmt"
	"sync"
)

// maxWaits is how many calls of one client may wait at once: each holds a
// connection, and asks the store once a second.
const maxWaits = 256

// waits counts, by client, the calls that wait. Its zero value is ready, and it
// is safe for concurrent use.
type waits struct {
	mu   sync.Mutex
	held map[string]int
}

// enter takes a place for a call, which leave gives back.
func (w *waits) enter(client string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held[client] >= maxWaits {
		return fmt.Errorf("more than %d: %w", maxWaits, errWaits)
	}
	if w.held == nil {
		w.held = map[string]int{}
	}
	w.held[client]++
	return nil
}

func (w *waits) leave(client string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held[client]--; w.held[client] == 0 {
		delete(w.held, client)
	}
}
