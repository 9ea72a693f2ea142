package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// What can be wrong with a registration or a login that is well formed.
var (
	ErrRegistration  = errors.New("nobody registers here, or not without an invitation for this name")
	ErrNameTaken     = errors.New("this name is taken")
	ErrTicketUsed    = errors.New("this ticket was used")
	ErrRecordChanged = errors.New("the password was changed meanwhile")
	ErrLogin         = errors.New("the login failed")
	ErrAccount       = errors.New("there is no such account")
	ErrSuspended     = errors.New("this account is suspended: an administrator must resume it")
)

// How long a session lasts without a request, and at most.
const (
	IdleTime     = 10 * time.Minute
	AbsoluteTime = 12 * time.Hour
)

// BlockedTime is for how long nobody can register the name of a deleted account.
const BlockedTime = 90 * 24 * time.Hour

// Who may register in a tenant.
const (
	RegistrationOpen   = "open"
	RegistrationInvite = "invitation"
	RegistrationClosed = "closed"
)

// An Account is what a server keeps of a holder. It has no key of any content.
type Account struct {
	keys.Account
	Name    string // canonical
	Record  Record
	Version uint64 // of the record, from 1
	Root    RootSlot
	Public  PublicKeys
	Private []byte // the private halves, sealed under the root key
	Begun   time.Time

	Suspended time.Time // since when nobody gets in; zero: it is not
}

// A RootSlot is the root key as the slot opaque holds it.
type RootSlot struct {
	Generation uint64 // of the root key, from 1
	Sealed     []byte // keys.Size + keys.Overhead bytes
}

// PublicKeys are an account's own, 32 bytes each.
type PublicKeys struct{ Box, Sign []byte }

// A Session is what a server keeps of one.
type Session struct {
	Digest      [sha256.Size]byte // of its SID
	Account     keys.Account
	Generation  uint32  // of the service key that its row is sealed with
	Device      keys.ID // zero: none
	Begun, Idle time.Time
	Until       time.Time
	Window      channel.Window
	Row         []byte // sealed
}

// A Device is one that logged in before: strangers cannot exhaust its budget.
type Device struct {
	ID     keys.ID
	Digest [sha256.Size]byte // of its token
}

// A KnownDevice is one as its owner sees it.
type KnownDevice struct {
	ID          keys.ID
	Begun, Last time.Time // the first login, and the last
	Label       []byte    // what its owner calls it, sealed; nil: nothing
}

// MaxDevices is how many devices without a session an account has: each login
// without a token adds one.
const MaxDevices = 64

// LabelSize bounds the sealed label of a device, in bytes.
const LabelSize = 512

// A Store keeps accounts and sessions. Each method is one transaction, also
// across processes; all are safe for concurrent use.
type Store interface {
	// FindAccount returns the account of this name, and the account's device
	// whose token has this digest: its ID is zero where it has none. Where there
	// is no account it returns the fake, whose ID is zero, found by the same query.
	FindAccount(ctx context.Context, tenant, name string, device [sha256.Size]byte) (*Account, Device, error)

	// SpendGuess counts one on a budget, or says how long to wait, and counts nothing.
	SpendGuess(ctx context.Context, g GuessID, now time.Time) (wait time.Duration, err error)

	// AddAccount adds a and spends its ticket: [ErrTicketUsed] or [ErrNameTaken]
	// where either is known, or the name of one that was deleted, and nothing is changed.
	AddAccount(ctx context.Context, a *Account, ticket Spent) error

	// AddSession adds s, spends its ticket, takes g back and adds or meets d, unless
	// the account has another version of its record, or no longer the device that d
	// names: [ErrRecordChanged], or is suspended: [ErrSuspended], or the ticket is known: [ErrTicketUsed]. Where d is
	// new, those beyond [MaxDevices] are forgotten that came last the longest ago
	// and have no session.
	AddSession(ctx context.Context, s *Session, version uint64, ticket Spent, g GuessID, d Device) error

	// Blocked reports whether a name was an account's that was deleted lately.
	Blocked(ctx context.Context, tenant, name string, now time.Time) (bool, error)

	// Account returns the account of an id, else [ErrAccount].
	Account(ctx context.Context, of keys.Account) (*Account, error)

	// Devices returns an account's, as they first came.
	Devices(ctx context.Context, of keys.Account) ([]KnownDevice, error)

	Recoverer

	// FindSession returns the session of a digest that has not ended.
	FindSession(ctx context.Context, digest [sha256.Size]byte, now time.Time) (*Session, error)
}

// Spent is a ticket that was used, and until when that must be known.
type Spent struct {
	Digest  [sha256.Size]byte
	Expires time.Time
}

// Accounts registers holders and logs them in.
type Accounts struct {
	Store        Store
	Server       *Server
	Origin       string
	Profiles     []Profile         // newest first
	Registration map[string]string // by tenant; none: closed
	Names        keys.Key          // of the digests under which names' tries are counted; it outlives generations
	Now          func() time.Time
}

// budgetOf is what a name's tries are counted under: the same whatever generation of
// secrets is used, or a new one would be ten more tries.
func (a *Accounts) budgetOf(tenant, name string) []byte { return digestOf(&a.Names, tenant, name) }

// An Offer is what a client must know before it begins.
type Offer struct {
	Origin       string   `json:"origin"`
	Suite        string   `json:"suite"`
	Profiles     []string `json:"profiles"`
	Registration string   `json:"registration"`
}

// Offer is what a tenant offers. One that nobody knows is like one that is closed.
func (a *Accounts) Offer(tenant string) Offer {
	o := Offer{Origin: a.Origin, Suite: "ristretto255-SHA512", Registration: RegistrationClosed}
	for _, p := range a.Profiles {
		o.Profiles = append(o.Profiles, p.String())
	}
	if mode := a.Registration[tenant]; mode != "" {
		o.Registration = mode
	}
	return o
}

// A Begun registration is what its client needs to complete it.
type Begun struct {
	Response []byte
	Ticket   string
	Account  keys.ID
	Profile  string
}

// Begin answers a registration. Whether the name may be registered is found
// before the password is looked at: each answer is a guess at one.
func (a *Accounts) Begin(ctx context.Context, tenant, asked, invitation string, request []byte) (*Begun, error) {
	name, err := Canonical(asked)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	switch a.Registration[tenant] {
	case RegistrationOpen:
	case RegistrationInvite:
		if !a.Server.invited(invitation, tenant, name, now) {
			return nil, ErrRegistration
		}
	default:
		return nil, ErrRegistration
	}
	if err := a.free(ctx, tenant, name); err != nil {
		return nil, err
	}
	if _, err := a.spend(ctx, a.budgetOf(tenant, name), now); err != nil {
		return nil, err
	}
	response, generation, err := a.Server.Register(tenant, name, request)
	if err != nil {
		return nil, err
	}
	t, text := a.Server.SealRegistration(tenant, name, generation, now)
	return &Begun{response, text, t.Account, t.Profile}, nil
}

func (a *Accounts) free(ctx context.Context, tenant, name string) error {
	had, _, err := a.Store.FindAccount(ctx, tenant, name, [sha256.Size]byte{})
	if err != nil {
		return err
	}
	if had.ID != (keys.ID{}) {
		return ErrNameTaken
	}
	blocked, err := a.Store.Blocked(ctx, tenant, name, a.Now())
	if err != nil {
		return err
	}
	if blocked {
		return ErrNameTaken
	}
	return nil
}

// Budgets are what tries at an account's password are counted under: its name's,
// and each of its devices'.
func (a *Accounts) Budgets(ctx context.Context, of *Account) ([][32]byte, error) {
	devices, err := a.Store.Devices(ctx, of.Account)
	if err != nil {
		return nil, err
	}
	out := [][32]byte{sha256.Sum256(a.budgetOf(of.Tenant, of.Name))}
	for _, d := range devices {
		out = append(out, sha256.Sum256(deviceBudget(d.ID)))
	}
	return out, nil
}

// Named returns the account of a name, else [ErrAccount].
func (a *Accounts) Named(ctx context.Context, tenant, asked string) (*Account, error) {
	name, err := Canonical(asked)
	if err != nil {
		return nil, err
	}
	had, _, err := a.Store.FindAccount(ctx, tenant, name, [sha256.Size]byte{})
	if err == nil && had.ID == (keys.ID{}) {
		err = ErrAccount
	}
	return had, err
}

// spend counts one evaluation.
func (a *Accounts) spend(ctx context.Context, of []byte, now time.Time) (GuessID, error) {
	g := GuessID{Key: sha256.Sum256(of), ID: keys.NewID()}
	wait, err := a.Store.SpendGuess(ctx, g, now)
	if err != nil {
		return g, err
	}
	if wait > 0 {
		return g, &TooMany{wait}
	}
	return g, nil
}

// A Completion is what a client puts to complete a registration.
type Completion struct {
	Record  []byte
	Root    RootSlot
	Public  PublicKeys
	Private []byte
}

// Complete adds the account that a ticket is for, once.
func (a *Accounts) Complete(ctx context.Context, tenant, ticket string, c Completion) (keys.ID, error) {
	now := a.Now()
	t, err := a.Server.OpenRegistration(ticket, tenant, now)
	if err != nil {
		return keys.ID{}, err
	}
	profile, err := ParseProfile(t.Profile)
	if err != nil {
		return keys.ID{}, ErrTicket
	}
	account := &Account{
		Account: keys.Account{Tenant: tenant, ID: t.Account}, Name: t.Name,
		Record: Record{t.Generation, profile, c.Record}, Version: 1,
		Root: c.Root, Public: c.Public, Private: c.Private, Begun: now,
	}
	if err := c.whole(); err != nil {
		return keys.ID{}, err
	}
	if err := a.checkRecord(account.Record); err != nil {
		return keys.ID{}, err
	}
	return t.Account, a.Store.AddAccount(ctx, account, Spent{TicketDigest(ticket), time.Unix(t.Expires, 0)})
}

// checkRecord refuses what is none, and one under secrets that were retired since
// its ticket was made.
func (a *Accounts) checkRecord(r Record) error {
	err := a.Server.CheckRecord(r)
	if errors.Is(err, ErrSecrets) {
		return ErrTicket
	}
	return err
}

// The lengths of what only its client can open: the root key in a slot, and the
// private halves of the account's own keys.
const (
	RootSize    = keys.Size + keys.Overhead
	PrivateSize = 2*keys.Size + keys.Overhead
)

// whole holds the lengths of what only its client can open.
func (c Completion) whole() error {
	if c.Root.Generation != 1 || len(c.Root.Sealed) != RootSize || len(c.Private) != PrivateSize ||
		len(c.Public.Box) != keys.Size || len(c.Public.Sign) != keys.Size {
		return fmt.Errorf("the account's keys: %w", ErrMessage)
	}
	return nil
}

// Login answers KE1: KE2 and a ticket, whether there is such an account or not.
func (a *Accounts) Login(ctx context.Context, tenant, asked, device string, ke1 []byte) (ke2 []byte, ticket string, err error) {
	name, err := Canonical(asked)
	if err != nil {
		return nil, "", err
	}
	now := a.Now()
	account, known, err := a.Store.FindAccount(ctx, tenant, name, deviceDigest(device))
	if err != nil {
		return nil, "", err
	}
	of := a.budgetOf(tenant, name)
	if known.ID != (keys.ID{}) {
		of = deviceBudget(known.ID)
	}
	guess, err := a.spend(ctx, of, now)
	if err != nil {
		return nil, "", err
	}
	ke2, expect, err := a.Server.Login(tenant, name, account.Record, ke1)
	if err != nil {
		return nil, "", err
	}
	return ke2, a.Server.SealLogin(LoginTicket{
		Tenant: tenant, Account: account.ID, Version: Counted(account.Version), MAC: expect.MAC, Key: expect.SessionKey, Guess: guess, Device: known.ID,
		Renew: a.Server.Old(account.Record),
	}, now), nil
}

// deviceDigest is that of a device's token; of none, one that no token has.
func deviceDigest(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// Started is what a client is told of a session; its keys it has itself.
type Started struct {
	Idle, Until time.Time
	Device      string // token of a device that is new; empty: it has one
	Renew       bool   // the record is of older secrets or parameters: to be made anew in the session
}

// Prove begins the session that a ticket is for, once. Whatever is wrong is
// [ErrLogin]: an expired ticket, another's KE3, a name that nobody has. That an
// account is suspended is told to who has its password, and to nobody else.
func (a *Accounts) Prove(ctx context.Context, tenant, ticket string, ke3 []byte) (*Started, error) {
	now := a.Now()
	t, err := a.Server.OpenLogin(ticket, tenant, now)
	if err != nil {
		return nil, ErrLogin
	}
	defer clear(t.Key)
	if !(Expect{MAC: t.MAC}).Proves(ke3) || t.Account == (keys.ID{}) {
		return nil, ErrLogin
	}
	s, err := a.session(t, now)
	if err != nil {
		return nil, err
	}
	d, token := Device{ID: t.Device}, ""
	if d.ID == (keys.ID{}) {
		d, token = newDevice()
	}
	s.Device = d.ID
	err = a.Store.AddSession(ctx, s, uint64(t.Version), Spent{TicketDigest(ticket), time.Unix(t.Expires, 0)}, t.Guess, d)
	if errors.Is(err, ErrTicketUsed) || errors.Is(err, ErrRecordChanged) {
		return nil, ErrLogin
	}
	if err != nil {
		return nil, err
	}
	return &Started{s.Idle, s.Until, token, t.Renew}, nil
}

func newDevice() (Device, string) {
	token := base64.RawURLEncoding.EncodeToString(random(32))
	return Device{keys.NewID(), deviceDigest(token)}, token
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program first
	return b
}

// session is the row of a session that begins.
func (a *Accounts) session(t LoginTicket, now time.Time) (*Session, error) {
	k, err := channel.Derive(t.Key)
	if err != nil {
		return nil, err
	}
	account := keys.Account{Tenant: t.Tenant, ID: t.Account}
	newest := a.Server.using.Load().newest
	row := channel.Row{C2S: k.C2S, S2C: k.S2C}
	defer row.Wipe()
	return &Session{
		Digest: sha256.Sum256(k.SID[:]), Account: account, Generation: newest.Generation,
		Begun: now, Idle: now.Add(IdleTime), Until: now.Add(AbsoluteTime),
		Row: row.Seal(channel.At{Account: account, SID: k.SID}, k.Open, *newest.Service),
	}, nil
}
