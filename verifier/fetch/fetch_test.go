package fetch

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const name = "example.com" // httptest's certificate is for it

// serve starts a TLS server; the allowance leads a client to it.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, Allowance) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	return s, allowed(t, s)
}

func allowed(t *testing.T, s *httptest.Server) Allowance {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return Allowance{Host: name, Address: netip.MustParseAddrPort(s.Listener.Addr().String()), Roots: pool}
}

func say(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		_, _ = w.Write([]byte(body))
	}
}

var request = Request{URL: "https://example.com/did.json", Accept: []string{"application/did+json", "application/json"}, Max: 64}

func TestGet(t *testing.T) {
	t.Parallel()
	_, a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Host != name || r.URL.Path != "/did.json" || r.Header.Get("Accept") != "application/did+json, application/json" {
			t.Errorf("asked for %s%s as %v", r.Host, r.URL.Path, r.Header)
		}
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		say("{}", "ETag", `"1"`, "Cache-Control", "max-age=600", "Content-Type", "application/json; charset=UTF-8")(w, r)
	})
	c := New(Config{Allow: []Allowance{a}})
	got, err := c.Get(t.Context(), request)
	if err != nil || string(got.Body) != "{}" || got.ETag != `"1"` || got.Life.Or(time.Hour) < 5*time.Minute || got.Life.Or(time.Hour) > 10*time.Minute {
		t.Fatalf("Get = %+v, %v", got, err)
	}
	again := request
	again.ETag = got.ETag
	if got, err = c.Get(t.Context(), again); err != nil || !got.NotModified {
		t.Errorf("Get with an ETag = %+v, %v", got, err)
	}
}

// Without an allowance the same server is not reached: it is private.
func TestPrivateIsRefused(t *testing.T) {
	t.Parallel()
	asked := false
	s, a := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	c := New(Config{})
	c.lookup = func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{a.Address.Addr()}, nil
	}
	r := request
	r.URL = "https://example.com:" + portOfListener(t, s) + "/did.json"
	_, err := c.Get(t.Context(), r)
	if !errors.Is(err, errPrivate) || asked {
		t.Errorf("Get at a private address = %v", err)
	}
	// An allowance without an address does not make it public.
	c.allow[authority("example.com:"+portOfListener(t, s))] = Allowance{Roots: a.Roots}
	if _, err := c.Get(t.Context(), r); !errors.Is(err, errPrivate) || asked {
		t.Errorf("Get at a private address of an allowed host = %v", err)
	}
}

func portOfListener(t *testing.T, s *httptest.Server) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestAnswersRefused(t *testing.T) {
	t.Parallel()
	var inner atomic.Bool
	cases := []struct {
		name, why string
		h         http.HandlerFunc
	}{
		{"a redirect", "redirects", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/inner" {
				inner.Store(true)
			}
			http.Redirect(w, r, "/inner", http.StatusFound)
		}},
		{"not found", "status 200", http.NotFound},
		{"no content", "status 200", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
		{"partial content", "status 200", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) }},
		{"not modified, unasked", "redirects", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }},
		{"text", "media type", say("{}", "Content-Type", "text/plain")},
		{"no type", "media type", say("{}", "Content-Type", "")},
		{"a broken type", "media type", say("{}", "Content-Type", "application/json; charset")},
		{"another charset", "media type", say("{}", "Content-Type", "application/json; charset=utf-16")},
		{"two types", "media type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{"application/json", "text/html"}
		}},
		{"a bomb", "compressed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 1<<20))
			_ = z.Close()
		}},
		{"too large, and said", "too large", say(strings.Repeat(" ", 65))},
		{"too large, in pieces", "too large", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 64 {
				_, _ = w.Write([]byte("  "))
				w.(http.Flusher).Flush()
			}
		}},
		{"endless headers", "no TLS connection", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 100 {
				w.Header().Add("X-Long", strings.Repeat("x", 512)+string(rune('a'+i%26)))
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, a := serve(t, c.h)
			got, err := New(Config{Allow: []Allowance{a}}).Get(t.Context(), request)
			e, ok := errors.AsType[*Error](err)
			if !ok || !strings.Contains(e.Why, c.why) {
				t.Errorf("Get = %+v, %v; want %q", got, err, c.why)
			}
		})
	}
	t.Cleanup(func() {
		if inner.Load() {
			t.Error("a redirect was followed")
		}
	})
}

// What is slow in any of its parts ends, at the limit.
func TestSlow(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	stop := make(chan struct{})
	_, headers := serve(t, func(http.ResponseWriter, *http.Request) { <-stop })
	_, trickle := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for {
			_, _ = w.Write([]byte(" "))
			w.(http.Flusher).Flush()
			select {
			case <-stop:
				return
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() { close(stop) }) // before the servers wait for it
	handshake := headers
	handshake.Address = netip.MustParseAddrPort(silent.Addr().String())
	for name, a := range map[string]Allowance{"no handshake": handshake, "no headers": headers, "a slow body": trickle} {
		t.Run(name, func(t *testing.T) {
			c := New(Config{Allow: []Allowance{a}})
			c.limits = limits{connect: 200 * time.Millisecond, handshake: 200 * time.Millisecond, total: 500 * time.Millisecond}
			if got, err := c.Get(t.Context(), request); err == nil {
				t.Errorf("Get = %+v", got)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	_, a := serve(t, say("{}"))
	other := a
	other.Host = "another.example"
	stranger := a
	stranger.Roots = nil
	old := httptest.NewUnstartedServer(say("{}"))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	t.Cleanup(old.Close)
	outdated := allowed(t, old)
	plain := httptest.NewServer(say("{}"))
	t.Cleanup(plain.Close)
	unencrypted := a
	unencrypted.Address = netip.MustParseAddrPort(plain.Listener.Addr().String())
	closed := a
	closed.Address = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 1)
	seen := map[string]bool{}
	for name, c := range map[string]struct {
		a   Allowance
		url string
	}{
		"a certificate for another name": {other, "https://another.example/did.json"},
		"an unknown authority":           {stranger, request.URL},
		"TLS 1.1":                        {outdated, request.URL},
		"no TLS":                         {unencrypted, request.URL},
		"nobody listens":                 {closed, request.URL},
	} {
		r := request
		r.URL = c.url
		_, err := New(Config{Allow: []Allowance{c.a}}).Get(t.Context(), r)
		if err == nil {
			t.Errorf("%s: was fetched", name)
			continue
		}
		seen[err.Error()] = true
	}
	if len(seen) != 1 {
		t.Errorf("what a connection failed by can be told: %v", seen)
	}
}

// The proxy of the environment sees nothing.
func TestNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("ALL_PROXY", proxy.URL)
	_, a := serve(t, say("{}"))
	if _, err := New(Config{Allow: []Allowance{a}}).Get(t.Context(), request); err != nil {
		t.Error(err)
	}
}

// An answer that changes after the check changes nothing: it is asked for once.
func TestLookedUpOnce(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	var lookups atomic.Int32
	c.lookup = func(context.Context, string) ([]netip.Addr, error) {
		lookups.Add(1)
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("9.9.9.9")}, nil
	}
	if _, err := c.Get(t.Context(), request); !errors.Is(err, errPrivate) {
		t.Errorf("one private address among public ones: %v", err)
	}
	if n := lookups.Load(); n != 1 {
		t.Errorf("looked up %d times", n)
	}
}

// The connection goes to the very address that was checked, also where the name
// leads elsewhere by then.
func TestPinned(t *testing.T) {
	t.Parallel()
	c := New(Config{})
	var lookups atomic.Int32
	c.lookup = func(context.Context, string) ([]netip.Addr, error) {
		if lookups.Add(1) > 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("9.9.9.9")}, nil
	}
	var dialled []string
	c.connect = func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
		dialled = append(dialled, to.String())
		return nil, errors.New("nobody is there")
	}
	if _, err := c.Get(t.Context(), request); err == nil {
		t.Error("something was fetched")
	}
	if lookups.Load() != 1 || !slices.Equal(dialled, []string{"9.9.9.9:443"}) {
		t.Errorf("%d lookups, and connections to %q; want one, and to the address that it gave", lookups.Load(), dialled)
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"http://example.com/did.json", "https://example.com", "https://user@example.com/x", "https://user:p@example.com/x", "https://example.com/x#y",
		"https://127.0.0.1/x", "https://[::1]/x", "https://2130706433/x", "https://0x7f.1/x", "https://127.1/x", "https://0x7f000001/x", "https://example.0x7f/x",
		"https://localhost/x", "https://Example.com/x", "https://example.com./x", "https://.example.com/x", "https://ex_ample.com/x", "https://exa%6dple.com/x",
		"https://bücher.example/x", "https://example.com:0/x", "https://example.com:65536/x", "https://example.com:0443/x", "https://example.com:/x", "https://example.com:+1/x",
		"file:///etc/passwd", "https:example.com/x", "//example.com/x", "", "https:///x", "https://-a.example/x", "https://a..example/x",
		"https://" + strings.Repeat("a", 64) + ".example/x", "https://" + strings.Repeat("a.", 130) + "example/x",
	} {
		r := request
		r.URL = url
		c := New(Config{})
		c.lookup = func(context.Context, string) ([]netip.Addr, error) {
			t.Errorf("%s: was looked up", url)
			return nil, nil
		}
		if _, err := c.Get(t.Context(), r); err == nil {
			t.Errorf("%s: was fetched", url)
		}
	}
}

// One host is not flooded, and another does not wait for it.
func TestRate(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	_, a := serve(t, func(w http.ResponseWriter, r *http.Request) { asked.Add(1); say("{}")(w, r) })
	c := New(Config{Allow: []Allowance{a}})
	turns := c.rates.of(authority(name))
	turns.SetLimit(0.001)
	for turns.Allow() { // others were before
	}
	c.limits.total = 20 * time.Millisecond // less than a turn takes
	if _, err := c.Get(t.Context(), request); err == nil || !strings.Contains(err.Error(), "too much") || asked.Load() != 0 {
		t.Errorf("Get beyond the limit = %v, asked %d times", err, asked.Load())
	}
	if !c.rates.of(authority("other.example")).Allow() {
		t.Error("another host waits")
	}
	turns.SetLimit(perSecond)
	c.limits.total = 10 * time.Second
	if _, err := c.Get(t.Context(), request); err != nil {
		t.Errorf("Get in its turn: %v", err)
	}
}

func TestRatesAreBounded(t *testing.T) {
	t.Parallel()
	var r rates
	for i := range 3 * maxHosts {
		l := r.of(strings.Repeat("x", i%7) + string(rune(i)))
		if i%2 == 0 {
			l.Allow()
		}
	}
	if len(r.byHost) > maxHosts {
		t.Errorf("%d hosts are remembered", len(r.byHost))
	}
}

func TestReadAllowance(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, say("{}"))
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Allowance{
		"registry.example":                            {Host: "registry.example"},
		"host=registry.example":                       {Host: "registry.example"},
		"registry.example:8443":                       {Host: "registry.example:8443"},
		"host=registry.example,address=10.0.0.1":      {Host: "registry.example", Address: netip.MustParseAddrPort("10.0.0.1:443")},
		"host=registry.example:8443,address=::1":      {Host: "registry.example:8443", Address: netip.MustParseAddrPort("[::1]:8443")},
		"address=10.0.0.1:9443,host=registry.example": {Host: "registry.example", Address: netip.MustParseAddrPort("10.0.0.1:9443")},
	} {
		if got, err := ReadAllowance(text); err != nil || got != want {
			t.Errorf("ReadAllowance(%q) = %+v, %v", text, got, err)
		}
	}
	if got, err := ReadAllowance("host=registry.example,caFile=" + file); err != nil || got.Roots == nil {
		t.Errorf("with a CA: %+v, %v", got, err)
	}
	for _, text := range []string{
		"", "localhost", "127.0.0.1", "Registry.example", "https://registry.example", "registry.example/x", "*.example.com",
		"host=a.example,host=b.example", "host=a.example,address=a.example", "host=a.example,address=", "host=a.example,port=1",
		"address=10.0.0.1", "host=a.example,caFile=/does/not/exist", "host=a.example,caFile=" + os.Args[0], "host=a.example,",
	} {
		if got, err := ReadAllowance(text); err == nil {
			t.Errorf("ReadAllowance(%q) = %+v", text, got)
		}
	}
}
