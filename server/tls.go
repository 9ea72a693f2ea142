package server

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
)

// TLS makes the settings of a listener that ends TLS itself, from PEM files.
// With a file of authorities callers may prove themselves by a certificate of
// one of these, that says it is for clients; they need not. The files are read
// once.
func TLS(certFile, keyFile, clientCAFile string) (*tls.Config, error) {
	own, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the server's certificate: %w", err)
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}}
	if clientCAFile == "" {
		return cfg, nil
	}
	raw, err := os.ReadFile(clientCAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the authorities of clients: %w", err)
	}
	cfg.ClientCAs = x509.NewCertPool()
	if !cfg.ClientCAs.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("reading the authorities of clients: %s holds no certificate", clientCAFile)
	}
	cfg.ClientAuth, cfg.VerifyConnection = tls.VerifyClientCertIfGiven, forClients
	return cfg, nil
}

var errNotForClients = errors.New("the certificate does not say that it is for clients")

// forClients demands the extended key usage that crypto/x509 takes as given
// where a certificate has none.
func forClients(s tls.ConnectionState) error {
	if len(s.PeerCertificates) > 0 && !slices.Contains(s.PeerCertificates[0].ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		return errNotForClients
	}
	return nil
}

// DigestKey is the digest by which a client's certificate is registered.
func DigestKey(c *x509.Certificate) KeyDigest { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

// ReadCertificate reads the first certificate of a PEM file.
func ReadCertificate(path string) (*x509.Certificate, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s does not begin with a certificate in PEM", path)
	}
	return x509.ParseCertificate(block.Bytes)
}
