package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/procura-dev/procura/verifier"
)

// ready makes an empty framework at once.
func ready(context.Context) (*verifier.Framework, error) { return &verifier.Framework{}, nil }

// never is what nobody should come to make.
func never(context.Context) (*verifier.Framework, error) {
	return nil, errors.New("is made a second time")
}

func TestEnginesMakeOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	var e verifier.Engines
	var made atomic.Int32
	r, release := &verifier.Release{}, make(chan struct{})
	slow := func(context.Context) (*verifier.Framework, error) {
		made.Add(1)
		<-release
		return &verifier.Framework{}, nil
	}
	var wg sync.WaitGroup
	got := make([]*verifier.Framework, 50)
	for i := range got {
		wg.Go(func() { got[i], _ = e.Framework(t.Context(), r, slow) })
	}
	time.AfterFunc(20*time.Millisecond, func() { close(release) })
	wg.Wait()
	for i, f := range got {
		if f == nil || f != got[0] {
			t.Errorf("call %d got %p, the first %p", i, f, got[0])
		}
	}
	if made.Load() != 1 {
		t.Errorf("made %d times, want once", made.Load())
	}
}

// Of more than may be held those asked for last stay; what is let go is freed,
// but not from under who has it.
func TestEnginesLetGo(t *testing.T) {
	t.Parallel()
	e := verifier.Engines{Most: 2}
	releases := []*verifier.Release{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	open := func(i int, do verifier.Maker) *verifier.Framework {
		t.Helper()
		f, err := e.Framework(t.Context(), releases[i], do)
		if err != nil {
			t.Errorf("%s: %v", releases[i].Name, err)
		}
		return f
	}
	kept := open(0, ready)
	gone := weak.Make(open(1, ready))
	open(0, never) // now the last asked for
	open(2, ready) // b goes
	if e.Counts().Held != 2 {
		t.Errorf("%d are held, want 2", e.Counts().Held)
	}
	open(0, never)
	for deadline := time.Now().Add(5 * time.Second); gone.Value() != nil; runtime.GC() {
		if time.Now().After(deadline) {
			t.Fatal("what was let go is not freed")
		}
	}
	open(1, ready) // c goes
	open(2, ready) // a goes
	if again := open(0, ready); again == kept {
		t.Error("what was let go was found again")
	}
}

// Who asked first and left, a failure, a panic: none is what the next gets.
func TestEnginesAreNotPoisoned(t *testing.T) {
	t.Parallel()
	var e verifier.Engines
	r := &verifier.Release{}
	left, leave := context.WithCancel(t.Context())
	began, release := make(chan struct{}), make(chan struct{})
	slow := func(ctx context.Context) (*verifier.Framework, error) {
		close(began)
		<-release
		return &verifier.Framework{}, ctx.Err()
	}
	first := make(chan error)
	go func() {
		_, err := e.Framework(left, r, slow)
		first <- err
	}()
	<-began
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v, want their own end", err)
	}
	close(release)
	if _, err := e.Framework(t.Context(), r, never); err != nil {
		t.Errorf("who came next: %v", err)
	}

	other := &verifier.Release{}
	wrong := errors.New("the store is away")
	if _, err := e.Framework(t.Context(), other, func(context.Context) (*verifier.Framework, error) { return nil, wrong }); !errors.Is(err, wrong) {
		t.Errorf("a failure: %v", err)
	}
	if f, err := e.Framework(t.Context(), other, func(context.Context) (*verifier.Framework, error) { panic("a bug") }); f != nil || err == nil {
		t.Errorf("a panic: %v, %v; want an error", f, err)
	}
	if _, err := e.Framework(t.Context(), other, ready); err != nil {
		t.Errorf("after failures: %v", err)
	}
}

func TestEnginesAtOnce(t *testing.T) {
	t.Parallel()
	e := verifier.Engines{Most: 4}
	releases := make([]*verifier.Release, 16)
	for i := range releases {
		releases[i] = &verifier.Release{Name: fmt.Sprint(i)}
	}
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 200 {
				if _, err := e.Framework(t.Context(), releases[(i*j)%len(releases)], ready); err != nil {
					t.Error(err)
				}
				if e.Counts().Held > 4 {
					t.Errorf("%d are held, want at most 4", e.Counts().Held)
				}
			}
		})
	}
	wg.Wait()
}
