package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/procura-dev/procura/policies/facts"
)

var errNoFramework = errors.New("no data.json holds a framework")

// A Bundle is one framework version as policy: Rego and data by path. Every
// package and data path lies below Root, where `decision` is the entrypoint.
type Bundle struct {
	Root   string            // slash-separated: "procura/f/<32 hex>"
	Digest string            // hex SHA-256 (semantics 2.3)
	Files  map[string][]byte // *.rego and data.json; others are not read
}

// modules parses the Rego of a bundle, by path.
func (b Bundle) modules() (map[string]*ast.Module, error) {
	modules := make(map[string]*ast.Module)
	for name, raw := range b.Files {
		if !isPolicy(name) {
			continue
		}
		module, err := ast.ParseModuleWithOpts(name, string(raw), ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return nil, fmt.Errorf("parsing %q: %w", name, err)
		}
		modules[name] = module
	}
	return modules, nil
}

// data reads the data.json files of a bundle into a store, each at its folder.
func (b Bundle) data() (storage.Store, error) {
	root := make(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		if path.Base(name) != "data.json" {
			continue
		}
		var value map[string]any
		if err := json.Unmarshal(b.Files[name], &value); err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, err)
		}
		if err := mount(root, path.Dir(strings.TrimPrefix(name, "/")), value); err != nil {
			return nil, fmt.Errorf("placing %q: %w", name, err)
		}
	}
	return inmem.NewFromObjectWithOpts(root, inmem.OptReturnASTValuesOnRead(true)), nil
}

// mount puts value at a folder of the tree. Two files never share a member.
func mount(tree map[string]any, folder string, value map[string]any) error {
	for step := range strings.SplitSeq(folder, "/") {
		if step == "." {
			continue
		}
		next, ok := tree[step].(map[string]any)
		if !ok {
			next = make(map[string]any)
			tree[step] = next
		}
		tree = next
	}
	for name := range value {
		if _, taken := tree[name]; taken {
			return fmt.Errorf("member %q is there already", name)
		}
		tree[name] = value[name]
	}
	return nil
}

// entrypoint is the reference to the decision below Root.
func (b Bundle) entrypoint() ast.Ref {
	ref := ast.Ref{ast.DefaultRootDocument}
	for step := range strings.SplitSeq(b.Root+"/decision", "/") {
		ref = append(ref, ast.StringTerm(step))
	}
	return ref
}

// Entrypoint is the query that decides, as `opa eval` takes it.
func (b Bundle) Entrypoint() string { return b.entrypoint().String() }

// Facts reads what derived facts take from the framework.
func (b Bundle) Facts() (facts.Framework, error) { return b.framework() }

// framework reads what derived facts take from the framework.
func (b Bundle) framework() (facts.Framework, error) {
	for name, raw := range b.Files {
		var data struct {
			Framework json.RawMessage `json:"framework"`
		}
		if path.Base(name) != "data.json" {
			continue
		}
		if err := json.Unmarshal(raw, &data); err != nil {
			return facts.Framework{}, fmt.Errorf("reading %q: %w", name, err)
		}
		if data.Framework != nil {
			return facts.ParseFramework(data.Framework)
		}
	}
	return facts.Framework{}, errNoFramework
}
