package verifier

import (
	"context"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
)

// A Step is a part of a decision that takes its time.
type Step string

// The steps.
const (
	Verification Step = "verification" // of one presentation and what it holds
	Policy       Step = "policy"       // of one version of a framework
	Check        Step = "check"        // of one document that nothing is decided over
)

// An Ending is how a step ended. Nothing in it is what somebody sent, but for a
// code that a framework's own policy may give.
type Ending struct {
	Format  string // of a presentation or credential, as package vc names it; empty: it was not read
	Outcome string // Proved or the code of a refusal; permit or deny; Failed
}

// Outcomes of steps, beside permit, deny and the codes of refusals.
const (
	Proved = "proved" // the presentation is its holder's; its credentials may be refused
	Failed = "error"  // nothing was decided
)

// begin tells whoever is to be told.
func (d *decider) begin(ctx context.Context, s Step) (context.Context, func(Ending)) {
	if d.told == nil {
		return ctx, func(Ending) {}
	}
	return d.told(ctx, s)
}

// verify takes one presentation as a step of its own.
func (d *decider) verify(ctx context.Context, i int) error {
	ctx, end := d.begin(ctx, Verification)
	before := len(d.presented)
	e := Ending{Outcome: Failed} // also where it panics
	defer func() { end(e) }()
	err := d.take(ctx, i)
	e.Format = d.presentations[i].format
	switch {
	case err != nil:
	case len(d.presented) > before:
		e.Outcome = Proved
	default:
		e.Outcome = d.refused[len(d.refused)-1].Code
	}
	return err
}

// checked takes one check as a step of its own. What do returns is the outcome.
func (d *decider) checked(ctx context.Context, format string, do func(context.Context) (string, error)) error {
	ctx, end := d.begin(ctx, Check)
	e := Ending{Format: format, Outcome: Failed}
	defer func() { end(e) }()
	outcome, err := do(ctx)
	if err == nil {
		e.Outcome = outcome
	}
	return err
}

// outcome is the code of the first problem, if there is one.
func (k *CredentialCheck) outcome() string {
	if len(k.Problems) == 0 {
		return Proved
	}
	return k.Problems[0].Code
}

func (k *PresentationCheck) outcome() string {
	if len(k.Problems) > 0 {
		return k.Problems[0].Code
	}
	for _, c := range k.Results.Credentials {
		if code := c.outcome(); code != Proved {
			return code
		}
	}
	return Proved
}

// judge asks one policy as a step of its own.
func (d *decider) judge(ctx context.Context, f *Framework, in *facts.Input) (*policies.Decision, error) {
	ctx, end := d.begin(ctx, Policy)
	e := Ending{Outcome: Failed}
	defer func() { end(e) }()
	decision, err := f.Engine.Decide(ctx, in)
	if err == nil {
		e.Outcome = decision.Decision
	}
	return decision, err
}
