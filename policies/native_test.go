package policies

import (
	"context"
	"errors"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/sgl"
)

// A pattern can take seconds over one value, and there are 64 principals and as many
// rules: once the time of a decision is over, none is matched any more.
func TestNoPatternIsMatchedAfterTheTime(t *testing.T) {
	t.Parallel()
	like := map[string]any{"name": "a*", "op": "like"}
	person := map[string]any{"ids": []any{"did:x:a"}, "class": 0, "unique": true, "properties": sgl.Properties(map[string]any{"name": "a"})}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		when   any
		shared bool
	}{
		"alone":        {when: like},
		"parts share":  {when: map[string]any{"all": []any{like, like}}, shared: true},
		"beside roles": {when: map[string]any{"any": []any{map[string]any{"roles": "parent"}, like}}},
	} {
		args := []*ast.Term{
			ast.NewTerm(ast.MustInterfaceToValue(sgl.Derive(map[string]any{"grant": "x", "when": c.when}))),
			ast.NewTerm(ast.MustInterfaceToValue([]any{person})), ast.BooleanTerm(!c.shared), ast.BooleanTerm(false),
		}
		if got, err := verdict(args, newQuestion(t.Context(), nil)); err != nil || got == nil {
			t.Fatalf("%s, in time: %v", name, err)
		}
		if got, err := verdict(args, newQuestion(over, nil)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, %v; want nothing decided", name, got, err)
		}
	}
}
