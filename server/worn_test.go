package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// tangled is a subject whose blank nodes cannot be told apart for long.
func tangled() []any {
	list := make([]any, 20)
	for i := range list {
		inner := make([]any, 10)
		for j := range inner {
			inner[j] = map[string]any{}
		}
		list[i] = map[string]any{"name": inner}
	}
	return list
}

// Many credentials whose blank nodes are dear to name take one request no
// further than a few do. The measure is what is allocated for it, all told, which
// other work on the machine does not change: no test may run beside it.
func TestManyDearCredentials(t *testing.T) {
	db := openSQLite(t)
	s := newStory(t, db, db)
	h := s.houses[0]
	check := func(n int) uint64 {
		bomb := s.diploma(vc.FormatLD, func(map[string]any) {}).(map[string]any)
		bomb["credentialSubject"] = tangled()
		list := make([]any, n)
		for i := range list {
			list[i] = bomb
		}
		signer := &proof.Signer{Key: s.amina, At: h.clock.now()}
		p, err := signer.Presentation(t.Context(), list, vc.FormatVPJWT11, proof.Expect{Nonce: "mine", Domain: "camp.example"})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, codes := h.checked(server.RoleVerifier, "/presentations/verify", "verifiablePresentation", p, map[string]any{"challenge": "mine"})
		h.wants("verifying", a, http.StatusOK, "")
		if a.json(t)["verified"] != false {
			t.Errorf("verified: %s", codes)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	check(1) // what is made once for all
	if few, many := check(2), check(64); many > 4*few {
		t.Errorf("64 dear credentials took %d MB, 2 took %d", many>>20, few>>20)
	}
}

// A request in which everything is wrong is answered as quickly and shortly as
// others are.
func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	members := make([]string, 50_000)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	a := h.call(server.RoleVerifier, "POST", "/v1/challenges", "{"+strings.Join(members, ",")+"}")
	h.wants("all wrong", a, http.StatusUnprocessableEntity, "invalid")
	if list := a.json(t)["errors"].([]any); len(list) > 100 || len(list) < 50 {
		t.Errorf("%d faults are told, want some, and 100 at most", len(list))
	}
}

// Whoever shows a token of a key that nobody has makes only itself wait for an
// issuer that hangs.
func TestAnIssuerThatHangs(t *testing.T) {
	t.Parallel()
	known, unknown := newLogin(t, "a"), newLogin(t, "b")
	var hang atomic.Bool
	asked, answered, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if hang.Load() {
			asked <- struct{}{}
			<-answered
		}
		w.Write(keySet(t, known.jwk()))
	}))
	t.Cleanup(web.Close)
	a := &authority{TB: t, dir: t.TempDir()}
	ca, _ := a.files("ca", tls.Certificate{Certificate: [][]byte{web.Certificate().Raw}, PrivateKey: known.private})
	keys, err := server.PatientKeysFrom(web.URL, ca)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *server.Config) { letIn(t, keys, c) })
	call := func(l *login) int {
		return h.call("", "GET", "/v1/decisions/x", "", "Authorization", "Bearer "+l.token(t, l.header(), claimsAt(h.clock.now()))).StatusCode
	}
	if got := call(known); got != http.StatusNotFound {
		t.Fatalf("a known key: %d", got)
	}
	hang.Store(true)
	for _, age := range []time.Duration{11 * time.Second, 11 * time.Minute} {
		h.clock.move(age)
		go func() { call(unknown); ended <- struct{}{} }()
		<-asked
		if got := call(known); got != http.StatusNotFound {
			t.Errorf("a key that is known, read %v ago: %d", age, got)
		}
		answered <- struct{}{}
		<-ended
	}
}

// Whoever reads schemas and bundles, which is anyone, keeps no decision waiting.
func TestReadersKeepNoDecisionWaiting(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	s := newStory(t, db, db)
	release := server.HoldReaders(s.houses[0].catalogue)
	defer release()
	path, nonce := s.ask("school")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	decided := make(chan struct{})
	go func() {
		s.wants("the first decision", s.answer(0, path, s.present(s.amina, nonce, s.credential(s.amina))), "permit")
		close(decided)
	}()
	select {
	case <-decided:
	case <-ctx.Done():
		t.Error("a decision waits for those who read")
		release()
		<-decided
	}
}

// Whoever publishes, and proves a document for as long as it takes, keeps nobody
// waiting who decides, or hears what other processes published.
func TestPublishersKeepNoDecisionWaiting(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	s := newStory(t, db, db)
	proving, held := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(held) })
	defer release()
	var publishers sync.WaitGroup
	turns := runtime.GOMAXPROCS(0) // all that there are to prove
	for i := range turns {
		name := fmt.Sprintf("Slow %c", 'A'+i%26)
		publishers.Go(func() {
			err := server.Offer(t.Context(), s.houses[0].catalogue, server.Draft{
				Tenant: server.DefaultTenant, Owner: "author", Name: name, Version: fmt.Sprintf("1.%d.0", i), Source: written(name, fmt.Sprintf("1.%d.0", i)),
				Told: func([]trustframeworks.Finding) { proving <- struct{}{}; <-held },
			})
			if err != nil {
				t.Errorf("publishing: %v", err)
			}
		})
	}
	for range turns {
		<-proving
	}
	path, nonce := s.ask("school")
	s.wants("a decision while all prove", s.answer(0, path, s.present(s.amina, nonce, s.credential(s.amina))), "permit")
	other := s.houses[1].client(server.DefaultTenant, "other", server.RoleAuthor)
	s.houses[1].wants("publishing", s.houses[1].put(other, "/v1/frameworks/News/1.0.0", written("News", "1.0.0")), http.StatusCreated, "")
	if err := s.houses[0].catalogue.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.houses[0].verifier.Library(server.DefaultTenant).Named("News", "1.0.0") == nil {
		t.Error("what another process published is not heard of while all prove")
	}
	if s.houses[0].verifier.Library(server.DefaultTenant).Named("Slow A", "1.0.0") != nil {
		t.Error("what is not proved is decided by")
	}
	release()
	publishers.Wait()
	if s.houses[0].verifier.Library(server.DefaultTenant).Named("Slow A", "1.0.0") == nil {
		t.Error("what was proved is not decided by")
	}
}

// Whoever announces a body to a call that waits, and sends none, holds no
// connection for ever.
func TestAWaitWithABodyThatNeverComes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *server.Config) { c.ReadTime = 300 * time.Millisecond })
	path := h.opened()
	addr, _ := serve(t, h)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET "+path+"?wait=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+string(h.tokens[server.RoleVerifier])+"\r\nContent-Length: 1000\r\n\r\n")
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil {
		t.Errorf("the connection is still there: %v", err)
	}
}
