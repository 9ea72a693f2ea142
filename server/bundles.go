package server

import "sync"

// maxBundles is how many bundles are held: each has some tens of kilobytes, and
// takes tens of milliseconds to compile and pack.
const maxBundles = 16

// bundles holds those that were asked for lately. Its zero value is ready, and
// it is safe for concurrent use.
type bundles struct {
	mu   sync.Mutex
	held map[*entry][]byte // a version never changes
}

// get returns the bundle of e, packed now if it is not held.
func (b *bundles) get(e *entry, pack func() ([]byte, error)) ([]byte, error) {
	b.mu.Lock()
	body, ok := b.held[e]
	b.mu.Unlock()
	if ok {
		return body, nil
	}
	body, err := pack()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held == nil || len(b.held) >= maxBundles {
		b.held = map[*entry][]byte{}
	}
	b.held[e] = body
	return body, nil
}
