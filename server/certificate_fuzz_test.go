package server

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// A client's certificate that is read is read again from what it holds, as the
// same client; and it opens no door unless it says that it is for clients.
func FuzzCertificate(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	for _, usage := range [][]x509.ExtKeyUsage{nil, {x509.ExtKeyUsageClientAuth}, {x509.ExtKeyUsageServerAuth}, {x509.ExtKeyUsageAny}} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(4e9, 0), ExtKeyUsage: usage}
		raw, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
		if err != nil {
			f.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
		f.Add(text)
		f.Add(slices.Concat([]byte("a certificate\n"), text, text))
		f.Add(bytes.ReplaceAll(text, []byte("CERTIFICATE"), []byte("PRIVATE KEY")))
	}
	path := filepath.Join(f.TempDir(), "client.pem")
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := certificateIn(t, path, raw)
		if c == nil {
			return
		}
		again := certificateIn(t, path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
		if again == nil || !again.Equal(c) || DigestKey(again) != DigestKey(c) {
			t.Errorf("read as %x, and again as another", c.Raw)
		}
		open := forClients(tls.ConnectionState{PeerCertificates: []*x509.Certificate{c}}) == nil
		if open != slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
			t.Errorf("for clients: %v, by the usages %v", open, c.ExtKeyUsage)
		}
	})
}

// certificateIn is the certificate of a file; nil where there is none.
func certificateIn(t *testing.T, path string, raw []byte) *x509.Certificate {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadCertificate(path)
	if (c == nil) == (err == nil) {
		t.Fatalf("got %v and %v", c, err)
	}
	return c
}
