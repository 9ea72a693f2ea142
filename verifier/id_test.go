package verifier

import (
	"testing"
	"time"
)

// Ids follow one another in time, and no two are alike.
func TestIDs(t *testing.T) {
	t.Parallel()
	first := newID()
	seen := map[string]bool{first: true}
	time.Sleep(2 * time.Millisecond)
	for range 1000 {
		id := newID()
		if len(id) != 32 || id <= first || seen[id] {
			t.Fatalf("%s after %s: want 32 characters, later in order, and new", id, first)
		}
		seen[id] = true
	}
}
