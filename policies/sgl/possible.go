package sgl

import (
	"maps"
	"math/bits"
	"slices"
	"strings"
)

// A World bounds what the principals of any group can be: what none of them
// can, no rule may ask for. Their ids are DIDs, and no two share one.
type World struct {
	Roles      map[string]bool     // NFKC names; nobody has another
	Most       map[string]int      // how many people can hold a role; 0 or absent: any number
	Properties map[string][]Values // NFKC name → what its value can be, any of these; nobody has another
}

// Values bounds the value of a property: one of Listed, or, where that is nil,
// any of the kinds.
type Values struct {
	Listed                []any   // as encoding/json reads them
	Text, Number, Boolean bool    // a string is an instant where it reads as one
	Least, Most           float64 // of a number, both included
	Items                 *Values // of a list; nil: it is no list
}

// Possible reports whether some group of at most MaxPrincipals of the world
// meets the rule; false for a rule that has a problem. It never denies what a
// group does meet, and may allow what none does: which values can stand
// together is not looked at.
//
// Every condition asks for at least some number of principals, and each stands
// for itself: `> 5` beside `< 3` takes two principals, and is no contradiction.
func (r *Rule) Possible(disjoint bool, w *World) bool {
	if r.Problem(disjoint) != nil {
		return false
	}
	who := w.candidates(r.Leaves)
	if disjoint {
		return slices.ContainsFunc(r.Alternatives, func(a []Demand) bool { return who.meet(a) })
	}
	matches := r.matches(func(leaf int) int { return who.most(leaf) })
	return len(matches) > 0 && matches[len(matches)-1] > 0
}

// A crowd holds who of a world can pass the test of each leaf. What only few
// can is a set of places: one for an id, as many for a role as people hold it.
type crowd struct {
	open   []bool  // any number can
	places []tally // of the others
}

// meet reports whether an alternative's demands can be met together: those that
// any number can meet always are, as far as an alternative's principals are
// within the limit.
func (c *crowd) meet(alternative []Demand) bool {
	few := slices.DeleteFunc(slices.Clone(alternative), func(d Demand) bool { return c.open[d.Leaf] })
	return total(alternative) <= MaxPrincipals && assignable(few, c.places)
}

func (c *crowd) most(leaf int) int {
	if c.open[leaf] {
		return MaxPrincipals
	}
	return bits.OnesCount64(c.places[leaf].classes)
}

func (w *World) candidates(leaves []Leaf) *crowd {
	c := &crowd{make([]bool, len(leaves)), make([]tally, len(leaves))}
	taken := map[string]uint64{}
	used := 0
	for i := range leaves {
		l := &leaves[i]
		if !l.possible(w) {
			continue
		}
		few := w.few(l)
		c.open[i] = few == nil
		for _, name := range slices.Sorted(maps.Keys(few)) {
			n := few[name]
			if _, ok := taken[name]; !ok && used+n <= 64 {
				taken[name] = (1<<n - 1) << used
				used += n
			}
			set, ok := taken[name]
			c.open[i] = c.open[i] || !ok // no place left to count with
			c.places[i].classes |= set
		}
	}
	return c
}

// few gives the places of those who can pass a test that few can; nil where any
// number can.
func (w *World) few(l *Leaf) map[string]int {
	places := map[string]int{}
	switch {
	case l.Name == "id" && (l.Op == "=" || l.Op == "in" || l.Op == "contains"):
		for _, s := range slices.DeleteFunc(slices.Clone(l.values), func(s scalar) bool { return !isDID(s) }) {
			places["id "+s.text] = 1
		}
		return places
	case l.Name == "roles" && (l.Op == "in" || l.Op == "contains"):
		for _, s := range l.values {
			n := w.Most[s.text]
			if w.Roles[s.text] && (n <= 0 || n > MaxPrincipals) {
				return nil
			}
			if w.Roles[s.text] {
				places["role "+s.text] = n
			}
		}
		return places
	}
	return nil
}

// possible reports whether anybody can pass the test.
func (l *Leaf) possible(w *World) bool {
	switch l.Name {
	case "id":
		return l.possibleID()
	case "roles":
		return l.possibleRoles(w.Roles)
	}
	return slices.ContainsFunc(w.Properties[l.Name], func(v Values) bool { return l.possibleIn(&v) })
}

func (l *Leaf) possibleID() bool {
	other := func(s scalar) bool { return !isDID(s) }
	switch l.Op {
	case "=", "in":
		return slices.ContainsFunc(l.values, isDID)
	case "contains":
		return !slices.ContainsFunc(l.values, other)
	}
	return true
}

func isDID(s scalar) bool { return strings.HasPrefix(s.text, "did:") }

func (l *Leaf) possibleRoles(roles map[string]bool) bool {
	held := func(s scalar) bool { return roles[s.text] }
	other := func(s scalar) bool { return !held(s) }
	switch l.Op {
	case "in":
		return slices.ContainsFunc(l.values, held)
	case "contains":
		return !slices.ContainsFunc(l.values, other)
	case "not in":
		for name := range roles {
			if !slices.Contains(l.values, scalar{kind: text, text: name}) {
				return true
			}
		}
		return false
	case "like": // roles are a list, which no pattern matches
		return false
	}
	return len(roles) > 0 && reaches(l.Op, 1, float64(len(roles)), l.values[0].number)
}

// possibleIn reports whether a property of such values can pass the test.
func (l *Leaf) possibleIn(v *Values) bool {
	if v.Listed != nil {
		return slices.ContainsFunc(v.Listed, func(e any) bool {
			have, ok := readProperty(e, full)
			return ok && l.holdsFor(l.Op, have)
		})
	}
	return v.Items != nil && l.possibleList(v.Items) || l.possibleScalar(v)
}

func (l *Leaf) possibleList(items *Values) bool {
	switch l.Op {
	case "is", "in":
		return slices.ContainsFunc(l.values, items.admits)
	case "contains":
		return !slices.ContainsFunc(l.values, func(s scalar) bool { return !items.admits(s) })
	case "not in":
		return true
	case "like":
		return false
	}
	return !l.list && l.values[0].kind == number && reaches(l.Op, 1, MaxList, l.values[0].number)
}

func (l *Leaf) possibleScalar(v *Values) bool {
	switch l.Op {
	case "is", "=":
		return !l.list && v.admits(l.values[0])
	case "in":
		return slices.ContainsFunc(l.values, v.admits)
	case "not in":
		return slices.ContainsFunc(l.values, v.kindOf)
	case "like":
		return v.Text
	case "contains":
		return false
	}
	s := l.values[0]
	switch {
	case l.list || !v.kindOf(s):
		return false
	case s.kind == number:
		return reaches(l.Op, v.Least, v.Most, s.number)
	}
	return s.kind != boolean || l.Op == "!="
}

// admits reports whether a value can be this one.
func (v *Values) admits(s scalar) bool {
	if v.Listed == nil {
		return v.kindOf(s) && (s.kind != number || v.Least <= s.number && s.number <= v.Most)
	}
	return slices.ContainsFunc(v.Listed, func(e any) bool {
		have, ok := full.read(e)
		return ok && have == s
	})
}

func (v *Values) kindOf(s scalar) bool {
	switch s.kind {
	case number:
		return v.Number
	case boolean:
		return v.Boolean
	}
	return v.Text
}

// reaches reports whether some number between two stands in the relation to n.
func reaches(op string, least, most, n float64) bool {
	switch op {
	case "=":
		return least <= n && n <= most
	case "!=":
		return least < most || least != n
	case "<":
		return least < n
	case "<=":
		return least <= n
	case ">":
		return most > n
	}
	return most >= n
}
