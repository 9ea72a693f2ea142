package trustframeworks_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/procura-dev/procura/trustframeworks"
)

// memberSchemas use every keyword that a member's schema may have, those that
// are held quickly and those that the library is asked for.
var memberSchemas = []string{
	`{type: string}`, `{type: string, minLength: 2}`, `{type: string, maxLength: 3}`, `{type: string, minLength: 2, maxLength: 2}`,
	`{type: string, pattern: "^a"}`, `{type: string, enum: [a, äb, abc]}`, `{enum: [a, 1, true]}`, `{const: abc}`, `{const: 1}`, `{const: false}`,
	`{type: string, format: date}`, `{type: string, format: uri, minLength: 4}`, `{type: [string, number], format: date}`,
	`{type: number}`, `{type: integer}`, `{type: number, minimum: 1}`, `{type: number, exclusiveMaximum: 1}`, `{type: number, multipleOf: 2}`, `{type: number, enum: [1, 2]}`,
	`{type: boolean}`, `{type: boolean, const: true}`, `{type: [string, boolean]}`, `{type: [integer, string]}`,
	`{type: array, items: {type: string}}`, `{type: array, items: {type: string, pattern: "^a"}, minItems: 2}`, `{type: array, items: {type: boolean}, maxItems: 1}`,
	`{type: array, items: {type: string}, uniqueItems: true}`, `{type: array, items: {type: number}, contains: {const: 1}}`,
	`{type: array, items: {type: string}, contains: {const: a}, minContains: 2, maxContains: 2}`, `{type: array, items: {type: string}, enum: [[a], [abc]]}`, `{type: array, items: {type: string}, const: [a]}`,
	`{type: array, items: {type: integer}}`, `{type: array, items: {enum: [a, 1]}}`,
	`{type: string, not: {const: a}}`, `{type: string, allOf: [{minLength: 2}, {pattern: "c$"}]}`, `{type: string, anyOf: [{const: a}, {minLength: 3}]}`,
	`{type: string, oneOf: [{pattern: "^a"}, {minLength: 3}]}`, `{type: string, if: {pattern: "^a"}, then: {minLength: 3}, else: {maxLength: 2}}`,
	`{type: string, contentEncoding: base64, contentMediaType: application/json}`, `{type: string, title: a, description: b, default: c, examples: [a], deprecated: true, readOnly: true}`,
}

var memberValues = []any{
	"", "a", "b", "ab", "äb", "äöü", "abc", "abcd", "2026-02-30", "2026-02-28", "urn:a:b", "https://example.org/%zz", "\x00", "[]", "e30=",
	0.0, 1.0, 1.5, 2.0, -2.0, 1e300, true, false, nil,
	[]any{}, []any{"a"}, []any{"a", "a"}, []any{"a", "b"}, []any{"abc", "a", "ab"}, []any{true}, []any{true, false}, []any{1.0}, []any{1.5, 1.0}, []any{nil}, []any{"a", 1.0}, []any{[]any{"a"}},
	map[string]any{}, map[string]any{"a": "b"},
}

// TestValidateAsTheLibrary: what is held quickly gets the verdict that the
// JSON Schema library gives on the whole schema.
func TestValidateAsTheLibrary(t *testing.T) {
	t.Parallel()
	valid, invalid := 0, 0
	skeleton := strings.Replace(skeleton, "        required: [pupilNumber]\n", "", 1)
	for _, schema := range memberSchemas {
		d, found := trustframeworks.Parse([]byte(strings.Replace(skeleton, pupil, "pupilNumber: "+schema, 1)))
		if len(found) > 0 {
			t.Fatalf("%s: %v", schema, found)
		}
		party := &d.Variant("WayHome").Proxied
		whole := compiled(t, party.Full())
		for _, tree := range parties() {
			got, want := party.Validate(tree), whole.Validate(tree)
			if (got == nil) != (want == nil) {
				t.Errorf("%s: %v: got %v, want %v", schema, tree, got, want)
			}
			if want == nil {
				valid++
			} else {
				invalid++
			}
		}
	}
	if valid < 300 || invalid < 300 {
		t.Errorf("%d were valid and %d not: too few to show anything", valid, invalid)
	}
}

// parties are a proxied with each of memberValues, and with other members wrong.
func parties() (out []map[string]any) {
	good := map[string]any{"type": "Pupil", "permissions": []any{map[string]any{"grant": "collect"}}}
	for _, value := range memberValues {
		out = append(out, with(good, "pupilNumber", value))
	}
	for _, text := range []string{"a", "abc"} {
		good = with(with(good, "pupilNumber", text), "id", "urn:a")
		for _, name := range []string{"id", "type", "permissions", "other", "constraints"} {
			for _, value := range memberValues {
				out = append(out, with(good, name, value))
			}
			without := maps.Clone(good)
			delete(without, name)
			out = append(out, without)
		}
	}
	return append(out, map[string]any{}, nil, map[string]any{"type": "Pupil", "permissions": "{}"})
}

func with(m map[string]any, name string, value any) map[string]any {
	out := maps.Clone(m)
	out[name] = value
	return out
}

// compiled is a party's schema as the library alone reads it.
func compiled(t *testing.T, schema map[string]any) *jsonschema.Schema {
	t.Helper()
	schema = maps.Clone(schema)
	delete(schema, "$id")
	raw, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	const id = "https://schema.invalid/whole"
	c := jsonschema.NewCompiler()
	c.Draft, c.AssertFormat = jsonschema.Draft2020, true
	if err := c.AddResource(id, bytes.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
