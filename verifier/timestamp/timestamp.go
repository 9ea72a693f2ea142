// Package timestamp reads time-stamp tokens: what a time-stamp authority signed
// about some bytes, and so that these existed at an instant (RFC 3161).
//
// It does not ask an authority for one, and not whether an authority's certificate
// is revoked: an operator who trusts one no longer takes its root off the list.
package timestamp

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// MaxToken is how long a token may be, in bytes.
const MaxToken = 16 << 10

// A Stamp is what a token shows.
type Stamp struct {
	SHA256 [sha256.Size]byte // of the bytes that existed
	At     time.Time         // by then at the latest: the token's time and its accuracy together; UTC
}

// Roots are the authorities whose tokens count. The zero value has none.
type Roots struct{ pool *x509.CertPool }

// ReadRoots reads certificates in PEM, one at the least, and nothing else.
func ReadRoots(raw []byte) (*Roots, error) {
	r := &Roots{pool: x509.NewCertPool()}
	for n := 0; ; n++ {
		block, rest := pem.Decode(raw)
		if block == nil {
			if n == 0 {
				return nil, errors.New("no certificate in PEM")
			}
			return r, nil
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a %s where certificates alone may stand", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		r.pool.AddCert(c)
		raw = rest
	}
}

// Read reads a TimeStampToken in DER that holds its signer's certificate. The
// certificate is one for time-stamps alone, of these roots, in force when the token
// was made and now: with a key of one that has ended anybody may make old tokens.
func (r *Roots) Read(token []byte, now time.Time) (s Stamp, err error) {
	if len(token) > MaxToken {
		return Stamp{}, fmt.Errorf("longer than %d bytes", MaxToken)
	}
	if !isDER(token, maxDepth) {
		return Stamp{}, errors.New("no DER")
	}
	defer func() { // the library panics where lengths do not fit (FuzzRead)
		if odd := recover(); odd != nil {
			s, err = Stamp{}, fmt.Errorf("not to be read: %v", odd)
		}
	}()
	return r.read(token, now)
}

// maxDepth is how deep values of a token may lie in one another: some lie 15 deep.
const maxDepth = 32

// isDER reports whether values of definite lengths that fit stand one after another.
// The library takes BER besides, and panics at some of what is none (FuzzRead).
func isDER(raw []byte, depth int) bool {
	for len(raw) > 0 {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(raw, &v)
		if err != nil || depth == 0 || v.IsCompound && !isDER(v.Bytes, depth-1) {
			return false
		}
		raw = rest
	}
	return true
}

func (r *Roots) read(token []byte, now time.Time) (Stamp, error) {
	t, err := timestamp.Parse(token)
	switch {
	case err != nil:
		return Stamp{}, err
	case t.HashAlgorithm != crypto.SHA256 || len(t.HashedMessage) != sha256.Size:
		return Stamp{}, errors.New("of another digest than SHA-256")
	case t.Accuracy < 0 || t.Accuracy > time.Hour:
		return Stamp{}, errors.New("of an accuracy that says nothing")
	}
	if err := r.signed(token, t.Time, now); err != nil {
		return Stamp{}, err
	}
	at := t.Time.Add(t.Accuracy).UTC()
	if t.Time.After(now.Add(time.Minute)) {
		return Stamp{}, errors.New("of the future")
	}
	return Stamp{SHA256: [sha256.Size]byte(t.HashedMessage), At: at}, nil
}

// What is signed is a TSTInfo (RFC 3161, section 2.4.2).
var typeTSTInfo = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

// signed holds a token's signature against the roots, at both instants.
func (r *Roots) signed(token []byte, made, now time.Time) error {
	p, err := pkcs7.Parse(token)
	if err != nil {
		return err
	}
	signer := p.GetOnlySigner()
	if signer == nil {
		return errors.New("not signed by one authority whose certificate is in it")
	}
	var kind asn1.ObjectIdentifier
	if err := p.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind); err != nil || !kind.Equal(typeTSTInfo) {
		return errors.New("what is signed is no time-stamp")
	}
	if !stampsAlone(signer) {
		return errors.New("the signer's certificate is not for time-stamps alone")
	}
	for _, at := range []time.Time{made, now} {
		if err := p.VerifyWithOpts(r.terms(p, at)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Roots) terms(p *pkcs7.PKCS7, at time.Time) x509.VerifyOptions {
	between := x509.NewCertPool()
	for _, c := range p.Certificates {
		between.AddCert(c)
	}
	roots := r.pool
	if roots == nil {
		roots = x509.NewCertPool()
	}
	return x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}
}

var extensionKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}

// stampsAlone: the extension is critical and names the one purpose (RFC 3161,
// section 2.3).
func stampsAlone(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return false
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(extensionKeyUsage) {
			return e.Critical
		}
	}
	return false
}
