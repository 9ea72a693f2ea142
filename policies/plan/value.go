package plan

import (
	"errors"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Arrays, objects and sets that a plan makes, or that are stated when they are
// read, are ours as long as a plan runs: they keep no hashes, and an object or
// set that is small is searched through. OPA's functions know their own alone,
// so that plain stands before each of them, and before the result.

// small is how many members an object or set of ours has at the most; a larger
// one is OPA's.
const small = 16

var errLeak = errors.New("a value of the plan's own reached OPA")

// ours is an [ast.Value] to pass along. Whatever asks it fails the run.
type ours struct{}

func (ours) Compare(ast.Value) int           { panic(errLeak) }
func (ours) Find(ast.Ref) (ast.Value, error) { panic(errLeak) }
func (ours) Hash() int                       { panic(errLeak) }
func (ours) IsGround() bool                  { panic(errLeak) }
func (ours) String() string                  { panic(errLeak) }
func (ours) StringLength() int               { panic(errLeak) }

// A list is an array of ours.
type list struct {
	ours

	elems []*ast.Term // nil: not stated yet
	from  Stated      // nil: all are
	whole *ast.Term   // OPA's; nil: not asked yet
}

// An object is one of ours.
type object struct {
	ours

	keys, values []*ast.Term // values nil: not stated yet
	sorted       bool
	from         Stated    // nil: all are stated
	whole        *ast.Term // OPA's; nil: not asked yet
}

// A bag is a set of ours.
type bag struct {
	ours

	elems  []*ast.Term
	sorted bool
	whole  *ast.Term // OPA's; nil: not asked yet
}

// A Stated states the members of a value when they are first read, each once.
// It serves one run at a time.
type Stated interface {
	// Member is the member at an index; nil where an object has no such member.
	Member(i int) *ast.Term
}

// Origin is what states the members of a value; nil where nothing does.
func Origin(t *ast.Term) Stated {
	switch v := t.Value.(type) {
	case *list:
		return v.from
	case *object:
		return v.from
	}
	return nil
}

func (l *list) elem(i int) *ast.Term {
	if l.elems[i] == nil {
		l.elems[i] = l.from.Member(i)
	}
	return l.elems[i]
}

// at is the element at an index that may be none.
func (l *list) at(key *ast.Term) *ast.Term {
	n, ok := key.Value.(ast.Number)
	if !ok {
		return nil
	}
	if i, ok := n.Int(); ok && i >= 0 && i < len(l.elems) {
		return l.elem(i)
	}
	return nil
}

// all states what is not stated yet.
func (l *list) all() []*ast.Term {
	for i := range l.elems {
		l.elem(i)
	}
	return l.elems
}

// absent stands where what is stated has no such member.
var absent = new(ast.Term)

func (o *object) value(i int) *ast.Term {
	if o.values[i] == nil {
		if o.values[i] = o.from.Member(i); o.values[i] == nil {
			o.values[i] = absent
		}
	}
	return o.values[i]
}

// find is the index of a key; -1 where it is not there.
func (o *object) find(key *ast.Term) int {
	if name, ok := key.Value.(ast.String); ok {
		for i, k := range o.keys {
			if k == key {
				return i
			}
			if text, ok := k.Value.(ast.String); ok && text == name {
				return i
			}
		}
		return -1
	}
	return slices.IndexFunc(o.keys, func(k *ast.Term) bool { return same(k, key) })
}

func (o *object) get(key *ast.Term) *ast.Term {
	if i := o.find(key); i >= 0 && o.value(i) != absent {
		return o.values[i]
	}
	return nil
}

// equal compares with another of as many members, all stated.
func (o *object) equal(other *object) bool {
	for i, k := range o.keys {
		at := other.find(k)
		if at < 0 || !same(o.values[i], other.values[at]) {
			return false
		}
	}
	return true
}

// state states all members, and forgets those that are absent.
func (o *object) state() {
	if o.from == nil {
		return
	}
	if o.complete() {
		o.keys, o.from = slices.Clip(o.keys), nil // the names are others' too
		return
	}
	keys, values := make([]*ast.Term, 0, len(o.keys)), make([]*ast.Term, 0, len(o.keys))
	for i, k := range o.keys {
		if v := o.value(i); v != absent {
			keys, values = append(keys, k), append(values, v)
		}
	}
	o.keys, o.values, o.from = keys, values, nil
}

// complete states all members, and says whether none is absent.
func (o *object) complete() bool {
	all := true
	for i := range o.keys {
		all = o.value(i) != absent && all
	}
	return all
}

// sort brings all members to OPA's order.
func (o *object) sort() {
	o.state()
	for i := 1; i < len(o.keys) && !o.sorted; i++ {
		for j := i; j > 0 && order(o.keys[j], o.keys[j-1]) < 0; j-- {
			o.keys[j], o.keys[j-1] = o.keys[j-1], o.keys[j]
			o.values[j], o.values[j-1] = o.values[j-1], o.values[j]
		}
	}
	o.sorted = true
}

func (b *bag) contains(t *ast.Term) bool {
	return slices.ContainsFunc(b.elems, func(e *ast.Term) bool { return same(e, t) })
}

// all are the members in OPA's order.
func (b *bag) all() []*ast.Term {
	if !b.sorted {
		slices.SortFunc(b.elems, order)
		b.sorted = true
	}
	return b.elems
}
