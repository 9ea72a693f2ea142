package server_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

// An authority issues certificates.
type authority struct {
	testing.TB
	key   *ecdsa.PrivateKey
	cert  *x509.Certificate
	dir   string
	hosts []string // in the certificates that it issues
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{TB: t, dir: t.TempDir()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a.key = key
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(raw)
	return a
}

// issue makes a certificate for key, a new one where it is nil.
func (a *authority) issue(key *ecdsa.PrivateKey, until time.Time, usage ...x509.ExtKeyUsage) tls.Certificate {
	a.Helper()
	if key == nil {
		key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: usage,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: a.hosts,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(raw)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}
}

// files writes a certificate and its key in PEM.
func (a *authority) files(name string, c tls.Certificate) (cert, key string) {
	a.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey.(crypto.Signer))
	if err != nil {
		a.Fatal(err)
	}
	cert, key = filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			a.Fatal(err)
		}
	}
	return cert, key
}

// secure runs a house's server behind TLS of its own, that takes certificates
// of a. It returns its address.
func secure(t *testing.T, a *authority, change ...func(*server.Config)) (*house, string) {
	t.Helper()
	cert, key := a.files("server", a.issue(nil, time.Now().Add(time.Hour), x509.ExtKeyUsageServerAuth))
	ca, _ := a.files("authority", tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key})
	cfg, err := server.TLS(cert, key, ca)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, append(change, func(c *server.Config) { c.TLS = cfg })...)
	addr, _ := serve(t, h)
	return h, "https://" + addr
}

// ask calls with a certificate and a token, either of them if it is there; 0
// where no connection comes about.
func (a *authority) ask(url string, c *tls.Certificate, token string) int {
	a.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	cfg := &tls.Config{RootCAs: pool}
	if c != nil {
		cfg.Certificates = []tls.Certificate{*c}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true}, Timeout: 20 * time.Second}
	r, err := http.NewRequestWithContext(context.Background(), "GET", url, nil)
	if err != nil {
		a.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// A client is known by its certificate's key, if the certificate is of the
// authority, for clients and in force; beside a token it must be of the same
// client.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	a, stranger := newAuthority(t), newAuthority(t)
	h, url := secure(t, a)
	later := time.Now().Add(time.Hour)
	known, other := a.issue(nil, later, x509.ExtKeyUsageClientAuth), a.issue(nil, later, x509.ExtKeyUsageClientAuth)
	key := known.PrivateKey.(*ecdsa.PrivateKey)
	client, token := server.NewClient(server.DefaultTenant, "by certificate", server.RoleVerifier, []string{"camp.example"}, h.clock.now())
	client.Certificate = server.DigestKey(known.Leaf)
	if err := h.store.AddClient(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	admin, _ := server.NewClient(server.DefaultTenant, "only by certificate", server.RoleAdmin, nil, h.clock.now())
	admins := a.issue(nil, later, x509.ExtKeyUsageClientAuth)
	admin.Certificate, admin.Token = server.DigestKey(admins.Leaf), server.TokenDigest{}
	if err := h.store.AddClient(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path  string
		cert  tls.Certificate
		token string
		want  int
	}{
		"its certificate":              {"/v1/decisions/x", known, "", 404},
		"renewed":                      {"/v1/decisions/x", a.issue(key, later, x509.ExtKeyUsageClientAuth), "", 404},
		"its token":                    {"/v1/decisions/x", tls.Certificate{}, string(token), 404},
		"both":                         {"/v1/decisions/x", known, string(token), 404},
		"another client's certificate": {"/v1/decisions/x", admins, string(token), 401},
		"another client's token":       {"/v1/decisions/x", known, string(h.tokens[server.RoleVerifier]), 401},
		"a token that is nobody's":     {"/v1/decisions/x", known, string(server.NewToken()), 401},
		"another door":                 {"/v1/decisions/x", admins, "", 403},
		"its own door":                 {"/v1/registries/x", admins, "", 200},
		"of nobody":                    {"/v1/decisions/x", other, "", 401},
		"of nobody, an open door":      {"/v1/frameworks", other, "", 401},
		"none":                         {"/v1/decisions/x", tls.Certificate{}, "", 401},
		"none, an open door":           {"/livez", tls.Certificate{}, "", 200},
		"expired":                      {"/livez", a.issue(key, time.Now().Add(-time.Minute), x509.ExtKeyUsageClientAuth), "", 0},
		"of another authority":         {"/livez", stranger.issue(key, later, x509.ExtKeyUsageClientAuth), "", 0},
		"for servers":                  {"/livez", a.issue(key, later, x509.ExtKeyUsageServerAuth), "", 0},
		"for nothing in special":       {"/livez", a.issue(key, later), "", 0},
	} {
		var cert *tls.Certificate
		if test.cert.PrivateKey != nil {
			cert = &test.cert
		}
		if got := a.ask(url+test.path, cert, test.token); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
