package authz_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/procura-dev/procura/policies/authz"
)

func set(rego string) authz.Set {
	return authz.Set{Rego: map[string][]byte{"a.rego": []byte("package procura.authz\n\n" + rego)}}
}

func engine(t *testing.T, s authz.Set) *authz.Engine {
	t.Helper()
	e, err := authz.New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const (
	undefined = `{"decision":false,"context":{"reason_admin":{"authz.undefined":"the policy set gives no decision"}}}`
	malformed = `{"decision":false,"context":{"reason_admin":{"authz.malformed":"what the policy set gives is not a decision"}}}`
	failed    = `{"decision":false,"context":{"reason_admin":{"authz.failed":"the policy set could not be evaluated"}}}`
)

// Only a whole decision is passed on, and only true permits. Stock OPA gives the
// same of the same set, but where a built-in fails: it has no value there.
func TestAnswers(t *testing.T) {
	t.Parallel()
	proxy := map[string]any{"decision": "permit", "obligations": []any{
		map[string]any{"id": "photo-match/travel", "action": "photo-match", "text": map[string]any{"en": "look"}, "permission": "travel"},
		map[string]any{"id": "report/oversight", "action": "report", "text": "the camp's council", "by": "2026-05-18T00:00:00Z"},
		map[string]any{"id": "again", "action": "re-authentication", "text": map[string]any{"fr": "mfa", "nl": "x"}},
	}}
	denied := map[string]any{"decision": "deny", "obligations": proxy["obligations"]}
	mute := map[string]any{"decision": "permit", "obligations": []any{map[string]any{"id": "x", "action": "report"}}}
	const duties = `[{"id":"photo-match/travel","properties":{"action":"photo-match","permission":"travel","text":{"en":"look"},"vendor":"procura"},"type":"custom"},` +
		`{"id":"report/oversight","properties":{"body":"the camp's council","to":"the camp's council","topic":"report/oversight"},"type":"notification"},` +
		`{"id":"again","properties":{"acr_value":"mfa"},"type":"step-up"}]`
	step := `{"id": "o1", "type": "step-up", "properties": {"acr_value": "x"}}`
	for name, test := range map[string]struct {
		rego    string
		context map[string]any
		proxy   map[string]any
		want    string
		stock   string // empty: as want
	}{
		"a permit":                {rego: `decision := {"decision": true}`, want: `{"decision":true}`},
		"a denial":                {rego: `decision := {"decision": false}`, want: `{"decision":false}`},
		"reasons":                 {rego: `decision := {"decision": false, "reason_user": {"403": "no"}, "reason_admin": {"a": "b"}}`, want: `{"decision":false,"context":{"reason_admin":{"a":"b"},"reason_user":{"403":"no"}}}`},
		"a context":               {rego: `decision := {"decision": true, "context": {"x": 1}}`, want: `{"decision":true,"context":{"x":1}}`},
		"undefined":               {rego: `decision := {"decision": true} if input.nothing`, want: undefined},
		"another rule":            {rego: `allow := true`, want: undefined},
		"a boolean":               {rego: `decision := true`, want: malformed},
		"false":                   {rego: `decision := false`, want: malformed},
		"a string":                {rego: `decision := {"decision": "true"}`, want: malformed},
		"no decision":             {rego: `decision := {"context": {}}`, want: malformed},
		"another member":          {rego: `decision := {"decision": true, "allow": true}`, want: malformed},
		"a list":                  {rego: `decision := [true]`, want: malformed},
		"reasons that are a text": {rego: `decision := {"decision": true, "reason_user": "no"}`, want: malformed},
		"reasons in the context":  {rego: `decision := {"decision": true, "context": {"reason_user": {}}}`, want: malformed},
		"a built-in that fails":   {rego: `decision := {"decision": to_number("x") == 1}`, want: failed, stock: undefined},
		"a failure under not":     {rego: "decision := {\"decision\": true} if not bad\n\nbad if to_number(\"x\") == 1", want: failed, stock: `{"decision":true}`},
		"two values":              {rego: "decision := {\"decision\": true}\n\ndecision := {\"decision\": false} if input.action.name == \"read\"", want: failed, stock: "conflict"},

		"an obligation":            {rego: `decision := {"decision": true, "obligations": [` + step + `]}`, want: `{"decision":true,"context":{"obligations":[{"id":"o1","properties":{"acr_value":"x"},"type":"step-up"}]}}`},
		"one on a denial":          {rego: `decision := {"decision": false, "obligations": [` + step + `]}`, context: map[string]any{"supported_obligations": []any{}}, want: `{"decision":false,"context":{"obligations":[{"id":"o1","properties":{"acr_value":"x"},"type":"step-up"}]}}`},
		"one that is supported":    {rego: `decision := {"decision": true, "obligations": [` + step + `]}`, context: map[string]any{"supported_obligations": []any{"magic", "step-up"}}, want: `{"decision":true,"context":{"obligations":[{"id":"o1","properties":{"acr_value":"x"},"type":"step-up"}]}}`},
		"one that is not":          {rego: `decision := {"decision": true, "obligations": [` + step + `]}`, context: map[string]any{"supported_obligations": []any{"custom"}}, want: `{"decision":false,"context":{"reason_admin":{"obligation.unsupported":"a duty that comes with the permit is one that the caller does not support"}}}`},
		"support that is no list":  {rego: `decision := {"decision": true, "obligations": [` + step + `]}`, context: map[string]any{"supported_obligations": "step-up"}, want: `{"decision":false,"context":{"reason_admin":{"obligation.unsupported":"a duty that comes with the permit is one that the caller does not support"}}}`},
		"support that is false":    {rego: `decision := {"decision": true, "obligations": [` + step + `]}`, context: map[string]any{"supported_obligations": false}, want: `{"decision":false,"context":{"reason_admin":{"obligation.unsupported":"a duty that comes with the permit is one that the caller does not support"}}}`},
		"two of one id":            {rego: `decision := {"decision": true, "obligations": [` + step + `, ` + step + `]}`, want: malformed},
		"one of another type":      {rego: `decision := {"decision": true, "obligations": [{"id": "a", "type": "magic", "properties": {}}]}`, want: malformed},
		"one that lacks something": {rego: `decision := {"decision": true, "obligations": [{"id": "a", "type": "notification", "properties": {"to": "x"}}]}`, want: malformed},
		"obligations of no list":   {rego: `decision := {"decision": true, "obligations": {}}`, want: malformed},

		"duties of a proxy":          {rego: `decision := {"decision": true}`, proxy: proxy, want: `{"decision":true,"context":{"obligations":` + duties + `}}`},
		"duties on a denial":         {rego: `decision := {"decision": false}`, proxy: proxy, want: `{"decision":false}`},
		"duties of a denial":         {rego: `decision := {"decision": true}`, proxy: denied, want: `{"decision":true}`},
		"a duty that nobody states":  {rego: `decision := {"decision": true}`, proxy: mute, want: `{"decision":true,"context":{"obligations":[{"id":"x","properties":{"action":"report","vendor":"procura"},"type":"custom"}]}}`},
		"a duty that is lost":        {rego: `decision := {"decision": true}`, proxy: map[string]any{"decision": "permit", "obligations": []any{map[string]any{"action": "look"}}}, want: malformed},
		"duties that are not wanted": {rego: `decision := {"decision": true}`, proxy: proxy, context: map[string]any{"supported_obligations": []any{"custom", "step-up"}}, want: `{"decision":false,"context":{"reason_admin":{"obligation.unsupported":"a duty that comes with the permit is one that the caller does not support"}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := authz.Input{
				Subject: authz.Entity{Type: "user", ID: "alice"}, Resource: authz.Entity{Type: "record", ID: "1"},
				Action: authz.Action{Name: "read"}, Context: test.context, Proxy: test.proxy,
			}
			answer, err := engine(t, set(test.rego)).Decide(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "here", answer, test.want)
			if test.stock == "" {
				test.stock = test.want
			}
			if got := stock(t, set(test.rego), in); test.stock == "conflict" && got != nil {
				t.Errorf("stock OPA: %v, want a conflict", got)
			} else if test.stock != "conflict" {
				same(t, "stock OPA", got, test.stock)
			}
		})
	}
}

func same(t *testing.T, who string, got any, want string) {
	t.Helper()
	raw, err := json.Marshal(got)
	var a, b any
	if err := errors.Join(err, json.Unmarshal(raw, &a), json.Unmarshal([]byte(want), &b)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s:\ngot  %s\nwant %s", who, raw, want)
	}
}

// stock is what OPA itself gives; nil: an error.
func stock(t *testing.T, s authz.Set, in authz.Input) any {
	t.Helper()
	options := []func(*rego.Rego){rego.Query("data.procura.authzen.answer"), rego.Store(inmem.NewFromObject(map[string]any{}))}
	files := authz.Library()
	maps.Copy(files, s.Rego)
	for name, raw := range files {
		options = append(options, rego.Module(name, string(raw)))
	}
	results, err := rego.New(append(options, rego.Input(document(in)))...).Eval(t.Context())
	if err != nil {
		return nil
	}
	return results[0].Expressions[0].Value
}

// What takes too long, or makes too much, denies.
func TestLimits(t *testing.T) {
	t.Parallel()
	many := make([]any, 1000)
	for i := range many {
		many[i] = float64(i)
	}
	s := set("decision := {\"decision\": count([1 | some a in input.context.many; some b in input.context.many; some c in input.context.many; a + b + c < 0]) == 0}")
	answer, err := engine(t, s).Decide(t.Context(), authz.Input{Context: map[string]any{"many": many}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "a thousand million steps", answer, failed)
}

func TestCancelledDecidesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := engine(t, set(`decision := {"decision": true}`)).Decide(ctx, authz.Input{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// No built-in of a set reaches out, tells the time, or is random.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	for _, b := range authz.Capabilities().Builtins {
		for _, bad := range []string{"http.", "opa.", "net.", "rand.", "uuid.", "time.now", "io.", "crypto.", "print", "trace", "rego."} {
			if strings.HasPrefix(b.Name, bad) {
				t.Errorf("a set may call %s", b.Name)
			}
		}
	}
	for _, call := range []string{`http.send({})`, `io.jwt.decode("")`, `opa.runtime()`, `crypto.x509.parse_certificates("")`, `time.now_ns()`, `rand.intn("", 1)`, `numbers.range(1, 1000000000)`, `sprintf("%d", [1])`} {
		_, err := authz.New(t.Context(), set("decision := "+call))
		if _, ok := errors.AsType[ast.Errors](err); !ok {
			t.Errorf("%s: got %v, want it refused", call, err)
		}
	}
}

// What a set's data lists is what a search goes through.
func TestEntities(t *testing.T) {
	t.Parallel()
	s := set(`decision := {"decision": false}`)
	s.Data = map[string]any{"entities": map[string]any{"user": map[string]any{"b": map[string]any{"x": 1.0}, "a": nil}}, "actions": []any{"w", "r", "w"}}
	e := engine(t, s)
	if got := e.IDs("user"); !slices.Equal(got, []string{"a", "b"}) || e.Properties("user", "b")["x"] != 1.0 || e.Properties("group", "b") != nil {
		t.Errorf("got %v", got)
	}
	if got := e.Actions(); !slices.Equal(got, []string{"r", "w"}) {
		t.Errorf("got %v", got)
	}
	for _, data := range []map[string]any{
		{"entities": []any{}}, {"entities": map[string]any{"user": "x"}}, {"entities": map[string]any{"user": map[string]any{"a": 1.0}}},
		{"actions": map[string]any{}}, {"actions": []any{1.0}}, {"actions": []any{""}},
	} {
		s.Data = data
		if _, err := authz.New(t.Context(), s); !errors.Is(err, authz.ErrData) {
			t.Errorf("%v: got %v", data, err)
		}
	}
}

// document is the input as docs/authzen.md says it.
func document(in authz.Input) map[string]any {
	some := func(m map[string]any) map[string]any { return maps.Collect(maps.All(m)) }
	entity := func(e authz.Entity) map[string]any {
		return map[string]any{"type": e.Type, "id": e.ID, "properties": some(e.Properties)}
	}
	doc := map[string]any{
		"subject": entity(in.Subject), "resource": entity(in.Resource), "context": some(in.Context), "proxy": nil,
		"action": map[string]any{"name": in.Action.Name, "properties": some(in.Action.Properties)},
	}
	if in.Proxy != nil {
		doc["proxy"] = in.Proxy
	}
	return doc
}

// A set sees the same input here as in stock OPA, whole and by its members.
func TestInput(t *testing.T) {
	t.Parallel()
	in := authz.Input{
		Subject: authz.Entity{Type: "user", ID: "alice", Properties: map[string]any{"n": 1.5, "l": []any{nil, "x"}}}, Resource: authz.Entity{Type: "record", ID: "1"},
		Action: authz.Action{Name: "read", Properties: map[string]any{"soft": true}}, Context: map[string]any{"a": map[string]any{}}, Proxy: map[string]any{"decision": "deny"},
	}
	for _, proxy := range []map[string]any{nil, in.Proxy} {
		for _, seen := range []string{"input", "input.subject", "[v | some v in input]", "{k: v | some k, v in input.resource}", "object.union(input, {})", "object.remove(input, [\"proxy\"])", "object.keys(input)"} {
			in.Proxy = proxy
			s := set("decision := {\"decision\": true, \"context\": {\"seen\": " + seen + "}}")
			answer, err := engine(t, s).Decide(t.Context(), in)
			raw, _ := json.Marshal(stock(t, s, in))
			if err != nil {
				t.Fatal(err)
			}
			same(t, seen, answer, string(raw))
		}
	}
}
