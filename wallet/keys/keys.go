// Package keys is the hierarchy of a wallet's keys, as its holder's client makes
// it: slots wrap an account's root key, the root key wraps partitions' keys, a
// partition's key wraps its items', and an item's key seals its content.
// docs/wallet-keys.md has every step with test vectors, for other languages.
//
// It keeps nothing and asks nobody. It wipes what it is told to, which in Go is
// best effort: the runtime may have copied it before.
package keys

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"

	"github.com/procura-dev/procura/wallet/arena"
)

// ErrSealed says that bytes are not what was sealed under this key, there.
var ErrSealed = errors.New("this is not what was sealed here")

// Size is the length of a key in bytes.
const Size = 32

// A Key is 32 secret bytes. It prints as nothing. Its zero value is no key.
type Key [Size]byte

// New makes a random key.
func New() (k Key) {
	_, _ = rand.Read(k[:]) // never fails: crypto/rand ends the program first
	return k
}

// Derive makes the key for one purpose of a secret that cannot be guessed
// (HKDF-SHA-256, RFC 5869, no salt).
func Derive(secret []byte, info string) (k Key) {
	b, err := hkdf.Key(sha256.New, secret, nil, info, Size)
	if err != nil {
		panic(err) // 32 bytes are within HKDF's length
	}
	copy(k[:], b)
	clear(b)
	return k
}

// Wipe overwrites the key.
func (k *Key) Wipe() { clear(k[:]) }

// Keep moves a key that is used for long into pages of its own (package arena), and
// overwrites it where it was. [Key.Free] ends its use.
func Keep(k *Key) *Key { return (*Key)(arena.Keep(k[:])) }

// Free overwrites a key that [Keep] returned. It is not used after.
func (k *Key) Free() { arena.Free(k[:]) }

// LogValue keeps the secret out of logs.
func (Key) LogValue() slog.Value { return slog.StringValue("[key]") }

// String keeps the secret out of messages.
func (Key) String() string { return "[key]" }

// GoString keeps the secret out of messages.
func (Key) GoString() string { return "[key]" }

// MarshalJSON keeps the secret out of documents.
func (Key) MarshalJSON() ([]byte, error) { return nil, errors.New("a key is not written as JSON") }

// An ID is a random name that tells nothing: of an account, a partition or an item.
type ID [16]byte

// NewID makes a random one.
func NewID() (id ID) {
	_, _ = rand.Read(id[:]) // never fails, as in New
	return id
}

// MarshalText writes it in base64url without padding.
func (id ID) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, id[:]), nil
}

// UnmarshalText reads what [ID.MarshalText] writes.
func (id *ID) UnmarshalText(text []byte) error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || len(b) != len(id) {
		return errors.New("an id is 16 bytes in base64url without padding")
	}
	copy(id[:], b)
	return nil
}
