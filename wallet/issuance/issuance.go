// Package issuance is the issuer's side of the wallet: it makes credentials out
// of what an issuer asks for (W3C VCALM, "Issuing"), gives each its places in
// status lists, and signs for a profile, also while nobody of it is logged in.
//
// It decides nothing about who may ask: its caller asks a policy before. What
// it signs it reads again as a verifier would; what that refuses is not issued.
package issuance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

// How the keys of a profile are kept.
const (
	Custodial = "custodial" // sealed by the server's key: they sign unattended
	Local     = "local"     // opened by their owner's session: they sign while that is there
)

// Sentinels that a caller can act on.
var (
	ErrUnknownProfile = errors.New("there is no such profile to issue as")
	ErrProfileExists  = errors.New("there is a profile of this name, or that issues as this DID")
	ErrNoKey          = errors.New("no key of the profile signs in this format")
)

// A Profile is one as which credentials are issued.
type Profile struct {
	Tenant, Name string // unique together
	Client       string // id of the client that may issue as it, and revoke
	Custody      string
	DID          string // of the issuer; unique in the tenant
	Settings
	CreatedAt time.Time
}

// Settings are how a profile issues.
type Settings struct {
	Formats  []string `json:"formats"`            // the first, unless another is asked for
	Status   []string `json:"status"`             // lifecycle.Revocation, Suspension, Message; empty: none
	Messages []string `json:"messages,omitempty"` // of Message: what each value means, at most 256
	Revokers []string `json:"revokers,omitempty"` // who may change a status beside Client: Proxied, Issuers, DIDs
}

// Proxied among the revokers is the identity that a credential is about.
const Proxied = "proxied"

// Issuers among them are those whom a credential's framework lists, by DID or by a
// registry, as who may issue its variant.
const Issuers = "issuers"

// A Key is one that a profile signs with. It is secret, and logs as its name.
type Key struct {
	Method    string // verification method: a DID URL of the profile's DID
	Secret    []byte // a private JWK
	MadeAt    time.Time
	RetiredAt time.Time // when it signed no more; zero: it does
}

// LogValue hides the secret.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.Method) }

// String hides the secret.
func (k Key) String() string { return k.Method }

// GoString hides the secret.
func (k Key) GoString() string { return k.Method }

// Profiles keeps profiles and their keys. Its methods are safe for concurrent
// use, also by several processes.
type Profiles interface {
	// AddProfile stores a profile with its first key; [ErrProfileExists].
	AddProfile(ctx context.Context, p *Profile, k *Key) error

	// ProfilesOf returns a tenant's, by name.
	ProfilesOf(ctx context.Context, tenant string) ([]Profile, error)

	// NamesOf returns the names of a client's, in order, but no more than most.
	NamesOf(ctx context.Context, tenant, client string, most int) ([]string, error)

	// Keyring returns a profile by its name, or by its DID where the name is
	// empty, with all its keys, the last made first; [ErrUnknownProfile].
	Keyring(ctx context.Context, tenant, name, did string) (*Profile, []Key, error)

	// AddKey stores one more key of a profile.
	AddKey(ctx context.Context, tenant, profile string, k *Key) error

	// RetireKey has a key sign no more; [ErrUnknownProfile] where there is no such key.
	RetireKey(ctx context.Context, tenant, profile, method string, at time.Time) error
}

// formats that credentials are issued in.
func formats() []string {
	return append([]string{vc.FormatVCJWT11, vc.FormatVCJOSE, vc.FormatSDJWT, vc.FormatLD, vc.FormatJCS}, proof.OlderTypes()...)
}

// Formats lists all that can be issued in.
var Formats = formats()

// Purposes lists the statuses that a credential can be given.
var Purposes = []string{lifecycle.Revocation, lifecycle.Suspension, lifecycle.Message}

const maxMessages = 256

// Check says what is wrong with settings.
func (s *Settings) Check() error {
	if len(s.Formats) == 0 {
		return errors.New("a profile issues in some format")
	}
	for _, f := range s.Formats {
		if !slices.Contains(Formats, f) {
			return fmt.Errorf("format %q: want one of %v", f, Formats)
		}
	}
	for i, p := range s.Status {
		if !slices.Contains(Purposes, p) || slices.Contains(s.Status[:i], p) {
			return fmt.Errorf("status %q: want some of %v, each once", p, Purposes)
		}
	}
	if says := len(s.Messages); slices.Contains(s.Status, lifecycle.Message) != (says > 1) || says > maxMessages {
		return fmt.Errorf("messages: want 2 to %d where there is a status for them, else none", maxMessages)
	}
	return nil
}
