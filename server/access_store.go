package server

import (
	"context"
	"errors"
	"time"

	"github.com/procura-dev/procura/policies/authz"
)

// Sentinels that a caller can act on.
var (
	ErrUnknownPolicySet = errors.New("no such policy set")
	ErrPolicySetChanged = errors.New("this version of the policy set is published with other content: raise its version")
	ErrPolicySetOwner   = errors.New("this name of policy sets is another client's")
	ErrPolicySetActive  = errors.New("another policy set was activated meanwhile")
	ErrPolicySetSigned  = errors.New("the policy set is not what was signed when it was published")
	ErrUnknownSearch    = errors.New("no such search")
)

// A PublishedSet is one version of a policy set as its author published it. It
// never changes.
type PublishedSet struct {
	Tenant      string
	Name        string
	Folded      string // the name under which it is unique: NFKC, case folded
	Version     string // canonical
	Digest      string // hex SHA-256 of Source
	Source      []byte // the archive; nil in lists
	Signature   string // what the server signed at publication, a compact JWS; empty before it signed any
	Owner       string // id of the client that first published the name
	PublishedAt time.Time
}

// A Gate is what a policy set decides for a tenant.
type Gate string

const (
	GateAccess Gate = ""       // what wallet servers ask
	GateWallet Gate = "wallet" // what is asked of our own wallets, and who issues
)

// An Activation is by which policy set a tenant's questions are answered at a gate.
type Activation struct {
	Gate                    Gate
	Tenant, Folded, Version string // Folded and Version empty, at GateWallet alone: the shipped set
	Revision                int64  // from 1, one more with each activation at the gate
}

// Shipped reports whether it is the set that ships with the program.
func (a Activation) Shipped() bool { return a.Gate == GateWallet && a.Folded == "" && a.Version == "" }

// PolicySetStore keeps policy sets. Its methods are safe for concurrent use,
// also by several processes.
type PolicySetStore interface {
	// PublishPolicySet stores p and returns true. The same source again is false,
	// and changes nothing but an empty signature. Other source under the version is ErrPolicySetChanged, a
	// name of another owner ErrPolicySetOwner.
	PublishPolicySet(ctx context.Context, p *PublishedSet) (bool, error)

	// PolicySet returns one version with its source; ErrUnknownPolicySet if there
	// is none.
	PolicySet(ctx context.Context, tenant, folded, version string) (*PublishedSet, error)

	// PolicySets returns a tenant's versions, in the order of publication and
	// without the sources.
	PolicySets(ctx context.Context, tenant string) ([]PublishedSet, error)

	// ActivatePolicySet stores a if its revision is one above what is active at its
	// gate, 1 where nothing is; else ErrPolicySetActive. It is ErrUnknownPolicySet
	// where the version is not published.
	ActivatePolicySet(ctx context.Context, a Activation) error

	// ActivePolicySets returns what is active, of every tenant at every gate.
	ActivePolicySets(ctx context.Context) ([]Activation, error)
}

// Entities keeps subjects and resources, and what searches found. Its methods
// are safe for concurrent use, also by several processes.
type Entities interface {
	// PutEntities stores all or none, each in the place of what had its name.
	PutEntities(ctx context.Context, tenant string, list []authz.Entity) error

	// EntitiesNamed returns those that there are, of these types and ids.
	EntitiesNamed(ctx context.Context, tenant string, names []authz.Entity) ([]authz.Entity, error)

	// EntitiesOf returns entities of a type by id, so many at most.
	EntitiesOf(ctx context.Context, tenant, kind string, most int) ([]authz.Entity, error)

	// KeepSearch stores what a search found.
	KeepSearch(ctx context.Context, s *KeptSearch) error

	// KeptSearch returns it; ErrUnknownSearch where there is none, or none any more.
	KeptSearch(ctx context.Context, tenant, id string, now time.Time) (*KeptSearch, error)
}

// A KeptSearch is what a search found, for its next pages.
type KeptSearch struct {
	Tenant  string
	ID      string
	Expires time.Time // exclusive
	Content []byte
}

// SigningKeys keeps the server's own keys. Its methods are safe for concurrent
// use, also by several processes.
type SigningKeys interface {
	// AddSigningKey stores k behind so many others and returns true; false if
	// there are more or fewer.
	AddSigningKey(ctx context.Context, k *SigningKey, others int) (bool, error)

	// SigningKeys returns all, in the order of their places.
	SigningKeys(ctx context.Context) ([]SigningKey, error)
}

// A SigningKey is one of the server's own.
type SigningKey struct {
	ID        string    // its JWK thumbprint (RFC 7638)
	SignsFrom time.Time // the next one's ends it
	Secret    []byte    // PKCS #8
}
