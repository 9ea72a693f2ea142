package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier"
)

func challengeComesBack(t *testing.T, db Database) {
	s := open(t, db)
	full := newChallenge()
	full.Presentations = []verifier.StoredPresentation{newPresentation("one"), newPresentation("two")}
	bare := newChallenge()
	bare.Circumstances, bare.Request.SupportedObligations, bare.Request.Proxied.Attributes = nil, nil, nil
	for _, want := range []*verifier.Challenge{full, bare} {
		must(t, s.OpenChallenge(t.Context(), want))
		same(t, "challenge", load(t, s, want.ID), want)
	}
	_, err := s.Challenge(t.Context(), tenant, id())
	wants(t, "a challenge that is not there", err, verifier.ErrUnknownChallenge)
	if err := s.OpenChallenge(t.Context(), full); err == nil {
		t.Error("a challenge was opened twice under one id")
	}
}

func change(t *testing.T, db Database) {
	s := open(t, db)
	c := opened(t, s)
	must(t, s.Change(t.Context(), tenant, c.ID, func(got *verifier.Challenge) (bool, error) {
		same(t, "challenge in change", got, c)
		got.Circumstances = json.RawMessage(`{"a": 1}`)
		return true, nil
	}))
	got := load(t, s, c.ID)
	if string(got.Circumstances) != `{"a": 1}` || got.Revision != c.Revision+1 {
		t.Errorf("after a change: circumstances %s, revision %d, want those set and one more", got.Circumstances, got.Revision)
	}
	must(t, s.Change(t.Context(), tenant, c.ID, func(*verifier.Challenge) (bool, error) { return false, nil }))
	same(t, "after no change", load(t, s, c.ID), got)
	err := s.Change(t.Context(), tenant, id(), func(*verifier.Challenge) (bool, error) { panic("not reached") })
	wants(t, "changing a challenge that is not there", err, verifier.ErrUnknownChallenge)
}

func changePresentations(t *testing.T, db Database) {
	s := open(t, db)
	a, b, d := newPresentation("a"), newPresentation("b"), newPresentation("d")
	d.Circumstances = nil
	c := opened(t, s, a, b)
	same(t, "added", c.Presentations, []verifier.StoredPresentation{a, b})
	b.Circumstances = json.RawMessage(`{"new": true}`)
	must(t, s.Change(t.Context(), tenant, c.ID, func(c *verifier.Challenge) (bool, error) {
		c.Presentations = []verifier.StoredPresentation{b, d}
		return true, nil
	}))
	same(t, "one removed, one changed, one added", load(t, s, c.ID).Presentations, []verifier.StoredPresentation{b, d})
	must(t, s.Change(t.Context(), tenant, c.ID, func(c *verifier.Challenge) (bool, error) {
		c.Presentations = append(c.Presentations, a)
		c.Presentations[0].Circumstances = nil
		return true, nil
	}))
	b.Circumstances = nil
	same(t, "order of receipt", load(t, s, c.ID).Presentations, []verifier.StoredPresentation{b, d, a})
}

// remains is what is kept of a challenge that closed: neither what it asked nor
// what was presented to it (semantics 8.4).
func remains(c *verifier.Challenge) *verifier.Challenge {
	left := &verifier.Challenge{
		ID: c.ID, Tenant: c.Tenant, Client: c.Client, OpenedAt: c.OpenedAt, ExpiresAt: c.ExpiresAt,
		State: c.State, Revision: c.Revision, DecisionID: c.DecisionID, Decided: c.Decided,
	}
	for _, p := range c.Presentations {
		p.Raw, p.Circumstances = nil, nil
		left.Presentations = append(left.Presentations, p)
	}
	return left
}

func closing(t *testing.T, db Database) {
	s := open(t, db)
	p := newPresentation("what was presented")
	c := opened(t, s, p)
	must(t, s.Change(t.Context(), tenant, c.ID, func(c *verifier.Challenge) (bool, error) {
		c.State = verifier.Closed
		return true, nil
	}))
	c.State, c.Revision = verifier.Closed, c.Revision+1
	same(t, "closed challenge", load(t, s, c.ID), remains(c))
	err := s.Change(t.Context(), tenant, c.ID, func(*verifier.Challenge) (bool, error) { panic("not reached") })
	wants(t, "changing a closed challenge", err, verifier.ErrChallengeClosed)
	wants(t, "deciding a closed challenge", s.CommitDecision(t.Context(), newDecision(c, true)), verifier.ErrChallengeClosed)
}

// Two stores on one database are as two processes.
func manyChange(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	c := opened(t, stores[0])
	const n = 24
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			err := stores[i%2].Change(t.Context(), tenant, c.ID, func(c *verifier.Challenge) (bool, error) {
				c.Presentations = append(c.Presentations, newPresentation(fmt.Sprint(i)))
				return true, nil
			})
			if err != nil {
				t.Errorf("change %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	got := load(t, stores[1], c.ID)
	if len(got.Presentations) != n || got.Revision != c.Revision+n {
		t.Errorf("after %d changes at once: %d presentations, %d revisions more, want %d of each", n, len(got.Presentations), got.Revision-c.Revision, n)
	}
}

func changeFails(t *testing.T, db Database) {
	s := open(t, db)
	c := opened(t, s, newPresentation("kept"))
	mine := errors.New("mine")
	spoil := func(c *verifier.Challenge) {
		c.Presentations, c.State, c.Circumstances = nil, verifier.Closed, nil
	}
	err := s.Change(t.Context(), tenant, c.ID, func(c *verifier.Challenge) (bool, error) {
		spoil(c)
		return true, mine
	})
	wants(t, "an error in change", err, mine)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic in change was swallowed")
			}
		}()
		_ = s.Change(t.Context(), tenant, c.ID, func(c *verifier.Challenge) (bool, error) {
			spoil(c)
			panic("in change")
		})
	}()
	same(t, "after both", load(t, s, c.ID), c)
}

func cancelled(t *testing.T, db Database) {
	s := open(t, db)
	c := opened(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Change(ctx, tenant, c.ID, func(c *verifier.Challenge) (bool, error) {
		c.Circumstances = nil
		cancel()
		return true, nil
	})
	if err == nil {
		t.Error("a cancelled change reported success")
	}
	if err := s.CommitDecision(ctx, newDecision(c, true)); err == nil {
		t.Error("a cancelled decision reported success")
	}
	same(t, "after both", load(t, s, c.ID), c)
}

func sweep(t *testing.T, db Database) {
	s := open(t, db)
	p := newPresentation("goes with its challenge")
	c := opened(t, s, p)
	must(t, s.Sweep(t.Context(), c.ExpiresAt.Add(-time.Nanosecond)))
	same(t, "before it expires", load(t, s, c.ID), c)
	must(t, s.Sweep(t.Context(), c.ExpiresAt))
	late := newDecision(c, true)
	c.State, c.Revision = verifier.Closed, c.Revision+1
	same(t, "expired and swept", load(t, s, c.ID), remains(c))
	if err := s.CommitDecision(t.Context(), late); err == nil {
		t.Error("a decision that was under way was committed to a challenge that expired")
	}
}
