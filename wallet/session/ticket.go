package session

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/procura-dev/procura/wallet/keys"
)

// How long tickets hold.
const (
	LoginTime        = time.Minute
	RegistrationTime = 10 * time.Minute
)

// What tickets are for: the purposes under which they are sealed.
const (
	ticketLogin        = "ticket/login"
	ticketRegistration = "ticket/registration"
	ticketInvitation   = "ticket/invitation"
	ticketStepUp       = "ticket/step-up"
	ticketPassword     = "ticket/password"
	ticketProxy        = "ticket/proxy"
)

// A LoginTicket is what a server must know when KE3 comes, and keeps nothing of
// until then: the client carries it, sealed.
type LoginTicket struct {
	_       struct{} `cbor:",toarray"`
	Tenant  string
	Account keys.ID
	Version Counted // of the account's record
	MAC     []byte
	Key     []byte
	Guess   GuessID
	Device  keys.ID // whose budget was drawn on; zero: the name's
	Renew   bool    // the record is older than new ones are
	Expires int64   // seconds since 1970, exclusive
}

// Counted is a number that takes eight bytes in a ticket, whatever it is: how long
// the ticket is would otherwise tell that there is such an account, and that its
// password was changed often.
type Counted uint64

// MarshalBinary writes it, the highest byte first.
func (n Counted) MarshalBinary() ([]byte, error) {
	return binary.BigEndian.AppendUint64(nil, uint64(n)), nil
}

// UnmarshalBinary reads what [Counted.MarshalBinary] wrote.
func (n *Counted) UnmarshalBinary(b []byte) error {
	if len(b) != 8 {
		return ErrTicket
	}
	*n = Counted(binary.BigEndian.Uint64(b))
	return nil
}

// A RegistrationTicket lets one record be put for a name, once.
type RegistrationTicket struct {
	_          struct{} `cbor:",toarray"`
	Tenant     string
	Name       string
	Account    keys.ID // random, of the account to be: no two tickets are one
	Generation uint32
	Profile    string
	Expires    int64 // seconds since 1970, exclusive
}

// An Invitation lets somebody register a name where registration is by invitation.
type Invitation struct {
	_       struct{} `cbor:",toarray"`
	Tenant  string
	Name    string
	Expires int64 // seconds since 1970, exclusive
}

// TicketDigest is under which a server remembers that a ticket was used.
func TicketDigest(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

// SealLogin makes the text of a ticket.
func (s *Server) SealLogin(t LoginTicket, now time.Time) string {
	t.Expires = now.Add(LoginTime).Unix()
	return s.seal(ticketLogin, t)
}

// OpenLogin reads it, else [ErrTicket].
func (s *Server) OpenLogin(text, tenant string, now time.Time) (t LoginTicket, err error) {
	if err := s.open(ticketLogin, text, &t); err != nil {
		return LoginTicket{}, err
	}
	if t.Tenant != tenant || now.Unix() >= t.Expires {
		return LoginTicket{}, ErrTicket
	}
	return t, nil
}

// SealRegistration makes a ticket and its text.
func (s *Server) SealRegistration(tenant, name string, generation uint32, now time.Time) (RegistrationTicket, string) {
	t := RegistrationTicket{
		Tenant: tenant, Name: name, Account: keys.NewID(),
		Generation: generation, Profile: s.profile().String(), Expires: now.Add(RegistrationTime).Unix(),
	}
	return t, s.seal(ticketRegistration, t)
}

// OpenRegistration reads it, else [ErrTicket].
func (s *Server) OpenRegistration(text, tenant string, now time.Time) (t RegistrationTicket, err error) {
	if err := s.open(ticketRegistration, text, &t); err != nil {
		return RegistrationTicket{}, err
	}
	if t.Tenant != tenant || now.Unix() >= t.Expires {
		return RegistrationTicket{}, ErrTicket
	}
	return t, nil
}

// SealInvitation makes the text of an invitation for a canonical name.
func (s *Server) SealInvitation(tenant, name string, until time.Time) string {
	return s.seal(ticketInvitation, Invitation{Tenant: tenant, Name: name, Expires: until.Unix()})
}

// invited reports whether an invitation is for this name now.
func (s *Server) invited(text, tenant, name string, now time.Time) bool {
	var i Invitation
	return s.open(ticketInvitation, text, &i) == nil && i.Tenant == tenant && i.Name == name && now.Unix() < i.Expires
}

// seal writes a ticket: the generation of the service key, then what that seals.
func (s *Server) seal(purpose string, ticket any) string {
	plain, err := cbor.Marshal(ticket)
	if err != nil {
		panic(err) // texts, bytes and numbers have a form
	}
	defer clear(plain)
	newest := s.using.Load().newest
	b := binary.BigEndian.AppendUint32(nil, newest.Generation)
	b = append(b, newest.Service.Seal(keys.Place{Purpose: purpose}, plain)...)
	return base64.RawURLEncoding.EncodeToString(b)
}

// maxTicket bounds the text of a ticket.
const maxTicket = 8 << 10

func (s *Server) open(purpose, text string, ticket any) error {
	// A ticket is spent by its text, and has one: Go's decoder passes over ends of
	// lines, also when it is strict.
	if len(text) > maxTicket || strings.ContainsAny(text, "\r\n") {
		return ErrTicket
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < 4 {
		return ErrTicket
	}
	secrets, ok := s.using.Load().secrets[binary.BigEndian.Uint32(b)]
	if !ok {
		return ErrTicket
	}
	plain, err := secrets.Service.Open(keys.Place{Purpose: purpose}, b[4:])
	if err != nil {
		return ErrTicket
	}
	defer clear(plain)
	if cbor.Unmarshal(plain, ticket) != nil {
		return ErrTicket
	}
	return nil
}
