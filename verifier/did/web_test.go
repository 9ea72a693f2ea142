package did

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/fetch"
)

// host is a name that the certificate of httptest is for.
const host = "example.com"

// A site serves DID documents and counts who asks.
type site struct {
	*httptest.Server
	asked atomic.Int32

	mu     sync.Mutex
	handle http.HandlerFunc
}

func newSite(t testing.TB, h http.HandlerFunc) *site {
	t.Helper()
	s := &site{handle: h}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		h := s.handle
		s.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) now(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handle = h
}

// web is a Web that finds the site, at the host; the host itself is allowed.
func (s *site) web() *Web { return s.webLogging(nil) }

func (s *site) webLogging(log *slog.Logger) *Web {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	at := netip.MustParseAddrPort(s.Listener.Addr().String())
	return NewWeb(fetch.New(fetch.Config{Log: log, Allow: []fetch.Allowance{{Host: host, Address: at, Roots: pool}}}), 0)
}

func serving(body []byte, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/did+json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		_, _ = w.Write(body)
	}
}

// documentOf is a document with one key for both purposes.
func documentOf(t testing.TB, id string, public crypto.PublicKey) []byte {
	t.Helper()
	key, _, err := ForKey(public)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{
		"@context": []any{"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}, "id": id,
		"verificationMethod": []any{map[string]any{
			"id": id + "#1", "type": "Multikey", "controller": id, "publicKeyMultibase": strings.TrimPrefix(key, "did:key:"),
		}},
		"assertionMethod": []any{id + "#1"}, "authentication": []any{"#1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// aged are terms of what takes documents of this age.
func aged(d time.Duration) Terms {
	return Terms{MaxAge: func(context.Context) (time.Duration, error) { return d, nil }}
}

func codeOf(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return ""
	}
	return e.Code
}

func TestWebURL(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		// The examples of the method's specification.
		"did:web:w3c-ccg.github.io":              "https://w3c-ccg.github.io/.well-known/did.json",
		"did:web:w3c-ccg.github.io:user:alice":   "https://w3c-ccg.github.io/user/alice/did.json",
		"did:web:example.com%3A3000":             "https://example.com:3000/.well-known/did.json",
		"did:web:example.com%3A3000:user:alice":  "https://example.com:3000/user/alice/did.json",
		"did:web:xn--bcher-kva.example":          "https://xn--bcher-kva.example/.well-known/did.json",
		"did:web:example.com:.hidden:a..b:A_-.z": "https://example.com/.hidden/a..b/A_-.z/did.json",
	} {
		if got, _, err := webURL(id); err != nil || got != want {
			t.Errorf("webURL(%s) = %s, %v", id, got, err)
		}
	}
	for _, id := range []string{
		"did:web:", "did:web:localhost", "did:web:127.0.0.1", "did:web:%5B%3A%3A1%5D", "did:web:2130706433", "did:web:0x7f.1", "did:web:127.1",
		"did:web:Example.com", "did:web:example.com.", "did:web:.example.com", "did:web:a..b", "did:web:bücher.example", "did:web:b%C3%BCcher.example",
		"did:web:user%40example.com", "did:web:user@example.com", "did:web:example.com/x", "did:web:example.com?x", "did:web:example.com%2Fx", "did:web:example.com\\x",
		"did:web:example.com%3a3000", "did:web:example.com%3A", "did:web:example.com%3A0", "did:web:example.com%3A65536", "did:web:example.com%3A0443",
		"did:web:example.com%3A443%3A443", "did:web:example.com%3A+1", "did:web:example.com%253A3000", "did:web:%65xample.com",
		"did:web:example.com:", "did:web:example.com::a", "did:web:example.com:a:", "did:web:example.com:.", "did:web:example.com:..:a", "did:web:example.com:%2E%2E",
		"did:web:example.com:a%2Fb", "did:web:example.com:%61", "did:web:example.com:a/b", "did:web:example.com:a?b", "did:web:example.com:a b", "did:web:example.com:a\nb",
		"did:web:example.com:ä", "did:web:ex ample.com", "did:web:example.com\n", "did:web:ex_ample.com", "did:web:-a.example", "did:web:a.example-",
	} {
		if url, _, err := webURL(id); err == nil {
			t.Errorf("webURL(%q) = %s", id, url)
		}
	}
}

func TestWeb(t *testing.T) {
	t.Parallel()
	public := newP256(t)
	id := "did:web:" + host + ":issuers:camp"
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/issuers/camp/did.json" {
			t.Errorf("asked for %s", r.URL)
		}
		serving(documentOf(t, id, public))(w, r)
	})
	r := &Resolver{Web: s.web()}
	for _, p := range []Purpose{Assertion, Authentication} {
		key, err := r.Resolve(t.Context(), id+"#1", p)
		if err != nil {
			t.Fatal(err)
		}
		if key.ID != id+"#1" || key.Controller != id || !public.Equal(key.Public) || key.Life < 59*time.Minute || key.Life > time.Hour {
			t.Errorf("key = %+v", key)
		}
		// One person, whichever of her DIDs she shows (semantics 4.2).
		_, static := forKey(t, public)
		if same, err := r.Resolve(t.Context(), static, p); err != nil || same.Thumbprint() != key.Thumbprint() {
			t.Errorf("the key has the thumbprint %s, as a did:key %s (%v)", key.Thumbprint(), same.Thumbprint(), err)
		}
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// Nothing is asked for a DID that nobody lists, at a host that nobody allows.
func TestWebUnlisted(t *testing.T) {
	t.Parallel()
	id := "did:web:other.example"
	s := newSite(t, http.NotFound)
	list := func(listed bool, err error) func(context.Context, string) (bool, error) {
		return func(_ context.Context, asked string) (bool, error) {
			if asked != id {
				t.Errorf("asked whether %s is listed", asked)
			}
			return listed, err
		}
	}
	broken := errors.New("the store is gone")
	for name, c := range map[string]struct {
		r    *Resolver
		want string
	}{
		"nobody says":     {&Resolver{Web: s.web()}, "only if an issuer rule"},
		"in a decision":   {(&Resolver{Web: s.web()}).Begin(), "only if an issuer rule"},
		"not listed":      {(&Resolver{Web: s.web()}).Under(Terms{Listed: list(false, nil)}), "only if an issuer rule"},
		"cannot tell":     {(&Resolver{Web: s.web()}).Under(Terms{Listed: list(false, broken)}), broken.Error()},
		"no did:web here": {&Resolver{}, "not resolved here"},
		"no resolver":     {nil, "not resolved here"},
	} {
		if _, err := c.r.Resolve(t.Context(), id+"#1", Assertion); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// A listed DID is fetched, at the host that it names: here one whose
// certificate is not its.
func TestWebListed(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	s := newSite(t, http.NotFound)
	r := (&Resolver{Web: s.web()}).Under(Terms{Listed: func(context.Context, string) (bool, error) { asked.Store(true); return true, nil }})
	_, err := r.Resolve(t.Context(), "did:web:private.invalid#1", Assertion)
	if codeOf(err) != Unresolvable || !asked.Load() || !strings.Contains(err.Error(), "could not be fetched") {
		t.Errorf("Resolve = %v", err)
	}
}

func TestWebCache(t *testing.T) {
	t.Parallel()
	id := "did:web:" + host
	for _, c := range []struct {
		name    string
		headers []string
		maxAge  time.Duration
		want    int32 // fetches of three resolutions
	}{
		{"no headers", nil, time.Hour, 1},
		{"max-age", []string{"Cache-Control", "max-age=600"}, time.Hour, 1},
		{"no-store", []string{"Cache-Control", "no-store"}, time.Hour, 3},
		{"spent", []string{"Cache-Control", "max-age=60", "Age", "60"}, time.Hour, 3},
		{"no age at all", []string{"Cache-Control", "max-age=600"}, 0, 3},
	} {
		s := newSite(t, serving(documentOf(t, id, newEd25519(t)), c.headers...))
		r := (&Resolver{Web: s.web()}).Under(aged(c.maxAge))
		for range 3 {
			if _, err := r.Resolve(t.Context(), id+"#1", Assertion); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if n := s.asked.Load(); n != c.want {
			t.Errorf("%s: asked %d times, want %d", c.name, n, c.want)
		}
		// One decision asks once, whatever the headers say.
		before, one := s.asked.Load(), r.Begin()
		for range 3 {
			if _, err := one.Resolve(t.Context(), id+"#1", Assertion); err != nil {
				t.Errorf("%s: in a decision: %v", c.name, err)
			}
		}
		if n := s.asked.Load() - before; n > 1 {
			t.Errorf("%s: one decision asked %d times", c.name, n)
		}
	}
}

func TestWebOperatorsMaxAge(t *testing.T) {
	t.Parallel()
	broken := errors.New("no such framework")
	for name, c := range map[string]struct {
		operator time.Duration
		terms    Terms
		want     time.Duration
		err      error
	}{
		"nobody's":                       {0, Terms{}, DefaultMaxAge, nil},
		"the operator's":                 {time.Minute, Terms{}, time.Minute, nil},
		"the operator's, below an hour":  {time.Minute, aged(time.Hour), time.Minute, nil},
		"the operator's, above a second": {time.Minute, aged(time.Second), time.Second, nil},
		"a framework's":                  {0, aged(24 * time.Hour), 24 * time.Hour, nil},
		"unknown":                        {0, Terms{MaxAge: func(context.Context) (time.Duration, error) { return 0, broken }}, 0, broken},
	} {
		r := (&Resolver{Web: NewWeb(fetch.New(fetch.Config{}), c.operator)}).Under(c.terms)
		if got, err := r.maxAge(t.Context()); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// A key that is taken away, or whose document is, no longer counts.
func TestWebRevalidates(t *testing.T) {
	t.Parallel()
	id := "did:web:" + host
	public := newEd25519(t)
	s := newSite(t, serving(documentOf(t, id, public), "ETag", `"1"`, "Cache-Control", "no-cache"))
	r := (&Resolver{Web: s.web()}).Under(aged(time.Hour))
	resolve := func(what, code string) {
		t.Helper()
		if _, err := r.Resolve(t.Context(), id+"#1", Assertion); codeOf(err) != code {
			t.Errorf("%s: %v, want code %q", what, err, code)
		}
	}
	resolve("first", "")
	s.now(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != `"1"` {
			t.Errorf("If-None-Match = %q", r.Header.Get("If-None-Match"))
		}
		w.WriteHeader(http.StatusNotModified)
	})
	resolve("the same", "")
	resolve("the same again", "")
	s.now(serving(documentOf(t, id, newP256(t)), "ETag", `"2"`, "Cache-Control", "no-store"))
	key, err := r.Resolve(t.Context(), id+"#1", Assertion)
	if err != nil || public.Equal(key.Public) {
		t.Errorf("another key: %+v, %v", key, err)
	}
	s.now(http.NotFound)
	resolve("taken away", Unresolvable)
	before := s.asked.Load()
	resolve("still away", Unresolvable)
	if s.asked.Load() != before {
		t.Error("a failure was not remembered")
	}
}

// Behind a network that fails, a document serves until it is too old, and only
// a framework that takes it so.
func TestWebNetworkFails(t *testing.T) {
	t.Parallel()
	id := "did:web:" + host
	s := newSite(t, serving(documentOf(t, id, newEd25519(t))))
	w := s.web()
	if _, err := (&Resolver{Web: w}).Resolve(t.Context(), id+"#1", Assertion); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := (&Resolver{Web: w}).Under(aged(0)).Resolve(t.Context(), id+"#1", Assertion); codeOf(err) != Unresolvable {
		t.Errorf("for who takes nothing old: %v", err)
	}
	if _, err := (&Resolver{Web: w}).Under(aged(time.Hour)).Resolve(t.Context(), id+"#1", Assertion); err != nil {
		t.Errorf("for who takes an hour: %v", err)
	}
}

// Many wait for one fetch; one who leaves takes nothing from the others.
func TestWebFetchesOnce(t *testing.T) {
	t.Parallel()
	id := "did:web:" + host
	arrived, release := make(chan struct{}), make(chan struct{})
	body := documentOf(t, id, newEd25519(t))
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		serving(body)(w, r)
	})
	r := &Resolver{Web: s.web()}
	first, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := r.Resolve(first, id+"#1", Assertion)
		left <- err
	}()
	<-arrived
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v", err)
	}
	var waiting sync.WaitGroup
	for range 50 {
		waiting.Go(func() {
			if _, err := r.Resolve(t.Context(), id+"#1", Assertion); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond) // who comes later finds it kept
	close(release)
	waiting.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestWebCacheIsBounded(t *testing.T) {
	t.Parallel()
	w := NewWeb(fetch.New(fetch.Config{}), 0)
	for i := range maxKept + 10 {
		w.put(&entry{id: string(rune(i + 1))})
		w.get(string(rune(1)))
	}
	if len(w.entries) != maxKept || w.recent.Len() != maxKept || w.get(string(rune(1))) == nil || w.get(string(rune(2))) != nil {
		t.Errorf("%d entries, %d in order", len(w.entries), w.recent.Len())
	}
}

// A faulty log panics at the first line that it gets.
type faulty struct{ lines *atomic.Int32 }

func (f faulty) Write(p []byte) (int, error) {
	if f.lines.Add(1) == 1 {
		panic("a fault of ours")
	}
	return len(p), nil
}

// A fault of ours over what a host answers ends that fetch, not the program,
// and nobody waits for it for ever.
func TestWebSurvivesAPanic(t *testing.T) {
	t.Parallel()
	s := newSite(t, http.NotFound)
	w := s.webLogging(slog.New(slog.NewJSONHandler(faulty{new(atomic.Int32)}, nil)))
	_, err := (&Resolver{Web: w}).Resolve(t.Context(), "did:web:"+host+"#1", Assertion)
	if codeOf(err) != Unresolvable || !strings.Contains(err.Error(), "could not be read") {
		t.Errorf("Resolve = %v", err)
	}
	if len(w.flights) != 0 {
		t.Errorf("%d fetches are under way", len(w.flights))
	}
}
