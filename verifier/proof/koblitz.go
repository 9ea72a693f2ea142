package proof

import (
	"crypto"
	"errors"
	"fmt"
	"io"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// suiteKoblitz is ECDSA on secp256k1, in JOSE alone (RFC 8812, "ECDSA
// Signature with secp256k1 Curve"); no cryptosuite of Data Integrity has it.
var suiteKoblitz = &suite{
	names: []string{"ES256K"}, hash: crypto.SHA256, verify: verifyKoblitz, sign: signKoblitz,
}

// A koblitzKey is a private key on secp256k1.
type koblitzKey struct{ key *secp256k1.PrivateKey }

var _ crypto.Signer = koblitzKey{}

// Public is a *secp256k1.PublicKey.
func (k koblitzKey) Public() crypto.PublicKey { return k.key.PubKey() }

// Sign signs a SHA-256 digest as RFC 6979 says, without randomness: r and s in
// 32 bytes each. Of the two s that hold it is the smaller.
func (k koblitzKey) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	signature := ecdsa.Sign(k.key, digest)
	r, s := signature.R(), signature.S()
	rs, ss := r.Bytes(), s.Bytes()
	return append(rs[:], ss[:]...), nil
}

// readKoblitz reads a private number: 32 bytes, above 0 and below the order.
func readKoblitz(d []byte) (*Key, error) {
	var n secp256k1.ModNScalar
	if overflow := n.SetByteSlice(d); overflow || n.IsZero() {
		return nil, errKey
	}
	return newKey(koblitzKey{secp256k1.NewPrivateKey(&n)})
}

// verifyKoblitz takes both values of s, as RFC 8812 does: it asks for no low s.
func verifyKoblitz(public crypto.PublicKey, message, signature []byte) bool {
	k, ok := public.(*secp256k1.PublicKey)
	if !ok || len(signature) != 64 {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) || r.IsZero() || s.IsZero() {
		return false
	}
	return ecdsa.NewSignature(&r, &s).Verify(digestOf(crypto.SHA256, message), k)
}

func signKoblitz(private crypto.Signer, message []byte) ([]byte, error) {
	k, ok := private.(koblitzKey)
	if !ok {
		return nil, errors.New("no key of secp256k1")
	}
	signature, err := k.Sign(nil, digestOf(crypto.SHA256, message), crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing with ES256K: %w", err)
	}
	return signature, nil
}
