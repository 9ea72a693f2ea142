package plan

import (
	"slices"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A quick answers for a built-in, as it does, where the arguments are what a
// policy mostly has and OPA's way takes the longer: its own values first would
// have to be made OPA's. Nil leaves the answer to OPA, errors above all.
type quick func(args []*ast.Term) *ast.Term

var quicks = map[string]quick{
	"count":             quickCount,
	"is_array":          quickIs(arrays),
	"is_object":         quickIs(objects),
	"is_set":            quickIs(sets),
	"internal.member_2": quickMember,
	"object.get":        quickGet,
	"object.union":      quickUnion,
	"array.concat":      quickConcat,
	"sort":              quickSort,
	"plus":              quickSum(1),
	"minus":             quickMinus,
	"min":               quickMin,
	"lt":                quickOrder(func(c int) bool { return c < 0 }),
	"lte":               quickOrder(func(c int) bool { return c <= 0 }),
	"gt":                quickOrder(func(c int) bool { return c > 0 }),
	"gte":               quickOrder(func(c int) bool { return c >= 0 }),
	"equal":             func(args []*ast.Term) *ast.Term { return ast.InternedTerm(same(args[0], args[1])) },
	"neq":               func(args []*ast.Term) *ast.Term { return ast.InternedTerm(!same(args[0], args[1])) },
}

func quickCount(args []*ast.Term) *ast.Term {
	if sort(args[0].Value) != other {
		return ast.InternedTerm(size(args[0].Value))
	}
	return nil
}

func quickIs(want rank) quick {
	return func(args []*ast.Term) *ast.Term {
		return ast.InternedTerm(sort(args[0].Value) == want)
	}
}

func quickMember(args []*ast.Term) *ast.Term {
	is := func(t *ast.Term) bool { return same(t, args[0]) }
	switch v := args[1].Value.(type) {
	case *list:
		return ast.InternedTerm(slices.ContainsFunc(v.all(), is))
	case *bag:
		return ast.InternedTerm(v.contains(args[0]))
	case *object:
		v.state()
		return ast.InternedTerm(slices.ContainsFunc(v.values, is))
	}
	return nil
}

// quickGet leaves keys that are arrays, which are paths, to OPA.
func quickGet(args []*ast.Term) *ast.Term {
	if _, isText := args[1].Value.(ast.String); !isText {
		return nil
	}
	if sort(args[0].Value) != objects {
		return nil
	}
	if found := member(args[0], args[1]); found != nil {
		return found
	}
	return args[2]
}

// quickUnion unites objects of ours, unless a member of both is an object in both:
// these would be united, too.
func quickUnion(args []*ast.Term) *ast.Term {
	a, ok := args[0].Value.(*object)
	b, also := args[1].Value.(*object)
	if !ok || !also {
		return nil
	}
	a.state()
	b.state()
	if len(a.keys)+len(b.keys) > small {
		return nil
	}
	united := &object{keys: slices.Clone(a.keys), values: slices.Clone(a.values)}
	for i, k := range b.keys {
		switch at := united.find(k); {
		case at < 0:
			united.keys, united.values = append(united.keys, k), append(united.values, b.values[i])
		case sort(united.values[at].Value) == objects && sort(b.values[i].Value) == objects:
			return nil
		default:
			united.values[at] = b.values[i]
		}
	}
	return ast.NewTerm(united)
}

func quickConcat(args []*ast.Term) *ast.Term {
	a, ok := elements(args[0].Value)
	b, also := elements(args[1].Value)
	if !ok || !also {
		return nil
	}
	return ast.NewTerm(&list{elems: slices.Concat(a, b)})
}

// quickSort sorts arrays and sets of ours.
func quickSort(args []*ast.Term) *ast.Term {
	switch v := args[0].Value.(type) {
	case *list:
		sorted := slices.Clone(v.all())
		slices.SortFunc(sorted, order)
		return ast.NewTerm(&list{elems: sorted})
	case *bag:
		return ast.NewTerm(&list{elems: slices.Clone(v.all())})
	}
	return nil
}

// elements are those of an array; false for what is none.
func elements(v ast.Value) ([]*ast.Term, bool) {
	switch v := v.(type) {
	case *list:
		return v.all(), true
	case *ast.Array:
		elems := make([]*ast.Term, v.Len())
		for i := range elems {
			elems[i] = v.Elem(i)
		}
		return elems, true
	}
	return nil, false
}

func quickOrder(want func(int) bool) quick {
	return func(args []*ast.Term) *ast.Term { return ast.InternedTerm(want(order(args[0], args[1]))) }
}

// quickMinus takes a set of ours from another, or integers.
func quickMinus(args []*ast.Term) *ast.Term {
	a, ok := args[0].Value.(*bag)
	b, also := args[1].Value.(*bag)
	if !ok || !also {
		return quickDifference(args)
	}
	left := slices.DeleteFunc(slices.Clone(a.all()), b.contains)
	return ast.NewTerm(&bag{elems: left, sorted: true})
}

var quickDifference = quickSum(-1)

// quickMin finds the least element of an array of ours that has any.
func quickMin(args []*ast.Term) *ast.Term {
	l, ok := args[0].Value.(*list)
	if !ok || len(l.elems) == 0 {
		return nil
	}
	return slices.MinFunc(l.all(), order)
}

// quickSum adds integers, the second times a sign, that are small enough for the
// sum to be one of 64 bits.
func quickSum(sign int64) quick {
	return func(args []*ast.Term) *ast.Term {
		a, ok := integer(args[0].Value)
		b, also := integer(args[1].Value)
		if !ok || !also {
			return nil
		}
		return ast.NewTerm(ast.Number(strconv.FormatInt(a+sign*b, 10)))
	}
}

// integer reads a number of 62 bits that is written as an integer.
func integer(v ast.Value) (int64, bool) {
	n, ok := v.(ast.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(string(n), 10, 63)
	return i, err == nil
}
