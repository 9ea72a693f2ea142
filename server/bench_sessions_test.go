package server_test

import (
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// sessionsOpen is how many are open at once.
const sessionsOpen = 100_000

// BenchmarkWalletSessions opens 100,000 sessions of one account, each durably
// as at a login: what each adds to the database and the whole to Go's heap, and what
// one more costs then, to what it cost when there were none (medians of 500).
func BenchmarkWalletSessions(b *testing.B) {
	path := filepath.Join(b.TempDir(), "procura.db")
	kept, err := sqlite.Open(b.Context(), path, testKey)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = kept.Close() })
	h := settled(b, kept)
	c := h.registered("ann")
	s, err := c.Login(b.Context(), "ann", secret, "")
	if err != nil {
		b.Fatal(err)
	}
	a, err := s.Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	devices, err := kept.Devices(b.Context(), a.Account)
	if err != nil || len(devices) != 1 {
		b.Fatalf("%d devices, %v", len(devices), err)
	}
	crowd := &crowded{B: b, kept: kept, account: a.Account, device: devices[0].ID, now: h.clock.now()}
	first := crowd.one(500)
	size, heap := sizeOf(b, path), heapNow()
	began := time.Now()
	crowd.fill(sessionsOpen)
	took := time.Since(began)
	grown, more := sizeOf(b, path)-size, heapNow()-heap
	for b.Loop() {
		crowd.one(1)
	}
	b.ReportMetric(float64(grown)/sessionsOpen, "B/session")
	b.ReportMetric(float64(more)/(1<<20), "MB-heap")
	b.ReportMetric(sessionsOpen/took.Seconds(), "sessions/s")
	b.ReportMetric(float64(crowd.one(500))/float64(first), "last/first")
}

type crowded struct {
	*testing.B
	kept    store
	account keys.Account
	device  keys.ID
	now     time.Time
	mu      sync.Mutex
	n       uint64
}

// add opens a session as AddSession does at a login on a known device. Its row is as
// long as one is that has no partition open.
func (c *crowded) add() {
	c.mu.Lock()
	c.n++
	digest := sha256.Sum256(binary.BigEndian.AppendUint64(nil, c.n))
	c.mu.Unlock()
	err := c.kept.AddSession(c.Context(), &session.Session{
		Digest: digest, Account: c.account, Generation: 1, Begun: c.now, Idle: c.now.Add(session.IdleTime), Until: c.now.Add(session.AbsoluteTime), Row: make([]byte, 160),
	}, 1, session.Spent{Digest: digest, Expires: c.now.Add(session.LoginTime)}, session.GuessID{}, session.Device{ID: c.device})
	if err != nil {
		c.Error(err)
	}
}

// one is what one session costs: the median of n, one after another.
func (c *crowded) one(n int) time.Duration {
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		c.add()
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[n/2]
}

func (c *crowded) fill(n int) {
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for range n / 64 {
				c.add()
			}
		})
	}
	all.Wait()
}

// sizeOf is how long the database is, with what is not in it yet.
func sizeOf(b *testing.B, path string) (all int64) {
	for _, name := range []string{path, path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			all += info.Size()
		}
	}
	return all
}

func heapNow() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // below 2^63
}
