package verifier_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

// exclusion is the sample with a constraint type of its own, with other Rego
// where some is given.
func exclusion(t *testing.T, rego string) *verifier.Framework {
	t.Helper()
	const folder = "../trustframeworks/testdata/exclusion/"
	raw, err := os.ReadFile(folder + "framework.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(folder + "exclusion.rego")
	if err != nil {
		t.Fatal(err)
	}
	if rego != "" {
		own = []byte("package procura.types.exclusion\n\n" + rego)
	}
	doc, found := trustframeworks.Parse(raw)
	if len(found) > 0 {
		t.Fatal(found)
	}
	c, found := compile.CompileWith(doc, map[string][]byte{"exclusion.rego": own})
	if len(found) > 0 {
		t.Fatal(found)
	}
	f, err := verifier.NewFramework(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Stock OPA decides by a type of a framework's own as our engine does.
func TestOwnTypeStockOPADecidesAlike(t *testing.T) {
	t.Parallel()
	opa := stockOPA(t)
	for name, rego := range map[string]string{
		"the sample":     "",
		"always holds":   `outcome(_, _) := "holds"`,
		"always fails":   `outcome(_, _) := "fails"`,
		"undefined":      `outcome(parameters, _) := "holds" if parameters.nothing`,
		"another answer": `outcome(_, _) := {"outcome": "holds"}`,
		"true":           `outcome(_, _) := true`,
		"what it sees": `outcome(parameters, circumstances) := "holds" if {
	parameters == {"codes": ["TD-ND"]}
	circumstances == {"place": {"codes": ["TD-WF"], "source": "device"}}
}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := exclusion(t, rego)
			results, err := verifier.TestFramework(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			ask := serveBundle(t, opa, f)
			for _, r := range results {
				if got, want := ask(t, r.Decision.Input), canonical(t, r.Decision.Decision); !bytes.Equal(got, want) {
					t.Errorf("%s:\nopa  %s\nours %s", r.Name, got, want)
				}
				if name == "the sample" && r.Failure != "" {
					t.Errorf("%s: %s", r.Name, r.Failure)
				}
			}
			if name == "what it sees" && results[0].Decision.Decision.Decision != "permit" {
				t.Errorf("it sees other than its parameters and its circumstances: %v", codes(results[0]))
			}
		})
	}
}

// doubling makes x1 to x(n-1), each of two of the one before.
func doubling(n int, how string) string {
	var b strings.Builder
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "\tx%d := "+how+"\n", i, i-1, i-1)
	}
	return b.String()
}

// functions makes f0 to fn, each but the last with two calls of the next.
func functions(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\nf%d(x) := f%d(x + 1) + f%d(x + 2)\n", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "\nf%d(x) := x\n", n)
	return b.String()
}

func codes(r verifier.TestResult) (list []string) {
	for _, reason := range r.Decision.Reasons {
		list = append(list, reason.Code)
	}
	return list
}

// What errs, or takes more than its share of time or memory, makes its own
// constraint unknown, and nothing else: the decision is taken, and soon.
func TestOwnTypeBeyondItsLimits(t *testing.T) {
	t.Parallel()
	for name, rego := range map[string]string{
		"errs":               `outcome(parameters, _) := "holds" if to_number(parameters.codes[0]) else := "holds"`,
		"errs under not":     `outcome(parameters, _) := "holds" if not to_number(parameters.codes[0])`,
		"conflicts":          "outcome(_, _) := \"holds\"\n\noutcome(_, _) := \"fails\"",
		"divides by nothing": `outcome(_, _) := "holds" if 1 / 0 else := "holds"`,
		"many to one value":  "outcome(_, _) := \"holds\" if {\n\tx0 := split(\"a,a,a,a,a,a,a,a\", \",\")\n\tx1 := [[a, b, c, x0] | some a in x0; some b in x0; some c in x0]\n\tx2 := [[a, b, x1] | some a in x1; some b in x1]\n\tcount(x2) > 0\n}",
		"loops": `n := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

outcome(_, _) := "holds" if count([1 | some _ in n; some _ in n; some _ in n; some _ in n; some _ in n; some _ in n; some _ in n; some _ in n]) > 0`,
		"calls without end": "outcome(_, _) := \"holds\" if f0(1) > 0\n" + functions(40),
		"doubles by union":  "outcome(_, _) := \"holds\" if {\n\tx0 := [1]\n" + doubling(60, "array.concat(x%d, x%d)") + "\tcount(x59) > 2\n}",
		"squares":           "outcome(_, _) := \"holds\" if {\n\tx0 := 1e300\n" + doubling(40, "x%d * x%d") + "\tx39 % 7 == 1\n}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, err := verifier.TestFramework(t.Context(), exclusion(t, rego))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if got := codes(r); r.Decision.Decision.Decision != "deny" || !slices.Contains(got, "constraint.unknown") || slices.Contains(got, "policy.failed") {
					t.Errorf("%s: %s, %v; want it denied because the constraint is unknown", r.Name, r.Decision.Decision.Decision, got)
				}
			}
		})
	}
}
