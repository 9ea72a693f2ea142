package contents

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// What the audit calls that which happens to an account without a session, and
// the id of the request that it has not.
const (
	RecoveryBegun     = "wallet.recovery.begin"
	RecoveryCompleted = "wallet.recovery.complete"
	NoRequest         = "-"
)

// An AccountChange is one thing that an act does to the account itself: exactly
// one member is not zero.
type AccountChange struct {
	StepUp         *session.StepUp    // kept until its request comes
	UseStepUp      *[sha256.Size]byte // of this request; [session.ErrStepUp] where there is none
	Password       *PasswordChange
	Recovery       *session.Recovery // the slot takes the place of the one before
	DropRecovery   bool
	CancelRecovery bool // one that began
	Label          *Label
	Delete         time.Time // deletes all of it; until then nobody can take its name
}

// A PasswordChange is another record, with the slot that its password opens. It
// ends every other session, and a recovery that began.
type PasswordChange struct {
	session.Replacement
	Compromised *Renewal // others knew the password; nil: nobody did
}

// A Renewal is new keys of an account: a new root key, own keys under it, and of
// each partition every epoch's key under it, and that of a new epoch. The code of
// recovery is spent, since it opens the root key before; other devices are forgotten.
type Renewal struct {
	Public     session.PublicKeys
	Private    []byte
	Partitions []Partition // of all epochs, and of one more of each partition
}

// A Label is what a holder calls a device, sealed.
type Label struct {
	Device keys.ID
	Sealed []byte
}

// Whole reports whether a renewal has, of a wallet that has these partitions, the
// key of each epoch, and of one more of each partition, given as its mode needs, and
// nothing else.
func (r *Renewal) Whole(had []Partition, root uint64) bool {
	type epoch struct {
		id keys.ID
		n  uint64
	}
	want, newest := map[epoch]string{}, map[keys.ID]uint64{}
	for _, p := range had {
		want[epoch{p.ID, p.Epoch}] = known
		newest[p.ID] = max(newest[p.ID], p.Epoch)
	}
	for _, p := range had {
		want[epoch{p.ID, newest[p.ID] + 1}] = p.Mode
	}
	return len(r.Partitions) == len(want) && !slices.ContainsFunc(r.Partitions, func(p Partition) bool {
		mode, there := want[epoch{p.ID, p.Epoch}]
		delete(want, epoch{p.ID, p.Epoch}) // once
		return !there || p.Root != root || !p.gives(mode)
	})
}

// known stands for the mode of an epoch that there is: its key was given, or not.
const known = ""

// gives reports whether of a new epoch's key the server is given what its mode needs.
func (p *Partition) gives(mode string) bool {
	switch mode {
	case known, Sealed:
		return p.Check == nil
	case Served:
		return p.Check != nil
	}
	return p.Held != nil
}
