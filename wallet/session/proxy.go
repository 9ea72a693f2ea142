package session

import (
	"crypto/sha256"
	"time"
)

// ProxyTime is for how long what a proxy is asked may be answered.
const ProxyTime = 10 * time.Minute

// A ProxyTicket lets a session answer once what it was asked, to act in another's
// account.
type ProxyTicket struct {
	_        struct{} `cbor:",toarray"`
	Session  [sha256.Size]byte
	Name     string // of the account in which it is to act
	Question []byte // as JSON
	Random   [32]byte
	Begun    int64 // nanoseconds since 1970
	Expires  int64 // seconds since 1970, exclusive
}

// SealProxy makes the text of a ticket.
func (s *Server) SealProxy(t ProxyTicket, now time.Time) string {
	t.Begun, t.Expires = now.UnixNano(), now.Add(ProxyTime).Unix()
	return s.seal(ticketProxy, t)
}

// OpenProxy reads that of a session, else [ErrTicket].
func (s *Server) OpenProxy(text string, of *Session, now time.Time) (t ProxyTicket, spent Spent, err error) {
	if err := s.open(ticketProxy, text, &t); err != nil {
		return t, spent, err
	}
	if t.Session != of.Digest || now.Unix() >= t.Expires {
		return t, spent, ErrTicket
	}
	return t, Spent{TicketDigest(text), time.Unix(t.Expires, 0)}, nil
}
