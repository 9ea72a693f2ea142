package proof

import (
	"fmt"
	"testing"
)

// Each proof is looked at once, however many ways lead to it: among these there
// are 2^62 ways, and who took each would not come back.
func TestCirclesAreFoundOnce(t *testing.T) {
	t.Parallel()
	for name, circular := range map[string]bool{"all that come later": false, "all others": true} {
		proofs := make([]*dataIntegrity, 64)
		for i := range proofs {
			var others []any
			for j := range proofs {
				if j > i || circular && j != i {
					others = append(others, fmt.Sprint("urn:p:", j))
				}
			}
			m := map[string]any{"id": fmt.Sprint("urn:p:", i), "previousProof": others}
			proofs[i] = &dataIntegrity{received: m, config: m}
		}
		if r := link(proofs); (r != nil) != circular {
			t.Errorf("each follows %s: refused %v, want %v", name, r, circular)
		}
	}
}
