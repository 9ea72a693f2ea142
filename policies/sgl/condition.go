package sgl

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A parser reads one rule. What is invalid is returned at once and outranks all;
// what is too large is kept, because something invalid may still follow.
type parser struct {
	rule       *Rule
	most       int    // alternatives that the rule may have
	large      string // first limit that was passed
	unshared   bool   // an any whose n is beyond its list holds inner conditions
	conditions int
	patterns   int            // size of the patterns so far
	leafIndex  map[string]int // by key; nil for few
}

// An invalid is the place, a JSON Pointer, and the cause of sgl.invalid.
type invalid struct{ at, cause string }

// maxPointer keeps messages short and building them cheap however deep the
// condition lies.
const maxPointer = 256

func (e *invalid) below(pointer string) *invalid {
	if e != nil && len(e.at) < maxPointer {
		e.at = pointer + e.at
	}
	return e
}

func (e *invalid) problem() *Problem {
	return &Problem{Invalid, cmp.Or(e.at, "/") + ": " + e.cause}
}

func (p *parser) limit(passed bool, message string) {
	if passed && p.large == "" {
		p.large = message
	}
}

func (p *parser) limitString(v any) {
	if s, ok := v.(string); ok {
		p.limit(len(s) > MaxString, "a string has more than 4096 bytes")
	}
}

// name reads the name of a property or permission.
func (p *parser) name(written string) (string, string) {
	if written == "" || !utf8.ValidString(written) {
		return "", "a name is empty"
	}
	p.limitString(written)
	return norm.NFKC.String(written), ""
}

// A condition is what one object says, before it is flattened.
type condition struct {
	node Node // without Of
	of   []*condition
}

// flatten appends c and what lies below it, children first, and returns the
// index of c.
func (c *condition) flatten(tree []Node) ([]Node, int) {
	n, at := c.node, 0
	if len(c.of) > 0 {
		n.Of = make([]int, 0, len(c.of))
	}
	for _, child := range c.of {
		tree, at = child.flatten(tree)
		n.Of = append(n.Of, at)
	}
	return append(tree, n), len(tree)
}

// condition reads one condition at a depth; the root's is 1.
func (p *parser) condition(v any, depth int) (*condition, *invalid) {
	members, ok := v.(map[string]any)
	if !ok {
		return nil, &invalid{"", "a condition is an object"}
	}
	p.conditions++
	p.limit(p.conditions > MaxConditions, "a rule has more than 256 conditions")
	p.limit(depth > MaxDepth, "conditions are nested deeper than 16")
	form, bad := formOf(members)
	if bad != nil {
		return nil, bad
	}
	n, bad := countOf(members)
	if bad != nil {
		return nil, bad
	}
	p.rule.Plural = p.rule.Plural || n > 1 || form == "all"
	if form == "all" || form == "any" {
		return p.inner(form, members, n, depth)
	}
	return p.test(form, members, n)
}

// formOf returns the one member of a condition that is neither n nor op.
func formOf(members map[string]any) (string, *invalid) {
	form, found := "", 0
	for name := range members {
		if name != "n" && name != "op" {
			form = name
			found++
		}
	}
	if found != 1 {
		return "", &invalid{"", "a condition has exactly one of id, roles, all, any or a property"}
	}
	_, hasN := members["n"]
	_, hasOp := members["op"]
	if form == "all" && (hasN || hasOp) || form == "any" && hasOp {
		return "", &invalid{"", form + " takes no such member beside it"}
	}
	return form, nil
}

// countOf reads n, "a JSON number with an integral value 1…2³¹−1".
func countOf(members map[string]any) (int, *invalid) {
	v, ok := members["n"]
	if !ok {
		return 1, nil
	}
	n, ok := double(v)
	if !ok || n != math.Trunc(n) || n < 1 || n > MaxCount {
		return 0, &invalid{"/n", "n is a whole number from 1 to 2147483647"}
	}
	return int(n), nil
}

// inner reads all or any.
func (p *parser) inner(form string, members map[string]any, n, depth int) (*condition, *invalid) {
	list, ok := members[form].([]any)
	if !ok || len(list) == 0 {
		return nil, &invalid{"/" + form, "a list of one condition or more is needed"}
	}
	p.limit(len(list) > MaxList, "a list has more than 256 members")
	c := &condition{node: Node{Count: n, Times: n > len(list)}}
	if form == "all" {
		c.node = Node{Count: len(list)}
	}
	c.of = make([]*condition, 0, len(list))
	p.rule.Repeats = p.rule.Repeats || c.node.Times
	for i, v := range list {
		child, bad := p.condition(v, depth+1)
		if bad != nil {
			return nil, bad.below("/" + form + "/" + strconv.Itoa(i))
		}
		c.of = append(c.of, child)
	}
	inside := func(child *condition) bool { return child.of != nil }
	p.unshared = p.unshared || c.node.Times && slices.ContainsFunc(c.of, inside)
	return c, nil
}

// test reads a leaf, and finds the one it equals.
func (p *parser) test(form string, members map[string]any, n int) (*condition, *invalid) {
	op := ""
	if v, ok := members["op"]; ok {
		if op, ok = v.(string); !ok || !operator(op) {
			return nil, &invalid{"/op", "unknown operator"}
		}
	}
	l, cause := p.leaf(form, op, members[form])
	if cause != "" {
		return nil, &invalid{"", cause}
	}
	l.written = op
	return &condition{node: Node{Leaf: p.find(l), Count: n}}, nil
}

func operator(op string) bool {
	return comparison(op) || op == "in" || op == "not in" || op == "contains" || op == "like"
}
