package verifier

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/procura-dev/procura/policies"
)

// An Evaluation is a question and its presentations in one call, over a nonce
// of the caller (POST /v1/evaluations).
type Evaluation struct {
	Question
	Presentations []Submitted
	Body          []byte // as received
	Batch         string // random, of the call whose questions may share a nonce; empty: none
	Input         bool   // the answer carries the replayable input
	Uncounted     bool   // no uses are counted: what limits them denies
}

// replayWindow is how long a byte-identical body gets its first decision.
const replayWindow = 60 * time.Second

// nonceLife is how long a caller's nonce is remembered: no presentationMaxAge
// is longer than a day, no clockSkew than an hour.
const nonceLife = 25 * time.Hour

// minNonce is 128 bits in base64url.
const minNonce = 22

// Evaluate decides in one call. The nonce is remembered in the decision's
// transaction, once a proof over it held.
func (v *Verifier) Evaluate(ctx context.Context, who Caller, e *Evaluation) (json.RawMessage, error) {
	answer, _, err := v.EvaluateHolders(ctx, who, e)
	return answer, err
}

// EvaluateHolders is Evaluate, and returns the DIDs, sorted, of those whose
// presentations were proved now: none where the nonce alone denies.
func (v *Verifier) EvaluateHolders(ctx context.Context, who Caller, e *Evaluation) (json.RawMessage, []string, error) {
	r := &reader{}
	domain := r.domain(who, e.Domain)
	r.defined("/request", v.Library(who.Tenant), &e.Question, v.cfg.Now())
	r.evaluation(e)
	if err := r.err(); err != nil {
		return nil, nil, err
	}
	d := v.decider(who.Tenant)
	d.inquiry = e.inquiry(domain, d.now)
	if v.ours(e.Nonce) {
		raw, err := v.refuseNonce(ctx, who, d, "nonce.mismatch", "this nonce was issued for a challenge")
		return raw, nil, err
	}
	if e.Uncounted {
		d.ledger = nil
	}
	defer d.done()
	o, err := d.decide(ctx)
	if err != nil {
		return nil, nil, err
	}
	var raw json.RawMessage
	var holders []string
	err = d.commit(ctx, o, func(o *outcome) (err error) {
		raw, holders, err = v.settle(ctx, who, e, d, o)
		return err
	})
	return raw, holders, err
}

// settle commits a decision with its nonce, or finds that it was taken before.
func (v *Verifier) settle(ctx context.Context, who Caller, e *Evaluation, d *decider, o *outcome) (json.RawMessage, []string, error) {
	body := v.digest("body of an evaluation", []byte(who.Client), e.Body)
	nonce := v.usedNonce(who, e, d, o, d.domain, body)
	if nonce == nil { // the commit looks for the same body beside a nonce alone
		if first, err := v.first(ctx, who, body, d.now); !errors.Is(err, ErrUnknownDecision) {
			return first, nil, err
		}
	}
	a, err := answer(o, newID(), d.now, e.Input)
	if err != nil {
		return nil, nil, err
	}
	raw, err := v.commit(ctx, who, a, o, nonce)
	if errors.Is(err, ErrNonceReplayed) {
		if first, err := v.first(ctx, who, body, d.now); !errors.Is(err, ErrUnknownDecision) {
			return first, d.dids(), err
		}
		raw, err = v.refuseNonce(ctx, who, d, "nonce.replayed", "this nonce was used before")
		return raw, nil, err
	}
	return raw, d.dids(), err
}

// dids are the DIDs of the holders whose proofs held, sorted. A holder may be
// known by a key alone.
func (d *decider) dids() (out []string) {
	for _, p := range d.presented {
		if IsDID(p.Holder) {
			out = append(out, p.Holder)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// first is the first answer to the same body, [ErrUnknownDecision] where there
// is none. It is looked for when the decision is taken: most bodies come once,
// and for those the commit finds that out.
func (v *Verifier) first(ctx context.Context, who Caller, body [32]byte, now time.Time) (json.RawMessage, error) {
	d, err := v.cfg.Store.ReplayedBody(ctx, who.Tenant, who.Client, body, now.Add(-replayWindow))
	if err != nil {
		return nil, err
	}
	return d.Answer, nil
}

func (r *reader) evaluation(e *Evaluation) {
	if len(e.Nonce) < minNonce || len(e.Nonce) > 512 {
		r.fault("/nonce", "must be %d to 512 characters: at least 128 bits", minNonce)
	}
	if len(e.Presentations) == 0 || len(e.Presentations) > maxPresentations {
		r.fault("/presentations", "must be 1 to %d presentations", maxPresentations)
	}
}

func (e *Evaluation) inquiry(domain string, now time.Time) inquiry {
	q := inquiry{request: e.Request, nonce: e.Nonce, domain: domain, defaults: e.Circumstances}
	for _, p := range e.Presentations {
		q.presentations = append(q.presentations, received{mediaType: p.MediaType, raw: p.Raw, at: now})
	}
	return q
}

// usedNonce is what to remember: nothing, where no proof over it held.
func (v *Verifier) usedNonce(who Caller, e *Evaluation, d *decider, o *outcome, domain string, body [32]byte) *UsedNonce {
	if len(o.holders) == 0 {
		return nil
	}
	n := &UsedNonce{Client: who.Client, Batch: e.Batch, Body: body, Since: d.now.Add(-replayWindow), At: d.now, Expires: d.now.Add(nonceLife)}
	request, _ := writeRequest(&e.Request) // plain strings and maps: cannot fail
	all := slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(o.holders))...)))
	for _, holder := range slices.Compact(all) {
		content := [][]byte{[]byte(who.Client), request}
		for i, p := range e.Presentations {
			if slices.Contains(o.holders[i], holder) {
				content = append(content, p.Raw)
			}
		}
		n.Uses = append(n.Uses, NonceUse{
			Key:     v.digest("nonce of a caller", []byte(who.Tenant), []byte(domain), []byte(e.Nonce), []byte(holder)),
			Content: v.digest("use of a nonce", content...),
		})
	}
	return n
}

// refuseNonce is the decision where the nonce alone denies.
func (v *Verifier) refuseNonce(ctx context.Context, who Caller, d *decider, code, message string) (json.RawMessage, error) {
	d.presented, d.refused = nil, nil // the nonce alone denies
	o := &outcome{decision: policies.Refuse(d.input(nil), code, message)}
	a, err := answer(o, newID(), d.now, false)
	if err != nil {
		return nil, err
	}
	return v.commit(ctx, who, a, o, nil)
}

// Decide takes a decision without a store: procura verify. The registries are
// the caller's own lists.
func (v *Verifier) Decide(ctx context.Context, l *Library, q *Question, s []Submitted, registries map[string][]string) (*Answer, error) {
	return v.decideBy(ctx, v.deciderAt(l, listed(registries), v.cfg.Now()), q, s)
}

// Recheck takes the decision of an instant that has passed, of what was presented
// then, by what status lists and DID documents say now (semantics 7). It is of a
// permit, whose uses were counted when it was given.
func (v *Verifier) Recheck(ctx context.Context, l *Library, q *Question, s []Submitted, registries map[string][]string, then time.Time) (*Answer, error) {
	d := v.deciderAt(l, listed(registries), then)
	d.anew, d.ledger = v.cfg.Now().UTC(), countedThen
	return v.decideBy(ctx, d, q, s)
}

// decideBy decides without a store.
func (v *Verifier) decideBy(ctx context.Context, d *decider, q *Question, s []Submitted) (*Answer, error) {
	r := &reader{}
	r.defined("", d.library, q, d.now)
	if err := r.err(); err != nil {
		return nil, err
	}
	d.inquiry = inquiry{request: q.Request, nonce: q.Nonce, domain: q.Domain, defaults: q.Circumstances}
	for _, p := range s {
		d.presentations = append(d.presentations, received{mediaType: p.MediaType, raw: p.Raw, at: d.now})
	}
	o, err := d.decide(ctx)
	if err != nil {
		return nil, err
	}
	a, err := answer(o, newID(), d.now, true)
	if err != nil {
		return nil, err
	}
	shown := *a.Decision
	shown.Counted, shown.Used = nil, nil
	a.Decision = &shown
	return a, nil
}

// listed looks DIDs up in lists that are at hand: name → DIDs.
func listed(registries map[string][]string) lookups {
	names := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(registries)) {
		for _, did := range registries[name] {
			names[did] = append(names[did], name)
		}
	}
	return lookups{
		registries: func(context.Context, []string) (map[string][]string, error) { return names, nil },
		triggers:   func(context.Context, []string) ([]Trigger, error) { return nil, nil },
	}
}
