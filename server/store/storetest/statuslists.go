package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/wallet/lifecycle"
)

func newList(purpose string) *lifecycle.List {
	return &lifecycle.List{
		Tenant: tenant, ID: id(), Profile: "camp", Kind: lifecycle.Bitstring, Purpose: purpose, Size: 1,
		URL: "https://procura.example/" + purpose, MadeAt: noon,
	}
}

// listed stores an open list.
func listed(t *testing.T, s Store, purpose string) *lifecycle.List {
	t.Helper()
	l := newList(purpose)
	must(t, s.AddList(t.Context(), l))
	return l
}

// issue stores a credential with places in lists, all of one index.
func issue(t *testing.T, s Store, name string, index int, lists ...*lifecycle.List) *lifecycle.Issued {
	t.Helper()
	i := newIssued(name, index, lists...)
	must(t, s.Issue(t.Context(), i))
	return i
}

func newIssued(name string, index int, lists ...*lifecycle.List) *lifecycle.Issued {
	i := &lifecycle.Issued{Tenant: tenant, ID: id(), Profile: "camp", Name: name, Proxied: "did:example:" + name, Digest: [32]byte{1}, IssuedAt: noon}
	for _, l := range lists {
		i.Places = append(i.Places, lifecycle.Place{List: l, Index: index})
	}
	return i
}

func statusLists(t *testing.T, db Database) {
	s := open(t, db)
	find := func(of, profile, kind, purpose string) error {
		_, err := s.OpenList(t.Context(), of, profile, kind, purpose)
		return err
	}
	wants(t, "none", find(tenant, "camp", lifecycle.Bitstring, lifecycle.Revocation), lifecycle.ErrNoList)
	l := newList(lifecycle.Message)
	l.Size, l.Messages = 2, []string{"a", "b", "ü"}
	must(t, s.AddList(t.Context(), l))
	got, err := s.OpenList(t.Context(), tenant, "camp", lifecycle.Bitstring, lifecycle.Message)
	must(t, err)
	same(t, "as it was added", got, l)
	for what, err := range map[string]error{
		"tenant": find(other, "camp", lifecycle.Bitstring, lifecycle.Message), "profile": find(tenant, "x", lifecycle.Bitstring, lifecycle.Message),
		"kind": find(tenant, "camp", lifecycle.Token, lifecycle.Message), "purpose": find(tenant, "camp", lifecycle.Bitstring, lifecycle.Suspension),
		"a name no row can have": find("\x00", "camp", lifecycle.Bitstring, lifecycle.Message),
	} {
		wants(t, "of another "+what, err, lifecycle.ErrNoList)
	}
	wants(t, "a second", s.AddList(t.Context(), newList(lifecycle.Message)), lifecycle.ErrListOpen)
	must(t, s.CloseList(t.Context(), tenant, l.ID))
	wants(t, "closed", find(tenant, "camp", lifecycle.Bitstring, lifecycle.Message), lifecycle.ErrNoList)
	must(t, s.AddList(t.Context(), newList(lifecycle.Message)))
	shelved, p, err := s.Shelved(t.Context(), tenant, l.ID)
	must(t, err)
	same(t, "a closed one is still there", shelved, l)
	same(t, "unpublished", p, (*lifecycle.Publication)(nil))
}

// Of several who begin a list one does.
func statusListsAtOnce(t *testing.T, db Database) {
	s, other := open(t, db), open(t, db)
	var added atomic.Int32
	var done sync.WaitGroup
	for i := range 16 {
		done.Go(func() {
			err := []Store{s, other}[i%2].AddList(context.Background(), newList(lifecycle.Revocation))
			if err == nil {
				added.Add(1)
			} else if !errors.Is(err, lifecycle.ErrListOpen) {
				t.Error(err)
			}
		})
	}
	done.Wait()
	same(t, "lists begun", added.Load(), int32(1))
}

func statusPlaces(t *testing.T, db Database) {
	s := open(t, db)
	revocation, suspension := listed(t, s, lifecycle.Revocation), listed(t, s, lifecycle.Suspension)
	a := issue(t, s, "a", 7, revocation, suspension)
	wants(t, "a place that is taken", s.Issue(t.Context(), newIssued("b", 7, suspension)), lifecycle.ErrTaken)
	wants(t, "a name that is taken", s.Issue(t.Context(), newIssued("a", 8, revocation)), lifecycle.ErrIssuedBefore)
	_, err := s.Find(t.Context(), tenant, []lifecycle.Ref{{Name: "b"}}, "")
	wants(t, "what failed is not there", err, lifecycle.ErrUnknownIssued)
	index, free, err := s.Vacant(t.Context(), tenant, revocation.ID, []int{7, 8, 9})
	must(t, err)
	same(t, "the first that is free", []any{index, free}, []any{8, true})
	_, free, err = s.Vacant(t.Context(), tenant, revocation.ID, []int{7, 7})
	must(t, err)
	same(t, "none is free", free, false)
	must(t, s.CloseList(t.Context(), tenant, suspension.ID))
	for _, id := range []string{suspension.ID, "x"} {
		_, free, err = s.Vacant(t.Context(), tenant, id, []int{8})
		wants(t, "a place in a list that is closed, or none", err, lifecycle.ErrNoList)
		same(t, "it gives none", free, false)
	}
	issue(t, s, "", 9, revocation)
	issue(t, s, "", 10, revocation) // two without a name are two
	elsewhere := newIssued("a", 7, newList(lifecycle.Revocation))
	elsewhere.Tenant = other
	if err := s.Issue(t.Context(), elsewhere); err == nil {
		t.Error("a place in a list that the tenant does not have was given")
	}
	found, err := s.Find(t.Context(), tenant, []lifecycle.Ref{{List: suspension.ID, Index: 7}, {Name: "a"}}, "did:example:a")
	must(t, err)
	same(t, "found", found, []lifecycle.Found{{ID: a.ID, Profile: "camp", About: true}, {ID: a.ID, Profile: "camp", About: true}})
	found, err = s.Find(t.Context(), tenant, []lifecycle.Ref{{Name: "a"}, {List: revocation.ID, Index: 9}}, "")
	must(t, err)
	same(t, "nobody is meant", []bool{found[0].About, found[1].About}, []bool{false, false})
	for _, ref := range []lifecycle.Ref{{Name: ""}, {Name: "c"}, {List: revocation.ID, Index: 8}, {List: "\x00", Index: 7}, {List: "x", Index: 7}} {
		_, err := s.Find(t.Context(), tenant, []lifecycle.Ref{{Name: "a"}, ref}, "")
		wants(t, fmt.Sprint(ref), err, lifecycle.ErrUnknownIssued)
	}
	_, err = s.Find(t.Context(), other, []lifecycle.Ref{{Name: "a"}}, "")
	wants(t, "of another tenant", err, lifecycle.ErrUnknownIssued)
}

// Of several who draw one place one gets it.
func statusPlacesAtOnce(t *testing.T, db Database) {
	s, other := open(t, db), open(t, db)
	l := listed(t, s, lifecycle.Revocation)
	var got [8]atomic.Int32
	var done sync.WaitGroup
	for i := range 64 {
		done.Go(func() {
			err := []Store{s, other}[i%2].Issue(context.Background(), newIssued(fmt.Sprint(i), i%8, l))
			if err == nil {
				got[i%8].Add(1)
			} else if !errors.Is(err, lifecycle.ErrTaken) {
				t.Error(err)
			}
		})
	}
	done.Wait()
	for i := range got {
		same(t, fmt.Sprintf("who got place %d", i), got[i].Load(), int32(1))
	}
}

// turn makes a change of credentials, and checks how many it changed.
func turn(t *testing.T, s Store, action string, want int, ids ...string) {
	t.Helper()
	n, err := s.Apply(t.Context(), &lifecycle.Change{Tenant: tenant, IDs: ids, Action: action, Value: 3, Reason: "because", By: "client", At: noon})
	must(t, err)
	same(t, "changed by "+action, n, want)
}

// sets are a list's version and places.
func sets(t *testing.T, s Store, l *lifecycle.List) (int64, []lifecycle.Set) {
	t.Helper()
	version, got, err := s.Sets(t.Context(), tenant, l.ID)
	must(t, err)
	slices.SortFunc(got, func(a, b lifecycle.Set) int { return a.Index - b.Index })
	return version, got
}

func statusChanges(t *testing.T, db Database) {
	s := open(t, db)
	revocation, suspension := listed(t, s, lifecycle.Revocation), listed(t, s, lifecycle.Suspension)
	message := newList(lifecycle.Message)
	message.Size, message.Messages = 2, []string{"a", "b", "c", "d"}
	must(t, s.AddList(t.Context(), message))
	token := newList(lifecycle.Status)
	token.Kind, token.Size = lifecycle.Token, 2
	must(t, s.AddList(t.Context(), token))
	a, b := issue(t, s, "a", 1, revocation, suspension, message), issue(t, s, "b", 2, token)
	holds := func(what string, l *lifecycle.List, version int64, want ...lifecycle.Set) {
		t.Helper()
		at, got := sets(t, s, l)
		same(t, what+": version", at, version)
		same(t, what, got, want)
	}
	turn(t, s, lifecycle.Suspend, 2, a.ID, b.ID)
	turn(t, s, lifecycle.Suspend, 0, a.ID, b.ID)
	holds("suspended", suspension, 1, lifecycle.Set{Index: 1, Value: 1})
	holds("not revoked", revocation, 0)
	holds("suspended token", token, 1, lifecycle.Set{Index: 2, Value: 2})
	turn(t, s, lifecycle.Resume, 2, a.ID, b.ID)
	holds("resumed", suspension, 2)
	holds("resumed token", token, 2)
	turn(t, s, lifecycle.Revoke, 2, a.ID, b.ID)
	turn(t, s, lifecycle.Expire, 0, a.ID, b.ID)
	turn(t, s, lifecycle.Suspend, 1, a.ID, b.ID)
	turn(t, s, lifecycle.Resume, 1, a.ID, b.ID)
	holds("revoked", revocation, 1, lifecycle.Set{Index: 1, Value: 1})
	holds("a revoked token stays so", token, 3, lifecycle.Set{Index: 2, Value: 1})
	turn(t, s, lifecycle.Tell, 1, a.ID)
	holds("told", message, 1, lifecycle.Set{Index: 1, Value: 3})
	events, err := s.History(t.Context(), tenant, a.ID)
	must(t, err)
	same(t, "events", len(events), 6)
	same(t, "the third", events[2], lifecycle.Event{Action: lifecycle.Revoke, Reason: "because", By: "client", At: noon})
	events, err = s.History(t.Context(), other, a.ID)
	must(t, err)
	same(t, "events of another tenant", len(events), 0)
}

// A change is made of all of its credentials, or of none.
func statusWhole(t *testing.T, db Database) {
	s := open(t, db)
	revocation := listed(t, s, lifecycle.Revocation)
	a, bare := issue(t, s, "a", 1, revocation), issue(t, s, "bare", 0)
	for what, ids := range map[string][]string{"one without a status": {a.ID, bare.ID}, "one that is unknown": {a.ID, id()}} {
		_, err := s.Apply(t.Context(), &lifecycle.Change{Tenant: tenant, IDs: ids, Action: lifecycle.Revoke, At: noon})
		wants(t, what, err, lifecycle.ErrNoStatus)
	}
	_, err := s.Apply(t.Context(), &lifecycle.Change{Tenant: other, IDs: []string{a.ID}, Action: lifecycle.Revoke, At: noon})
	wants(t, "of another tenant", err, lifecycle.ErrNoStatus)
	version, got := sets(t, s, revocation)
	same(t, "nothing changed", []any{version, len(got)}, []any{int64(0), 0})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Apply(gone, &lifecycle.Change{Tenant: tenant, IDs: []string{a.ID}, Action: lifecycle.Revoke, At: noon}); err == nil {
		t.Error("a call that was cancelled changed something")
	}
}

func statusPublications(t *testing.T, db Database) {
	s := open(t, db)
	l := listed(t, s, lifecycle.Revocation)
	published := func(version int64, at time.Duration, body string) {
		t.Helper()
		must(t, s.Shelve(t.Context(), tenant, l.ID, &lifecycle.Publication{Version: version, SignedAt: noon.Add(at), Media: "application/vc", Body: []byte(body)}))
	}
	wants := func(what, body string) {
		t.Helper()
		_, p, err := s.Shelved(t.Context(), tenant, l.ID)
		must(t, err)
		same(t, what, string(p.Body), body)
	}
	published(0, 0, "first")
	wants("the first", "first")
	published(0, time.Second, "again")
	wants("signed again", "again")
	published(0, 0, "earlier")
	wants("signed earlier", "again")
	published(1, 0, "next")
	wants("of the next version", "next")
	published(0, time.Hour, "before")
	wants("of the version before", "next")
	_, _, err := s.Shelved(t.Context(), other, l.ID)
	if !errors.Is(err, lifecycle.ErrNoList) {
		t.Errorf("another tenant's: %v", err)
	}
}

// 10,000 credentials are revoked in one call, over two lists.
func statusMany(t *testing.T, db Database) {
	s := open(t, db)
	lists := []*lifecycle.List{listed(t, s, lifecycle.Revocation), nil}
	must(t, s.CloseList(t.Context(), tenant, lists[0].ID))
	lists[1] = listed(t, s, lifecycle.Revocation)
	var refs []lifecycle.Ref
	var done sync.WaitGroup
	for i := range lifecycle.MaxChanged {
		refs = append(refs, lifecycle.Ref{Name: fmt.Sprint(i)})
	}
	for part := range 8 {
		done.Go(func() {
			for i := part; i < len(refs); i += 8 {
				if err := s.Issue(context.Background(), newIssued(refs[i].Name, i*13, lists[i%2])); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done.Wait()
	found, err := s.Find(t.Context(), tenant, refs, "")
	must(t, err)
	var ids []string
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	turn(t, s, lifecycle.Revoke, lifecycle.MaxChanged, ids...)
	for half, l := range lists {
		version, got := sets(t, s, l)
		same(t, "version", version, int64(1))
		same(t, "revoked", len(got), lifecycle.MaxChanged/2)
		for i, one := range got {
			if want := (2*i + half) * 13; one != (lifecycle.Set{Index: want, Value: 1}) {
				t.Fatalf("place %d is %+v, want %d", i, one, want)
			}
		}
	}
}
