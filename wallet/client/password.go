package client

import (
	"context"
	"net/http"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// DoAgain is [Session.Do] for what needs the password again: it proves it for just
// this request, and then asks.
func (s *Session) DoAgain(ctx context.Context, password, method, path string, body, answer any) error {
	ask, err := request(method, path, body)
	if err != nil {
		return err
	}
	if err := s.StepUp(ctx, password, ask); err != nil {
		return err
	}
	return s.do(ctx, ask, answer)
}

// StepUp proves the password for one request, which may be said within five minutes.
func (s *Session) StepUp(ctx context.Context, password string, ask channel.Request) error {
	profiles, err := s.client.offer(ctx)
	if err != nil {
		return err
	}
	l, err := session.BeginLogin(password)
	if err != nil {
		return err
	}
	var begun struct {
		KE2    b64
		Ticket string
	}
	digest := ask.Digest()
	if err := s.Do(ctx, http.MethodPost, "step-up", map[string]any{"ke1": b64(l.KE1), "request": b64(digest[:])}, &begun); err != nil {
		return err
	}
	done, err := l.Finish(begun.KE2, s.client.holder(s.name), profiles)
	if err != nil {
		return err
	}
	clear(done.SessionKey)
	clear(done.ExportKey)
	return s.Do(ctx, http.MethodPut, "step-up", map[string]any{"ticket": begun.Ticket, "ke3": b64(done.KE3)}, nil)
}

// replacing is what the server answers to a registration in place of another.
type replacing struct {
	Response        b64
	Ticket, Profile string
	Version         uint64
}

// record makes a record of a password, and the key of the slot opaque that goes with it.
func (c *Client) record(r *session.Registering, name string, got replacing, profiles []session.Profile) (record []byte, under keys.Key, err error) {
	if got.Profile != profiles[0].String() {
		return nil, under, ErrServer
	}
	record, export, err := r.Finish(got.Response, c.holder(name), profiles[0])
	if err != nil {
		return nil, under, err
	}
	defer clear(export)
	return record, keys.UnderOpaque(export), nil
}

// ChangePassword makes another the password. Every other session of the account
// ends; no key is lost. Of two who change it at once one is told so.
func (s *Session) ChangePassword(ctx context.Context, a *Account, old, next string) error {
	return s.changePassword(ctx, old, next, a.Root, nil)
}

// Compromised is [Session.ChangePassword] where somebody else may know the
// password: new keys wrap everything, and what is written from then on is under
// keys that they never had. What they could read they may have copied. The
// recovery code is spent, and other devices are forgotten; a has the new keys.
func (s *Session) Compromised(ctx context.Context, a *Account, old, next string) error {
	root := a.Root.Next()
	identity, err := keys.NewIdentity()
	if err != nil {
		return err
	}
	partitions, err := s.rewrapped(ctx, a, root)
	if err != nil {
		return err
	}
	box, sign := identity.Public()
	err = s.changePassword(ctx, old, next, root, map[string]any{
		"box": b64(box), "sign": b64(sign), "private": b64(root.Identity(identity)), "partitions": partitions,
	})
	if err == nil {
		a.Root, a.Identity, a.Recovery = root, identity, nil
	}
	return err
}

func (s *Session) changePassword(ctx context.Context, old, next string, root *keys.Root, compromised map[string]any) error {
	profiles, err := s.client.offer(ctx)
	if err != nil {
		return err
	}
	r, err := session.BeginRegistration(next)
	if err != nil {
		return err
	}
	var got replacing
	if err := s.Do(ctx, http.MethodPost, "password", map[string]any{"request": b64(r.Request)}, &got); err != nil {
		return err
	}
	record, under, err := s.client.record(r, s.name, got, profiles)
	if err != nil {
		return err
	}
	body := map[string]any{"ticket": got.Ticket, "record": b64(record), "generation": root.Generation, "root": b64(root.Slot(keys.SlotOpaque, under))}
	if compromised != nil {
		body["compromised"] = compromised
	}
	if err := s.DoAgain(ctx, old, http.MethodPut, "password", body, nil); err != nil {
		return err
	}
	s.under.Free()
	s.under = keys.Keep(&under)
	return nil
}

// rewrapped is every key of every partition, and of a new epoch of each, under
// another root key. Of one that is not sealed the server is given the new one.
func (s *Session) rewrapped(ctx context.Context, a *Account, root *keys.Root) (out []map[string]any, err error) {
	all, err := s.Partitions(ctx, a)
	if err != nil {
		return nil, err
	}
	out = []map[string]any{}
	add := func(k *keys.Partition) map[string]any {
		out = append(out, map[string]any{"id": b64(k.ID[:]), "epoch": k.Epoch, "key": b64(root.Partition(k))})
		return out[len(out)-1]
	}
	for _, p := range all {
		for _, k := range p.epochs {
			add(k)
		}
		next := p.keys.Next()
		if wrapped := add(next); p.Mode != contents.Sealed {
			wrapped["serve"] = served(next)
		}
	}
	return out, nil
}
