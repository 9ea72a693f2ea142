package session

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
)

// A PasswordTicket lets one record take the place of another, once.
type PasswordTicket struct {
	_          struct{}          `cbor:",toarray"`
	Session    [sha256.Size]byte // zero: of a recovery, which has none
	Tenant     string
	Account    keys.ID
	Version    uint64 // of the record that is replaced
	Generation uint32
	Profile    string
	Expires    int64 // seconds since 1970, exclusive
}

// A Replacing is what a client needs to make its next record.
type Replacing struct {
	Response []byte
	Ticket   string
	Profile  string
	Version  uint64 // of the record that will be replaced
}

// Replace answers a registration in a session: the holder's next password, or the
// same under newer parameters. It draws on the budget of the session's device.
func (a *Accounts) Replace(ctx context.Context, of *Session, request []byte) (*Replacing, error) {
	account, err := a.Store.Account(ctx, of.Account)
	if err != nil {
		return nil, err
	}
	if _, err := a.spend(ctx, deviceBudget(of.Device), a.Now()); err != nil {
		return nil, err
	}
	return a.replacing(account, of.Digest, request)
}

func (a *Accounts) replacing(account *Account, of [sha256.Size]byte, request []byte) (*Replacing, error) {
	response, generation, err := a.Server.Register(account.Tenant, account.Name, request)
	if err != nil {
		return nil, err
	}
	t := PasswordTicket{
		Session: of, Tenant: account.Tenant, Account: account.ID, Version: account.Version,
		Generation: generation, Profile: a.Server.profile().String(), Expires: a.Now().Add(RegistrationTime).Unix(),
	}
	return &Replacing{response, a.Server.seal(ticketPassword, t), t.Profile, t.Version}, nil
}

// A Replacement is a record that takes another's place.
type Replacement struct {
	Record  Record
	Version uint64 // of the record that it replaces
	Root    RootSlot
	Ticket  Spent
}

// Replaced reads the record that a ticket of a session is for. None is without
// the slot that its password opens.
func (a *Accounts) Replaced(of *Session, ticket string, record []byte, root RootSlot, now time.Time) (*Replacement, error) {
	r, t, err := a.replaced(ticket, record, root, now)
	if err != nil {
		return nil, err
	}
	if t.Session != of.Digest {
		return nil, ErrTicket
	}
	return r, nil
}

func (a *Accounts) replaced(ticket string, record []byte, root RootSlot, now time.Time) (*Replacement, *PasswordTicket, error) {
	t := &PasswordTicket{}
	if err := a.Server.open(ticketPassword, ticket, t); err != nil {
		return nil, nil, err
	}
	profile, err := ParseProfile(t.Profile)
	if err != nil || now.Unix() >= t.Expires {
		return nil, nil, ErrTicket
	}
	r := &Replacement{Record{t.Generation, profile, record}, t.Version, root, Spent{TicketDigest(ticket), time.Unix(t.Expires, 0)}}
	if len(root.Sealed) != RootSize || root.Generation == 0 {
		return nil, nil, ErrMessage
	}
	return r, t, a.checkRecord(r.Record)
}

// Old reports whether a record is of older secrets or parameters than those that
// new ones are made with: its holder's client makes a new one when it can.
func (s *Server) Old(r Record) bool {
	return r.Generation != s.using.Load().newest.Generation || r.Profile != s.profile()
}
