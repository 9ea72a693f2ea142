// Package lifecycle keeps what becomes of credentials after they were issued:
// the status lists that we publish, who has which place in them, and what was
// revoked or suspended, why and by whom (W3C Bitstring Status List v1.0, its
// forerunner StatusList2021, and Token Status List, draft-ietf-oauth-status-list).
//
// It does no I/O of its own: a [Ledger] keeps the rows, and whoever signs
// credentials signs the lists. Who may change what, its caller asks a policy.
package lifecycle

import (
	"errors"
	"time"
)

// Entries is how many a list has: the fewest that hide a holder among others
// (Bitstring Status List v1.0, "Bitstring Generation Algorithm").
const Entries = 131_072

// The kinds of list, each named as its entries are.
const (
	Bitstring = "BitstringStatusListEntry"
	List2021  = "StatusList2021Entry" // under VCDM 1.1 with a proof over statements, whose contexts know no other
	Token     = "status_list"         // of an SD-JWT VC
)

// The purposes of a list. One of kind Token has both of the first two, and
// says Status.
const (
	Revocation = "revocation"
	Suspension = "suspension"
	Message    = "message"
	Status     = "status"
)

// Sentinels that a caller can act on.
var (
	ErrNoList        = errors.New("there is no such status list")
	ErrListOpen      = errors.New("there is such a list already, with places left")
	ErrTaken         = errors.New("a place in a status list has been taken meanwhile")
	ErrIssuedBefore  = errors.New("a credential of this id was issued before")
	ErrUnknownIssued = errors.New("no such credential was issued")
	ErrNoStatus      = errors.New("the credential was issued without the status that this would change")
	ErrFinal         = errors.New("what was revoked stays revoked")
	ErrAttended      = errors.New("the profile's keys are not at hand while its owner is away: it can have no status list (issuer.kms_attended)")
	ErrAddress       = errors.New("the server does not know its own URL, at which status lists would be found")
)

// A List is one that we publish. It does not change but for its Version.
type List struct {
	Tenant, ID string // ID: 32 hex characters, random
	Profile    string // whose keys sign it
	Kind       string
	Purpose    string
	Size       int      // bits of an entry: 1, 2, 4 or 8
	Messages   []string // what each value means, 1<<Size of them; nil: not for messages
	URL        string   // where it is found, for ever
	Version    int64    // grows by one with each change
	MadeAt     time.Time
}

// A Place is an entry of a credential in a list.
type Place struct {
	List  *List
	Index int // 0…Entries-1, random, never given to another
}

// Issued is a credential that was issued. Of what it says no more is kept than
// it takes to find it again.
type Issued struct {
	Tenant, ID string // ID: ours, 32 hex characters, random
	Profile    string
	Name       string   // by which its issuer refers to it: credentialId; empty: by its places alone
	Proxied    string   // the DID acted for, who may have a say; empty: none
	Type       string   // its proxy type, an absolute IRI; empty: none
	Digest     [32]byte // SHA-256 of what was answered
	IssuedAt   time.Time
	Places     []Place
}
