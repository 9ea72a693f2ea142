package policies

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

func TestDecidePermits(t *testing.T) {
	t.Parallel()
	d := decide(t, engineOf(t, fixture(t)), base())
	if d.Decision != Permit || len(d.Reasons) != 0 || d.ValidUntil != "2026-11-22T12:59:30Z" {
		t.Fatalf("got %s", shown(t, d))
	}
}

func TestDecideDenies(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for _, test := range denials {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := base()
			test.change(in)
			d := decide(t, engine, in)
			if got := codes(d); d.Decision != Deny || !slices.Equal(got, test.codes) {
				t.Errorf("got %s for %v, want deny for %v\n%s", d.Decision, got, test.codes, shown(t, d))
			}
		})
	}
}

func decide(t testing.TB, engine *Engine, in *facts.Input) *Decision {
	t.Helper()
	d, err := engine.Decide(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// codes are those of the reasons, each once, in their order.
func codes(d *Decision) []string {
	got := make([]string, 0, len(d.Reasons))
	for _, r := range d.Reasons {
		got = append(got, r.Code)
	}
	return slices.Compact(got)
}

func shown(t testing.TB, d *Decision) string {
	t.Helper()
	raw, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func BenchmarkDecide(b *testing.B) {
	engine, in := engineOf(b, fixture(b)), base()
	for b.Loop() {
		if d := decide(b, engine, in); d.Decision != Permit {
			b.Fatal(shown(b, d))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/400, "of-400µs")
}

// A permit lasts no longer than the proofs that it rests on.
func TestPermitEndsWithItsProofs(t *testing.T) {
	t.Parallel()
	in := base()
	in.Presentations[0].Credentials[0].ProvedUntil = "2026-11-22T12:05:00Z"
	d := decide(t, engineOf(t, fixture(t)), in)
	if d.Decision != Permit || d.ValidUntil != in.Presentations[0].Credentials[0].ProvedUntil {
		t.Errorf("got %s", shown(t, d))
	}
}
