package verifier

import (
	"context"
	"encoding/json"
	"time"
)

// A Standing is a question whose answer others rest on for a while, with the one
// presentation that came to answer it: a wallet's session in which somebody acts for
// another. It is decided when it is presented, and anew whenever something rests on it.
type Standing struct {
	Question             // Nonce: of [Verifier.BoundNonce], Domain: the wallet's own
	Bound      [32]byte  // what the nonce was bound to
	OpenedAt   time.Time // when the nonce was made
	ReceivedAt time.Time // when it was presented
	Presented  Submitted
	Body       []byte                                  // as received
	Asked      func(list string) (since time.Duration) // how long ago a status list may have been asked for; nil: as long as it lives
}

// boundPurpose marks nonces that are bound to something of their caller's.
const boundPurpose = "nonce of a standing question"

// BoundNonce is a nonce that begins with what it is bound to, so that its holder
// can tell what it is for; the MAC behind that lets every other door refuse it,
// for ever. For [Verifier.Stand] it is good once.
func (v *Verifier) BoundNonce(to [32]byte) string { return v.marked(boundPurpose, to[:]) }

// Stand takes the first decision, and remembers the nonce as one that is used. It
// returns, beside the answer, the DIDs of those whose presentation was proved.
func (v *Verifier) Stand(ctx context.Context, who Caller, s *Standing) (json.RawMessage, []string, error) {
	s.Nonce = v.BoundNonce(s.Bound)
	e := &Evaluation{Question: s.Question, Presentations: []Submitted{s.Presented}, Body: s.Body}
	return v.stand(ctx, who, s, func(d *decider, o *outcome) (json.RawMessage, []string, error) {
		return v.settle(ctx, who, e, d, o)
	})
}

// StandStill decides it anew: by the clock, the frameworks, the registries, the
// status lists and the counts of now. A permit counts as any other does.
func (v *Verifier) StandStill(ctx context.Context, who Caller, s *Standing) (json.RawMessage, []string, error) {
	return v.stand(ctx, who, s, func(d *decider, o *outcome) (json.RawMessage, []string, error) {
		a, err := answer(o, newID(), d.now, false)
		if err != nil {
			return nil, nil, err
		}
		raw, err := v.commit(ctx, who, a, o, nil)
		return raw, d.dids(), err
	})
}

func (v *Verifier) stand(ctx context.Context, who Caller, s *Standing, settle func(*decider, *outcome) (json.RawMessage, []string, error)) (raw json.RawMessage, holders []string, err error) {
	d := v.decider(who.Tenant)
	r := &reader{}
	r.defined("", d.library, &s.Question, d.now)
	if err := r.err(); err != nil {
		return nil, nil, err
	}
	d.asked = s.Asked
	d.inquiry = inquiry{
		request: s.Request, nonce: v.BoundNonce(s.Bound), domain: s.Domain, opened: s.OpenedAt, defaults: s.Circumstances,
		presentations: []received{{mediaType: s.Presented.MediaType, raw: s.Presented.Raw, at: s.ReceivedAt}},
	}
	defer d.done()
	o, err := d.decide(ctx)
	if err != nil {
		return nil, nil, err
	}
	err = d.commit(ctx, o, func(o *outcome) (err error) {
		raw, holders, err = settle(d, o)
		return err
	})
	return raw, holders, err
}

// ReadPresented reads one presentation, as it stands in JSON.
func ReadPresented(tree any) (Submitted, error) { return submitted(tree) }
