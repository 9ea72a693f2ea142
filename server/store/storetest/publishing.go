package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

// Every change raises the revision, and is found by who asks for what came after
// the one before; what changes nothing does not.
func revisions(t *testing.T, db Database) {
	s, another := open(t, db), open(t, db)
	seen, err := s.FrameworkRevision(t.Context())
	must(t, err)
	first, second := newFramework("Camp", "1.0.0"), newFramework("Camp", "1.1.0")
	publish := func(p *server.Published) func() error {
		return func() error {
			_, err := s.Publish(t.Context(), p)
			return err
		}
	}
	withdraw := func() error {
		_, err := s.Withdraw(t.Context(), first, server.Withdrawal{Reason: "x", Successor: "1.1.0"}, noon)
		return err
	}
	for _, step := range []struct {
		name    string
		do      func() error
		changed int
	}{
		{"publishing", publish(first), 1},
		{"the same again", publish(first), 0},
		{"another version", publish(second), 1},
		{"withdrawing", withdraw, 1},
		{"withdrawing again", withdraw, 0},
		{"transferring", func() error { return s.Transfer(t.Context(), tenant, first.Folded, "heir") }, 2},
	} {
		must(t, step.do())
		changed, err := another.PublishedSince(t.Context(), seen)
		must(t, err)
		next, err := another.FrameworkRevision(t.Context())
		must(t, err)
		if len(changed) != step.changed || next > seen != (step.changed > 0) {
			t.Errorf("%s: %d versions changed, and revision %d is now %d; want %d", step.name, len(changed), seen, next, step.changed)
		}
		seen = next
	}
	all, err := another.PublishedSince(t.Context(), 0)
	must(t, err)
	same(t, "owner", all[0].Owner, "heir")
	same(t, "withdrawal", all[0].Withdrawal, &server.Withdrawal{Date: noon, Reason: "x", Successor: "1.1.0"})
	same(t, "that of another version", all[1].Withdrawal, (*server.Withdrawal)(nil))
}

func withdrawals(t *testing.T, db Database) {
	s := open(t, db)
	p := newFramework("Camp", "1.0.0")
	_, err := s.Publish(t.Context(), p)
	must(t, err)
	w := server.Withdrawal{Reason: "x"}
	rival, none, theirs, strange := *p, *p, *p, *p
	rival.Owner, none.Version, theirs.Tenant, strange.Folded = "rival", "2.0.0", other, "a\x00b"
	for _, c := range []struct {
		name string
		p    *server.Published
		want error
	}{
		{"another's", &rival, server.ErrFrameworkOwner}, {"a version that is not there", &none, server.ErrUnknownFramework},
		{"another tenant's", &theirs, server.ErrUnknownFramework}, {"a name that no row can have", &strange, server.ErrUnknownFramework},
		{"its own", p, nil},
	} {
		_, err := s.Withdraw(t.Context(), c.p, w, noon)
		wants(t, c.name, err, c.want)
	}
	w.Date = noon.Add(time.Hour)
	_, err = s.Withdraw(t.Context(), p, w, noon)
	wants(t, "putting it off", err, server.ErrWithdrawn)
	for _, name := range []string{"none", "a\x00b"} {
		wants(t, "transferring "+name, s.Transfer(t.Context(), tenant, name, "heir"), server.ErrUnknownFramework)
	}
	wants(t, "transferring another tenant's", s.Transfer(t.Context(), other, p.Folded, "heir"), server.ErrUnknownFramework)
}

// Of many who publish, withdraw and transfer at once none is lost, and whoever
// reads a revision finds everything up to it.
func publishingAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	p := newFramework("Camp", "1.0.0")
	_, err := stores[0].Publish(t.Context(), p)
	must(t, err)
	var named atomic.Int32
	var wg sync.WaitGroup
	for i, version := range []string{"2.0.0", "3.0.0", "4.0.0", "5.0.0"} {
		wg.Go(func() {
			s := stores[i%2]
			if _, err := s.Publish(t.Context(), newFramework("Camp", version)); err != nil {
				t.Errorf("publishing: %v", err)
			}
			if changed, _ := s.Withdraw(t.Context(), p, server.Withdrawal{Reason: "x", Successor: version}, noon); changed {
				named.Add(1)
			}
			if err := s.Transfer(t.Context(), tenant, p.Folded, p.Owner); err != nil {
				t.Errorf("transferring: %v", err)
			}
		})
	}
	wg.Wait()
	all, err := stores[0].PublishedSince(t.Context(), 0)
	must(t, err)
	revision, err := stores[1].FrameworkRevision(t.Context())
	must(t, err)
	if len(all) != 5 || named.Load() != 1 || all[0].Withdrawal == nil || all[0].Withdrawal.Successor == "" {
		t.Errorf("%d versions, %d successors named, withdrawal %+v; want 5, 1, and its successor", len(all), named.Load(), all[0].Withdrawal)
	}
	for _, v := range all {
		if v.Revision > revision {
			t.Errorf("%s has revision %d, above the store's %d", v.Version, v.Revision, revision)
		}
	}
}

// What was published before the addresses of contexts were kept takes its address
// too, the first of two that clash, and in its own tenant alone.
func contextsBefore(t *testing.T, db Database) {
	publish := func(s Store, in, name, terms string) error {
		p := newFramework(name, "1.0.0")
		p.Tenant, p.Outline.ContextURL, p.Outline.Context = in, "https://camp.example/context", []byte(terms)
		_, err := s.Publish(t.Context(), p)
		return err
	}
	s := open(t, db)
	must(t, publish(s, tenant, "First", "terms"))
	db.Contexts()
	must(t, publish(s, tenant, "Second", "other terms")) // as a process could that had not heard of the first
	db.Contexts()
	s = open(t, db)
	wants(t, "other terms at its address", publish(s, tenant, "Third", "other terms"), server.ErrFrameworkURI)
	must(t, publish(s, tenant, "Fourth", "terms"))
	must(t, publish(s, other, "Third", "other terms"))
}
