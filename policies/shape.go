package policies

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
)

// A shape is a struct as its JSON tags write it, in the order of the names.
type shape struct {
	names   []*ast.Term
	members []member // by name
}

// A member is one field of a struct.
type member struct {
	index     int
	name      *ast.Term
	omitEmpty bool
	omitZero  bool
}

// shapes knows the structs that some types reach, but those that write their own
// JSON, so that values go to OPA and back without a way through JSON text. It
// does not change.
type shapes struct {
	of    map[reflect.Type]*shape
	words map[string]*ast.Term // of common, made once
}

// unread are members that no policy reads, because a derived fact stands beside
// them. They are not stated: stock OPA has them in its input and gives the same
// decisions.
var unread = map[reflect.Type][]string{
	reflect.TypeFor[facts.Proxied]():    {"Rules", "Attributes"},
	reflect.TypeFor[facts.Holder]():     {"Constraints", "Properties"},
	reflect.TypeFor[facts.Supporting](): {"Attributes"},
}

// common are names and words that derived facts are full of.
var common = []string{
	"alternatives", "grant", "leaves", "list", "name", "op", "plural", "single", "values",
	"tree", "levels", "node", "need", "of", "roles", "in", "is", "s", "n", "b", "t",
	"", "sgl.invalid", "attested", "device", "D", "G", "C", "1.0.0",
	"time_window", "geo_radius", "boundary", "jurisdiction", "circumstance_text", "recurring_time",
	"trigger", "usage", "cooperation", "codes", "distanceM", "radiusM", "startTime", "endTime", "all", "some", "verifier",
}

// shapesOf finds them.
func shapesOf(types ...reflect.Type) *shapes {
	s := &shapes{make(map[reflect.Type]*shape), make(map[string]*ast.Term)}
	for _, word := range common {
		s.words[word] = ast.StringTerm(word)
	}
	for _, t := range types {
		s.add(t)
	}
	return s
}

func (s *shapes) add(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		s.add(t.Elem())
	case reflect.Struct:
		if _, known := s.of[t]; !known && !t.Implements(reflect.TypeFor[json.Marshaler]()) {
			s.of[t] = shapeOf(t)
			for i := range t.NumField() {
				s.add(t.Field(i).Type)
			}
		}
	}
}

func shapeOf(t reflect.Type) *shape {
	out := new(shape)
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" || slices.Contains(unread[t], t.Field(i).Name) {
			continue
		}
		out.members = append(out.members, member{
			index:     i,
			name:      ast.StringTerm(name),
			omitEmpty: strings.Contains(options, "omitempty"),
			omitZero:  strings.Contains(options, "omitzero"),
		})
	}
	slices.SortFunc(out.members, func(a, b member) int { return a.name.Value.Compare(b.name.Value) })
	for _, m := range out.members {
		out.names = append(out.names, m.name)
	}
	return out
}

// omits says whether a member is left out of the JSON.
func (m member) omits(v reflect.Value) bool {
	if m.omitZero && v.IsZero() {
		return true
	}
	if !m.omitEmpty {
		return false
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
