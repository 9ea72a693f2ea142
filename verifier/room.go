package verifier

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/procura-dev/procura/policies"
)

// maxPresentations bounds a challenge (64 principals, semantics 4.1).
const maxPresentations = 64

// maxHeld bounds what a challenge holds, in bytes, with the circumstances that
// came with each presentation: all of it is read again for
// each decision.
const maxHeld = 8 << 20

// fits reports whether a challenge has room for what came. A presentation that
// it has already takes no more than the circumstances that came with it.
func fits(c *Challenge, s *Submission) bool {
	held, seen := 0, map[[32]byte]bool{}
	for _, p := range s.Presentations {
		if digest := sha256.Sum256(p.Raw); !seen[digest] {
			held, seen[digest] = held+len(p.Raw)+len(s.Circumstances), true
		}
	}
	for _, p := range c.Presentations {
		if !seen[p.Digest] {
			held, seen[p.Digest] = held+len(p.Raw), true
		} else if s.Circumstances != nil {
			continue // which replace its own
		}
		held += len(p.Circumstances)
	}
	return held <= maxHeld && len(seen) <= maxPresentations
}

// superfluous are the presentations, by id, that must make room for more: those
// that add nobody to the group and would not with other circumstances. Nobody
// can block a group by filling its challenge.
func (v *Verifier) superfluous(ctx context.Context, who Caller, id string, s *Submission) (map[string]bool, error) {
	c, err := v.cfg.Store.Challenge(ctx, who.Tenant, id)
	if err != nil || c.State != Open || fits(c, s) {
		return nil, err
	}
	d := v.decider(who.Tenant)
	d.inquiry = c.inquiry()
	o, err := d.decide(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i, p := range c.Presentations {
		out[p.ID] = !promising(o.decision, fmt.Sprintf("/presentations/%d", i))
	}
	return out, nil
}

// promising reports whether a credential of the presentation at path counts, or
// lacks nothing but circumstances and a fresher status.
func promising(d *policies.Decision, path string) bool {
	below := func(at string) bool { return at == path || strings.HasPrefix(at, path+"/") }
	for _, c := range d.Credentials {
		if c.Accepted && below(c.Path) {
			return true
		}
	}
	return slices.ContainsFunc(d.Reasons, func(r policies.Reason) bool {
		return (r.Code == "constraint.unknown" || r.Code == "status.stale") && below(r.Path)
	})
}
