package session

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
)

// ErrRecovery: no such name, no recovery code, or another.
var ErrRecovery = errors.New("the name or the recovery code is wrong")

// RecoveryTime is how long any open session of the account can cancel a recovery.
const RecoveryTime = 24 * time.Hour

// A Recovery is the slot that a recovery code opens, and what became of it.
type Recovery struct {
	Root  RootSlot          // the root key under the code
	Proof [sha256.Size]byte // SHA-256 of what its holder proves to have
	Begun time.Time         // when somebody who has the code began; zero: nobody did
}

// Ready is when a recovery that began may be completed.
func (r *Recovery) Ready() time.Time { return r.Begun.Add(RecoveryTime) }

// A Recoverer keeps recoveries. Each method is one transaction.
type Recoverer interface {
	// Recovery returns an account's, or nil.
	Recovery(ctx context.Context, of keys.Account) (*Recovery, error)

	// BeginRecovery notes that one began, unless it did before, and adds it to the audit.
	BeginRecovery(ctx context.Context, of keys.Account, now time.Time) error

	// CompleteRecovery puts a record in place of another, once, if the recovery began
	// at begun and the account is not suspended; it ends all sessions, and the code is spent. Else [ErrRecovery],
	// [ErrTicketUsed] or [ErrRecordChanged].
	CompleteRecovery(ctx context.Context, of keys.Account, r *Replacement, begun, now time.Time) error
}

// A Recovering is how far a recovery is.
type Recovering struct {
	Ready   time.Time // from when it may be completed
	Account keys.Account
	Root    RootSlot   // under the code; only once it is ready
	Next    *Replacing // for the next password; nil until it is ready
}

// Recover begins the recovery of whoever has the code, and once it is ready
// answers a registration. Whether the name or the code is wrong is not told.
func (a *Accounts) Recover(ctx context.Context, tenant, asked string, auth keys.Key, request []byte) (*Recovering, error) {
	name, err := Canonical(asked)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	if _, err := a.spend(ctx, a.budgetOf(tenant, name), now); err != nil {
		return nil, err
	}
	account, r, err := a.recovery(ctx, tenant, name, auth)
	if err != nil {
		return nil, err
	}
	if r.Begun.IsZero() {
		return &Recovering{Ready: now.Add(RecoveryTime), Account: account.Account}, a.Store.BeginRecovery(ctx, account.Account, now)
	}
	out := &Recovering{Ready: r.Ready(), Account: account.Account}
	if now.Before(out.Ready) {
		return out, nil
	}
	out.Root = r.Root
	out.Next, err = a.replacing(account, [sha256.Size]byte{}, request)
	return out, err
}

// recovery is that of a name whose code this is.
func (a *Accounts) recovery(ctx context.Context, tenant, name string, auth keys.Key) (*Account, *Recovery, error) {
	account, _, err := a.Store.FindAccount(ctx, tenant, name, [sha256.Size]byte{})
	if err != nil {
		return nil, nil, err
	}
	r, err := a.Store.Recovery(ctx, account.Account)
	if err != nil {
		return nil, nil, err
	}
	if r == nil {
		r = &Recovery{Proof: [sha256.Size]byte(random(sha256.Size))} // as long, for nobody
	}
	proof := sha256.Sum256(auth[:])
	if subtle.ConstantTimeCompare(proof[:], r.Proof[:]) != 1 {
		return nil, nil, ErrRecovery
	}
	if !account.Suspended.IsZero() { // told to who has the code alone
		return nil, nil, ErrSuspended
	}
	return account, r, nil
}

// Recovered completes a recovery: the next password is in force, and every session ends.
func (a *Accounts) Recovered(ctx context.Context, tenant, ticket string, auth keys.Key, record []byte, root RootSlot) error {
	now := a.Now()
	next, t, err := a.replaced(ticket, record, root, now)
	if err != nil {
		return err
	}
	of := keys.Account{Tenant: t.Tenant, ID: t.Account}
	if t.Tenant != tenant || t.Session != [sha256.Size]byte{} {
		return ErrTicket
	}
	r, err := a.Store.Recovery(ctx, of)
	if err != nil {
		return err
	}
	proof := sha256.Sum256(auth[:])
	if r == nil || subtle.ConstantTimeCompare(proof[:], r.Proof[:]) != 1 || r.Begun.IsZero() || now.Before(r.Ready()) {
		return ErrRecovery
	}
	if root.Generation != r.Root.Generation {
		return fmt.Errorf("the root key: %w", ErrMessage)
	}
	return a.Store.CompleteRecovery(ctx, of, next, r.Begun, now)
}
