// Package channel is what a wallet's client and server say to each other after
// login: each request and each answer is sealed under keys of the session, so
// that whoever ends TLS between them reads and changes nothing.
// docs/wallet-channel.md describes it with vectors, for other languages.
//
// It does no I/O and keeps no state: the client counts its requests, and the
// server keeps a [Window] in the session's row.
package channel

import (
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/base64"
	"errors"

	"github.com/procura-dev/procura/wallet/keys"
)

// What can be wrong with a message.
var (
	// ErrMessage: it is malformed, another session's, or was changed. That ends nothing.
	ErrMessage = errors.New("this is no message of this session")
	// ErrHeader: what names a session is not 48 bytes in base64url without padding.
	ErrHeader = errors.New("this names no session")
	// ErrReplayed: its number was used, or is too old to tell.
	ErrReplayed = errors.New("this request's number was used before, or is 64 or more behind the newest")
	// ErrAhead: its number leaves too many out.
	ErrAhead = errors.New("this request's number is more than 65,536 ahead of the newest")
)

// SessionKeySize is the length of what OPAQUE gives both sides (Nx of RFC 9807
// with SHA-512), in bytes.
const SessionKeySize = 64

// SID names a session. A store keeps SHA-256 of it.
type SID [16]byte

// Keys are one session's. They are secret but for SID; both sides derive them,
// and none is sent but SID and Open, in the header.
type Keys struct {
	SID  SID
	Open keys.Key // opens what the server keeps of the session
	C2S  keys.Key // what the client sends is under keys of it
	S2C  keys.Key // what the server sends
}

// Derive makes a session's keys of the session_key of OPAQUE (RFC 9807, 6.4).
func Derive(sessionKey []byte) (Keys, error) {
	if len(sessionKey) != SessionKeySize {
		return Keys{}, errors.New("a session key has 64 bytes")
	}
	prk, err := hkdf.Extract(sha512.New, sessionKey, []byte("procura/wallet/channel/1"))
	if err != nil {
		return Keys{}, err
	}
	defer clear(prk)
	return Keys{
		SID:  SID(expand(prk, "sid", 16)),
		Open: keys.Key(expand(prk, "open", keys.Size)),
		C2S:  keys.Key(expand(prk, "c2s", keys.Size)),
		S2C:  keys.Key(expand(prk, "s2c", keys.Size)),
	}, nil
}

func expand(prk []byte, info string, n int) []byte {
	b, err := hkdf.Expand(sha512.New, prk, info, n)
	if err != nil {
		panic(err) // n is within HKDF's length
	}
	return b
}

// Wipe overwrites them.
func (k *Keys) Wipe() {
	for _, each := range []*keys.Key{&k.Open, &k.C2S, &k.S2C} {
		each.Wipe()
	}
}

// Header is the value of Procura-Session.
func (k Keys) Header() string {
	return base64.RawURLEncoding.EncodeToString(append(k.SID[:], k.Open[:]...))
}

// ParseHeader reads it, else [ErrHeader].
func ParseHeader(text string) (SID, keys.Key, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != len(SID{})+keys.Size {
		return SID{}, keys.Key{}, ErrHeader
	}
	return SID(b[:len(SID{})]), keys.Key(b[len(SID{}):]), nil
}
