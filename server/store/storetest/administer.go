package storetest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// administers does something to an account as an administrator.
func (w *walletHouse) administers(by string, now time.Time, c contents.AdminChange) error {
	w.t.Helper()
	return administers(w.t.Context(), w.Store, w.account.Account, by, now, c)
}

func administers(ctx context.Context, s Store, of keys.Account, by string, now time.Time, c contents.AdminChange) error {
	return s.Administer(ctx, &contents.AdminAct{Account: of, By: by, RequestID: "r", Action: "wallet.admin.test", Now: now, Reason: "a reason that nobody reads", Told: true, Change: c})
}

// kept is what became of all that administrators did in a tenant.
func (w *walletHouse) kept(tenant string, of *keys.ID) (out []string) {
	w.t.Helper()
	list, err := w.AdminActs(w.t.Context(), contents.AdminQuery{Tenant: tenant, Account: of, Most: 1000})
	must(w.t, err)
	for _, e := range list {
		if e.Reason != "a reason that nobody reads" {
			w.t.Errorf("the reason of %d came back as %q", e.N, e.Reason)
		}
		out = append(out, e.By+" "+e.Result)
	}
	return out
}

func walletSuspended(t *testing.T, db Database) {
	s := wallets(t, db)
	w, ben := walletAt(t, s, "ann", 1), walletAt(t, s, "ben", 2)
	must(t, w.do(contents.Change{Account: &contents.AccountChange{Recovery: &session.Recovery{Root: session.RootSlot{Generation: 1, Sealed: []byte("root")}}}}))
	must(t, s.BeginRecovery(t.Context(), w.account.Account, noon))
	for name, of := range map[string]keys.Account{"nobody's": {Tenant: tenant, ID: keys.NewID()}, "another tenant's": {Tenant: other, ID: w.account.ID}} {
		wants(t, name, administers(t.Context(), s, of, "root", noon, contents.AdminChange{Suspend: true}), session.ErrAccount)
		_, err := s.Account(t.Context(), of)
		wants(t, name, err, session.ErrAccount)
	}
	same(t, "of those nothing is kept", w.kept(tenant, nil), []string(nil))
	must(t, w.administers("root", noon, contents.AdminChange{Suspend: true}))
	must(t, w.administers("root", noon.Add(time.Minute), contents.AdminChange{Suspend: true}))
	_, err := s.FindSession(t.Context(), w.session.Digest, noon)
	wants(t, "a session that was open", err, contents.ErrSession)
	wants(t, "what it asks", w.do(), contents.ErrSession)
	in := func() error {
		return s.AddSession(t.Context(), begins(w.account, 9), 1, spent(9), session.GuessID{}, session.Device{ID: keys.NewID(), Digest: [32]byte{9}})
	}
	wants(t, "another session", in(), session.ErrSuspended)
	next := &session.Replacement{Record: fakeRecord(4), Root: session.RootSlot{Generation: 1, Sealed: []byte("root")}, Version: 1, Ticket: spent(8)}
	wants(t, "a recovery", s.CompleteRecovery(t.Context(), w.account.Account, next, noon, noon.Add(session.RecoveryTime)), session.ErrRecovery)
	got, err := s.Account(t.Context(), w.account.Account)
	must(t, err)
	same(t, "since", got.Suspended, noon)
	must(t, ben.do())
	must(t, w.administers("root", noon, contents.AdminChange{Resume: true}))
	must(t, in())
	must(t, w.administers("root", noon, contents.AdminChange{EndSessions: true}))
	_, err = s.FindSession(t.Context(), begins(w.account, 9).Digest, noon)
	wants(t, "a session that was ended", err, contents.ErrSession)
	same(t, "results", w.results(), []string{"done", "done", "done", "done", "done", "done"})
	must(t, w.administers("root", noon, contents.AdminChange{Delete: noon.Add(time.Hour)}))
	_, err = s.Account(t.Context(), w.account.Account)
	wants(t, "who was deleted", err, session.ErrAccount)
	blocked, err := s.Blocked(t.Context(), tenant, "ann", noon)
	must(t, err)
	same(t, "their name", blocked, true)
	same(t, "what is kept of it", len(w.kept(tenant, &w.account.ID)), 5)
	same(t, "for another tenant", w.kept(other, &w.account.ID), []string(nil))
	same(t, "for another account", w.kept(tenant, &ben.account.ID), []string(nil))
	if bytes.Contains(db.Dump(), []byte("that nobody reads")) {
		t.Error("a reason is readable in the database")
	}
}

// Of those who log in while an account is suspended nobody stays.
func walletSuspendedAtOnce(t *testing.T, db Database) {
	s, second := wallets(t, db), open(t, db)
	for round := range 12 {
		ann := account(tenant, fmt.Sprint("ann", round))
		must(t, s.AddAccount(t.Context(), ann, spent(byte(round))))
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				d := session.Device{ID: keys.NewID(), Digest: [32]byte{byte(i)}}
				_ = s.AddSession(t.Context(), begins(ann, byte(10*round+i)), 1, spent(byte(100+10*round+i)), session.GuessID{}, d) // begins or is refused
			})
		}
		all.Go(func() {
			if err := administers(t.Context(), second, ann.Account, "root", noon, contents.AdminChange{Suspend: true}); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		o, err := s.Overview(t.Context(), ann.Account, noon)
		must(t, err)
		same(t, "sessions of who is suspended", o.Sessions, 0)
	}
}

func walletDelayLifted(t *testing.T, db Database) {
	s := wallets(t, db)
	w := walletAt(t, s, "ann", 1)
	for range 10 {
		try(t, s, 1, noon)
		try(t, s, 2, noon)
	}
	lifts := func(at time.Time) error {
		return w.administers("root", at, contents.AdminChange{Lift: [][32]byte{{1}, {3}}})
	}
	must(t, lifts(noon))
	same(t, "a try that was lifted", try(t, s, 1, noon), time.Duration(0))
	same(t, "another's", try(t, s, 2, noon), 15*time.Minute)
	for range 9 {
		try(t, s, 1, noon)
	}
	wants(t, "within the hour", lifts(noon.Add(59*time.Minute)), contents.ErrLifted)
	same(t, "a try meanwhile", try(t, s, 1, noon), 15*time.Minute)
	must(t, lifts(noon.Add(time.Hour)))
	same(t, "results", w.results(), []string{"done", contents.ErrLifted.Error(), "done"})
	same(t, "told", len(w.kept(tenant, &w.account.ID)), 2)
	same(t, "kept", len(w.kept(tenant, nil)), 3)
}

// It takes two, a custodial partition, and time does not stand still.
func walletInspections(t *testing.T, db Database) {
	s := wallets(t, db)
	w := walletAt(t, s, "ann", 1)
	parts := map[string]keys.ID{}
	for _, mode := range contents.Modes {
		parts[mode] = keys.NewID()
		p := contents.Partition{ID: parts[mode], Epoch: 1, Mode: mode, Root: 1, Key: []byte("wrapped")}
		if mode != contents.Sealed {
			key := keys.New()
			check := keys.Served(w.account.Account, p.ID, 1, key).Check()
			p.Check = &check
			if mode == contents.Custodial {
				p.Held = &key
			}
		}
		must(t, w.do(contents.Change{AddPartition: &p}))
	}
	asks := func(partition keys.ID) (*keys.ID, error) {
		i := &contents.Inspection{ID: keys.NewID(), Partition: partition}
		return &i.ID, w.administers("first", noon, contents.AdminChange{Ask: i})
	}
	for partition, want := range map[keys.ID]error{parts[contents.Sealed]: contents.ErrMode, parts[contents.Served]: contents.ErrMode, keys.NewID(): contents.ErrPartition} {
		_, err := asks(partition)
		wants(t, "to look into another partition", err, want)
	}
	id, err := asks(parts[contents.Custodial])
	must(t, err)
	look := func(by string, at time.Time) error { return w.administers(by, at, contents.AdminChange{Look: id}) }
	approve := func(by string, at time.Time) error {
		return w.administers(by, at, contents.AdminChange{Approve: id})
	}
	wants(t, "before it is approved", look("first", noon), contents.ErrUnapproved)
	wants(t, "approved by who asked", approve("first", noon), contents.ErrAlone)
	wants(t, "approved too late", approve("second", noon.Add(contents.AskedTime)), contents.ErrInspection)
	must(t, approve("second", noon.Add(time.Hour)))
	wants(t, "approved twice", approve("third", noon.Add(time.Hour)), contents.ErrInspection)
	last := noon.Add(time.Hour + contents.InspectionTime)
	must(t, look("first", last.Add(-1)))
	must(t, look("second", last.Add(-1)))
	wants(t, "a third", look("third", noon), contents.ErrInspection)
	wants(t, "when it has ended", look("first", last), contents.ErrInspection)
	list, err := s.Inspections(t.Context(), w.account.Account, last.Add(-1))
	must(t, err)
	same(t, "inspections", list, []contents.Inspection{{ID: *id, Partition: parts[contents.Custodial], AskedBy: "first", Asked: noon, Approved: "second", Until: last}})
	list, err = s.Inspections(t.Context(), w.account.Account, last)
	must(t, err)
	same(t, "inspections later", len(list), 0)

	held := contents.ModeChange{Partition: parts[contents.Custodial], Mode: contents.Sealed}
	must(t, w.do(contents.Change{SetMode: &held}))
	wants(t, "into what is sealed now", look("first", noon), contents.ErrMode)
	must(t, w.administers("first", noon, contents.AdminChange{End: id}))
	wants(t, "what was ended", look("first", noon), contents.ErrInspection)
	refused := &contents.AdminAct{Account: w.account.Account, By: "first", Now: noon, Refused: true, Told: true, Partition: id, Reason: "a reason that nobody reads", Change: contents.AdminChange{Suspend: true}}
	must(t, s.Administer(t.Context(), refused))
	must(t, w.do()) // nobody is suspended
	told, err := s.LastTold(t.Context(), w.account.Account)
	must(t, err)
	same(t, "last told", told, last.Add(-1))
	w.results() // a chain still
	audit, err := s.Audit(t.Context(), w.account.Account, 0, 1000)
	must(t, err)
	e := audit[len(audit)-2]
	same(t, "what was refused", []any{e.Admin, e.Result, *e.Partition}, []any{"first", "refused", *id})
}

// What is asked of a suspended account, whose owner could not be told.
func walletInspectionsSuspended(t *testing.T, db Database) {
	s := wallets(t, db)
	w := walletAt(t, s, "ann", 1)
	key := keys.New()
	p := contents.Partition{ID: keys.NewID(), Epoch: 1, Mode: contents.Custodial, Root: 1, Key: []byte("wrapped"), Held: &key}
	check := keys.Served(w.account.Account, p.ID, 1, key).Check()
	p.Check = &check
	must(t, w.do(contents.Change{AddPartition: &p}))
	ask := contents.AdminChange{Ask: &contents.Inspection{ID: keys.NewID(), Partition: p.ID}}
	must(t, w.administers("first", noon, ask))
	must(t, w.administers("first", noon, contents.AdminChange{Suspend: true}))
	list, err := s.Inspections(t.Context(), w.account.Account, noon)
	must(t, err)
	same(t, "inspections of who was suspended", len(list), 0)
	wants(t, "to look into it", w.administers("first", noon, ask), session.ErrSuspended)
	must(t, w.administers("first", noon, contents.AdminChange{Resume: true}))
	for range contents.MaxInspections {
		must(t, w.administers("first", noon, contents.AdminChange{Ask: &contents.Inspection{ID: keys.NewID(), Partition: p.ID}}))
	}
	wants(t, "one too many", w.administers("first", noon, ask), contents.ErrFull)
	must(t, s.Sweep(t.Context(), noon.Add(contents.AskedTime)))
	must(t, w.administers("first", noon, ask))
}

// Who acts for others in an account acts there no more once it is suspended, and
// begins to no more.
func walletSuspendedProxies(t *testing.T, db Database) {
	s := wallets(t, db)
	w, ben := walletAt(t, s, "ann", 1), walletAt(t, s, "ben", 2)
	r := represents("did:example:laila")
	must(t, w.do(contents.Change{PutRepresented: r}))
	p, open := ben.opens(w, r, 20)
	must(t, ben.do(open))
	must(t, ben.acts(p))
	must(t, w.administers("root", noon, contents.AdminChange{EndSessions: true}))
	wants(t, "whose sessions were ended", ben.acts(p), contents.ErrMoved)
	p, open = ben.opens(w, r, 21)
	must(t, ben.do(open))
	must(t, ben.acts(p))
	must(t, w.administers("root", noon, contents.AdminChange{Suspend: true}))
	wants(t, "who is suspended", ben.acts(p), contents.ErrMoved)
	_, open = ben.opens(w, r, 22)
	wants(t, "begun then", ben.do(open), session.ErrSuspended)
}

// What administrators do at once, and the account's own session, stands in one chain.
func walletAdministeredAtOnce(t *testing.T, db Database) {
	s, second := wallets(t, db), open(t, db)
	w := walletAt(t, s, "ann", 1)
	acts := []*contents.Act{w.act(), w.act(), w.act(), w.act()}
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			if err := administers(t.Context(), []Store{s, second}[i%2], w.account.Account, "root", noon, contents.AdminChange{}); err != nil {
				t.Error(err)
			}
		})
	}
	for _, a := range acts {
		all.Go(func() {
			if _, err := second.Perform(t.Context(), a); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, "entries", len(w.results()), 16)
}
