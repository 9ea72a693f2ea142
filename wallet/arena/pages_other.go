//go:build !linux

package arena

// mapPages maps none: secrets stay on the heap.
func mapPages(int) (mapped []byte, locked bool) { return nil, false }

// NoCore does nothing here: what the system leaves of a program is its operator's.
func NoCore() error { return nil }
