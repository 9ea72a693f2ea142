package server

import (
	"context"
	"errors"
	"time"
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
	Digest      string // of what it compiled to, hex SHA-256
	MediaType   string // of Source: application/json or application/yaml
	Source      []byte
	Owner       string // id of the client that first published the name
	Public      bool   // readable without a token
	PublishedAt time.Time
}

// Frameworks keeps what was published. Its methods are safe for concurrent
// use, also by several processes.
type Frameworks interface {
	// Publish stores p and returns true. The same source again changes
	// nothing: false. Other source under the version is ErrFrameworkChanged,
	// a name of another owner ErrFrameworkOwner, a uri of another name
	// ErrFrameworkURI.
	Publish(ctx context.Context, p *Published) (bool, error)

	// AllPublished returns what every tenant published, in the order of publication.
	AllPublished(ctx context.Context) ([]Published, error)
}
