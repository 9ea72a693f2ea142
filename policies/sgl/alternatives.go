package sgl

import (
	"slices"
	"strconv"
)

// alternatives brings a condition to a list of alternatives, any of which
// suffices (semantics 4.3). It is false beyond MaxAlternatives or MaxCost, both
// counted before pruning and without removing duplicates.
func (c *condition) alternatives() ([][]Demand, bool) {
	if c.countAlternatives() > MaxAlternatives {
		return nil, false
	}
	return c.expand()
}

// countAlternatives counts up to MaxAlternatives+1, without making any.
func (c *condition) countAlternatives() int {
	if c.of == nil {
		return 1
	}
	counts := make([]int, len(c.of))
	for i, child := range c.of {
		counts[i] = child.countAlternatives()
	}
	if c.node.Times {
		return multisets(counts, c.node.Count)
	}
	return subsets(counts, c.node.Count)
}

// subsets sums, over all sets of n positions, the product of their counts: the
// elementary symmetric polynomial.
func subsets(counts []int, n int) int {
	sums := make([]int, n+1)
	sums[0] = 1
	for _, a := range counts {
		for j := n; j > 0; j-- {
			sums[j] = capped(sums[j] + sums[j-1]*a)
		}
	}
	return sums[n]
}

// multisets sums, over all multisets of n positions, the product of their
// counts: the complete homogeneous symmetric polynomial.
func multisets(counts []int, n int) int {
	if len(counts) == 1 && counts[0] == 1 {
		return 1
	}
	if n > MaxAlternatives { // there are at least n+1 multisets of two, 2^n of one
		return MaxAlternatives + 1
	}
	sums := make([]int, n+1)
	sums[0] = 1
	for _, a := range counts {
		for j := 1; j <= n; j++ {
			sums[j] = capped(sums[j] + sums[j-1]*a)
		}
	}
	return sums[n]
}

func capped(n int) int { return min(n, MaxAlternatives+1) }

// expand makes the alternatives, in the order of the conditions. It ends as soon
// as the cost of a part passes MaxCost: every alternative of a part is contained
// in one of the whole, so the whole costs no less.
func (c *condition) expand() ([][]Demand, bool) {
	if c.of == nil {
		return [][]Demand{{{c.node.Leaf, c.node.Count}}}, true
	}
	children := make([][][]Demand, len(c.of))
	for i, child := range c.of {
		var ok bool
		if children[i], ok = child.expand(); !ok {
			return nil, false
		}
	}
	e := expansion{children: children, cost: MaxCost}
	if c.node.Times {
		e.repeat(0, c.node.Count, nil)
	} else {
		e.choose(0, c.node.Count, nil)
	}
	return e.out, e.cost >= 0
}

// An expansion collects alternatives of a node from those of its children.
type expansion struct {
	children [][][]Demand
	out      [][]Demand
	cost     int // what is left of MaxCost
}

// choose takes every set of n of the children from position i on.
func (e *expansion) choose(i, n int, chosen [][][]Demand) {
	if n == 0 {
		e.multiply(chosen)
		return
	}
	for ; i <= len(e.children)-n && e.cost >= 0; i++ {
		e.choose(i+1, n-1, append(chosen, e.children[i]))
	}
}

// repeat takes every multiset of n of the children from position i on. Many
// matches of a child with one alternative are one alternative with more counts.
func (e *expansion) repeat(i, n int, chosen [][][]Demand) {
	if i == len(e.children)-1 {
		e.multiply(append(chosen, times(e.children[i], n)...))
		return
	}
	for m := n; m >= 0 && e.cost >= 0; m-- {
		e.repeat(i+1, n-m, append(slices.Clip(chosen), times(e.children[i], m)...))
	}
}

// times repeats a child as a factor m times.
func times(child [][]Demand, m int) [][][]Demand {
	if m == 0 {
		return nil
	}
	if len(child) > 1 {
		return slices.Repeat([][][]Demand{child}, m)
	}
	scaled := slices.Clone(child[0])
	for i := range scaled {
		scaled[i].Count = min(scaled[i].Count*m, MaxCount)
	}
	return [][][]Demand{{scaled}}
}

// multiply appends the product of the factors, the first varying slowest.
func (e *expansion) multiply(factors [][][]Demand) {
	product := [][]Demand{nil}
	for _, factor := range factors {
		next := make([][]Demand, 0, len(product)*len(factor))
		left := e.cost
		for _, a := range product {
			for _, b := range factor {
				sum := join(a, b)
				if left -= 1 << min(len(sum), 20); left < 0 {
					e.cost = -1
					return
				}
				next = append(next, sum)
			}
		}
		product = next
	}
	for _, a := range product {
		e.cost -= 1 << len(a)
	}
	e.out = append(e.out, product...)
}

// join adds two alternatives; both are sorted by leaf, and so is the sum.
func join(a, b []Demand) []Demand {
	sum := make([]Demand, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Leaf < b[0].Leaf:
			sum, a = append(sum, a[0]), a[1:]
		case a[0].Leaf > b[0].Leaf:
			sum, b = append(sum, b[0]), b[1:]
		default:
			sum = append(sum, Demand{a[0].Leaf, min(a[0].Count+b[0].Count, MaxCount)})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(sum, a...), b...)
}

// possible drops alternatives that no group within the limits meets, and
// repetitions of earlier ones. What is left decides as before, and the first
// alternative that is met stays the first.
func possible(alternatives [][]Demand) [][]Demand {
	if len(alternatives) == 1 && total(alternatives[0]) <= MaxPrincipals {
		return alternatives
	}
	if len(alternatives) <= few {
		return fewPossible(alternatives)
	}
	seen := make(map[string]bool, len(alternatives))
	out := make([][]Demand, 0, len(alternatives))
	var key []byte
	for _, a := range alternatives {
		key = key[:0]
		for _, d := range a {
			key = strconv.AppendInt(key, int64(d.Leaf), 10)
			key = append(key, ':')
			key = strconv.AppendInt(key, int64(d.Count), 10)
			key = append(key, ' ')
		}
		if total(a) <= MaxPrincipals && !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, a)
		}
	}
	return out
}

// fewPossible compares them one by one.
func fewPossible(alternatives [][]Demand) [][]Demand {
	out := make([][]Demand, 0, len(alternatives))
	for _, a := range alternatives {
		again := func(b []Demand) bool { return slices.Equal(a, b) }
		if total(a) <= MaxPrincipals && !slices.ContainsFunc(out, again) {
			out = append(out, a)
		}
	}
	return out
}

// total is the number of different principals that an alternative takes.
func total(alternative []Demand) int {
	sum := 0
	for _, d := range alternative {
		sum += d.Count
	}
	return sum
}
