// Package session is how a wallet's holder proves a password that no server ever
// sees (OPAQUE, RFC 9807): what a client sends, what a server answers, and what
// both have afterwards, from which package channel makes a session's keys.
//
// The configuration is ristretto255 with SHA-512, HKDF and HMAC, 3DH, an empty
// context, and Argon2id on the client; docs/wallet.md says it for other languages.
// It keeps nothing and takes the time from its caller.
package session

import (
	"crypto"
	"errors"

	"github.com/bytemare/ksf"
	"github.com/bytemare/opaque"
)

// What can be wrong with what the other side sends.
var (
	// ErrMessage: no message of the protocol.
	ErrMessage = errors.New("this is no message of OPAQUE")
	// ErrPassword: the password is another, or the server is.
	ErrPassword = errors.New("the name or the password is wrong, or the server is another")
	// ErrName: a name that no account can have.
	ErrName = errors.New("this cannot be the name of an account")
	// ErrProfile: a server asks for Argon2id that is too weak, or absurd.
	ErrProfile = errors.New("a server may ask for Argon2id with 3–10 passes, 64 MiB–1 GiB and 4–16 lanes")
	// ErrTicket: no ticket of ours, another's, or an expired one.
	ErrTicket = errors.New("this ticket is none, or has expired")
	// ErrSecrets: what a record was made under is not here.
	ErrSecrets = errors.New("this server lacks the secrets that a record was made under")
)

// The lengths of the messages in bytes.
const (
	RegistrationRequestSize  = 32
	RegistrationResponseSize = 64
	RecordSize               = 192
	KE1Size                  = 96
	KE2Size                  = 320
	KE3Size                  = 64
)

// suite is the configuration; @serenity-kit/opaque has the same.
func suite() *opaque.Configuration {
	return &opaque.Configuration{
		OPRF: opaque.RistrettoSha512, AKE: opaque.RistrettoSha512,
		KDF: crypto.SHA512, MAC: crypto.SHA512, Hash: crypto.SHA512, KSF: ksf.Argon2id,
	}
}

// A Holder is who logs in where. Both sides put it together themselves, and take
// none of it from the other: a name, origin or profile that differs is no login.
type Holder struct {
	Origin string // of the server, as https://wallet.example
	Tenant string
	Name   string // as [Canonical] gives it
}

// client_identity and server_identity of RFC 9807, 4.
func (h Holder) identity() []byte { return []byte(h.Tenant + "/" + h.Name) }

func (h Holder) server(p Profile) []byte {
	return []byte("procura-wallet/1;" + h.Origin + ";ristretto255-SHA512;" + p.String())
}
