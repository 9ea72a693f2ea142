// Package seal keeps what a database holds of people unreadable without the
// server's key: presentations, circumstances, requests and answers lie sealed
// (AES-256-GCM) under keys derived from it (HKDF-SHA-256, RFC 5869).
//
// It does not rotate keys, and it hides neither ids, tenants, times nor how
// much there is.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"

	"github.com/procura-dev/procura/wallet/arena"
)

// Sentinels that a caller can act on.
var (
	// ErrWrongKey: a database was begun under another key.
	ErrWrongKey = errors.New("the database belongs to another key")
	// ErrBroken: what is stored is not what was sealed, there or at all.
	ErrBroken = errors.New("a sealed record is broken")
)

// Size is the length of the secret in bytes.
const Size = 32

// A Key seals and opens. It is safe for concurrent use, and prints as nothing.
type Key struct {
	secret *[Size]byte
	aead   cipher.AEAD
}

// NewKey makes the key of a secret of 32 random bytes.
func NewKey(secret [Size]byte) *Key {
	k := &Key{secret: (*[Size]byte)(arena.Keep(secret[:]))}
	under := k.Derive("seal")
	block, err := aes.NewCipher(under[:])
	if err != nil {
		panic(err) // 32 bytes are an AES key
	}
	// A random nonce per record: safe for 2^32 records under one key (SP 800-38D, 8.3).
	if k.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		panic(err) // AES has GCM's block size
	}
	return k
}

// Derive returns the key for one purpose; it tells nothing about the others.
func (k *Key) Derive(purpose string) (derived [32]byte) {
	b, err := hkdf.Key(sha256.New, k.secret[:], nil, "procura v1 "+purpose, len(derived))
	if err != nil {
		panic(err) // 32 bytes are within HKDF's length
	}
	copy(derived[:], b)
	return derived
}

// Check is what a database keeps to know its key again.
func (k *Key) Check() []byte {
	under := k.Derive("check")
	h := hmac.New(sha256.New, under[:])
	h.Write([]byte("procura database"))
	return h.Sum(nil)
}

// Matches compares a database's check with this key's; [ErrWrongKey] where they differ.
func (k *Key) Matches(check []byte) error {
	if !hmac.Equal(check, k.Check()) {
		return ErrWrongKey
	}
	return nil
}

// Seal hides plain. It opens only with the same place: what a record is and
// whose, so that no record can stand for another.
func (k *Key) Seal(plain []byte, place ...string) []byte {
	return k.aead.Seal(nil, nil, plain, bind(place))
}

// Open returns what [Key.Seal] hid at this place, else [ErrBroken].
func (k *Key) Open(sealed []byte, place ...string) ([]byte, error) {
	plain, err := k.aead.Open(nil, nil, sealed, bind(place))
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", place[:1], ErrBroken)
	}
	return plain, nil
}

// LogValue keeps the secret out of logs.
func (k *Key) LogValue() slog.Value { return slog.StringValue("[key]") }

// String keeps the secret out of messages.
func (k *Key) String() string { return "[key]" }

// GoString keeps the secret out of messages.
func (k *Key) GoString() string { return "[key]" }

// bind writes each part with its length, so that no two places look alike.
func bind(place []string) []byte {
	var b []byte
	for _, part := range place {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// digest is keyed: it tells records apart without telling what they say.
func (k *Key) digest(plain []byte, place ...string) (d [32]byte) {
	under := k.Derive("digest")
	h := hmac.New(sha256.New, under[:])
	h.Write(bind(append([]string{string(plain)}, place...)))
	h.Sum(d[:0])
	return d
}
