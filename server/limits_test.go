package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier"
)

func TestUnknownMembersAreNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := `{"permissions": ["school"], "proxied": {"id": "did:example:x", "name": "x"}, "framework": {"name": "` + camp + `"}, "until/then": 1}`
	a := h.call(server.RoleVerifier, "POST", "/v1/challenges", body)
	h.wants("unknown members", a, 422, "invalid")
	var got []string
	for _, e := range a.json(t)["errors"].([]any) {
		got = append(got, e.(map[string]any)["path"].(string))
	}
	if want := "/proxied/name /until~1then"; strings.Join(got, " ") != want {
		t.Errorf("wrong members %v, want %s", got, want)
	}
}

// A body that trickles in ends when the time for it is over, and so does a
// head that never ends.
func TestSlowCallers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *server.Config) { c.ReadTime = 300 * time.Millisecond })
	addr, _ := serve(t, h)
	for name, test := range map[string]struct{ sent, want string }{
		"body": {"POST /v1/challenges HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + string(h.tokens[server.RoleVerifier]) +
			"\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{", "408"},
		"head": {"POST /v1/challenges HTTP/1.1\r\nHost: x\r\nX-A: ", ""},
	} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, test.sent)
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		line, err := bufio.NewReader(conn).ReadString('\n')
		if test.want == "" && err == nil || !strings.Contains(line, test.want) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a slow %s got %q (%v), want %q", name, line, err, test.want)
		}
	}
}

// serve runs the house's server on a port of its own. What comes back stops
// it and waits; it is called after the test at the latest.
func serve(t *testing.T, h *house) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ctx, l) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	}
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func TestStopping(t *testing.T) {
	t.Parallel()
	s := &heavy{store: openSQLite(t)}
	h := settled(t, s)
	addr, stop := serve(t, h)
	path := h.opened()
	waited := make(chan string, 1)
	go func() {
		r, _ := http.NewRequest("GET", "http://"+addr+path+"?wait=60", nil)
		r.Header.Set("Authorization", "Bearer "+string(h.tokens[server.RoleVerifier]))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			waited <- err.Error()
			return
		}
		defer resp.Body.Close()
		waited <- resp.Status
	}()
	s.wait(t)
	begun := time.Now()
	stop()
	if got := <-waited; got != "200 OK" {
		t.Errorf("who waited got %s, want the challenge as it is", got)
	}
	if took := time.Since(begun); took >= time.Minute {
		t.Errorf("stopping took %v", took)
	}
	h.wants("ready while stopping", h.call("", "GET", "/readyz", ""), http.StatusServiceUnavailable, "not-ready")
	h.wants("live while stopping", h.call("", "GET", "/livez", ""), http.StatusOK, "")
}

// Waiting may take longer than a request's time to arrive.
func TestWaitOutlastsReadTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *server.Config) { c.ReadTime = 200 * time.Millisecond })
	path := h.opened()
	addr, _ := serve(t, h)
	h.url = "http://" + addr
	begun := time.Now()
	a := h.call(server.RoleVerifier, "GET", path+"?wait=1", "")
	h.wants("waiting", a, http.StatusOK, "")
	if took := time.Since(begun); took < 900*time.Millisecond {
		t.Errorf("answered after %v, want a second", took)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *server.Config) { c.Rate = server.Rate{PerSecond: 1, Burst: 3} })
	for range 5 { // calls of clients are not counted, their first ones included
		h.wants("a client's", h.call(server.RoleVerifier, "GET", "/v1/frameworks", ""), http.StatusOK, "")
		h.wants("another's", h.call(server.RoleAuthor, "GET", "/v1/frameworks", ""), http.StatusOK, "")
	}
	for range 3 {
		h.wants("within the burst", h.call("", "GET", "/livez", ""), http.StatusOK, "")
	}
	a := h.call("", "GET", "/v1/frameworks", "", "X-Forwarded-For", "192.0.2.9")
	h.wants("beyond it", a, http.StatusTooManyRequests, "too-many-requests")
	if a.Header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	h.wants("a guessed token", h.as(server.NewToken(), "GET", "/v1/decisions/x", ""), http.StatusTooManyRequests, "")
	h.wants("no route", h.call("", "GET", "/nothing", ""), http.StatusTooManyRequests, "")
	h.wants("no method", h.call("", "PATCH", "/livez", ""), http.StatusTooManyRequests, "")
	h.wants("a client's own", h.call(server.RoleVerifier, "GET", "/v1/frameworks", ""), http.StatusOK, "")
	h.clock.move(time.Second)
	h.wants("a second later", h.call("", "GET", "/livez", ""), http.StatusOK, "")
}

// asked counts how often clients are looked up.
type asked struct {
	server.Clients
	times atomic.Int64
}

func (a *asked) ClientByToken(ctx context.Context, digest server.TokenDigest) (*server.Client, error) {
	a.times.Add(1)
	return a.Clients.ClientByToken(ctx, digest)
}

// Guesses are counted before the store hears of them; one whose token was seen
// is looked up once a second, and refused a second after its removal.
func TestTokens(t *testing.T) {
	t.Parallel()
	store := &asked{}
	h := newHouse(t, func(c *server.Config) {
		store.Clients = c.Clients
		c.Clients, c.Rate = store, server.Rate{PerSecond: 1, Burst: 3}
	})
	call := func(token server.Token) int { return h.as(token, "GET", "/v1/frameworks", "").StatusCode }
	for range 10 {
		call(h.tokens[server.RoleVerifier])
	}
	if n := store.times.Load(); n != 1 {
		t.Errorf("ten calls of one client asked the store %d times", n)
	}
	for range 10 {
		call(server.NewToken())
	}
	if n := store.times.Load(); n != 4 {
		t.Errorf("ten guesses asked the store %d times, want 3: the rest are too many", n-1)
	}
	list, err := h.store.ListClients(t.Context(), server.DefaultTenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if err := h.store.RemoveClient(t.Context(), c.Tenant, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.move(time.Second)
	if got := call(h.tokens[server.RoleVerifier]); got != http.StatusUnauthorized {
		t.Errorf("a second after its removal a client got %d", got)
	}
}

// heavy counts how often a challenge is loaded with all that it holds, and how
// often without.
type heavy struct {
	store
	loads, looks atomic.Int64
}

func (s *heavy) Progress(ctx context.Context, tenant, id string) (verifier.Progress, error) {
	defer s.looks.Add(1)
	return s.store.Progress(ctx, tenant, id)
}

// wait returns when a call waits: one looks, and looks again for what changed
// meanwhile.
func (s *heavy) wait(t *testing.T) {
	for s.looks.Load() < 2 && t.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

func (s *heavy) Challenge(ctx context.Context, tenant, id string) (*verifier.Challenge, error) {
	s.loads.Add(1)
	return s.store.Challenge(ctx, tenant, id)
}

// Waiting loads nothing but at its end, and a client's waits are bounded.
func TestWaits(t *testing.T) {
	t.Parallel()
	s := &heavy{store: openSQLite(t)}
	h := settled(t, s)
	path := h.opened()
	h.wants("waiting", h.call(server.RoleVerifier, "GET", path+"?wait=3", ""), http.StatusOK, "")
	if n := s.loads.Load(); n != 1 {
		t.Errorf("a wait of three seconds loaded the challenge %d times", n)
	}
	var waiting sync.WaitGroup
	var refused atomic.Int64
	for range server.MaxWaits + 10 {
		waiting.Go(func() {
			if a := h.call(server.RoleVerifier, "GET", path+"?wait=60", ""); a.StatusCode == http.StatusTooManyRequests {
				refused.Add(1)
			}
		})
	}
	for deadline := time.Now().Add(time.Minute); refused.Load() < 10 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	h.wants("closing", h.call(server.RoleVerifier, "DELETE", path, ""), http.StatusNoContent, "")
	waiting.Wait()
	if n := refused.Load(); n != 10 {
		t.Errorf("%d waits were refused, want 10", n)
	}
	h.wants("afterwards", h.call(server.RoleVerifier, "GET", path+"?wait=1", ""), http.StatusOK, "")
}

// What net/http would answer itself passes what every call passes.
func TestOptionsOfAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	addr, _ := serve(t, h)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound || resp.Header.Get("X-Request-ID") == "" {
		t.Errorf("OPTIONS *: %s %v, want a problem of ours", resp.Status, resp.Header)
	}
}

// A head that is too large, or no head, ends the connection; the next call is answered.
func TestHeads(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	addr, _ := serve(t, h)
	for name, test := range map[string]struct{ sent, want string }{
		"one header of 100 KB":  {"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 100_000) + "\r\n\r\n", "431"},
		"10,000 headers":        {"GET /livez HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: a\r\n", 10_000) + "\r\n", "431"},
		"a path of 100 KB":      {"GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "431"},
		"no HTTP":               {"hello\r\n\r\n", "400"},
		"two lengths":           {"POST /v1/challenges HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "400"},
		"length and chunks":     {"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", "400"},
		"a header with a colon": {"GET /livez HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n", "400"},
	} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go io.WriteString(conn, test.sent)
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		line, err := bufio.NewReader(conn).ReadString('\n')
		if !strings.Contains(line, " "+test.want+" ") {
			t.Errorf("%s got %q (%v), want %s", name, line, err, test.want)
		}
	}
	h.wants("the next call", h.call("", "GET", "/livez", ""), http.StatusOK, "")
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.call("", "GET", "/livez", "", "X-Request-ID", "mine-1")
	if got := a.Header.Get("X-Request-ID"); got != "mine-1" {
		t.Errorf("X-Request-ID %q, want mine-1", got)
	}
	for _, bad := range []string{"", "a b", strings.Repeat("x", 129), `"}`} {
		a := h.call("", "GET", "/v1/nothing", "", "X-Request-ID", bad)
		got := a.Header.Get("X-Request-ID")
		if got == "" || got == bad || got != a.json(t)["requestId"] {
			t.Errorf("X-Request-ID %q: answered with %q and %v, want one of ours in both", bad, got, a.json(t)["requestId"])
		}
	}
}

// One line a request, with nothing in it that was sent.
func TestLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.opened()
	h.call(server.RoleVerifier, "POST", path+"/presentations", `{"presentations": ["canary.canary.canary"]}`)
	h.call(server.RoleVerifier, "GET", path+"?wait=0&canary=1", "", "X-Canary", "canary")
	h.as("canary-token", "GET", "/v1/decisions/canary", "")
	h.call("", "GET", "/canary", "")
	h.call(server.RoleVerifier, "POST", "/v1/challenges", `{"canary": 1}`)
	h.call(server.RoleVerifier, "GET", "/v1/challenges/canary", "")
	h.call(server.RoleAdmin, "GET", "/v1/registries/canary%2F", "")
	h.call("", "GET", "/v1/frameworks/x/canary", "")
	h.call("", "canary", "/livez", "")
	log := h.log.String()
	if lines := strings.Count(log, "\n"); lines != 10 {
		t.Errorf("%d lines for 10 requests:\n%s", lines, log)
	}
	for _, secret := range []string{"canary", string(h.tokens[server.RoleVerifier]), "did:example:child"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
	var line struct {
		Msg, ID, Method, Route, Tenant, Client string
		Status                                 int
	}
	if err := json.Unmarshal([]byte(log[:strings.IndexByte(log, '\n')]), &line); err != nil {
		t.Fatal(err)
	}
	if line.Msg != "request" || line.Route != "/v1/challenges" || line.Status != 201 || line.Tenant != "default" || line.Client == "" {
		t.Errorf("line %+v, want the request by route, with its client", line)
	}
}

// failing is a store whose clients cannot be read.
type failing struct {
	server.Clients
	fail func() error
}

func (f failing) ClientByToken(context.Context, server.TokenDigest) (*server.Client, error) {
	return nil, f.fail()
}

func TestFaultsOfOursSayNothing(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"an error": func() error { return fmt.Errorf("dialing 10.0.0.1: canary") },
		"a panic":  func() error { panic("canary") },
	} {
		h := newHouse(t, func(c *server.Config) { c.Clients = failing{c.Clients, fail} })
		a := h.call(server.RoleVerifier, "GET", "/v1/decisions/x", "")
		if a.StatusCode != http.StatusInternalServerError || strings.Contains(string(a.body), "canary") {
			t.Errorf("%s: %d %s, want a bare 500", name, a.StatusCode, a.body)
		}
		if a.Header.Get("Content-Type") != "application/problem+json" || a.Header.Get("X-Request-ID") == "" {
			t.Errorf("%s: headers %v, want a problem", name, a.Header)
		}
		if !strings.Contains(h.log.String(), "canary") {
			t.Errorf("%s: the log does not say what it was", name)
		}
	}
}

// down is a store that does not answer.
type down struct{ server.Sweeper }

func (down) Ping(context.Context) error { return errors.New("canary") }

func TestReady(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.wants("ready", h.call("", "GET", "/readyz", ""), http.StatusOK, "")
	h = newHouse(t, func(c *server.Config) { c.Sweeper = down{c.Sweeper} })
	a := h.call("", "GET", "/readyz", "")
	h.wants("without a store", a, http.StatusServiceUnavailable, "not-ready")
	if strings.Contains(string(a.body), "canary") {
		t.Errorf("not ready says %s", a.body)
	}
	h = newHouse(t, func(c *server.Config) {
		c.Catalogue = &server.Catalogue{Store: nil, Verifier: verifier.New(verifier.Config{})}
	})
	h.wants("without frameworks", h.call("", "GET", "/readyz", ""), http.StatusServiceUnavailable, "not-ready")
}
