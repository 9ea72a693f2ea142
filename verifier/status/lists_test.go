package status

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/fetch"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const (
	host    = "example.com" // httptest's certificate is for it
	listURL = "https://" + host + "/1"
)

var start = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// A publisher serves what page says, counts who asks, and has the clock.
type publisher struct {
	lists *Lists
	key   *proof.Key
	asked atomic.Int32
	page  atomic.Pointer[http.HandlerFunc]
	now   atomic.Int64 // ns since start
}

func newPublisher(t testing.TB, bytes int) *publisher {
	t.Helper()
	key, err := proof.GenerateKey("Ed25519")
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{key: key}
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		if r.URL.RawQuery != "" { // "timestamp" or "time"
			t.Errorf("asked for %s", r.URL)
		}
		(*p.page.Load())(w, r)
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := fetch.New(fetch.Config{Allow: []fetch.Allowance{{Host: host, Address: netip.MustParseAddrPort(s.Listener.Addr().String()), Roots: roots}}})
	p.lists = NewLists(Config{Fetch: c, Bytes: bytes, Now: p.clock})
	return p
}

func (p *publisher) clock() time.Time { return start.Add(time.Duration(p.now.Load())) }

// after sets the clock.
func (p *publisher) after(d time.Duration) { p.now.Store(int64(d)) }

func (p *publisher) serve(page http.HandlerFunc) { p.page.Store(&page) }

// proofs check what the publisher signs, at its time.
func (p *publisher) proofs() *proof.Verifier {
	return &proof.Verifier{DIDs: &did.Resolver{}, Now: p.clock}
}

// deflated are values as an lst has them.
func deflated(values []byte) string {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(values)
	_ = z.Close()
	return base64.RawURLEncoding.EncodeToString(out.Bytes())
}

func gzipped(values []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(values)
	_ = z.Close()
	return out.Bytes()
}

// token is a Status List Token of one byte a value, signed at an instant.
func (p *publisher) token(t testing.TB, at time.Time, values []byte, members ...any) []byte {
	t.Helper()
	claims := map[string]any{"sub": listURL, "iat": at.Unix(), "status_list": map[string]any{"bits": 8, "lst": deflated(values)}}
	for i := 0; i < len(members); i += 2 {
		claims[members[i].(string)] = members[i+1]
	}
	text, err := (&proof.Signer{Key: p.key}).StatusToken(claims)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

// page serves a list with headers.
func page(body []byte, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/statuslist+jwt")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		_, _ = w.Write(body)
	}
}

func anybody(context.Context, string) (bool, error) { return true, nil }

// value gets the list and reads index 0.
func (p *publisher) value(t testing.TB, maxAge time.Duration) (int, error) {
	t.Helper()
	l, err := p.lists.Get(t.Context(), listURL, maxAge)
	if err != nil {
		return 0, err
	}
	r, err := l.Read(t.Context(), Entry{Kind: Token, List: listURL}, Terms{Proofs: p.proofs(), MayPublish: anybody})
	return r.Value, err
}

// settle waits until nothing is fetched.
func (p *publisher) settle(t testing.TB) {
	t.Helper()
	for range 6000 {
		p.lists.mu.Lock()
		flying := len(p.lists.flights)
		p.lists.mu.Unlock()
		if flying == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("still fetching after a minute")
}

func (p *publisher) want(t *testing.T, maxAge time.Duration, value int, asked int32) {
	t.Helper()
	got, err := p.value(t, maxAge)
	if err != nil || got != value {
		t.Fatalf("value is %d (%v), want %d", got, err, value)
	}
	p.settle(t)
	if n := p.asked.Load(); n != asked {
		t.Fatalf("asked %d times, want %d", n, asked)
	}
}

func TestAListIsKeptForItsTTL(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	p.serve(page(p.token(t, start, []byte{1}, "ttl", 100), "Cache-Control", "max-age=5"))
	p.want(t, AnyAge, 1, 1)
	p.after(74 * time.Second)
	p.want(t, AnyAge, 1, 1)
	// In its last quarter it is asked for again, and nobody waits for that.
	p.serve(page(p.token(t, start.Add(76*time.Second), []byte{2}, "ttl", 100)))
	p.after(76 * time.Second)
	p.want(t, AnyAge, 1, 2)
	p.want(t, AnyAge, 2, 2)
	p.after(300 * time.Second)
	p.want(t, AnyAge, 2, 3)
}

func TestAListIsKeptAsItsHostSays(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	p.serve(page(p.token(t, start, []byte{1}), "Cache-Control", "max-age=100"))
	p.want(t, AnyAge, 1, 1)
	p.after(70 * time.Second)
	p.want(t, AnyAge, 1, 1)
	p.after(101 * time.Second)
	p.want(t, AnyAge, 1, 2)
}

// Whoever serves lists for a moment only, or forbids to keep them, is not asked
// by each of many.
func TestNoListIsAskedForAtEachDecision(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	p.serve(page(p.token(t, start, []byte{1}, "ttl", 0.001), "Cache-Control", "no-store"))
	p.want(t, AnyAge, 1, 1)
	p.want(t, AnyAge, 1, 1)
	p.after(time.Second)
	p.want(t, AnyAge, 1, 2)
}

func TestValidators(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	body := p.token(t, start, []byte{1})
	var same atomic.Int32
	p.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			same.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		page(body)(w, r)
	})
	p.want(t, AnyAge, 1, 1)
	p.after(2 * time.Minute)
	p.want(t, AnyAge, 1, 2)
	p.after(4 * time.Minute)
	p.want(t, AnyAge, 1, 3)
	if same.Load() != 2 {
		t.Errorf("the host said %d times that it is the same, want 2", same.Load())
	}
}

// One who takes none older has it asked for anew, though it may be kept.
func TestAListTooOldIsAskedForAnew(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	p.serve(page(p.token(t, start, []byte{1}, "ttl", 86_400)))
	p.want(t, time.Hour, 1, 1)
	p.after(40 * time.Minute)
	p.want(t, time.Hour, 1, 1)
	p.after(61 * time.Minute)
	p.want(t, time.Hour, 1, 2)
	p.want(t, time.Hour, 1, 2) // it is the newest; not asked again at once
	p.want(t, AnyAge, 1, 2)
	p.after(62 * time.Minute)
	p.serve(page(p.token(t, start.Add(62*time.Minute), []byte{2}, "ttl", 86_400)))
	p.want(t, time.Hour, 2, 3)
}

// Who must hear soon of what is revoked takes no list that was asked for too long
// ago, however long it lives.
func TestAListIsAskedForSince(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	p.serve(page(p.token(t, start, []byte{1}, "ttl", 86_400)))
	want := func(since time.Duration, asked int32) {
		t.Helper()
		if _, err := p.lists.GetSince(t.Context(), listURL, AnyAge, since); err != nil {
			t.Fatal(err)
		}
		p.settle(t)
		if n := p.asked.Load(); n != asked {
			t.Fatalf("asked %d times, want %d", n, asked)
		}
	}
	want(AnyAge, 1)
	p.after(4 * time.Second)
	want(5*time.Second, 1)
	p.after(6 * time.Second)
	want(AnyAge, 1)
	want(time.Minute, 1)
	want(5*time.Second, 2)
	p.serve(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	p.after(12 * time.Second)
	if _, err := p.lists.GetSince(t.Context(), listURL, AnyAge, 5*time.Second); code(err) != Unreachable {
		t.Errorf("of a host that does not answer: %v", err)
	}
}

// A network that fails makes no list older than it is: it serves until its age
// is over, where somebody limits that, and otherwise not at all.
func TestAHostThatFails(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	p.serve(page(p.token(t, start, []byte{1}, "ttl", 60)))
	p.want(t, time.Hour, 1, 1)
	p.serve(func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) })
	p.after(2 * time.Minute)
	p.want(t, time.Hour, 1, 2)
	if _, err := p.value(t, AnyAge); code(err) != Unreachable {
		t.Errorf("without a limit: %v", err)
	}
	p.want(t, time.Hour, 1, 2) // not asked again at once
	p.serve(page(p.token(t, start.Add(3*time.Minute), []byte{2}, "ttl", 60)))
	p.after(3 * time.Minute)
	p.want(t, AnyAge, 2, 3)
}

// What its own host has taken away is gone.
func TestAListTakenAway(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	p.serve(page(p.token(t, start, []byte{0}, "ttl", 60)))
	p.want(t, time.Hour, 0, 1)
	for _, page := range []http.HandlerFunc{
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) },
		page([]byte("nothing")),
	} {
		p.serve(page)
		p.now.Add(int64(time.Minute))
		if _, err := p.value(t, time.Hour); code(err) != Unreachable && code(err) != Invalid {
			t.Errorf("got %v", err)
		}
	}
}

// Who serves an old list again takes no revocation back.
func TestNoOlderListTakesThePlace(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	p.serve(page(p.token(t, start.Add(-time.Minute), []byte{1}, "ttl", 60)))
	p.want(t, time.Hour, 1, 1)
	p.serve(page(p.token(t, start.Add(-time.Hour), []byte{0}, "ttl", 60)))
	p.after(time.Minute)
	p.want(t, 2*time.Hour, 1, 2)
	// Nor does it where nothing, or what nobody can prove, was served in between.
	p.serve(page([]byte("nothing")))
	p.after(2 * time.Minute)
	if _, err := p.value(t, 2*time.Hour); code(err) != Invalid {
		t.Errorf("nothing is read: %v", err)
	}
	forged := newPublisher(t, 0).token(t, start, []byte{0}, "ttl", 60)
	p.serve(page(forged[:len(forged)-86]))
	p.now.Add(int64(30 * time.Second))
	if _, err := p.value(t, 2*time.Hour); code(err) != Invalid {
		t.Errorf("a forged list is read: %v", err)
	}
	p.serve(page(p.token(t, start.Add(-time.Hour), []byte{0}, "ttl", 60)))
	p.now.Add(int64(pause)) // and not after the ttl that it names
	p.want(t, 2*time.Hour, 1, 5)
	p.serve(page(p.token(t, start.Add(3*time.Minute), []byte{2}, "ttl", 60)))
	p.after(4 * time.Minute)
	p.want(t, 2*time.Hour, 2, 6)
}

// Ten thousand who wait for one list have it fetched once.
func TestTenThousandWaitForOneFetch(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	const waiting = 10_000
	body := p.token(t, start, []byte{7})
	var ready sync.WaitGroup
	ready.Add(waiting)
	p.serve(func(w http.ResponseWriter, r *http.Request) {
		ready.Wait() // until all have come
		page(body)(w, r)
	})
	var (
		all   sync.WaitGroup
		right atomic.Int32
	)
	for range waiting {
		all.Go(func() {
			f, known := p.lists.board(t.Context(), listURL, AnyAge, AnyAge)
			ready.Done()
			if known != nil {
				return
			}
			<-f.done
			if l, err := f.entry.serve(AnyAge); err == nil {
				r, err := l.Read(t.Context(), Entry{Kind: Token, List: listURL}, Terms{Proofs: p.proofs(), MayPublish: anybody})
				if err == nil && r.Value == 7 {
					right.Add(1)
				}
			}
		})
	}
	all.Wait()
	if right.Load() != waiting || p.asked.Load() != 1 {
		t.Errorf("%d of %d read the list, which was asked for %d times", right.Load(), waiting, p.asked.Load())
	}
}

// Whoever leaves does not take the list from those who stay.
func TestOneWhoLeaves(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	come, body := make(chan struct{}), p.token(t, start, []byte{3})
	p.serve(func(w http.ResponseWriter, r *http.Request) {
		<-come
		page(body)(w, r)
	})
	ctx, leave := context.WithCancel(t.Context())
	f, _ := p.lists.board(ctx, listURL, AnyAge, AnyAge)
	leave()
	if _, err := p.lists.Get(ctx, listURL, AnyAge); !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(come)
	<-f.done
	p.want(t, AnyAge, 3, 1)
	if _, err := p.lists.Get(ctx, listURL+"0", AnyAge); !errors.Is(err, context.Canceled) {
		t.Errorf("who left asks, and got %v", err)
	}
	p.want(t, AnyAge, 3, 1)
}

// A cache holds no more than it may, values included.
func TestListsAreBounded(t *testing.T) {
	t.Parallel()
	const room = 1 << 20
	p := newPublisher(t, room)
	p.serve(func(w http.ResponseWriter, r *http.Request) {
		page(p.token(t, start, make([]byte, 300<<10), "sub", "https://"+host+r.URL.Path))(w, r)
	})
	for i := range 8 {
		url := fmt.Sprintf("https://%s/%d", host, i)
		l, err := p.lists.Get(t.Context(), url, AnyAge)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Read(t.Context(), Entry{Kind: Token, List: url}, Terms{Proofs: p.proofs(), MayPublish: anybody}); err != nil {
			t.Fatal(err)
		}
	}
	if p.lists.held > room || p.lists.recent.Len() != 3 || len(p.lists.entries) != 3 {
		t.Errorf("holds %d bytes of %d, %d lists and %d entries; want 3", p.lists.held, room, p.lists.recent.Len(), len(p.lists.entries))
	}
	total := 0
	for _, at := range p.lists.entries {
		total += at.Value.(*entry).cost()
	}
	if total != p.lists.held {
		t.Errorf("counted %d, want %d", p.lists.held, total)
	}
}

// A list is counted by its text: one that takes far more memory than that is none.
func TestAListOfManyObjects(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, 0)
	dates := map[string]any{} // as of revokedAt: texts are no objects
	for i := range 10_000 {
		dates[strconv.Itoa(i)] = "2026-11-20T09:50:00Z"
	}
	for n, want := range map[int]string{900: "<nil>", 1_100: Invalid, 300_000: Invalid} {
		_, err := ParseList(p.token(t, start, []byte{1}, "junk", slices.Repeat([]any{map[string]any{}}, n), "dates", dates))
		if code(err) != want {
			t.Errorf("%d objects: %v, want %s", n, err, want)
		}
	}
}

func TestNothingIsFetchedWithoutLists(t *testing.T) {
	t.Parallel()
	if _, err := (*Lists)(nil).Get(t.Context(), listURL, AnyAge); code(err) != Unreachable {
		t.Errorf("got %v", err)
	}
}

// code is that of a refusal; of another error its text.
func code(err error) string {
	if r, ok := errors.AsType[*vc.Refusal](err); ok {
		return r.Code
	}
	return fmt.Sprint(err)
}
