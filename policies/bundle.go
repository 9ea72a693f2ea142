package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/procura-dev/procura/policies/facts"
)

var errNoFramework = errors.New("no data.json holds a framework")

// A Bundle is one framework version as policy: Rego and data by path. Every
// package and data path lies below Root, where `decision` is the entrypoint.
type Bundle struct {
	Root   string            // slash-separated: "procura/f/<32 hex>"
	Digest string            // hex SHA-256 (semantics 2.3)
	Files  map[string][]byte // *.rego and data.json; others are not read

	// Shipped says that the Rego of Files is this program's [Library], moved
	// below Root, beside constraint types of the framework's own at Root/types:
	// package compile's word, who moved it. Then the library is not compiled for
	// each framework anew.
	Shipped bool
}

// modules are the Rego of a bundle, by path.
func (b Bundle) modules() map[string][]byte {
	modules := make(map[string][]byte)
	for name, raw := range b.Files {
		if isPolicy(name) {
			modules[name] = raw
		}
	}
	return modules
}

// data reads the data.json files of a bundle, each at its folder.
func (b Bundle) data() (map[string]any, error) {
	root := make(map[string]any)
	for name, raw := range b.Files {
		if path.Base(name) != "data.json" {
			continue
		}
		var value map[string]any
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber() // durations in ns are integers beyond what a double holds
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, err)
		}
		if err := mount(root, path.Dir(strings.TrimPrefix(name, "/")), value); err != nil {
			return nil, fmt.Errorf("placing %q: %w", name, err)
		}
	}
	return root, nil
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

// below is the data at a folder.
func below(data map[string]any, folder string) (map[string]any, error) {
	for step := range strings.SplitSeq(folder, "/") {
		next, ok := data[step].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%q: %w", folder, errNoFramework)
		}
		data = next
	}
	return data, nil
}
