package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
)

// Sentinels that a caller can act on.
var (
	ErrUnknownFramework = errors.New("no such framework")
	ErrFrameworkChanged = errors.New("this version is published with other content: raise its version")
	ErrFrameworkOwner   = errors.New("this name is another client's")
	ErrFrameworkURI     = errors.New("this uri is another framework's")
	ErrVisibility       = errors.New("this version is published with another visibility, which cannot be changed")
	ErrWithdrawn        = errors.New("this version is withdrawn otherwise, and that cannot be undone")
)

// A Published is one version of a framework as its author published it. Only
// Owner, Revision and Withdrawal ever change.
type Published struct {
	Seq         int64 // the order of publication; the store's
	Revision    int64 // of the last change; the store's
	Tenant      string
	Name        string
	Folded      string // the name under which it is unique: NFKC, case folded
	Version     string // canonical
	URI         string // no two names of a tenant share one
	Digest      string // of what it compiled to when it was published, hex SHA-256
	MediaType   string // of Source: application/json or application/yaml
	Source      []byte // nil in lists
	Owner       string // id of the client whose the name is: who first published it, or to whom it was transferred
	Public      bool   // readable without a token
	PublishedAt time.Time
	Outline     Outline
	Withdrawal  *Withdrawal // nil: in force
}

// Clash says why p cannot stand beside another; nil: it can.
func (p *Published) Clash(other *Published) error {
	switch {
	case p.Tenant != other.Tenant:
		return nil
	case p.Folded == other.Folded && p.Owner != other.Owner:
		return fmt.Errorf("framework %q: %w", p.Name, ErrFrameworkOwner)
	case p.Folded != other.Folded && p.URI == other.URI:
		return fmt.Errorf("framework %q: %w", p.Name, ErrFrameworkURI)
	case p.Folded == other.Folded && p.Version == other.Version && p.Outline.SourceDigest != other.Outline.SourceDigest:
		return fmt.Errorf("framework %q %s: %w", p.Name, p.Version, ErrFrameworkChanged)
	}
	return nil
}

// An Outline is what is at hand of each version: whatever else a request needs
// is compiled from the source when it is first asked for.
type Outline struct {
	SourceDigest string                    `json:"sourceDigest"` // hex SHA-256 of Source; empty: no outline was kept
	ContextURL   string                    `json:"contextURL"`
	Context      []byte                    `json:"context"`     // the JSON-LD context, as it was published
	Permissions  []string                  `json:"permissions"` // names, NFKC
	Variants     []verifier.ReleaseVariant `json:"variants"`

	Listed []trustframeworks.ListedContext `json:"listed,omitempty"` // contexts that the document lists
}

// SourceDigest is the digest by which an outline names its source.
func SourceDigest(source []byte) string {
	sum := sha256.Sum256(source)
	return hex.EncodeToString(sum[:])
}

// Frameworks keeps what was published. Its methods are safe for concurrent
// use, also by several processes.
type Frameworks interface {
	// Publish stores p and returns true. The same source again changes
	// nothing: false. Other source under the version is ErrFrameworkChanged,
	// a name of another owner ErrFrameworkOwner, a uri of another name, or
	// another context at the address of p's, ErrFrameworkURI.
	Publish(ctx context.Context, p *Published) (bool, error)

	// Withdraw stores the withdrawal of the version that p names, as
	// [Withdrawal.After] allows, and returns whether anything changed. It is
	// ErrFrameworkOwner where the name is not p.Owner's.
	Withdraw(ctx context.Context, p *Published, w Withdrawal, now time.Time) (bool, error)

	// Transfer gives a name to another owner; ErrUnknownFramework if there is none.
	Transfer(ctx context.Context, tenant, folded, owner string) error

	// FrameworkRevision returns a number that every change raises. Whoever
	// reads it can read all changes up to it.
	FrameworkRevision(ctx context.Context) (int64, error)

	// PublishedSince returns the versions of every tenant that changed after a
	// revision, 0 for all, in the order of publication and without the sources.
	PublishedSince(ctx context.Context, revision int64) ([]Published, error)

	// PublishedSource returns the source of one version; ErrUnknownFramework if there
	// is none.
	PublishedSource(ctx context.Context, tenant, folded, version string) ([]byte, error)
}
