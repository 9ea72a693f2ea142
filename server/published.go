package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/procura-dev/procura/verifier"
)

// Sentinels that a caller can act on.
var (
	ErrUnknownFramework = errors.New("no such framework")
	ErrFrameworkChanged = errors.New("this version is published with other content: raise its version")
	ErrFrameworkOwner   = errors.New("this name is another client's")
	ErrFrameworkURI     = errors.New("this uri is another framework's")
)

// A Published is one version of a framework as its author published it. It
// never changes.
type Published struct {
	Tenant      string
	Name        string
	Folded      string // the name under which it is unique: NFKC, case folded
	Version     string // canonical
	URI         string // no two names of a tenant share one
	Digest      string // of what it compiled to when it was published, hex SHA-256
	MediaType   string // of Source: application/json or application/yaml
	Source      []byte // nil in lists
	Owner       string // id of the client that first published the name
	Public      bool   // readable without a token
	PublishedAt time.Time
	Outline     Outline
}

// An Outline is what is at hand of each version: whatever else a request needs
// is compiled from the source when it is first asked for.
type Outline struct {
	SourceDigest string                    `json:"sourceDigest"` // hex SHA-256 of Source; empty: no outline was kept
	ContextURL   string                    `json:"contextURL"`
	Context      []byte                    `json:"context"`     // the JSON-LD context, as it was published
	Permissions  []string                  `json:"permissions"` // names, NFKC
	Variants     []verifier.ReleaseVariant `json:"variants"`
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
	// a name of another owner ErrFrameworkOwner, a uri of another name
	// ErrFrameworkURI.
	Publish(ctx context.Context, p *Published) (bool, error)

	// CountPublished returns how many versions there are, of every tenant.
	// None ever goes.
	CountPublished(ctx context.Context) (int, error)

	// AllPublished returns what every tenant published, in the order of
	// publication, without the sources.
	AllPublished(ctx context.Context) ([]Published, error)

	// PublishedSource returns the source of one version; ErrUnknownFramework if there
	// is none.
	PublishedSource(ctx context.Context, tenant, folded, version string) ([]byte, error)
}
