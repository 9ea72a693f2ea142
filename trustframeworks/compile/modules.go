package compile

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"

	"github.com/procura-dev/procura/policies"
)

// ownSource is the part of a framework's own module that is the same for all.
//
//go:embed framework.rego
var ownSource []byte

// modules gives the library's Rego, moved below the framework's root, and the
// framework's own module.
func (f *Framework) modules() (map[string][]byte, error) {
	library, err := parsedLibrary()
	if err != nil {
		return nil, err
	}
	m := mover{root: steps(f.Root), packages: map[string]bool{}}
	parsed := map[string]*ast.Module{}
	for name, module := range library {
		m.packages[packageName(module)] = true
		parsed[f.Root+"/lib/"+name] = module.Copy()
	}
	for kind, module := range f.types {
		parsed[f.Root+"/types/"+kind+".rego"] = module.Copy()
	}
	if err := askOwn(parsed[f.Root+"/lib/dispatch/dispatch.rego"], f.types); err != nil {
		return nil, err
	}
	own, err := f.module()
	if err != nil {
		return nil, err
	}
	parsed[f.Root+"/framework.rego"] = own
	files := map[string][]byte{}
	for name, module := range parsed {
		if err := m.move(module); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if files[name], err = format.AstWithOpts(module, format.Opts{RegoVersion: ast.RegoV1}); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

// parsedLibrary is the library's Rego, by path; to be copied, never changed.
var parsedLibrary = sync.OnceValues(func() (map[string]*ast.Module, error) {
	parsed := map[string]*ast.Module{}
	for name, raw := range policies.Library() {
		module, err := parse(name, raw)
		if err != nil {
			return nil, err
		}
		parsed[name] = module
	}
	return parsed, nil
})

func parse(name string, raw []byte) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(name, string(raw), ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true})
}

func steps(root string) []string { return strings.Split(root, "/") }

// packageName gives "sgl" for the package procura.sgl, and "" for any other.
func packageName(m *ast.Module) string {
	if path := m.Package.Path; len(path) == 3 && isString(path[1], "procura") {
		name, _ := path[2].Value.(ast.String)
		return string(name)
	}
	return ""
}

func isString(t *ast.Term, s string) bool {
	value, ok := t.Value.(ast.String)
	return ok && string(value) == s
}

// A mover puts modules of the source tree below a framework's root, on the
// syntax tree:
//
//	data.procura.<package>  → data.<root>.lib.<package>
//	data.procura.framework  → data.<root>.framework
//	data.procura.types      → data.<root>.types, of the author
//	data.procura.withdrawals → data.<root>.withdrawals, which who serves the bundle adds
//	package procura.own     → package <root>
type mover struct {
	root     []string
	packages map[string]bool
}

// errForeign says that a module reads data that its bundle does not carry.
var errForeign = errors.New("refers to data outside the library and the framework")

// move changes the module in place. It sets references only: ast.Transform
// would write every term back, and OPA shares those of true and its like
// between all modules of the process.
func (m mover) move(module *ast.Module) error {
	path, err := m.ref(module.Package.Path)
	if err != nil {
		return err
	}
	module.Package.Path = path
	var first error
	ast.WalkTerms(module, func(t *ast.Term) bool {
		ref, ok := t.Value.(ast.Ref)
		if !ok {
			return false
		}
		moved, err := m.ref(ref)
		if err != nil && first == nil {
			first = err
		}
		if err == nil && len(moved) != len(ref) {
			t.Value = moved
		}
		return false
	})
	if first != nil {
		return first
	}
	return m.inside(module)
}

// inside holds that nothing was overlooked: every reference to data lies below
// the root.
func (m mover) inside(module *ast.Module) error {
	var first error
	ast.WalkRefs(module, func(ref ast.Ref) bool {
		if !ref[0].Equal(ast.DefaultRootDocument) || first != nil {
			return false
		}
		for i, step := range m.root {
			if len(ref) <= i+1 || !isString(ref[i+1], step) {
				first = fmt.Errorf("%v: %w", ref, errForeign)
				break
			}
		}
		return false
	})
	return first
}

func (m mover) ref(ref ast.Ref) (ast.Ref, error) {
	if len(ref) == 0 || !ref[0].Equal(ast.DefaultRootDocument) {
		return ref, nil
	}
	if len(ref) < 3 || !isString(ref[1], "procura") {
		return nil, fmt.Errorf("%v: %w", ref, errForeign)
	}
	name, _ := ref[2].Value.(ast.String)
	var below []string
	switch {
	case m.packages[string(name)]:
		below = []string{"lib", string(name)}
	case name == "framework", name == "types", name == "withdrawals":
		below = []string{string(name)}
	case name == "f":
		return ref, nil // moved already: a tree can share a reference
	case name != "own":
		return nil, fmt.Errorf("%v: %w", ref, errForeign)
	}
	moved := ast.Ref{ref[0]}
	for _, step := range append(m.root, below...) {
		t := ast.StringTerm(step)
		t.Location = ref[2].Location
		moved = append(moved, t)
	}
	return append(moved, ref[3:]...), nil
}
