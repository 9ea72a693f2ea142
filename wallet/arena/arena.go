// Package arena keeps secrets that live long – those of a wallet's server, and
// what a holder's client has of a session – out of what the system writes to a
// disk: in pages of their own, locked in memory where the system lets a program,
// and left out of core dumps.
//
// It is best effort. A library that is given a secret may copy it, and the
// runtime moves stacks; docs/wallet-keys.md says what that leaves.
package arena

import (
	"slices"
	"sync"
	"unsafe"
)

// Size is the most that one slot holds, in bytes.
const Size = 64

// slots is how many one mapping holds: what is locked is bounded by the system,
// often to a few of these, and is one number for the whole program.
const slots = 1024

// pages are the mappings of this program, and which of their slots are free.
var pages struct {
	sync.Mutex
	mapped [][]byte
	free   [][]byte
	locked bool
}

// Keep moves a secret of at most [Size] bytes into a slot, clears where it was, and
// returns it there. Longer ones, and those for which the system has no pages, stay
// where they are. What it returns is given to [Free] once, and not used after.
func Keep(secret []byte) []byte {
	pages.Lock()
	defer pages.Unlock()
	if len(secret) > Size || !room() {
		return secret
	}
	last := len(pages.free) - 1
	slot := pages.free[last]
	pages.free = pages.free[:last]
	n := copy(slot, secret)
	clear(secret)
	return slot[:n:n]
}

// Free clears a secret and its slot. Of one that is in no slot it clears the bytes.
func Free(secret []byte) {
	clear(secret)
	pages.Lock()
	defer pages.Unlock()
	if slot := slotOf(secret); slot != nil && !slices.ContainsFunc(pages.free, func(f []byte) bool { return &f[0] == &slot[0] }) {
		clear(slot)
		pages.free = append(pages.free, slot)
	}
}

// Locked reports whether what is kept stays in memory, as far as the system was
// asked; true where nothing is kept.
func Locked() bool {
	pages.Lock()
	defer pages.Unlock()
	return len(pages.mapped) == 0 || pages.locked
}

// room sees that a slot is free. It maps more pages where none is.
func room() bool {
	if len(pages.free) > 0 {
		return true
	}
	mapped, locked := mapPages(slots * Size)
	if mapped == nil {
		return false
	}
	pages.locked = locked && (len(pages.mapped) == 0 || pages.locked)
	pages.mapped = append(pages.mapped, mapped)
	for i := slots - 1; i >= 0; i-- {
		pages.free = append(pages.free, mapped[i*Size:(i+1)*Size:(i+1)*Size])
	}
	return true
}

// slotOf is the whole slot that a secret stands in; nil: in none.
func slotOf(secret []byte) []byte {
	if len(secret) == 0 {
		return nil
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(secret)))
	for _, m := range pages.mapped {
		begin := uintptr(unsafe.Pointer(unsafe.SliceData(m)))
		if at >= begin && at < begin+uintptr(len(m)) {
			i := int(at-begin) / Size
			return m[i*Size : (i+1)*Size : (i+1)*Size]
		}
	}
	return nil
}
