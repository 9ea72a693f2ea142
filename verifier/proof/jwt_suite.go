package proof

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

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
	suiteP256 = ecdsaSuite(elliptic.P256(), crypto.SHA256, "ES256")
	suiteP384 = ecdsaSuite(elliptic.P384(), crypto.SHA384, "ES384")
)

// suiteOf returns the one suite of a key; nil where there is none.
func suiteOf(k *did.Key) *suite {
	switch public := k.Public.(type) {
	case *secp256k1.PublicKey:
		return suiteKoblitz
	case ed25519.PublicKey:
		return suiteEd25519
	case *ecdsa.PublicKey:
		switch public.Curve {
		case elliptic.P256():
			return suiteP256
		case elliptic.P384():
			return suiteP384
		}
	}
	return nil
}

func (s *suite) named(alg any) bool {
	return slices.ContainsFunc(s.names, func(name string) bool { return name == alg })
}

var suites = []*suite{suiteEd25519, suiteP256, suiteP384, suiteKoblitz}

func known(alg string) bool {
	return slices.ContainsFunc(suites, func(s *suite) bool { return s.named(alg) })
}

func digestOf(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}

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

// ecdsaSuite is ECDSA on a curve. A signature is r and s in as many bytes each
// as a coordinate has, and nothing else. Who has one can make a second, of r
// and n − s: a signature tells nothing apart.
func ecdsaSuite(curve elliptic.Curve, hash crypto.Hash, name string) *suite {
	size := (curve.Params().BitSize + 7) / 8
	return &suite{
		names: []string{name}, rdfc: "ecdsa-rdfc-2019", jcs: "ecdsa-jcs-2019", hash: hash,
		verify: func(public crypto.PublicKey, message, signature []byte) bool {
			k, ok := public.(*ecdsa.PublicKey)
			if !ok || k.Curve != curve || len(signature) != 2*size {
				return false
			}
			r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
			return ecdsa.Verify(k, digestOf(hash, message), r, s)
		},
		sign: func(private crypto.Signer, message []byte) ([]byte, error) {
			k, ok := private.(*ecdsa.PrivateKey)
			if !ok || k.Curve != curve {
				return nil, fmt.Errorf("no key of %s", curve.Params().Name)
			}
			return signECDSA(k, digestOf(hash, message), hash, size)
		},
	}
}

// signECDSA signs as RFC 6979 says, without randomness, which the ECDSA
// cryptosuites ask for.
func signECDSA(k *ecdsa.PrivateKey, digest []byte, hash crypto.Hash, size int) ([]byte, error) {
	der, err := k.Sign(nil, digest, hash)
	if err != nil {
		return nil, fmt.Errorf("signing with ECDSA: %w", err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, fmt.Errorf("reading a signature: %w", err)
	}
	signature := make([]byte, 2*size)
	pair.R.FillBytes(signature[:size])
	pair.S.FillBytes(signature[size:])
	return signature, nil
}
