package server

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/goccy/go-yaml"
)

// A key is served before it signs, so that whoever keeps our keys has it by then,
// and after the next one signs, for what it signed.
const (
	keyLead    = 24 * time.Hour
	keyOverlap = 7 * 24 * time.Hour
	keysLife   = time.Second // for which those in the store are remembered
)

// Signing signs by the server's own keys: ES256, one at a time (RFC 7518,
// section 3.4). It is safe for concurrent use, also by several processes on one
// store.
type Signing struct {
	Store SigningKeys      // required
	Now   func() time.Time // nil: time.Now

	mu   sync.Mutex
	keys []SigningKey
	read time.Time
}

// A JWK is a public key of ours (RFC 7517).
type JWK struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	X     string `json:"x"`
	Y     string `json:"y"`
	ID    string `json:"kid,omitempty"`
	Use   string `json:"use,omitempty"`
	Alg   string `json:"alg,omitempty"`
}

func (s *Signing) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// Sign makes a JWS in the compact serialization of claims as JSON.
func (s *Signing) Sign(ctx context.Context, kind string, claims any) (string, error) {
	k, err := s.current(ctx)
	if err != nil {
		return "", err
	}
	return k.sign(kind, claims)
}

func (k *SigningKey) sign(kind string, claims any) (string, error) {
	key, err := k.private()
	if err != nil {
		return "", err
	}
	header, err := json.Marshal(jwsHeader{"ES256", k.ID, kind})
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(text))
	// Without randomness the same content has the same signature (RFC 6979).
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	var point struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &point); err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	var signature [64]byte
	point.R.FillBytes(signature[:32])
	point.S.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature[:]), nil
}

// Rotate adds a key that signs from a day on.
func (s *Signing) Rotate(ctx context.Context) error {
	keys, err := s.all(ctx)
	if err != nil {
		return err
	}
	from := s.now().Add(keyLead)
	if len(keys) == 0 {
		from = s.now()
	}
	k, err := newSigningKey(from)
	if err != nil {
		return err
	}
	// Another process was first: its key is as good.
	if _, err := s.Store.AddSigningKey(ctx, k, len(keys)); err != nil {
		return err
	}
	s.forget()
	return nil
}

// forget has the keys read again.
func (s *Signing) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = nil
}

// JWKS returns the keys to verify by: those that sign, will, or did lately.
func (s *Signing) JWKS(ctx context.Context) ([]JWK, error) {
	keys, err := s.public(ctx)
	if err != nil {
		return nil, err
	}
	list := []JWK{}
	for _, k := range keys {
		jwk, err := jwkOf(k.key)
		if err != nil {
			return nil, err
		}
		jwk.ID, jwk.Use, jwk.Alg = k.id, "sig", "ES256"
		list = append(list, jwk)
	}
	return list, nil
}

type publicKey struct {
	id  string
	key *ecdsa.PublicKey
}

func (s *Signing) public(ctx context.Context) (list []publicKey, err error) {
	if _, err := s.current(ctx); err != nil {
		return nil, err
	}
	keys, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	for i, k := range keys {
		if i+1 < len(keys) && !s.now().Before(keys[i+1].SignsFrom.Add(keyOverlap)) {
			continue
		}
		key, err := k.private()
		if err != nil {
			return nil, err
		}
		list = append(list, publicKey{k.ID, &key.PublicKey})
	}
	return list, nil
}

// errNoKey: no key of ours signs yet, which is a fault of ours.
var errNoKey = errors.New("no key signs")

// current is the key that signs now; the first is made when it is first asked for.
func (s *Signing) current(ctx context.Context) (*SigningKey, error) {
	keys, err := s.all(ctx)
	if err == nil && len(keys) == 0 {
		if err = s.Rotate(ctx); err == nil {
			keys, err = s.all(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	for i := len(keys) - 1; i >= 0; i-- {
		if !s.now().Before(keys[i].SignsFrom) {
			return &keys[i], nil
		}
	}
	if len(keys) == 0 {
		return nil, errNoKey
	}
	return &keys[0], nil // the clock of another process, which made it, is ahead
}

// all are the keys in the store, as they were a second ago at most.
func (s *Signing) all(ctx context.Context) ([]SigningKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys) > 0 && s.now().Sub(s.read) < keysLife {
		return s.keys, nil
	}
	keys, err := s.Store.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	s.keys, s.read = keys, s.now()
	return keys, nil
}

func newSigningKey(from time.Time) (*SigningKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	jwk, err := jwkOf(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	return &SigningKey{ID: jwk.thumbprint(), SignsFrom: from.UTC(), Secret: secret}, nil
}

func (k *SigningKey) private() (*ecdsa.PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(k.Secret)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("reading a key: it is %T", parsed)
	}
	return key, nil
}

func jwkOf(key *ecdsa.PublicKey) (JWK, error) {
	point, err := key.Bytes() // 4, x, y
	if err != nil || len(point) != 65 {
		return JWK{}, fmt.Errorf("writing a key: %d bytes: %w", len(point), err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return JWK{Type: "EC", Curve: "P-256", X: encode(point[1:33]), Y: encode(point[33:])}, nil
}

// thumbprint names a key by its required members in their order (RFC 7638).
func (j JWK) thumbprint() string {
	sum := sha256.Sum256([]byte(`{"crv":"` + j.Curve + `","kty":"` + j.Type + `","x":"` + j.X + `","y":"` + j.Y + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// getKeys answers the keys by which what we sign is verified; with ?as=opa as a
// part of OPA's configuration.
func (s *Server) getKeys(c *gin.Context) error {
	if c.Query("as") == "opa" {
		keys, err := s.cfg.Signing.forOPA(c.Request.Context())
		if err != nil {
			return err
		}
		raw, err := yaml.Marshal(map[string]any{"keys": keys})
		if err != nil {
			return fmt.Errorf("writing keys: %w", err)
		}
		c.Data(http.StatusOK, mediaYAML, raw)
		return nil
	}
	keys, err := s.cfg.Signing.JWKS(c.Request.Context())
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, map[string][]JWK{"keys": keys})
}

// forOPA are the keys as OPA's configuration has them, by their ids.
func (s *Signing) forOPA(ctx context.Context) (map[string]map[string]string, error) {
	keys, err := s.public(ctx)
	if err != nil {
		return nil, err
	}
	list := map[string]map[string]string{}
	for _, k := range keys {
		raw, err := x509.MarshalPKIXPublicKey(k.key)
		if err != nil {
			return nil, fmt.Errorf("writing a key: %w", err)
		}
		list[k.id] = map[string]string{"algorithm": "ES256", "key": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: raw}))}
	}
	return list, nil
}
