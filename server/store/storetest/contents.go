package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// A walletHouse is an account with a session.
type walletHouse struct {
	Store
	t       *testing.T
	account *session.Account
	session *session.Session
	seq     uint64
}

// walletAt is an account of a name in a store, with a session of a digest.
func walletAt(t *testing.T, s Store, name string, of byte) *walletHouse {
	t.Helper()
	w := &walletHouse{Store: s, t: t, account: account(tenant, name)}
	must(t, s.AddAccount(t.Context(), w.account, spent(of)))
	w.session = begins(w.account, of)
	must(t, s.AddSession(t.Context(), w.session, 1, spent(of+100), session.GuessID{}, session.Device{ID: keys.NewID(), Digest: [32]byte{of}}))
	return w
}

func (w *walletHouse) act(changes ...contents.Change) *contents.Act {
	w.seq++
	return &contents.Act{
		Session: w.session.Digest, Account: w.account.Account, Seq: w.seq, RequestID: fmt.Sprint("r", w.seq), Action: "wallet.test",
		Now: noon, Idle: noon.Add(session.IdleTime), Changes: changes, Answer: []byte("{}"),
	}
}

func (w *walletHouse) do(changes ...contents.Change) error {
	w.t.Helper()
	_, err := w.Perform(w.t.Context(), w.act(changes...))
	return err
}

func (w *walletHouse) results() (out []string) {
	w.t.Helper()
	list, err := w.Audit(w.t.Context(), w.account.Account, 0, 1000)
	must(w.t, err)
	var before [32]byte
	for i, e := range list {
		if e.N != int64(i+1) || e.Hash != e.Chain(before) {
			w.t.Errorf("entry %d is not after the one before", e.N)
		}
		before = e.Hash
		out = append(out, e.Result)
	}
	return out
}

func partition(p keys.ID, epoch uint64) contents.Change {
	return contents.Change{AddPartition: &contents.Partition{ID: p, Epoch: epoch, Mode: contents.Sealed, Root: 1, Key: []byte("wrapped")}}
}

func newItem(p keys.ID, kind string) *contents.Item {
	return &contents.Item{Partition: p, ID: keys.NewID(), Kind: kind, Epoch: 1, Version: 1, Sealed: keys.Sealed{Key: []byte("key"), Content: []byte("content")}}
}

func put(i *contents.Item) contents.Change { return contents.Change{PutItem: i} }

func remove(i *contents.Item) contents.Change {
	return contents.Change{RemoveItem: &contents.Removal{Partition: i.Partition, ID: i.ID, Version: i.Version}}
}

func walletItems(t *testing.T, db Database) {
	s := wallets(t, db)
	w, ben := walletAt(t, s, "ann", 1), walletAt(t, s, "ben", 2)
	p := keys.NewID()
	wants(t, "no partition", w.do(put(newItem(p, contents.KindMetadata))), contents.ErrPartition)
	wants(t, "a second epoch first", w.do(partition(p, 2)), contents.ErrVersion)
	must(t, w.do(partition(p, 1)))
	wants(t, "the same again", w.do(partition(p, 1)), contents.ErrVersion)
	box := newItem(p, contents.KindCollection)
	box.Own = &keys.Tag{1}
	must(t, w.do(put(box)))
	one := newItem(p, contents.KindCredential)
	one.Own, one.Collection, one.Tags = &keys.Tag{2}, &keys.Tag{1}, []keys.Tag{{7}, {8}}
	must(t, w.do(put(one)))
	got, err := w.Item(t.Context(), w.account.Account, p, one.ID)
	must(t, err)
	want := *one
	want.Tags = nil // they are for finding alone
	same(t, "item", *got, want)

	wants(t, "the same id", w.do(put(one)), contents.ErrExists)
	twin := newItem(p, contents.KindCredential)
	twin.Own = &keys.Tag{2}
	wants(t, "the same own id", w.do(put(twin)), contents.ErrTag)
	lost := newItem(p, contents.KindCredential)
	lost.Collection = &keys.Tag{2} // no collection
	wants(t, "no such collection", w.do(put(lost)), contents.ErrCollection)
	wants(t, "a collection that is not empty", w.do(remove(box)), contents.ErrCollectionFull)
	renamed := *box
	renamed.Version, renamed.Own = 2, &keys.Tag{3}
	wants(t, "a collection that is not empty, by another name", w.do(put(&renamed)), contents.ErrCollectionFull)
	renamed.Own = nil
	wants(t, "a collection that is not empty, by none", w.do(put(&renamed)), contents.ErrCollectionFull)
	renamed.Own = box.Own
	must(t, w.do(put(&renamed)))
	box = &renamed

	_, err = ben.Item(t.Context(), ben.account.Account, p, one.ID)
	wants(t, "another's", err, contents.ErrItem)
	wants(t, "another's, to remove", ben.do(remove(one)), contents.ErrVersion)
	wants(t, "another's partition", ben.do(put(newItem(p, contents.KindMetadata))), contents.ErrPartition)

	next := *one
	next.Version, next.Sealed.Content, next.Tags = 2, []byte("changed"), []keys.Tag{{9}}
	must(t, w.do(put(&next)))
	wants(t, "the same version again", w.do(put(&next)), contents.ErrVersion)
	must(t, w.do(partition(p, 2)))
	later := next
	later.Version = 3
	wants(t, "an epoch that has ended", w.do(put(&later)), contents.ErrEpoch)
	later.Epoch = 2
	must(t, w.do(put(&later)))
	for tag, n := range map[keys.Tag]int{{7}: 0, {9}: 1, {2}: 1, {3}: 0} {
		list, err := w.Items(t.Context(), w.account.Account, contents.Query{Partition: p, Tag: &tag, Most: 10})
		must(t, err)
		same(t, fmt.Sprint("items of tag ", tag[0]), len(list), n)
	}
	wants(t, "an older version, to remove", w.do(remove(&next)), contents.ErrVersion)
	must(t, w.do(remove(&later)))
	must(t, w.do(remove(box)))
	list, err := w.Items(t.Context(), w.account.Account, contents.Query{Partition: p, Most: 10})
	must(t, err)
	same(t, "items that are left", len(list), 0)
	w.results()
}

func walletPages(t *testing.T, db Database) {
	w := walletAt(t, wallets(t, db), "ann", 1)
	p := keys.NewID()
	must(t, w.do(partition(p, 1)))
	box := newItem(p, contents.KindCollection)
	box.Own = &keys.Tag{1}
	changes := []contents.Change{put(box)}
	for i := range 25 {
		each := newItem(p, contents.KindMetadata)
		if i%5 == 0 {
			each.Collection = box.Own
		}
		changes = append(changes, put(each))
	}
	must(t, w.do(changes...))
	seen := map[keys.ID]bool{}
	for q := (contents.Query{Partition: p, Kind: contents.KindMetadata, Most: 10}); ; {
		list, err := w.Items(t.Context(), w.account.Account, q)
		must(t, err)
		for _, i := range list {
			seen[i.ID] = true
			q.After = i.ID
		}
		if len(list) < 10 {
			break
		}
	}
	same(t, "items over pages", len(seen), 25)
	list, err := w.Items(t.Context(), w.account.Account, contents.Query{Partition: p, Collection: box.Own, Most: 10})
	must(t, err)
	same(t, "items of the collection", len(list), 5)
}

// All of an act, or nothing; and what was refused is kept too.
func walletActs(t *testing.T, db Database) {
	s := wallets(t, db)
	w := walletAt(t, s, "ann", 1)
	p := keys.NewID()
	one := newItem(p, contents.KindMetadata)
	wants(t, "the second of two cannot be", w.do(partition(p, 1), put(one), put(one)), contents.ErrExists)
	list, err := w.Partitions(t.Context(), w.account.Account)
	must(t, err)
	same(t, "partitions after that", len(list), 0)

	first := w.act(partition(p, 1))
	before, err := w.Perform(t.Context(), first)
	must(t, err)
	same(t, "an answer before the first", len(before), 0)
	wants(t, "the same number", second(w.Perform(t.Context(), first)), channel.ErrReplayed)
	again := *first
	w.seq++
	again.Seq = w.seq
	before, err = w.Perform(t.Context(), &again)
	must(t, err)
	same(t, "what a retry is told", string(before), "{}")
	ahead := w.act()
	ahead.Seq = w.seq + channel.Ahead + 1
	wants(t, "a number far ahead", second(w.Perform(t.Context(), ahead)), channel.ErrAhead)
	refused := w.act(put(one))
	refused.Refused = true
	must(t, second(w.Perform(t.Context(), refused)))
	_, err = w.Item(t.Context(), w.account.Account, p, one.ID)
	wants(t, "what the policy refused", err, contents.ErrItem)
	same(t, "results", w.results(), []string{contents.ErrExists.Error(), "done", "refused"})

	stranger := *w.account
	stranger.ID = keys.NewID()
	other := w.act(partition(keys.NewID(), 1))
	other.Account = stranger.Account
	wants(t, "another's session", second(w.Perform(t.Context(), other)), contents.ErrSession)
	late := w.act()
	late.Now = noon.Add(session.IdleTime)
	wants(t, "a session that was idle", second(w.Perform(t.Context(), late)), contents.ErrSession)
	later := w.act()
	later.Idle = noon.Add(3 * session.IdleTime)
	must(t, second(w.Perform(t.Context(), later)))
	late = w.act()
	late.Now = noon.Add(2 * session.IdleTime)
	must(t, second(w.Perform(t.Context(), late)))
	_, err = s.FindSession(t.Context(), w.session.Digest, noon)
	must(t, err)
	must(t, w.do(contents.Change{EndSession: &w.session.Digest}))
	wants(t, "a session that was ended", w.do(), contents.ErrSession)
	_, err = s.FindSession(t.Context(), w.session.Digest, noon)
	wants(t, "and found", err, contents.ErrSession)
}

func second(_ []byte, err error) error { return err }

// Two replicas with the requests of one session: each number is taken once, and
// the audit is one chain.
func walletActsAtOnce(t *testing.T, db Database) {
	s, other := wallets(t, db), open(t, db)
	w := walletAt(t, s, "ann", 1)
	p := keys.NewID()
	must(t, w.do(partition(p, 1)))
	var taken, replayed atomic.Int32
	var all sync.WaitGroup
	for i := range 60 {
		a := w.act(put(newItem(p, contents.KindMetadata)))
		a.Seq, a.RequestID = uint64(2+i%30), fmt.Sprint("n", i)
		all.Go(func() {
			_, err := []Store{s, other}[i/30].Perform(t.Context(), a)
			switch {
			case err == nil:
				taken.Add(1)
			case errors.Is(err, channel.ErrReplayed):
				replayed.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, "taken", taken.Load(), int32(30))
	same(t, "replayed", replayed.Load(), int32(30))
	same(t, "entries", len(w.results()), 31)
	list, err := w.Items(t.Context(), w.account.Account, contents.Query{Partition: p, Most: contents.MaxPage})
	must(t, err)
	same(t, "items", len(list), 30)
}

// Of a partition in a mode: which keys are kept, and what closes it.
func walletModes(t *testing.T, db Database) {
	s := wallets(t, db)
	w, ben := walletAt(t, s, "ann", 1), walletAt(t, s, "ben", 2)
	p := keys.NewPartition(w.account.Account)
	check, key := p.Check(), p.Serve()
	kept := contents.Partition{Epoch: 1, Check: &check, Held: &key}
	add := partition(p.ID, 1)
	must(t, w.do(add))
	mode := func(mode string, epochs ...contents.Partition) contents.Change {
		return contents.Change{SetMode: &contents.ModeChange{Partition: p.ID, Mode: mode, Epochs: epochs}}
	}
	held := func(of *walletHouse) map[uint64]keys.Key {
		t.Helper()
		all, err := s.Held(t.Context(), of.account.Account, p.ID)
		must(t, err)
		return all
	}
	wants(t, "another's", ben.do(mode(contents.Sealed)), contents.ErrPartition)
	wants(t, "without its keys", w.do(mode(contents.Served)), contents.ErrVersion)
	must(t, w.do(mode(contents.Custodial, kept)))
	same(t, "held", held(w), map[uint64]keys.Key{1: key})
	same(t, "held for another", len(held(ben)), 0)
	wants(t, "an epoch in another mode", w.do(partition(p.ID, 2)), contents.ErrMode)
	other := kept
	other.Check = &keys.Check{1}
	wants(t, "with another key", w.do(mode(contents.Custodial, other)), contents.ErrKey)
	must(t, w.do(mode(contents.Sealed)))
	same(t, "held once it is sealed", len(held(w)), 0)
	wants(t, "with another key, after it was sealed", w.do(mode(contents.Served, other)), contents.ErrKey)
	two := keys.NewID()
	must(t, w.do(partition(two, 1), partition(two, 2)))
	twice := contents.Change{SetMode: &contents.ModeChange{Partition: two, Mode: contents.Served, Epochs: []contents.Partition{kept, kept}}}
	wants(t, "one epoch twice, and the other not", w.do(twice), contents.ErrVersion)
	must(t, w.do(contents.Change{CloseAll: &p.ID}))
	wants(t, "another's, closed", ben.do(contents.Change{CloseAll: &p.ID}), contents.ErrPartition)
	list, err := s.Partitions(t.Context(), w.account.Account)
	must(t, err)
	n := slices.IndexFunc(list, func(each contents.Partition) bool { return each.ID == p.ID })
	same(t, "turns of it", list[n].Turn, uint64(3))
	same(t, "its check", *list[n].Check, check)
}

// What is kept of a session is replaced where it is what it was, else nothing is done.
func walletKeepsSession(t *testing.T, db Database) {
	s := wallets(t, db)
	w := walletAt(t, s, "ann", 1)
	keep := func(before, after string) contents.Change {
		return contents.Change{KeepSession: &contents.Kept{Before: []byte(before), After: []byte(after)}}
	}
	row := string(w.session.Row)
	must(t, w.do(keep(row, "next")))
	entries := len(w.results())
	p := keys.NewID()
	wants(t, "what it was before", w.do(partition(p, 1), keep(row, "lost")), contents.ErrMoved)
	same(t, "entries after that", len(w.results()), entries)
	w.seq-- // its number was not taken
	must(t, w.do(partition(p, 1), keep("next", "last")))
	found, err := s.FindSession(t.Context(), w.session.Digest, noon)
	must(t, err)
	same(t, "what is kept", string(found.Row), "last")
}

func walletProfiles(t *testing.T, db Database) {
	s := wallets(t, db)
	w, ben := walletAt(t, s, "ann", 1), walletAt(t, s, "ben", 2)
	p := keys.NewID()
	must(t, w.do(partition(p, 1)))
	profile := func(name string) *contents.Profile {
		kms := []contents.Generation{{N: 1, Partition: p, Begun: noon}}
		return &contents.Profile{ID: keys.NewID(), Name: name, Version: 1, Begun: noon, Settings: contents.Settings{KMS: kms}}
	}
	putting := func(p *contents.Profile) contents.Change { return contents.Change{PutProfile: p} }
	work := profile("work")
	must(t, w.do(putting(work)))
	wants(t, "the same name", w.do(putting(profile("work"))), contents.ErrProfileExists)
	must(t, ben.do(putting(profile("work"))))
	next := *work
	next.Version, next.Contents = 2, []keys.ID{p}
	must(t, w.do(putting(&next)))
	wants(t, "the same version again", w.do(putting(&next)), contents.ErrVersion)
	later := next
	later.Version = 3
	wants(t, "another's", ben.do(putting(&later)), contents.ErrProfileExists)
	list, err := s.Profiles(t.Context(), w.account.Account)
	must(t, err)
	same(t, "profiles", list, []contents.Profile{next})

	ref := contents.ProfileRef{ID: work.ID, Version: 2}
	tags := []keys.Tag{{1}, {2}}
	key := func(ref contents.ProfileRef, tag keys.Tag) contents.Change {
		i := newItem(p, contents.KindKey)
		i.Tags = []keys.Tag{tag}
		return contents.Change{PutKey: &contents.NewKey{Profile: ref, Item: i, Tags: tags, Most: 2}}
	}
	entries := len(w.results())
	wants(t, "a key of an older version", w.do(key(contents.ProfileRef{ID: work.ID, Version: 1}, tags[0])), contents.ErrMoved)
	w.seq--
	same(t, "entries after that", len(w.results()), entries)
	must(t, w.do(key(ref, tags[0]), key(ref, tags[1])))
	wants(t, "a third", w.do(key(ref, tags[0])), contents.ErrFull)
	other := newItem(p, contents.KindMetadata) // no key, though it is tagged as one
	other.Tags = tags[:1]
	must(t, w.do(put(other)))
	lost := func(n int) contents.Change {
		return contents.Change{RemoveKeys: &contents.Lost{Partition: p, Tags: tags, Count: n}}
	}
	gone := contents.Change{RemoveProfile: &ref}
	for _, n := range []int{0, 1, 3} {
		wants(t, fmt.Sprint("removed with ", n), w.do(gone, lost(n)), contents.ErrLost)
	}
	older := contents.Change{RemoveProfile: &contents.ProfileRef{ID: work.ID, Version: 1}}
	wants(t, "an older version, removed", w.do(older, lost(2)), contents.ErrVersion)
	wants(t, "another's, removed", ben.do(gone), contents.ErrVersion)
	wants(t, "another's keys", ben.do(lost(2)), contents.ErrLost)
	must(t, w.do(gone, lost(2)))
	items, err := s.Items(t.Context(), w.account.Account, contents.Query{Partition: p, Most: 10})
	must(t, err)
	same(t, "items that are left", len(items), 1)
	must(t, w.do(remove(other)))
	wants(t, "a key of what was removed", w.do(key(ref, tags[0])), contents.ErrMoved)
}
