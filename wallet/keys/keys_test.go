package keys

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var ann = Account{Tenant: "default", ID: ID{9}}

func TestHierarchy(t *testing.T) {
	t.Parallel()
	root := NewRoot(ann)
	under := UnderOpaque([]byte("export key"))
	slot := root.Slot(SlotOpaque, under)
	again, err := OpenSlot(ann, 1, SlotOpaque, under, slot)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPartition(ann)
	had, err := again.OpenPartition(p.ID, 1, root.Partition(p))
	if err != nil {
		t.Fatal(err)
	}
	item := Item{ID: NewID(), Kind: "credential", Version: 1}
	if got, err := had.Open(item, p.Seal(item, []byte("text"))); err != nil || string(got) != "text" {
		t.Errorf("got %q, %v", got, err)
	}
	if p.Tag("id", "a") != had.Tag("id", "a") || p.Tag("id", "a") == p.Tag("id", "b") || p.Tag("id", "a") == p.Tag("type", "a") {
		t.Error("tags do not tell values and fields apart, or one value has two")
	}
	if next := p.Next(); next.Epoch != 2 || next.ID != p.ID || root.Next().Generation != 2 {
		t.Errorf("after epoch 1 comes %d", next.Epoch)
	}
	if p.Tag("id", "a") == p.Next().Tag("id", "a") {
		t.Error("an epoch has the tags of the one before")
	}
}

func TestHierarchyRefuses(t *testing.T) {
	t.Parallel()
	root, under := NewRoot(ann), New()
	p := NewPartition(ann)
	slot, wrapped := root.Slot(SlotOpaque, under), root.Partition(p)
	item := Item{ID: NewID(), Kind: "key", Version: 1}
	sealed := p.Seal(item, []byte("text"))
	ben := Account{Tenant: "default", ID: ID{8}}
	for name, try := range map[string]func() error{
		"slot of another kind":       func() error { _, err := OpenSlot(ann, 1, SlotRecovery, under, slot); return err },
		"slot of another account":    func() error { _, err := OpenSlot(ben, 1, SlotOpaque, under, slot); return err },
		"slot of an older root key":  func() error { _, err := OpenSlot(ann, 2, SlotOpaque, under, slot); return err },
		"slot under another key":     func() error { _, err := OpenSlot(ann, 1, SlotOpaque, New(), slot); return err },
		"partition of the next root": func() error { _, err := root.Next().OpenPartition(p.ID, 1, wrapped); return err },
		"partition as another":       func() error { _, err := root.OpenPartition(NewID(), 1, wrapped); return err },
		"partition of another epoch": func() error { _, err := root.OpenPartition(p.ID, 2, wrapped); return err },
		"item of the epoch before":   func() error { _, err := p.Next().Open(item, sealed); return err },
		"item as another type":       func() error { _, err := p.Open(Item{item.ID, "credential", 1}, sealed); return err },
		"item of an older version":   func() error { _, err := p.Open(Item{item.ID, "key", 2}, sealed); return err },
		"item as another":            func() error { _, err := p.Open(Item{NewID(), "key", 1}, sealed); return err },
		"epoch under another number": func() error { _, err := Served(ann, p.ID, 2, p.key).Open(item, sealed); return err },
		"item in another partition":  func() error { _, err := Served(ann, NewID(), 1, p.key).Open(item, sealed); return err },
		"item of another account":    func() error { _, err := Served(ben, p.ID, 1, p.key).Open(item, sealed); return err },
		"item of another tenant": func() error {
			_, err := Served(Account{"other", ann.ID}, p.ID, 1, p.key).Open(item, sealed)
			return err
		},
		"a short key": func() error {
			at := p.place(purposePartition)
			at.Version = 1
			_, err := root.OpenPartition(p.ID, 1, root.key.Seal(at, make([]byte, Size-1)))
			return err
		},
		"a long key": func() error {
			at := p.place(purposePartition)
			at.Version = 1
			_, err := root.OpenPartition(p.ID, 1, root.key.Seal(at, make([]byte, Size+1)))
			return err
		},
		"key of another item": func() error {
			other := Item{ID: NewID(), Kind: "key", Version: 1}
			_, err := p.Open(item, Sealed{p.Seal(other, nil).Key, sealed.Content})
			return err
		},
	} {
		if err := try(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	root := NewRoot(ann)
	made, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	had, err := root.OpenIdentity(root.Identity(made))
	if err != nil {
		t.Fatal(err)
	}
	box, _ := had.Public()
	p := NewPartition(ann)
	given, err := p.Give(box, []byte("grant"))
	if err != nil {
		t.Fatal(err)
	}
	taken, err := made.Take(ann, p.ID, p.Epoch, given, []byte("grant"))
	if err != nil || taken.key != p.key {
		t.Errorf("what was given is not what was taken: %v", err)
	}
	other, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"another's":  func() error { _, err := other.Take(ann, p.ID, 1, given, []byte("grant")); return err },
		"other info": func() error { _, err := made.Take(ann, p.ID, 1, given, []byte("Grant")); return err },
		"cut":        func() error { _, err := made.Take(ann, p.ID, 1, given[:40], []byte("grant")); return err },
		"a long key": func() error {
			_, err := made.Take(ann, p.ID, 1, handed(t, box, make([]byte, Size+1)), []byte("grant"))
			return err
		},
		"long private halves": func() error {
			_, err := root.OpenIdentity(root.key.Seal(root.place(purposeIdentity), make([]byte, 2*Size+1)))
			return err
		},
		"another root's": func() error { _, err := root.Next().OpenIdentity(root.Identity(made)); return err },
	} {
		if err := try(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// The identity element, to which anybody can compute what is shared.
	if given, err := p.Give(make([]byte, 32), nil); err == nil {
		t.Errorf("gave %x to the identity element", given)
	}
}

// handed is anything sealed as a partition's key is given.
func handed(t *testing.T, box, what []byte) []byte {
	t.Helper()
	to, err := ecdh.X25519().NewPublicKey(box)
	if err != nil {
		t.Fatal(err)
	}
	public, err := hpke.NewDHKEMPublicKey(to)
	if err != nil {
		t.Fatal(err)
	}
	out, err := hpke.Seal(public, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("grant"), what)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRecoveryCode(t *testing.T) {
	t.Parallel()
	r := Recovery{Derive([]byte("one code"), "test")} // of a random one, a slip in 65,536 is not found
	text := r.Text()
	for _, written := range []string{text, strings.ToLower(text), strings.ReplaceAll(text, "-", " "), " " + text + "\n", strings.ReplaceAll(strings.ReplaceAll(text, "0", "o"), "1", "l")} {
		if got, err := ParseRecovery(written); err != nil || got != r {
			t.Errorf("%q: %v", written, err)
		}
	}
	if r.Auth() == r.Under() {
		t.Error("what the server learns opens the slot")
	}
	for i := range text {
		slip := []byte(text)
		slip[i] = map[bool]byte{true: '2', false: '3'}[slip[i] == '3']
		if got, err := ParseRecovery(string(slip)); err == nil && string(slip) != text {
			t.Errorf("a slip at %d is not found: %v", i, got)
		}
	}
	for _, bad := range []string{"", text[:len(text)-1], text + "0", strings.Repeat("0", 300), "é", strings.ReplaceAll(text, "-", "_")} {
		if _, err := ParseRecovery(bad); !errors.Is(err, ErrCode) {
			t.Errorf("%q is read: %v", bad, err)
		}
	}
}

func FuzzParseRecovery(f *testing.F) {
	f.Add(Recovery{Key(bytes.Repeat([]byte{1}, 32))}.Text())
	f.Add("00000-00000")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRecovery(text)
		if err != nil {
			return
		}
		if again, err := ParseRecovery(r.Text()); err != nil || again != r {
			t.Errorf("%q is read as another code than it is written as", text)
		}
	})
}

// No form of a message shows a key that stands inside of something.
func TestKeysAreNotShown(t *testing.T) {
	t.Parallel()
	root := NewRoot(Account{})
	part := NewPartition(Account{})
	identity, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range [][]byte{root.key[:], part.key[:], identity.sign.Seed()} {
		for _, form := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
			said := fmt.Sprintf(form, []any{root, *root, part, *part, identity, *identity})
			for _, as := range []string{"%x", "%d"} {
				if hidden := strings.Trim(fmt.Sprintf(as, secret), "[]"); strings.Contains(said, hidden) {
					t.Errorf("%s shows a key: %s", form, said)
				}
			}
		}
	}
}
