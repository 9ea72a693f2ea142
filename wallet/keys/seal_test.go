package keys

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var here = Place{
	Purpose: purposeItem, Tenant: "default", Account: ID{1}, Partition: ID{2},
	Epoch: 3, Item: ID{4}, Kind: "credential", Version: 5,
}

func TestSealOpensWhereItWasSealed(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 15, 16, 17, 64 << 10} {
		k, m := New(), bytes.Repeat([]byte{7}, size)
		sealed := k.Seal(here, m)
		if len(sealed) != size+Overhead {
			t.Errorf("%d bytes sealed are %d, want %d more", size, len(sealed), Overhead)
		}
		if got, err := k.Open(here, sealed); err != nil || !bytes.Equal(got, m) {
			t.Errorf("%d bytes: got %d bytes, %v", size, len(got), err)
		}
	}
}

func TestSealIsNeverTwiceTheSame(t *testing.T) {
	t.Parallel()
	k := New()
	if bytes.Equal(k.Seal(here, []byte("a")), k.Seal(here, []byte("a"))) {
		t.Error("two seals of one text are one")
	}
}

func TestSealOpensNowhereElse(t *testing.T) {
	t.Parallel()
	k := New()
	sealed := k.Seal(here, []byte("secret"))
	for name, move := range map[string]func(*Place){
		"purpose":   func(p *Place) { p.Purpose = purposeItemKey },
		"tenant":    func(p *Place) { p.Tenant = "Default" },
		"account":   func(p *Place) { p.Account[15]++ },
		"partition": func(p *Place) { p.Partition = ID{} },
		"epoch":     func(p *Place) { p.Epoch++ },
		"item":      func(p *Place) { p.Item[0]++ },
		"kind":      func(p *Place) { p.Kind = "key" },
		"version":   func(p *Place) { p.Version-- },
	} {
		at := here
		move(&at)
		if got, err := k.Open(at, sealed); !errors.Is(err, ErrSealed) {
			t.Errorf("with another %s: got %q, %v", name, got, err)
		}
	}
	if got, err := New().Open(here, sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("under another key: got %q, %v", got, err)
	}
}

func TestSealedBytesCannotBeChanged(t *testing.T) {
	t.Parallel()
	k := New()
	sealed := k.Seal(here, []byte("secret"))
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if got, err := k.Open(here, changed); !errors.Is(err, ErrSealed) {
			t.Errorf("byte %d changed: got %q, %v", i, got, err)
		}
		if got, err := k.Open(here, sealed[:i]); !errors.Is(err, ErrSealed) {
			t.Errorf("cut to %d bytes: got %q, %v", i, got, err)
		}
	}
	if got, err := k.Open(here, append(sealed, 0)); !errors.Is(err, ErrSealed) {
		t.Errorf("with a byte more: got %q, %v", got, err)
	}
}

// AES-GCM alone lets a maker of two keys find bytes that open under both. The
// commitment is of the key: without comparing it, this opens.
func TestSealCommitsToItsKey(t *testing.T) {
	t.Parallel()
	k, other := New(), New()
	sealed := k.Seal(here, nil)
	theirs := other.Seal(here, nil)
	mixed := append(bytes.Clone(sealed[:1+saltSize]), theirs[1+saltSize:headSize]...)
	mixed = append(mixed, sealed[headSize:]...)
	if _, err := k.Open(here, mixed); !errors.Is(err, ErrSealed) {
		t.Errorf("with another key's commitment: %v", err)
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	k := Key(bytes.Repeat([]byte{0xab}, Size))
	r := Recovery{k}
	for _, text := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", k, k, k, k), k.LogValue().String(), fmt.Sprintf("%v %+v %#v", r, r, r)} {
		if strings.Contains(text, "171") || strings.Contains(text, "ab") || strings.Contains(text, "0xab") {
			t.Errorf("a key prints as %s", text)
		}
	}
	if b, err := k.MarshalJSON(); err == nil {
		t.Errorf("a key is written as %s", b)
	}
}

func FuzzOpen(f *testing.F) {
	k := New()
	f.Add(k.Seal(here, []byte("secret")))
	f.Add([]byte{form})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		m, err := New().Open(here, sealed)
		if err == nil {
			t.Errorf("a random key opened %x: %x", sealed, m)
		}
	})
}
