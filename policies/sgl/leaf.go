package sgl

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
)

// A Leaf is a test of one principal: {"<name>": value, "op": …}.
type Leaf struct {
	Name string // "id", "roles", or the NFKC name of a custom property
	Op   string // =, !=, <, <=, >, >=, in, not in, contains, like; or is: = for a scalar, in for a list

	written string // Op as written; "" where there was none
	list    bool   // the condition's value is a list
	values  []scalar
	pattern string // for like: the anchored form
	like    *regexp.Regexp
}

// comparison reports whether op compares two scalars.
func comparison(op string) bool {
	switch op {
	case "=", "!=", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// leaf reads the value of a condition on one property. The message is empty if
// the value is usable.
func (p *parser) leaf(written, op string, v any) (Leaf, string) {
	l := Leaf{Name: written, Op: op}
	f, custom := full, false
	switch written {
	case "id":
		f, l.Op = byteForByte, cmp.Or(op, "=")
	case "role", "roles":
		f, l.Name, l.Op = nfkc, "roles", cmp.Or(op, "in")
	default:
		var cause string
		if l.Name, cause = p.name(written); cause != "" {
			return l, cause
		}
		if l.Op, custom = cmp.Or(op, "is"), true; isKeyword(l.Name) {
			return l, "a property may not be spelled like a keyword"
		}
	}
	if op == "like" {
		return p.likeLeaf(l, f, v)
	}
	cause := p.values(&l, f, v)
	if cause == "" && !custom {
		cause = l.misfit(op)
	}
	return l, cause
}

// values reads the condition's value, a scalar or a list.
func (p *parser) values(l *Leaf, f fold, v any) string {
	members, isList := v.([]any)
	if !isList {
		members = []any{v}
	}
	if len(members) == 0 {
		return "the list is empty"
	}
	if l.Op == "contains" && !isList {
		return "contains takes a list"
	}
	p.limit(len(members) > MaxList, "a list has more than 256 members")
	l.list = isList
	l.values = make([]scalar, 0, min(len(members), MaxList))
	for _, m := range members {
		s, ok := f.read(m)
		if !ok {
			return "a value is a string that is not empty, a finite number, a boolean, or a list of these"
		}
		p.limitString(m)
		l.values = append(l.values, s)
	}
	return ""
}

// misfit holds what id and roles demand beside: "take one string; with in and
// not in one string or a list; roles with a comparison takes a number; contains
// takes a list, whatever the property". That the members of a list are strings
// follows from the first.
func (l *Leaf) misfit(op string) string {
	want := text
	if l.Name == "roles" && comparison(op) {
		want = number
	}
	if l.list && op != "in" && op != "not in" && op != "contains" {
		return l.Name + " takes a list with in, not in and contains alone"
	}
	if slices.ContainsFunc(l.values, func(s scalar) bool { return s.kind != want }) {
		if want == number {
			return "roles with a comparison takes a number"
		}
		return l.Name + " takes strings"
	}
	return ""
}

// likeLeaf reads the pattern of like. It is no instant, whatever it looks like.
func (p *parser) likeLeaf(l Leaf, f fold, v any) (Leaf, string) {
	pattern, ok := v.(string)
	if !ok || pattern == "" || len(pattern) > MaxPattern {
		return l, "like takes a pattern of 1 to 1024 bytes"
	}
	s, ok := min(f, nfkc).read(pattern)
	if !ok {
		return l, "like takes a pattern of 1 to 1024 bytes"
	}
	var size int
	if l.pattern, size, ok = anchor(s.text); !ok {
		return l, "the pattern is not valid RE2"
	}
	l.values = []scalar{s}
	p.patterns = min(p.patterns+size, MaxCount)
	p.limit(p.patterns > MaxPatterns, "the patterns of a rule are too large with their repetitions written out")
	if p.large != "" {
		return l, "" // it will not be matched
	}
	var err error
	if l.like, err = regexp.Compile(l.pattern); err != nil {
		return l, "the pattern is not valid RE2"
	}
	return l, ""
}

// few is how many leaves or alternatives are compared one by one, because that
// costs less than a map of them.
const few = 8

// find is the index of a leaf, which is added where it is new.
func (p *parser) find(l Leaf) int {
	if len(p.rule.Leaves) < few {
		if i := slices.IndexFunc(p.rule.Leaves, l.equals); i >= 0 {
			return i
		}
		return p.add(l)
	}
	if p.leafIndex == nil {
		p.leafIndex = make(map[string]int, 2*few)
		for i := range p.rule.Leaves {
			p.leafIndex[string(p.rule.Leaves[i].key())] = i
		}
	}
	key := string(l.key())
	i, ok := p.leafIndex[key]
	if !ok {
		i = p.add(l)
		p.leafIndex[key] = i
	}
	return i
}

func (p *parser) add(l Leaf) int {
	p.rule.Leaves = append(p.rule.Leaves, l)
	return len(p.rule.Leaves) - 1
}

// equals tells leaves apart: "same name, same op as written, same value by kind,
// lists in written order" (semantics 4.3).
func (l *Leaf) equals(other Leaf) bool {
	return l.Name == other.Name && l.written == other.written && l.list == other.list && slices.Equal(l.values, other.values)
}

// key is the same for leaves that are equal, and for no others.
func (l *Leaf) key() []byte {
	b := strconv.AppendQuote(make([]byte, 0, 64), l.Name)
	b = strconv.AppendQuote(b, l.written)
	b = strconv.AppendBool(b, l.list)
	for _, s := range l.values {
		b = append(b, byte(s.kind))
		b = strconv.AppendQuote(b, s.text)
		b = strconv.AppendFloat(b, s.number, 'g', -1, 64)
		b = append(b, ' ')
		b = strconv.AppendInt(b, s.second, 10)
	}
	return b
}
