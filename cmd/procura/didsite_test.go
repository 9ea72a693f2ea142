package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
)

// siteHost is a name that nobody can have (RFC 6761).
const siteHost = "schools.invalid"

// A didSiteServer is siteHost, at a private address, with a certificate of its
// own.
type didSiteServer struct {
	*httptest.Server
	certificate []byte // PEM
}

// serveDocument serves the document that gives a key the verification method.
func serveDocument(key []byte, method string, files map[string]string) (*didSiteServer, error) {
	k, err := proof.ParseKey(key)
	if err != nil {
		return nil, err
	}
	id := did.Controller(method)
	document, err := json.Marshal(map[string]any{
		"@context": []any{"https://www.w3.org/ns/did/v1"}, "id": id, "assertionMethod": []any{method},
		"verificationMethod": []any{map[string]any{
			"id": method, "type": "Multikey", "controller": id, "publicKeyMultibase": strings.TrimPrefix(k.DID(), "did:key:"),
		}},
	})
	if err != nil {
		return nil, err
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file, ok := files[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "application/vc+jwt")
			http.ServeFile(w, r, file)
			return
		}
		w.Header().Set("Content-Type", "application/did+json")
		_, _ = w.Write(document)
	}))
	certificate, err := selfSigned()
	if err != nil {
		return nil, err
	}
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.StartTLS()
	return &didSiteServer{s, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}, nil
}

func selfSigned() (tls.Certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{siteHost}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, err
}

// did-site KEYFILE METHOD CAFILE [PATH=FILE…] serves files at paths, and the
// document of a did:web at all others, until the script ends, sets $SITE to where,
// and writes the certificate's authority.
func didSite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: did-site KEYFILE METHOD CAFILE [PATH=FILE…]")
	}
	files := map[string]string{}
	for _, arg := range args[3:] {
		path, file, _ := strings.Cut(arg, "=")
		files[path] = ts.MkAbs(file)
	}
	s, err := serveDocument([]byte(ts.ReadFile(args[0])), args[1], files)
	ts.Check(err)
	ts.Defer(s.Close)
	ts.Setenv("SITE", s.Listener.Addr().String())
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), s.certificate, 0o600))
}

// A setting can stand in a file as a list of mappings.
func TestNestedSettings(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/settings.yaml"
	text := "listen: 127.0.0.1:1\nfetch:\n  allow:\n    - {host: a.example, caFile: a.pem}\n    - b.example\ndid-max-age: 10m\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readSettings(path)
	want := `{"did-max-age":["10m"],"fetch-allow":["caFile=a.pem,host=a.example","b.example"],"listen":["127.0.0.1:1"]}`
	if raw, _ := json.Marshal(got); err != nil || string(raw) != want {
		t.Errorf("readSettings = %s, %v", raw, err)
	}
}
