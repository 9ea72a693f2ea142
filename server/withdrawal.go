package server

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
)

// A Withdrawal says from when a published version is in force no longer. It is
// never undone.
type Withdrawal struct {
	Date      time.Time `json:"date"`   // UTC, inclusive; zero, before it is stored: at once
	Reason    string    `json:"reason"` // as its author wrote it
	Successor string    `json:"successor,omitempty"`
}

// fact is what decides; nil for a version in force.
func (w *Withdrawal) fact() *verifier.Withdrawal {
	if w == nil {
		return nil
	}
	return &verifier.Withdrawal{From: w.Date, Successor: w.Successor}
}

// After writes down w where held is stored, nil for nothing; nil where that
// changes nothing. The date may come nearer, and a successor be named where
// there was none: everything else would undo something, and is [ErrWithdrawn].
// A date that has passed is a *[verifier.Invalid].
func (w Withdrawal) After(held []byte, now time.Time) ([]byte, error) {
	was, err := stands(held)
	if err != nil {
		return nil, err
	}
	if w.Date = w.Date.UTC(); w.Date.IsZero() {
		w.Date = now.UTC()
		if was != nil && was.Date.Before(now) {
			w.Date = was.Date
		}
	}
	if was != nil && w == *was {
		return nil, nil
	}
	if err := w.follows(was, now); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("writing a withdrawal: %w", err)
	}
	return raw, nil
}

// follows refuses what would undo something of what stands, and what would
// begin before now.
func (w Withdrawal) follows(was *Withdrawal, now time.Time) error {
	switch {
	case was != nil && (w.Date.After(was.Date) || was.Successor != "" && w.Successor != was.Successor):
		return ErrWithdrawn
	case w.Date.Before(now) && (was == nil || w.Date.Before(was.Date)):
		return faulty("/date", "has passed: a version is withdrawn from now on, or later")
	}
	return nil
}

// stands reads what is stored.
func stands(held []byte) (*Withdrawal, error) {
	if held == nil {
		return nil, nil
	}
	was := &Withdrawal{}
	if err := json.Unmarshal(held, was); err != nil {
		return nil, fmt.Errorf("reading a withdrawal: %w", err)
	}
	return was, nil
}

// withdraw withdraws a version of the caller's own.
func (s *Server) withdraw(c *gin.Context) error {
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	e, err := s.own(c)
	if err != nil {
		return err
	}
	w, err := s.readWithdrawal(e, tree)
	if err != nil {
		return err
	}
	client, _ := caller(c)
	asked := e.Published
	asked.Owner = client.ID
	changed, err := s.cfg.Catalogue.Withdraw(c.Request.Context(), &asked, *w)
	if err != nil {
		return err
	}
	now := s.cfg.Catalogue.find(e.Tenant, e.Name, e.Version)
	return write(c, published(changed), publication{Name: now.Name, URI: now.URI, frameworkVersion: versionOf(&now.Published)})
}

// own finds the version of the caller's tenant that a path names. A shared one
// is the operator's.
func (s *Server) own(c *gin.Context) (*entry, error) {
	e, err := s.named(c)
	if err != nil {
		return nil, err
	}
	if client, _ := caller(c); e.Tenant != client.Tenant {
		return nil, ErrFrameworkOwner
	}
	return e, nil
}

// maxReason bounds the reason of a withdrawal, in bytes: decisions carry it not,
// lists do.
const maxReason = 1024

func (s *Server) readWithdrawal(e *entry, tree any) (*Withdrawal, error) {
	m, faults := members(tree, "reason", "date", "successor")
	w := &Withdrawal{Reason: m["reason"]}
	if w.Reason == "" || len(w.Reason) > maxReason {
		faults = append(faults, verifier.Fault{Path: "/reason", Message: "is required, with at most 1,024 bytes"})
	}
	if text, given := m["date"]; given {
		at, err := time.Parse(time.RFC3339, text)
		if w.Date = at.UTC(); err != nil || at.Year() > 2200 {
			faults = append(faults, verifier.Fault{Path: "/date", Message: "must be an RFC 3339 instant"})
		}
	}
	if text, given := m["successor"]; given {
		next, err := trustframeworks.CanonicalVersion(text)
		if w.Successor = next; err != nil || s.cfg.Catalogue.find(e.Tenant, e.Name, next) == nil || trustframeworks.CompareVersions(next, e.Version) <= 0 {
			faults = append(faults, verifier.Fault{Path: "/successor", Message: "must be a higher version of this framework that is published"})
		}
	}
	if len(faults) > 0 {
		return nil, &verifier.Invalid{Faults: faults}
	}
	return w, nil
}

// members reads an object whose members are texts, and says which are not.
func members(tree any, known ...string) (map[string]string, []verifier.Fault) {
	m, ok := tree.(map[string]any)
	if !ok {
		return nil, []verifier.Fault{{Path: "", Message: "must be an object"}}
	}
	out := map[string]string{}
	var faults []verifier.Fault
	for _, name := range slices.Sorted(maps.Keys(m)) {
		text, ok := m[name].(string)
		switch {
		case !slices.Contains(known, name):
			faults = append(faults, verifier.Fault{Path: "/" + name, Message: "is not a member of this request"})
		case !ok:
			faults = append(faults, verifier.Fault{Path: "/" + name, Message: "must be a string"})
		}
		out[name] = text
	}
	return out, faults
}

// Withdraw withdraws a version, and takes that up. It returns whether anything
// changed.
func (k *Catalogue) Withdraw(ctx context.Context, p *Published, w Withdrawal) (bool, error) {
	changed, err := k.Store.Withdraw(ctx, p, w, k.now())
	if err != nil {
		return false, err
	}
	return changed, k.Load(ctx)
}

// transfer hands a name over to another author of the tenant. Those that ship
// with the program stay its own: it publishes them at each start.
func (s *Server) transfer(c *gin.Context) error {
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	admin, _ := caller(c)
	held := s.cfg.Catalogue.of(admin.Tenant)
	i := slices.IndexFunc(held, func(e *entry) bool { return e.Name == c.Param("name") })
	switch {
	case i < 0:
		return ErrUnknownFramework
	case held[i].Owner == BuiltIn || held[i].Tenant != admin.Tenant:
		return ErrFrameworkOwner
	}
	to, err := s.readHeir(c.Request.Context(), admin.Tenant, tree)
	if err != nil {
		return err
	}
	k := s.cfg.Catalogue
	if err := k.Store.Transfer(c.Request.Context(), admin.Tenant, held[i].Folded, to); err != nil {
		return err
	}
	if err := k.Load(c.Request.Context()); err != nil {
		return err
	}
	return empty(c)
}

// readHeir reads to which author a name is to go.
func (s *Server) readHeir(ctx context.Context, tenant string, tree any) (string, error) {
	m, faults := members(tree, "to")
	clients, err := s.cfg.Clients.ListClients(ctx, tenant)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(clients, func(c Client) bool { return c.ID == m["to"] && c.Role == RoleAuthor }) {
		faults = append(faults, verifier.Fault{Path: "/to", Message: "must be the id of a client of this tenant with the role author"})
	}
	if len(faults) > 0 {
		return "", &verifier.Invalid{Faults: faults}
	}
	return m["to"], nil
}
