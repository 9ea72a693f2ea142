package policies

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/plan"
)

// The limits of a framework's own constraint types (semantics 2.3). Steps are
// what ends a function that does too much, always at the same place; the times
// are for what steps do not measure, and long enough not to end by chance what
// waits for a processor.
const (
	ownSteps  = 100_000         // of one call, with what it makes
	ownInput  = 8_192           // of one call, what it is given: values and 16 bytes of text
	ownTime   = 2 * time.Second // of one call
	ownShare  = 5 * time.Second // of all calls of one decision
	ownFolder = "types"         // below a framework's root
)

// OwnBuiltins are the built-ins that functions of an author's may call: none
// reaches out, none gives what is much larger than what it is given, and none
// takes much longer than reading that.
var OwnBuiltins = []string{
	"eq", "assign", "equal", "neq", "lt", "lte", "gt", "gte",
	"plus", "minus", "mul", "div", "rem", "abs", "ceil", "floor", "round",
	"and", "or", "internal.member_2", "internal.member_3",
	"count", "sum", "max", "min", "sort", "array.concat", "array.reverse", "array.slice",
	"intersection", "union", "object.filter", "object.get", "object.keys", "object.remove", "object.union",
	"contains", "endswith", "lower", "regex.match", "split", "startswith", "strings.any_prefix_match",
	"strings.any_suffix_match", "substring", "to_number", "trim_prefix", "trim_space", "trim_suffix", "upper",
	"is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string", "type_name",
}

// OwnCapabilities are those that Rego of an author's compiles under.
func OwnCapabilities() *ast.Capabilities { return CapabilitiesWith() }

// CapabilitiesWith are those of OwnBuiltins and of these, which must not reach
// out either.
func CapabilitiesWith(more ...string) *ast.Capabilities {
	all := capabilities()
	all.Builtins = slices.DeleteFunc(all.Builtins, func(b *ast.Builtin) bool {
		return !slices.Contains(OwnBuiltins, b.Name) && !slices.Contains(more, b.Name)
	})
	return all
}

// ownTypes are the programs of a bundle's own constraint types, by type.
func (b Bundle) ownTypes(ctx context.Context) (map[string]*plan.Program, error) {
	types := map[string]*plan.Program{}
	for name, raw := range b.Files {
		if path.Dir(name) != b.Root+"/"+ownFolder || !isPolicy(name) {
			continue
		}
		kind := strings.TrimSuffix(path.Base(name), ".rego")
		program, err := OwnProgram(ctx, b.Root+"/"+ownFolder+"/"+kind, raw)
		if err != nil {
			return nil, fmt.Errorf("constraint type %q: %w", kind, err)
		}
		types[kind] = program
	}
	return types, nil
}

// OwnProgram plans a function `outcome` of (parameters, circumstances), of the
// package at a slash-separated path, as what asks it with the two in its input.
func OwnProgram(ctx context.Context, folder string, rego []byte) (*plan.Program, error) {
	function := ast.Ref{ast.DefaultRootDocument}
	for step := range strings.SplitSeq(folder+"/outcome", "/") {
		function = append(function, ast.StringTerm(step))
	}
	return plan.Compile(ctx, plan.Source{
		Modules: map[string][]byte{
			"own.rego":  rego,
			"call.rego": fmt.Appendf(nil, "package procura.call\n\nanswer := %v(input.parameters, input.circumstances)\n", function),
		},
		Data:         map[string]any{},
		Entrypoint:   "procura/call/answer",
		Capabilities: OwnCapabilities(),
		Metered:      true,
	})
}

// own gives, for one decision, what stands in the place of the library's
// dispatch: it asks the framework's own types, each call within its limits.
func (e *Engine) own(ctx context.Context) map[string]plan.Native {
	if len(e.types) == 0 {
		return nil
	}
	o := &ownCalls{ctx: ctx, types: e.types, answers: ast.NewValueMap(), left: ownShare}
	return map[string]plan.Native{
		"procura/dispatch/outcome":       o.outcome,
		e.root + "/lib/dispatch/outcome": o.outcome,
	}
}

// ownCalls are those of one decision. What was answered is not asked again.
type ownCalls struct {
	ctx     context.Context //nolint:containedctx // a native is given none
	types   map[string]*plan.Program
	answers *ast.ValueMap
	left    time.Duration
}

var (
	unknownOutcome = ast.StringTerm("unknown")
	ownKeys        = [2]*ast.Term{ast.StringTerm("parameters"), ast.StringTerm("circumstances")}
	errArguments   = errors.New("dispatch.outcome takes a type, parameters and circumstances")
)

// outcome is dispatch.outcome(type, parameters, circumstances): never undefined,
// and unknown where the function gives no answer of the three in time.
func (o *ownCalls) outcome(args []*ast.Term, _ any) (*ast.Term, error) {
	if len(args) != 3 {
		return nil, errArguments
	}
	for i, arg := range args {
		args[i] = plan.Plain(arg)
	}
	key := ast.NewArray(args...)
	if known := o.answers.Get(key); known != nil {
		return ast.NewTerm(known), nil
	}
	began := time.Now()
	answer := o.ask(args)
	o.left -= time.Since(began)
	o.answers.Put(key, answer.Value)
	return answer, nil
}

func (o *ownCalls) ask(args []*ast.Term) *ast.Term {
	kind, _ := args[0].Value.(ast.String)
	program := o.types[string(kind)]
	input := ast.NewObject([2]*ast.Term{ownKeys[0], args[1]}, [2]*ast.Term{ownKeys[1], args[2]})
	if program == nil || o.left <= 0 || plan.Weight(input, ownInput) > ownInput {
		return unknownOutcome
	}
	ctx, cancel := context.WithTimeout(o.ctx, min(ownTime, o.left))
	defer cancel()
	answer, err := program.RunAs(ctx, input, plan.Options{Budget: ownSteps})
	if err != nil || (answer.Compare(ast.String("holds")) != 0 && answer.Compare(ast.String("fails")) != 0) {
		return unknownOutcome
	}
	return ast.NewTerm(answer)
}
