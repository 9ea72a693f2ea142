package proof

import (
	"net/url"
	"strings"

	"github.com/procura-dev/procura/verifier/vc"
)

// A valueKind says what a member holds, in JSON and in RDF.
type valueKind byte

const (
	textValue  valueKind = iota // a string; a literal of the slot's datatype
	iriValue                    // a string; an IRI
	termValue                   // a string of the slot's terms; their IRI
	idValue                     // id: the node itself
	typeValue                   // type: one or several types
	namesValue                  // a string or a list of them; literals; always read as a list
	openValue                   // a string, boolean, integer, or a list of two or more; literals
	textsValue                  // a string or a list of two or more; literals of the slot's datatype
	irisValue                   // a string or a list of two or more; IRIs
	jsonValue                   // any JSON; a literal of type rdf:JSON
	nodeValue                   // an object, or a list of them if many
	graphValue                  // credentials, each a graph of its own
)

// A slot is a member of a place. Its predicate belongs to no other slot of
// that place.
type slot struct {
	name      string
	kind      valueKind
	predicate string
	datatype  string            // of textValue and textsValue; empty: xsd:string
	terms     map[string]string // of termValue and typeValue: name → IRI
	open      string            // of typeValue: further terms lie below this IRI
	place     *place            // of nodeValue
	many      bool              // of nodeValue and iriValue
}

// A place is where an object may stand, with the members that it may have
// there (semantics 3.6, rules 2–4). One table serves the closed shape and the
// reading back.
type place struct {
	slots      map[string]*slot
	byIRI      map[string]*slot
	open       string   // members below this IRI, that the framework defines; empty: none
	otherModel []string // members of the other VC data model
}

func newPlace(slots ...*slot) *place {
	p := &place{slots: map[string]*slot{}, byIRI: map[string]*slot{}}
	for _, s := range slots {
		p.slots[s.name] = s
		if s.predicate != "" {
			p.byIRI[s.predicate] = s
		}
	}
	return p
}

// slot finds a member by name. A dotted name, and constraint for constraints,
// are spellings of the JWT forms and would be read as other members.
func (p *place) slot(name string) (*slot, bool) {
	if s, ok := p.slots[name]; ok {
		return s, true
	}
	if p.open == "" || name == "" || name == "constraint" || strings.ContainsAny(name, ":.") || strings.HasPrefix(name, "@") {
		return nil, false
	}
	return &slot{name: name, kind: openValue, predicate: p.open + url.PathEscape(name)}, true
}

// taken finds a member by predicate; nil where the predicate has no member here.
func (p *place) taken(predicate string) *slot {
	if s, ok := p.byIRI[predicate]; ok {
		return s
	}
	rest, ok := strings.CutPrefix(predicate, p.open)
	if p.open == "" || !ok {
		return nil
	}
	name, err := url.PathUnescape(rest)
	if err != nil {
		return nil
	}
	if s, ok := p.slot(name); ok && s.kind == openValue && s.predicate == predicate {
		return s
	}
	return nil
}

// mayBeTerm reports that a type could be one that the framework defines.
func (s *slot) mayBeTerm(name string) bool {
	return s.open != "" && name != "" && !strings.ContainsAny(name, ":/@")
}

func idSlot() *slot { return &slot{name: "id", kind: idValue} }

func typeSlot(terms map[string]string, open string) *slot {
	return &slot{name: "type", kind: typeValue, predicate: rdfType, terms: terms, open: open}
}

func textSlot(name, predicate string) *slot { return &slot{name: name, predicate: predicate} }

func dateSlot(name, predicate string) *slot {
	return &slot{name: name, predicate: predicate, datatype: xsdDateTime}
}

func iriSlot(name, predicate string) *slot {
	return &slot{name: name, kind: iriValue, predicate: predicate}
}

func jsonSlot(name, predicate string) *slot {
	return &slot{name: name, kind: jsonValue, predicate: predicate}
}

// presentationPlace is a presentation, without its proof.
func presentationPlace() *place {
	return newPlace(idSlot(),
		typeSlot(map[string]string{"VerifiablePresentation": cred + "VerifiablePresentation"}, ""),
		iriSlot("holder", cred+"holder"),
		&slot{name: "verifiableCredential", kind: graphValue, predicate: cred + "verifiableCredential"},
	)
}

// credentialPlace is a proxy credential of a model (1 or 2), without its proof.
func credentialPlace(model int, t Terms) *place {
	return issuedPlace(model, subjectPlace(t),
		textSlot("trustFrameworkURI", rfc0103+"trustFrameworkURI"),
		textSlot("auditURI", rfc0103+"auditURI"),
		textSlot("appealURI", rfc0103+"appealURI"),
		jsonSlot("provenanceProofs", rfc0103+"provenanceProofs"),
	)
}

// issuedPlace is a credential of a model about a subject, without its proof.
func issuedPlace(model int, subject *place, slots ...*slot) *place {
	slots = append(slots,
		idSlot(),
		typeSlot(map[string]string{"VerifiableCredential": cred + "VerifiableCredential"}, ""),
		iriSlot("issuer", cred+"issuer"),
		&slot{name: "credentialSubject", kind: nodeValue, predicate: cred + "credentialSubject", place: subject},
		&slot{name: "credentialStatus", kind: nodeValue, predicate: cred + "credentialStatus", place: statusPlace(model), many: true},
	)
	dates, others := []string{"issuanceDate", "expirationDate"}, []string{"validFrom", "validUntil"}
	if model == 2 {
		dates, others = others, dates
		slots = append(slots,
			textSlot("name", "https://schema.org/name"), textSlot("description", "https://schema.org/description"))
	}
	for _, name := range dates {
		slots = append(slots, dateSlot(name, cred+name))
	}
	p := newPlace(slots...)
	p.otherModel = others
	return p
}

func subjectPlace(t Terms) *place {
	term := t.Variant + "Subject"
	return newPlace(idSlot(),
		typeSlot(map[string]string{term: t.URI + "#" + term}, ""),
		&slot{name: "holder", kind: nodeValue, predicate: t.URI + "#holder", place: partyPlace(t, "holder")},
		&slot{name: "proxied", kind: nodeValue, predicate: t.URI + "#proxied", place: partyPlace(t, "proxied")},
	)
}

// partyPlace is holder or proxied: members lie below an IRI of that side.
func partyPlace(t Terms, side string) *place {
	open := t.URI + "#" + side + "-"
	slots := []*slot{idSlot(), typeSlot(nil, t.URI+"#")}
	if side == "holder" {
		slots = append(slots,
			&slot{name: "role", kind: namesValue, predicate: open + "role"},
			iriSlot("rationaleURI", open+"rationaleURI"),
			jsonSlot("constraints", open+"constraints"))
	} else {
		slots = append(slots, jsonSlot("permissions", open+"permissions"))
	}
	p := newPlace(slots...)
	p.open = open
	return p
}

// statusPlace is an entry of credentialStatus: Bitstring Status List v1.0 under
// VCDM 2.0, StatusList2021 under 1.1.
func statusPlace(model int) *place {
	name, vocabulary := "StatusList2021Entry", "https://w3id.org/vc/status-list#"
	if model == 2 {
		name, vocabulary = "BitstringStatusListEntry", "https://www.w3.org/ns/credentials/status#"
	}
	return newPlace(idSlot(),
		typeSlot(map[string]string{name: vocabulary + name}, ""),
		textSlot("statusPurpose", vocabulary+"statusPurpose"),
		textSlot("statusListIndex", vocabulary+"statusListIndex"),
		iriSlot("statusListCredential", vocabulary+"statusListCredential"),
	)
}

// proofPlace is a proof of the type that it names, without its value.
func proofPlace(config map[string]any) *place {
	kind, _ := config["type"].(string)
	slots := []*slot{idSlot(),
		typeSlot(map[string]string{kind: sec + kind}, ""),
		dateSlot("created", "http://purl.org/dc/terms/created"),
		dateSlot("expires", sec+"expiration"),
		textSlot("challenge", sec+"challenge"),
		textSlot("domain", sec+"domain"),
		textSlot("nonce", sec+"nonce"),
		iriSlot("verificationMethod", sec+"verificationMethod"),
		{name: "proofPurpose", kind: termValue, predicate: sec + "proofPurpose", terms: map[string]string{
			"assertionMethod":      sec + "assertionMethod",
			"authentication":       sec + "authenticationMethod",
			"keyAgreement":         sec + "keyAgreementMethod",
			"capabilityInvocation": sec + "capabilityInvocationMethod",
			"capabilityDelegation": sec + "capabilityDelegationMethod",
		}},
	}
	if kind == dataIntegrityProof {
		slots = append(slots, &slot{name: "previousProof", kind: iriValue, predicate: sec + "previousProof", many: true}, &slot{name: "cryptosuite", predicate: sec + "cryptosuite", datatype: sec + "cryptosuiteString"})
	}
	return newPlace(slots...)
}

// pinned checks @context against rule 1: in order the VC context, the ones that the
// kind of document has, and more, with those of suites anywhere after the first.
func pinned(doc map[string]any, more func(string) bool, rest ...func(string) bool) *vc.Refusal {
	urls, err := contextsOf(doc)
	if err != nil {
		return refuseAt("/@context", "%v", err)
	}
	seen := map[string]bool{}
	for i, u := range urls {
		switch {
		case seen[u]:
			return refuseAt("/@context", "a context stands twice")
		case i == 0 && u != vc.ContextV1 && u != vc.ContextV2:
			return refuseAt("/@context", "the first context is not that of VC Data Model 1.1 or 2.0")
		case i == 0 || suiteContexts[u]:
		case len(rest) > 0 && rest[0](u):
			rest = rest[1:]
		case len(rest) == 0 && more(u):
		default:
			return refuseAt("/@context", "a context that does not belong here")
		}
		seen[u] = true
	}
	if len(rest) > 0 {
		return refuseAt("/@context", "a context is missing")
	}
	return nil
}

// noMore are the further contexts of a presentation.
func noMore(string) bool { return false }

func modelOf(doc map[string]any) int {
	if list := listOf(doc["@context"]); len(list) > 0 && list[0] == vc.ContextV2 {
		return 2
	}
	return 1
}

// nameOf turns the IRI of a type or of a termValue into the term that the
// context defines for it; another IRI stays.
func (s *slot) nameOf(iri string) string {
	for name, i := range s.terms {
		if i == iri {
			return name
		}
	}
	rest, ok := strings.CutPrefix(iri, s.open)
	if s.open == "" || !ok {
		return iri
	}
	if name, err := url.PathUnescape(rest); err == nil && s.mayBeTerm(name) && url.PathEscape(name) == rest {
		return name
	}
	return iri
}
