package proof

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// The types of key that sign here, named as their curve in a JWK.
const (
	Ed25519 = "Ed25519"
	P256    = "P-256"
	P384    = "P-384"
)

// curves are those of ECDSA.
var curves = map[string]elliptic.Curve{P256: elliptic.P256(), P384: elliptic.P384()}

// A Key signs as a did:key. It is secret: it logs as its public half.
type Key struct {
	did.Key
	private crypto.Signer
}

// LogValue hides the private half.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.Controller) }

// String hides the private half.
func (k *Key) String() string { return k.Controller }

// GoString hides the private half.
func (k *Key) GoString() string { return k.Controller }

// GenerateKey makes a key of the type given, Ed25519, P256 or P384.
func GenerateKey(name string) (*Key, error) {
	if name == Ed25519 {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("making an Ed25519 key: %w", err)
		}
		return newKey(private)
	}
	curve, ok := curves[name]
	if !ok {
		return nil, fmt.Errorf("keys of type %q are not made; %s, %s and %s are", name, Ed25519, P256, P384)
	}
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a %s key: %w", name, err)
	}
	return newKey(private)
}

func newKey(private crypto.Signer) (*Key, error) {
	id, method, err := did.ForKey(private.Public())
	if err != nil {
		return nil, fmt.Errorf("naming a key: %w", err)
	}
	return &Key{Key: did.Key{ID: method, Controller: id, Public: private.Public()}, private: private}, nil
}

// DID is the did:key that the key signs as.
func (k *Key) DID() string { return k.Controller }

// jwk is a private JWK (RFC 7517; RFC 8037 for OKP).
type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y,omitempty"`
	D   string `json:"d"`
	Kid string `json:"kid,omitempty"`
}

// JWK writes the private key down as JSON. Whoever reads it can sign.
func (k *Key) JWK() ([]byte, error) {
	text := base64.RawURLEncoding.EncodeToString
	out := jwk{Kid: k.ID}
	switch private := k.private.(type) {
	case ed25519.PrivateKey:
		out.Kty, out.Crv = "OKP", Ed25519
		out.X, out.D = text(k.Public.(ed25519.PublicKey)), text(private.Seed())
	case *ecdsa.PrivateKey:
		point, err := private.PublicKey.Bytes()
		if err != nil {
			return nil, fmt.Errorf("writing a point: %w", err)
		}
		d, err := private.Bytes()
		if err != nil {
			return nil, fmt.Errorf("writing a key: %w", err)
		}
		out.Kty, out.Crv = "EC", private.Curve.Params().Name
		out.X, out.Y, out.D = text(point[1:1+len(point)/2]), text(point[1+len(point)/2:]), text(d)
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	return append(raw, '\n'), nil
}

var errKey = errors.New("not a private JWK of type Ed25519, P-256 or P-384")

// ParseKey reads what [Key.JWK] writes. Its public half must fit the private.
func ParseKey(raw []byte) (*Key, error) {
	v, err := vc.ParseJSON(raw)
	if err != nil {
		return nil, errKey // the text of err could quote a secret
	}
	m, _ := v.(map[string]any)
	size := 32
	if m["crv"] == P384 {
		size = 48
	}
	bytes := func(name string) []byte {
		s, _ := m[name].(string)
		b, ok := vc.DecodeBase64(s)
		if !ok || len(b) != size {
			return nil
		}
		return b
	}
	k, err := privateKey(m, bytes("x"), bytes("y"), bytes("d"))
	if err != nil {
		return nil, err
	}
	if kid, ok := m["kid"]; ok && kid != k.ID {
		return nil, fmt.Errorf("kid is not the key's own did:key: %w", errKey)
	}
	return k, nil
}

func privateKey(m map[string]any, x, y, d []byte) (*Key, error) {
	name, _ := m["crv"].(string)
	curve := curves[name]
	switch {
	case x == nil || d == nil:
	case m["kty"] == "OKP" && name == Ed25519:
		private := ed25519.NewKeyFromSeed(d)
		if ed25519.PublicKey(x).Equal(private.Public()) {
			return newKey(private)
		}
	case m["kty"] == "EC" && curve != nil && y != nil:
		private, err := ecdsa.ParseRawPrivateKey(curve, d)
		if err != nil {
			return nil, errKey
		}
		public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
		if err == nil && public.Equal(private.Public()) {
			return newKey(private)
		}
	}
	return nil, errKey
}
