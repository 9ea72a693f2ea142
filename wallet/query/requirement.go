package query

import (
	"iter"
	"math/bits"
	"slices"
)

// A set is one of descriptors, by their places.
type set uint64

func (s set) has(i int) bool { return s&(1<<i) != 0 }
func (s set) size() int      { return bits.OnesCount64(uint64(s)) }

// A requirement is a Submission Requirement ("Submission Requirement Feature").
type requirement struct {
	all             bool // rule all; else pick
	count, min, max int  // of a pick; -1: not given
	group           set  // from; empty where nested is not
	nested          []*requirement
}

// maxNested bounds how deep requirements lie in others.
const maxNested = 8

func (d *definition) readRequirements(list []object, depth int) (out []*requirement) {
	for _, o := range list {
		r := &requirement{all: o.oneOf("rule", true, "all", "pick") == "all", count: o.count("count", 1), min: o.count("min", 0), max: o.count("max", 1)}
		o.words("name", "purpose")
		if r.max >= 0 && r.max < max(r.min, r.count) {
			o.malformed(o.at("max"), "is less than what is at least wanted")
		}
		_, nests := o.get("from_nested", false)
		if from := o.text("from", !nests); from != "" {
			r.group = d.group(from)
			if r.group == 0 || nests {
				o.malformed(o.at("from"), "must be a group of descriptors, and stand without from_nested")
			}
		}
		if depth == maxNested {
			o.wrong(ErrTooMuch, o.path, "lies deeper than %d others", maxNested)
			return out
		}
		r.nested = d.readRequirements(o.objects("from_nested", false, maxList), depth+1)
		o.closed()
		out = append(out, r)
	}
	return out
}

func (d *definition) group(name string) (g set) {
	for i, p := range d.descriptors {
		if slices.Contains(p.groups, name) {
			g |= 1 << i
		}
	}
	return g
}

// pick is the first set of descriptors that satisfies all requirements, the
// smallest of each first.
func (d *definition) pick(s *search, have set) (set, bool, error) {
	for _, r := range d.requirements {
		if !r.feasible(have) {
			return 0, false, nil
		}
	}
	for chosen := range unions(d.requirements, have) {
		if err := s.spend(1 + len(d.requirements)); err != nil {
			return 0, false, err
		}
		if !slices.ContainsFunc(d.requirements, func(r *requirement) bool { return !r.satisfied(chosen) }) {
			return chosen, true, nil
		}
	}
	return 0, false, nil
}

// bounds are how many of n a requirement wants, where some of them are there.
func (r *requirement) bounds(n, some int) (least, most int) {
	least, most = r.min, r.max
	switch {
	case r.all:
		return n, n
	case r.count >= 0:
		return r.count, r.count
	case r.min < 0 && r.max < 0:
		least = 1
	case r.min < 0:
		least = min(1, some) // as little as is of use
	}
	if r.max < 0 {
		most = n
	}
	return least, most
}

// feasible reports whether a requirement by itself can be satisfied by what there is.
func (r *requirement) feasible(have set) bool {
	n, some := r.group.size(), (r.group & have).size()
	if r.nested != nil {
		n, some = len(r.nested), 0
		for _, inner := range r.nested {
			if inner.feasible(have) {
				some++
			}
		}
	}
	least, _ := r.bounds(n, some)
	return some >= least
}

// satisfied holds a requirement against the descriptors that are submitted
// ("Property Values and Evaluation").
func (r *requirement) satisfied(by set) bool {
	n, got := r.group.size(), (r.group & by).size()
	if r.nested != nil {
		n, got = len(r.nested), 0
		for _, inner := range r.nested {
			if inner.satisfied(by) {
				got++
			}
		}
	}
	least, most := r.bounds(n, got)
	return least <= got && got <= most
}

// options are sets that satisfy a feasible requirement by itself.
func (r *requirement) options(have set) iter.Seq[set] {
	return func(yield func(set) bool) {
		var places []int
		for i := range max(64, len(r.nested)) {
			if r.nested == nil && (r.group&have).has(i) || i < len(r.nested) && r.nested[i].feasible(have) {
				places = append(places, i)
			}
		}
		n := r.group.size() + len(r.nested)
		least, most := r.bounds(n, len(places))
		for size := least; size <= min(most, len(places)); size++ {
			for some := range subsets(places, size) {
				if !r.each(some, have, yield) {
					return
				}
			}
		}
	}
}

// each yields what can be had of the places chosen: the descriptors themselves, or
// the options of the requirements nested there.
func (r *requirement) each(some []int, have set, yield func(set) bool) bool {
	if r.nested == nil {
		var out set
		for _, i := range some {
			out |= 1 << i
		}
		return yield(out)
	}
	inner := make([]*requirement, len(some))
	for i, place := range some {
		inner[i] = r.nested[place]
	}
	for out := range unions(inner, have) {
		if !yield(out) {
			return false
		}
	}
	return true
}

// unions are the unions of an option of each requirement.
func unions(all []*requirement, have set) iter.Seq[set] {
	return func(yield func(set) bool) {
		if len(all) == 0 {
			yield(0)
			return
		}
		for first := range all[0].options(have) {
			for rest := range unions(all[1:], have) {
				if !yield(first | rest) {
					return
				}
			}
		}
	}
}

// subsets are those of a size, in the order of their places.
func subsets(places []int, size int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		var from func(chosen []int, rest []int) bool
		from = func(chosen, rest []int) bool {
			if len(chosen) == size {
				return yield(chosen)
			}
			for i := range rest {
				if len(rest)-i < size-len(chosen) {
					return true
				}
				if !from(append(slices.Clone(chosen), rest[i]), rest[i+1:]) {
					return false
				}
			}
			return true
		}
		from(nil, places)
	}
}
