package trustframeworks

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"golang.org/x/text/unicode/norm"
)

// How a keyword of JSON Schema is walked.
type keyword int

const (
	valued     keyword = iota + 1 // asserts or annotates; its value holds no schema
	oneSchema                     // its value is a schema
	listSchema                    // … a list of schemas
	mapSchema                     // … an object of schemas
	special                       // handled by name
)

// keywords are those that a party's schema can use. Any other is refused: a
// keyword of another draft, or misspelt, must not open a schema, patternProperties and
// unevaluatedProperties would, and $id, $anchor and $dynamicRef lead out.
var keywords = func() map[string]keyword {
	m := map[string]keyword{"$ref": special, "$schema": special, "pattern": special, "format": special}
	for kind, list := range map[keyword]string{
		valued: "type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength maxItems minItems" +
			" uniqueItems maxContains minContains required dependentRequired title description default deprecated readOnly" +
			" writeOnly examples $comment contentEncoding contentMediaType",
		oneSchema:  "items contains not if then else additionalProperties",
		listSchema: "allOf anyOf oneOf",
		mapSchema:  "properties $defs dependentSchemas",
	} {
		for name := range strings.FieldsSeq(list) {
			m[name] = kind
		}
	}
	return m
}()

// A schemaWalk checks the keywords of one party's schema.
type schemaWalk struct {
	*checker
	root   map[string]any
	inDefs bool
}

func (w *schemaWalk) walk(path string, v any, root bool) {
	schema, ok := v.(map[string]any)
	if !ok {
		return // true and false hold nothing; other shapes fail against the meta-schema
	}
	for _, name := range sortedKeys(schema) {
		at := pointer(path, name)
		switch keywords[name] {
		case valued:
		case oneSchema:
			w.walk(at, schema[name], false)
		case listSchema:
			list, _ := schema[name].([]any)
			for i, sub := range list {
				w.walk(pointer(at, i), sub, false)
			}
		case mapSchema:
			w.walkMap(at, name, schema[name], root)
		case special:
			w.special(at, name, schema[name], root)
		default:
			w.add(at, CodePartySchema, "the keyword %q is not read in this schema", name)
		}
	}
}

func (w *schemaWalk) walkMap(path, name string, v any, root bool) {
	if name == "$defs" {
		if !root {
			w.add(path, CodePartySchema, "$defs stands at the top of the schema only")
			return
		}
		w.inDefs = true
		defer func() { w.inDefs = false }()
	}
	schemas, _ := v.(map[string]any)
	for _, sub := range sortedKeys(schemas) {
		w.walk(pointer(path, sub), schemas[sub], false)
	}
}

func (w *schemaWalk) special(path, name string, v any, root bool) {
	text, _ := v.(string)
	switch name {
	case "$ref":
		w.ref(path, text)
	case "$schema":
		if !root || text != "https://json-schema.org/draft/2020-12/schema" {
			w.add(path, CodePartySchema, "the schema is read as draft 2020-12, and says so at its top or not at all")
		}
	case "pattern":
		w.pattern(path, text)
	case "format":
		if jsonschema.Formats[text] == nil {
			w.add(path, CodePartySchema, "the format %q is not known", text)
		}
	}
}

// The limits of patterns: a repeat of few bytes may unfold to millions of
// steps, which fill the memory, and which each character of a credential takes.
const (
	maxPattern      = 1024   // bytes
	maxPatternSteps = 10_000 // of all patterns of a document together
)

func (w *schemaWalk) pattern(path, text string) {
	if w.patternSteps > maxPatternSteps {
		return
	}
	if len(text) > maxPattern {
		w.add(path, CodePartySchema, "the pattern has %d bytes, more than %d", len(text), maxPattern)
		return
	}
	parsed, err := syntax.Parse(text, syntax.Perl) // as regexp.Compile does
	if err != nil {
		w.add(path, CodePartySchema, "the pattern is not RE2: %v", err)
		return
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		w.add(path, CodePartySchema, "the pattern is not RE2: %v", err)
		return
	}
	if w.patternSteps += len(program.Inst); w.patternSteps > maxPatternSteps {
		w.add(path, CodePartySchema, "the patterns up to here have more than %d steps together", maxPatternSteps)
	}
}

// ref lets a schema refer to its own $defs, one step deep: a chain of them
// could double at each step, and a validator would follow.
func (w *schemaWalk) ref(path, text string) {
	name, ok := strings.CutPrefix(text, "#/$defs/")
	defs, _ := w.root["$defs"].(map[string]any)
	switch {
	case !ok:
		w.add(path, CodePartySchema, "%q leads out of the schema; only #/$defs/… is followed", text)
	case w.inDefs:
		w.add(path, CodePartySchema, "a definition cannot refer to another")
	case defs[name] == nil:
		w.add(path, CodePartySchema, "%q is not defined", text)
	}
}

// errTerm is what checkTerm wraps.
var errTerm = errors.New("cannot be a member")

// checkTerm holds what a member or type must be to stand as a JSON-LD term and
// as a member that no dotted spelling hides.
func checkTerm(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if strings.HasPrefix(name, "@") || strings.ContainsAny(name, ":.") {
		return fmt.Errorf("%q begins with @ or holds a colon or dot: %w", name, errTerm)
	}
	return nil
}

// members holds semantics 3.6, rule 5: additional members are not allowed, and
// each member has the type array or no array at all.
func (c *checker) members(path string, s side, p *Party) {
	if p.Schema["type"] != "object" {
		c.add(path, CodePartySchema, "the schema must have \"type\": \"object\"")
	}
	if p.Schema["additionalProperties"] != false {
		c.add(path, CodePartySchema, "the schema must have \"additionalProperties\": false")
	}
	own, ok := p.Schema["properties"].(map[string]any)
	if !ok {
		c.add(path, CodePartySchema, "the schema must have \"properties\"")
		return
	}
	seen := names{}
	for _, name := range sortedKeys(own) {
		at := pointer(path+"/properties", name)
		c.addError(at, CodeName, checkTerm(name))
		key := norm.NFKC.String(name)
		if s.members[key] != nil || slices.Contains(s.reserved, key) {
			c.add(at, CodeTaken, "every %s has the member %q; a variant does not define it", s.name, name)
		}
		if name == p.Type {
			c.add(at, CodeTaken, "%q is the type of the %s; a member cannot have the same name", name, s.name)
		}
		if seen.has(name) {
			c.add(at, CodeTaken, "two members are %q after NFKC", key)
		}
		seen[key] = true
		c.memberKind(at, p, own[name])
	}
}

func (c *checker) memberKind(path string, p *Party, schema any) {
	k, closed := p.kinds(schema)
	if !closed {
		c.add(path, CodePartySchema, "the member's schema must say its type")
		return
	}
	if k["array"] && len(k) > 1 {
		c.add(path, CodePartySchema, "a member has the type array, or no array at all")
	}
	if k["object"] || k["null"] {
		c.add(path, CodePartySchema, "a member is a string, number, boolean, or a list of these")
	}
	if !k["array"] {
		return
	}
	items, closed := p.kinds(p.follow(schema)["items"])
	if !closed || items["array"] || items["object"] || items["null"] {
		c.add(path, CodePartySchema, "a list must say that its items are strings, numbers or booleans")
	}
}

// follow gives the schema itself, or the definition that it refers to.
func (p *Party) follow(v any) map[string]any {
	schema, _ := v.(map[string]any)
	ref, _ := schema["$ref"].(string)
	if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok && schema["type"] == nil {
		defs, _ := p.Schema["$defs"].(map[string]any)
		schema, _ = defs[name].(map[string]any)
	}
	return schema
}

// kinds gives the JSON types that a schema allows; false where it leaves them
// open.
func (p *Party) kinds(v any) (map[string]bool, bool) {
	schema := p.follow(v)
	kinds := map[string]bool{}
	switch t := schema["type"].(type) {
	case string:
		kinds[t] = true
		return kinds, true
	case []any:
		for _, e := range t {
			name, _ := e.(string)
			kinds[name] = true
		}
		return kinds, len(kinds) > 0
	}
	values, _ := schema["enum"].([]any)
	if constant, ok := schema["const"]; ok {
		values = []any{constant}
	}
	for _, e := range values {
		kinds[kindOf(e)] = true
	}
	return kinds, len(values) > 0
}

func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "null"
}
