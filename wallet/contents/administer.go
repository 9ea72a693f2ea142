package contents

import (
	"context"
	"errors"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// What can be wrong with what an administrator asks.
var (
	ErrLifted     = errors.New("the delay was lifted less than an hour ago")
	ErrInspection = errors.New("there is no such inspection, or it has ended")
	ErrAlone      = errors.New("an inspection takes two administrators: another one must approve it")
	ErrUnapproved = errors.New("no other administrator has approved this inspection")
)

// Bounds of what administrators do.
const (
	LiftTime       = time.Hour      // from one lifted delay to the next
	AskedTime      = 24 * time.Hour // in which a second administrator approves an inspection
	InspectionTime = time.Hour      // for which it then lasts
	MaxInspections = 16             // of an account at once
	MaxReason      = 1024           // bytes
)

// An AdminAct is what one call of an administrator does to an account.
type AdminAct struct {
	Account   keys.Account
	By        string // the client's id
	RequestID string
	Action    string // of the table of actions
	Now       time.Time
	Partition *keys.ID // that it is about; nil: none
	Reason    string   // kept sealed; empty: none
	Refused   bool     // by the policy or otherwise: nothing is done, but that it was asked is kept
	Told      bool     // to the account's owner, once it is done
	Change    AdminChange
}

// An AdminChange is what an act does: at most one member is not zero. Zero: it reads.
type AdminChange struct {
	Suspend     bool       // ends all that is open of the account, and nothing begins
	Resume      bool       //
	EndSessions bool       // of the account, and others' who act in it
	Close       bool       // closes every partition in every session
	Lift        [][32]byte // forgets the tries of these budgets, at most once in [LiftTime]
	Delete      time.Time  // deletes all of it; until then nobody can take its name
	Ask         *Inspection
	Approve     *keys.ID // from now on it lasts for [InspectionTime]
	Look        *keys.ID // into what is open by it: it must be
	End         *keys.ID
}

// Entry is what is kept of an act in the account's audit.
func (a *AdminAct) Entry(refused error) Entry {
	return Entry{At: a.Now, Action: a.Action, RequestID: a.RequestID, Result: a.Result(refused), Admin: a.By, Partition: a.Partition}
}

// Result is what became of it.
func (a *AdminAct) Result(refused error) string { return Result(&Act{Refused: a.Refused}, refused) }

// An Inspection is that two administrators look into a custodial partition: one
// asks, another approves.
type Inspection struct {
	ID        keys.ID // random
	Partition keys.ID
	AskedBy   string // ids of clients
	Asked     time.Time
	Approved  string    // by whom; empty: nobody did
	Until     time.Time // exclusive: when it can no more be approved or, once it is, when it ends
}

// Approves refuses what makes no two: who asked, who comes late or second.
func (i *Inspection) Approves(by string, now time.Time) error {
	switch {
	case !now.Before(i.Until) || i.Approved != "":
		return ErrInspection
	case by == i.AskedBy:
		return ErrAlone
	}
	return nil
}

// Shows refuses to show what it is about, but to the two, while it lasts.
func (i *Inspection) Shows(to string, now time.Time) error {
	switch {
	case !now.Before(i.Until):
		return ErrInspection
	case i.Approved == "":
		return ErrUnapproved
	case to != i.AskedBy && to != i.Approved:
		return ErrInspection
	}
	return nil
}

// An AdminEntry is what is kept of an act of an administrator beside the account's
// own audit: it stays when the account goes.
type AdminEntry struct {
	N         int64 // rising, not without gaps
	Account   keys.ID
	At        time.Time
	By        string
	Action    string
	Partition *keys.ID
	RequestID string
	Result    string
	Reason    string
	Told      bool
}

// An AdminQuery asks for what administrators did, the first first.
type AdminQuery struct {
	Tenant  string
	Account *keys.ID // of which its owner is told; nil: all of the tenant
	After   int64    // exclusive
	Most    int
}

// An Overview is what an administrator sees of what is open of an account.
type Overview struct {
	Sessions, Devices, Items int
}

// Administration keeps what administrators do. Each method is one transaction, also
// across processes; all are safe for concurrent use.
type Administration interface {
	// Administer does an act, and keeps it in the account's audit and among what
	// administrators did. Where it cannot be done nothing is, both say why, and that
	// error is returned. Of no account it is session.ErrAccount, and nothing is kept.
	Administer(ctx context.Context, a *AdminAct) error

	// AdminActs returns what a query is for.
	AdminActs(ctx context.Context, q AdminQuery) ([]AdminEntry, error)

	// LastTold is when its owner was last to be told of something; zero: never.
	LastTold(ctx context.Context, of keys.Account) (time.Time, error)

	// Inspections returns an account's that have not ended.
	Inspections(ctx context.Context, of keys.Account, now time.Time) ([]Inspection, error)

	// Overview counts what an account has.
	Overview(ctx context.Context, of keys.Account, now time.Time) (Overview, error)
}

// Inspectable refuses to have looked into what a partition of this mode is, or an
// account's that is suspended: its owner could not be told.
func Inspectable(mode string, suspended bool) error {
	switch {
	case mode == "":
		return ErrPartition
	case mode != Custodial:
		return ErrMode
	case suspended:
		return session.ErrSuspended
	}
	return nil
}
