package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/seal"
)

func opened(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "procura.db"), seal.NewKey([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// mark leaves a trace of a change.
func mark(name string) func(statements) error {
	return func(tx statements) error {
		_, err := tx.exec(`INSERT INTO meta (name, value) VALUES (?, x'00')`, name)
		return err
	}
}

func marked(t *testing.T, s *Store, name string) bool {
	t.Helper()
	n := 0
	if err := s.read.now().row(`SELECT count(*) FROM meta WHERE name = ?`, name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n == 1
}

// Views need no connection but their own, also where their statements are new:
// as many as there are connections can begin at once.
func TestViewsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	s := opened(t)
	var begun, done sync.WaitGroup
	begun.Add(readers)
	ended := make(chan struct{})
	for i := range readers {
		done.Go(func() {
			err := s.read.view(t.Context(), func(tx statements) error {
				begun.Done()
				begun.Wait()
				var n int
				return tx.row(fmt.Sprintf(`SELECT %d FROM meta LIMIT 1`, i)).Scan(&n)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	go func() { done.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("views wait for each other")
	}
}

// together runs the changes so that all come, in order, while the first is
// under way. It calls told, if that is not nil, as soon as one has returned.
func together(s *Store, told func(i int), changes ...func(statements) error) []error {
	errs := make([]error, len(changes))
	var wg sync.WaitGroup
	begun, all := make(chan struct{}), make(chan struct{})
	run := func(i int, f func(statements) error) {
		wg.Go(func() {
			defer func() {
				if cause := recover(); cause != nil {
					errs[i] = fmt.Errorf("panic: %v", cause)
				}
			}()
			if errs[i] = s.write.change(context.Background(), f); told != nil {
				told(i)
			}
		})
	}
	run(0, func(tx statements) error { close(begun); <-all; return changes[0](tx) })
	<-begun
	for i, f := range changes[1:] {
		run(i+1, f)
		for int(s.write.wanted.Load()) <= i {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond) // to come before the next; a mutex is given in turn
	}
	close(all)
	wg.Wait()
	return errs
}

// Changes that come at once are one transaction, and yet each is its own.
func TestBatch(t *testing.T) {
	t.Parallel()
	s := opened(t)
	refused := errors.New("refused")
	var seen []*batch
	in := func(f func(statements) error) func(statements) error {
		return func(tx statements) error { seen = append(seen, s.write.batch); return f(tx) }
	}
	errs := together(s, nil, in(mark("first")),
		in(func(tx statements) error { return errors.Join(mark("refused")(tx), refused) }),
		in(func(tx statements) error { _ = mark("panicked")(tx); panic("no") }),
		in(mark("last")))
	if errs[0] != nil || !errors.Is(errs[1], refused) || errs[2] == nil || errs[3] != nil {
		t.Errorf("got %v, want the second refused and the third panicked", errs)
	}
	for name, want := range map[string]bool{"first": true, "refused": false, "panicked": false, "last": true} {
		if marked(t, s, name) != want {
			t.Errorf("%s is stored: %v, want %v", name, !want, want)
		}
	}
	for _, b := range seen {
		if b != seen[0] {
			t.Error("the changes were not one transaction")
		}
	}
}

// Where a transaction ends under its changes, all of them fail: also those that
// came before. Who comes after has another.
func TestBrokenBatch(t *testing.T) {
	t.Parallel()
	s := opened(t)
	errs := together(s, nil, mark("before"), func(tx statements) error {
		_, err := tx.exec(`ROLLBACK`) // as SQLite does when the disk is full
		return err
	}, mark("after"))
	if errs[0] == nil || errs[1] == nil || marked(t, s, "before") {
		t.Errorf("got %v, want the first two failed and nothing stored", errs)
	}
	if errs[2] != nil || !marked(t, s, "after") {
		t.Errorf("the change after: %v", errs[2])
	}
}

// Who is refused for another's change waits as the other does: it can be read then.
func TestRefusalWaitsForWhatItSaw(t *testing.T) {
	t.Parallel()
	s := opened(t)
	slow := func(tx statements) error { time.Sleep(100 * time.Millisecond); return mark("two")(tx) }
	errs := together(s, func(i int) {
		if i == 1 && !marked(t, s, "one") {
			t.Error("refused for a change that cannot be read yet")
		}
	}, mark("one"), mark("one"), slow)
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("got %v, want the second refused", errs)
	}
}

// Who left before its turn changes nothing.
func TestLeaving(t *testing.T) {
	t.Parallel()
	s := opened(t)
	gone, leave := context.WithCancel(t.Context())
	leave()
	err := s.write.change(gone, func(statements) error { t.Error("its change ran"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

// A decision that looks and refuses leaves the batch as it is; one that cannot
// put what it has to takes the batch with it: half of it may be there.
func TestDecide(t *testing.T) {
	t.Parallel()
	refused, full := errors.New("refused"), errors.New("full")
	nothing := func(statements) error { return nil }
	fails := func(name string, err error) func(statements) error {
		return func(tx statements) error { return errors.Join(mark(name)(tx), err) }
	}
	for _, test := range []struct {
		name      string
		look, put func(statements) error
		kept      bool // what came before
		stored    bool // what it put
	}{
		{"well", nothing, mark("put"), true, true},
		{"refused", func(statements) error { return refused }, mark("put"), true, false},
		{"cannot put", nothing, fails("put", full), false, false},
		{"panics", nothing, func(tx statements) error { _ = mark("put")(tx); panic("no") }, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := opened(t)
			var before error
			var wg sync.WaitGroup
			begun := make(chan struct{})
			wg.Go(func() {
				before = s.write.change(t.Context(), func(tx statements) error {
					close(begun)
					for s.write.wanted.Load() == 0 {
						time.Sleep(time.Millisecond)
					}
					return mark("before")(tx)
				})
			})
			<-begun
			var err error
			func() {
				defer func() {
					if cause := recover(); cause != nil {
						err = errPanicked
					}
				}()
				err = s.write.decide(t.Context(), test.look, test.put)
			}()
			wg.Wait()
			if (before == nil) != test.kept || marked(t, s, "before") != test.kept {
				t.Errorf("what came before: %v and stored %v, want kept %v", before, marked(t, s, "before"), test.kept)
			}
			if (err == nil) != test.stored || marked(t, s, "put") != test.stored {
				t.Errorf("got %v and stored %v, want stored %v", err, marked(t, s, "put"), test.stored)
			}
			if err := s.write.change(t.Context(), mark("after")); err != nil {
				t.Errorf("the change after: %v", err)
			}
		})
	}
}

// The log is copied into the file beside the commits, and is not left to grow.
func TestCheckpoints(t *testing.T) {
	t.Parallel()
	s := opened(t)
	if err := s.write.change(t.Context(), mark("one")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var busy, log, copied int
		if err := s.read.QueryRow(`PRAGMA wal_checkpoint(NOOP)`).Scan(&busy, &log, &copied); err != nil {
			t.Fatal(err)
		}
		if log == copied {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d pages were copied", copied, log)
		}
	}
}
