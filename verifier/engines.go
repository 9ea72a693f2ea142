package verifier

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Engines holds the frameworks that were asked for last, ready to decide. One is
// made when it is first asked for, once for all who wait for it, and let go when
// Most others were asked for since: a decision keeps the one that it began with.
// What could not be made is tried anew by who asks next. It is safe for
// concurrent use.
type Engines struct {
	Most int // 0: 64

	mu     sync.Mutex
	held   map[*Release]*list.Element // of recent
	recent list.List                  // of holding, the last asked for in front
	making map[*Release]*making
	counts EngineCounts // Held apart
}

type holding struct {
	release   *Release
	framework *Framework
}

// making is one under way; the rest may be read when done is closed.
type making struct {
	done      chan struct{}
	framework *Framework
	err       error
}

// makeTime is how long making one may take. It is nobody's request that ends
// it: who asked first may have left, and others wait.
const makeTime = 30 * time.Second

// errMaking is that making one panicked.
var errMaking = errors.New("making the engine of a framework failed")

// A Maker makes the framework of one release. Its context is not that of the
// call which it is given to.
type Maker func(context.Context) (*Framework, error)

// Framework returns the framework of a release, or waits until one call's maker
// has made it, as long as ctx lasts.
func (e *Engines) Framework(ctx context.Context, r *Release, do Maker) (*Framework, error) {
	f, m := e.find(ctx, r, do)
	if f != nil {
		return f, nil
	}
	select {
	case <-m.done:
		return m.framework, m.err
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for framework %s %s: %w", r.Name, r.Version, ctx.Err())
	}
}

// find gives the framework that is held, or who makes it.
func (e *Engines) find(ctx context.Context, r *Release, do Maker) (*Framework, *making) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at, ok := e.held[r]; ok {
		e.recent.MoveToFront(at)
		e.counts.Hits++
		return at.Value.(holding).framework, nil
	}
	m, ok := e.making[r]
	if !ok {
		if e.making == nil {
			e.held, e.making = map[*Release]*list.Element{}, map[*Release]*making{}
		}
		m = &making{done: make(chan struct{})}
		e.making[r] = m
		e.counts.Compiles++
		go e.make(context.WithoutCancel(ctx), r, m, do)
	}
	return nil, m
}

func (e *Engines) make(ctx context.Context, r *Release, m *making, do Maker) {
	ctx, cancel := context.WithTimeout(ctx, makeTime)
	defer cancel()
	defer e.keep(r, m)
	defer func() {
		// Nobody above could recover: this is no request's goroutine.
		if cause := recover(); cause != nil {
			m.framework, m.err = nil, fmt.Errorf("%w: %v", errMaking, cause)
		}
	}()
	m.framework, m.err = do(ctx)
}

// keep holds what was made, lets go what was not asked for for longest, and
// tells who waits.
func (e *Engines) keep(r *Release, m *making) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer close(m.done)
	delete(e.making, r)
	if m.err != nil {
		return
	}
	e.held[r] = e.recent.PushFront(holding{r, m.framework})
	for e.recent.Len() > cmp.Or(e.Most, 64) {
		last := e.recent.Back()
		delete(e.held, last.Value.(holding).release)
		e.recent.Remove(last)
		e.counts.Evictions++
	}
}

// EngineCounts is what became of the engines that were asked for.
type EngineCounts struct {
	Held      int // that are ready now
	Hits      int // asked for and ready
	Compiles  int // begun to be made
	Evictions int // let go for others
}

// Counts returns the counts since the start.
func (e *Engines) Counts() EngineCounts {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.counts
	c.Held = e.recent.Len()
	return c
}
