package authz

import (
	"bytes"
	"context"
	"fmt"
	"regexp"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/plan"
)

// A Test is a rule of a set's tests.
type Test struct {
	File    string
	Package string // "procura.authz_test"
	Name    string
	Line    int
}

var testName = regexp.MustCompile(`^test_[A-Za-z0-9_]+$`)

// IsTest reports whether a rule of this name is a test.
func IsTest(name string) bool { return testName.MatchString(name) }

// Test runs tests of the set, each within the limits of one evaluation, and
// returns those that do not hold.
func (s Set) Test(ctx context.Context, tests []Test) (failed []Test, err error) {
	if len(tests) == 0 {
		return nil, nil
	}
	// Names are such as IsTest takes, and packages as OPA printed them.
	var calls bytes.Buffer
	calls.WriteString("package procura.tests\n\n")
	for i, t := range tests {
		fmt.Fprintf(&calls, "answer contains %d if {\n\tinput == %d\n\tdata.%s.%s == true\n}\n", i, i, t.Package, t.Name)
	}
	program, err := s.program(ctx, "procura/tests/answer", true, map[string][]byte{"tests.rego": calls.Bytes()})
	if err != nil {
		return nil, fmt.Errorf("compiling the tests: %w", err)
	}
	for i, t := range tests {
		limited, cancel := context.WithTimeout(ctx, TimeLimit)
		answer, err := program.RunAs(limited, ast.Number(fmt.Sprint(i)), plan.Options{Budget: Steps})
		cancel()
		if held, ok := answer.(ast.Set); err != nil || !ok || held.Len() != 1 {
			failed = append(failed, t)
		}
	}
	return failed, nil
}
