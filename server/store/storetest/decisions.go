package storetest

import (
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
)

func decisionComesBack(t *testing.T, db Database) {
	s := open(t, db)
	c := opened(t, s, newPresentation("one"))
	for _, want := range []*verifier.StoredDecision{newDecision(c, false), newDecision(nil, true)} {
		must(t, s.CommitDecision(t.Context(), want))
		got, err := s.Decision(t.Context(), tenant, want.ID)
		must(t, err)
		same(t, "decision", got, want)
		if want.Challenge != "" {
			c.DecisionID, c.Decided = want.ID, want.Revision
			same(t, "challenge after a denial", load(t, s, c.ID), c)
		}
	}
	_, err := s.Decision(t.Context(), tenant, id())
	wants(t, "a decision that is not there", err, verifier.ErrUnknownDecision)
}

func twoCommit(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	for _, permit := range []bool{false, true} {
		c := opened(t, stores[0], newPresentation("one"))
		const n = 8
		var won, lost atomic.Int32
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				switch err := stores[i%2].CommitDecision(t.Context(), newDecision(c, permit)); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, verifier.ErrRevision):
					lost.Add(1)
				default:
					t.Errorf("committing: %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || lost.Load() != n-1 {
			t.Errorf("permit %v: %d won and %d got ErrRevision, want 1 and %d", permit, won.Load(), lost.Load(), n-1)
		}
	}
}

func permitCloses(t *testing.T, db Database) {
	s := open(t, db)
	c := opened(t, s, newPresentation("one"))
	d := newDecision(c, true)
	must(t, s.CommitDecision(t.Context(), d))
	c.State, c.DecisionID, c.Decided = verifier.Permitted, d.ID, d.Revision
	same(t, "challenge after a permit", load(t, s, c.ID), remains(c))
	err := s.Change(t.Context(), tenant, c.ID, func(*verifier.Challenge) (bool, error) { panic("not reached") })
	wants(t, "changing a permitted challenge", err, verifier.ErrChallengeClosed)
}

func commitRefusals(t *testing.T, db Database) {
	s := open(t, db)
	c := opened(t, s, newPresentation("one"))
	stale := newDecision(c, true)
	stale.Revision--
	ahead := newDecision(c, true)
	ahead.Revision++
	unknown := newDecision(c, true)
	unknown.Challenge = id()
	foreign := newDecision(c, true)
	foreign.Tenant = other
	late := newDecision(c, true)
	late.EvaluatedAt = c.ExpiresAt
	for _, test := range []struct {
		name string
		d    *verifier.StoredDecision
		want error
	}{
		{"an earlier revision", stale, verifier.ErrRevision},
		{"a later revision", ahead, verifier.ErrRevision},
		{"no such challenge", unknown, verifier.ErrUnknownChallenge},
		{"another tenant's challenge", foreign, verifier.ErrUnknownChallenge},
		{"when the challenge is over", late, verifier.ErrChallengeClosed},
	} {
		wants(t, test.name, s.CommitDecision(t.Context(), test.d), test.want)
		_, err := s.Decision(t.Context(), test.d.Tenant, test.d.ID)
		wants(t, test.name+": its decision", err, verifier.ErrUnknownDecision)
	}
	same(t, "the challenge after all", load(t, s, c.ID), c)
}

// used is a decision over a caller's nonce, on a body of its own.
func used(permit bool, client string, at time.Time, uses ...verifier.NonceUse) *verifier.StoredDecision {
	d := newDecision(nil, permit)
	d.Client, d.EvaluatedAt = client, at
	d.Nonce = &verifier.UsedNonce{Uses: uses, Client: client, Body: sha256.Sum256([]byte(d.ID)), Since: at, At: at, Expires: at.Add(24 * time.Hour)}
	return d
}

func use(key, content byte) verifier.NonceUse {
	return verifier.NonceUse{Key: [32]byte{key}, Content: [32]byte{content}}
}

func nonces(t *testing.T, db Database) {
	s := open(t, db)
	foreign := used(true, "a", noon, use(1, 1))
	foreign.Tenant = other
	end := noon.Add(24 * time.Hour)
	for _, step := range []struct {
		name string
		d    *verifier.StoredDecision
		want error
	}{
		{"first use", used(false, "a", noon, use(1, 1)), nil},
		{"the same after a denial", used(false, "a", noon, use(1, 1)), nil},
		{"other content", used(false, "a", noon, use(1, 2)), verifier.ErrNonceReplayed},
		{"another client", used(false, "b", noon, use(1, 1)), verifier.ErrNonceReplayed},
		{"another tenant", foreign, nil},
		{"one more holder beside", used(false, "a", noon, use(2, 1), use(1, 1)), nil},
		{"one good holder, one replayed", used(true, "a", noon, use(3, 1), use(1, 2)), verifier.ErrNonceReplayed},
		{"the good one was not remembered", used(false, "b", noon, use(3, 2)), nil},
		{"a permit", used(true, "a", noon, use(1, 1)), nil},
		{"the same after a permit", used(false, "a", noon, use(1, 1)), verifier.ErrNonceReplayed},
		{"before it expires", used(false, "a", end.Add(-time.Nanosecond), use(1, 1)), verifier.ErrNonceReplayed},
		{"after it expired", used(false, "b", end, use(1, 3)), nil},
		{"remembered anew", used(false, "a", end, use(1, 1)), verifier.ErrNonceReplayed},
		{"no holder", used(false, "a", noon), nil},
	} {
		wants(t, step.name, s.CommitDecision(t.Context(), step.d), step.want)
	}
	must(t, s.Sweep(t.Context(), end.Add(24*time.Hour-time.Nanosecond)))
	wants(t, "swept before it expired", s.CommitDecision(t.Context(), used(false, "a", noon, use(1, 1))), verifier.ErrNonceReplayed)
	must(t, s.Sweep(t.Context(), end.Add(24*time.Hour)))
	wants(t, "swept", s.CommitDecision(t.Context(), used(false, "a", noon, use(1, 1))), nil)
}

func nonceAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	const n = 8
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			uses := []verifier.NonceUse{use(1, 1), use(2, 1)}
			if i%3 == 0 {
				uses[0], uses[1] = uses[1], uses[0]
			}
			switch err := stores[i%2].CommitDecision(t.Context(), used(true, "a", noon, uses...)); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, verifier.ErrNonceReplayed):
				lost.Add(1)
			default:
				t.Errorf("committing: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != n-1 {
		t.Errorf("%d permitted over one nonce and %d were refused, want 1 and %d", won.Load(), lost.Load(), n-1)
	}
}

// The questions of one batch share a nonce, and nobody else does: what one of them
// got permits nothing outside it.
func nonceOfBatch(t *testing.T, db Database) {
	s := open(t, db)
	in := func(batch, client string, permit bool, content byte) *verifier.StoredDecision {
		d := used(permit, client, noon, use(1, content))
		d.Nonce.Batch = batch
		return d
	}
	replayed := verifier.ErrNonceReplayed
	for _, step := range []struct {
		name string
		d    *verifier.StoredDecision
		want error
	}{
		{"a denial", in("x", "a", false, 1), nil},
		{"another question", in("x", "a", true, 2), nil},
		{"after a permit", in("x", "a", false, 3), nil},
		{"the last one again, alone", in("", "a", false, 3), replayed},
		{"the one that permitted", in("", "a", true, 2), replayed},
		{"another batch, the last one", in("y", "a", false, 3), replayed},
		{"another batch, another question", in("y", "a", false, 4), replayed},
		{"another client's by the same name", in("x", "b", false, 4), replayed},
		{"one more of the batch", in("x", "a", true, 4), nil},
	} {
		wants(t, step.name, s.CommitDecision(t.Context(), step.d), step.want)
	}
	alone := used(true, "a", noon, use(2, 1))
	must(t, s.CommitDecision(t.Context(), alone))
	next := used(true, "a", noon, use(2, 2))
	wants(t, "calls without a batch share none", s.CommitDecision(t.Context(), next), replayed)
	next.Nonce.Batch = "z"
	wants(t, "a batch after a call alone", s.CommitDecision(t.Context(), next), replayed)
}

// Each use is counted, also of many at once, until the nonce has expired; what
// another tenant counts is its own.
func nonceUses(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	key, expires := [32]byte{1}, noon.Add(time.Minute)
	var sum atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			n, err := stores[i%2].UseNonce(t.Context(), tenant, key, expires)
			if err != nil {
				t.Errorf("counting: %v", err)
			}
			sum.Add(int32(n))
		})
	}
	wg.Wait()
	if sum.Load() != 36 {
		t.Errorf("eight uses were counted as %d in sum, want 1 to 8", sum.Load())
	}
	count := func(what, tenant string, want int) {
		t.Helper()
		n, err := stores[0].UseNonce(t.Context(), tenant, key, expires)
		must(t, err)
		same(t, what, n, want)
	}
	count("another tenant's", other, 1)
	must(t, stores[0].Sweep(t.Context(), expires.Add(-time.Nanosecond)))
	count("before it expires", tenant, 9)
	must(t, stores[0].Sweep(t.Context(), expires))
	count("after it expired", tenant, 1)
}

func nonceStoresNothing(t *testing.T, db Database) {
	s := open(t, db)
	must(t, s.CommitDecision(t.Context(), used(true, "a", noon, use(1, 1))))
	d := used(true, "a", noon, use(1, 1))
	d.OnFile = []verifier.Trigger{{Credential: "credential", Constraint: "constraint"}}
	wants(t, "replay", s.CommitDecision(t.Context(), d), verifier.ErrNonceReplayed)
	_, err := s.Decision(t.Context(), tenant, d.ID)
	wants(t, "its decision", err, verifier.ErrUnknownDecision)
	filed, err := s.Triggers(t.Context(), tenant, []string{"credential"})
	must(t, err)
	if len(filed) != 0 {
		t.Errorf("a refused decision filed %v", filed)
	}
}

// A body is decided once in its time, also where its nonce may come again.
func bodyOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	body := [32]byte{9}
	on := func(client string, at time.Time, u verifier.NonceUse) *verifier.StoredDecision {
		d := used(false, client, at, u)
		d.Nonce.Body, d.Nonce.Since = body, at.Add(-time.Minute)
		return d
	}
	const n = 8
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			switch err := stores[i%2].CommitDecision(t.Context(), on("a", noon, use(1, 1))); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, verifier.ErrNonceReplayed):
				lost.Add(1)
			default:
				t.Errorf("committing: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != n-1 {
		t.Errorf("%d decided on one body at once and %d were refused, want 1 and %d", won.Load(), lost.Load(), n-1)
	}
	end := noon.Add(time.Minute)
	for _, step := range []struct {
		name string
		d    *verifier.StoredDecision
		want error
	}{
		{"another client's", on("b", noon, use(2, 1)), nil},
		{"at the end of its time", on("a", end, use(1, 1)), verifier.ErrNonceReplayed},
		{"after it", on("a", end.Add(time.Nanosecond), use(1, 1)), nil},
	} {
		wants(t, step.name, stores[0].CommitDecision(t.Context(), step.d), step.want)
	}
}

func replayedBody(t *testing.T, db Database) {
	s := open(t, db)
	first, second := used(false, "a", noon, use(1, 1)), used(true, "a", noon.Add(time.Second), use(1, 1))
	body := first.Nonce.Body
	second.Nonce.Body = body
	must(t, s.CommitDecision(t.Context(), first))
	must(t, s.CommitDecision(t.Context(), second))
	for _, test := range []struct {
		name, tenant, client string
		body                 [32]byte
		since                time.Time
		want                 *verifier.StoredDecision
	}{
		{"the first", tenant, "a", body, noon, first},
		{"the second, when the first is older", tenant, "a", body, noon.Add(time.Nanosecond), second},
		{"both older", tenant, "a", body, noon.Add(2 * time.Second), nil},
		{"another client", tenant, "b", body, noon, nil},
		{"another tenant", other, "a", body, noon, nil},
		{"another body", tenant, "a", [32]byte{8}, noon, nil},
	} {
		got, err := s.ReplayedBody(t.Context(), test.tenant, test.client, test.body, test.since)
		if test.want == nil {
			wants(t, test.name, err, verifier.ErrUnknownDecision)
			continue
		}
		must(t, err)
		if got.ID != test.want.ID || string(got.Answer) != string(test.want.Answer) {
			t.Errorf("%s: decision %s, want %s", test.name, got.ID, test.want.ID)
		}
	}
}

func triggers(t *testing.T, db Database) {
	s := open(t, db)
	a := verifier.Trigger{Credential: "c1", Constraint: "k1", Attestation: facts.Attestation{
		Issuer: "did:example:attester", Registries: []string{"today's"}, Key: "thumb", IssuedAt: "2026-05-17T12:00:00Z",
		Constraint: "k1", Credential: "c1", Proxied: "did:example:child",
	}}
	b := a
	b.Constraint, b.Attestation.Constraint = "k2", "k2"
	later := a
	later.Attestation.IssuedAt = "2026-05-18T12:00:00Z"
	d := newDecision(nil, true)
	d.OnFile = []verifier.Trigger{a, b}
	must(t, s.CommitDecision(t.Context(), d))
	again := newDecision(nil, true)
	again.OnFile = []verifier.Trigger{a, later}
	must(t, s.CommitDecision(t.Context(), again))

	got, err := s.Triggers(t.Context(), tenant, []string{"c1", "c2", "c1"})
	must(t, err)
	counts := map[string]int{}
	for _, trigger := range got {
		at := trigger.Attestation
		if !at.OnFile || at.Registries != nil || at.Issuer != "did:example:attester" || at.Proxied != "did:example:child" {
			t.Errorf("trigger %+v: want it on file, as attested, without the lists of that day", trigger)
		}
		counts[trigger.Constraint+" "+at.IssuedAt]++
	}
	same(t, "triggers", counts, map[string]int{"k1 2026-05-17T12:00:00Z": 1, "k2 2026-05-17T12:00:00Z": 1, "k1 2026-05-18T12:00:00Z": 1})
	for _, test := range []struct {
		tenant      string
		credentials []string
	}{{other, []string{"c1"}}, {tenant, []string{"c2"}}, {tenant, nil}} {
		none, err := s.Triggers(t.Context(), test.tenant, test.credentials)
		must(t, err)
		if len(none) != 0 {
			t.Errorf("triggers of %v: %v, want none", test, none)
		}
	}
}

// Two decisions that file the same triggers, in whatever order, do not wait
// for each other.
func triggersAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	for range 10 {
		credential := id()
		var wg sync.WaitGroup
		for i := range 4 {
			d := newDecision(nil, true)
			for _, constraint := range []string{"k1", "k2", "k3", "k4", "k5", "k6"} {
				d.OnFile = append(d.OnFile, verifier.Trigger{Credential: credential, Constraint: constraint})
			}
			if i%2 == 1 {
				slices.Reverse(d.OnFile)
			}
			wg.Go(func() {
				if err := stores[i%2].CommitDecision(t.Context(), d); err != nil {
					t.Errorf("committing: %v", err)
				}
			})
		}
		wg.Wait()
	}
}
