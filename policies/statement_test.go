package policies

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/plan"
)

// What the engine states is what the recorded JSON says.
func TestStateIsTheJSON(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for name, in := range inputs(t, engine) {
		got := plan.Plain(ast.NewTerm((&stating{shapes: engine.shapes}).state(in))).Value
		want, err := ast.InterfaceToValue(unreadRemoved(t, in))
		if err != nil {
			t.Fatal(err)
		}
		if got.Compare(want) != 0 {
			t.Errorf("%s: got\n%v\nthe JSON gives\n%v", name, got, want)
		}
	}
}

// unreadRemoved is the recorded JSON without what is not stated.
func unreadRemoved(t *testing.T, in any) any {
	t.Helper()
	tree := recorded(t, in)
	presentations, _ := tree.(map[string]any)["presentations"].([]any)
	for _, p := range presentations {
		credentials, _ := p.(map[string]any)["credentials"].([]any)
		for _, c := range credentials {
			c := c.(map[string]any)
			for owner, members := range map[string][]string{"proxied": {"rules", "attributes"}, "holder": {"constraints", "properties"}} {
				for _, name := range members {
					delete(c[owner].(map[string]any), name)
				}
			}
		}
	}
	return tree
}

func TestReadRefusesWhatADecisionIsNot(t *testing.T) {
	t.Parallel()
	shapes := engineOf(t, fixture(t)).shapes
	for _, answer := range []string{
		`"permit"`, `null`, `[]`, `{"decision": true}`, `{"decision": "permit", "surprise": 1}`,
		`{"permissions": {}}`, `{"permissions": ["food"]}`, `{"permissions": [{"name": "food", "granted": "yes"}]}`,
		`{"permissions": [{"rule": 1.5}]}`, `{"permissions": [{"rule": null}]}`,
	} {
		if err := shapes.read(ast.MustParseTerm(answer), new(Decision)); err == nil {
			t.Errorf("%s: got a decision", answer)
		}
	}
}
