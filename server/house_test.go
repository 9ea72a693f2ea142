package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/wallet/session"
)

const (
	elsewhere    = "elsewhere"
	walletOrigin = "https://wallet.example" // where holders believe the server to be
)

// A clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A store is one that a test's server works on.
type store interface {
	verifier.Store
	server.Clients
	server.Registries
	server.Frameworks
	server.PolicySetStore
	server.Entities
	server.Reports
	server.SigningKeys
	server.Wallets
	server.Issuance
	server.Sweeper
}

// A house is a server on a store of its own, and a client of each role.
type house struct {
	testing.TB
	catalogue *server.Catalogue
	sets      *server.PolicySets
	signing   *server.Signing
	server    *server.Server
	verifier  *verifier.Verifier
	store     store
	wallet    *server.Wallet
	clock     *clock
	log       *safeBuffer
	url       string
	tokens    map[server.Role]server.Token
}

// safeBuffer is a log that many write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var testKey = seal.NewKey([32]byte{7})

func openSQLite(t testing.TB) store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "data", "procura.db"), testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newHouse(t testing.TB, change ...func(*server.Config)) *house {
	t.Helper()
	return settled(t, openSQLite(t), change...)
}

// settled is a house on a store that is there, with a client of each role.
func settled(t testing.TB, s store, change ...func(*server.Config)) *house {
	t.Helper()
	h := build(t, s, change...)
	for _, role := range server.Roles {
		h.tokens[role] = h.client(server.DefaultTenant, string(role), role)
	}
	return h
}

// shipped are the frameworks that ship, compiled once for all houses.
var shipped = sync.OnceValues(func() ([]*server.Published, error) {
	var drafts []server.Draft
	for _, source := range library.All() {
		drafts = append(drafts, server.Draft{Tenant: server.DefaultTenant, Owner: server.BuiltIn, Public: true, Source: source.Raw})
	}
	return server.Prove(context.Background(), drafts...)
})

// build makes a server on a store, as one more process would.
func build(t testing.TB, s store, change ...func(*server.Config)) *house {
	t.Helper()
	h := &house{TB: t, store: s, log: &safeBuffer{}, tokens: map[server.Role]server.Token{},
		clock: &clock{at: time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)}}
	v := verifier.New(verifier.Config{Store: s, DIDs: &did.Resolver{}, Key: testKey.Derive("verifier"), Now: h.clock.now})
	catalogue := &server.Catalogue{Store: s, Verifier: v, Now: h.clock.now}
	entries, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Stock(t.Context(), catalogue, entries); err != nil {
		t.Fatalf("publishing: %v", err)
	}
	cfg := server.Config{
		Verifier: v, Clients: s, Registries: s, Catalogue: catalogue, Sweeper: s, Issuance: s,
		PolicySets: &server.PolicySets{Store: s, Signing: &server.Signing{Store: s, Now: h.clock.now}}, Entities: s, Reports: s, Signing: &server.Signing{Store: s, Now: h.clock.now},
		Log: slog.New(slog.NewJSONHandler(h.log, nil)), Now: h.clock.now, Rate: server.Rate{PerSecond: 1, Burst: 500},
	}
	if cfg.Wallets, err = server.OpenWallets(t.Context(), s, server.WalletOffer{
		Names: [32]byte{3}, Origin: walletOrigin, Registration: map[string]string{server.DefaultTenant: session.RegistrationOpen, elsewhere: session.RegistrationInvite},
	}, h.clock.now); err != nil {
		t.Fatal(err)
	}
	h.wallet = cfg.Wallets
	if err := cfg.PolicySets.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(&cfg)
	}
	h.server, h.verifier, h.catalogue, h.sets, h.signing = server.New(cfg), v, catalogue, cfg.PolicySets, cfg.Signing
	web := httptest.NewServer(h.server)
	t.Cleanup(web.Close)
	h.url = web.URL
	return h
}

// client adds a client and returns its token.
func (h *house) client(tenant, name string, role server.Role) server.Token {
	h.Helper()
	c, token := server.NewClient(tenant, name, role, []string{"camp.example"}, h.clock.now())
	if err := h.store.AddClient(h.Context(), c); err != nil {
		h.Fatal(err)
	}
	return token
}

// An answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

func (a *answer) json(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(a.body, &m); err != nil {
		t.Fatalf("%d %s: %v", a.StatusCode, a.body, err)
	}
	return m
}

// kind is the last part of a problem's type.
func (a *answer) kind() string {
	var p struct{ Type string }
	json.Unmarshal(a.body, &p)
	return p.Type[strings.LastIndexByte(p.Type, '/')+1:]
}

// call makes a call as a client of the role ("": without a token). Headers
// come in pairs.
func (h *house) call(role server.Role, method, path, body string, headers ...string) *answer {
	h.Helper()
	return h.as(h.tokens[role], method, path, body, headers...)
}

func (h *house) as(token server.Token, method, path, body string, headers ...string) *answer {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), 3*time.Minute) // three times the longest wait
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+string(token))
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		h.Fatal(err)
	}
	return &answer{resp, raw}
}

// wants checks a status, and the kind of problem where one is named.
func (h *house) wants(what string, a *answer, status int, kind string) {
	h.Helper()
	if a.StatusCode != status || kind != "" && a.kind() != kind {
		h.Errorf("%s: %d %s, want %d %s", what, a.StatusCode, a.body, status, kind)
	}
}

const camp = "Refugee Camp Guardianship"

// question is the body of a challenge over the camp's framework.
const question = `{"permissions": ["school"], "proxied": {"id": "did:example:child"}, "framework": {"name": "` + camp + `"}}`

// opened opens a challenge and returns its path.
func (h *house) opened() string {
	h.Helper()
	a := h.call(server.RoleVerifier, "POST", "/v1/challenges", question)
	h.wants("opening", a, http.StatusCreated, "")
	return "/v1/challenges/" + a.json(h.TB)["id"].(string)
}

// campSource is the document of the camp, as it ships.
func campSource(t testing.TB) []byte {
	t.Helper()
	for _, s := range library.All() {
		if s.Name == "camp" {
			return s.Raw
		}
	}
	t.Fatal("the camp does not ship")
	return nil
}
