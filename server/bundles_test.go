package server

import (
	"errors"
	"testing"
)

// A bundle is packed once while it is held; few are held, and a failure is not.
func TestBundlesAreHeld(t *testing.T) {
	t.Parallel()
	var b bundles
	packed := 0
	get := func(e *entry) {
		t.Helper()
		body, err := b.get(e, func() ([]byte, error) { packed++; return []byte(e.Name), nil })
		if err != nil || string(body) != e.Name {
			t.Errorf("got %q, %v; want %q", body, err, e.Name)
		}
	}
	first := &entry{Published: Published{Name: "first"}}
	if _, err := b.get(first, func() ([]byte, error) { return nil, errors.New("cannot") }); err == nil {
		t.Error("a bundle that could not be packed was given")
	}
	get(first)
	get(first)
	if packed != 1 {
		t.Errorf("packed %d times, want once", packed)
	}
	for range 3 * maxBundles {
		get(&entry{Published: Published{Name: "another"}})
		if len(b.held) > maxBundles {
			t.Fatalf("%d are held, want %d at most", len(b.held), maxBundles)
		}
	}
	if get(first); packed != 2+3*maxBundles {
		t.Errorf("packed %d times, want %d: the first was pushed out", packed, 2+3*maxBundles)
	}
}
