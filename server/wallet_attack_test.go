package server_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// KE3 that is sent to two servers at once, many times: one session begins.
func TestWalletKE3BeginsOneSession(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		h[0].registered("ann")
		for round := range 3 {
			ticket, ke3 := h[round%2].begun("ann")
			body := `{"ticket": "` + ticket + `", "ke3": "` + b64url(ke3) + `"}`
			var began, refused atomic.Int32
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					a := h[i%2].call("", http.MethodPut, "/v1/t/default/wallet/sessions", body)
					switch {
					case a.StatusCode == http.StatusCreated:
						began.Add(1)
					case a.StatusCode == http.StatusUnauthorized && a.kind() == "login":
						refused.Add(1)
					}
				})
			}
			all.Wait()
			if began.Load() != 1 || refused.Load() != 15 {
				t.Errorf("%d sessions began, %d were refused", began.Load(), refused.Load())
			}
		}
	})
}

// A registration's ticket that is put to two servers at once makes one account,
// and two tickets for one name one.
func TestWalletRegistrationMakesOneAccount(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		var completions [2]completion
		for i := range completions {
			completions[i] = h[i].completing("ann")
		}
		var made, refused atomic.Int32
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				c := completions[i/2%2]
				a := h[i%2].call("", http.MethodPut, "/v1/t/default/wallet/registrations/"+c.ticket, c.body)
				switch a.StatusCode {
				case http.StatusCreated:
					made.Add(1)
				case http.StatusConflict:
					refused.Add(1)
				}
			})
		}
		all.Wait()
		if made.Load() != 1 || refused.Load() != 15 {
			t.Errorf("%d accounts were made, %d tries refused", made.Load(), refused.Load())
		}
	})
}

// A completion is the second half of a registration.
type completion struct{ ticket, body string }

func (h *house) completing(name string) completion {
	h.Helper()
	r, err := session.BeginRegistration(secret)
	if err != nil {
		h.Fatal(err)
	}
	begun := h.call("", http.MethodPost, "/v1/t/default/wallet/registrations", `{"name": "`+name+`", "request": "`+b64url(r.Request)+`"}`).json(h)
	holder := session.Holder{Origin: walletOrigin, Tenant: "default", Name: name}
	record, _, err := r.Finish(fromB64url(h, begun["response"].(string)), holder, session.Newest)
	if err != nil {
		h.Fatal(err)
	}
	zeros := func(n int) string { return b64url(make([]byte, n)) }
	return completion{begun["ticket"].(string), fmt.Sprintf(`{"record": "%s", "root": "%s", "box": "%s", "sign": "%s", "private": "%s"}`,
		b64url(record), zeros(session.RootSize), zeros(32), zeros(32), zeros(session.PrivateSize))}
}

// Whoever writes into the database logs in by no record that they copy.
func TestWalletRecordsAreWorthNothingElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.registered("ann")
	ann, _, err := h.store.FindAccount(t.Context(), server.DefaultTenant, "ann", [sha256.Size]byte{})
	if err != nil {
		t.Fatal(err)
	}
	for i, to := range []keys.Account{{Tenant: server.DefaultTenant, ID: keys.NewID()}, {Tenant: elsewhere, ID: keys.NewID()}, {Tenant: elsewhere, ID: keys.NewID()}} {
		copied := *ann
		copied.Account, copied.Name = to, []string{"mallory", "mallory", "ann"}[i]
		if err := h.store.AddAccount(t.Context(), &copied, session.Spent{Digest: sha256.Sum256(to.ID[:]), Expires: h.clock.now()}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.holder(to.Tenant).Login(t.Context(), copied.Name, secret, ""); !errors.Is(err, session.ErrPassword) {
			t.Errorf("%s/%s: %v", to.Tenant, copied.Name, err)
		}
	}
	if _, err := c.Login(t.Context(), "ann", secret, ""); err != nil {
		t.Error(err)
	}
}

// Of 10,000 tries for one name ten are answered, and the others cost no
// evaluation; 10,000 names have each their own, and nobody else's suffer.
func TestWalletTenThousandLogins(t *testing.T) {
	t.Parallel()
	unbound := server.Rate{PerSecond: -1, Burst: 1}
	h := newHouse(t, func(c *server.Config) { c.Rate, c.LoginRate = unbound, unbound })
	c := h.registered("ann")
	l, err := session.BeginLogin("x")
	if err != nil {
		t.Fatal(err)
	}
	try := func(name string) int {
		body := strings.NewReader(`{"name": "` + name + `", "ke1": "` + b64url(l.KE1) + `"}`)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/t/default/wallet/sessions", body)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, r)
		_, _ = io.Copy(io.Discard, w.Body)
		return w.Code
	}
	const tries = 10_000
	for what, c := range map[string]struct {
		name     func(int) string
		answered int
	}{
		"one name":     {func(int) string { return "ben" }, 10},
		"10,000 names": {func(i int) string { return fmt.Sprintf("name-%d", i) }, tries},
	} {
		counts := counted(tries, func(i int) int { return try(c.name(i)) })
		if counts[http.StatusOK] != c.answered || counts[http.StatusTooManyRequests] != tries-c.answered {
			t.Errorf("%s: %v", what, counts)
		}
	}
	if _, err := c.Login(t.Context(), "ann", secret, ""); err != nil {
		t.Errorf("meanwhile: %v", err)
	}
	h.clock.move(15 * time.Minute)
	if got := try("ben"); got != http.StatusOK {
		t.Errorf("a quarter of an hour later: %d", got)
	}
}

// counted is how often each status came, of n calls by eight at once.
func counted(n int, call func(int) int) map[int]int {
	var mu sync.Mutex
	var next atomic.Int64
	counts := map[int]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				status := call(int(i))
				mu.Lock()
				counts[status]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return counts
}

// What costs the server an evaluation is limited for all together, from wherever it
// comes and whichever names it is for.
func TestWalletEvaluationsShareALimit(t *testing.T) {
	t.Parallel()
	l, err := session.BeginLogin("x")
	if err != nil {
		t.Fatal(err)
	}
	ke1, request := b64url(l.KE1), b64url(l.KE1[:session.RegistrationRequestSize])
	doors := map[string]string{
		"sessions": `, "ke1": "` + ke1 + `"}`, "registrations": `, "request": "` + request + `"}`,
		"recoveries": `, "auth": "` + b64url(make([]byte, 32)) + `", "request": "` + request + `"}`,
	}
	for door, rest := range doors {
		h := newHouse(t, func(c *server.Config) { c.LoginRate = server.Rate{PerSecond: 1, Burst: 2} })
		ask := func(door, rest, name string) int {
			return h.call("", http.MethodPost, "/v1/t/default/wallet/"+door, `{"name": "`+name+`"`+rest).StatusCode
		}
		for i := range 2 {
			if code := ask(door, rest, fmt.Sprint("name-", i)); code == http.StatusTooManyRequests || code == http.StatusNotFound {
				t.Errorf("%s: %d of the first two", door, code)
			}
		}
		for other, rest := range doors {
			if code := ask(other, rest, "somebody"); code != http.StatusTooManyRequests {
				t.Errorf("after two %s, %s: %d", door, other, code)
			}
		}
		h.clock.move(time.Second)
		if code := ask(door, rest, "later"); code == http.StatusTooManyRequests {
			t.Errorf("%s, a second later: %d", door, code)
		}
	}
}

// Nothing that anybody sends to an open door is the server's fault.
func FuzzWalletDoors(f *testing.F) {
	unbound := server.Rate{PerSecond: -1, Burst: 1}
	h := newHouse(f, func(c *server.Config) { c.Rate, c.LoginRate = unbound, unbound })
	l, err := session.BeginLogin("x")
	if err != nil {
		f.Fatal(err)
	}
	doors := []struct{ method, path string }{
		{http.MethodPost, "registrations"}, {http.MethodPut, "registrations/AAAA"}, {http.MethodPost, "sessions"}, {http.MethodPut, "sessions"},
	}
	f.Add(uint8(0), `{"name": "ann", "request": "`+b64url(l.KE1[:32])+`", "invitation": null}`)
	f.Add(uint8(2), `{"name": "\u0000", "ke1": "`+b64url(l.KE1)+`", "device": "é\n"}`)
	f.Add(uint8(3), `{"ticket": "AAAAAQ", "ke3": "`+b64url(make([]byte, 64))+`"}`)
	f.Add(uint8(1), `{"record": [], "root": {}, "box": 1e999, "sign": "", "private": true, "record": ""}`)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		door := doors[int(which)%len(doors)]
		r := httptest.NewRequestWithContext(t.Context(), door.method, "/v1/t/default/wallet/"+door.path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
