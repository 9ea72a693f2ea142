package verifier

import (
	"context"
	"errors"
	"time"

	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// statuses checks each entry by which a credential's status can be looked up. No
// framework says here whose lists count: they are the issuer's own, at hosts that
// the operator allows, and asked for once the credential's proof has held.
func (k *checking) statuses(ctx context.Context, d *decider, c *vc.Credential, held bool) ([]Checked, error) {
	out := []Checked{}
	members := statusMembers(c)
	entries, refusal := status.Entries(members)
	if refusal != nil {
		k.Problems = append(k.Problems, checkProblem(refusal))
	}
	inputs := statusInputs(members)
	ctx, cancel := context.WithDeadline(ctx, d.listsBy)
	defer cancel()
	for i, e := range entries {
		r, err := d.checkStatus(ctx, c, e, held)
		if err != nil {
			return nil, err
		}
		if r != nil {
			k.Problems = append(k.Problems, checkProblem(&vc.Refusal{Code: r.Code, Message: r.Message, Path: e.Path}))
		}
		out = append(out, Checked{Verified: r == nil, Input: inputs[i]})
	}
	if refusal != nil {
		for _, input := range inputs {
			out = append(out, Checked{Input: input})
		}
	}
	return out, nil
}

// statusMembers are those of a credential, and the claim of its token.
func statusMembers(c *vc.Credential) map[string]any {
	members := map[string]any{}
	if v, ok := c.Doc["credentialStatus"]; ok {
		members["credentialStatus"] = v
	}
	if c.JWT != nil {
		if v, ok := c.JWT.Payload["status"]; ok {
			members["status"] = v
		}
	}
	return members
}

// statusInputs are the entries as they came, in the order of status.Entries.
func statusInputs(members map[string]any) (out []any) {
	if v, ok := members["credentialStatus"]; ok {
		list, several := v.([]any)
		if !several {
			list = []any{v}
		}
		out = append(out, list...)
	}
	if v, ok := members["status"]; ok {
		mechanisms, _ := v.(map[string]any)
		for range max(1, len(mechanisms)) {
			out = append(out, v)
		}
	}
	return out
}

// checkStatus says why one entry does not pass; nil: it does. An error is ctx's, or
// that nothing could be found out.
func (d *decider) checkStatus(ctx context.Context, c *vc.Credential, e status.Entry, held bool) (*vc.Refusal, error) {
	switch {
	case !e.Readable():
		return e.Problem, nil
	case !held:
		return &vc.Refusal{Code: status.Unknown, Message: "no status is looked up of a credential that is not proved"}, nil
	case !d.statusLists.Allows(e.List):
		return &vc.Refusal{Code: status.Unknown, Message: "no credential status can be checked at a host that is not allowed here"}, nil
	}
	r, err := d.readList(ctx, c, e)
	if err == nil {
		return against(e, r, d.now), nil
	}
	if refusal, ok := errors.AsType[*vc.Refusal](err); ok {
		return refusal, nil
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &vc.Refusal{Code: status.Unreachable, Message: "fetching the status lists took too long"}, nil
	}
	return nil, err
}

func (d *decider) readList(ctx context.Context, c *vc.Credential, e status.Entry) (status.Reading, error) {
	l, err := d.statusLists.Get(ctx, e.List, status.AnyAge)
	if err != nil {
		return status.Reading{}, err
	}
	issuer := vc.Issuer(c.Doc)
	return l.Read(ctx, e, status.Terms{Proofs: d.proofs, MayPublish: func(_ context.Context, id string) (bool, error) {
		return id == issuer && id != "", nil
	}})
}

// against is what stands against a credential by what a list says of it. The policy
// decides alike (policies/challenge/status.rego); here is no framework to ask.
func against(e status.Entry, r status.Reading, now time.Time) *vc.Refusal {
	latest := now.Add(time.Minute)
	switch {
	case r.ValidFrom.After(latest):
		return &vc.Refusal{Code: status.Invalid, Message: "the status list is of the future"}
	case r.SignedAt.After(latest):
		return &vc.Refusal{Code: "clock.behind", Message: "the clock is earlier than when the status list was signed"}
	case r.Value != 0 && e.Purpose == "revocation", r.Value == 1 && e.Kind == status.Token:
		return &vc.Refusal{Code: "status.revoked", Message: "the credential is revoked"}
	case r.Value != 0 && e.Purpose == "suspension", r.Value == 2 && e.Kind == status.Token:
		return &vc.Refusal{Code: "status.suspended", Message: "the credential is suspended"}
	case r.Value != 0 && e.Purpose != "refresh":
		return &vc.Refusal{Code: status.Unknown, Message: "the status says what is not understood"}
	case !r.ValidUntil.IsZero() && !now.Before(r.ValidUntil):
		return &vc.Refusal{Code: "status.stale", Message: "the status list is over"}
	}
	return nil
}
