package trustframeworks_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
)

const pupil = `pupilNumber: {type: string, pattern: "^[0-9]{6}$", examples: ["004217"]}`

// TestPartySchemas: a holder or proxied schema that leaves a member open, leads
// out, or that no RDF proof could carry, is refused at its place.
func TestPartySchemas(t *testing.T) {
	t.Parallel()
	const here = "/variants/0/proxied/schema"
	cases := []struct{ name, old, new, code, path string }{
		{"additional members allowed", "        additionalProperties: false\n        required", "        required", trustframeworks.CodePartySchema, here},
		{"additional members described", "        additionalProperties: false\n        required", "        additionalProperties: {type: string}\n        required", trustframeworks.CodePartySchema, here},
		{"members by pattern", "        required: [p", "        patternProperties: {a: {type: string}}\n        required: [p", trustframeworks.CodePartySchema, here + "/patternProperties"},
		{"keyword misspelt", "        required: [p", "        requires: [p", trustframeworks.CodePartySchema, here + "/requires"},
		{"reference to a file", pupil, `pupilNumber: {$ref: "file:///etc/passwd"}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber/$ref"},
		{"reference to the network", pupil, `pupilNumber: {type: string, $ref: "https://example.org/s"}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber/$ref"},
		{"reference to a relative file", pupil, `pupilNumber: {type: string, $ref: "other.json#/a"}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber/$ref"},
		{"reference to itself", pupil, `pupilNumber: {type: string, $ref: "#"}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber/$ref"},
		{"reference to nothing", pupil, `pupilNumber: {$ref: "#/$defs/n"}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber/$ref"},
		{"base moved", pupil, `pupilNumber: {type: string, $id: "file:///etc/"}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber/$id"},
		{"definitions that double", "        required: [p", "        $defs: {a: {type: string, allOf: [{$ref: \"#/$defs/b\"}]}, b: {type: string}}\n        required: [p", trustframeworks.CodePartySchema, here + "/$defs/a/allOf/0/$ref"},
		{"another draft", "        required: [p", "        $schema: \"http://json-schema.org/draft-04/schema#\"\n        required: [p", trustframeworks.CodePartySchema, here + "/$schema"},
		{"member of any type", pupil, `pupilNumber: {minLength: 1}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber"},
		{"member true", pupil, `pupilNumber: true`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber"},
		{"array or string", pupil, `pupilNumber: {type: [string, array], items: {type: string}}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber"},
		{"object", pupil, `pupilNumber: {type: object}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber"},
		{"null", pupil, `pupilNumber: {type: ["null", string]}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber"},
		{"list of anything", pupil, `pupilNumber: {type: array}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber"},
		{"list of lists", pupil, `pupilNumber: {type: array, items: {type: array, items: {type: string}}}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber"},
		{"pattern not RE2", pupil, `pupilNumber: {type: string, pattern: "(?=a)"}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber/pattern"},
		{"format unknown", pupil, `pupilNumber: {type: string, format: secret}`, trustframeworks.CodePartySchema, here + "/properties/pupilNumber/format"},
		{"not a schema", pupil, `pupilNumber: {type: text}`, trustframeworks.CodePartySchema, here},
		{"member of every credential", pupil, pupil + "\n          permissions: {type: string}", trustframeworks.CodeTaken, here + "/properties/permissions"},
		{"member that nests the side", pupil, pupil + "\n          proxied: {type: string}", trustframeworks.CodeTaken, here + "/properties/proxied"},
		{"member with a dot", pupil, pupil + "\n          a.b: {type: string}", trustframeworks.CodeName, here + "/properties/a.b"},
		{"member with a colon", pupil, pupil + "\n          \"a:b\": {type: string}", trustframeworks.CodeName, here + "/properties/a:b"},
		{"member with a slash", pupil, pupil + "\n          a/b: {type: string}", trustframeworks.CodeName, here + "/properties/a~1b"},
		{"keyword of JSON-LD", pupil, pupil + "\n          \"@graph\": {type: string}", trustframeworks.CodeName, here + "/properties/@graph"},
		{"member in two Unicode forms", pupil, pupil + "\n          ﬁ: {type: string}\n          fi: {type: string}", trustframeworks.CodeTaken, here + "/properties/ﬁ"},
		{"member as the type", pupil, pupil + "\n          Pupil: {type: string}", trustframeworks.CodeTaken, here + "/properties/Pupil"},
		{"schema too long", "        required: [p", "        title: " + strings.Repeat("x", 65<<10) + "\n        required: [p", trustframeworks.CodeTooLarge, here},
		{"type below the framework's URI", "type: Pupil\n      schema", "type: https://example.org/frameworks/way-home#Pupil\n      schema", trustframeworks.CodeName, "/variants/0/proxied/type"},
		{"type with a colon, no IRI", "type: Pupil\n      schema", "type: \"a: b\"\n      schema", trustframeworks.CodeName, "/variants/0/proxied/type"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// Only the proxied side is meant; it comes last.
			i := strings.LastIndex(skeleton, c.old)
			if i < 0 {
				t.Fatalf("the skeleton does not hold %q", c.old)
			}
			_, found := trustframeworks.Parse([]byte(skeleton[:i] + c.new + skeleton[i+len(c.old):]))
			for _, f := range found {
				if f.Code == c.code && f.Path == c.path && f.Line > 0 {
					return
				}
			}
			t.Errorf("got %v, want %s at %s", found, c.code, c.path)
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	d, found := trustframeworks.Parse([]byte(skeleton))
	if len(found) > 0 {
		t.Fatal(found)
	}
	v := d.Variant("WayHome")
	rules := []any{map[string]any{"grant": "collect", "when": map[string]any{"roles": "companion"}}}
	cases := []struct {
		name  string
		party *trustframeworks.Party
		tree  map[string]any
		path  string // of the error; "-": none
	}{
		{"holder", &v.Holder, map[string]any{"type": "Companion", "role": "companion"}, "-"},
		{"holder in several roles", &v.Holder, map[string]any{"type": "Companion", "role": []any{"companion", "aunt"}, "id": "did:example:a", "constraints": map[string]any{}}, "-"},
		{"holder without role", &v.Holder, map[string]any{"type": "Companion"}, ""},
		{"holder with no role at all", &v.Holder, map[string]any{"type": "Companion", "role": []any{}}, "/role"},
		{"holder with a further member", &v.Holder, map[string]any{"type": "Companion", "role": "companion", "Name": "x"}, ""},
		{"holder with a number as name", &v.Holder, map[string]any{"type": "Companion", "role": "companion", "name": 3.0}, "/name"},
		{"holder with constraints as text", &v.Holder, map[string]any{"type": "Companion", "role": "companion", "constraints": "none"}, "/constraints"},
		{"proxied", &v.Proxied, map[string]any{"type": "Pupil", "permissions": rules, "pupilNumber": "004217"}, "-"},
		{"proxied with one rule as text", &v.Proxied, map[string]any{"type": "Pupil", "permissions": "{}", "pupilNumber": "004217"}, "-"},
		{"proxied that says nothing of itself", &v.Proxied, map[string]any{"type": "Pupil", "permissions": rules}, ""},
		{"proxied against the pattern", &v.Proxied, map[string]any{"type": "Pupil", "permissions": rules, "pupilNumber": "4217"}, "/pupilNumber"},
	}
	for _, c := range cases {
		err := c.party.Validate(c.tree)
		invalid := (*trustframeworks.SchemaError)(nil)
		switch {
		case c.path == "-" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.path != "-" && !errors.As(err, &invalid):
			t.Errorf("%s: got %v, want an error", c.name, err)
		case c.path != "-" && invalid.Path != c.path:
			t.Errorf("%s: got an error at %q, want %q", c.name, invalid.Path, c.path)
		}
	}
	if err := (&trustframeworks.Party{}).Validate(map[string]any{}); err == nil {
		t.Errorf("a party without a schema accepts everything")
	}
}
