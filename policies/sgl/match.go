package sgl

import (
	"cmp"
	"slices"
)

// A Principal is one party as SGL sees it. Those of one Class count as one:
// the class is a candidate if one member is, and serves once.
type Principal struct {
	IDs    []string // its DIDs; none matches no condition on id
	Class  int
	Unique bool // it has a unique-person value; counts where the framework names one

	properties map[string]property // by name; roles among them
}

// holds tells whether a principal passes the test. One that lacks the property
// matches no operator, != and not in included: absence proves nothing.
func (l *Leaf) holds(p *Principal) bool {
	if l.Name == "id" {
		return l.holdsID(p.IDs)
	}
	have, ok := p.properties[l.Name]
	return ok && l.holdsFor(l.Op, have)
}

// holdsID reads the id as the list of the principal's DIDs: "=, in, like hold if
// one does, != and not in if all do" (semantics 4.2). The other comparisons
// assert something of a DID as = does, and hold if one does.
func (l *Leaf) holdsID(ids []string) bool {
	all := property{list: true}
	one := func(id string) bool {
		return l.holdsFor(l.Op, property{values: []scalar{{kind: text, text: id}}})
	}
	switch l.Op {
	case "contains":
		for _, id := range ids {
			all.values = append(all.values, scalar{kind: text, text: id})
		}
		return l.holdsFor(l.Op, all)
	case "!=", "not in":
		return len(ids) > 0 && !slices.ContainsFunc(ids, func(id string) bool { return !one(id) })
	default:
		return slices.ContainsFunc(ids, one)
	}
}

func (l *Leaf) holdsFor(op string, have property) bool {
	switch op {
	case "is":
		if have.list {
			return l.holdsFor("in", have)
		}
		return l.holdsFor("=", have)
	case "in":
		return l.meets(have)
	case "not in":
		return l.comparable(have) && !l.meets(have)
	case "contains":
		return have.list && !slices.ContainsFunc(l.values, func(s scalar) bool { return !slices.Contains(have.values, s) })
	case "like":
		return !have.list && have.values[0].kind == text && l.like.MatchString(have.values[0].text)
	default:
		return !l.list && compares(op, have.scalar(), l.values[0])
	}
}

// scalar is the value that a comparison sees: of a list its size, "counting
// members that differ by kind and value".
func (p property) scalar() scalar {
	if p.list {
		return scalar{kind: number, number: float64(len(p.values))}
	}
	return p.values[0]
}

// meets tells whether the two have a member in common.
func (l *Leaf) meets(have property) bool {
	return slices.ContainsFunc(have.values, func(s scalar) bool { return slices.Contains(l.values, s) })
}

// comparable tells whether some pair of members has one kind.
func (l *Leaf) comparable(have property) bool {
	return slices.ContainsFunc(have.values, func(s scalar) bool {
		return slices.ContainsFunc(l.values, func(v scalar) bool { return s.kind == v.kind })
	})
}

// compares tells whether a stands in a relation to b. Two kinds never compare,
// and booleans are only equal or not.
func compares(op string, a, b scalar) bool {
	if a.kind != b.kind {
		return false
	}
	switch op {
	case "=":
		return a == b
	case "!=":
		return a != b
	}
	if a.kind == boolean {
		return false
	}
	order := cmp.Or(cmp.Compare(a.second, b.second), cmp.Compare(a.number, b.number), cmp.Compare(a.text, b.text))
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}
