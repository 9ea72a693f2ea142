package proof

import (
	"testing"
	"time"
)

// Proofs that follow each other in every way there is take no longer to refuse
// than others.
func TestCirclesAreFoundQuickly(t *testing.T) {
	t.Parallel()
	var proofs []*dataIntegrity
	var others []any
	for i := range maxProofs {
		id := "urn:p:" + string(rune('a'+i))
		if i > 0 {
			others = append(others, id)
		}
		m := map[string]any{"id": id}
		proofs = append(proofs, &dataIntegrity{received: m, config: m})
	}
	for _, d := range proofs {
		d.config["previousProof"] = others
	}
	begun := time.Now()
	for range 64 {
		for _, d := range proofs {
			d.previous = nil
		}
		if link(proofs) == nil {
			t.Fatal("the circle is taken")
		}
	}
	if took := time.Since(begun); took > 500*time.Millisecond {
		t.Errorf("64 circles took %v to be found", took)
	}
}
