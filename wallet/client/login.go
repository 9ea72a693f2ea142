package client

import (
	"context"
	"net/http"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// A Session is a holder who is logged in. It is not safe for concurrent use:
// each that works at once logs in.
type Session struct {
	Until, IdleUntil time.Time
	Device           string // token of this device, to be kept for the next login; empty: it has one

	// Renewed says that the server wanted a newer record of the password, and has it;
	// RenewError, why it has not.
	Renewed    bool
	RenewError error

	client         *Client
	name           string // canonical
	sid            channel.SID
	open, c2s, s2c *keys.Key // of the channel
	under          *keys.Key // of the slot opaque
	seq            uint64    // of the last request
	closed         bool

	guestOf *Session // whose channel it uses; nil: its own
	in      *keys.ID // account in which that acts; nil: its own
}

// Login proves a password. device is the token of an earlier session on this
// device; empty: there was none. What is wrong with name, password or server is
// [session.ErrPassword].
func (c *Client) Login(ctx context.Context, name, password, device string) (*Session, error) {
	name, err := session.Canonical(name)
	if err != nil {
		return nil, err
	}
	profiles, err := c.offer(ctx)
	if err != nil {
		return nil, err
	}
	l, err := session.BeginLogin(password)
	if err != nil {
		return nil, err
	}
	var begun struct {
		KE2    b64
		Ticket string
	}
	ask := map[string]any{"name": name, "ke1": b64(l.KE1)}
	if device != "" {
		ask["device"] = device
	}
	if err := c.call(ctx, http.MethodPost, "sessions", ask, &begun); err != nil {
		return nil, err
	}
	done, err := l.Finish(begun.KE2, c.holder(name), profiles)
	if err != nil {
		return nil, err
	}
	s, renew, err := c.begin(ctx, name, begun.Ticket, done)
	if err == nil && renew {
		s.RenewError = s.renew(ctx, password)
		s.Renewed = s.RenewError == nil
	}
	return s, err
}

// renew makes the record of the same password anew.
func (s *Session) renew(ctx context.Context, password string) error {
	a, err := s.Open(ctx)
	if err != nil {
		return err
	}
	return s.ChangePassword(ctx, a, password, password)
}

func newSession(c *Client, name string, k channel.Keys, under keys.Key) *Session {
	return &Session{
		client: c, name: name, sid: k.SID,
		open: keys.Keep(&k.Open), c2s: keys.Keep(&k.C2S), s2c: keys.Keep(&k.S2C), under: keys.Keep(&under),
	}
}

func (c *Client) begin(ctx context.Context, name, ticket string, done *session.Login) (s *Session, renew bool, err error) {
	defer clear(done.SessionKey)
	defer clear(done.ExportKey)
	k, err := channel.Derive(done.SessionKey)
	if err != nil {
		return nil, false, err
	}
	s = newSession(c, name, k, keys.UnderOpaque(done.ExportKey))
	var begun struct {
		Until, IdleUntil time.Time
		Device           string
		Renew            bool
	}
	if err := c.call(ctx, http.MethodPut, "sessions", map[string]any{"ticket": ticket, "ke3": b64(done.KE3)}, &begun); err != nil {
		s.forget()
		return nil, false, err
	}
	s.Until, s.IdleUntil, s.Device = begun.Until, begun.IdleUntil, begun.Device
	return s, begun.Renew, nil
}
