package policies

import (
	"encoding/json"
	"testing"
)

func TestDecidePermits(t *testing.T) {
	t.Parallel()
	d, err := engineOf(t, fixture(t)).Decide(t.Context(), base())
	if err != nil {
		t.Fatal(err)
	}
	if d.Decision != Permit {
		raw, _ := json.MarshalIndent(d, "", " ")
		t.Fatalf("got %s", raw)
	}
}

func BenchmarkDecide(b *testing.B) {
	engine, in := engineOf(b, fixture(b)), base()
	for b.Loop() {
		d, err := engine.Decide(b.Context(), in)
		if err != nil || d.Decision != Permit {
			b.Fatalf("got %+v, %v", d, err)
		}
	}
}
