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
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// The types of key that sign here, named as their curve in a JWK.
const (
	Ed25519 = "Ed25519"
	P256    = "P-256"
	P384    = "P-384"

	Secp256k1 = "secp256k1"
)

// KeyTypes are all of them.
var KeyTypes = []string{Ed25519, P256, P384, Secp256k1}

// curves are NIST's of ECDSA.
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

// GenerateKey makes a key of one of the KeyTypes.
func GenerateKey(name string) (*Key, error) {
	if !slices.Contains(KeyTypes, name) {
		return nil, fmt.Errorf("keys of type %q are not made; types are %s", name, strings.Join(KeyTypes, ", "))
	}
	private, err := generate(name)
	if err != nil {
		return nil, fmt.Errorf("making a key of type %s: %w", name, err)
	}
	return newKey(private)
}

func generate(name string) (crypto.Signer, error) {
	switch name {
	case Ed25519:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case Secp256k1:
		private, err := secp256k1.GeneratePrivateKey()
		return koblitzKey{private}, err
	}
	return ecdsa.GenerateKey(curves[name], rand.Reader)
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

// NewKey is a key whose private half is kept elsewhere, as by a KMS. sign is given
// a whole message, hashes it as the key's algorithm in JOSE does, and returns the
// signature as JOSE has it: for ECDSA r and s, each as long as a coordinate.
func NewKey(public crypto.PublicKey, sign func(message []byte) ([]byte, error)) (*Key, error) {
	return newKey(elsewhere{public, sign})
}

// An elsewhere is the private half of a key that is not here.
type elsewhere struct {
	public crypto.PublicKey
	sign   func(message []byte) ([]byte, error)
}

var _ crypto.Signer = elsewhere{}

// Public is what did.ForKey takes.
func (e elsewhere) Public() crypto.PublicKey { return e.public }

// Sign refuses: only whole messages are signed.
func (elsewhere) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errElsewhere }

var errElsewhere = errors.New("the private half of this key is kept elsewhere")

// sign signs a message as a suite of the key does.
func (k *Key) sign(s *suite, message []byte) ([]byte, error) {
	if e, ok := k.private.(elsewhere); ok {
		return e.sign(message)
	}
	return s.sign(k.private, message)
}

// As returns the key, to sign under another verification method than that of
// its did:key: one that a DID document gives it.
func (k *Key) As(method string) *Key {
	own := *k
	own.ID, own.Controller = method, did.Controller(method)
	return &own
}

// JWK writes the private key down as JSON. Whoever reads it can sign.
func (k *Key) JWK() ([]byte, error) {
	var d []byte
	var err error
	switch private := k.private.(type) {
	case ed25519.PrivateKey:
		d = private.Seed()
	case koblitzKey:
		d = private.key.Serialize()
	case *ecdsa.PrivateKey:
		d, err = private.Bytes()
	default:
		err = errElsewhere
	}
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	members := k.Key.JWK()
	members["d"], members["kid"] = base64.RawURLEncoding.EncodeToString(d), k.ID
	raw, err := json.MarshalIndent(members, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	return append(raw, '\n'), nil
}

var errKey = errors.New("not a private JWK of type " + strings.Join(KeyTypes, ", "))

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
	k, err := privateKey(m, bytes("d"))
	if err != nil {
		return nil, err
	}
	if public := k.Key.JWK(); m["kty"] != public["kty"] || m["x"] != public["x"] || m["y"] != public["y"] {
		return nil, errKey
	}
	if kid, ok := m["kid"]; ok && kid != k.ID {
		return nil, fmt.Errorf("kid is not the key's own did:key: %w", errKey)
	}
	return k, nil
}

// privateKey is the key of a number, in as many bytes as the type has.
func privateKey(m map[string]any, d []byte) (*Key, error) {
	name, _ := m["crv"].(string)
	curve := curves[name]
	switch {
	case d == nil:
	case name == Ed25519:
		return newKey(ed25519.NewKeyFromSeed(d))
	case name == Secp256k1:
		return readKoblitz(d)
	case curve != nil:
		if private, err := ecdsa.ParseRawPrivateKey(curve, d); err == nil {
			return newKey(private)
		}
	}
	return nil, errKey
}
