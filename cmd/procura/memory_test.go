package main

import "testing"

// Garbage may lie until the bound, which leaves what is alive half its room again.
func TestBound(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for live, want := range map[int64]int64{0: 96 * mb, 14 * mb: 96 * mb, 36 * mb: 96 * mb, 50 * mb: 107 * mb, 1000 * mb: 1532 * mb} {
		if got := bound(live); got != want {
			t.Errorf("with %d MB alive: %d MB, want %d", live/mb, got/mb, want/mb)
		}
	}
}
