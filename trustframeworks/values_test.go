package trustframeworks_test

import (
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
	"github.com/procura-dev/procura/trustframeworks"
)

// What the schema of a member accepts, a condition can ask for.
func TestValuesAdmitWhatTheSchemaAccepts(t *testing.T) {
	t.Parallel()
	const members = `          age: {type: integer, minimum: 0, maximum: 120, examples: [40]}
          height: {type: number, exclusiveMinimum: 0, exclusiveMaximum: 3, examples: [1.5]}
          grade: {enum: [a, 2, true]}
          kind: {const: x}
          either: {type: [string, boolean], examples: [x]}
          shared: {$ref: "#/$defs/age"}
          tags: {type: array, minItems: 1, items: {enum: [a, b]}, examples: [[a, b]]}
          years: {type: array, minItems: 1, items: {type: integer, maximum: 9}, examples: [[1, 2]]}
          since: {type: string, format: date-time, examples: ["2026-01-01T00:00:00Z"]}
          name: {type: string`
	source := strings.Replace(skeleton, "          name: {type: string", members, 1)
	source = strings.Replace(source, "        properties:\n          age:", "        $defs: {age: {type: integer, minimum: 18, examples: [18]}}\n        properties:\n          age:", 1)
	d, found := trustframeworks.Parse([]byte(source))
	if len(found) > 0 {
		t.Fatal(found)
	}
	holder := &d.Variants[0].Holder
	values := []any{"a", "b", "x", "", "2026-01-01T00:00:00Z", true, false, -1.0, 0.0, 1.5, 2.0, 3.0, 18.0, 120.0, 121.0,
		[]any{"a"}, []any{"a", "b"}, []any{"x"}, []any{9.0}, []any{1.0, 10.0}}
	accepted := 0
	for _, member := range holder.Members() {
		w := &sgl.World{Properties: map[string][]sgl.Values{member: {holder.Values(member)}}}
		for _, v := range values {
			if v == "" || holder.Validate(map[string]any{"type": "Companion", "role": "companion", member: v}) != nil {
				continue
			}
			accepted++
			condition := map[string]any{member: v}
			if _, list := v.([]any); list {
				condition["op"] = "contains"
			}
			if !sgl.ParseCondition(condition).Possible(true, w) {
				t.Errorf("%s can be %v, and is said to be impossible", member, v)
			}
		}
	}
	if accepted < 20 {
		t.Errorf("the schemas accept %d values: too few to show anything", accepted)
	}
	for member, v := range map[string]any{"age": 121.0, "grade": "b", "kind": "a", "either": 1.0, "shared": 2.0, "tags": "x", "years": 10.0, "height": true} {
		w := &sgl.World{Properties: map[string][]sgl.Values{member: {holder.Values(member)}}}
		if sgl.ParseCondition(map[string]any{member: v}).Possible(true, w) {
			t.Errorf("%s cannot be %v, and is said to be possible", member, v)
		}
	}
}
