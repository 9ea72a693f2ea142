// Package authz runs policy sets: the Rego by which a wallet server is answered
// (OpenID AuthZEN Authorization API 1.0). What a set decides lies at
// data.procura.authz.decision; answer.rego beside this file makes the answer of
// it, in stock OPA as here.
//
// It verifies no presentation: of a proxy challenge a set sees the decision, at
// input.proxy. What goes wrong denies, with a reason of the published table.
package authz

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/plan"
)

// The limits of one evaluation. Steps are what ends a set that does too much,
// always at the same place; the time is for what steps do not measure.
const (
	Steps     = 1_000_000
	TimeLimit = time.Second
)

// The reasons for which this package denies (docs/reasons.md).
const (
	Failed    = "authz.failed"    // the set could not be evaluated
	Undefined = "authz.undefined" // the set gives no decision
	Malformed = "authz.malformed" // what it gives is not one
)

// Obligations are the types of obligations that an answer can carry, sorted.
var Obligations = []string{"custom", "notification", "session_termination", "step-up"}

//go:embed *.rego
var files embed.FS

// Library returns the Rego that every set is run with, by file name.
func Library() map[string][]byte {
	library := map[string][]byte{}
	for _, name := range []string{"answer.rego", "proxy.rego"} {
		raw, err := files.ReadFile(name)
		if err != nil {
			panic(err) // the files are part of the program
		}
		library[name] = raw
	}
	return library
}

// A Set is a policy set as its author wrote it.
type Set struct {
	Rego map[string][]byte // by file name, tests (*_test.rego) among them; of package procura.authz
	Data map[string]any    // what lies at data.procura.authz; nil: nothing
}

// builtins are what a set may call beside what every author may: they tell
// times apart that the caller gives, and follow references among its data.
var builtins = []string{"graph.reachable", "time.clock", "time.date", "time.parse_rfc3339_ns", "time.weekday"}

// Capabilities are those that a set compiles under: no network, clock,
// randomness, tokens or certificates, nothing that makes much of little.
func Capabilities() *ast.Capabilities {
	return policies.CapabilitiesWith(builtins...)
}

// Compile plans an entrypoint of a set and its tests, as "procura/authzen/answer".
// Beside the set's files it may take one more.
func (s Set) program(ctx context.Context, entrypoint string, tests bool, beside map[string][]byte) (*plan.Program, error) {
	modules := Library()
	for name, raw := range s.Rego {
		if tests || !strings.HasSuffix(name, "_test.rego") {
			modules[path.Join("set", name)] = raw
		}
	}
	for name, raw := range beside {
		modules[name] = raw
	}
	return plan.Compile(ctx, plan.Source{
		Modules:      modules,
		Data:         s.data(),
		Entrypoint:   entrypoint,
		Capabilities: Capabilities(),
		Metered:      true,
	})
}

func (s Set) data() map[string]any {
	data := s.Data
	if data == nil {
		data = map[string]any{}
	}
	return map[string]any{"procura": map[string]any{"authz": data}}
}

// An Engine decides by one set. It is safe for concurrent use.
type Engine struct {
	program  *plan.Program
	entities map[string]map[string]map[string]any // type → id → properties
	actions  []string                             // sorted
}

// ErrData says that a set's data has entities or actions of another shape.
var ErrData = errors.New("entities are {type: {id: {properties}}}, actions a list of names")

// New makes the engine of a set. It takes tens of milliseconds.
func New(ctx context.Context, s Set) (*Engine, error) {
	program, err := s.program(ctx, "procura/authzen/answer", false, nil)
	if err != nil {
		return nil, fmt.Errorf("compiling the policy set: %w", err)
	}
	e := &Engine{program: program}
	if e.entities, err = entitiesOf(s.Data["entities"]); err != nil {
		return nil, err
	}
	if e.actions, err = actionsOf(s.Data["actions"]); err != nil {
		return nil, err
	}
	return e, nil
}
