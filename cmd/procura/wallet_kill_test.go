package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// wanderingHome is where clients believe the server to be, on whichever port it is.
const wanderingHome = "http://wallet.example"

// A led client's calls go to where the server is now.
type led struct{ to atomic.Pointer[url.URL] }

func (l *led) RoundTrip(r *http.Request) (*http.Response, error) {
	r, to := r.Clone(r.Context()), l.to.Load()
	r.URL.Scheme, r.URL.Host = to.Scheme, to.Host
	return http.DefaultTransport.RoundTrip(r)
}

// A keeper adds, changes and removes items in a session of its own until the server
// is gone, and knows what it was answered.
type keeper struct {
	session *client.Session
	part    *client.Partition
	items   map[keys.ID]*client.Item // as answered; nil: removed
	doubt   *client.Item             // what was asked of it was not answered
	done    *atomic.Int64
	ended   sync.WaitGroup
}

// A wallet whose server is killed with -9 in the middle of its holders' work has what
// was answered, once; what was not is done wholly or not at all; sessions go on, and
// the audit is the chain that it was.
func TestKilledServerKeepsWallets(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(*testing.T) []string{
		"SQLite": func(t *testing.T) []string { return []string{"--data", filepath.Join(t.TempDir(), "data")} },
		"Postgres": func(t *testing.T) []string {
			key := filepath.Join(t.TempDir(), "shared.key")
			if err := seal.MakeFile(key); err != nil {
				t.Fatal(err)
			}
			return []string{"--database", postgrestest.New(t), "--key-file", key}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := append(place(t), "--listen", "127.0.0.1:0", "--url", wanderingHome, "--wallet-registration", "default=open", "--rate-address", "none")
			var to led
			c := &client.Client{Origin: wanderingHome, Tenant: "default", HTTP: &http.Client{Transport: &to}}
			var keepers []*keeper
			for round := range 3 {
				p := startAt(t, flags, &to)
				if round == 0 {
					keepers = keepersOf(t, c)
				}
				work(t, keepers)
				_ = p.cmd.Process.Kill()
				p.wait()
				for _, k := range keepers {
					k.stop()
				}
				p = startAt(t, flags, &to)
				for _, k := range keepers {
					k.check(t)
				}
				chained(t, keepers[0].session)
				_ = p.cmd.Process.Kill()
				p.wait()
			}
		})
	}
}

func startAt(t *testing.T, flags []string, to *led) *process {
	t.Helper()
	p := start(t, procura(t), t.TempDir(), nil, flags...)
	to.lead(t, p)
	return p
}

// lead sends the calls to a server.
func (l *led) lead(t *testing.T, p *process) {
	t.Helper()
	at, err := url.Parse(p.base)
	if err != nil {
		t.Fatal(err)
	}
	l.to.Store(at)
}

// keepersOf are three sessions of one account, each with a partition of its own.
func keepersOf(t *testing.T, c *client.Client) (all []*keeper) {
	t.Helper()
	const password = "correct horse battery staple"
	if _, err := c.Register(t.Context(), "ann", password, ""); err != nil {
		t.Fatal(err)
	}
	done := &atomic.Int64{}
	for range 3 {
		s, err := c.Login(t.Context(), "ann", password, "")
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		part, err := s.AddPartition(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &keeper{session: s, part: part, items: map[keys.ID]*client.Item{}, done: done})
	}
	return all
}

// work has all of them work until each has done some more, and returns while they go on.
func work(t *testing.T, all []*keeper) {
	t.Helper()
	enough := all[0].done.Load() + 60
	for _, k := range all {
		k.ended.Go(func() { k.work(t.Context()) })
	}
	for deadline := time.Now().Add(time.Minute); all[0].done.Load() < enough; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is done")
		}
	}
}

func (k *keeper) stop() { k.ended.Wait() }

// work adds an item, changes it, and removes every third, until there is no answer.
func (k *keeper) work(ctx context.Context) {
	for n := 0; ; n++ {
		i := &client.Item{Item: keys.Item{ID: keys.NewID(), Kind: "credential"}, Own: fmt.Sprint(keys.NewID()), Content: []byte("one")}
		if !k.ask(i, func(i *client.Item) error { return k.part.Add(ctx, i) }) {
			return
		}
		if !k.ask(i, func(i *client.Item) error { i.Content = []byte("two"); return k.part.Change(ctx, i) }) {
			return
		}
		if n%3 == 0 && !k.ask(i, func(i *client.Item) error { return k.part.Remove(ctx, i) }) {
			return
		}
		if n%3 == 0 {
			k.items[i.ID] = nil
		}
	}
}

// ask does one thing, and notes what was answered.
func (k *keeper) ask(i *client.Item, do func(*client.Item) error) bool {
	next := *i
	if err := do(&next); err != nil {
		k.doubt = &next
		return false
	}
	*i = next
	k.items[i.ID] = &next
	k.done.Add(1)
	return true
}

// check holds what is there against what was answered. What was not answered may have
// been done: an item that was to be added, its next version, or none.
func (k *keeper) check(t *testing.T) {
	t.Helper()
	list, err := k.part.All(t.Context(), client.Find{})
	if err != nil {
		t.Fatalf("a session after the server was killed: %v", err)
	}
	there := map[keys.ID]*client.Item{}
	for _, i := range list {
		if there[i.ID] != nil {
			t.Error("an item is there twice")
		}
		there[i.ID] = i
	}
	for id, want := range k.items {
		got := there[id]
		delete(there, id)
		if k.doubt != nil && k.doubt.ID == id && k.mayBe(got) {
			k.items[id] = got
			continue
		}
		if (want == nil) != (got == nil) || want != nil && (want.Version != got.Version || string(want.Content) != string(got.Content)) {
			t.Errorf("an item that was answered as %+v is %+v", want, got)
		}
	}
	for id, got := range there {
		if k.doubt == nil || k.doubt.ID != id || got.Version != 1 || string(got.Content) != "one" {
			t.Errorf("an item that nobody kept: %+v", got)
		}
		k.items[id] = got
	}
	k.doubt = nil
}

// mayBe reports whether what was asked last without an answer leads to got.
func (k *keeper) mayBe(got *client.Item) bool {
	had := k.items[k.doubt.ID]
	return got == nil && string(k.doubt.Content) == "two" || got != nil && had != nil && got.Version >= had.Version && got.Version <= had.Version+1
}

// chained holds that each entry of the audit is chained to the one before.
func chained(t *testing.T, s *client.Session) {
	t.Helper()
	var before [sha256.Size]byte
	var last int64
	for {
		var got struct {
			Entries []struct {
				N                         int64
				At                        time.Time
				Action, RequestID, Result string
				Hash                      string
				Partition                 *keys.ID
			}
		}
		if err := s.Do(t.Context(), http.MethodGet, fmt.Sprintf("audit?most=500&after=%d", last), nil, &got); err != nil {
			t.Fatal(err)
		}
		for _, g := range got.Entries {
			e := contents.Entry{N: g.N, At: g.At, Action: g.Action, RequestID: g.RequestID, Result: g.Result, Partition: g.Partition}
			before = e.Chain(before)
			if hash, _ := base64.RawURLEncoding.DecodeString(g.Hash); [sha256.Size]byte(hash) != before || g.N != last+1 {
				t.Fatalf("entry %d is not chained to the one before", g.N)
			}
			last = g.N
		}
		if len(got.Entries) < 500 { // each look is an entry itself
			return
		}
	}
}
