package client_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// A running server, which knows where its clients find it.
type running struct {
	http.Handler
	origin string
	store  *sqlite.Store
}

// run starts a server at an origin. Registration is open, and elsewhere by invitation.
func run(t *testing.T, origin string) *running {
	t.Helper()
	key := seal.NewKey([32]byte{3})
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "procura.db"), key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	offer := server.WalletOffer{Origin: origin, Registration: map[string]string{"default": session.RegistrationOpen, "elsewhere": session.RegistrationInvite}}
	wallets, err := server.OpenWallets(t.Context(), s, offer, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier.New(verifier.Config{Store: s, DIDs: &did.Resolver{}, Key: key.Derive("verifier")})
	signing := &server.Signing{Store: s}
	srv := server.New(server.Config{
		Verifier: v, Clients: s, Registries: s, Catalogue: &server.Catalogue{Store: s, Verifier: v}, Sweeper: s,
		PolicySets: &server.PolicySets{Store: s, Signing: signing}, Entities: s, Reports: s, Signing: signing, Wallets: wallets,
	})
	return &running{srv, origin, s}
}

// listen starts one at an address of its own.
func listen(t *testing.T) *running {
	t.Helper()
	web := httptest.NewUnstartedServer(nil)
	r := run(t, "http://"+web.Listener.Addr().String())
	web.Config.Handler = r
	web.Start()
	t.Cleanup(web.Close)
	return r
}

// A call is a registration or login of the client in TypeScript.
type call struct {
	Act        string            `json:"act"`
	Tenant     string            `json:"tenant"`
	Name       string            `json:"name"`
	Password   string            `json:"password"`
	Invitation string            `json:"invitation,omitempty"`
	Device     string            `json:"device,omitempty"`
	Root       map[string]string `json:"root,omitempty"`
}

// called is what became of one.
type called struct {
	Account, Name, Until, Device, Partition string
	Error, Said                             string
	Status                                  int
	RetryAfter                              int
}

func (r *running) ask(t *testing.T, calls ...call) (out []called) {
	t.Helper()
	inNode(t, "client.play", map[string]any{"origin": r.origin, "steps": calls}, &out)
	return out
}

// sealed is what a root key of Go's client sealed, and how its slot lies in the store.
func (r *running) sealed(t *testing.T, a *client.Account) (root map[string]string, partition string) {
	t.Helper()
	kept, _, err := r.store.FindAccount(t.Context(), a.Tenant, a.Name, [sha256.Size]byte{})
	if err != nil {
		t.Fatal(err)
	}
	p := keys.NewPartition(a.Account)
	x := hex.EncodeToString
	key := p.Serve()
	return map[string]string{"account": x(a.ID[:]), "slot": x(kept.Root.Sealed), "id": x(p.ID[:]), "partition": x(a.Root.Partition(p))}, x(key[:])
}

// Go or TypeScript registers, Go or TypeScript logs in; both are given the same
// root key.
func TestFourWays(t *testing.T) {
	t.Parallel()
	r := listen(t)
	golang := &client.Client{Origin: r.origin, Tenant: "default"}
	a, err := golang.Register(t.Context(), "Ann", secret, "")
	if err != nil {
		t.Fatal(err)
	}
	root, want := r.sealed(t, a)
	got := r.ask(t,
		call{Act: "login", Tenant: "default", Name: "ANN", Password: secretToo, Root: root},
		call{Act: "register", Tenant: "default", Name: "Ben", Password: secret},
		call{Act: "login", Tenant: "default", Name: "ben", Password: secretToo},
	)
	for i, each := range got {
		if each.Error != "" {
			t.Fatalf("step %d: %s", i, each.Said)
		}
	}
	if got[0].Partition != want {
		t.Error("registered by Go, logged in by TypeScript: another root key")
	}
	for _, name := range []string{"ann", "ben"} {
		if s, err := golang.Login(t.Context(), name, secretToo, ""); err != nil || s.Device == "" {
			t.Errorf("%s logs in by Go: %v", name, err)
		}
	}
	again := r.ask(t, call{Act: "login", Tenant: "default", Name: "ben", Password: secret, Device: got[2].Device})[0]
	if again.Error != "" || again.Device != "" || got[2].Device == "" {
		t.Errorf("with the device's token: %+v", again)
	}
}

func TestFourWaysInABrowser(t *testing.T) {
	t.Parallel()
	var r *running
	steps := []call{
		{Act: "register", Tenant: "default", Name: "Ben", Password: secret},
		{Act: "login", Tenant: "default", Name: "ben", Password: secretToo},
		{Act: "login", Tenant: "default", Name: "ben", Password: "another"},
	}
	var got []called
	late := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.ServeHTTP(w, q) })
	inBrowser(t, late, "client.play", func(url string) any {
		r = run(t, url)
		return map[string]any{"origin": url, "steps": steps}
	}, &got)
	if got[0].Error != "" || got[1].Error != "" || got[2].Error != "PasswordError" {
		t.Fatalf("got %+v", got)
	}
	over := &http.Client{Transport: inside{r}}
	if _, err := (&client.Client{Origin: r.origin, Tenant: "default", HTTP: over}).Login(t.Context(), "ben", secretToo, ""); err != nil {
		t.Errorf("by Go: %v", err)
	}
}

// inside calls a handler without a network.
type inside struct{ http.Handler }

func (i inside) RoundTrip(q *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	q = q.WithContext(context.WithoutCancel(q.Context()))
	if q.Body == nil {
		q.Body = http.NoBody
	}
	i.ServeHTTP(w, q)
	return w.Result(), nil
}

func TestServersRefusals(t *testing.T) {
	t.Parallel()
	r := listen(t)
	if _, err := (&client.Client{Origin: r.origin, Tenant: "default"}).Register(t.Context(), "ann", secret, ""); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		call call
		want string
	}{
		{"a name that is taken", call{Act: "register", Tenant: "default", Name: "ANN", Password: "x"}, "name-taken"},
		{"no invitation", call{Act: "register", Tenant: "elsewhere", Name: "ann", Password: "x"}, "registration"},
		{"a tenant that nobody knows", call{Act: "register", Tenant: "nobody", Name: "ann", Password: "x"}, "registration"},
		{"another password", call{Act: "login", Tenant: "default", Name: "ann", Password: "x"}, "PasswordError"},
		{"nobody's name", call{Act: "login", Tenant: "default", Name: "nobody", Password: secret}, "PasswordError"},
		{"nobody's tenant", call{Act: "login", Tenant: "nobody", Name: "ann", Password: secret}, "PasswordError"},
		{"no name", call{Act: "login", Tenant: "default", Name: " ", Password: secret}, "NameError"},
	}
	calls := make([]call, len(cases))
	for i, c := range cases {
		calls[i] = c.call
	}
	for i, got := range r.ask(t, calls...) {
		if got.Error != cases[i].want {
			t.Errorf("%s: got %q (%s), want %s", cases[i].name, got.Error, got.Said, cases[i].want)
		}
	}
	for range 10 { // and one that registered: eleven
		r.guess(t, "ann")
	}
	if last := r.ask(t, call{Act: "login", Tenant: "default", Name: "ann", Password: "x"})[0]; last.Status != http.StatusTooManyRequests || last.RetryAfter < 60 {
		t.Errorf("the eleventh try: %+v", last)
	}
}

// guess spends one of a name's tries, as whoever does not wait for Argon2 does.
func (r *running) guess(t *testing.T, name string) {
	t.Helper()
	l, err := session.BeginLogin("x")
	if err != nil {
		t.Fatal(err)
	}
	body := `{"name": "` + name + `", "ke1": "` + base64.RawURLEncoding.EncodeToString(l.KE1) + `"}`
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.origin+"/v1/t/default/wallet/sessions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Body.Close()
}

// A hostile server asks a client for what it must not do.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	const fine = `"profiles": ["argon2id,3,65536,4"], "suite": "ristretto255-SHA512"`
	cases := []struct{ name, offer, want string }{
		{"weak", `{"origin": "ORIGIN", "profiles": ["argon2id,1,8,1"]}`, "ProfileError"},
		{"absurd", `{"origin": "ORIGIN", "profiles": ["argon2id,3,4294967295,4"]}`, "ProfileError"},
		{"one of them weak", `{"origin": "ORIGIN", "profiles": ["argon2id,3,65536,4", "argon2id,2,65536,4"]}`, "ProfileError"},
		{"too many", `{"origin": "ORIGIN", "profiles": ["argon2id,3,65536,4", "argon2id,3,65536,4", "argon2id,3,65536,4", "argon2id,3,65536,4"]}`, "ProfileError"},
		{"no profiles", `{"origin": "ORIGIN"}`, "ProfileError"},
		{"another origin", `{"origin": "https://evil.example", ` + fine + `}`, "ServerError"},
		{"no origin", `{` + fine + `}`, "ServerError"},
		{"no object", `null`, "ServerError"},
		{"no KE2", `{"origin": "ORIGIN", ` + fine + `}`, "ServerError"},
	}
	var r running
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		of, err := strconv.Atoi(strings.Split(q.URL.Path, "/")[3])
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(cases[of].offer, "ORIGIN", r.origin))
	}))
	t.Cleanup(web.Close)
	r.origin = web.URL
	var calls []call
	for i := range cases { // of each there is a tenant
		calls = append(calls, call{Act: "login", Tenant: strconv.Itoa(i), Name: "ann", Password: secret}, call{Act: "register", Tenant: strconv.Itoa(i), Name: "ann", Password: secret})
	}
	for i, got := range r.ask(t, calls...) {
		if c := cases[i/2]; got.Error != c.want {
			t.Errorf("%s, %s: got %q (%s), want %s", c.name, calls[i].Act, got.Error, got.Said, c.want)
		}
	}
}
