package channel

import (
	"errors"
	"math/rand/v2"
	"testing"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	type step struct {
		seq  uint64
		want error
	}
	for name, steps := range map[string][]step{
		"in order":            {{1, nil}, {2, nil}, {3, nil}},
		"twice":               {{1, nil}, {1, ErrReplayed}, {2, nil}, {1, ErrReplayed}, {2, ErrReplayed}},
		"zero":                {{0, ErrReplayed}, {1, nil}, {0, ErrReplayed}},
		"late":                {{64, nil}, {1, nil}, {1, ErrReplayed}, {63, nil}},
		"too late":            {{65, nil}, {1, ErrReplayed}, {2, nil}},
		"far ahead":           {{Ahead, nil}, {2 * Ahead, nil}, {Ahead, ErrReplayed}},
		"too far ahead":       {{Ahead + 1, ErrAhead}, {1, nil}, {Ahead + 2, ErrAhead}, {Ahead + 1, nil}},
		"a refusal is no use": {{Ahead + 1, ErrAhead}, {Ahead, nil}},
		"the last number":     {{1<<64 - 1, ErrAhead}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w Window
			for i, s := range steps {
				next, err := w.Claim(s.seq)
				if !errors.Is(err, s.want) || err != nil && next != w {
					t.Fatalf("step %d: %d: got %v, want %v", i, s.seq, err, s.want)
				}
				w = next
			}
		})
	}
}

func TestWindowAtTheEndOfNumbers(t *testing.T) {
	t.Parallel()
	w := Window{High: 1<<64 - 2, Seen: 1}
	w, err := w.Claim(1<<64 - 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Claim(1<<64 - 1); !errors.Is(err, ErrReplayed) {
		t.Errorf("got %v", err)
	}
}

// A number is taken at most once, as a set of all that were taken says.
func TestWindowTakesEachOnce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var w Window
	taken, high := map[uint64]bool{}, uint64(0)
	for range 200_000 {
		seq := high + random.Uint64N(100) - min(high, 80)
		next, err := w.Claim(seq)
		want := seq > 0 && !taken[seq] && seq+Behind > high
		if want != (err == nil) {
			t.Fatalf("%d after %d: got %v, want it taken: %v", seq, high, err, want)
		}
		if err == nil {
			w, taken[seq], high = next, true, max(high, seq)
		}
	}
}
