package proof

import (
	"cmp"
	"slices"

	"github.com/procura-dev/procura/verifier/vc"
)

// A Listed is a context that a framework lists by digest. It gives names to IRIs, is
// @protected and does nothing else; what it defines can stand in the subject of a
// supporting credential (semantics 3.1, 3.6).
type Listed struct {
	URI      string
	Document []byte // with its member @context
	Terms    []Term // what it defines
}

// A Term is a name that a listed context gives to an IRI.
type Term struct {
	Name string
	IRI  string
	Type string // "@id", the IRI of a datatype, or empty: as JSON says it
}

// lists reports the address of a context that the framework version lists.
func (t Terms) lists(url string) bool {
	return slices.ContainsFunc(t.Listed, func(l Listed) bool { return l.URI == url })
}

// under is v with the contexts that t lists, whatever others have at their addresses.
func (v *Verifier) under(t Terms) *Verifier {
	if len(t.Listed) == 0 {
		return v
	}
	own := *v
	own.Contexts = func(url string) ([]byte, bool) {
		for _, l := range t.Listed {
			if l.URI == url {
				return l.Document, true
			}
		}
		return v.published(url)
	}
	return &own
}

// Beside refuses a supporting credential with contexts beside that of the VC Data
// Model, those of proof suites and status types that ship with the program, and
// those that t lists (semantics 3.1).
func Beside(doc map[string]any, t Terms) *vc.Refusal { return pinned(doc, t.lists) }

// closedSupporting is rules 1 to 3 of semantics 3.6 for a supporting credential.
func closedSupporting(p *place, doc map[string]any, t Terms) *vc.Refusal {
	return cmp.Or(Beside(doc, t), p.check(unproved(doc), ""))
}

// supportingPlace is a supporting credential without its proof. Types and the
// members of its subject are those that its contexts define.
func supportingPlace(doc map[string]any, t Terms) (*place, *vc.Refusal) {
	terms, r := t.of(doc)
	if r != nil {
		return nil, r
	}
	types := map[string]string{}
	slots := []*slot{idSlot(), typeSlot(types, "")}
	for _, d := range terms {
		types[d.Name] = d.IRI
		slots = append(slots, d.slot())
	}
	p := issuedPlace(modelOf(doc), newPlace(slots...))
	for name, iri := range types {
		p.slots["type"].terms[name] = iri
	}
	return p, nil
}

// of are the terms of the listed contexts that a document stands under. Two names of
// one IRI would be one member; two IRIs of one name no context takes, since both are
// @protected.
func (t Terms) of(doc map[string]any) ([]Term, *vc.Refusal) {
	var all []Term
	for _, l := range t.Listed {
		if !slices.Contains(listOf(doc["@context"]), any(l.URI)) {
			continue
		}
		for _, d := range l.Terms {
			if slices.ContainsFunc(all, func(o Term) bool { return o.IRI == d.IRI }) {
				return nil, refuseAt("/@context", "two contexts give names to one IRI")
			}
			all = append(all, d)
		}
	}
	return all, nil
}

// slot is where a term's values stand.
func (t Term) slot() *slot {
	switch t.Type {
	case "":
		return &slot{name: t.Name, kind: openValue, predicate: t.IRI}
	case "@id":
		return &slot{name: t.Name, kind: irisValue, predicate: t.IRI}
	}
	return &slot{name: t.Name, kind: textsValue, predicate: t.IRI, datatype: t.Type}
}
