package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/fetch"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// siteName is one that nobody can have (RFC 6761, section 6.4).
const siteName = "lists.invalid"

// A site publishes status lists over HTTPS on this machine, with a certificate of
// its own, which nobody but the story's server takes.
type site struct {
	server *http.Server
	addr   netip.AddrPort
	roots  *x509.CertPool

	mu    sync.Mutex
	lists map[string]string         // by path; JWTs
	from  map[string]map[string]any // by path: index → since when it is revoked
}

func openSite() (*site, error) {
	certificate, err := certify(siteName)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{lists: map[string]string{}, from: map[string]map[string]any{}, roots: x509.NewCertPool(), addr: l.Addr().(*net.TCPAddr).AddrPort()}
	s.roots.AddCert(certificate.Leaf)
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go s.server.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13})) //nolint:errcheck // it ends by close
	return s, nil
}

func (s *site) close() { _ = s.server.Close() }

// network is what finds the site's lists, and nothing else of a private address.
func (s *site) network() *network {
	c := fetch.New(fetch.Config{Allow: []fetch.Allowance{{Host: siteName, Address: s.addr, Roots: s.roots}}})
	return &network{dids: &did.Resolver{}, lists: status.NewLists(status.Config{Fetch: c})}
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	list, ok := s.lists[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/vc+jwt")
	_, _ = io.WriteString(w, list)
}

// publish has an issuer sign a list anew, with those places set that are revoked
// (Bitstring Status List v1.0), and serves it at a path.
func (s *site) publish(ctx context.Context, path string, issuer *proof.Key, revoked ...int) error {
	url, now := "https://"+siteName+path, time.Now()
	doc := map[string]any{
		"@context":  []any{vc.ContextV2},
		"id":        url,
		"type":      []any{"VerifiableCredential", "BitstringStatusListCredential"},
		"validFrom": now.UTC().Format(time.RFC3339), "validUntil": now.Add(time.Hour).UTC().Format(time.RFC3339),
		"credentialSubject": map[string]any{
			"id": url + "#list", "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": bitstring(revoked), "ttl": 1.0,
		},
	}
	if from := s.from[path]; from != nil {
		doc["credentialSubject"].(map[string]any)["revokedAt"] = from
	}
	signed, err := (&proof.Signer{Key: issuer, At: now}).Credential(ctx, doc, vc.FormatVCJOSE)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[path] = signed.(string)
	return nil
}

// revoke publishes a list anew, and waits until the server looks at it again:
// after a second at the soonest.
func (s *site) revoke(ctx context.Context, path string, issuer *proof.Key, revoked ...int) error {
	if err := s.publish(ctx, path, issuer, revoked...); err != nil {
		return err
	}
	select {
	case <-time.After(1100 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// since has a list say from then on, once it is published again, since when a place
// is revoked.
func (s *site) since(path, index string, at time.Time) {
	s.from[path] = map[string]any{index: at.UTC().Format(time.RFC3339)}
}

// place is where a credential says that its status lies.
func (s *site) place(path, index string) map[string]any {
	url := "https://" + siteName + path
	return map[string]any{
		"id": url + "#" + index, "type": status.Bitstring, "statusPurpose": "revocation", "statusListIndex": index, "statusListCredential": url,
	}
}

// bitstring is a list of the least size, 16 KB, as it is written.
func bitstring(set []int) string {
	bits := make([]byte, 16<<10)
	for _, i := range set {
		bits[i/8] |= 0x80 >> (i % 8)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(bits) // into memory
	_ = z.Close()
	return "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes())
}

// certify makes a certificate for a host, by itself, for an hour.
func certify(host string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
