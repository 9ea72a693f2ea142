package session

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/procura-dev/procura/wallet/arena"
	"github.com/procura-dev/procura/wallet/keys"
)

// Secrets are one generation of what a server proves passwords with. Records
// made under one are worth nothing under another.
type Secrets struct {
	Generation uint32    // from 1
	OPRFSeed   []byte    // 64 bytes
	AKEKey     []byte    // a scalar of ristretto255, 32 bytes
	Names      *keys.Key // makes names into credential identifiers
	Service    *keys.Key // seals tickets and sessions
	Begun      time.Time
}

// SettleTime is how long a new generation is known before anything is made under
// it: so that every process knows it by then.
const SettleTime = 10 * time.Second

const (
	seedSize    = 64
	scalarSize  = 32
	secretsSize = seedSize + scalarSize + 2*keys.Size
)

// What can be wrong with generations that are added or retired.
var (
	ErrSecretsChanged = errors.New("another generation was added meanwhile")
	ErrSecretsUsed    = errors.New("this generation is the newest, or there is none, or accounts or sessions hang on it")
)

// SecretsUse is what hangs on one generation.
type SecretsUse struct {
	Generation         uint32
	Begun              time.Time
	Accounts, Sessions int // those sessions that have not ended
}

// NewSecrets makes random ones.
func NewSecrets(generation uint32, begun time.Time) *Secrets {
	private, _ := suite().KeyGen()
	names, service := keys.New(), keys.New()
	return &Secrets{Generation: generation, OPRFSeed: suite().GenerateOPRFSeed(), AKEKey: private.Encode(), Names: &names, Service: &service, Begun: begun}
}

// Bytes are the secrets without their generation, to be sealed.
func (s *Secrets) Bytes() []byte {
	b := append(append([]byte{}, s.OPRFSeed...), s.AKEKey...)
	return append(append(b, s.Names[:]...), s.Service[:]...)
}

// ReadSecrets reads what [Secrets.Bytes] wrote.
func ReadSecrets(generation uint32, b []byte) (*Secrets, error) {
	if len(b) != secretsSize {
		return nil, errors.New("these are no secrets of a wallet's server")
	}
	s := &Secrets{Generation: generation, OPRFSeed: b[:seedSize:seedSize], AKEKey: b[seedSize : seedSize+scalarSize : seedSize+scalarSize]}
	rest := b[seedSize+scalarSize:]
	s.Names, s.Service = (*keys.Key)(rest[:keys.Size]), (*keys.Key)(rest[keys.Size:])
	return s, nil
}

// kept is a copy in pages of its own.
func (s *Secrets) kept() *Secrets {
	keep := func(b []byte) []byte { return arena.Keep(bytes.Clone(b)) }
	return &Secrets{
		Generation: s.Generation, Begun: s.Begun, OPRFSeed: keep(s.OPRFSeed), AKEKey: keep(s.AKEKey),
		Names: (*keys.Key)(keep(s.Names[:])), Service: (*keys.Key)(keep(s.Service[:])),
	}
}

// Wipe overwrites them. A [Server] that was given them has its own.
func (s *Secrets) Wipe() {
	for _, b := range [][]byte{s.OPRFSeed, s.AKEKey, s.Names[:], s.Service[:]} {
		clear(b)
	}
}

// LogValue keeps the secrets out of logs.
func (s *Secrets) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("[secrets %d]", s.Generation))
}

// String keeps the secrets out of messages.
func (s *Secrets) String() string { return fmt.Sprintf("[secrets %d]", s.Generation) }

// GoString keeps the secrets out of messages.
func (s *Secrets) GoString() string { return s.String() }

// identifier is what a name's OPRF key is made of: of the name asked for, never
// of a row, so that one name's record is worth nothing under another.
func (s *Secrets) identifier(tenant, name string) []byte { return digestOf(s.Names, tenant, name) }

func digestOf(under *keys.Key, tenant, name string) []byte {
	h := hmac.New(sha256.New, under[:])
	h.Write([]byte(tenant + "\x00" + name))
	return h.Sum(nil)
}
