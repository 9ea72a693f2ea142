package verifier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
)

// A ledger is where uses are counted; nil in doors that have none.
type ledger struct {
	uses  func(ctx context.Context, key [32]byte, since []time.Time) (Uses, error)
	key   func(c *facts.Credential) [32]byte
	queue func(ctx context.Context, keys [][32]byte) (leave func(), err error)
}

func (v *Verifier) ledger(tenant string) *ledger {
	return &ledger{
		uses: func(ctx context.Context, key [32]byte, since []time.Time) (Uses, error) {
			return v.cfg.Store.Uses(ctx, tenant, key, since)
		},
		key:   func(c *facts.Credential) [32]byte { return v.usageKey(tenant, c) },
		queue: v.queues.enter,
	}
}

// countedThen is the ledger of a permit that is checked again. Nobody permits what he
// does not count: there was room for it then, and what was counted since is of others.
var countedThen = &ledger{
	uses: func(_ context.Context, _ [32]byte, since []time.Time) (Uses, error) {
		return Uses{Since: make([]int64, len(since))}, nil
	},
	key:   func(c *facts.Credential) [32]byte { return sha256.Sum256([]byte(c.Digest)) },
	queue: func(context.Context, [][32]byte) (func(), error) { return func() {}, nil },
}

// usageKey stands for what a count belongs to (semantics 5, "usage"): whoever
// issued the credential and its id, if that is an absolute IRI; else its digest.
func (v *Verifier) usageKey(tenant string, c *facts.Credential) [32]byte {
	if absolute(c.ID) {
		return v.digest("uses of what an issuer names", []byte(tenant), []byte(c.Issuer), []byte(c.ID))
	}
	return v.digest("uses of a credential", []byte(tenant), []byte(c.Digest))
}

// absolute holds for an IRI with a scheme (RFC 3987, section 2.2); a blank node
// is none.
func absolute(id string) bool {
	scheme, rest, _ := strings.Cut(id, ":")
	if rest == "" || scheme == "" {
		return false
	}
	for i, c := range []byte(scheme) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return true
}

// A meter is a key of the ledger with what was read of it. Credentials that are
// by one issuer under one id share it.
type meter struct {
	key    [32]byte
	total  int64
	counts map[time.Duration]int64 // period → uses in it, until now
}

// A limited credential is one that bears constraints on use.
type limited struct {
	limits []facts.Limit
	meter  *meter
}

// count puts what the ledger tells beside each credential that limits its use.
// Where there is no ledger nobody counts.
func (d *decider) count(ctx context.Context) error {
	if d.ledger == nil {
		return nil
	}
	if err := d.findLimited(ctx); err != nil {
		return err
	}
	for _, m := range d.meters {
		if err := d.readMeter(ctx, m); err != nil {
			return err
		}
	}
	return d.eachCarrier(ctx, func(_ *Framework, c *facts.Credential) {
		if l := d.limited[c.Digest]; l != nil {
			c.Uses = l.uses()
		}
	})
}

// findLimited finds the credentials, also those above others, whose use is limited,
// and waits for the turn of each: once in a decision.
func (d *decider) findLimited(ctx context.Context) error {
	if d.limited != nil {
		return nil
	}
	d.limited, d.meters = map[string]*limited{}, map[[32]byte]*meter{}
	err := d.eachCarrier(ctx, func(f *Framework, c *facts.Credential) {
		if limits := f.Engine.Limits(c, d.request.Proxied); len(limits) > 0 {
			d.limited[c.Digest] = &limited{limits, d.meter(d.ledger.key(c), limits)}
		}
	})
	if err != nil || len(d.meters) == 0 {
		return err
	}
	d.leave, err = d.ledger.queue(ctx, slices.Collect(maps.Keys(d.meters)))
	return err
}

func (d *decider) meter(key [32]byte, limits []facts.Limit) *meter {
	m := d.meters[key]
	if m == nil {
		m = &meter{key: key, counts: map[time.Duration]int64{}}
		d.meters[key] = m
	}
	for _, l := range limits {
		m.counts[l.Period] = 0
	}
	return m
}

func (d *decider) eachCarrier(ctx context.Context, do func(*Framework, *facts.Credential)) error {
	for i := range d.presented {
		p := &d.presented[i]
		for j := range p.Credentials {
			f, err := d.framework(ctx, p.versions[j])
			if err != nil {
				return err
			}
			for _, c := range carriers(&p.Credentials[j]) {
				do(f, c)
			}
		}
	}
	return nil
}

// readMeter reads how often a key was used in each period: later than its begin, so
// that what was used one period ago is free again.
func (d *decider) readMeter(ctx context.Context, m *meter) error {
	periods := slices.Sorted(maps.Keys(m.counts))
	since := make([]time.Time, len(periods))
	for i, p := range periods {
		since[i] = d.now.Add(-p)
	}
	told, err := d.ledger.uses(ctx, m.key, since)
	if err != nil {
		return err
	}
	m.total = told.Total
	for i, p := range periods {
		m.counts[p] = told.Since[i]
	}
	return nil
}

func (l *limited) uses() []facts.Use {
	out := make([]facts.Use, len(l.limits))
	for i, limit := range l.limits {
		out[i] = facts.Use{Constraint: limit.Constraint, Count: l.meter.counts[limit.Period]}
	}
	return out
}

// errUncounted: a policy of ours permits nothing that nobody counts.
var errUncounted = errors.New("a permit rests on a use that was not counted")

// spent is what a decision uses up: one of each key on which a permit rests.
func (d *decider) spent(decision *policies.Decision) ([]Use, error) {
	if decision.Decision != policies.Permit {
		return nil, nil
	}
	var out []Use
	for _, digest := range decision.Used {
		l := d.limited[digest]
		if l == nil {
			return nil, fmt.Errorf("credential %s: %w", digest, errUncounted)
		}
		if !slices.ContainsFunc(out, func(u Use) bool { return u.Key == l.meter.key }) {
			out = append(out, Use{Key: l.meter.key, Seen: l.meter.total, At: d.now, Life: l.meter.life()})
		}
	}
	slices.SortFunc(out, func(a, b Use) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	return out, nil
}

// usesKept is for how long a use is kept beyond its period: a clock that is behind
// must find it, and a decision that read it before it was swept has ended by then.
const usesKept = 24 * time.Hour

// longestKept bounds the period for which a use is kept: with it no instant of the
// store, ns since 1970 in 63 bits, overflows before the year 2160.
const longestKept = 100 * 365 * 24 * time.Hour

func (m *meter) life() time.Duration {
	return min(slices.Max(slices.Collect(maps.Keys(m.counts))), longestKept) + usesKept
}

// commit hands an outcome to store, and where others were counted since it read the
// counts asks the policy anew. Who never comes to a turn is denied.
func (d *decider) commit(ctx context.Context, o *outcome, store func(*outcome) error) error {
	for range attempts {
		err := store(o)
		if !errors.Is(err, ErrUsesChanged) {
			return err
		}
		if err := d.count(ctx); err != nil {
			return err
		}
		if o, err = d.ask(ctx); err != nil {
			return err
		}
	}
	return store(d.withHolders(&outcome{decision: policies.Refuse(d.input(nil), "usage.contended", "too many decisions count on one credential at once: ask again")}))
}

// done ends the turn of a decision, if it has one.
func (d *decider) done() {
	if d.leave != nil {
		d.leave()
	}
}
