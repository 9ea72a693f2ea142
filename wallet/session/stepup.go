package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
)

// ErrStepUp: what is asked needs the password again.
var ErrStepUp = errors.New("this needs the password again: step up for exactly this request")

// StepUpTime is for how long a password that was proved again lets one request be done.
const StepUpTime = 5 * time.Minute

// A StepUpTicket is a [LoginTicket] of a session, for one request of it.
type StepUpTicket struct {
	_       struct{} `cbor:",toarray"`
	Session [sha256.Size]byte
	Action  [sha256.Size]byte
	Version uint64 // of the account's record
	MAC     []byte
	Guess   GuessID
	Expires int64 // seconds since 1970, exclusive
}

// A StepUp is a password that was proved again by a session.
type StepUp struct {
	Action  [sha256.Size]byte // of the one request that it is for
	Version uint64            // of the record that it was proved by
	Until   time.Time
	Ticket  Spent
	Guess   GuessID
}

// StepUp answers KE1 of a session's holder: KE2 and a ticket. It draws on the
// budget of the session's device.
func (a *Accounts) StepUp(ctx context.Context, of *Session, action [sha256.Size]byte, ke1 []byte) (ke2 []byte, ticket string, err error) {
	account, err := a.Store.Account(ctx, of.Account)
	if err != nil {
		return nil, "", err
	}
	now := a.Now()
	guess, err := a.spend(ctx, deviceBudget(of.Device), now)
	if err != nil {
		return nil, "", err
	}
	ke2, expect, err := a.Server.Login(account.Tenant, account.Name, account.Record, ke1)
	if err != nil {
		return nil, "", err
	}
	clear(expect.SessionKey) // nothing begins
	return ke2, a.Server.seal(ticketStepUp, StepUpTicket{
		Session: of.Digest, Action: action, Version: account.Version, MAC: expect.MAC, Guess: guess, Expires: now.Add(LoginTime).Unix(),
	}), nil
}

// SteppedUp reads KE3 for a ticket of the same session. Whatever is wrong is [ErrLogin].
func (a *Accounts) SteppedUp(of *Session, ticket string, ke3 []byte, now time.Time) (*StepUp, error) {
	var t StepUpTicket
	if err := a.Server.open(ticketStepUp, ticket, &t); err != nil {
		return nil, ErrLogin
	}
	if t.Session != of.Digest || now.Unix() >= t.Expires || !(Expect{MAC: t.MAC}).Proves(ke3) {
		return nil, ErrLogin
	}
	return &StepUp{t.Action, t.Version, now.Add(StepUpTime), Spent{TicketDigest(ticket), time.Unix(t.Expires, 0)}, t.Guess}, nil
}

// deviceBudget is what the tries of one device are counted under.
func deviceBudget(id keys.ID) []byte { return append([]byte("device"), id[:]...) }
