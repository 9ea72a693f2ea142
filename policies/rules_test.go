package policies

import (
	"sync"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

// A rule of a framework is read once, however many ask for it at once.
func TestRulesReadAtOnce(t *testing.T) {
	t.Parallel()
	own := engineOf(t, fixture(t)).rules
	if len(own) == 0 {
		t.Fatal("the engine finds no rules of its framework")
	}
	for _, read := range own {
		const askers = 16
		start, got := make(chan struct{}), [askers]*sgl.Rule{}
		var wg sync.WaitGroup
		for i := range askers {
			wg.Go(func() {
				<-start
				got[i], _ = read()
			})
		}
		close(start)
		wg.Wait()
		for _, r := range got {
			if r == nil || r != got[0] {
				t.Errorf("one rule is read as %p and %p", got[0], r)
			}
		}
	}
}
