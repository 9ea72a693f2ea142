package proof

import "strings"

// A termKind says what stands in a place of a statement.
type termKind byte

const (
	noTerm termKind = iota // the default graph
	iriTerm
	blankTerm
	literalTerm
)

// A term is an IRI, a blank node's label (with "_:"), or a literal.
type term struct {
	kind     termKind
	value    string
	datatype string // of a literal
	language string // of a literal of type rdf:langString
}

// A statement is one RDF quad.
type statement struct {
	subject   term
	predicate string // an IRI
	object    term
	graph     term
}

// The IRIs of RDF and XML Schema that literals and types need.
const (
	rdfType       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
	rdfJSON       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON"
	rdfLangString = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
	xsdString     = "http://www.w3.org/2001/XMLSchema#string"
	xsdBoolean    = "http://www.w3.org/2001/XMLSchema#boolean"
	xsdInteger    = "http://www.w3.org/2001/XMLSchema#integer"
	xsdDouble     = "http://www.w3.org/2001/XMLSchema#double"
	xsdDateTime   = "http://www.w3.org/2001/XMLSchema#dateTime"
)

// line writes a statement as canonical N-Quads (RDFC-1.0, "A Canonical form of
// N-Quads"). Labels of blank nodes are passed through relabel.
func (s *statement) line(relabel func(string) string) string {
	var b strings.Builder
	b.Grow(256)
	s.subject.write(&b, relabel)
	b.WriteString(" <")
	escape(&b, s.predicate, true)
	b.WriteString("> ")
	s.object.write(&b, relabel)
	if s.graph.kind != noTerm {
		b.WriteByte(' ')
		s.graph.write(&b, relabel)
	}
	b.WriteString(" .\n")
	return b.String()
}

func (t *term) write(b *strings.Builder, relabel func(string) string) {
	switch t.kind {
	case blankTerm:
		b.WriteString(relabel(t.value))
	case iriTerm:
		b.WriteByte('<')
		escape(b, t.value, true)
		b.WriteByte('>')
	case literalTerm:
		b.WriteByte('"')
		escape(b, t.value, false)
		b.WriteByte('"')
		switch t.datatype {
		case xsdString:
		case rdfLangString:
			b.WriteString("@" + t.language)
		default:
			b.WriteString("^^<")
			escape(b, t.datatype, true)
			b.WriteByte('>')
		}
	}
}

const upperHex = "0123456789ABCDEF"

// escape writes what N-Quads demands escaped, and no more. json-gold leaves
// control characters as they are.
func escape(b *strings.Builder, s string, iri bool) {
	from := 0
	for i := 0; i < len(s); i++ {
		e := escaped(s[i], iri)
		if e == "" {
			continue
		}
		b.WriteString(s[from:i])
		b.WriteString(e)
		from = i + 1
	}
	b.WriteString(s[from:])
}

var echars = map[byte]string{'\b': `\b`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`, '"': `\"`, '\\': `\\`}

func escaped(c byte, iri bool) string {
	switch {
	case iri && (c <= ' ' || strings.IndexByte("<>\"{}|^`\\", c) >= 0), !iri && (c < ' ' || c == 0x7f):
		if e, ok := echars[c]; ok && !iri {
			return e
		}
		return `\u00` + string(upperHex[c>>4]) + string(upperHex[c&15])
	case !iri && (c == '"' || c == '\\'):
		return echars[c]
	}
	return ""
}
