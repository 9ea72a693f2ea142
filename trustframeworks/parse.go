package trustframeworks

import (
	"encoding/json"
	"slices"
)

// Parse reads a document, JSON where it begins with "{" and YAML else. A
// document with findings is not sound, and is not returned.
//
// What a sound document may hold and is not built yet is for package compile
// to refuse.
func Parse(raw []byte) (*Document, []Finding) {
	d, found := Read(raw)
	if len(found) > 0 {
		return nil, found
	}
	return d, nil
}

// Read is Parse for who looks for more: it returns a document that is not
// sound, too, as far as it has the shape of one. Nothing is compiled from it.
func Read(raw []byte) (*Document, []Finding) {
	tree, source, found := read(raw)
	if len(found) > 0 {
		return nil, SortFindings(found)
	}
	if found := checkShape(tree, source); len(found) > 0 {
		return nil, SortFindings(found)
	}
	d, err := decode(tree)
	if err != nil {
		return nil, []Finding{source.finding("", CodeSchema, "%v", err)}
	}
	d.source = source
	found = d.check()
	d.sound = len(found) == 0
	return d, SortFindings(found)
}

// decode turns a tree of the right shape into a Document.
func decode(tree any) (*Document, error) {
	raw, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	d := &Document{}
	if err := json.Unmarshal(raw, d); err != nil {
		return nil, err
	}
	d.tree, _ = tree.(map[string]any)
	return d, nil
}

// Sound reports whether Parse made the document, or Read without findings.
func (d *Document) Sound() bool { return d != nil && d.sound }

// Tree returns the document as it was read: values of encoding/json's kinds,
// nothing left out. It must not be changed.
func (d *Document) Tree() map[string]any { return d.tree }

// Legible returns what the document was read from, and no more than its name
// beside it. It is not sound, so that nothing is compiled from it.
func (d *Document) Legible() *Document {
	return &Document{Name: d.Name, Version: d.Version, URI: d.URI, tree: d.tree}
}

// Brief returns what deciding takes of the document: it has no tests, no tree,
// and knows no lines. It is not sound, so that nothing is compiled from it.
func (d *Document) Brief() *Document {
	brief := *d
	brief.Tests, brief.tree, brief.source, brief.sound = nil, nil, nil, false
	brief.Rules = nil // compiled
	brief.Variants = slices.Clone(d.Variants)
	for i := range brief.Variants {
		v := &brief.Variants[i]
		v.Holder.full, v.Proxied.full = nil, nil
	}
	return &brief
}

// Context returns the address of the document's JSON-LD context.
func (d *Document) Context() string {
	if d.ContextURI != "" {
		return d.ContextURI
	}
	return d.URI + "/" + d.Version + "/context.jsonld"
}

// IsDisjoint reports whether principals count for one part of a condition only
// (semantics 4.3).
func (d *Document) IsDisjoint() bool { return d.Disjoint == nil || *d.Disjoint }
