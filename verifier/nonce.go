package verifier

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"hash"

	"github.com/procura-dev/procura/verifier/vc"
)

// A nonce of ours is 16 random bytes and the first 16 of their MAC: 43
// characters. The MAC lets every other door know it, for ever (semantics 8.1).
func (v *Verifier) newNonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return v.marked("nonce of a challenge", b[:])
}

// ours reports whether a nonce was issued here, for a challenge, for
// [Verifier.CheckPresentation] or for [Verifier.Stand].
func (v *Verifier) ours(nonce string) bool {
	return v.unmark("nonce of a challenge", nonce, 16) != nil || v.unmark(checkPurpose, nonce, checkSize) != nil || v.unmark(boundPurpose, nonce, 32) != nil
}

// marked is what we give out: bytes and 16 of their MAC, as base64url.
func (v *Verifier) marked(purpose string, b []byte) string {
	d := v.digest(purpose, b)
	return base64.RawURLEncoding.EncodeToString(append(b[:len(b):len(b)], d[:16]...))
}

// unmark returns the bytes of what marked made; nil where it did not.
func (v *Verifier) unmark(purpose, text string, size int) []byte {
	b, ok := vc.DecodeBase64(text)
	if !ok || len(b) != size+16 {
		return nil
	}
	if d := v.digest(purpose, b[:size]); !hmac.Equal(b[size:], d[:16]) {
		return nil
	}
	return b[:size]
}

// digest is a keyed digest over parts, each with its length, for one purpose.
func (v *Verifier) digest(purpose string, parts ...[]byte) (d [32]byte) {
	h := v.macs.Get().(hash.Hash)
	defer v.macs.Put(h)
	h.Reset()
	sized(h, []byte(purpose))
	for _, part := range parts {
		sized(h, part)
	}
	h.Sum(d[:0])
	return d
}

// sized writes a part with its length before it.
func sized(h hash.Hash, part []byte) {
	h.Write(binary.LittleEndian.AppendUint64(make([]byte, 0, 8), uint64(len(part))))
	h.Write(part)
}
