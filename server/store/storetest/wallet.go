package storetest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// wallets is a store with secrets of one generation.
func wallets(t *testing.T, db Database) Store {
	t.Helper()
	s := open(t, db)
	_, err := s.WalletSecrets(t.Context(), session.NewSecrets(1, noon), fakeRecord(9))
	must(t, err)
	return s
}

func fakeRecord(of byte) session.Record {
	return session.Record{Generation: 1, Profile: session.Newest, Bytes: bytes.Repeat([]byte{of}, session.RecordSize)}
}

func account(tenant, name string) *session.Account {
	return &session.Account{
		Account: keys.Account{Tenant: tenant, ID: keys.NewID()}, Name: name, Record: fakeRecord(1), Version: 1,
		Root: session.RootSlot{Generation: 1, Sealed: []byte("root")}, Public: session.PublicKeys{Box: []byte("box"), Sign: []byte("sign")},
		Private: []byte("private"), Begun: noon,
	}
}

func spent(of byte) session.Spent {
	return session.Spent{Digest: [32]byte{of}, Expires: noon.Add(time.Minute)}
}

// Of several processes that start, one makes the secrets; the database tells
// nothing of them without its key.
func walletSecrets(t *testing.T, db Database) {
	key := seal.NewKey([seal.Size]byte{1})
	made := make([]*session.Secrets, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			s, err := db.Open(t.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = s.Close() }()
			got, err := s.WalletSecrets(t.Context(), session.NewSecrets(1, noon), fakeRecord(byte(i+1)))
			if err != nil || len(got) != 1 {
				t.Errorf("%d generations, %v", len(got), err)
				return
			}
			made[i] = got[0]
		})
	}
	all.Wait()
	for _, m := range made {
		same(t, "secrets", m, made[0])
	}
	if m := made[0]; m != nil && (bytes.Contains(db.Dump(), m.OPRFSeed[:16]) || bytes.Contains(db.Dump(), m.Service[:16])) {
		t.Error("secrets stand in the database as they are")
	}
}

// What a record was made under must be there, the newest or not: nobody else could
// prove that password.
func walletSecretsLacking(t *testing.T, db Database) {
	s := wallets(t, db)
	must(t, s.AddSecrets(t.Context(), session.NewSecrets(2, noon)))
	_, err := s.WalletSecrets(t.Context(), session.NewSecrets(1, noon), fakeRecord(9))
	must(t, err)
	db.Secrets()
	_, err = s.WalletSecrets(t.Context(), session.NewSecrets(1, noon), fakeRecord(9))
	wants(t, "a record of a generation that is not here", err, session.ErrSecrets)
}

func walletSecretsNone(t *testing.T, db Database) {
	s := wallets(t, db)
	db.Secrets()
	_, err := s.WalletSecrets(t.Context(), session.NewSecrets(1, noon), fakeRecord(9))
	wants(t, "records, and no secrets", err, session.ErrSecrets)
}

func walletAccounts(t *testing.T, db Database) {
	s := wallets(t, db)
	ann := account(tenant, "ann")
	must(t, s.AddAccount(t.Context(), ann, spent(1)))
	got, device, err := s.FindAccount(t.Context(), tenant, "ann", [32]byte{})
	must(t, err)
	same(t, "account", got, ann)
	same(t, "device", device, session.Device{})
	for name, of := range map[string][2]string{"no such name": {tenant, "ben"}, "of another tenant": {other, "ann"}, "nobody": {"", ""}, "a tenant alone": {tenant, ""}, "what no row can have": {"\x00", "\xff"}} {
		got, _, err := s.FindAccount(t.Context(), of[0], of[1], [32]byte{})
		must(t, err)
		if got.ID != (keys.ID{}) || !bytes.Equal(got.Record.Bytes, fakeRecord(9).Bytes) {
			t.Errorf("%s: got %q %x, want the fake", name, got.Name, got.ID)
		}
	}
	wants(t, "the same name", s.AddAccount(t.Context(), account(tenant, "ann"), spent(2)), session.ErrNameTaken)
	must(t, s.AddAccount(t.Context(), account(tenant, "cid"), spent(2))) // a refusal spends no ticket
	must(t, s.AddAccount(t.Context(), account(other, "ann"), spent(3)))
	wants(t, "the same ticket", s.AddAccount(t.Context(), account(tenant, "dan"), spent(3)), session.ErrTicketUsed)
	got, _, err = s.FindAccount(t.Context(), tenant, "dan", [32]byte{})
	must(t, err)
	same(t, "who was refused", got.ID, keys.ID{})
	must(t, s.Sweep(t.Context(), noon.Add(time.Minute)))
	must(t, s.AddAccount(t.Context(), account(tenant, "dan"), spent(3)))
}

func try(t *testing.T, s Store, key byte, at time.Time) time.Duration {
	t.Helper()
	wait, err := s.SpendGuess(t.Context(), session.GuessID{Key: [32]byte{key}, ID: keys.NewID()}, at)
	must(t, err)
	return wait
}

func walletTries(t *testing.T, db Database) {
	s := wallets(t, db)
	for i := range 10 {
		same(t, "one of ten", try(t, s, 1, noon.Add(time.Duration(i)*time.Second)), time.Duration(0))
	}
	same(t, "the eleventh", try(t, s, 1, noon.Add(10*time.Second)), 15*time.Minute-10*time.Second)
	same(t, "of another", try(t, s, 2, noon), time.Duration(0))
	same(t, "when the first is over", try(t, s, 1, noon.Add(15*time.Minute)), time.Duration(0))
	same(t, "and then", try(t, s, 1, noon.Add(15*time.Minute)), time.Second)
	must(t, s.Sweep(t.Context(), noon.Add(23*time.Hour)))
	day := noon.Add(10 * time.Hour)
	for i := range 89 {
		same(t, "one of a hundred", try(t, s, 1, day.Add(time.Duration(i)*2*time.Minute)), time.Duration(0))
	}
	last := day.Add(88 * 2 * time.Minute)
	same(t, "beyond a hundred", try(t, s, 1, last), 15*time.Minute)
	same(t, "one each quarter of an hour", try(t, s, 1, last.Add(15*time.Minute)), time.Duration(0))
	must(t, s.Sweep(t.Context(), noon.Add(48*time.Hour)))
	same(t, "when all are swept", try(t, s, 1, noon.Add(48*time.Hour)), time.Duration(0))
}

func walletTriesAtOnce(t *testing.T, db Database) {
	s, second := wallets(t, db), open(t, db)
	var granted atomic.Int32
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			wait, err := []Store{s, second}[i%2].SpendGuess(t.Context(), session.GuessID{Key: [32]byte{1}, ID: keys.NewID()}, noon)
			if err != nil {
				t.Error(err)
			} else if wait == 0 {
				granted.Add(1)
			}
		})
	}
	all.Wait()
	same(t, "granted", granted.Load(), int32(10))
}

func begins(a *session.Account, of byte) *session.Session {
	return &session.Session{
		Digest: sha256.Sum256([]byte{of}), Account: a.Account, Generation: 1, Begun: noon,
		Idle: noon.Add(session.IdleTime), Until: noon.Add(session.AbsoluteTime), Row: []byte("row"),
	}
}

func walletSessions(t *testing.T, db Database) {
	s := wallets(t, db)
	ann := account(tenant, "ann")
	must(t, s.AddAccount(t.Context(), ann, spent(1)))
	guess := session.GuessID{Key: [32]byte{1}, ID: keys.NewID()}
	for range 9 {
		try(t, s, 1, noon)
	}
	wait, err := s.SpendGuess(t.Context(), guess, noon)
	must(t, err)
	same(t, "the tenth", wait, time.Duration(0))
	token := session.Device{ID: keys.NewID(), Digest: [32]byte{7}}
	must(t, s.AddSession(t.Context(), begins(ann, 1), 1, spent(2), guess, token))
	same(t, "a login takes its own try back", try(t, s, 1, noon), time.Duration(0))
	same(t, "and no other", try(t, s, 1, noon), 15*time.Minute)
	_, device, err := s.FindAccount(t.Context(), tenant, "ann", token.Digest)
	must(t, err)
	same(t, "device", device, token)
	ben := account(tenant, "ben")
	must(t, s.AddAccount(t.Context(), ben, spent(3)))
	_, device, err = s.FindAccount(t.Context(), tenant, "ben", token.Digest)
	must(t, err)
	same(t, "another's device", device, session.Device{})

	again := session.Device{ID: token.ID}
	wants(t, "the same ticket", s.AddSession(t.Context(), begins(ann, 2), 1, spent(2), guess, again), session.ErrTicketUsed)
	wants(t, "another record", s.AddSession(t.Context(), begins(ann, 2), 2, spent(4), guess, again), session.ErrRecordChanged)
	must(t, s.AddSession(t.Context(), begins(ann, 2), 1, spent(4), guess, again)) // refusals spent nothing
	gone := *ann
	gone.ID = keys.NewID()
	wants(t, "no account", s.AddSession(t.Context(), begins(&gone, 3), 1, spent(5), guess, again), session.ErrRecordChanged)
	gone = *ann
	gone.Tenant = other
	wants(t, "of another tenant", s.AddSession(t.Context(), begins(&gone, 3), 1, spent(5), guess, again), session.ErrRecordChanged)
}

// A device that was removed while it logged in gets no session. Of those that only
// came once the latest are kept, and all that have a session.
func walletDevices(t *testing.T, db Database) {
	s := wallets(t, db)
	ann := account(tenant, "ann")
	must(t, s.AddAccount(t.Context(), ann, spent(1)))
	first := session.Device{ID: keys.NewID(), Digest: [32]byte{1}}
	n := begins(ann, 1)
	n.Device = first.ID
	must(t, s.AddSession(t.Context(), n, 1, spent(2), session.GuessID{}, first))
	wants(t, "a device that there is not", s.AddSession(t.Context(), begins(ann, 2), 1, spent(3), session.GuessID{}, session.Device{ID: keys.NewID()}), session.ErrRecordChanged)
	_, err := s.FindSession(t.Context(), begins(ann, 2).Digest, noon)
	wants(t, "its session", err, contents.ErrSession)

	var last session.Device
	for i := range session.MaxDevices + 9 { // none of these has a session by its name
		last = session.Device{ID: keys.NewID(), Digest: [32]byte{2, byte(i)}}
		n := begins(ann, byte(i+3))
		n.Begun = noon.Add(time.Duration(i) * time.Second)
		must(t, s.AddSession(t.Context(), n, 1, spent(byte(i+4)), session.GuessID{}, last))
	}
	list, err := s.Devices(t.Context(), ann.Account)
	must(t, err)
	same(t, "devices", len(list), session.MaxDevices+2) // the one with a session, and the newest
	same(t, "with a session", list[0].ID, first.ID)
	same(t, "the newest", list[len(list)-1].ID, last.ID)
	same(t, "the oldest that is left", list[1].Begun.Equal(noon.Add(8*time.Second)), true)
}

// One ticket begins one session, whoever else sends it.
func walletTicketsAtOnce(t *testing.T, db Database) {
	s, second := wallets(t, db), open(t, db)
	ann := account(tenant, "ann")
	must(t, s.AddAccount(t.Context(), ann, spent(1)))
	var begun, used atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			d := session.Device{ID: keys.NewID(), Digest: [32]byte{byte(i + 1)}}
			err := []Store{s, second}[i%2].AddSession(t.Context(), begins(ann, byte(i)), 1, spent(2), session.GuessID{}, d)
			switch {
			case err == nil:
				begun.Add(1)
			case errors.Is(err, session.ErrTicketUsed):
				used.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, "begun", begun.Load(), int32(1))
	same(t, "refused", used.Load(), int32(19))
}
