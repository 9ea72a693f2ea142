package compile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
)

// The codes of findings in Rego of an author's.
const (
	CodeRegoMalformed = "rego.malformed" // OPA does not read or compile it
	CodeRegoRefused   = "rego.refused"   // a constraint type must not do this
)

// A typeFile is the Rego of one constraint type as its author wrote it.
type typeFile struct {
	name, kind string // "exclusion.rego", "exclusion"
	raw        []byte
	module     *ast.Module
	found      []trustframeworks.Finding
}

var typeName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// CheckRego finds what is wrong with the Rego of constraint types whatever the
// document says, which could not be read.
func CheckRego(rego map[string][]byte) (found []trustframeworks.Finding) {
	defer func() {
		if cause := recover(); cause != nil { // OPA's parser and compiler read what anybody wrote
			found = broken(cause)
		}
	}()
	_, found = own(nil, rego)
	return found
}

// broken is that OPA does not bear an author's Rego.
func broken(cause any) []trustframeworks.Finding {
	return []trustframeworks.Finding{{Code: CodeInternal, Message: fmt.Sprint("the Rego cannot be compiled: ", cause)}}
}

// own reads the Rego of constraint types of the framework's own, by file name,
// and refuses what is more than a function of (parameters, circumstances). The
// document may be nil.
func own(doc *trustframeworks.Document, rego map[string][]byte) (map[string]*ast.Module, []trustframeworks.Finding) {
	modules := map[string]*ast.Module{}
	var found []trustframeworks.Finding
	for _, name := range slices.Sorted(maps.Keys(rego)) {
		f := &typeFile{name: name, kind: strings.TrimSuffix(name, ".rego"), raw: rego[name]}
		f.check(doc)
		found = append(found, f.found...)
		modules[f.kind] = f.module
	}
	return modules, found
}

func (f *typeFile) add(at *ast.Location, code, format string, args ...any) {
	finding := trustframeworks.Finding{File: f.name, Line: 1, Column: 1, Code: code, Message: fmt.Sprintf(format, args...)}
	if at != nil {
		finding.Line, finding.Column = at.Row, at.Col
	}
	f.found = append(f.found, finding)
}

func (f *typeFile) check(doc *trustframeworks.Document) {
	used := doc == nil || slices.ContainsFunc(doc.Constraints, func(c trustframeworks.Constraint) bool { return c.Type == f.kind })
	switch {
	case !typeName.MatchString(f.kind), strings.HasSuffix(f.kind, "_test"):
		f.add(nil, CodeRegoRefused, "a type is named by lower-case letters, digits and _, 64 at most, and does not end in _test")
		return
	case facts.Parameters()[f.kind] != nil:
		f.add(nil, CodeRegoRefused, "%s is a type that every framework has", f.kind)
	case !used:
		f.add(nil, CodeRegoRefused, "no constraint of the document has the type %s", f.kind)
	}
	if !f.parse() {
		return
	}
	f.inspect()
	if len(f.found) > 0 {
		return // what is refused is not compiled
	}
	if _, err := policies.OwnProgram(context.Background(), "procura/types/"+f.kind, f.raw); err != nil {
		f.malformed(err)
	}
}

// parse makes the syntax tree, and reports whether there is one.
func (f *typeFile) parse() bool {
	if depth(f.raw) > maxNesting {
		f.add(nil, CodeRegoRefused, "brackets are nested more than %d deep", maxNesting)
		return false
	}
	var err error
	if f.module, err = parse(f.name, f.raw); err != nil {
		f.malformed(err)
	}
	return err == nil
}

// malformed says what OPA says, where it says it.
func (f *typeFile) malformed(err error) {
	list, ok := errors.AsType[ast.Errors](err)
	if !ok {
		f.add(nil, CodeRegoMalformed, "%v", err)
	}
	for _, e := range list {
		at := e.Location
		if at != nil && at.File == "call.rego" {
			at = nil
		}
		f.add(at, CodeRegoMalformed, "%s: %s", e.Code, e.Message)
	}
}

// inspect refuses on the syntax tree what a function of its arguments does not
// need.
func (f *typeFile) inspect() {
	if want := "data.procura.types." + f.kind; f.module.Package.Path.String() != want {
		f.add(f.module.Package.Location, CodeRegoRefused, "the package must be %s", strings.TrimPrefix(want, "data."))
	}
	isOutcome := func(r *ast.Rule) bool { return r.Head.Name == "outcome" && len(r.Head.Args) == 2 && !r.Default }
	if !slices.ContainsFunc(f.module.Rules, isOutcome) {
		f.add(f.module.Package.Location, CodeRegoRefused, "there must be a function outcome(parameters, circumstances)")
	}
	for _, i := range f.module.Imports {
		if i.Path.String() != "rego.v1" {
			f.add(i.Location, CodeRegoRefused, "imports reach outside the package")
		}
	}
	f.metadata()
	f.rules(f.visit)
	f.types()
}

func (f *typeFile) metadata() {
	for _, a := range f.module.Annotations {
		if a.Entrypoint || len(a.Schemas) > 0 || a.Compile != nil {
			f.add(a.Location, CodeRegoRefused, "metadata may describe, and nothing more")
		}
	}
}

func (f *typeFile) rules(visit func(any) bool) {
	if len(f.module.Rules) > maxRules {
		f.add(nil, CodeRegoRefused, "there are more than %d rules", maxRules)
	}
	for _, r := range f.module.Rules {
		f.deep(r)
		ast.NewGenericVisitor(visit).Walk(r)
	}
}

func (f *typeFile) visit(x any) bool {
	switch x := x.(type) {
	case *ast.With:
		f.add(x.Location, CodeRegoRefused, "with replaces what is not the function's own")
	case *ast.Expr:
		if x.IsCall() {
			f.call(x.Operator(), x.Operands(), x.Location)
		}
	case *ast.Term:
		f.term(x)
	}
	return false
}

func (f *typeFile) term(t *ast.Term) {
	switch v := t.Value.(type) {
	case ast.Var:
		if v.Equal(ast.InputRootDocument.Value) || v.Equal(ast.DefaultRootDocument.Value) {
			f.add(t.Location, CodeRegoRefused, "%s is not the function's to read: it has parameters and circumstances", v)
		}
	case ast.Number:
		if n, err := strconv.ParseFloat(string(v), 64); err != nil || math.IsInf(n, 0) || len(v) > 64 {
			f.add(t.Location, CodeRegoRefused, "the number is beyond IEEE doubles")
		}
	case ast.Call:
		f.call(v[0].Value.(ast.Ref), v[1:], t.Location)
	}
}

// maxPattern bounds a regular expression, in bytes: how long one takes is its
// length and repetitions times the text's.
const maxPattern = 128

// repeated finds counted repetitions, which multiply a pattern.
var repeated = regexp.MustCompile(`\{\d`)

// call wants regular expressions to be there for who publishes to see.
func (f *typeFile) call(name ast.Ref, args []*ast.Term, at *ast.Location) {
	if name.String() == "print" { // which the compiler drops, and others' logs would keep
		f.add(at, CodeRegoRefused, "undefined function print")
	}
	if name.String() != "regex.match" || len(args) == 0 {
		return
	}
	switch text, literal := args[0].Value.(ast.String); {
	case !literal:
		f.add(at, CodeRegoRefused, "the pattern of regex.match must be written out")
	case len(text) > maxPattern || repeated.MatchString(string(text)):
		f.add(at, CodeRegoRefused, "the pattern has more than %d bytes, or counts repetitions", maxPattern)
	default:
		if _, err := regexp.Compile(string(text)); err != nil {
			f.add(at, CodeRegoRefused, "the pattern: %v", err)
		}
	}
}

// askOwn adds to the library's dispatch, for each type, the rule that asks it.
// The names of types are put into the syntax tree of one rule, as values.
func askOwn(dispatch *ast.Module, types map[string]*ast.Module) error {
	for _, kind := range slices.Sorted(maps.Keys(types)) {
		m, err := parse("dispatch.rego", []byte("package procura.dispatch\n\noutcome(\"\", parameters, circumstances) := data.procura.types.kind.outcome(parameters, circumstances)\n"))
		if err != nil {
			return err
		}
		rule := m.Rules[0]
		rule.Head.Args[0].Value = ast.String(kind)
		call := rule.Head.Value.Value.(ast.Call)
		call[0].Value.(ast.Ref)[3].Value = ast.String(kind)
		row := 1_000_000 + len(dispatch.Rules) // below everything that is written: the formatter orders by rows
		ast.WalkTerms(rule, func(t *ast.Term) bool { t.Location = at(t.Location, row); return false })
		rule.Location, rule.Head.Location, rule.Module = at(rule.Location, row), at(rule.Head.Location, row), dispatch
		rule.Head.Args[0].Location.Text = []byte(strconv.Quote(kind)) // which the formatter prints
		dispatch.Rules = append(dispatch.Rules, rule)
	}
	return nil
}

func at(l *ast.Location, row int) *ast.Location {
	if l == nil {
		return nil
	}
	moved := *l
	moved.Row = row
	return &moved
}
