package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
)

// What sealed bytes begin with, and how long what stands before and behind the
// content is: the form, a salt, a commitment to the key; GCM's tag.
const (
	form     = 0x01
	saltSize = 32
	headSize = 1 + saltSize + Size
	Overhead = headSize + 16
)

// Seal hides m: 0x01, a random salt, a commitment, and m under AES-256-GCM by a
// key of its own, so that there is no nonce to use twice. It opens under no
// other key, also none that its maker chose (key-committing), and at no other
// place.
func (k Key) Seal(at Place, m []byte) []byte {
	var salt [saltSize]byte
	_, _ = rand.Read(salt[:]) // never fails, as in New
	return k.seal(at.Bytes(), m, salt[:])
}

func (k Key) seal(ad, m, salt []byte) []byte {
	aead, commitment := k.once(ad, salt)
	out := make([]byte, 0, Overhead+len(m))
	out = append(out, form)
	out = append(out, salt...)
	out = append(out, commitment...)
	return aead.Seal(out, make([]byte, aead.NonceSize()), m, ad)
}

// Open returns what was sealed here, else [ErrSealed].
func (k Key) Open(at Place, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != form {
		return nil, ErrSealed
	}
	ad := at.Bytes()
	aead, commitment := k.once(ad, sealed[1:1+saltSize])
	if subtle.ConstantTimeCompare(commitment, sealed[1+saltSize:headSize]) != 1 {
		return nil, ErrSealed
	}
	m, err := aead.Open(nil, make([]byte, aead.NonceSize()), sealed[headSize:], ad)
	if err != nil {
		return nil, ErrSealed
	}
	return m, nil
}

// once makes the cipher for one salt, and what commits to it.
func (k Key) once(ad, salt []byte) (aead cipher.AEAD, commitment []byte) {
	b, err := hkdf.Key(sha256.New, k[:], salt, "procura/seal/1"+string(ad), 2*Size)
	if err != nil {
		panic(err) // 64 bytes are within HKDF's length
	}
	block, err := aes.NewCipher(b[:Size])
	if err != nil {
		panic(err) // 32 bytes are an AES key
	}
	if aead, err = cipher.NewGCM(block); err != nil {
		panic(err) // AES has GCM's block size
	}
	clear(b[:Size])
	return aead, b[Size:]
}

// wrap seals a key.
func (k Key) wrap(at Place, inner Key) []byte { return k.Seal(at, inner[:]) }

// unwrap opens what wrap sealed.
func (k Key) unwrap(at Place, sealed []byte) (inner Key, err error) {
	m, err := k.Open(at, sealed)
	if err != nil {
		return Key{}, fmt.Errorf("the key of %s: %w", at.Purpose, err)
	}
	defer clear(m)
	if copy(inner[:], m) != Size || len(m) != Size {
		return Key{}, fmt.Errorf("the key of %s: %w", at.Purpose, ErrSealed)
	}
	return inner, nil
}
