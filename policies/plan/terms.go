package plan

import "github.com/open-policy-agent/opa/v1/ast"

// Terms makes the arrays, objects and sets of one run, and is used again when that
// is over: they are small and of one short life, and memory that was just used is
// quicker than new. What a run gives away holds none of them ([Plain]). The zero
// value is ready.
type Terms struct {
	lists   slab[listTerm]
	objects slab[objectTerm]
	bags    slab[bagTerm]
	places  slab[*ast.Term]
}

// Reset ends the life of all that was made.
func (t *Terms) Reset() {
	t.lists.reset()
	t.objects.reset()
	t.bags.reset()
	t.places.reset()
}

// A slab is what was made at once, and how much of it is in use. A full one is
// left to those who use it.
type slab[T any] struct {
	all  []T
	used int
}

// batch is how many a slab has at first, which is what a small run needs, and most
// how many at the most.
const batch, most = 128, 2048

func (s *slab[T]) take(n int) []T {
	if s.used+n > len(s.all) {
		s.all, s.used = make([]T, min(max(batch, 2*len(s.all)), most)), 0
	}
	s.used += n
	return s.all[s.used-n : s.used : s.used]
}

func (s *slab[T]) reset() {
	clear(s.all[:s.used])
	s.used = 0
}

// room is n places for members.
func (t *Terms) room(n int) []*ast.Term {
	if n > batch {
		return make([]*ast.Term, n)
	}
	return t.places.take(n)
}

// grown is a list with place for one more at least.
func (t *Terms) grown(list []*ast.Term) []*ast.Term {
	if len(list) < cap(list) {
		return list
	}
	room := t.room(max(4, 2*len(list)))
	return room[:copy(room, list)]
}

// Array is an array of n elements.
func (t *Terms) Array(n int, from Stated) *ast.Term {
	made := t.list()
	made.list.elems, made.list.from = t.room(n), from
	return &made.term
}

// Object is an object of no members but these, which must be in OPA's order and
// are not changed. It is searched through: there must be few.
func (t *Terms) Object(names []*ast.Term, from Stated) *ast.Term {
	made := t.object()
	made.object = object{keys: names, values: t.room(len(names)), sorted: true, from: from}
	return &made.term
}

// A value of ours and its term are made at once.
type (
	listTerm struct {
		term ast.Term
		list list
	}
	objectTerm struct {
		term   ast.Term
		object object
	}
	bagTerm struct {
		term ast.Term
		bag  bag
	}
)

func (t *Terms) list() *listTerm {
	made := &t.lists.take(1)[0]
	made.term.Value = &made.list
	return made
}

func (t *Terms) object() *objectTerm {
	made := &t.objects.take(1)[0]
	made.term.Value = &made.object
	return made
}

func (t *Terms) bag() *bagTerm {
	made := &t.bags.take(1)[0]
	made.term.Value = &made.bag
	return made
}
