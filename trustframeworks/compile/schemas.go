package compile

import (
	"encoding/json"
	"errors"

	"github.com/procura-dev/procura/trustframeworks"
)

// A Schema is what one variant demands, as JSON Schema, draft 2020-12.
type Schema struct {
	Holder     json.RawMessage // of credentialSubject.holder
	Proxied    json.RawMessage // of credentialSubject.proxied
	Credential json.RawMessage // of the whole credential; it contains the two
}

func (f *Framework) schemas() (map[string]Schema, error) {
	schemas := map[string]Schema{}
	for i := range f.Document.Variants {
		v := &f.Document.Variants[i]
		var s Schema
		var errs [3]error
		s.Holder, errs[0] = encode(v.Holder.Full())
		s.Proxied, errs[1] = encode(v.Proxied.Full())
		s.Credential, errs[2] = encode(f.credentialSchema(v))
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		schemas[v.Name] = s
	}
	return schemas, nil
}

// credentialSchema is for issuers and wallets: what makes a credential one of
// this variant. Verifiers ask more (semantics 3), and hold dates, roles and
// rationales by policy.
func (f *Framework) credentialSchema(v *trustframeworks.Variant) map[string]any {
	d := f.Document
	proxyType := map[string]any{"enum": []any{TypeOf(d, v), TypeIRI(d, v)}}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     d.URI + "/" + d.Version + "/schemas/" + v.Name,
		"title":   TypeOf(d, v),
		"type":    "object",
		"properties": map[string]any{
			"type":              map[string]any{"type": "array", "contains": proxyType},
			"trustFrameworkURI": map[string]any{"const": d.URI},
			"credentialSubject": map[string]any{
				"type": "object",
				"properties": map[string]any{
					"holder":  map[string]any{"$ref": "#holder"},
					"proxied": map[string]any{"$ref": "#proxied"},
				},
				"required": []any{"holder", "proxied"},
			},
		},
		"required": []any{"@context", "type", "issuer", "trustFrameworkURI", "credentialSubject"},
		// The anchors let a holder type be <schema>#holder, "a URI pointing to a
		// schema" (RFC 0103); the parts keep ids of their own, to which their
		// own references are relative.
		"$defs": map[string]any{
			"holder":      map[string]any{"$anchor": "holder", "$ref": v.Holder.Full()["$id"]},
			"proxied":     map[string]any{"$anchor": "proxied", "$ref": v.Proxied.Full()["$id"]},
			"holderFull":  v.Holder.Full(),
			"proxiedFull": v.Proxied.Full(),
		},
	}
}

// ValidateHolder holds a credential's holder against its variant. The error is
// a [*trustframeworks.SchemaError].
func (f *Framework) ValidateHolder(variant string, tree map[string]any) error {
	v := f.Document.Variant(variant)
	if v == nil {
		return &trustframeworks.SchemaError{Message: "the framework has no such variant"}
	}
	return v.Holder.Validate(tree)
}

// ValidateProxied holds a credential's proxied against its variant, likewise.
func (f *Framework) ValidateProxied(variant string, tree map[string]any) error {
	v := f.Document.Variant(variant)
	if v == nil {
		return &trustframeworks.SchemaError{Message: "the framework has no such variant"}
	}
	return v.Proxied.Validate(tree)
}

// ShapeHolder gives a holder that was read back from signed statements the
// lists that its schema has: statements do not tell a list of one from a value
// (semantics 3.6, rules 4 and 5). Other members stay as they are.
func (f *Framework) ShapeHolder(variant string, tree map[string]any) map[string]any {
	v := f.Document.Variant(variant)
	if v == nil {
		return tree
	}
	return shape(&v.Holder, tree)
}

// ShapeProxied does for a proxied what ShapeHolder does for a holder.
func (f *Framework) ShapeProxied(variant string, tree map[string]any) map[string]any {
	v := f.Document.Variant(variant)
	if v == nil {
		return tree
	}
	return shape(&v.Proxied, tree)
}

func shape(p *trustframeworks.Party, tree map[string]any) map[string]any {
	shaped := make(map[string]any, len(tree))
	for name, value := range tree {
		if _, list := value.([]any); !list && p.IsList(name) {
			value = []any{value}
		}
		shaped[name] = value
	}
	return shaped
}
