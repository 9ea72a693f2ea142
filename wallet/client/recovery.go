package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// SetRecovery makes a recovery code, in the place of the one before. It is shown
// once: nobody can ask for it again.
func (s *Session) SetRecovery(ctx context.Context, a *Account, password string) (keys.Recovery, error) {
	code := keys.NewRecovery()
	auth := code.Auth()
	proof := sha256.Sum256(auth[:])
	return code, s.DoAgain(ctx, password, http.MethodPut, "recovery", map[string]any{
		"generation": a.Root.Generation, "root": b64(a.Root.Slot(keys.SlotRecovery, code.Under())), "proof": b64(proof[:]),
	}, nil)
}

// RemoveRecovery makes the recovery code worthless.
func (s *Session) RemoveRecovery(ctx context.Context, password string) error {
	return s.DoAgain(ctx, password, http.MethodDelete, "recovery", nil, nil)
}

// CancelRecovery ends a recovery that somebody began. The code stays.
func (s *Session) CancelRecovery(ctx context.Context) error {
	return s.Do(ctx, http.MethodDelete, "recovery/begun", nil, nil)
}

// ErrWait says that a recovery has begun, and cannot be completed yet.
type ErrWait struct{ Ready time.Time }

func (e *ErrWait) Error() string {
	return fmt.Sprintf("the recovery can be completed from %s on, unless a session of the account cancels it", e.Ready.Format(time.RFC3339))
}

// Recover makes next the password of who has the code. The first call begins the
// recovery and returns an [*ErrWait]; once its time has come, another completes it.
// All sessions end, and the code is spent.
func (c *Client) Recover(ctx context.Context, name string, code keys.Recovery, next string) error {
	name, err := session.Canonical(name)
	if err != nil {
		return err
	}
	profiles, err := c.offer(ctx)
	if err != nil {
		return err
	}
	r, err := session.BeginRegistration(next)
	if err != nil {
		return err
	}
	auth := code.Auth()
	defer auth.Wipe()
	var got struct {
		replacing
		Account    b64
		Ready      time.Time
		Generation uint64
		Root       b64
	}
	if err := c.call(ctx, http.MethodPost, "recoveries", map[string]any{"name": name, "auth": b64(auth[:]), "request": b64(r.Request)}, &got); err != nil {
		return err
	}
	if got.Ticket == "" {
		return &ErrWait{got.Ready}
	}
	if len(got.Account) != len(keys.ID{}) {
		return ErrServer
	}
	root, err := keys.OpenSlot(keys.Account{Tenant: c.Tenant, ID: keys.ID(got.Account)}, got.Generation, keys.SlotRecovery, code.Under(), got.Root)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrServer, err)
	}
	defer root.Wipe()
	record, under, err := c.record(r, name, got.replacing, profiles)
	if err != nil {
		return err
	}
	defer under.Wipe()
	return c.call(ctx, http.MethodPut, "recoveries/"+url.PathEscape(got.Ticket), map[string]any{
		"auth": b64(auth[:]), "record": b64(record), "generation": root.Generation, "root": b64(root.Slot(keys.SlotOpaque, under)),
	}, &struct{}{})
}

// A Device is one that logged in.
type Device struct {
	ID          keys.ID
	Begun, Last time.Time
	This        bool
	Label       string // what its owner calls it
}

// Devices lists those that logged in.
func (s *Session) Devices(ctx context.Context, a *Account) ([]Device, error) {
	var got struct {
		Devices []struct {
			ID, Label   b64
			Begun, Last time.Time
			This        bool
		}
	}
	if err := s.Do(ctx, http.MethodGet, "devices", nil, &got); err != nil {
		return nil, err
	}
	out := make([]Device, len(got.Devices))
	for i, d := range got.Devices {
		if len(d.ID) != len(keys.ID{}) {
			return nil, ErrServer
		}
		out[i] = Device{ID: keys.ID(d.ID), Begun: d.Begun, Last: d.Last, This: d.This}
		if len(d.Label) > 0 {
			// One of another root key's time has no name that can still be read.
			out[i].Label, _ = a.Root.OpenLabel(out[i].ID, d.Label)
		}
	}
	return out, nil
}

// maxLabel is how long what a device is called may be, in bytes.
const maxLabel = session.LabelSize - keys.Overhead

// LabelDevice gives a device a name that only its owner reads.
func (s *Session) LabelDevice(ctx context.Context, a *Account, id keys.ID, label string) error {
	if len(label) > maxLabel {
		return errors.New("a device's name has at most 431 bytes")
	}
	return s.Do(ctx, http.MethodPut, "devices/"+text(id), map[string]any{"label": b64(a.Root.Label(id, label))}, nil)
}

// RemoveDevice ends a device's sessions, and its token is worth nothing.
func (s *Session) RemoveDevice(ctx context.Context, id keys.ID, password string) error {
	return s.DoAgain(ctx, password, http.MethodDelete, "devices/"+text(id), nil, nil)
}

// DeleteAccount deletes everything. Nobody can take the name for 90 days.
func (s *Session) DeleteAccount(ctx context.Context, password string) error {
	return s.DoAgain(ctx, password, http.MethodDelete, "account", nil, nil)
}
