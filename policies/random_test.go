package policies

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// odd are values that no member expects.
var odd = []any{
	nil, true, false, "", "TH", "Ⅳ\u0000é", json.Number("0"), json.Number("-1"), json.Number("1e300"),
	json.Number("9223372036854775807"), []any{}, map[string]any{}, []any{nil, nil}, map[string]any{"id": "x"},
}

// mutate changes one place of a recorded input.
func mutate(r *rand.Rand, v any) any {
	switch x := v.(type) {
	case map[string]any:
		if len(x) == 0 || r.IntN(40) == 0 {
			break
		}
		names := slices.Sorted(maps.Keys(x))
		name := names[r.IntN(len(names))]
		switch r.IntN(14) {
		case 0:
			delete(x, name)
		case 1:
			other := names[r.IntN(len(names))]
			x[name], x[other] = x[other], x[name]
		case 2:
			x[fmt.Sprint("extra", r.IntN(3))] = x[name]
		default:
			x[name] = mutate(r, x[name])
		}
		return x
	case []any:
		if len(x) == 0 || r.IntN(40) == 0 {
			break
		}
		i := r.IntN(len(x))
		switch r.IntN(10) {
		case 0:
			return slices.Delete(slices.Clone(x), i, i+1)
		case 1:
			return append(slices.Clone(x), clone(x[i]))
		case 2:
			x[i], x[0] = x[0], x[i]
		default:
			x[i] = mutate(r, x[i])
		}
		return x
	case json.Number:
		if n, err := x.Int64(); err == nil && r.IntN(2) == 0 {
			return json.Number(fmt.Sprint(n + int64(r.IntN(3)-1)))
		}
	}
	return clone(odd[r.IntN(len(odd))])
}

func clone(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, inner := range x {
			out[k] = clone(inner)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, inner := range x {
			out[i] = clone(inner)
		}
		return out
	}
	return v
}

// Over inputs of which a few places are odd, undefined or doubled the engine
// decides as OPA does. It is strict about built-ins: where one errs it fails,
// which denies, and OPA, which is not, may decide.
func TestOddInputsAreDecidedAlike(t *testing.T) {
	t.Parallel()
	query, engine := prepared(t, sourceBundle(t, fixture(t))), engineOf(t, fixture(t))
	starts := recordings(t, engine)
	counts := map[string]int{}
	randomly(t, 8, nil, func(t *testing.T, r *rand.Rand) {
		for range 50 {
			in := oddOf(r, starts[r.IntN(len(starts))])
			value, err := ast.InterfaceToValue(in)
			if err != nil {
				t.Fatal(err)
			}
			var theirs map[string]any
			results, theirErr := query.Eval(t.Context(), rego.EvalInput(in))
			if theirErr == nil && len(results) == 1 {
				theirs, _ = plain(t, results[0].Expressions[0].Value).(map[string]any)
			}
			answer, ourErr := answered(t, engine, value)
			ours, _ := answer.(map[string]any)
			kind := fmt.Sprint(theirs["decision"], " ", theirErr != nil, " ", ours["decision"], " ", ourErr != nil)
			counts[kind]++
			switch {
			case theirErr != nil && ours["decision"] == Permit:
			case ourErr != nil || theirErr != nil:
				continue
			case reflect.DeepEqual(ours, theirs):
				continue
			}
			raw, _ := json.Marshal(in)
			a, _ := json.Marshal(ours)
			b, _ := json.Marshal(theirs)
			t.Fatalf("ours %v, OPA's %v\nours %s\nOPA  %s\ninput %s", ourErr, theirErr, a, b, raw)
		}
	})
	t.Log(counts)
}

// recordings are the inputs of the table as they are recorded, in one order.
func recordings(t *testing.T, engine *Engine) []any {
	t.Helper()
	var out []any
	all := inputs(t, engine)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, recorded(t, all[name]))
	}
	return out
}

// oddOf is a recorded input with one to three places changed.
func oddOf(r *rand.Rand, in any) any {
	in = clone(in)
	for range 1 + r.IntN(3) {
		in = mutate(r, in)
	}
	return in
}
