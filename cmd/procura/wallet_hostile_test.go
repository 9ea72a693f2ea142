package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// A walletHome is a folder from which a holder works: what their device remembers,
// and the file of their password.
type walletHome struct {
	*testing.T
	dir, password string
}

func newWalletHome(t *testing.T) *walletHome {
	t.Helper()
	h := &walletHome{T: t, dir: t.TempDir()}
	h.password = h.write("password", "correct horse battery staple\n")
	return h
}

func (h *walletHome) write(name, content string) string {
	h.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		h.Fatal(err)
	}
	return path
}

// try runs a command of the wallet, and returns what it says on both.
func (h *walletHome) try(args ...string) (out string, err error) {
	h.Helper()
	c := exec.CommandContext(h.Context(), procura(h.T), append([]string{"wallet"}, args...)...)
	c.Dir, c.Env = h.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir, "PROCURA_PASSWORD_FILE=" + h.password}
	raw, err := c.CombinedOutput()
	return string(raw), err
}

func (h *walletHome) does(args ...string) string {
	h.Helper()
	out, err := h.try(args...)
	if err != nil {
		h.Fatalf("wallet %v: %v: %s", args, err, out)
	}
	return out
}

// refuses wants exit 2 and a word about why.
func (h *walletHome) refuses(why string, args ...string) {
	h.Helper()
	out, err := h.try(args...)
	if err == nil || err.Error() != fmt.Sprint("exit status ", exitUndecided) || !strings.Contains(out, why) {
		h.Errorf("wallet %v: got %v: %s; want it refused with %q", args, err, out, why)
	}
}

// What a server says before a password is proved is checked.
func TestWalletRefusesServers(t *testing.T) {
	t.Parallel()
	const usual = `["argon2id,3,65536,4"]`
	offer := func(profiles string) func(string) string {
		return func(origin string) string {
			return fmt.Sprintf(`{"origin": %q, "suite": "ristretto255-SHA512", "profiles": %s, "registration": "open"}`, origin, profiles)
		}
	}
	elsewhere := func(string) string { return offer(usual)("https://wallet.example") }
	for name, c := range map[string]struct {
		offer  func(origin string) string
		status int
		says   string
	}{
		"too little work":      {offer(`["argon2id,1,65536,4"]`), 200, "a server may ask for Argon2id with 3–10 passes, 64 MiB–1 GiB and 4–16 lanes"},
		"too little memory":    {offer(`["argon2id,3,8,4"]`), 200, "a server may ask for Argon2id"},
		"too much memory":      {offer(`["argon2id,3,4294967295,4"]`), 200, "a server may ask for Argon2id"},
		"too many passes":      {offer(`["argon2id,4000000000,65536,4"]`), 200, "a server may ask for Argon2id"},
		"one of two too weak":  {offer(`["argon2id,3,65536,4", "argon2id,1,8,1"]`), 200, "a server may ask for Argon2id"},
		"four to try":          {offer(`["argon2id,3,65536,4","argon2id,3,65536,5","argon2id,3,65536,6","argon2id,3,65536,7"]`), 200, "a server may ask for Argon2id"},
		"no profile":           {offer(`[]`), 200, "a server may ask for Argon2id"},
		"another function":     {offer(`["pbkdf2,3,65536,4"]`), 200, "a server may ask for Argon2id"},
		"another origin":       {elsewhere, 200, `it calls itself "https://wallet.example"`},
		"a page":               {func(string) string { return "<!doctype html><title>Welcome" }, 200, "the server is not what it should be"},
		"nothing":              {func(string) string { return "" }, 200, "the server is not what it should be"},
		"a page for an error":  {func(string) string { return "<h1>It works" }, 502, "Bad Gateway"},
		"an endless text":      {func(string) string { return strings.Repeat("[", 17<<20) }, 200, "its answer has more than 16 MiB"},
		"garbage after it":     {offer(usual), 200, "the server is not what it should be"},
		"another server":       {func(string) string { return "moved" }, 307, "sends elsewhere (307)"},
		"another server again": {func(string) string { return "moved" }, 302, "sends elsewhere (302)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s *httptest.Server
			s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", s.URL+"/elsewhere")
				w.WriteHeader(c.status)
				if r.Method == http.MethodGet {
					fmt.Fprint(w, c.offer(s.URL))
					return
				}
				fmt.Fprint(w, `{"ke2": "AAAA", "ticket": 7`)
			}))
			defer s.Close()
			newWalletHome(t).refuses(c.says, "login", "--server", s.URL, "--name", "ann")
		})
	}
}

// A middle is who ends TLS between a wallet and its server: each message passes
// through meddle, which may leave it as it is.
type middle struct {
	*httptest.Server
	to     atomic.Pointer[string]
	meddle atomic.Pointer[func(w http.ResponseWriter, ask *http.Request, forward func() *httptest.ResponseRecorder)]
}

// between starts a server that finds its clients by a middle, and the middle.
func between(t *testing.T, dir string) (*middle, *process) {
	t.Helper()
	m := &middle{}
	m.Server = httptest.NewServer(http.HandlerFunc(m.pass))
	t.Cleanup(m.Close)
	s := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0", "--url", m.URL, "--wallet-registration", "default=open")
	m.to.Store(&s.base)
	return m, s
}

func (m *middle) pass(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	forward := func() *httptest.ResponseRecorder { return m.forward(r, body) }
	if meddle := m.meddle.Load(); meddle != nil {
		(*meddle)(w, r, forward)
		return
	}
	deliver(w, forward())
}

// forward asks the server, and gives what it answers; a server that is gone ends the connection.
func (m *middle) forward(r *http.Request, body []byte) *httptest.ResponseRecorder {
	to, err := http.NewRequestWithContext(r.Context(), r.Method, *m.to.Load()+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	to.Header = r.Header.Clone()
	got, err := http.DefaultTransport.RoundTrip(to)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer got.Body.Close()
	out := httptest.NewRecorder()
	for name, values := range got.Header {
		out.Header()[name] = values
	}
	out.WriteHeader(got.StatusCode)
	if _, err := io.Copy(out, got.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	return out
}

func deliver(w http.ResponseWriter, got *httptest.ResponseRecorder) {
	for name, values := range got.Header() {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length") // it may be another by now
	w.WriteHeader(got.Code)
	_, _ = w.Write(got.Body.Bytes())
}

// meddles has every message of the channel treated so, of which n counts from 1.
func (m *middle) meddles(how func(n int64, w http.ResponseWriter, forward func() *httptest.ResponseRecorder)) {
	var n atomic.Int64
	each := func(w http.ResponseWriter, r *http.Request, forward func() *httptest.ResponseRecorder) {
		if strings.HasSuffix(r.URL.Path, "/channel") {
			how(n.Add(1), w, forward)
			return
		}
		deliver(w, forward())
	}
	m.meddle.Store(&each)
}

// Who is between a wallet and its server can cut them off, and nothing else: what
// is no answer to just this request is none.
func TestWalletRefusesAnswers(t *testing.T) {
	t.Parallel()
	h := newWalletHome(t)
	m, _ := between(t, h.dir)
	h.does("register", "--server", m.URL, "--name", "ann")
	for name, how := range map[string]func(int64, http.ResponseWriter, func() *httptest.ResponseRecorder){
		"garbage": func(_ int64, w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
			fmt.Fprint(w, "garbage")
		},
		"a bit of the answer": func(_ int64, w http.ResponseWriter, forward func() *httptest.ResponseRecorder) {
			got := forward()
			got.Body.Bytes()[got.Body.Len()-1] ^= 1
			deliver(w, got)
		},
		"half the answer": func(_ int64, w http.ResponseWriter, forward func() *httptest.ResponseRecorder) {
			got := forward()
			got.Body.Truncate(got.Body.Len() / 2)
			deliver(w, got)
		},
	} {
		m.meddles(how)
		h.refuses("the server is not what it should be", "account")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	var first *httptest.ResponseRecorder
	m.meddles(func(n int64, w http.ResponseWriter, forward func() *httptest.ResponseRecorder) {
		got := forward()
		if n == 1 {
			first = got
		}
		deliver(w, first)
	})
	h.refuses("the server is not what it should be", "partition", "list")
}

// What got no answer is said again, and done once, though the server did it the
// first time: also by a server that was killed and came back in the middle.
func TestWalletServerGoesAway(t *testing.T) {
	t.Parallel()
	h := newWalletHome(t)
	m, s := between(t, h.dir)
	h.does("register", "--server", m.URL, "--name", "ann")
	item := h.write("item.json", `{"id": "urn:example:one"}`)

	lost := func(n int64, w http.ResponseWriter, forward func() *httptest.ResponseRecorder) {
		got := forward()
		if n%2 == 1 {
			panic(http.ErrAbortHandler)
		}
		deliver(w, got)
	}
	m.meddles(lost)
	h.does("item", "add", item)
	h.does("item", "add", item, "--own-id", "urn:example:two")
	h.refuses("there is one of this tag already", "item", "add", item)

	m.meddles(func(n int64, w http.ResponseWriter, forward func() *httptest.ResponseRecorder) {
		if n == 3 { // the account and its partitions are read, the item is on its way
			forward()
			s.cmd.Process.Kill()
			s.wait()
			s = start(t, procura(t), h.dir, nil, "--listen", "127.0.0.1:0", "--url", m.URL)
			m.to.Store(&s.base)
			panic(http.ErrAbortHandler)
		}
		deliver(w, forward())
	})
	h.does("item", "add", item, "--own-id", "urn:example:three")
	if list := h.does("item", "list"); strings.Count(list, "version 1") != 3 || strings.Count(list, "\n") != 3 {
		t.Errorf("three items were added:\n%s", list)
	}

	s.cmd.Process.Kill()
	s.wait()
	h.refuses("did not answer", "login")
}

// A host that is no host of ours answers a connection with nothing.
func TestWalletSilentServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	newWalletHome(t).refuses("did not answer", "login", "--server", "http://"+l.Addr().String(), "--name", "ann")
}

// A server that knows nothing newer than TLS 1.2 is told nothing.
func TestWalletRefusesOlderTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{MaxVersion: tls.VersionTLS12}
	s.Config.ErrorLog = log.New(t.Output(), "", 0)
	s.StartTLS()
	defer s.Close()
	newWalletHome(t).refuses("protocol version", "login", "--server", s.URL, "--name", "ann")
}
