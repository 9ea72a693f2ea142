package policies

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/policies/plan"
)

// inputs are the recorded questions of the table, derived.
func inputs(t testing.TB, engine *Engine) map[string]*facts.Input {
	t.Helper()
	all := map[string]*facts.Input{"base": base()}
	for _, test := range denials {
		in := base()
		test.change(in)
		all[test.name] = in
	}
	for _, test := range groups {
		all[test.name] = test.input()
	}
	for _, in := range all {
		if err := facts.Derive(in, engine.framework); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// prepared is OPA's own evaluation of a bundle from the source tree, as a Go
// library.
func prepared(t *testing.T, bundle Bundle) rego.PreparedEvalQuery {
	t.Helper()
	data, err := bundle.data()
	if err != nil {
		t.Fatal(err)
	}
	options := []func(*rego.Rego){rego.Query("data.procura.challenge.decision"), rego.Store(inmem.NewFromObject(data))}
	for path, raw := range bundle.modules() {
		options = append(options, rego.Module(path, string(raw)))
	}
	query, err := rego.New(options...).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return query
}

// The engine decides as OPA does on the same files, without strict errors, and
// reads the decision from nothing but the recorded JSON.
func TestOPADecidesAlike(t *testing.T) {
	t.Parallel()
	query, engine := prepared(t, sourceBundle(t, fixture(t))), engineOf(t, fixture(t))
	for name, in := range inputs(t, engine) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, err := query.Eval(t.Context(), rego.EvalInput(recorded(t, in)))
			if err != nil || len(results) != 1 {
				t.Fatalf("got %d results, %v", len(results), err)
			}
			alike(t, engine, in, results[0].Expressions[0].Value)
		})
	}
}

// alike holds the engine's raw answer against another's.
func alike(t *testing.T, engine *Engine, in *facts.Input, want any) {
	t.Helper()
	got, err := answered(t, engine, (&stating{shapes: engine.shapes}).state(in))
	if err != nil {
		t.Fatal(err)
	}
	if want := plain(t, want); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v\nOPA gives\n%v", got, want)
	}
}

// answered is the engine's raw answer to an input as a plan's value.
func answered(t *testing.T, engine *Engine, input ast.Value) (any, error) {
	t.Helper()
	answer, err := engine.program.RunAs(t.Context(), input, plan.Options{Beside: newQuestion(t.Context(), engine.rules)})
	if err != nil {
		return nil, err
	}
	value, err := ast.JSON(answer)
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, value), nil
}

func recorded(t testing.TB, in any) any {
	t.Helper()
	return plain(t, in)
}

// plain is a value after a way through JSON, numbers as written.
func plain(t testing.TB, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out any
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// command finds the opa that make tools installs, or one on PATH. Without one
// the test is skipped, and fails under CI=true.
func command(t *testing.T) string {
	t.Helper()
	if path, err := filepath.Abs("../.cache/bin/opa"); err == nil {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	path, err := exec.LookPath("opa")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("opa is missing: make tools installs it")
	}
	if err != nil {
		t.Skip("SKIPPED: opa is missing: make tools installs it")
	}
	return path
}

func write(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
