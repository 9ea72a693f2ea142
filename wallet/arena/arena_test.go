package arena

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

func secret(n int) []byte { return bytes.Repeat([]byte{0xa5}, n) }

func isClear(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// A secret is moved: it is in its slot, and nowhere else.
func TestKeepMoves(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 32, Size} {
		given := secret(n)
		kept := Keep(given)
		if runtime.GOOS == "linux" && (!isClear(given) || slotOf(kept) == nil) {
			t.Errorf("%d bytes: they stay where they were", n)
		}
		if !bytes.Equal(kept, secret(n)) || cap(kept) != n {
			t.Errorf("%d bytes: %x of capacity %d", n, kept, cap(kept))
		}
		slot := slotOf(kept)
		Free(kept)
		if !isClear(slot) {
			t.Errorf("%d bytes: the slot still has %x", n, slot)
		}
	}
}

// What is too long for a slot stays, and is cleared all the same.
func TestKeepTooLong(t *testing.T) {
	t.Parallel()
	long := secret(Size + 1)
	if kept := Keep(long); &kept[0] != &long[0] || slotOf(kept) != nil {
		t.Error("it was moved")
	}
	Free(long)
	if !isClear(long) {
		t.Error("it was not cleared")
	}
	Free(nil)
}

// No two secrets share a slot, also where one mapping is full, and where one is
// freed twice.
func TestSlotsAreApart(t *testing.T) {
	var held [][]byte
	seen := map[*byte]bool{}
	for i := range 2*slots + 1 {
		b := Keep([]byte(fmt.Sprintf("%032d", i)))
		if seen[unsafe.SliceData(b)] {
			t.Fatal("two in one slot")
		}
		seen[unsafe.SliceData(b)] = true
		held = append(held, b)
	}
	for i, b := range held {
		if string(b) != fmt.Sprintf("%032d", i) {
			t.Fatalf("slot %d has %q", i, b)
		}
	}
	for _, b := range held {
		Free(b)
	}
	Free(held[0])
	a, b := Keep(secret(32)), Keep(secret(32))
	if runtime.GOOS == "linux" && &a[0] == &b[0] {
		t.Error("a slot that was freed twice is given twice")
	}
	Free(a)
	Free(b)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 500 {
				want := bytes.Repeat([]byte{byte(i + 1)}, 32)
				b := Keep(bytes.Clone(want))
				if !bytes.Equal(b, want) {
					t.Error("another's secret")
				}
				Free(b)
			}
		})
	}
	all.Wait()
}

// The pages of the arena are not part of a core (proc(5), smaps: dd), and locked
// (lo) where Locked says so.
func TestPagesAreNotDumped(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says it of its pages")
	}
	kept := Keep(secret(32))
	defer Free(kept)
	raw, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip("no smaps: ", err)
	}
	at, inside := uint64(uintptr(unsafe.Pointer(&kept[0]))), false
	for line := range strings.Lines(string(raw)) {
		var from, to uint64
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			inside = at >= from && at < to
		}
		if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && inside {
			if !strings.Contains(flags, " dd") || Locked() && !strings.Contains(flags, " lo") {
				t.Errorf("the flags are %s, locked: %v", flags, Locked())
			}
			return
		}
	}
	t.Error("the slot stands in no mapping")
}
