package sgl

import (
	"context"
	"fmt"
	"math/bits"
)

// An Outcome is the answer for one rule and one group.
type Outcome struct {
	Met        bool
	Principals []int    // candidates of a demand of the first met alternative, ascending; of any leaf where parts share
	Problem    *Problem // why the rule or group could not be evaluated; then Met is false
}

// Verdict decides a rule over a group of principals after merging. With
// disjoint, principals that satisfy one part are not used for another. With
// unique, the framework names a unique-person attribute: whoever lacks it counts
// only where one principal is enough.
func Verdict(r *Rule, group []Principal, disjoint, unique bool) Outcome {
	o, _ := VerdictWithin(context.Background(), r, group, disjoint, unique)
	return o
}

// VerdictWithin is [Verdict] that ends when ctx does: one pattern of a rule can take
// seconds over one long value, and a group has 64. The error is ctx's own: nothing
// was decided.
func VerdictWithin(ctx context.Context, r *Rule, group []Principal, disjoint, unique bool) (Outcome, error) {
	if problem := r.closed(len(group), disjoint); problem != nil {
		return Outcome{Problem: problem}, nil //nolint:nilerr // a refusal is no failure
	}
	if disjoint {
		return r.apart(ctx, group, unique)
	}
	return r.shared(ctx, group, unique)
}

// closed is why a rule cannot be asked of so many; nil: it can.
func (r *Rule) closed(principals int, disjoint bool) *Problem {
	problem := r.Problem(disjoint)
	if principals > MaxPrincipals && (problem == nil || problem.Code == TooComplex) {
		return &Problem{TooLarge, "the group has more than 64 principals"}
	}
	return problem
}

// A tally holds who passes the test of a leaf: bits of principals, and of their
// classes by order of appearance.
type tally struct{ principals, classes uint64 }

// tallies tests each leaf on each principal. With demandUnique those without a
// unique-person value are no candidates.
func (r *Rule) tallies(ctx context.Context, group []Principal, demandUnique bool) ([]tally, error) {
	class := make([]uint64, len(group))
	seen := map[int]uint64{}
	for i := range group {
		bit, ok := seen[group[i].Class]
		if !ok {
			bit = 1 << len(seen)
			seen[group[i].Class] = bit
		}
		class[i] = bit
	}
	out := make([]tally, len(r.Leaves))
	for l := range r.Leaves {
		for i := range group {
			if err := r.Leaves[l].over(ctx); err != nil {
				return nil, err
			}
			if (group[i].Unique || !demandUnique) && r.Leaves[l].holds(&group[i]) {
				out[l].principals |= 1 << i
				out[l].classes |= class[i]
			}
		}
	}
	return out, nil
}

// over is ctx's error, which only a test that takes long asks for.
func (l *Leaf) over(ctx context.Context) error {
	if l.like == nil || ctx.Err() == nil {
		return nil
	}
	return fmt.Errorf("matching a pattern: %w", ctx.Err())
}

// apart is disjoint evaluation.
func (r *Rule) apart(ctx context.Context, group []Principal, unique bool) (Outcome, error) {
	one, err := r.tallies(ctx, group, false)
	several := one
	if err == nil && unique && r.Plural {
		several, err = r.tallies(ctx, group, true)
	}
	if err != nil {
		return Outcome{}, err
	}
	for _, alternative := range r.Alternatives {
		who := one
		if total(alternative) > 1 {
			who = several
		}
		if assignable(alternative, who) {
			return Outcome{Met: true, Principals: demanded(alternative, who)}, nil
		}
	}
	return Outcome{}, nil
}

// demanded lists the candidates of an alternative's demands.
func demanded(alternative []Demand, who []tally) []int {
	var principals uint64
	for _, d := range alternative {
		principals |= who[d.Leaf].principals
	}
	return indexes(principals)
}

func indexes(set uint64) []int {
	out := make([]int, 0, bits.OnesCount64(set))
	for ; set != 0; set &= set - 1 {
		out = append(out, bits.TrailingZeros64(set))
	}
	return out
}

// assignable applies Hall's theorem: every demand can have candidates of its own
// if and only if every set of demands has together at least as many candidates
// as it counts. The sets of one come first, because they decide most.
func assignable(alternative []Demand, who []tally) bool {
	for _, d := range alternative {
		if bits.OnesCount64(who[d.Leaf].classes) < d.Count {
			return false
		}
	}
	return !short(alternative, who, 0, 0)
}

// short tells whether some set of the demands, joined to one that has the given
// union of candidates and counts need, has fewer candidates than it counts.
func short(demands []Demand, who []tally, union uint64, need int) bool {
	for i, d := range demands {
		union, need := union|who[d.Leaf].classes, need+d.Count
		if bits.OnesCount64(union) < need || short(demands[i+1:], who, union, need) {
			return true
		}
	}
	return false
}

// shared is evaluation in which parts may share principals; the repeated matches
// of one condition take different ones.
func (r *Rule) shared(ctx context.Context, group []Principal, unique bool) (Outcome, error) {
	who, err := r.tallies(ctx, group, unique && r.Plural)
	if err != nil {
		return Outcome{}, err
	}
	matches := r.matches(func(leaf int) int { return bits.OnesCount64(who[leaf].classes) })
	if len(matches) == 0 || matches[len(matches)-1] == 0 {
		return Outcome{}, nil
	}
	var principals uint64
	for _, t := range who {
		principals |= t.principals
	}
	return Outcome{Met: true, Principals: indexes(principals)}, nil
}

// matches tells how often each node of the tree holds, by how many candidates
// each leaf has.
func (r *Rule) matches(candidates func(leaf int) int) []int {
	matches := make([]int, len(r.Tree))
	for i, n := range r.Tree {
		if n.Of == nil {
			matches[i] = candidates(n.Leaf) / n.Count
			continue
		}
		found := 0
		for _, child := range n.Of {
			if n.Times {
				found += matches[child]
			} else {
				found += min(matches[child], 1)
			}
		}
		if found >= n.Count {
			matches[i] = 1
		}
	}
	return matches
}
