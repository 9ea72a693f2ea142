package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier"
)

// spends is a permit at an instant that uses up one of a key, as read.
func spends(at time.Time, seen int64, keys ...byte) *verifier.StoredDecision {
	d := newDecision(nil, true)
	for _, k := range keys {
		d.Uses = append(d.Uses, verifier.Use{Key: [32]byte{k}, Seen: seen, At: at, Life: time.Hour})
	}
	return d
}

func uses(t *testing.T, s Store, of string, key byte, since ...time.Time) verifier.Uses {
	t.Helper()
	got, err := s.Uses(t.Context(), of, [32]byte{key}, since)
	must(t, err)
	return got
}

func usage(t *testing.T, db Database) {
	s := open(t, db)
	same(t, "none", uses(t, s, tenant, 1, noon), verifier.Uses{Since: []int64{0}})
	must(t, s.CommitDecision(t.Context(), spends(noon, 0, 1, 2)))
	must(t, s.CommitDecision(t.Context(), spends(noon.Add(time.Minute), 1, 1)))
	must(t, s.CommitDecision(t.Context(), spends(noon, 2, 1))) // a clock that is behind
	since := []time.Time{noon.Add(time.Minute), noon, noon.Add(-time.Nanosecond), noon.Add(-250 * 365 * 24 * time.Hour)}
	same(t, "later than each", uses(t, s, tenant, 1, since...), verifier.Uses{Total: 3, Since: []int64{0, 2, 3, 3}})
	same(t, "of another key", uses(t, s, tenant, 2, since...), verifier.Uses{Total: 1, Since: []int64{0, 0, 1, 1}})
	same(t, "of another tenant", uses(t, s, other, 1, since...), verifier.Uses{Since: []int64{0, 0, 0, 0}})
	for name, seen := range map[string]int64{"none": 0, "fewer": 2, "more": 4, "nonsense": -1} {
		d := spends(noon, seen, 1)
		wants(t, name, s.CommitDecision(t.Context(), d), verifier.ErrUsesChanged)
		_, err := s.Decision(t.Context(), tenant, d.ID)
		wants(t, "its decision", err, verifier.ErrUnknownDecision)
	}
	wants(t, "one of two as read", s.CommitDecision(t.Context(), spends(noon, 1, 2, 3)), verifier.ErrUsesChanged)
	same(t, "the other is as it was", uses(t, s, tenant, 2, noon.Add(-1)).Total, int64(1))
	same(t, "after refusals", uses(t, s, tenant, 1, since...), verifier.Uses{Total: 3, Since: []int64{0, 2, 3, 3}})
}

// What may count no more is swept; while some may, the total stays.
func usageSwept(t *testing.T, db Database) {
	s := open(t, db)
	before := noon.Add(-time.Nanosecond)
	must(t, s.CommitDecision(t.Context(), spends(noon, 0, 1)))
	must(t, s.CommitDecision(t.Context(), spends(noon.Add(time.Minute), 1, 1)))
	must(t, s.Sweep(t.Context(), noon.Add(time.Hour-time.Nanosecond)))
	same(t, "before", uses(t, s, tenant, 1, before), verifier.Uses{Total: 2, Since: []int64{2}})
	must(t, s.Sweep(t.Context(), noon.Add(time.Hour)))
	same(t, "when the first is over", uses(t, s, tenant, 1, before), verifier.Uses{Total: 2, Since: []int64{1}})
	must(t, s.Sweep(t.Context(), noon.Add(time.Hour+time.Minute)))
	same(t, "when both are", uses(t, s, tenant, 1, before), verifier.Uses{Since: []int64{0}})
	must(t, s.CommitDecision(t.Context(), spends(noon, 0, 1)))
}

// Two credentials under one id may have periods that differ: what one uses counts for
// the other's, too.
func usageOfTwoPeriods(t *testing.T, db Database) {
	s := open(t, db)
	must(t, s.CommitDecision(t.Context(), lasting(spends(noon, 0, 1), 30*24*time.Hour)))
	for day := range int64(3) {
		must(t, s.CommitDecision(t.Context(), spends(noon.AddDate(0, 0, int(day)+1), day+1, 1)))
	}
	must(t, s.Sweep(t.Context(), noon.AddDate(0, 0, 30)))
	same(t, "what the longer counts", uses(t, s, tenant, 1, noon), verifier.Uses{Total: 4, Since: []int64{3}})
	must(t, s.Sweep(t.Context(), noon.AddDate(0, 0, 32)))
	same(t, "later", uses(t, s, tenant, 1, noon), verifier.Uses{Total: 4, Since: []int64{1}})
	must(t, s.Sweep(t.Context(), noon.AddDate(0, 0, 33)))
	same(t, "when all are over", uses(t, s, tenant, 1, noon), verifier.Uses{Since: []int64{0}})
}

func lasting(d *verifier.StoredDecision, life time.Duration) *verifier.StoredDecision {
	for i := range d.Uses {
		d.Uses[i].Life = life
	}
	return d
}

// Of decisions that read the same total one is counted, with all of its keys,
// whatever their order; the others store nothing.
func usageAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	const rounds, n = 5, 6
	for round := range rounds {
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range n {
			keys := []byte{1, 2, 3}
			if i%2 == 1 {
				keys = []byte{3, 1, 2}
			}
			d := spends(noon, int64(round), keys...)
			wg.Go(func() {
				switch err := stores[i%2].CommitDecision(t.Context(), d); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, verifier.ErrUsesChanged):
					t.Errorf("committing: %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d of %d were counted, want 1", round, won.Load(), n)
		}
	}
	for key := range byte(3) {
		same(t, "total", uses(t, stores[0], tenant, key+1, noon.Add(-1)), verifier.Uses{Total: rounds, Since: []int64{rounds}})
	}
}
