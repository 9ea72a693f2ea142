package kms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"fmt"

	"github.com/hyperledger/aries-framework-go/component/kmscrypto/crypto/tinkcrypto"
	arieskms "github.com/hyperledger/aries-framework-go/component/kmscrypto/kms"
	"github.com/hyperledger/aries-framework-go/component/kmscrypto/kms/localkms"
	"github.com/hyperledger/aries-framework-go/component/kmscrypto/secretlock/noop"
	spikms "github.com/hyperledger/aries-framework-go/spi/kms"
	"github.com/hyperledger/aries-framework-go/spi/secretlock"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
)

// types are those of aries, by ours: signatures as JOSE has them.
var types = map[string]spikms.KeyType{
	proof.Ed25519: spikms.ED25519Type,
	proof.P256:    spikms.ECDSAP256TypeIEEEP1363,
	proof.P384:    spikms.ECDSAP384TypeIEEEP1363,
}

// A memory is a store of aries' KMS for one key and one request: what it holds is
// sealed by whoever keeps it.
type memory struct{ keyset []byte }

var (
	_ spikms.Store    = (*memory)(nil)
	_ spikms.Provider = (*memory)(nil)
)

// Put takes a key; the store has room for one.
func (m *memory) Put(_ string, keyset []byte) error {
	m.keyset = keyset
	return nil
}

// Get returns the key, whatever it is called: whoever reads compares it.
func (m *memory) Get(string) ([]byte, error) {
	if m.keyset == nil {
		return nil, arieskms.ErrKeyNotFound
	}
	return m.keyset, nil
}

// Delete is not used.
func (m *memory) Delete(string) error { return errors.New("keys are removed as items") }

// StorageProvider is the memory.
func (m *memory) StorageProvider() spikms.Store { return m }

// SecretLock adds nothing: what is kept is sealed as a whole, at its place.
func (m *memory) SecretLock() secretlock.Service { return &noop.NoLock{} }

func (m *memory) local() (*localkms.LocalKMS, error) {
	return localkms.New("local-lock://procura", m)
}

// create makes a key; its id is the thumbprint of its public half.
func (m *memory) create(kind string) (kid string, err error) {
	t, ok := types[kind]
	if !ok {
		return "", ErrType
	}
	l, err := m.local()
	if err != nil {
		return "", fmt.Errorf("aries' KMS: %w", err)
	}
	if kid, _, err = l.Create(t); err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	return kid, nil
}

// key returns the key that is held, which is called kid in what goes wrong.
func (m *memory) key(kid string) (*proof.Key, error) {
	l, err := m.local()
	if err != nil {
		return nil, fmt.Errorf("aries' KMS: %w", err)
	}
	raw, kind, err := l.ExportPubKeyBytes(kid)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	half, err := readPublic(kind, raw)
	if err != nil {
		return nil, err
	}
	key, err := proof.NewKey(half, func(message []byte) ([]byte, error) { return m.sign(kid, message) })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	return key, nil
}

func (m *memory) sign(kid string, message []byte) ([]byte, error) {
	l, err := m.local()
	if err != nil {
		return nil, fmt.Errorf("aries' KMS: %w", err)
	}
	handle, err := l.Get(kid)
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	tink, err := tinkcrypto.New()
	if err != nil {
		return nil, fmt.Errorf("aries' crypto: %w", err)
	}
	signature, err := tink.Sign(message, handle)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return signature, nil
}

// readPublic reads what aries exports.
func readPublic(kind spikms.KeyType, raw []byte) (crypto.PublicKey, error) {
	switch kind {
	case spikms.ED25519Type:
		if len(raw) == ed25519.PublicKeySize {
			return ed25519.PublicKey(raw), nil
		}
	case spikms.ECDSAP256TypeIEEEP1363:
		return onCurve(elliptic.P256(), raw)
	case spikms.ECDSAP384TypeIEEEP1363:
		return onCurve(elliptic.P384(), raw)
	}
	return nil, fmt.Errorf("%w: it is of type %s", ErrOther, kind)
}

func onCurve(curve elliptic.Curve, raw []byte) (crypto.PublicKey, error) {
	k, err := ecdsa.ParseUncompressedPublicKey(curve, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	return k, nil
}

// fromJWK is the public half that a JWK holds.
func fromJWK(m map[string]any) (*proof.Key, error) {
	k, err := did.ReadJWK(m)
	if err != nil {
		return nil, err
	}
	return proof.NewKey(k.Public, func([]byte) ([]byte, error) { return nil, errors.New("this is the public half alone") })
}

func public(k *proof.Key) *Public {
	jwk := k.Key.JWK()
	kind, _ := jwk["crv"].(string)
	return &Public{KID: k.Thumbprint(), Type: kind, JWK: jwk, DID: k.DID(), Method: k.ID}
}
