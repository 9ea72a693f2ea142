package verifier

import "sync"

// waiters wakes those of this process who wait for a challenge to change. The
// zero value is ready.
type waiters struct {
	mu    sync.Mutex
	turns map[string]*turn
}

// A turn is one wait that many share; it ends when the challenge changes.
type turn struct {
	done chan struct{}
	held int
}

// on returns a channel that is closed at the next wake, and a func that must
// be called when it is no longer waited for.
func (w *waiters) on(id string) (<-chan struct{}, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turns == nil {
		w.turns = map[string]*turn{}
	}
	t := w.turns[id]
	if t == nil {
		t = &turn{done: make(chan struct{})}
		w.turns[id] = t
	}
	t.held++
	return t.done, func() { w.leave(id, t) }
}

func (w *waiters) leave(id string, t *turn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.held--; t.held == 0 && w.turns[id] == t {
		delete(w.turns, id)
	}
}

func (w *waiters) wake(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.turns[id]; t != nil {
		close(t.done)
		delete(w.turns, id)
	}
}
