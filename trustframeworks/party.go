package trustframeworks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"golang.org/x/text/unicode/norm"
)

// maxPartySchema bounds a holder or proxied schema, in bytes of JSON.
const maxPartySchema = 64 << 10

// A side is what every proxy credential has in holder or proxied, beside the
// members that the variant's schema adds. The schemas hold shapes only: that a
// type, role or rationale is an allowed one is for the policy to decide, under
// its own reason.
type side struct {
	name     string
	members  map[string]any
	reserved []string // further names that no variant can define
	required []string
	least    int // members in all
}

var holderSide = side{
	name: "holder",
	members: map[string]any{
		"id":           map[string]any{"type": "string", "minLength": 1.0},
		"type":         map[string]any{"type": "string", "minLength": 1.0},
		"role":         map[string]any{"type": []any{"string", "array"}, "minLength": 1.0, "minItems": 1.0, "items": map[string]any{"type": "string", "minLength": 1.0}},
		"rationaleURI": map[string]any{"type": "string", "minLength": 1.0},
		"constraints":  map[string]any{"type": "object"},
	},
	reserved: []string{"roles", "constraint", "holder", "proxied"}, // the first two are read as role and constraints
	required: []string{"type", "role"},
	least:    2,
}

var proxiedSide = side{
	name: "proxied",
	members: map[string]any{
		"id":          map[string]any{"type": "string", "minLength": 1.0},
		"type":        map[string]any{"type": "string", "minLength": 1.0},
		"permissions": map[string]any{"type": []any{"array", "object", "string"}, "minLength": 1.0},
	},
	// json-gold drops a proxied inside proxied, and who reads finds two.
	reserved: []string{"holder", "proxied"},
	required: []string{"type", "permissions"},
	// RFC 0103, "Proxy Credential": additional fields that describe the
	// proxied identity MUST be there.
	least: 3,
}

// Full returns the JSON Schema of the whole party: the variant's own members
// and id, type, role, rationaleURI, constraints of a holder, or id, type,
// permissions of a proxied. It must not be changed.
func (p *Party) Full() map[string]any { return p.full }

// A SchemaError says which member of a holder or proxied is not as the
// variant's schema says. Path is a JSON Pointer into the party.
type SchemaError struct{ Path, Message string }

func (e *SchemaError) Error() string { return fmt.Sprintf("%q: %s", e.Path, e.Message) }

// Validate holds a holder or proxied against the variant's schema. The error
// is a [*SchemaError].
func (p *Party) Validate(tree map[string]any) error {
	if p.validator == nil {
		return &SchemaError{Message: "the schema was not compiled"}
	}
	if p.quick.holds(tree) {
		return nil
	}
	err := p.validator.Validate(tree)
	if err == nil {
		return nil
	}
	invalid := (*jsonschema.ValidationError)(nil)
	if !errors.As(err, &invalid) {
		return &SchemaError{Message: err.Error()}
	}
	leaf := leaves(invalid)[0]
	return &SchemaError{Path: instancePath(leaf), Message: fmt.Sprintf("the schema's %q does not hold", failed(leaf))}
}

// failed is what in the schema a value failed. The value itself is somebody's
// and stands in no message.
func failed(e *jsonschema.ValidationError) string {
	return e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
}

// Members returns the names of the members that the variant adds, sorted.
func (p *Party) Members() []string {
	own, _ := p.Schema["properties"].(map[string]any)
	return sortedKeys(own)
}

// Required returns the members that the variant's schema requires, and those that
// objects among them require, each as a path below from, in the schema's order.
// What a reference, a choice or a condition requires is not among them.
func (p *Party) Required(from string) [][]string { return required([]string{from}, p.Schema) }

func required(from []string, schema map[string]any) (paths [][]string) {
	names, _ := schema["required"].([]any)
	properties, _ := schema["properties"].(map[string]any)
	for _, n := range names {
		name, _ := n.(string)
		path := append(slices.Clone(from), name)
		paths = append(paths, path)
		if below, ok := properties[name].(map[string]any); ok {
			paths = append(paths, required(path, below)...)
		}
	}
	return paths
}

// IsList reports whether the variant gives a member the type array. Signed
// statements do not tell a list of one from a value alone; this does
// (semantics 3.6).
func (p *Party) IsList(member string) bool {
	own, _ := p.Schema["properties"].(map[string]any)
	k, closed := p.kinds(own[member])
	return closed && k["array"]
}

// party checks one side of a variant and compiles its schema.
func (c *checker) party(path string, s side, variant string, p *Party) {
	before := len(c.found)
	if p.Type != norm.NFC.String(p.Type) || (!isIRI(p.Type) && checkTerm(p.Type) != nil) {
		c.add(path+"/type", CodeName, "the type %q is neither a plain name nor an absolute IRI", p.Type)
	}
	// What is read back from signed statements has the short form.
	if strings.HasPrefix(p.Type, c.URI+"#") {
		c.add(path+"/type", CodeName, "the type %q is a term of the framework; it is written without the URI", p.Type)
	}
	if raw, err := json.Marshal(p.Schema); err != nil || len(raw) > maxPartySchema {
		c.add(path+"/schema", CodeTooLarge, "the schema has more than %d bytes", maxPartySchema)
		return
	}
	w := schemaWalk{checker: c, root: p.Schema}
	w.walk(path+"/schema", p.Schema, true)
	c.members(path+"/schema", s, p)
	if len(c.found) > before {
		return
	}
	id := c.URI + "/" + c.Version + "/schemas/" + variant + "/" + s.name
	p.full = s.complete(p.Schema, id)
	if err := p.compile(); err != nil {
		c.add(path+"/schema", CodePartySchema, "%v", err)
	}
}

// complete adds what every proxy credential has.
func (s side) complete(own map[string]any, id string) map[string]any {
	full := maps.Clone(own)
	properties, _ := own["properties"].(map[string]any)
	properties = maps.Clone(properties)
	maps.Copy(properties, s.members)
	required, _ := own["required"].([]any)
	required = slices.Clone(required)
	for _, name := range s.required {
		if !slices.Contains(required, any(name)) {
			required = append(required, name)
		}
	}
	full["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	full["$id"] = id
	full["properties"] = properties
	full["required"] = required
	full["minProperties"] = float64(s.least)
	return full
}

// compile makes the validator, under an address of ours: the author's is no
// address yet that the library could be trusted with.
func (p *Party) compile() error {
	const id = "https://schema.invalid/party"
	anonymous := maps.Clone(p.full)
	delete(anonymous, "$id")
	raw, err := json.Marshal(anonymous)
	if err != nil {
		return err
	}
	c := newCompiler()
	if err := c.AddResource(id, bytes.NewReader(raw)); err != nil {
		return err
	}
	if p.validator, err = c.Compile(id); err == nil {
		p.quick = newQuick(p.validator)
	}
	return err
}
