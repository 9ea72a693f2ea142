package lifecycle

import (
	"context"
	"fmt"
	"time"
)

// What can become of a credential.
const (
	Suspend = "suspend"
	Resume  = "resume"
	Revoke  = "revoke"
	Expire  = "expire" // a revocation with that reason
	Tell    = "tell"   // another message
)

// Actions are all of them.
var Actions = []string{Suspend, Resume, Revoke, Expire, Tell}

// Bounds of a change.
const (
	MaxChanged = 10_000 // credentials
	MaxReason  = 1_000  // bytes
)

// A Ref names a credential that was issued: by its Name, or by a place.
type Ref struct {
	Name  string
	List  string // id; empty: by Name
	Index int
}

// Found is what a policy is asked about.
type Found struct {
	ID      string // of [Issued]
	Profile string
	Type    string // its proxy type; empty: none, or not kept
	About   bool   // its proxied identity is the one that was asked about
}

// A Change is what becomes of some credentials, all of them or none.
type Change struct {
	Tenant string
	IDs    []string // of [Issued], 1…MaxChanged different ones
	Action string
	Value  int    // of Tell: the message's number
	Reason string // at most MaxReason bytes
	By     string // who: a client, or a DID that was proved
	At     time.Time
}

// An Event is a Change of one credential, as it is kept.
type Event struct {
	Action, Reason, By string
	At                 time.Time
}

// A Register tells what was issued, and keeps what becomes of it. Its methods
// are safe for concurrent use, also by several processes.
type Register interface {
	// Find returns what each ref names, in their order, and whether it is about
	// an identity; one that names nothing of the tenant is [ErrUnknownIssued].
	Find(ctx context.Context, tenant string, refs []Ref, about string) ([]Found, error)

	// Apply makes a change, with an [Event] for each credential that becomes
	// another by it, and a new version of each list: in one transaction. It returns how many did. A
	// credential without a place that the action could change is [ErrNoStatus].
	Apply(ctx context.Context, c *Change) (int, error)

	// History returns what became of a credential, the first first.
	History(ctx context.Context, tenant, id string) ([]Event, error)
}

// Next returns the value that a place has after a change, and whether the
// change is one for places of this purpose.
func (c *Change) Next(purpose string, value int) (int, bool) {
	switch {
	case purpose == Message:
		return c.Value, c.Action == Tell
	case purpose == Status:
		return c.nextStatus(value)
	case c.Action == Revoke || c.Action == Expire:
		return 1, purpose == Revocation
	case c.Action == Suspend:
		return 1, purpose == Suspension
	case c.Action == Resume:
		return 0, purpose == Suspension
	}
	return value, false
}

// The values of a token (Token Status List, "Status Types Values").
const (
	tokenValid     = 0
	tokenInvalid   = 1
	tokenSuspended = 2
)

// nextStatus keeps what was revoked revoked: one value says both.
func (c *Change) nextStatus(value int) (int, bool) {
	switch {
	case c.Action == Revoke || c.Action == Expire:
		return tokenInvalid, true
	case c.Action != Suspend && c.Action != Resume:
		return value, false
	case value == tokenInvalid:
		return value, true
	case c.Action == Suspend:
		return tokenSuspended, true
	}
	return tokenValid, true
}

// A Held is a place with its value, and what the change makes of it.
type Held struct {
	Credential, List string // ids
	Index, Value     int
	Next             int
}

// Plan says which of the places of a change's credentials become others. Each
// credential must have one that the action is for: else [ErrNoStatus].
func (c *Change) Plan(places []Held, purposes map[string]string) ([]Held, error) {
	var changed []Held
	meant := make(map[string]bool, len(c.IDs))
	for _, p := range places {
		next, fits := c.Next(purposes[p.List], p.Value)
		if !fits {
			continue
		}
		meant[p.Credential] = true
		if p.Next = next; next != p.Value {
			changed = append(changed, p)
		}
	}
	for _, id := range c.IDs {
		if !meant[id] {
			return nil, fmt.Errorf("credential %s: %w", id, ErrNoStatus)
		}
	}
	return changed, nil
}
