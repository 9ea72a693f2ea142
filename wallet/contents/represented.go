package contents

import (
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// ErrProxy says that a session does not act in an account, or no longer.
var ErrProxy = errors.New("no proxy decision of this session is for this account")

// Bounds of acting for others.
const (
	MaxRepresented = 16 // of an account
	MaxProxies     = 16 // accounts in which one session acts
	MaxDuties      = 64 // of a represented identity
)

// A Represented is an identity for whom an account keeps partitions, as its owner
// says, and what who proves to be its proxy may do there.
type Represented struct {
	ID      keys.ID // random
	Version uint64  // from 1; each change has the next
	Begun   time.Time
	Terms
}

// Terms are what can be changed of a [Represented].
type Terms struct {
	Proxied    facts.ProxiedRequest `json:"proxied"`          // by all that is said here a proxy's credentials must know it
	Framework  facts.FrameworkName  `json:"framework"`        // by whose rules they are decided
	Grants     map[string][]string  `json:"grants"`           // permission of the framework → actions
	Duties     []string             `json:"duties,omitempty"` // of a permit, that the owner has others do
	Partitions []keys.ID            `json:"partitions"`
}

// Permissions are those that grant something, sorted.
func (t *Terms) Permissions() []string { return slices.Sorted(maps.Keys(t.Grants)) }

// A Proxy is that a session acts in another account for one who is represented there.
type Proxy struct {
	ID      keys.ID // random: of another decision there is another
	Session [sha256.Size]byte
	In      keys.Account // whose wallet it is
	Name    string       // of that account
	Begun   time.Time
	Until   time.Time // exclusive
	For     Represented
	Sealed  []byte // what was asked and presented, under keys of the session
}

// An Opening begins that a session acts in another account, in the place of what
// there was; it uses its ticket up.
type Opening struct {
	Proxy  *Proxy // nil: the decision denied, and the ticket is used all the same
	Ticket session.Spent
}

// Acted says that an act is done in another's account: while its proxy stands.
type Acted struct {
	Proxy keys.ID
	In    keys.Account
}

// A RepresentedRef is one version of a [Represented].
type RepresentedRef struct {
	ID      keys.ID
	Version uint64
}
