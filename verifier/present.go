package verifier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// ErrUnknownPresentation is returned for a presentation that is not there.
var ErrUnknownPresentation = errors.New("no such presentation")

// attempts bounds how often a decision starts anew because others came between.
const attempts = 100

// A Submission is what came in one call to present: presentations,
// circumstances, or both.
type Submission struct {
	Presentations []Submitted
	Circumstances json.RawMessage // nil: none given
	Input         bool            // the answer carries the replayable input
	Bare          bool            // one presentation by itself: nothing is done where it does not parse
}

// A Submitted presentation, as it came.
type Submitted struct {
	MediaType string
	Raw       []byte
}

// Present stores what came and decides over all that is stored. The same
// presentation again gets the stored answer.
func (v *Verifier) Present(ctx context.Context, who Caller, id string, s *Submission) (json.RawMessage, error) {
	if err := readable(s); err != nil {
		return nil, err
	}
	defer v.waiters.wake(id)
	drop, err := v.superfluous(ctx, who, id, s)
	if err != nil {
		return nil, err
	}
	changed := false
	err = v.cfg.Store.Change(ctx, who.Tenant, id, func(c *Challenge) (bool, error) {
		if err := v.stillOpen(c); err != nil {
			return false, err
		}
		var err error
		changed, err = v.merge(c, s, drop)
		return changed, err
	})
	if errors.Is(err, ErrChallengeClosed) {
		return v.stored(ctx, who, id, s, err)
	}
	if err != nil {
		return nil, err
	}
	for range attempts {
		raw, err := v.decideNow(ctx, who, id, s, !changed)
		if !errors.Is(err, ErrRevision) {
			return raw, err
		}
	}
	return nil, fmt.Errorf("challenge %s: %w", id, ErrRevision)
}

// readable refuses, before anything is stored, one that came by itself and does
// not parse. In a list it is out under its path, as semantics 8.1 has it.
func readable(s *Submission) error {
	if !s.Bare {
		return nil
	}
	for _, p := range s.Presentations {
		if _, err := vc.ParsePresentation(p.Raw, p.MediaType); err != nil {
			return &Malformed{Cause: err}
		}
	}
	return nil
}

// A Malformed presentation was not stored.
type Malformed struct {
	Cause error // a *vc.Refusal
}

func (e *Malformed) Error() string { return e.Cause.Error() }
func (e *Malformed) Unwrap() error { return e.Cause }

// merge adds what came to the challenge, and reports whether that changed it.
// Where room is short, what is in drop goes.
func (v *Verifier) merge(c *Challenge, s *Submission, drop map[string]bool) (changed bool, err error) {
	if len(s.Presentations) == 0 && s.Circumstances != nil {
		return replaceDefaults(c, s.Circumstances)
	}
	if !fits(c, s) {
		before := len(c.Presentations)
		c.Presentations = slices.DeleteFunc(c.Presentations, func(p StoredPresentation) bool { return drop[p.ID] })
		changed = len(c.Presentations) < before
	}
	for _, p := range s.Presentations {
		digest := sha256.Sum256(p.Raw)
		i := slices.IndexFunc(c.Presentations, func(have StoredPresentation) bool { return have.Digest == digest })
		switch {
		case i >= 0 && (s.Circumstances == nil || bytes.Equal(c.Presentations[i].Circumstances, s.Circumstances)):
			continue // it is there
		case !fits(c, &Submission{Presentations: []Submitted{p}, Circumstances: s.Circumstances}):
			return false, &Invalid{Faults: []Fault{{Path: "/presentations", Message: "the challenge holds 64 presentations, or 8 MiB of them and of circumstances, already"}}}
		case i < 0:
			c.Presentations = append(c.Presentations, StoredPresentation{
				ID: newID(), Digest: digest, MediaType: p.MediaType, Raw: p.Raw,
				Circumstances: s.Circumstances, ReceivedAt: v.cfg.Now().UTC(),
			})
		default:
			c.Presentations[i].Circumstances = s.Circumstances
		}
		changed = true
	}
	return changed, nil
}

// replaceDefaults lays new circumstances over the challenge's, member by member.
func replaceDefaults(c *Challenge, own json.RawMessage) (bool, error) {
	merged, err := overlay(c.Circumstances, own)
	if err != nil {
		return false, err
	}
	raw, err := json.Marshal(merged)
	if err != nil || bytes.Equal(raw, c.Circumstances) {
		return false, err
	}
	c.Circumstances = raw
	return true, nil
}

// stored answers the same bytes again at a challenge that has closed, others
// with how it did.
func (v *Verifier) stored(ctx context.Context, who Caller, id string, s *Submission, closed error) (json.RawMessage, error) {
	c, err := v.cfg.Store.Challenge(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	if c.State == Closed && !v.cfg.Now().Before(c.ExpiresAt) { // swept, or closed before: over in any case
		closed = &Expired{At: c.ExpiresAt}
	}
	known := func(p Submitted) bool {
		digest := sha256.Sum256(p.Raw)
		return slices.ContainsFunc(c.Presentations, func(have StoredPresentation) bool { return have.Digest == digest })
	}
	for _, p := range s.Presentations {
		if !known(p) {
			return nil, closed
		}
	}
	if len(s.Presentations) == 0 || c.State != Permitted {
		return nil, closed
	}
	return v.Decision(ctx, who, c.DecisionID)
}

// decideNow decides at the challenge's present revision and commits that, or
// returns the answer that stands, where nothing changed since.
func (v *Verifier) decideNow(ctx context.Context, who Caller, id string, s *Submission, reuse bool) (json.RawMessage, error) {
	c, err := v.cfg.Store.Challenge(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	if closed := v.stillOpen(c); closed != nil { // it expired, or another's presentation permitted, meanwhile
		return v.stored(ctx, who, id, s, closed)
	}
	if reuse && c.DecisionID != "" && c.Decided == c.Revision {
		return v.Decision(ctx, who, c.DecisionID)
	}
	d := v.decider(who.Tenant)
	d.inquiry = c.inquiry()
	defer d.done()
	o, err := d.decide(ctx)
	if err != nil {
		return nil, err
	}
	var raw json.RawMessage
	err = d.commit(ctx, o, func(o *outcome) error {
		a, err := answer(o, newID(), d.now, s.Input)
		if err != nil {
			return err
		}
		a.Challenge, a.Revision = c.ID, c.Revision
		raw, err = v.commit(ctx, who, a, o, nil)
		return err
	})
	return raw, err
}

// commit stores a decision and returns what the caller gets.
func (v *Verifier) commit(ctx context.Context, who Caller, a *Answer, o *outcome, nonce *UsedNonce) (json.RawMessage, error) {
	sent, err := a.public()
	if err != nil {
		return nil, err
	}
	kept, err := v.filed(who.Tenant, *a, o)
	if err != nil {
		return nil, err
	}
	err = v.cfg.Store.CommitDecision(ctx, &StoredDecision{
		ID: a.ID, Tenant: who.Tenant, Client: who.Client, Challenge: a.Challenge, Revision: a.Revision,
		EvaluatedAt: v.cfg.Now().UTC(), Permit: o.decision.Decision == policies.Permit, Answer: kept,
		OnFile: onFile(o), Nonce: nonce, Uses: o.uses,
	})
	if err != nil {
		return nil, err
	}
	if v.cfg.Decided != nil {
		v.cfg.Decided(a.Decision)
	}
	return sent, nil
}

func (v *Verifier) decider(tenant string) *decider {
	now := v.cfg.Now()
	heard := v.heardBy(now) // before the library is taken, which may be a later one
	d := v.deciderAt(v.Library(tenant), v.lookups(tenant), now)
	d.heard, d.ledger = heard, v.ledger(tenant)
	return d
}

// deciderAt takes the time once: every check of a decision is at one instant.
func (v *Verifier) deciderAt(l *Library, look lookups, at time.Time) *decider {
	now := at.UTC()
	proofs := &proof.Verifier{DIDs: v.cfg.DIDs.Begin(), Contexts: l.Context, Cache: &v.contexts, Signatures: v.cfg.Signatures, Now: func() time.Time { return now }}
	return &decider{library: l, proofs: proofs, lookups: look, now: now, heard: v.heardBy(now), offline: v.cfg.Offline, told: v.cfg.Begin, statusLists: v.cfg.StatusLists, timestampRoots: v.cfg.TimestampRoots}
}

// inquiry is the question that a challenge asks, with all that was presented.
func (c *Challenge) inquiry() inquiry {
	q := inquiry{request: c.Request, nonce: c.Nonce, domain: c.Domain, opened: c.OpenedAt, defaults: c.Circumstances}
	for _, p := range c.Presentations {
		q.presentations = append(q.presentations, received{mediaType: p.MediaType, raw: p.Raw, circumstances: p.Circumstances, at: p.ReceivedAt})
	}
	return q
}

// Decision loads the answer of a decision.
func (v *Verifier) Decision(ctx context.Context, who Caller, id string) (json.RawMessage, error) {
	d, err := v.cfg.Store.Decision(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	return d.Answer, nil
}
