package server_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/session"
)

// astray sends what is for one server to another.
type astray struct{ to *url.URL }

func (a astray) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = a.to.Scheme, a.to.Host
	return http.DefaultTransport.RoundTrip(r)
}

// holder is a wallet's client, who believes the server to be at walletOrigin.
func (h *house) holder(tenant string) *client.Client {
	h.Helper()
	to, err := url.Parse(h.url)
	if err != nil {
		h.Fatal(err)
	}
	return &client.Client{Origin: walletOrigin, Tenant: tenant, HTTP: &http.Client{Transport: astray{to}}}
}

const secret = "correct horse battery staple"

func (h *house) registered(name string) *client.Client {
	h.Helper()
	c := h.holder(server.DefaultTenant)
	if _, err := c.Register(h.Context(), name, secret, ""); err != nil {
		h.Fatal(err)
	}
	return c
}

func TestWalletLogin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.registered("Ann")
	s, err := c.Login(t.Context(), "ann", secret, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := h.clock.now().Add(12 * time.Hour); !s.Until.Equal(want) || !s.IdleUntil.Equal(h.clock.now().Add(10*time.Minute)) || s.Device == "" {
		t.Errorf("until %s, idle until %s, device %q", s.Until, s.IdleUntil, s.Device)
	}
	again, err := c.Login(t.Context(), "ANN", secret, s.Device)
	if err != nil || again.Device != "" {
		t.Errorf("with a device's token: %v, a new one: %t", err, again.Device != "")
	}
	for name, try := range map[string]func() error{
		"another password": func() error { _, err := c.Login(t.Context(), "ann", secret+"r", ""); return err },
		"another name":     func() error { _, err := c.Login(t.Context(), "ben", secret, ""); return err },
		"another tenant":   func() error { _, err := h.holder(elsewhere).Login(t.Context(), "ann", secret, ""); return err },
		"nobody's tenant":  func() error { _, err := h.holder("nobody").Login(t.Context(), "ann", secret, ""); return err },
	} {
		if err := try(); !errors.Is(err, session.ErrPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.Origin = "https://evil.example"
	if _, err := c.Login(t.Context(), "ann", secret, ""); !errors.Is(err, client.ErrServer) {
		t.Errorf("a server at another place: %v", err)
	}
}

// A free name is asked for before the password is looked at: each answer to a
// registration would be a guess at one.
func TestWalletRegistrationIsNoOracle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.registered("ann")
	_, err := c.Register(t.Context(), "ANN", "another", "")
	if !errors.Is(err, client.Kind("name-taken")) {
		t.Errorf("a name that is taken: %v", err)
	}
	for i := range 12 {
		_, err := c.Register(t.Context(), "ann", "another", "")
		if !errors.Is(err, client.Kind("name-taken")) {
			t.Errorf("try %d: %v", i, err)
		}
	}
	if _, err := c.Login(t.Context(), "ann", secret, ""); err != nil {
		t.Errorf("tries that were refused count: %v", err)
	}
	free := func() *answer { return h.registration("ben") }
	for range 10 {
		h.wants("one of ten", free(), http.StatusCreated, "")
	}
	h.wants("the eleventh", free(), http.StatusTooManyRequests, "too-many-requests")
	h.wants("a login to the same name", h.login("ben"), http.StatusTooManyRequests, "too-many-requests")
}

func (h *house) registration(name string) *answer {
	h.Helper()
	r, err := session.BeginRegistration("x")
	if err != nil {
		h.Fatal(err)
	}
	return h.call("", http.MethodPost, "/v1/t/default/wallet/registrations", `{"name": "`+name+`", "request": "`+b64url(r.Request)+`"}`)
}

func (h *house) login(name string) *answer {
	h.Helper()
	l, err := session.BeginLogin("x")
	if err != nil {
		h.Fatal(err)
	}
	return h.call("", http.MethodPost, "/v1/t/default/wallet/sessions", `{"name": "`+name+`", "ke1": "`+b64url(l.KE1)+`"}`)
}

func TestWalletInvitations(t *testing.T) {
	t.Parallel()
	var wallets *server.Wallet
	h := newHouse(t, func(c *server.Config) { wallets = c.Wallets })
	until := h.clock.now().Add(time.Hour)
	good := wallets.Server.SealInvitation(elsewhere, "ann", until)
	c := h.holder(elsewhere)
	for name, invitation := range map[string]string{
		"none": "", "another's": wallets.Server.SealInvitation(elsewhere, "ben", until),
		"of another tenant": wallets.Server.SealInvitation(server.DefaultTenant, "ann", until),
		"expired":           wallets.Server.SealInvitation(elsewhere, "ann", h.clock.now()), "changed": good[:40] + "A" + good[41:],
	} {
		if _, err := c.Register(t.Context(), "ann", secret, invitation); !errors.Is(err, client.Kind("registration")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Register(t.Context(), "ann", secret, good); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Register(t.Context(), "ann", "another", good); !errors.Is(err, client.Kind("name-taken")) {
		t.Errorf("an invitation used twice: %v", err)
	}
	if _, err := h.holder("nobody").Register(t.Context(), "ann", secret, good); !errors.Is(err, client.Kind("registration")) {
		t.Errorf("a tenant that nobody knows: %v", err)
	}
}

// What one may ask of a tenant that there is not is what one that is closed says.
func TestWalletOffer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for tenant, want := range map[string]string{server.DefaultTenant: "open", elsewhere: "invitation", "nobody": "closed"} {
		got := h.call("", http.MethodGet, "/v1/t/"+tenant+"/wallet/opaque", "").json(t)
		if got["registration"] != want || got["origin"] != walletOrigin {
			t.Errorf("%s: got %v", tenant, got)
		}
	}
}

func TestWalletTicketsAreForOneUse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registered("ann")
	l, err := session.BeginLogin(secret)
	if err != nil {
		t.Fatal(err)
	}
	begun := h.call("", http.MethodPost, "/v1/t/default/wallet/sessions", `{"name": "ann", "ke1": "`+b64url(l.KE1)+`"}`).json(t)
	done, err := l.Finish(fromB64url(t, begun["ke2"].(string)), session.Holder{Origin: walletOrigin, Tenant: "default", Name: "ann"}, []session.Profile{session.Newest})
	if err != nil {
		t.Fatal(err)
	}
	prove := func(tenant, ticket string, ke3 []byte) *answer {
		return h.call("", http.MethodPut, "/v1/t/"+tenant+"/wallet/sessions", `{"ticket": "`+ticket+`", "ke3": "`+b64url(ke3)+`"}`)
	}
	ticket := begun["ticket"].(string)
	other := h.login("ann").json(t)["ticket"].(string)
	h.wants("another KE3", prove("default", ticket, make([]byte, 64)), http.StatusUnauthorized, "login")
	h.wants("another login's ticket", prove("default", other, done.KE3), http.StatusUnauthorized, "login")
	h.wants("another tenant", prove(elsewhere, ticket, done.KE3), http.StatusUnauthorized, "login")
	h.wants("no ticket", prove("default", "AAAA", done.KE3), http.StatusUnauthorized, "login")
	h.wants("once", prove("default", ticket, done.KE3), http.StatusCreated, "")
	h.wants("twice", prove("default", ticket, done.KE3), http.StatusUnauthorized, "login")
	h.clock.move(2 * time.Minute)
	h.wants("late", prove("default", ticket, done.KE3), http.StatusUnauthorized, "login")
}

// What strangers do to a name does not keep out a device that was let in before.
func TestWalletDevicesHaveTheirOwnBudget(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.registered("ann")
	s, err := c.Login(t.Context(), "ann", secret, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		h.login("ann")
	}
	if _, err := c.Login(t.Context(), "ann", secret, ""); !errors.Is(err, client.Kind("too-many-requests")) {
		t.Errorf("a name whose budget is spent: %v", err)
	}
	if _, err := c.Login(t.Context(), "ann", secret, "forged"); !errors.Is(err, client.Kind("too-many-requests")) {
		t.Errorf("with a token that is none: %v", err)
	}
	for range 12 {
		if _, err := c.Login(t.Context(), "ann", secret, s.Device); err != nil {
			t.Errorf("the device: %v", err)
		}
	}
	h.clock.move(15 * time.Minute)
	if _, err := c.Login(t.Context(), "ann", secret, ""); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
}

// Names that nobody has are answered as those that somebody has.
func TestWalletNamesAreNotTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.registered("ann")
	h.clock.move(24 * time.Hour) // a registration counts as a try, for a day
	for range 10 {
		known, unknown := h.login("ann"), h.login("nobody")
		if known.StatusCode != 200 || unknown.StatusCode != 200 || len(known.body) != len(unknown.body) {
			t.Fatalf("%d with %d bytes, %d with %d", known.StatusCode, len(known.body), unknown.StatusCode, len(unknown.body))
		}
	}
	known, unknown := h.login("ann"), h.login("nobody")
	if known.StatusCode != 429 || unknown.StatusCode != 429 || known.Header.Get("Retry-After") != unknown.Header.Get("Retry-After") {
		t.Errorf("%d after %s, %d after %s", known.StatusCode, known.Header.Get("Retry-After"), unknown.StatusCode, unknown.Header.Get("Retry-After"))
	}
}

func TestWalletBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const base = "/v1/t/default/wallet/"
	short, ke1 := b64url(make([]byte, 31)), b64url(make([]byte, 96))
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		kind               string
	}{
		"no object":         {http.MethodPost, "registrations", `[]`, 422, "invalid"},
		"no members":        {http.MethodPost, "registrations", `{}`, 422, "invalid"},
		"an unknown member": {http.MethodPost, "sessions", `{"name": "ann", "ke1": "` + ke1 + `", "admin": true}`, 422, "invalid"},
		"a name's type":     {http.MethodPost, "sessions", `{"name": 1, "ke1": "` + ke1 + `"}`, 422, "invalid"},
		"a name":            {http.MethodPost, "sessions", `{"name": "a b", "ke1": "` + ke1 + `"}`, 422, "name"},
		"a short request":   {http.MethodPost, "registrations", `{"name": "ann", "request": "` + short + `"}`, 422, "invalid"},
		"no points":         {http.MethodPost, "sessions", `{"name": "ann", "ke1": "` + ke1 + `"}`, 422, "opaque-message"},
		"with padding":      {http.MethodPost, "registrations", `{"name": "ann", "request": "` + b64url(make([]byte, 32)) + `="}`, 422, "invalid"},
		"with a line's end": {http.MethodPost, "registrations", `{"name": "ann", "request": "` + b64url(make([]byte, 32)) + `\n"}`, 422, "invalid"},
		"no ticket of ours": {http.MethodPut, "registrations/AAAA", `{"record": "` + b64url(make([]byte, 192)) + `", "root": "` + b64url(make([]byte, 113)) +
			`", "box": "` + b64url(make([]byte, 32)) + `", "sign": "` + b64url(make([]byte, 32)) + `", "private": "` + b64url(make([]byte, 145)) + `"}`, 410, "ticket"},
		"large": {http.MethodPost, "sessions", `{"name": "` + strings.Repeat("a", 9<<10) + `"}`, 413, "too-large"},
	} {
		h.wants(name, h.call("", c.method, base+c.path, c.body), c.status, c.kind)
	}
}

func b64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func fromB64url(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
