package verifier

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/procura-dev/procura/policies/facts"
)

// A Caller is a client that proved itself.
type Caller struct {
	Tenant  string
	Client  string
	Domains []string // registered for it
}

// Open opens a challenge. A question that cannot be asked of any accepted
// framework is an [*Invalid].
func (v *Verifier) Open(ctx context.Context, who Caller, q *Question) (*Challenge, error) {
	r := &reader{}
	domain := r.domain(who, q.Domain)
	now := v.cfg.Now().UTC()
	r.defined("", v.Library(who.Tenant), q, now)
	if err := r.err(); err != nil {
		return nil, err
	}
	c := &Challenge{
		ID: newID(), Tenant: who.Tenant, Client: who.Client, Nonce: v.newNonce(), Domain: domain,
		Request: q.Request, Circumstances: q.Circumstances,
		OpenedAt: now, ExpiresAt: now.Add(q.ExpiresIn), State: Open,
	}
	if err := v.cfg.Store.OpenChallenge(ctx, c); err != nil {
		return nil, fmt.Errorf("opening a challenge: %w", err)
	}
	return c, nil
}

// domain is the one asked for, which must be registered, or the only one.
func (r *reader) domain(who Caller, asked string) string {
	switch {
	case asked == "" && len(who.Domains) == 1:
		return who.Domains[0]
	case len(who.Domains) == 0:
		r.fault("/domain", "this client has no domain: register it with --domain")
	case asked == "":
		r.fault("/domain", "is required: this client has %d domains", len(who.Domains))
	case !slices.Contains(who.Domains, asked):
		r.fault("/domain", "is not registered for this client")
	}
	return asked
}

// defined holds a question against the frameworks that it accepts. That all of
// them are withdrawn is a decision's to say. path is where the question stands.
func (r *reader) defined(path string, l *Library, q *Question, now time.Time) {
	accepted := l.Accepted(q.Request.Framework, now)
	if len(accepted) == 0 {
		accepted = l.asked(q.Request.Framework)
	}
	if len(accepted) == 0 {
		r.fault(path+"/framework", "no published version of this framework is accepted")
		return
	}
	for i, name := range q.Request.Permissions {
		if !slices.ContainsFunc(accepted, func(r *Release) bool { return r.defines(name) }) {
			r.fault(fmt.Sprintf("%s/permissions/%d", path, i), "is no permission of the framework")
		}
	}
	variant := q.Request.Framework.Variant
	if variant != "" && !slices.ContainsFunc(accepted, func(r *Release) bool { return r.HasVariant(variant) }) {
		r.fault(path+"/framework/variant", "is no variant of the framework")
		return
	}
	r.disclosed(path+"/proxied/attributes/", accepted, variant, q.Request.Proxied.Attributes)
}

// disclosed holds attributes against what credentials can disclose: each that the
// request gives must be disclosed and equal (semantics 3.3), so that another could
// only be denied.
func (r *reader) disclosed(path string, accepted []*Release, variant string, attributes map[string]facts.Comparable) {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !slices.ContainsFunc(accepted, func(r *Release) bool { return r.discloses(variant, name) }) {
			r.fault(path+pointer(name), "is no attribute that a credential of the framework has of its proxied")
		}
	}
}

// Get loads a challenge.
func (v *Verifier) Get(ctx context.Context, who Caller, id string) (*Challenge, error) {
	c, err := v.cfg.Store.Challenge(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	if c.State == Open && !v.cfg.Now().Before(c.ExpiresAt) {
		c.State = Closed
	}
	return c, nil
}

// Wait loads a challenge as soon as it has moved on from where it is now, or
// when d has passed.
func (v *Verifier) Wait(ctx context.Context, who Caller, id string, d time.Duration) (*Challenge, error) {
	if d > 0 {
		if err := v.await(ctx, who, id, d); err != nil {
			return nil, err
		}
	}
	return v.Get(ctx, who, id)
}

// await looks how far the challenge is, and not into what it holds, which may
// be megabytes under seal.
func (v *Verifier) await(ctx context.Context, who Caller, id string, d time.Duration) error {
	first, err := v.cfg.Store.Progress(ctx, who.Tenant, id)
	if err != nil || first.State != Open {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	// Another process may change it: what wakes us here is only faster.
	poll := time.NewTicker(time.Second)
	defer poll.Stop()
	for {
		woken, leave := v.waiters.on(id)
		now, err := v.cfg.Store.Progress(ctx, who.Tenant, id)
		if err != nil || now != first || !v.cfg.Now().Before(now.ExpiresAt) {
			leave()
			return err
		}
		select {
		case <-woken:
		case <-poll.C:
		case <-timer.C:
			leave()
			return nil
		case <-ctx.Done():
			leave()
			return ctx.Err()
		}
		leave()
	}
}

// Close closes a challenge; what was presented is deleted.
func (v *Verifier) Close(ctx context.Context, who Caller, id string) error {
	defer v.waiters.wake(id)
	return v.cfg.Store.Change(ctx, who.Tenant, id, func(c *Challenge) (bool, error) {
		c.State = Closed
		return true, nil
	})
}

// TakeBack removes one presentation from an open challenge.
func (v *Verifier) TakeBack(ctx context.Context, who Caller, id, presentation string) error {
	defer v.waiters.wake(id)
	return v.cfg.Store.Change(ctx, who.Tenant, id, func(c *Challenge) (bool, error) {
		if err := v.stillOpen(c); err != nil {
			return false, err
		}
		i := slices.IndexFunc(c.Presentations, func(p StoredPresentation) bool { return p.ID == presentation })
		if i < 0 {
			return false, ErrUnknownPresentation
		}
		c.Presentations = slices.Delete(c.Presentations, i, i+1)
		return true, nil
	})
}

func (v *Verifier) stillOpen(c *Challenge) error {
	if c.State != Open {
		return ErrChallengeClosed
	}
	if !v.cfg.Now().Before(c.ExpiresAt) {
		return &Expired{At: c.ExpiresAt}
	}
	return nil
}

// Expired is that a challenge closed by itself. It is an [ErrChallengeClosed].
type Expired struct{ At time.Time }

func (e *Expired) Error() string { return "it expired at " + e.At.UTC().Format(time.RFC3339) }

// Unwrap gives the sentinel.
func (e *Expired) Unwrap() error { return ErrChallengeClosed }
