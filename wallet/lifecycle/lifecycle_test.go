package lifecycle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

const tenant = "default"

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

func open(t testing.TB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "procura.db"), seal.NewKey([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func allotter(s lifecycle.Ledger, seed byte) *lifecycle.Allotter {
	return &lifecycle.Allotter{
		Ledger: s, URL: func(_, list string) string { return "https://procura.example/" + list },
		Now: func() time.Time { return noon }, Random: rand.NewChaCha8([32]byte{seed}),
	}
}

// issue stores a credential with the places wished for.
func issue(t testing.TB, s lifecycle.Ledger, a *lifecycle.Allotter, name string, wishes ...lifecycle.Wish) *lifecycle.Issued {
	t.Helper()
	places, err := a.Places(t.Context(), tenant, "camp", wishes)
	if err != nil {
		t.Fatal(err)
	}
	i := &lifecycle.Issued{Tenant: tenant, ID: name, Profile: "camp", Name: name, IssuedAt: noon, Places: places}
	if err := s.Issue(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	return i
}

// kinds are every list that is made, and the format that signs it.
var kinds = []struct {
	wish   lifecycle.Wish
	format string
}{
	{lifecycle.Wish{Kind: lifecycle.Bitstring, Purpose: lifecycle.Revocation}, vc.FormatLD},
	{lifecycle.Wish{Kind: lifecycle.Bitstring, Purpose: lifecycle.Suspension}, vc.FormatVCJOSE},
	{lifecycle.Wish{Kind: lifecycle.Bitstring, Purpose: lifecycle.Message, Messages: []string{"a", "b", "c"}}, vc.FormatJCS},
	{lifecycle.Wish{Kind: lifecycle.List2021, Purpose: lifecycle.Revocation}, vc.FormatLD},
	{lifecycle.Wish{Kind: lifecycle.Token, Purpose: lifecycle.Status}, proof.StatusType},
}

// signer signs lists as one key.
func signer(t testing.TB, format string) (*proof.Signer, func(context.Context, *lifecycle.List, map[string]any) ([]byte, string, error)) {
	t.Helper()
	key, err := proof.GenerateKey(proof.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	s := &proof.Signer{Key: key, At: noon}
	return s, func(ctx context.Context, _ *lifecycle.List, doc map[string]any) ([]byte, string, error) {
		if format == proof.StatusType {
			text, err := s.StatusToken(doc)
			return []byte(text), "", err
		}
		signed, err := s.Credential(ctx, doc, format)
		if text, ok := signed.(string); ok {
			return []byte(text), "", err
		}
		body, _ := json.Marshal(signed)
		return body, "", err
	}
}

// read asks our own verifier for the status of a credential that has one entry.
func read(t testing.TB, body []byte, issuer string, attached map[string]any) int {
	t.Helper()
	raw, err := json.Marshal(attached)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := vc.ParseJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	entries, refusal := status.Entries(tree.(map[string]any))
	if refusal != nil || len(entries) != 1 || !entries[0].Readable() {
		t.Fatalf("entries %+v, refusal %v", entries, refusal)
	}
	l, err := status.ParseList(body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Read(t.Context(), entries[0], status.Terms{
		Proofs:     &proof.Verifier{DIDs: &did.Resolver{}, Now: func() time.Time { return noon }},
		MayPublish: func(_ context.Context, by string) (bool, error) { return by == issuer, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.Value
}

// What a list says of each credential our own verifier reads.
func TestListsAreRead(t *testing.T) {
	t.Parallel()
	for i, k := range kinds {
		t.Run(k.wish.Kind+" "+k.wish.Purpose+" "+k.format, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			by, sign := signer(t, k.format)
			p := &lifecycle.Publisher{Shelf: s, Now: func() time.Time { return noon }, Sign: sign}
			a := allotter(s, byte(i))
			plain, changed := issue(t, s, a, "plain", k.wish), issue(t, s, a, "changed", k.wish)
			action, want := lifecycle.Revoke, 1
			switch k.wish.Purpose {
			case lifecycle.Suspension:
				action = lifecycle.Suspend
			case lifecycle.Status:
				action, want = lifecycle.Suspend, 2
			case lifecycle.Message:
				action, want = lifecycle.Tell, 2
			}
			if n, err := s.Apply(t.Context(), &lifecycle.Change{Tenant: tenant, IDs: []string{"changed"}, Action: action, Value: 2, At: noon}); err != nil || n != 1 {
				t.Fatalf("%d changed, %v", n, err)
			}
			for _, i := range []*lifecycle.Issued{plain, changed} {
				out, err := p.Get(t.Context(), tenant, i.Places[0].List.ID)
				if err != nil {
					t.Fatal(err)
				}
				expected := want
				if i == plain {
					expected = 0
				}
				if got := read(t, out.Body, by.Key.DID(), lifecycle.Attach(map[string]any{}, i.Places)); got != expected {
					t.Errorf("%s has value %d, want %d", i.Name, got, expected)
				}
			}
		})
	}
}

// full is a ledger of which some list has few places left.
type full struct {
	*sqlite.Store
	looked int             // how often it was asked for a list
	left   map[string]bool // lists with places; others have none
}

func (f *full) Vacant(ctx context.Context, tenant, list string, drawn []int) (int, bool, error) {
	if f.left != nil && !f.left[list] {
		return 0, false, nil
	}
	return f.Store.Vacant(ctx, tenant, list, drawn)
}

func (f *full) OpenList(ctx context.Context, tenant, profile, kind, purpose string) (*lifecycle.List, error) {
	f.looked++
	return f.Store.OpenList(ctx, tenant, profile, kind, purpose)
}

// A list in which no place is found is closed, and another begun.
func TestListIsFull(t *testing.T) {
	t.Parallel()
	f := &full{Store: open(t)}
	a := allotter(f, 1)
	wish := lifecycle.Wish{Kind: lifecycle.Bitstring, Purpose: lifecycle.Revocation}
	first := issue(t, f, a, "first", wish)
	if next := issue(t, f, a, "next", wish); next.Places[0].List != first.Places[0].List || f.looked != 1 {
		t.Errorf("looked for a list %d times, want once", f.looked)
	}
	// The first draw is 8 indexes, of 32 bytes; the next names the list.
	var drawn [32 + 16]byte
	rand.NewChaCha8([32]byte{9}).Read(drawn[:])
	f.left = map[string]bool{fmt.Sprintf("%x", drawn[32:]): true}
	a.Random = rand.NewChaCha8([32]byte{9})
	second := issue(t, f, a, "second", wish)
	if first.Places[0].List.ID == second.Places[0].List.ID {
		t.Error("a place was given in a list that is full")
	}
	if _, _, err := f.Shelved(t.Context(), tenant, first.Places[0].List.ID); err != nil {
		t.Errorf("the full list is gone: %v", err)
	}
}

// A list that another process closed gives no more places here either.
func TestListIsClosedElsewhere(t *testing.T) {
	t.Parallel()
	s := open(t)
	here, there := allotter(s, 1), allotter(s, 2)
	wish := lifecycle.Wish{Kind: lifecycle.Bitstring, Purpose: lifecycle.Revocation}
	first := issue(t, s, here, "first", wish).Places[0].List.ID
	if second := issue(t, s, there, "second", wish).Places[0].List.ID; second != first {
		t.Fatalf("two lists are open: %s and %s", first, second)
	}
	if err := s.CloseList(t.Context(), tenant, first); err != nil {
		t.Fatal(err)
	}
	third, fourth := issue(t, s, there, "third", wish).Places[0].List.ID, issue(t, s, here, "fourth", wish).Places[0].List.ID
	if third == first || fourth != third {
		t.Errorf("places were given in %s and %s after %s was closed, want both in another", third, fourth, first)
	}
}

func TestNoAddress(t *testing.T) {
	t.Parallel()
	a := allotter(open(t), 1)
	a.URL = func(string, string) string { return "" }
	_, err := a.Places(t.Context(), tenant, "camp", []lifecycle.Wish{{Kind: lifecycle.Bitstring, Purpose: lifecycle.Revocation}})
	if !errors.Is(err, lifecycle.ErrAddress) {
		t.Errorf("error %v, want %v", err, lifecycle.ErrAddress)
	}
}

// A list is signed when it was not, has changed, or is about to age; by one of
// those who ask at once.
func TestPublisherSigns(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, sign := signer(t, vc.FormatVCJOSE)
	var signed atomic.Int32
	now := noon
	p := &lifecycle.Publisher{Shelf: s, Now: func() time.Time { return now }, TTL: time.Minute, Sign: func(ctx context.Context, l *lifecycle.List, doc map[string]any) ([]byte, string, error) {
		signed.Add(1)
		return sign(ctx, l, doc)
	}}
	i := issue(t, s, allotter(s, 1), "a", lifecycle.Wish{Kind: lifecycle.Bitstring, Purpose: lifecycle.Revocation})
	get := func(what string, times int32) {
		t.Helper()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := p.Get(t.Context(), tenant, i.Places[0].List.ID); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := signed.Load(); got != times {
			t.Errorf("%s: signed %d times, want %d", what, got, times)
		}
	}
	get("at first", 1)
	now = noon.Add(29 * time.Second)
	get("before it ages", 1)
	now = noon.Add(30 * time.Second)
	get("when it is about to", 2)
	if _, err := s.Apply(t.Context(), &lifecycle.Change{Tenant: tenant, IDs: []string{"a"}, Action: lifecycle.Revoke, At: now}); err != nil {
		t.Fatal(err)
	}
	get("when it has changed", 3)
	other := &lifecycle.Publisher{Shelf: s, Now: p.Now, Sign: p.Sign}
	if _, err := other.Get(t.Context(), tenant, i.Places[0].List.ID); err != nil || signed.Load() != 3 {
		t.Errorf("another process signed what was published: %d times, %v", signed.Load(), err)
	}
	now = noon.Add(-time.Hour)
	if _, err := p.Get(t.Context(), tenant, i.Places[0].List.ID); err != nil || signed.Load() != 4 {
		t.Errorf("signed in the future: %d times, %v", signed.Load(), err)
	}
	if _, err := p.Get(t.Context(), tenant, "x"); !errors.Is(err, lifecycle.ErrNoList) {
		t.Errorf("no list: %v", err)
	}
}

// What stands in credentialStatus already stays, and the document as it was.
func TestAttach(t *testing.T) {
	t.Parallel()
	l := &lifecycle.List{Kind: lifecycle.Bitstring, Purpose: lifecycle.Revocation, URL: "https://x.example/l", Size: 1}
	own := map[string]any{"type": "X"}
	for name, c := range map[string]struct {
		had  any
		want int
	}{"none": {nil, 1}, "one": {own, 2}, "several": {[]any{own, own}, 3}} {
		doc := map[string]any{}
		if c.had != nil {
			doc["credentialStatus"] = c.had
		}
		got := lifecycle.Attach(doc, []lifecycle.Place{{List: l, Index: 5}})["credentialStatus"]
		list, several := got.([]any)
		if !several {
			list = []any{got}
		}
		last, _ := list[len(list)-1].(map[string]any)
		if len(list) != c.want || last["id"] != "https://x.example/l#5" || last["statusListIndex"] != "5" {
			t.Errorf("%s: %v", name, got)
		}
		if had, ok := doc["credentialStatus"]; ok != (c.had != nil) || ok && fmt.Sprint(had) != fmt.Sprint(c.had) {
			t.Errorf("%s: the document became %v", name, doc)
		}
	}
}
