package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// represents is one whom an account is to represent.
func represents(id string) *contents.Represented {
	return &contents.Represented{ID: keys.NewID(), Version: 1, Begun: noon, Terms: contents.Terms{
		Proxied:    facts.ProxiedRequest{ID: id, Attributes: map[string]facts.Comparable{"firstName": {Text: "Laila"}}},
		Framework:  facts.FrameworkName{Name: "Camp", Range: "^1.0.0"},
		Grants:     map[string][]string{"school": {"wallet.item.get"}},
		Duties:     []string{"guardian-present"},
		Partitions: []keys.ID{{1}},
	}}
}

// opens is that w's session acts in another's account, with a ticket.
func (w *walletHouse) opens(in *walletHouse, r *contents.Represented, ticket byte) (*contents.Proxy, contents.Change) {
	p := &contents.Proxy{
		ID: keys.NewID(), Session: w.session.Digest, In: in.account.Account, Name: in.account.Name,
		Begun: noon, Until: noon.Add(time.Hour), For: *r, Sealed: []byte("sealed"),
	}
	return p, contents.Change{OpenProxy: &contents.Opening{Proxy: p, Ticket: spent(ticket)}}
}

// acts is an act of w's in another's account.
func (w *walletHouse) acts(p *contents.Proxy, changes ...contents.Change) error {
	w.t.Helper()
	a := w.act(changes...)
	a.Acted, a.Decision = &contents.Acted{Proxy: p.ID, In: p.In}, "decided"
	return second(w.Perform(w.t.Context(), a))
}

// Who is represented is kept sealed, one version after another.
func walletRepresented(t *testing.T, db Database) {
	s := wallets(t, db)
	w, ben := walletAt(t, s, "ann", 1), walletAt(t, s, "ben", 2)
	r := represents("did:example:laila")
	put := contents.Change{PutRepresented: r}
	must(t, w.do(put))
	wants(t, "once more", w.do(put), contents.ErrVersion)
	got, err := w.Represented(t.Context(), w.account.Account)
	must(t, err)
	same(t, "represented", got, []contents.Represented{*r})
	theirs, err := w.Represented(t.Context(), ben.account.Account)
	must(t, err)
	same(t, "of another", len(theirs), 0)

	next := *r
	next.Version, next.Duties = 2, nil
	wants(t, "changed by another", ben.do(contents.Change{PutRepresented: &next}), contents.ErrVersion)
	must(t, w.do(contents.Change{PutRepresented: &next}))
	wants(t, "changed twice", w.do(contents.Change{PutRepresented: &next}), contents.ErrVersion)
	got, err = w.Represented(t.Context(), w.account.Account)
	must(t, err)
	same(t, "changed", got, []contents.Represented{next})

	gone := contents.Change{RemoveRepresented: &contents.RepresentedRef{ID: r.ID, Version: 1}}
	wants(t, "an older version removed", w.do(gone), contents.ErrVersion)
	gone.RemoveRepresented.Version = 2
	wants(t, "removed by another", ben.do(gone), contents.ErrVersion)
	for range contents.MaxRepresented - 1 {
		must(t, w.do(contents.Change{PutRepresented: represents("did:example:other")}))
	}
	wants(t, "one too many", w.do(contents.Change{PutRepresented: represents("did:example:other")}), contents.ErrFull)
	must(t, w.do(gone))
}

// A session acts in another's account while its proxy stands, and both accounts
// have it in their audit.
func walletProxies(t *testing.T, db Database) {
	s := wallets(t, db)
	w, ward := walletAt(t, s, "amina", 1), walletAt(t, s, "laila", 2)
	part := keys.NewID()
	must(t, ward.do(partition(part, 1)))
	r := represents("did:example:laila")
	must(t, ward.do(contents.Change{PutRepresented: r}))
	item := newItem(part, contents.KindMetadata)
	p, opening := w.opens(ward, r, 70)
	wants(t, "before it stands", w.acts(p, put(item)), contents.ErrMoved)
	must(t, w.do(opening))
	wants(t, "the same ticket", w.do(opening), session.ErrTicketUsed)
	wants(t, "a ticket of a denial", w.do(contents.Change{OpenProxy: &contents.Opening{Ticket: spent(70)}}), session.ErrTicketUsed)
	got, err := s.Proxy(t.Context(), w.session.Digest, ward.account.Account, noon)
	must(t, err)
	same(t, "proxy", got, p)
	list, err := s.Proxies(t.Context(), w.session.Digest, noon)
	must(t, err)
	bare := *p
	bare.Sealed = nil
	same(t, "proxies", list, []contents.Proxy{bare})

	must(t, w.acts(p, put(item)))
	_, err = s.Item(t.Context(), ward.account.Account, part, item.ID)
	must(t, err)
	wants(t, "in its own account", w.do(put(newItem(part, contents.KindMetadata))), contents.ErrPartition)
	other := *p
	other.ID = keys.NewID()
	wants(t, "by another proxy", w.acts(&other, remove(item)), contents.ErrMoved)
	other = *p
	other.In = w.account.Account
	wants(t, "in another account", w.acts(&other, remove(item)), contents.ErrMoved)
	wants(t, "another's session", ward.acts(p, remove(item)), contents.ErrMoved)

	ours, err := s.Audit(t.Context(), w.account.Account, 0, 100)
	must(t, err)
	theirs, err := s.Audit(t.Context(), ward.account.Account, 0, 100)
	must(t, err)
	mine, hers := ours[len(ours)-2], theirs[len(theirs)-1]
	if mine.In == nil || *mine.In != ward.account.ID || mine.By != nil || mine.Decision != "decided" {
		t.Errorf("in the proxy's audit: %+v", mine)
	}
	if hers.By == nil || *hers.By != w.account.ID || hers.In != nil || hers.Decision != "decided" || hers.RequestID != mine.RequestID {
		t.Errorf("in the wallet's audit: %+v", hers)
	}
	same(t, "results of the ward's", ward.results(), []string{"done", "done", "done", "done"})
	hers.By = nil
	if before := theirs[len(theirs)-2].Hash; hers.Chain(before) == theirs[len(theirs)-1].Hash {
		t.Error("who did it is not in the chain")
	}
	w.results()
}

// What ends it: its time, its session, the owner's change or removal, its account.
func walletProxiesEnd(t *testing.T, db Database) {
	s := wallets(t, db)
	w, ward := walletAt(t, s, "amina", 1), walletAt(t, s, "laila", 2)
	r := represents("did:example:laila")
	must(t, ward.do(contents.Change{PutRepresented: r}))
	ticket := byte(50)
	open := func() (*contents.Proxy, contents.Change) {
		ticket++
		return w.opens(ward, r, ticket)
	}
	stands := func(what string, want error) {
		t.Helper()
		_, err := s.Proxy(t.Context(), w.session.Digest, ward.account.Account, noon)
		wants(t, what, err, want)
	}
	old := *r
	p, opening := open()
	must(t, w.do(opening))
	_, err := s.Proxy(t.Context(), w.session.Digest, ward.account.Account, p.Until)
	wants(t, "after its time", err, contents.ErrProxy)
	_, err = s.Proxy(t.Context(), ward.session.Digest, ward.account.Account, noon)
	wants(t, "of another session", err, contents.ErrProxy)

	r.Version++
	must(t, ward.do(contents.Change{PutRepresented: r}))
	stands("once it was changed", contents.ErrProxy)
	stale, late := w.opens(ward, &old, 49)
	wants(t, "opened by what was changed meanwhile", w.do(late), contents.ErrMoved)
	wants(t, "which does nothing", w.acts(stale), contents.ErrMoved)

	_, opening = open()
	must(t, w.do(opening))
	stands("opened again", nil)
	must(t, w.do(contents.Change{CloseProxy: &ward.account.ID}))
	stands("closed", contents.ErrProxy)
	wants(t, "closed again", w.do(contents.Change{CloseProxy: &ward.account.ID}), contents.ErrProxy)

	_, opening = open()
	must(t, w.do(opening))
	must(t, ward.do(contents.Change{RemoveRepresented: &contents.RepresentedRef{ID: r.ID, Version: r.Version}}))
	stands("once it was removed", contents.ErrProxy)

	r = represents("did:example:laila")
	must(t, ward.do(contents.Change{PutRepresented: r}))
	_, opening = open()
	must(t, w.do(opening))
	must(t, s.Sweep(t.Context(), noon))
	stands("swept early", nil)
	must(t, ward.do(contents.Change{Account: &contents.AccountChange{Delete: noon}}))
	stands("once the account is deleted", contents.ErrProxy)
	w.results()
}

// Two who act in each other's accounts at once, through two processes: each act is
// done, and each audit is one chain.
func walletProxiesAtOnce(t *testing.T, db Database) {
	s, other := wallets(t, db), open(t, db)
	both := [2]*walletHouse{walletAt(t, s, "ann", 1), walletAt(t, s, "ben", 2)}
	parts := [2]keys.ID{keys.NewID(), keys.NewID()}
	var proxies [2]*contents.Proxy
	for i, w := range both {
		must(t, w.do(partition(parts[i], 1)))
		r := represents("did:example:somebody")
		must(t, w.do(contents.Change{PutRepresented: r}))
		p, opening := both[1-i].opens(w, r, byte(60+i))
		must(t, both[1-i].do(opening))
		proxies[1-i] = p
	}
	var all sync.WaitGroup
	for n := range 40 {
		i := n % 2
		a := both[i].act(put(newItem(parts[1-i], contents.KindMetadata)))
		a.Acted = &contents.Acted{Proxy: proxies[i].ID, In: proxies[i].In}
		all.Go(func() {
			if _, err := []Store{s, other}[n/2%2].Perform(t.Context(), a); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, w := range both {
		same(t, "entries", len(w.results()), 44)
		list, err := s.Items(t.Context(), w.account.Account, contents.Query{Partition: parts[i], Most: 100})
		must(t, err)
		same(t, "items", len(list), 20)
	}
}
