package plan

import (
	"reflect"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// halves states the members of an array one by one.
type halves []*ast.Term

func (h halves) Member(i int) *ast.Term { return h[i] }

// ourOwn is a value whose arrays, objects and sets are ours.
func ourOwn(t *ast.Term) *ast.Term {
	terms := new(Terms)
	switch v := t.Value.(type) {
	case *ast.Array:
		made := terms.list()
		v.Foreach(func(t *ast.Term) { made.list.elems = append(made.list.elems, ourOwn(t)) })
		return &made.term
	case ast.Object:
		made := terms.object()
		v.Foreach(func(k, v *ast.Term) { insert(&made.term, ourOwn(k), ourOwn(v)) })
		return &made.term
	case ast.Set:
		made := terms.bag()
		v.Foreach(func(t *ast.Term) { add(&made.term, ourOwn(t)) })
		return &made.term
	}
	return t
}

// A value of ours is to JSON what it is as OPA has it.
func TestJSON(t *testing.T) {
	t.Parallel()
	nothing := func(Stated) (any, bool) { return nil, false }
	for _, text := range []string{
		`null`, `true`, `"a"`, `12`, `1.5e3`, `[]`, `{}`, `[1, "a", null, [false]]`, `{3, 1, 2}`, `set()`, `{"a": {"b": [1]}, "c": {"x", "y"}}`,
		`{1: "a", [2]: "b"}`, `{{"a"}: 1}`, `[{"a": {null: 1}}]`,
		`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"n":14,"o":15,"p":16,"q":17}`,
	} {
		term := ast.MustParseTerm(text)
		want, err := ast.JSON(term.Value)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]*ast.Term{"OPA's": term, "ours": ourOwn(term)} {
			if got, err := JSON(value, nothing); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: got %#v, %v, want %#v", text, name, got, err, want)
			}
		}
	}
}

// What was given is taken as long as the value is as it was stated.
func TestJSONAsGiven(t *testing.T) {
	t.Parallel()
	given := func(Stated) (any, bool) { return "given", true }
	stated := new(Terms).Object([]*ast.Term{ast.StringTerm("a")}, halves{ast.StringTerm("stated")})
	if got, err := JSON(stated, given); err != nil || got != "given" {
		t.Errorf("got %v, %v", got, err)
	}
	insert(stated, ast.StringTerm("b"), ast.NullTerm())
	want := map[string]any{"a": "stated", "b": nil}
	if got, err := JSON(stated, given); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("changed: got %v, %v, want %v", got, err, want)
	}
}
