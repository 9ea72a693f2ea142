package plan

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

// Each is the body of a package whose entrypoint is `out`.
var snippets = map[string]string{
	"scalar":                 `out := "x"`,
	"undefined":              `out := input.nothing`,
	"false":                  `out := false`,
	"null":                   `out := null`,
	"numbers":                `out := [1, 1.0, 1e3, 12345678901234567890, 0.1, -7]`,
	"equal numbers":          `out := [1 == 1.0, 1e3 == 1000, 1 != 2]`,
	"composite":              `out := {"a": [1, {"b": {1, 2}}], "c": {}}`,
	"members":                `out := [[input.list[0], input.list[2]], [x | x := input.list[7]], [x | x := input.list["a"]]]`,
	"input":                  `out := [input.list[1], input.object.a, input["object"]["b"]]`,
	"data":                   `out := data.base.roles.parent`,
	"scan":                   `out := [[k, v] | some k, v in input.list]`,
	"scan an object":         `out := [[k, v] | some k, v in input.object]`,
	"scan a set":             `out := [v | some v in {3, 1, 2}]`,
	"scan a scalar":          `out := [v | some v in input.text]`,
	"nested scans":           `out := {[a, b] | some a in input.list; some b in input.list; a < b}`,
	"underscore":             `out := {x | x := input.list[_]}`,
	"unify":                  `out := [a, b] if [a, [b]] = [1, [2]]`,
	"unify objects":          `out := x if {"a": x} = {"a": 3}`,
	"object comprehension":   `out := {k: v | some k, v in input.object}`,
	"conflicting keys":       `out := {1: v | some v in input.list}`,
	"partial set":            "out := s\ns contains 1\ns contains x if some x in input.list",
	"partial object":         "out := o\no[k] := v if some k, v in input.object\no.z := 9",
	"partial object of sets": "out := o\no[k] contains v if {\n some k in [\"a\", \"b\"]\n some v in input.list\n}",
	"deep partial object":    "out := o\no[a].x[b] := 1 if {\n some a in input.list\n some b in input.list\n a != b\n}",
	"conflicting rules":      "out := 1\nout := 2 if input.text",
	"agreeing rules":         "out := 1\nout := 1 if input.text",
	"default":                "default out := 1\nout := 2 if input.nothing",
	"else":                   "out := 1 if input.nothing\nelse := 2 if input.text == \"no\"\nelse := 3",
	"undefined else":         "out := 1 if input.nothing\nelse := 2 if input.text == \"no\"",
	"function":               "out := [f(1), f(2)]\nf(x) := x + 1",
	"function by argument":   "out := [f(\"a\", 1), f(\"b\", 1)]\nf(\"a\", x) := x\nf(\"b\", x) := x + 1",
	"undefined function":     "out := [y | some x in input.list; y := f(x)]\nf(x) := x if x > 1",
	"default function":       "default f(_) := 0\nf(x) := x if x > 1\nout := [f(x) | some x in input.list]",
	"function with else":     "out := [f(x) | some x in input.list]\nf(x) := \"small\" if x < 2\nelse := \"two\" if x == 2\nelse := \"large\"",
	"function in conflict":   "out := f(1)\nf(x) := 1 if x\nf(x) := 2 if x",
	"not":                    `out := [x | some x in input.list; not x == 2]`,
	"not undefined":          `out := 1 if not input.nothing.at.all`,
	"not a function":         "out := [x | some x in input.list; not f(x)]\nf(x) if x > 1",
	"not with a body":        "out := [x | some x in input.list; not g(x)]\ng(x) if {\n some y in input.list\n y < x\n}",
	"every":                  `out := 1 if every x in input.list { x > 0 }`,
	"not every":              `out := 1 if every x in input.list { x > 1 }`,
	"every of none":          `out := 1 if every x in [] { x > 1 }`,
	"every with keys":        `out := 1 if every k, v in input.object { input.object[k] == v }`,
	"every of undefined":     `out := 1 if every x in input.nothing { x > 1 }`,
	"with input":             "out := [a, b] if {\n a := r with input.text as \"other\"\n b := r\n}\nr := input.text",
	"with all input":         "out := x if x := r with input as {\"text\": 1}\nr := input.text",
	"with deep input":        "out := x if x := r with input.x.y.z as 1\nr := input.x",
	"with data":              "out := x if x := r with data.base.roles.parent as 1\nr := data.base.roles",
	"with a rule":            "out := [a, b, c] if {\n a := r\n b := r with data.test.q as 7\n c := r\n}\nr := q + 1\nq := 1",
	"undefined with":         "out := 1 if not r with input.text as \"other\"\nr if input.text == \"text\"",
	"with in a scan":         "out := {x | some y in input.list; x := r with input.text as y}\nr := [input.text, q]\nq := input.text",
	"with and memory":        "out := [q, r, q] if {\n r := q with input.text as 1\n}\nq := input.text",
	"sets":                   `out := [{1, 2} & {2}, {1} | {2}, {1, 2} - {1}, 2 in {1, 2}]`,
	"membership":             `out := {[x, x in input.list] | some x in [0, 1, "a"]}`,
	"dynamic key":            `out := {k: input.object[k] | some k in ["a", "b", "none"]}`,
	"a set's member":         "out := s[2]\ns := {1, 2}",
	"builtins":               `out := [count(input.list), sum(input.list), sprintf("%s-%d", ["a", 1]), object.get(input, ["object", "a"], 0)]`,
	"strings":                `out := [upper("a"), split("a,b", ","), "b" in split("a,b", ",")]`,
	"graph":                  `out := graph.reachable({"a": ["b"], "b": ["c"], "c": []}, {"a"})`,
	"time":                   `out := time.format(1e18)`,
	"length of an array":     `out := 1 if [_, _, _] = input.list`,
	"wrong length":           `out := 1 if [_, _] = input.list`,
	"chained rules":          "out := {a: b | some a, b in r}\nr[x] := y if {\n some x in input.list\n y := s[x]\n}\ns[x] := x * 2 if some x in input.list",
	"built-in error":         `out := to_number(input.text)`,
	"swallowed error":        `out := 1 if not to_number(input.text)`,
	"input in a composite":   `out := [input, {"a": input}, {k: v | some k, v in input}, [v | some v in {input}]]`,
	"input in a set":         `out := count({input, {"list": [1, 2, 3], "object": {"a": 1, "b": 2}, "text": "text"}})`,
	"input to a builtin":     `out := [json.marshal(input), array.reverse(input.list), object.keys(input.object)]`,
	"input equal to made":    `out := [input.list == [1, 2, 3], input.object == {"b": 2, "a": 1}, input.list == [1, 2], input.object != {"a": 1}]`,
	"equal composites":       `out := [[1, {2}] == [1.0, {2}], {"a": []} == {"a": []}, {[1]} == {[1]}, [] == {}, set() == [], {1} == {2}]`,
	"large sets":             "out := [s, count(s), 17 in s, 99 in s, s[7], s - {3}]\ns := {x | some x in numbers.range(1, 40)}",
	"large sets of sets":     `out := {{x, x + 1} | some x in numbers.range(1, 40)}`,
	"large objects":          "out := [o, o[\"17\"], count(o), object.get(o, \"99\", 0)]\no := {sprintf(\"%d\", [x]): [x] | some x in numbers.range(1, 40)}",
	"conflict when large":    `out := {x: y | some x in numbers.range(1, 20); some y in [x, x + 1]}`,
	"objects in order":       `out := [k | some k, _ in {"b": 1, "a": 2, 3: 3, [1]: 4, null: 5, {1}: 6, true: 7}]`,
	"sets in order":          `out := [x | some x in {"b", 3, [2], [1, 5], {"z": 1}, {"a": 2}, {1}, null, true, 10, 2}]`,
	"keys of any kind":       "out := [[o[k], object.get(o, k, 0)] | some k in [[1], {1}, 1, 1.0]]\no := {[x | x := input.list[0]]: \"a\", {x | x := input.list[0]}: \"b\", input.list[0]: \"c\"}",
	"counts":                 `out := [count([]), count({1}), count({"a": 1}), count("häus")]`,
	"count of a number":      `out := count(input.list[0])`,
	"kinds":                  `out := [[is_array(x), is_object(x), is_set(x)] | some x in [[], {}, set(), 1, input, input.list, input.object]]`,
	"members of composites":  `out := [1 in {"a": 1}, [1] in [[1]], {1} in {{1}}, 1 in 1, 1 in input.list, 2 in input.object, "a" in "a"]`,
	"gets":                   `out := [object.get(input, "text", 0), object.get(input, "none", [1]), object.get(input, ["object", "b"], 0), object.get({}, "a", 0)]`,
	"get of an array":        `out := object.get(input.list, "a", 0)`,
	"unions":                 `out := [object.union({"a": 1}, {"b": 2}), object.union({"a": {"x": 1}}, {"a": {"y": 2}}), object.union(input.object, {"a": 9}), object.union({}, input)]`,
	"unions of the same":     `out := [object.union({"a": 1, "b": [2]}, {"b": {"c": 3}}), object.union({"a": {"x": 1}}, {"a": 2}), object.union(input, {"text": {"x": 1}}), object.union(input, {"object": {"b": 3}})]`,
	"equal members":          `out := [[x == y] | some x in [{"a": {1, {2}}}, {"a": {{2}}}, {{"a": 1}, {"b": 2}}, {{"b": 2}, {"a": 1}}, {"a": 1, "b": 2}, {"b": 2, "a": 1.0}, input.object]; some y in [{"a": {{2}, 1}}, {{"b": 2}, {"a": 1}}, {"b": 2, "a": 1}, {"b": 2, "c": 1}]]`,
	"union of arrays":        `out := object.union(input.list, {})`,
	"concatenations":         `out := [array.concat([1], input.list), array.concat([], []), array.concat(split("a,b", ","), [input])]`,
	"concatenation of kinds": `out := array.concat(input.object, [1])`,
	"sorts":                  `out := [sort([3, 1, 2]), sort({"b", "a"}), sort([[2], [1, 9], [1]]), sort(split("b,a", ",")), sort([{"b": 1}, {"a": 2}, [], set()])]`,
	"sort of a string":       `out := sort(input.text)`,
	"sums":                   `out := [1 + 2, 1 - 2, 0.5 + 0.5, 4611686018427387903 + 4611686018427387903, 9223372036854775807 + 1, -9223372036854775808 - 1, 1e3 + 1, 1.0 - 1]`,
	"sum of a string":        `out := input.text + 1`,
	"differences of sets":    `out := [{1, 2} - {1}, {[1]} - {[1]}, {1} - set()]`,
	"difference of kinds":    `out := {1} - 1`,
	"orders":                 `out := [1 < 2, 2 <= 1.0, "a" > 1, [1, 2] < [1, 3], [1] < [1, 0], {"a": 1} >= {"a": 1}, {1} > {0, 5}, null < false, input.list < input.object]`,
	"a copy is not changed":  "out := [a, b, a]\na := [1]\nb := array.concat(a, [2])",
}

// What a run gave stays as it was while others use the same memory.
func TestResultsOutliveTheirRun(t *testing.T) {
	t.Parallel()
	for name, body := range snippets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program, err := Compile(t.Context(), Source{Modules: map[string][]byte{"test.rego": []byte("package test\n" + body)}, Entrypoint: "test/out",
				Data: map[string]any{"base": map[string]any{"roles": map[string]any{"parent": map[string]any{"index": 0}}}}})
			if err != nil {
				return // TestRunsAsOPADoes says which those are
			}
			run := func(input string) ast.Value {
				value, err := program.Run(t.Context(), stated(ast.MustParseTerm(input)).Value)
				if err != nil {
					return ast.String(err.Error())
				}
				return value
			}
			first := run(`{"list": [1, 2, 3], "object": {"a": 1, "b": 2}, "text": "text"}`)
			want := first.String()
			for range 3 {
				run(`{"list": [7, 8, 9, 10], "object": {"c": 3, "d": 4}, "text": "other"}`)
			}
			if got := first.String(); got != want {
				t.Errorf("it was %s, and is %s", want, got)
			}
		})
	}
}

// A program gives what OPA's own evaluation gives, strict about errors.
func TestRunsAsOPADoes(t *testing.T) {
	t.Parallel()
	data := map[string]any{"base": map[string]any{"roles": map[string]any{"parent": map[string]any{"index": 0}}}}
	input := ast.MustParseTerm(`{"list": [1, 2, 3], "object": {"a": 1, "b": 2}, "text": "text"}`).Value
	for name, body := range snippets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			module := "package test\n" + body
			want, wantErr := rego.New(rego.Query("data.test.out"), rego.Module("test.rego", module), rego.ParsedInput(input),
				rego.Store(inmem.NewFromObject(data)), rego.StrictBuiltinErrors(true)).Eval(t.Context())
			for _, input := range []ast.Value{input, stated(ast.NewTerm(input)).Value} {
				got, err := run(t, module, data, input)
				switch {
				case wantErr != nil || len(want) == 0:
					if err == nil {
						t.Errorf("got %v; OPA gives %v, %v", got, want, wantErr)
					}
				case err != nil:
					t.Errorf("got %v; OPA gives %v", err, want)
				default:
					if value := ast.MustInterfaceToValue(want[0].Expressions[0].Value); !same(asJSON(t, got), asJSON(t, value)) {
						t.Errorf("got %v; OPA gives %v", got, value)
					}
				}
			}
		})
	}
}

// members states those of OPA's values, and for an object one that is absent.
type members []*ast.Term

func (m members) Member(i int) *ast.Term {
	if m[i] == nil {
		return nil
	}
	return stated(m[i])
}

// stated is a value whose members are stated when they are read.
func stated(t *ast.Term) *ast.Term {
	switch v := t.Value.(type) {
	case *ast.Array:
		var m members
		v.Foreach(func(e *ast.Term) { m = append(m, e) })
		return new(Terms).Array(len(m), m)
	case ast.Object:
		names, m := []*ast.Term{ast.StringTerm("\x00absent")}, members{nil}
		for _, k := range v.Keys() {
			names, m = append(names, k), append(m, v.Get(k))
		}
		return new(Terms).Object(names, m)
	}
	return t
}

// A value of the plan's own fails what is OPA's, rather than to be taken for
// another.
func TestNothingOfThePlanReachesOPA(t *testing.T) {
	t.Parallel()
	native := func(args []*ast.Term, _ any) (*ast.Term, error) { return ast.ArrayTerm(args...), nil }
	program, err := Compile(t.Context(), Source{
		Modules: map[string][]byte{"test.rego": []byte("package test\nout := f([input])\nf(_) := 1")}, Data: map[string]any{},
		Entrypoint: "test/out", Capabilities: ast.CapabilitiesForThisVersion(),
		Natives: map[string]Native{"test/f": native},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := program.Run(t.Context(), ast.NullTerm().Value); !errors.Is(err, ErrPlan) {
		t.Errorf("got %v, %v", got, err)
	}
}

func run(t *testing.T, module string, data map[string]any, input ast.Value) (ast.Value, error) {
	t.Helper()
	program, err := Compile(t.Context(), Source{
		Modules: map[string][]byte{"test.rego": []byte(module)}, Data: data,
		Entrypoint: "test/out", Capabilities: ast.CapabilitiesForThisVersion(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return program.Run(t.Context(), input)
}

// asJSON makes sets lists, as OPA's results are.
func asJSON(t *testing.T, v ast.Value) *ast.Term {
	t.Helper()
	plain, err := ast.JSON(v)
	if err != nil {
		t.Fatal(err)
	}
	return ast.NewTerm(ast.MustInterfaceToValue(plain))
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"scans":     `out := count([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i * j == 0.5])`,
		"a builtin": `out := count(numbers.range(1, 100000000000))`,
		"calls":     "out := count([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); f(i, j)])\nf(a, b) if a * b == 0.5",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program, err := Compile(t.Context(), Source{
				Modules: map[string][]byte{"test.rego": []byte("package test\n" + body)}, Data: map[string]any{},
				Entrypoint: "test/out", Capabilities: ast.CapabilitiesForThisVersion(),
			})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			if _, err := program.Run(ctx, ast.NullTerm().Value); err == nil {
				t.Error("got a result")
			}
		})
	}
}

func TestNatives(t *testing.T) {
	t.Parallel()
	native := func(args []*ast.Term, _ any) (*ast.Term, error) {
		if len(args) == 1 && args[0].Value == ast.String("fail") {
			return nil, errors.New("refused")
		}
		return ast.StringTerm("native"), nil
	}
	for input, want := range map[string]string{`"x"`: `"native"`, `"fail"`: ""} {
		program, err := Compile(t.Context(), Source{
			Modules: map[string][]byte{"test.rego": []byte("package test[\"8f\"].inner\nout := f(input)\nf(_) := \"rego\"")}, Data: map[string]any{},
			Entrypoint: "test/8f/inner/out", Capabilities: ast.CapabilitiesForThisVersion(),
			Natives: map[string]Native{"test/8f/inner/f": native},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := program.Run(t.Context(), ast.MustParseTerm(input).Value)
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("%s: got %v, %v", input, got, err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for name, module := range map[string]string{
		"a module that does not parse":    "package test\nout :=",
		"an unsafe variable":              "package test\nout := x",
		"a rule by a computed name":       "package test\nout := data.test.inner[input.x]\ninner.a := 1\ninner.b := 2",
		"an entrypoint that is not there": "package other\nout := 1",
		"a relation":                      "package test\nout := [p | walk(input.x, [p, _])]",
	} {
		_, err := Compile(t.Context(), Source{
			Modules: map[string][]byte{"test.rego": []byte(module)}, Data: map[string]any{},
			Entrypoint: "test/out", Capabilities: ast.CapabilitiesForThisVersion(),
		})
		if err == nil {
			t.Errorf("%s: got a program", name)
		} else if strings.Contains(err.Error(), "panic") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
