package verifier

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/procura-dev/procura/policies/facts"
)

// The states of a challenge.
const (
	Open      = "open"
	Permitted = "permitted"
	Closed    = "closed"
)

// Sentinels that a caller can act on.
var (
	ErrUnknownChallenge = errors.New("no such challenge")
	ErrChallengeClosed  = errors.New("the challenge is closed")
	ErrUnknownDecision  = errors.New("no such decision")
	ErrRevision         = errors.New("the challenge changed meanwhile")
	ErrNonceReplayed    = errors.New("the nonce was used before")
	ErrUsesChanged      = errors.New("what was counted changed meanwhile")
)

// A Challenge asks whether a group may exercise permissions on one proxied
// identity. It is open until a permit, a close, or ExpiresAt. What it asks
// (Nonce, Domain, Request, Circumstances) is deleted when it closes.
type Challenge struct {
	ID            string // 32 hex characters
	Tenant        string
	Client        string // id of the client that opened it
	Nonce         string
	Domain        string
	Request       facts.Request
	Circumstances json.RawMessage // the defaults, as the caller gave them; nil: none
	OpenedAt      time.Time       // UTC
	ExpiresAt     time.Time       // UTC, exclusive
	State         string          // Open, Permitted or Closed; Open also past ExpiresAt
	Revision      int             // grows with every change of presentations or circumstances
	DecisionID    string          // the last decision; empty: none yet
	Decided       int             // the revision that DecisionID decided
	Presentations []StoredPresentation
}

// Progress is how far a challenge is. Two of one challenge are equal where
// nothing happened between.
type Progress struct {
	State      string
	Revision   int
	DecisionID string
	ExpiresAt  time.Time // UTC
}

// A StoredPresentation is one as received, opened from its seal. A closed
// challenge keeps only Digest.
type StoredPresentation struct {
	ID            string // 32 hex characters
	Digest        [32]byte
	MediaType     string
	Raw           []byte          // sealed at rest; nil once the challenge is closed
	Circumstances json.RawMessage // nil: the challenge's defaults alone
	ReceivedAt    time.Time       // UTC, of the first receipt
}

// A StoredDecision is one that was committed.
type StoredDecision struct {
	ID          string // 32 hex characters
	Tenant      string
	Client      string
	Challenge   string // empty: an evaluation
	Revision    int
	EvaluatedAt time.Time
	Permit      bool
	Answer      json.RawMessage // the decision without input, and naming nobody unless it is audited
	OnFile      []Trigger       // attestations that are on file from now on
	Nonce       *UsedNonce      // of an evaluation; nil where the nonce is ours
	Uses        []Use           // of a permit: what it uses up, each key once
}

// A Use is one permit more that rests on what Key stands for.
type Use struct {
	Key  [32]byte      // keyed: of the tenant and the credential
	Seen int64         // the Total that the decision was taken on
	At   time.Time     // of the decision; where another was counted at a later instant, that one
	Life time.Duration // how long it may count; where others of the key may for longer, so may it
}

// Uses are what is counted for a key.
type Uses struct {
	Total int64   // of all: grows by one a permit; forgotten once none of them may count
	Since []int64 // later than each of the instants asked for
}

// A Trigger is an attestation that counted: it does not age from then on.
type Trigger struct {
	Credential, Constraint string // digests
	Attestation            facts.Attestation
}

// A UsedNonce remembers a caller's nonce (semantics 8.1). All digests are keyed.
type UsedNonce struct {
	Uses    []NonceUse // one per holder whose proof held
	Client  string
	Batch   string    // random, of one call of several questions: its other uses are no replay; empty: none
	Body    [32]byte  // digest of the byte-identical body
	Since   time.Time // UTC; a decision on Body since then is the one to give
	At      time.Time
	Expires time.Time
}

// A NonceUse is one holder's use of it. Key covers tenant, domain, nonce and
// holder; Content that holder's presentation and the request.
type NonceUse struct {
	Key, Content [32]byte
}

// A Store keeps challenges and decisions. Its methods are safe for concurrent
// use, also by several processes. What is another tenant's does not exist.
type Store interface {
	OpenChallenge(ctx context.Context, c *Challenge) error

	// Challenge loads one with its presentations, by order of receipt;
	// ErrUnknownChallenge if there is none.
	Challenge(ctx context.Context, tenant, id string) (*Challenge, error)

	// Progress tells how far a challenge is, and opens nothing of it;
	// ErrUnknownChallenge if there is none.
	Progress(ctx context.Context, tenant, id string) (Progress, error)

	// Change applies f to the challenge under a lock and stores
	// presentations, circumstances and state as f left them, with Revision
	// one higher if f returned true. It fails with ErrChallengeClosed, before
	// f, unless the state is Open. Closing deletes what was asked, and what
	// was presented but its digests.
	Change(ctx context.Context, tenant, id string, f func(*Challenge) (bool, error)) error

	// CommitDecision stores a decision, its triggers, its nonce and what it uses
	// up in one transaction. For a challenge it must be the first at its revision and
	// the revision must be current: else ErrRevision; and EvaluatedAt before the
	// challenge expires: else ErrChallengeClosed. A permit closes the
	// challenge, state Permitted. A nonce's key that is on file already gets
	// ErrNonceReplayed and stores nothing, unless client and Content are the
	// same and no permit was given for it yet; so does a body that the client
	// got a decision on since Since, also of one that is under way. Each of its
	// Uses is counted if Seen is still the key's Total: else it gets
	// ErrUsesChanged and stores nothing.
	CommitDecision(ctx context.Context, d *StoredDecision) error

	// Decision loads one; ErrUnknownDecision if there is none.
	Decision(ctx context.Context, tenant, id string) (*StoredDecision, error)

	// ReplayedBody returns the decision that the same client got for a
	// byte-identical body since the instant given; ErrUnknownDecision if none.
	ReplayedBody(ctx context.Context, tenant, client string, body [32]byte, since time.Time) (*StoredDecision, error)

	// Triggers returns what is on file for the credentials given, by digest.
	Triggers(ctx context.Context, tenant string, credentials []string) ([]Trigger, error)

	// Uses tells how often a key was used, and how often later than each instant.
	Uses(ctx context.Context, tenant string, key [32]byte, since []time.Time) (Uses, error)

	// UseNonce counts one use of what key stands for, and returns how often it
	// was used by now, this time included. It may be forgotten once it expires.
	UseNonce(ctx context.Context, tenant string, key [32]byte, expires time.Time) (int, error)

	// Registries returns the names of the lists that hold each DID, sorted.
	Registries(ctx context.Context, tenant string, dids []string) (map[string][]string, error)
}
