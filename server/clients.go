package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"time"
)

// A Role opens one door, and no other.
type Role string

// The roles that a client may have.
const (
	RoleVerifier     Role = "verifier"
	RoleAuthor       Role = "author"
	RoleWalletServer Role = "wallet-server"
	RoleIssuer       Role = "issuer"
	RoleAuditor      Role = "auditor"
	RoleAdmin        Role = "admin"
)

// Roles lists all roles.
var Roles = []Role{RoleVerifier, RoleAuthor, RoleWalletServer, RoleIssuer, RoleAuditor, RoleAdmin}

// Valid reports whether r is a role.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// DefaultTenant is whose everything is that nobody else's was said to be.
const DefaultTenant = "default"

var tenantName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckTenant refuses a name that no tenant can have: it is to stand in paths.
func CheckTenant(name string) error {
	if !tenantName.MatchString(name) {
		return fmt.Errorf("tenant %q: want 1 to 64 letters, digits, dots, hyphens or underscores", name)
	}
	return nil
}

// BuiltIn is the client to whom the frameworks belong that ship with the
// program. It has no token.
const BuiltIn = "procura"

// Sentinels that a caller can act on.
var (
	ErrUnknownClient = errors.New("no such client")
	ErrClientExists  = errors.New("a client of this name, or with this certificate, exists")
)

// A Client is a program that may call us.
type Client struct {
	ID          string // 32 hex characters
	Tenant      string
	Name        string // unique in its tenant
	Role        Role
	Domains     []string    // for which it may verify
	Token       TokenDigest // of its bearer token; zero: it has none
	Certificate KeyDigest   // of its certificate's public key; zero: it has none
	CreatedAt   time.Time   // UTC
}

// A Token is a client's secret: 32 random bytes as base64url.
type Token string

// A TokenDigest is the SHA-256 of a token. Tokens are random: no salt is needed.
type TokenDigest [sha256.Size]byte

// A KeyDigest is the SHA-256 of a public key (SubjectPublicKeyInfo): it stays
// when the certificate around the key is renewed.
type KeyDigest [sha256.Size]byte

// Stored is what a database holds: nothing where there is none.
func (d TokenDigest) Stored() []byte { return stored(d) }

// Stored is what a database holds: nothing where there is none.
func (d KeyDigest) Stored() []byte { return stored(d) }

func stored(d [sha256.Size]byte) []byte {
	if d == ([sha256.Size]byte{}) {
		return nil
	}
	return d[:]
}

// NewToken makes a token.
func NewToken() Token {
	var b [32]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return Token(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Digest is what is stored of a token.
func (t Token) Digest() TokenDigest { return sha256.Sum256([]byte(t)) }

// LogValue keeps the token out of logs.
func (t Token) LogValue() slog.Value { return slog.StringValue("[token]") }

// Clients keeps the clients of all tenants. Its methods are safe for
// concurrent use, also by several processes.
type Clients interface {
	// AddClient stores a client; ErrClientExists if its tenant has one of its name.
	AddClient(ctx context.Context, c *Client) error

	// AddFirstAdmin stores c unless some admin was ever stored: of several
	// processes that start at once, one gets true.
	AddFirstAdmin(ctx context.Context, c *Client) (bool, error)

	// ClientByToken finds whose token has this digest, else ErrUnknownClient.
	ClientByToken(ctx context.Context, digest TokenDigest) (*Client, error)

	// ClientByCertificate finds whose certificate has this key, else
	// ErrUnknownClient.
	ClientByCertificate(ctx context.Context, key KeyDigest) (*Client, error)

	// ListClients returns a tenant's clients by name.
	ListClients(ctx context.Context, tenant string) ([]Client, error)

	// RemoveClient ends a client's access; ErrUnknownClient if there is none.
	RemoveClient(ctx context.Context, tenant, id string) error
}
