package proof

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/procura-dev/procura/verifier/did"
)

// A suite is how keys of one type sign.
type suite struct {
	names     []string    // JOSE's algorithms; the first is the one written
	rdfc, jcs string      // Data Integrity's cryptosuites; empty: none
	hash      crypto.Hash // of what Data Integrity signs
	verify    func(public crypto.PublicKey, message, signature []byte) bool
	sign      func(private crypto.Signer, message []byte) ([]byte, error)
}

var (
	// RFC 8037, and RFC 9864's name that says the curve.
	suiteEd25519 = &suite{
		names: []string{"EdDSA", "Ed25519"}, rdfc: "eddsa-rdfc-2022", jcs: "eddsa-jcs-2022", hash: crypto.SHA256,
		verify: verifyEd25519, sign: signEd25519,
	}
	// RFC 7518, "Digital Signature with ECDSA".
	suiteP256 = &suite{names: []string{"ES256"}, verify: verifyP256, sign: signP256}
)

// suiteOf returns the one suite of a key; nil where there is none.
func suiteOf(k *did.Key) *suite {
	switch public := k.Public.(type) {
	case ed25519.PublicKey:
		return suiteEd25519
	case *ecdsa.PublicKey:
		if public.Curve == elliptic.P256() {
			return suiteP256
		}
	}
	return nil
}

func (s *suite) named(alg any) bool {
	return slices.ContainsFunc(s.names, func(name string) bool { return name == alg })
}

func known(alg string) bool { return suiteEd25519.named(alg) || suiteP256.named(alg) }

func verifyEd25519(public crypto.PublicKey, message, signature []byte) bool {
	k, ok := public.(ed25519.PublicKey)
	return ok && ed25519.Verify(k, message, signature)
}

func signEd25519(private crypto.Signer, message []byte) ([]byte, error) {
	signature, err := private.Sign(rand.Reader, message, crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("signing with Ed25519: %w", err)
	}
	return signature, nil
}

// verifyP256 takes r and s as 32 bytes each, and nothing else.
func verifyP256(public crypto.PublicKey, message, signature []byte) bool {
	k, ok := public.(*ecdsa.PublicKey)
	if !ok || len(signature) != 64 {
		return false
	}
	digest := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(k, digest[:], r, s)
}

func signP256(private crypto.Signer, message []byte) ([]byte, error) {
	k, ok := private.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("no P-256 key")
	}
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, k, digest[:])
	if err != nil {
		return nil, fmt.Errorf("signing with P-256: %w", err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signature, nil
}
