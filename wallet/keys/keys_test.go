package keys

import (
	"bytes"
	"errors"
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
		"another's":      func() error { _, err := other.Take(ann, p.ID, 1, given, []byte("grant")); return err },
		"other info":     func() error { _, err := made.Take(ann, p.ID, 1, given, []byte("Grant")); return err },
		"cut":            func() error { _, err := made.Take(ann, p.ID, 1, given[:40], []byte("grant")); return err },
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
