package server_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

const issuerURL, audience = "https://login.example", "https://procura.example"

// A login is an authorization server's key.
type login struct {
	private ed25519.PrivateKey
	kid     string
}

func newLogin(t testing.TB, kid string) *login {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &login{private, kid}
}

func encode(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (l *login) jwk() map[string]any {
	public := l.private.Public().(ed25519.PublicKey)
	return map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": l.kid, "x": base64.RawURLEncoding.EncodeToString(public)}
}

// es512 signs with an algorithm of JOSE that is not let in.
type es512 struct{ private *ecdsa.PrivateKey }

func newES512(t testing.TB) *es512 {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &es512{private}
}

func (k *es512) jwk() map[string]any {
	point, err := k.private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		panic(err)
	}
	text := base64.RawURLEncoding.EncodeToString
	return map[string]any{"kty": "EC", "crv": "P-521", "kid": "es512", "x": text(point[1:67]), "y": text(point[67:])}
}

func (k *es512) token(t testing.TB, claims map[string]any) string {
	t.Helper()
	signed := encode(t, map[string]any{"typ": "at+jwt", "alg": "ES512", "kid": "es512"}) + "." + encode(t, claims)
	sum := sha512.Sum512([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := s.FillBytes(make([]byte, 132))
	r.FillBytes(signature[:66])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// keySet is a JWK Set as JSON.
func keySet(t testing.TB, keys ...map[string]any) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (l *login) token(t testing.TB, header, claims map[string]any) string {
	t.Helper()
	signed := encode(t, header) + "." + encode(t, claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(l.private, []byte(signed)))
}

func (l *login) header() map[string]any {
	return map[string]any{"typ": "at+jwt", "alg": "EdDSA", "kid": l.kid}
}

func claimsAt(now time.Time) map[string]any {
	return map[string]any{
		"iss": issuerURL, "aud": audience, "sub": "gate", "client_id": "gate", "jti": "1",
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "tenant": "default", "role": "verifier",
	}
}

func letIn(t testing.TB, keys *server.Keys, c *server.Config) {
	t.Helper()
	c.Issuers = server.Issuers{{Issuer: issuerURL, Audience: audience, Keys: keys, TenantClaim: "tenant", RoleClaim: "role", Domains: []string{"camp.example"}}}
}

func keysFile(t testing.TB, raw []byte) *server.Keys {
	t.Helper()
	file := filepath.Join(t.TempDir(), "jwks.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := server.KeysFrom(file, "", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// An access token lets its client in while all of it is as RFC 9068 says; any
// other is 401, and nothing of it is logged.
func TestAccessTokens(t *testing.T) {
	t.Parallel()
	l, other := newLogin(t, "a"), newLogin(t, "b")
	encrypts := other.jwk()
	encrypts["use"], encrypts["kid"] = "enc", "enc"
	symmetric := map[string]any{"kty": "oct", "kid": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}
	private, twice, bound := newLogin(t, "private"), newLogin(t, "twice"), newLogin(t, "es256")
	leaked, forES256 := private.jwk(), bound.jwk()
	leaked["d"], forES256["alg"] = base64.RawURLEncoding.EncodeToString(private.private.Seed()), "ES256"
	slow, nameless := newES512(t), newLogin(t, "")
	keys := keySet(t, l.jwk(), encrypts, symmetric, leaked, twice.jwk(), twice.jwk(), forES256, slow.jwk(), nameless.jwk())
	h := newHouse(t, func(c *server.Config) { letIn(t, keysFile(t, keys), c) })
	now := h.clock.now()
	with := func(name string, v any) string {
		claims := claimsAt(now)
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
		return l.token(t, l.header(), claims)
	}
	under := func(name string, v any) string {
		header := l.header()
		if header[name] = v; v == nil {
			delete(header, name)
		}
		return l.token(t, header, claimsAt(now))
	}
	good := with("x", "y")
	mac := hmac.New(sha256.New, l.private.Public().(ed25519.PublicKey))
	confused := encode(t, map[string]any{"typ": "at+jwt", "alg": "HS256", "kid": "a"}) + "." + encode(t, claimsAt(now))
	mac.Write([]byte(confused))
	for name, test := range map[string]struct {
		token string
		want  int
	}{
		"as it should be":       {good, 404},
		"in its full type":      {under("typ", "application/at+jwt"), 404},
		"the new name of EdDSA": {under("alg", "Ed25519"), 404},
		"one of two audiences":  {with("aud", []any{"x", audience}), 404},
		"begun just now":        {with("nbf", now.Unix()), 404},
		"another door's role":   {with("role", "admin"), 403},
		"an ID token":           {under("typ", "JWT"), 401},
		"no type":               {under("typ", nil), 401},
		"no kid":                {under("kid", nil), 401},
		"none":                  {encode(t, map[string]any{"typ": "at+jwt", "alg": "none", "kid": "a"}) + "." + encode(t, claimsAt(now)) + ".", 401},
		"HMAC with the key":     {confused + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), 401},
		"another algorithm":     {under("alg", "ES256"), 401},
		"a key to encrypt":      {other.token(t, map[string]any{"typ": "at+jwt", "alg": "EdDSA", "kid": "enc"}, claimsAt(now)), 401},
		"a private key":         {private.token(t, private.header(), claimsAt(now)), 401},
		"two keys of one id":    {twice.token(t, twice.header(), claimsAt(now)), 401},
		"a key for another alg": {bound.token(t, bound.header(), claimsAt(now)), 401},
		"a symmetric key":       {under("kid", "oct"), 401},
		"an algorithm that is not let in, of a key for it": {slow.token(t, claimsAt(now)), 401},
		"no kid, as one of the keys":                       {nameless.token(t, nameless.header(), claimsAt(now)), 401},
		"an unknown key":                                   {other.token(t, other.header(), claimsAt(now)), 401},
		"another's signature":                              {other.token(t, l.header(), claimsAt(now)), 401},
		"crit":                                             {under("crit", []any{"exp"}), 401},
		"b64":                                              {under("b64", false), 401},
		"a key it brings":                                  {under("jwk", l.jwk()), 401},
		"an address of keys":                               {under("jku", "https://evil.example"), 401},
		"another issuer":                                   {with("iss", issuerURL+"/"), 401},
		"no issuer":                                        {with("iss", nil), 401},
		"another audience":                                 {with("aud", "https://other.example"), 401},
		"no audience":                                      {with("aud", nil), 401},
		"an odd audience":                                  {with("aud", []any{audience, 1}), 401},
		"expired":                                          {with("exp", now.Unix()), 401},
		"never expires":                                    {with("exp", nil), 401},
		"expires in words":                                 {with("exp", "later"), 401},
		"of the future":                                    {with("iat", now.Add(2*time.Minute).Unix()), 401},
		"of no time":                                       {with("iat", nil), 401},
		"not in force yet":                                 {with("nbf", now.Add(2*time.Minute).Unix()), 401},
		"in force in words":                                {with("nbf", "now"), 401},
		"no client":                                        {with("client_id", nil), 401},
		"no tenant":                                        {with("tenant", nil), 401},
		"a tenant that is none":                            {with("tenant", "../x"), 401},
		"no role":                                          {with("role", nil), 401},
		"a role that is none":                              {with("role", "root"), 401},
		"two roles":                                        {with("role", []any{"verifier", "admin"}), 401},
		"bound to a certificate": {with("cnf", map[string]any{
			"x5t#S256": base64.RawURLEncoding.EncodeToString(make([]byte, 32))}), 401},
		"confirmed otherwise":  {with("cnf", map[string]any{"jkt": "x"}), 401},
		"a member twice":       {l.raw(t, `{"iss":"`+issuerURL+`","iss":"`+issuerURL+`"}`), 401},
		"changed":              {good[:len(good)-4] + "AAAA", 401},
		"loose base64":         {good + "=", 401},
		"no JSON":              {"e30.bm8.e30", 401},
		"nothing in its parts": {"..", 401},
	} {
		if a := h.call("", "GET", "/v1/decisions/x", "", "Authorization", "Bearer "+test.token); a.StatusCode != test.want {
			t.Errorf("%s: %d %s, want %d", name, a.StatusCode, a.body, test.want)
		}
	}
	for _, secret := range []string{good, good[:40], "gate"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log shows %q of a token", secret)
		}
	}
	for _, why := range []string{"an access token for another audience", "an access token that has expired, or never does"} {
		if !strings.Contains(h.log.String(), `"why":"`+why+`"`) {
			t.Errorf("the log does not say why: %s", why)
		}
	}
	a := h.call("", "POST", "/v1/challenges", question, "Authorization", "Bearer "+good)
	h.wants("opening", a, http.StatusCreated, "")
	path := "/v1/challenges/" + a.json(t)["id"].(string)
	h.wants("by a token of another tenant", h.call("", "GET", path, "", "Authorization", "Bearer "+with("tenant", elsewhere)), http.StatusNotFound, "")
	h.clock.move(5 * time.Minute)
	h.wants("when it has expired", h.call("", "GET", path, "", "Authorization", "Bearer "+good), http.StatusUnauthorized, "")
}

// raw signs claims as they are written.
func (l *login) raw(t testing.TB, claims string) string {
	t.Helper()
	signed := encode(t, l.header()) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(l.private, []byte(signed)))
}

// A token that is bound to a certificate is good on its connection alone, and
// one that is not is no client's whose certificate is there.
func TestBoundTokens(t *testing.T) {
	t.Parallel()
	a, l := newAuthority(t), newLogin(t, "a")
	h, url := secure(t, a, func(c *server.Config) { letIn(t, keysFile(t, keySet(t, l.jwk())), c) })
	later := time.Now().Add(time.Hour)
	own, another := a.issue(nil, later, x509.ExtKeyUsageClientAuth), a.issue(nil, later, x509.ExtKeyUsageClientAuth)
	sum := sha256.Sum256(own.Certificate[0])
	claims := claimsAt(h.clock.now())
	free := l.token(t, l.header(), claims)
	claims = maps.Clone(claims)
	claims["cnf"] = map[string]any{"x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])}
	bound := l.token(t, l.header(), claims)
	for name, test := range map[string]struct {
		cert  *tls.Certificate
		token string
		want  int
	}{
		"on its certificate":      {&own, bound, 404},
		"on another":              {&another, bound, 401},
		"on none":                 {nil, bound, 401},
		"unbound":                 {nil, free, 404},
		"unbound, beside another": {&own, free, 401},
	} {
		if got := a.ask(url+"/v1/decisions/x", test.cert, test.token); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	if !strings.Contains(h.log.String(), `"why":"an access token that is bound to another certificate"`) {
		t.Error("the log does not say why a token that is bound was refused")
	}
}

// Keys are fetched from where the operator says, once for many calls; a key
// that is new is found, and old keys serve while there are no others.
func TestFetchedKeys(t *testing.T) {
	t.Parallel()
	first, second := newLogin(t, "a"), newLogin(t, "b")
	var set atomic.Pointer[[]byte]
	var asked atomic.Int32
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		raw := set.Load()
		if raw == nil {
			http.Redirect(w, r, "https://evil.example", http.StatusFound)
			return
		}
		w.Write(*raw)
	}))
	t.Cleanup(web.Close)
	a := &authority{TB: t, dir: t.TempDir()}
	ca, _ := a.files("ca", tls.Certificate{Certificate: [][]byte{web.Certificate().Raw}, PrivateKey: first.private})
	keys, err := server.KeysFrom("", web.URL, ca, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *server.Config) { letIn(t, keys, c) })
	call := func(l *login) int {
		t.Helper()
		return h.call("", "GET", "/v1/decisions/x", "", "Authorization", "Bearer "+l.token(t, l.header(), claimsAt(h.clock.now()))).StatusCode
	}
	wants := func(what string, l *login, status, fetches int) {
		t.Helper()
		if got := call(l); got != status || int(asked.Load()) != fetches {
			t.Errorf("%s: %d after %d fetches, want %d after %d", what, got, asked.Load(), status, fetches)
		}
	}
	wants("no keys yet", first, http.StatusServiceUnavailable, 1)
	wants("and no second try at once", first, http.StatusServiceUnavailable, 1)
	raw := keySet(t, first.jwk())
	set.Store(&raw)
	h.clock.move(10 * time.Second)
	wants("there are keys", first, http.StatusNotFound, 2)
	wants("they are kept", first, http.StatusNotFound, 2)
	wants("an unknown key asks at most every ten seconds", second, http.StatusUnauthorized, 2)
	raw2 := keySet(t, second.jwk())
	set.Store(&raw2)
	h.clock.move(10 * time.Second)
	wants("a new key", second, http.StatusNotFound, 3)
	wants("in the old one's place", first, http.StatusUnauthorized, 3)
	set.Store(nil)
	h.clock.move(11 * time.Minute)
	wants("old keys, while there are no others", second, http.StatusNotFound, 4)
	h.clock.move(24 * time.Hour)
	wants("but not for ever", second, http.StatusServiceUnavailable, 5)
	for _, address := range []string{"http://login.example/keys", "file:///etc/passwd", "https://user@login.example", "x"} {
		if _, err := server.KeysFrom("", address, "", nil); err == nil {
			t.Errorf("keys from %s: want them refused", address)
		}
	}
}
