package client_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/wallet/session"
)

// A prover is the server's side of package session, without a store: it keeps
// one record, and says what it expects of the last login.
type prover struct {
	*session.Server
	mu     sync.Mutex
	record session.Record
	expect session.Expect
}

func newProver(t *testing.T, profiles ...session.Profile) *prover {
	t.Helper()
	s, err := session.NewServer(ann.Origin, []*session.Secrets{session.NewSecrets(1, time.Unix(0, 0))}, append(profiles, session.Newest))
	if err != nil {
		t.Fatal(err)
	}
	return &prover{Server: s}
}

// ServeHTTP answers what steps of a task ask; change spoils the answer.
func (p *prover) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	message, _ := base64.RawURLEncoding.DecodeString(string(text))
	answer := func() (out []byte, err error) {
		out, _, err = p.Register(r.FormValue("tenant"), r.FormValue("name"), message)
		return out, err
	}
	if r.URL.Path == "/login" {
		answer = func() (out []byte, err error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			out, p.expect, err = p.Login(r.FormValue("tenant"), r.FormValue("name"), p.record, message)
			return out, err
		}
	}
	out, err := answer()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, base64.RawURLEncoding.EncodeToString(spoil(out, r.URL.Query().Get("change"))))
}

// spoil changes an answer.
func spoil(b []byte, how string) []byte {
	switch how {
	case "no point":
		return append(bytes.Repeat([]byte{0xff}, 32), b[32:]...)
	case "nonce":
		b[40] ^= 1
	case "last":
		b[len(b)-1] ^= 1
	case "short":
		return b[:len(b)-1]
	case "identity element":
		return append(make([]byte, 32), b[32:]...)
	}
	return b
}

var ann = session.Holder{Origin: "https://wallet.example", Tenant: "default", Name: "ann"}

// A step is one registration or login of the client in TypeScript.
type step struct {
	Act      string            `json:"act"`
	Holder   map[string]string `json:"holder"`
	Password string            `json:"password"`
	Profiles []any             `json:"profiles"` // texts, or three numbers
	Change   string            `json:"change"`
}

// stepped is what became of one.
type stepped struct {
	Record, ExportKey, KE3, SessionKey, Profile string
	Error, Said                                 string
}

func stepOf(act string, h session.Holder, password string, profiles ...any) step {
	return step{act, map[string]string{"origin": h.Origin, "tenant": h.Tenant, "name": h.Name}, password, append([]any{}, profiles...), ""}
}

func play(t *testing.T, url string, steps ...step) (out []stepped) {
	t.Helper()
	inNode(t, "opaque.play", map[string]any{"url": url, "steps": steps}, &out)
	return out
}

func unbase64(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// secret has letters that are written in two ways, and a space that is another.
const (
	secret    = "pa\u0308ss\u00a0word"
	secretToo = "p\u00e4ss word"
)

func registerInGo(t *testing.T, p *prover, with session.Profile) (record session.Record, exportKey []byte) {
	t.Helper()
	r, err := session.BeginRegistration(secret)
	if err != nil {
		t.Fatal(err)
	}
	response, _, err := p.Register(ann.Tenant, ann.Name, r.Request)
	if err != nil {
		t.Fatal(err)
	}
	b, exportKey, err := r.Finish(response, ann, with)
	if err != nil {
		t.Fatal(err)
	}
	return session.Record{Generation: 1, Profile: with, Bytes: b}, exportKey
}

func loginInGo(t *testing.T, p *prover, profiles ...session.Profile) *session.Login {
	t.Helper()
	l, err := session.BeginLogin(secretToo)
	if err != nil {
		t.Fatal(err)
	}
	ke2, expect, err := p.Login(ann.Tenant, ann.Name, p.record, l.KE1)
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.Finish(ke2, ann, profiles)
	if err != nil {
		t.Fatal(err)
	}
	if !expect.Proves(out.KE3) {
		t.Error("KE3 does not prove it")
	}
	return out
}

var older = session.Profile{Passes: 4, Memory: 64 << 10, Lanes: 4}

// Who registers with one client logs in with the other, with an old profile too.
func TestRegisteredByOneLogsInByTheOther(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]session.Profile{"newest": session.Newest, "older": older} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProver(t, older)
			web := httptest.NewServer(p)
			t.Cleanup(web.Close)
			both := []any{session.Newest.String(), older.String()}

			made := play(t, web.URL, stepOf("register", ann, secret, with.String()))[0]
			p.record = session.Record{Generation: 1, Profile: with, Bytes: unbase64(t, made.Record)}
			if err := p.CheckRecord(p.record); err != nil {
				t.Fatal(err)
			}
			theirs := unbase64(t, made.ExportKey)
			if got := loginInGo(t, p, session.Newest, older); !bytes.Equal(got.ExportKey, theirs) || got.Profile != with {
				t.Error("registered in TypeScript, logged in with Go: another export_key or profile")
			}
			p.loginInTypeScript(t, web.URL, both, with, theirs)

			var ours []byte
			p.record, ours = registerInGo(t, p, with)
			p.loginInTypeScript(t, web.URL, both, with, ours)
		})
	}
}

func (p *prover) loginInTypeScript(t *testing.T, url string, profiles []any, with session.Profile, exportKey []byte) {
	t.Helper()
	got := play(t, url, stepOf("login", ann, secretToo, profiles...))[0]
	if got.Error != "" {
		t.Fatal(got.Said)
	}
	if !p.expect.Proves(unbase64(t, got.KE3)) || !bytes.Equal(p.expect.SessionKey, unbase64(t, got.SessionKey)) {
		t.Error("the two sides do not agree")
	}
	if !bytes.Equal(unbase64(t, got.ExportKey), exportKey) || got.Profile != with.String() {
		t.Error("another export_key or profile")
	}
}

func TestLoginsThatFail(t *testing.T) {
	t.Parallel()
	p := newProver(t)
	p.record, _ = registerInGo(t, p, session.Newest)
	web := httptest.NewServer(p)
	t.Cleanup(web.Close)
	newest := session.Newest.String()
	elsewhere, ben, theirs := ann, ann, ann
	elsewhere.Origin, ben.Name, theirs.Tenant = "https://evil.example", "ben", "other"
	spoiled := func(how string) step {
		s := stepOf("login", ann, secret, newest)
		s.Change = how
		return s
	}
	cases := []struct {
		name string
		step step
		want string
	}{
		{"another password", stepOf("login", ann, secret+"x", newest), "PasswordError"},
		{"another origin", stepOf("login", elsewhere, secret, newest), "PasswordError"},
		{"a record under another name", stepOf("login", ben, secret, newest), "PasswordError"},
		{"a record in another tenant", stepOf("login", theirs, secret, newest), "PasswordError"},
		{"another profile", stepOf("login", ann, secret, older.String()), "PasswordError"},
		{"weak", stepOf("login", ann, secret, []int{1, 8, 1}), "ProfileError"},
		{"absurd", stepOf("login", ann, secret, []int{3, 1 << 30, 4}), "ProfileError"},
		{"weak at registration", stepOf("register", ann, secret, []int{2, 64 << 10, 4}), "ProfileError"},
		{"half a pass", stepOf("login", ann, secret, []float64{3.5, 64 << 10, 4}), "ProfileError"},
		{"four", stepOf("login", ann, secret, newest, newest, newest, newest), "ProfileError"},
		{"none", stepOf("login", ann, secret), "ProfileError"},
		{"no password", stepOf("login", ann, "", newest), "NameError"},
		{"no point of the group", spoiled("no point"), "OpaqueError"},
		{"another nonce", spoiled("nonce"), "PasswordError"},
		{"last byte changed", spoiled("last"), "PasswordError"},
		{"too short", spoiled("short"), "OpaqueError"},
		{"the identity element", spoiled("identity element"), "OpaqueError"},
	}
	steps := make([]step, len(cases))
	for i, c := range cases {
		steps[i] = c.step
	}
	for i, got := range play(t, web.URL, steps...) {
		if got.Error != cases[i].want {
			t.Errorf("%s: got %q (%s), want %s", cases[i].name, got.Error, got.Said, cases[i].want)
		}
	}
}
