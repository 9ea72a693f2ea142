package verifier

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// A nonce of ours is 16 random bytes and the first 16 of their MAC: 43
// characters. The MAC lets every other door know it, for ever (semantics 8.1).
func (v *Verifier) newNonce() string {
	var b [32]byte
	rand.Read(b[:16]) // never fails (crypto/rand)
	copy(b[16:], v.nonceMAC(b[:16]))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ours reports whether a nonce was issued for a challenge here.
func (v *Verifier) ours(nonce string) bool {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	return err == nil && len(b) == 32 && hmac.Equal(b[16:], v.nonceMAC(b[:16])[:16])
}

func (v *Verifier) nonceMAC(random []byte) []byte {
	d := v.digest("nonce of a challenge", random)
	return d[:16]
}

// digest is a keyed digest over parts, each with its length, for one purpose.
func (v *Verifier) digest(purpose string, parts ...[]byte) (d [32]byte) {
	h := hmac.New(sha256.New, v.cfg.Key[:])
	for _, part := range append([][]byte{[]byte(purpose)}, parts...) {
		var size [8]byte
		for i, n := 0, uint64(len(part)); i < 8; i++ {
			size[i] = byte(n >> (8 * i))
		}
		h.Write(size[:])
		h.Write(part)
	}
	h.Sum(d[:0])
	return d
}
