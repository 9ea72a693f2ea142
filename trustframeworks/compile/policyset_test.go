package compile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

func policySet(t *testing.T, files map[string]string) *trustframeworks.Source {
	t.Helper()
	set := trustframeworks.NewPolicySet()
	for name, text := range files {
		if err := set.Add(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return set
}

// The examples compile, and their tests hold; also on their way through an
// archive.
func TestPolicySetExamples(t *testing.T) {
	t.Parallel()
	names := authz.Examples()
	if !slices.Equal(names, []string{"certification", "guardian"}) {
		t.Errorf("the examples are %v", names)
	}
	for _, name := range names {
		set := trustframeworks.NewPolicySet()
		for file, raw := range authz.Example(name) {
			if err := set.Add(file, raw); err != nil {
				t.Fatal(err)
			}
		}
		archive, err := set.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		read, found := trustframeworks.ReadPolicySet(archive)
		if len(found) > 0 {
			t.Fatalf("%s: %v", name, found)
		}
		if _, found, err := compile.PolicySet(t.Context(), read, true); err != nil || len(found) > 0 {
			t.Errorf("%s: %v %v", name, found, err)
		}
	}
}

func TestPolicySetRefusals(t *testing.T) {
	t.Parallel()
	const head, permit = "package procura.authz\n\n", "decision := {\"decision\": true}\n"
	for name, test := range map[string]struct {
		rego, data, test string
		want             string // part of the one finding
	}{
		"whole":                  {rego: head + permit},
		"another package":        {rego: "package procura.authzen\n\n" + permit, want: "a.rego:1:1: the package must be procura.authz"},
		"a package above":        {rego: "package procura\n\n" + permit, want: "the package must be"},
		"a package beside":       {rego: "package procura.authz2\n\n" + permit, want: "the package must be"},
		"an import from here":    {rego: head + "import data.procura.proxy\n\ndecision := {\"decision\": proxy.proved(input.proxy, \"x\")}\n"},
		"an import elsewhere":    {rego: head + "import data.system\n\n" + permit, want: "a.rego:3:1: a policy set imports"},
		"not Rego":               {rego: "package", want: "rego.malformed"},
		"a denied built-in":      {rego: head + "decision := http.send({})\n", want: "undefined function http.send"},
		"the clock":              {rego: head + "decision := {\"decision\": time.now_ns() > 0}\n", want: "undefined function time.now_ns"},
		"large ranges":           {rego: head + "decision := {\"decision\": count(numbers.range(1, 1000000000)) > 0}\n", want: "undefined function numbers.range"},
		"print":                  {rego: head + "decision := {\"decision\": true} if print(input)\n", want: "undefined function print"},
		"with":                   {rego: head + "decision := {\"decision\": true} if a with input as {}\n\na := true\n", want: "with is for tests"},
		"an entrypoint":          {rego: "# METADATA\n# entrypoint: true\n" + head + permit, want: "metadata may describe"},
		"recursion":              {rego: head + "decision := {\"decision\": a}\n\na := b\n\nb := a\n", want: "recursive"},
		"the answer itself":      {rego: head + "decision := data.procura.authzen.answer\n", want: "recursive"},
		"a computed pattern":     {rego: head + "decision := {\"decision\": regex.match(input.action.name, \"a\")}\n", want: "must be written out"},
		"deep brackets":          {rego: head + "decision := " + strings.Repeat("[", 11) + strings.Repeat("]", 11) + "\n", want: "nested more than"},
		"types that double":      {rego: head + doublingSet(), want: "too many lists"},
		"a rule that is data":    {rego: head + permit, data: `{"procura": {"authz": {"decision": {"decision": true}}}}`, want: "a rule and data have the name decision"},
		"no decision":            {rego: head + "allow := true\n", want: "there is no rule decision"},
		"a package that is data": {rego: head + permit, test: "package procura.authz.more\n\na := 1\n", data: `{"procura": {"authz": {"more": {}}}}`, want: "a rule and data have the name more"},
		"data elsewhere":         {rego: head + permit, data: `{"procura": {"authzen": {}}}`, want: "data.json:1:14: a policy set holds data below"},
		"data at the top":        {rego: head + permit, data: `{"users": {}}`, want: "below procura.authz"},
		"data that is a list":    {rego: head + permit, data: `{"procura": {"authz": []}}`, want: "must be an object"},
		"a member given twice":   {rego: head + permit, data: `{"procura": {"authz": {"a": 1, "a": 2}}}`, want: "given twice"},
		"entities of a list":     {rego: head + permit, data: `{"procura": {"authz": {"entities": {"user": ["alice"]}}}}`, want: "entities/user is no object"},
		"a test that holds":      {rego: head + permit, test: "package procura.authz_test\n\ntest_it if data.procura.authz.decision.decision with input as {}\n"},
		"a test that fails":      {rego: head + permit, test: "package procura.authz_test\n\ntest_it if not data.procura.authz.decision\n", want: "a_test.rego:3:1: test_it does not hold (test.failed)"},
		"a test that is false":   {rego: head + permit, test: "package procura.authz_test\n\ntest_it := false\n", want: "test_it does not hold"},
		"a test that is long": {
			rego: head + permit, data: `{"procura": {"authz": {"n": [` + strings.TrimSuffix(strings.Repeat("1,", 500), ",") + `]}}}`,
			test: "package procura.authz_test\n\ntest_it if count([1 | some a in n; some b in n; some c in n; a + b + c > 0]) > 0\n\nn := data.procura.authz.n\n",
			want: "test_it does not hold",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"a.rego": test.rego, "data.json": test.data}
			if test.data == "" {
				files["data.json"] = "{}"
			}
			if test.test != "" {
				files["a_test.rego"] = test.test
			}
			_, found, err := compile.PolicySet(t.Context(), policySet(t, files), true)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" && len(found) > 0 || test.want != "" && (len(found) == 0 || !strings.Contains(fmt.Sprint(found), test.want)) {
				t.Errorf("got %v, want %q", found, test.want)
			}
		})
	}
}

// doublingSet is Rego whose type doubles with each rule.
func doublingSet() string {
	var b strings.Builder
	b.WriteString("a0 := input.x\n\n")
	for i := 1; i < 25; i++ {
		fmt.Fprintf(&b, "a%d := [a%d, a%d]\n\n", i, i-1, i-1)
	}
	b.WriteString("decision := {\"decision\": a24 == 1}\n")
	return b.String()
}

func TestPolicySetArchives(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{"Rego alone": "package procura.authz", "a framework's document": "{}", "nothing": ""} {
		if _, found := trustframeworks.ReadPolicySet([]byte(raw)); len(found) != 1 || found[0].Code != trustframeworks.CodeArchive {
			t.Errorf("%s: %v", name, found)
		}
	}
	set := trustframeworks.NewPolicySet()
	for _, name := range []string{"framework.yaml", "../a.rego", "A.rego", ".manifest", "data.yaml"} {
		if set.Add(name, []byte("x")) == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestPolicySetStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	set := policySet(t, map[string]string{"data.json": "{}", "a.rego": "package procura.authz\n\ndecision := {\"decision\": true}\n", "a_test.rego": "package procura.authz_test\n\ntest_it := true\n"})
	if _, found, err := compile.PolicySet(ctx, set, true); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v %v", found, err)
	}
}
