package proof

import (
	"errors"
	"reflect"
	"slices"
	"strconv"

	"github.com/procura-dev/procura/verifier/vc"
)

// errReadback says that the statements are not those of the document as a
// reader of members understands it (semantics 3.6, rule 4).
var errReadback = errors.New("what is signed is not what the members say")

// A reading takes signed statements of the default graph back into a tree.
type reading struct {
	about map[term][]int // subject → statements
	all   []statement
	taken []bool
}

// readBack builds the tree that the statements of the default graph say: from
// the only node of the type given, each place takes the statements whose
// predicate is defined for it. None may be left over.
func readBack(p *place, rootType string, statements []statement) (map[string]any, error) {
	r := &reading{about: map[term][]int{}}
	var roots []term
	for _, s := range statements {
		if s.graph.kind != noTerm {
			continue
		}
		r.about[s.subject] = append(r.about[s.subject], len(r.all))
		r.all = append(r.all, s)
		if s.predicate == rdfType && s.object == (term{kind: iriTerm, value: rootType}) {
			roots = append(roots, s.subject)
		}
	}
	r.taken = make([]bool, len(r.all))
	if len(roots) != 1 {
		return nil, errReadback
	}
	tree, err := r.node(p, roots[0])
	if err != nil || slices.Contains(r.taken, false) {
		return nil, errReadback
	}
	return tree, nil
}

func (r *reading) node(p *place, subject term) (map[string]any, error) {
	tree := map[string]any{}
	if _, ok := p.slots["id"]; ok && subject.kind == iriTerm {
		tree["id"] = subject.value
	}
	values := map[*slot][]term{}
	open := map[string]*slot{}
	for _, i := range r.about[subject] {
		s := p.taken(r.all[i].predicate)
		if s == nil {
			continue
		}
		if known, ok := open[s.name]; ok {
			s = known
		}
		open[s.name] = s
		r.taken[i] = true
		values[s] = append(values[s], r.all[i].object)
	}
	for s, objects := range values {
		v, err := r.value(s, objects)
		if err != nil {
			return nil, err
		}
		tree[s.name] = v
	}
	return tree, nil
}

// value reads the values of one member. Where one is allowed, a second is an error.
func (r *reading) value(s *slot, objects []term) (any, error) {
	list := make([]any, len(objects))
	for i, o := range objects {
		v, err := r.one(s, o)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	switch {
	case s.kind == namesValue, s.kind == graphValue:
		return list, nil
	case len(list) == 1:
		return list[0], nil
	case s.kind == typeValue, s.kind == openValue, s.kind == textsValue, s.kind == irisValue, s.many:
		return list, nil
	}
	return nil, errReadback
}

func (r *reading) one(s *slot, o term) (any, error) {
	switch s.kind {
	case nodeValue:
		if o.kind == literalTerm {
			return nil, errReadback
		}
		return r.node(s.place, o)
	case graphValue:
		if o.kind != blankTerm {
			return nil, errReadback
		}
		return o.value, nil
	case iriValue, irisValue, termValue, typeValue:
		if o.kind != iriTerm {
			return nil, errReadback
		}
		return s.nameOf(o.value), nil
	}
	if o.kind != literalTerm {
		return nil, errReadback
	}
	return s.literal(o)
}

func (s *slot) literal(o term) (any, error) {
	want := s.datatype
	if want == "" {
		want = xsdString
	}
	switch {
	case s.kind == openValue:
		return openLiteral(o)
	case s.kind == jsonValue && o.datatype == rdfJSON:
		return vc.ParseJSON([]byte(o.value))
	case (s.kind == textValue || s.kind == textsValue || s.kind == namesValue) && o.datatype == want:
		return o.value, nil
	}
	return nil, errReadback
}

func openLiteral(o term) (any, error) {
	switch o.datatype {
	case xsdString:
		return o.value, nil
	case xsdBoolean:
		if b, err := strconv.ParseBool(o.value); err == nil && strconv.FormatBool(b) == o.value {
			return b, nil
		}
	case xsdInteger:
		if f, err := strconv.ParseFloat(o.value, 64); err == nil {
			return f, nil
		}
	}
	return nil, errReadback
}

// same reports that a received object is the tree read back, up to the order
// of lists and lists of one.
func (p *place) same(received, read map[string]any) bool {
	if len(received) != len(read) {
		return false
	}
	for name, a := range received {
		b, ok := read[name]
		s, known := p.slot(name)
		if !ok || !known || !s.same(a, b) {
			return false
		}
	}
	return true
}

func (s *slot) same(received, read any) bool {
	if s.kind == jsonValue {
		return reflect.DeepEqual(received, read)
	}
	a, b := listOf(received), listOf(read)
	if len(a) != len(b) {
		return false
	}
	if s.kind == graphValue {
		return true // each is held against its own statements
	}
	if s.kind == nodeValue {
		return s.sameNodes(a, slices.Clone(b))
	}
	count := make(map[any]int, len(a))
	for i := range a {
		if !scalar(a[i]) || !scalar(b[i]) {
			return false
		}
		count[a[i]]++
		count[b[i]]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func (s *slot) sameNodes(received, read []any) bool {
	for _, x := range received {
		i := slices.IndexFunc(read, func(y any) bool { return s.equal(x, y) })
		if i < 0 {
			return false
		}
		read = slices.Delete(read, i, i+1)
	}
	return true
}

func scalar(v any) bool {
	switch v.(type) {
	case string, bool, float64:
		return true
	}
	return false
}

func (s *slot) equal(x, y any) bool {
	a, ok := x.(map[string]any)
	b, ok2 := y.(map[string]any)
	return ok && ok2 && s.place.same(a, b)
}

func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
