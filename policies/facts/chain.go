package facts

import "slices"

// deriveChain derives what stands above a credential of p as what p holds.
func (c *Credential) deriveChain(in *Input, p *Presentation, fw Framework, b *budget) {
	for i := range c.Ancestors {
		a := &c.Ancestors[i]
		deriveStatus(a.Status)
		a.deriveSupports(fw)
		a.Derived = deriveCredential(a, in.Derived.Now, p, in.Request.Proxied, fw, b)
		a.Derived.Levels = levels(a.Parents, c.Ancestors[:i])
	}
	c.Derived.Levels = levels(c.Parents, c.Ancestors)
}

// levels says who stands in the place of a credential with these parents at each
// level above it, nearest first: those directly above, then those above them;
// a root stays. Each of all stands after those above it; where one does not, or
// is not there, the chain has no levels, and never holds.
func levels(parents []int, all []Credential) (out [][]int) {
	for level := parents; len(level) > 0; {
		out = append(out, level)
		var next []int
		climbed := false
		for _, i := range level {
			if i < 0 || i >= len(all) || slices.ContainsFunc(all[i].Parents, func(j int) bool { return j >= i }) {
				return nil
			}
			up := all[i].Parents
			if climbed = climbed || len(up) > 0; len(up) == 0 {
				up = []int{i}
			}
			for _, j := range up {
				if !slices.Contains(next, j) {
					next = append(next, j)
				}
			}
		}
		if !climbed {
			return out
		}
		level = next
	}
	return out
}
