package policies

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/procura-dev/procura/policies/facts"
)

// testdata/rego/data.json is the small framework compiled, and the base input
// derived: what the tests in Rego begin with, also under `opa test policies`.
func TestRecordedFixture(t *testing.T) {
	t.Parallel()
	in := base()
	if err := facts.Derive(in, engineOf(t, fixture(t)).framework); err != nil {
		t.Fatal(err)
	}
	framework := fixture(t)
	sourceBundle(t, framework)
	recorded, err := json.MarshalIndent(map[string]any{"fixture": map[string]any{"framework": framework, "input": in}}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "rego", "data.json")
	if *update {
		write(t, path, append(recorded, '\n'))
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.TrimSpace(got), recorded) {
		t.Errorf("%s is not the fixture: run with -update", path)
	}
}

// The tests in Rego that lie beside the challenge's files.
func TestRego(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "rego", "data.json"))
	if err != nil {
		t.Fatal(err)
	}
	modules := make(map[string]*ast.Module)
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isPolicy(path) && !strings.HasPrefix(path, "challenge/") {
			return err
		}
		source, err := files.ReadFile(path)
		if err == nil {
			modules[path], err = ast.ParseModule(path, string(source))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	store := inmem.NewFromReader(bytes.NewReader(raw))
	txn, err := store.NewTransaction(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	results, err := tester.NewRunner().SetTimeout(time.Minute).SetStore(store).SetModules(modules).RunTests(t.Context(), txn)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for result := range results {
		ran++
		if !result.Pass() {
			t.Errorf("%s: %s: %v", result.Location, result.Name, result.Error)
		}
	}
	if ran < 40 {
		t.Errorf("got %d tests", ran)
	}
}
