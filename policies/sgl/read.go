package sgl

import (
	"errors"
	"fmt"
	"math"
	"regexp"
)

// ErrDerived is wrapped by errors about a rule or principal that is not of the
// shape which this package derives.
var ErrDerived = errors.New("not a derived fact of SGL")

// ReadRule reads what Derive or DeriveCondition wrote, after any way through
// JSON.
func ReadRule(tree any) (*Rule, error) {
	d := &decoder{}
	r := d.rule(object(d, tree))
	if d.bad {
		return nil, fmt.Errorf("rule: %w", ErrDerived)
	}
	return r, nil
}

// ReadPrincipals reads a group:
//
//	[{"ids": [DID…], "class": integer, "unique": bool, "properties": {name: typed value}}…]
func ReadPrincipals(tree any) ([]Principal, error) {
	d := &decoder{}
	group := each(d, tree, d.principal)
	if d.bad {
		return nil, fmt.Errorf("principals: %w", ErrDerived)
	}
	return group, nil
}

// A decoder remembers that something was not as it should be, so that reading
// goes on to the end and is judged once.
type decoder struct{ bad bool }

func (d *decoder) check(ok bool) { d.bad = d.bad || !ok }

func cast[T any](d *decoder, v any) T {
	t, ok := v.(T)
	d.check(ok)
	return t
}

func object(d *decoder, v any) map[string]any { return cast[map[string]any](d, v) }

func each[T any](d *decoder, v any, read func(any) T) []T {
	in := cast[[]any](d, v)
	out := make([]T, len(in))
	for i, m := range in {
		out[i] = read(m)
	}
	return out
}

// integer reads a whole number from low to high; low if it is none.
func (d *decoder) integer(v any, low, high int) int {
	n, ok := double(v)
	if !ok || n != math.Trunc(n) || n < float64(low) || n > float64(high) {
		d.bad = true
		return low
	}
	return int(n)
}

func (d *decoder) rule(m map[string]any) *Rule {
	r := &Rule{}
	if code, ok := m["problem"].(string); ok {
		message, _ := m["message"].(string)
		r.notApart = &Problem{code, message}
		r.notShared = r.notApart
		return r
	}
	if problems, ok := m["problems"].(map[string]any); ok {
		r.notApart, r.notShared = d.problem(problems["disjoint"]), d.problem(problems["shared"])
	}
	r.Grant = d.names(m["grant"])
	r.ID, r.HasID = m["id"].(string)
	r.Plural = cast[bool](d, m["plural"])
	r.Repeats, _ = m["repeats"].(bool)
	r.Leaves = each(d, m["leaves"], d.leaf)
	demand := func(v any) Demand { return d.demand(v, len(r.Leaves)) }
	r.Alternatives = each(d, m["alternatives"], func(v any) []Demand { return each(d, v, demand) })
	cost := 0
	for _, a := range r.Alternatives {
		cost += 1 << min(len(a), 20)
	}
	d.check(cost <= MaxCost && len(r.Leaves) <= MaxConditions)
	if single, ok := m["single"]; ok {
		n := demand(single)
		r.Tree = []Node{{Leaf: n.Leaf, Count: n.Count}}
	} else if tree, ok := m["tree"]; ok {
		r.Tree = d.tree(object(d, tree), demand)
	}
	return r
}

func (d *decoder) names(v any) []string {
	if v == nil {
		return nil
	}
	return each(d, v, func(v any) string { return cast[string](d, v) })
}

func (d *decoder) problem(v any) *Problem {
	if v == nil {
		return nil
	}
	m := object(d, v)
	return &Problem{cast[string](d, m["code"]), cast[string](d, m["message"])}
}

func (d *decoder) demand(v any, leaves int) Demand {
	pair := each(d, v, func(v any) int { return d.integer(v, 0, MaxCount) })
	if len(pair) != 2 || pair[0] >= leaves || pair[1] < 1 {
		d.bad = true
		return Demand{0, 1}
	}
	return Demand{pair[0], pair[1]}
}

// tree reads nodes; a node may have children among those before it alone.
func (d *decoder) tree(m map[string]any, demand func(any) Demand) []Node {
	var out []Node
	for _, leaf := range each(d, m["leaves"], demand) {
		out = append(out, Node{Leaf: leaf.Leaf, Count: leaf.Count})
	}
	for _, level := range each(d, m["levels"], func(v any) []any { return cast[[]any](d, v) }) {
		for _, v := range level {
			n := object(d, v)
			node := Node{Count: d.integer(n["need"], 1, MaxCount)}
			node.Times, _ = n["times"].(bool)
			node.Of = each(d, n["of"], func(v any) int { return d.integer(v, 0, len(out)-1) })
			d.check(d.integer(n["node"], 0, MaxConditions) == len(out) && len(node.Of) > 0)
			out = append(out, node)
		}
	}
	return out
}

func (d *decoder) leaf(v any) Leaf {
	m := object(d, v)
	p := d.property(m)
	l := Leaf{Name: cast[string](d, m["name"]), Op: cast[string](d, m["op"]), list: p.list, values: p.values}
	d.check(operator(l.Op) || l.Op == "is")
	if l.Op == "like" {
		var err error
		l.pattern = cast[string](d, m["like"])
		l.like, err = regexp.Compile(l.pattern)
		d.check(err == nil)
	}
	return l
}

func (d *decoder) property(m map[string]any) property {
	p := property{list: cast[bool](d, m["list"]), values: each(d, m["values"], d.scalar)}
	d.check(len(p.values) > 0)
	return p
}

func (d *decoder) scalar(v any) scalar {
	pair := cast[[]any](d, v)
	if len(pair) != 2 {
		d.bad = true
		return scalar{}
	}
	switch pair[0] {
	case "s":
		return scalar{kind: text, text: cast[string](d, pair[1])}
	case "n":
		n, ok := double(pair[1])
		d.check(ok)
		return scalar{kind: number, number: n}
	case "b":
		if cast[bool](d, pair[1]) {
			return scalar{kind: boolean, number: 1}
		}
		return scalar{kind: boolean}
	case "t":
		return d.instant(cast[[]any](d, pair[1]))
	}
	d.bad = true
	return scalar{}
}

func (d *decoder) instant(v []any) scalar {
	if len(v) != 2 {
		d.bad = true
		return scalar{}
	}
	n, ok := double(v[0])
	d.check(ok)
	return scalar{kind: instant, second: int64(n), text: cast[string](d, v[1])}
}

func (d *decoder) principal(v any) Principal {
	m := object(d, v)
	p := Principal{IDs: d.names(m["ids"]), properties: map[string]property{}}
	p.Class = d.integer(m["class"], 0, math.MaxInt32)
	p.Unique = cast[bool](d, m["unique"])
	for name, v := range object(d, m["properties"]) {
		p.properties[name] = d.property(object(d, v))
	}
	return p
}
