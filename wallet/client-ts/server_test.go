package client_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
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
	offer := server.WalletOffer{Names: [32]byte{3}, Origin: origin, Registration: map[string]string{"default": session.RegistrationOpen, "elsewhere": session.RegistrationInvite}}
	wallets, err := server.OpenWallets(t.Context(), s, offer, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier.New(verifier.Config{Store: s, DIDs: &did.Resolver{}, Key: key.Derive("verifier")})
	signing := &server.Signing{Store: s}
	sets := &server.PolicySets{Store: s, Signing: signing}
	if err := sets.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv := server.New(server.Config{
		Verifier: v, Clients: s, Registries: s, Catalogue: &server.Catalogue{Store: s, Verifier: v}, Sweeper: s,
		PolicySets: sets, Entities: s, Reports: s, Signing: signing, Wallets: wallets,
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
	Act        string `json:"act"`
	Tenant     string `json:"tenant"`
	Name       string `json:"name"`
	Password   string `json:"password"`
	Invitation string `json:"invitation,omitempty"`
	Device     string `json:"device,omitempty"`
	Keep       string `json:"keep,omitempty"` // what to keep after logging in
}

// called is what became of one.
type called struct {
	Account, Name, Until, Device string
	Read                         []string // all that the wallet has
	Error, Said                  string
	Status, RetryAfter           int
}

func (r *running) ask(t *testing.T, calls ...call) (out []called) {
	t.Helper()
	inNode(t, "client.play", map[string]any{"origin": r.origin, "steps": calls}, &out)
	return out
}

// keep keeps something by Go's client, in a partition of its own.
func keep(t *testing.T, s *client.Session, what string) {
	t.Helper()
	a, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.AddPartition(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Add(t.Context(), &client.Item{Item: keys.Item{Kind: "credential"}, Content: []byte(what)}); err != nil {
		t.Fatal(err)
	}
}

// Go or TypeScript registers, Go or TypeScript logs in; each reads what the
// other keeps.
func TestFourWays(t *testing.T) {
	t.Parallel()
	r := listen(t)
	golang := &client.Client{Origin: r.origin, Tenant: "default"}
	if _, err := golang.Register(t.Context(), "Ann", secret, ""); err != nil {
		t.Fatal(err)
	}
	if got := r.ask(t, call{Act: "register", Tenant: "default", Name: "Ben", Password: secret})[0]; got.Error != "" {
		t.Fatal(got.Said)
	}
	for _, name := range []string{"ann", "ben"} {
		s, err := golang.Login(t.Context(), name, secretToo, "")
		if err != nil {
			t.Fatal(err)
		}
		keep(t, s, "by Go")
		got := r.ask(t, call{Act: "login", Tenant: "default", Name: strings.ToUpper(name), Password: secretToo, Keep: "by TypeScript"})[0]
		if got.Error != "" || got.Name != name || strings.Join(got.Read, ", ") != "by Go, by TypeScript" || got.Device == "" {
			t.Errorf("%s: %+v", name, got)
		}
		again := r.ask(t, call{Act: "login", Tenant: "default", Name: name, Password: secret, Device: got.Device})[0]
		if again.Error != "" || again.Device != "" {
			t.Errorf("%s, with the device's token: %+v", name, again)
		}
		if read := readAll(t, s); read != "by Go, by TypeScript" {
			t.Errorf("%s: Go reads %s", name, read)
		}
	}
}

// readAll is all that Go's client finds.
func readAll(t *testing.T, s *client.Session) string {
	t.Helper()
	a, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	partitions, err := s.Partitions(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	var read []string
	for _, p := range partitions {
		items, err := p.All(t.Context(), client.Find{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			read = append(read, string(i.Content))
		}
	}
	slices.Sort(read)
	return strings.Join(read, ", ")
}

func TestFourWaysInABrowser(t *testing.T) {
	t.Parallel()
	var r *running
	steps := []call{
		{Act: "register", Tenant: "default", Name: "Ben", Password: secret},
		{Act: "login", Tenant: "default", Name: "ben", Password: secretToo, Keep: "by a browser"},
		{Act: "login", Tenant: "default", Name: "ben", Password: "another"},
	}
	var got []called
	late := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { r.ServeHTTP(w, q) })
	inBrowser(t, late, "client.play", func(url string) any {
		r = run(t, url)
		return map[string]any{"origin": url, "steps": steps}
	}, &got)
	if got[0].Error != "" || len(got[1].Read) != 1 || got[2].Error != "PasswordError" {
		t.Fatalf("got %+v", got)
	}
	over := &http.Client{Transport: inside{r}}
	s, err := (&client.Client{Origin: r.origin, Tenant: "default", HTTP: over}).Login(t.Context(), "ben", secretToo, "")
	if err != nil {
		t.Fatal(err)
	}
	if read := readAll(t, s); read != "by a browser" {
		t.Errorf("Go reads %s", read)
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
