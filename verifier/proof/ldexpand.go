package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gowebpki/jcs"
	"github.com/piprate/json-gold/ld"
)

const (
	cred = "https://www.w3.org/2018/credentials#" // the VC vocabulary
	sec  = "https://w3id.org/security#"           // the security vocabulary
)

// dataset turns a JSON-LD document into RDF statements (JSON-LD 1.1 API,
// "Expansion", "Deserialize JSON-LD to RDF"), as one way for credentials and
// presentations. @context must be a list of strings.
//
// json-gold expands; it must not do more. Its canonicalisation replaces a @json
// value that is no object by the text of an error, and its expansion loses the
// graphs of verifiableCredential under credentials/v2. The credentials of a
// presentation are therefore expanded each by itself and put back.
func (v *Verifier) dataset(doc map[string]any) ([]statement, error) {
	doc, embedded := withoutCredentials(doc)
	node, err := v.expand(doc)
	if err != nil {
		return nil, err
	}
	for _, c := range embedded {
		m, ok := c.(map[string]any)
		if !ok {
			return nil, errors.New("a credential that is no object")
		}
		inner, err := v.expand(m)
		if err != nil {
			return nil, err
		}
		had, _ := node[cred+"verifiableCredential"].([]any)
		node[cred+"verifiableCredential"] = append(had, map[string]any{"@graph": []any{inner}})
	}
	g := &grapher{seen: map[statement]bool{}, labels: newIssuer("_:b")}
	_, err = g.node(node, term{})
	return g.out, err
}

func withoutCredentials(doc map[string]any) (map[string]any, []any) {
	v, ok := doc["verifiableCredential"]
	if !ok {
		return doc, nil
	}
	doc = maps.Clone(doc)
	delete(doc, "verifiableCredential")
	if list, ok := v.([]any); ok {
		return doc, list
	}
	return doc, []any{v}
}

// expand expands one document to one node, from memory where its shape is known.
func (v *Verifier) expand(doc map[string]any) (map[string]any, error) {
	urls, err := contextsOf(doc)
	if err != nil {
		return nil, err
	}
	a, err := v.process(urls)
	if err != nil {
		return nil, err
	}
	doc = without(doc, "@context")
	if node := v.Cache.expand(a, doc); node != nil {
		return node, nil
	}
	return a.expand(doc)
}

// expand expands by the document's shape; nil: that is not to be done.
func (c *ContextCache) expand(a *active, doc map[string]any) map[string]any {
	if c == nil || a.iris {
		return nil
	}
	s := shapeOf(doc, string(a.key[:]))
	if s == nil {
		return nil
	}
	expanded, known := c.shapes.get(s.text.String())
	if !known {
		var err error
		if expanded, err = a.expand(s.doc); err != nil || !s.punch(expanded) {
			expanded = nil
		}
		c.shapes.keep(s.text.String(), expanded)
	}
	if expanded == nil {
		return nil
	}
	return fillObject(expanded, s.values)
}

// expand has json-gold expand a document without @context. A panic of it is an
// error: the document is hostile.
func (a *active) expand(doc map[string]any) (node map[string]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			node, err = nil, errors.New("expansion failed")
		}
	}()
	e, err := ld.NewJsonLdApi().Expand(a.context, "", doc, jsonLD(), false, nil)
	if err != nil {
		return nil, fmt.Errorf("expanding: %w", err)
	}
	node, ok := e.(map[string]any)
	if !ok {
		return nil, errors.New("the document says nothing")
	}
	return node, nil
}

// maxListed bounds the contexts of one document. Each takes a fraction of a
// millisecond to process, before any signature is checked.
const maxListed = 16

func contextsOf(doc map[string]any) ([]string, error) {
	list, ok := doc["@context"].([]any)
	if !ok || len(list) == 0 || len(list) > maxListed {
		return nil, fmt.Errorf("@context is no list of 1 to %d", maxListed)
	}
	urls := make([]string, len(list))
	for i, c := range list {
		if urls[i], ok = c.(string); !ok {
			return nil, errors.New("a context that is no string")
		}
	}
	return urls, nil
}

// A grapher makes statements of expanded JSON-LD. What it does not know is an
// error, never dropped: lists, @reverse, @included, relative IRIs.
type grapher struct {
	out    []statement
	seen   map[statement]bool
	labels *issuer
	blanks int
}

func (g *grapher) add(s statement) {
	if !g.seen[s] {
		g.seen[s] = true
		g.out = append(g.out, s)
	}
}

func (g *grapher) node(m map[string]any, graph term) (term, error) {
	subject, err := g.subject(m)
	if err != nil {
		return term{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		switch key {
		case "@id", "@index":
		case "@type":
			err = g.types(subject, m[key], graph)
		case "@graph":
			err = g.graph(m[key], subject)
		default:
			err = g.values(subject, key, m[key], graph)
		}
		if err != nil {
			return term{}, err
		}
	}
	return subject, nil
}

func (g *grapher) subject(m map[string]any) (term, error) {
	if id, ok := m["@id"]; ok {
		return g.resource(id)
	}
	g.blanks++
	return term{kind: blankTerm, value: "_:n" + strconv.Itoa(g.blanks)}, nil
}

func (g *grapher) resource(v any) (term, error) {
	id, _ := v.(string)
	switch {
	case strings.HasPrefix(id, "_:"):
		return term{kind: blankTerm, value: g.labels.issue(id)}, nil
	case absoluteIRI(id):
		return term{kind: iriTerm, value: id}, nil
	}
	return term{}, errors.New("an identifier that is no absolute IRI")
}

func (g *grapher) types(subject term, v any, graph term) error {
	list, _ := v.([]any)
	for _, t := range list {
		object, err := g.resource(t)
		if err != nil {
			return err
		}
		g.add(statement{subject, rdfType, object, graph})
	}
	return nil
}

func (g *grapher) graph(v any, name term) error {
	list, _ := v.([]any)
	for _, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			return errors.New("a graph of something else than nodes")
		}
		if _, err := g.node(m, name); err != nil {
			return err
		}
	}
	return nil
}

func (g *grapher) values(subject term, predicate string, v any, graph term) error {
	list, ok := v.([]any)
	if !ok || !absoluteIRI(predicate) {
		return fmt.Errorf("%.40q is not understood", predicate)
	}
	for _, item := range list {
		object, err := g.object(item, graph)
		if err != nil {
			return err
		}
		g.add(statement{subject, predicate, object, graph})
	}
	return nil
}

func (g *grapher) object(v any, graph term) (term, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return term{}, errors.New("a value that is not understood")
	}
	value, ok := m["@value"]
	if !ok {
		return g.node(m, graph)
	}
	return literal(m, value)
}

func literal(m map[string]any, value any) (term, error) {
	datatype, _ := m["@type"].(string)
	if _, ok := m["@direction"]; ok {
		return term{}, errors.New("text with a direction")
	}
	if datatype == "@json" {
		text, err := canonicalJSON(value)
		return term{kind: literalTerm, value: text, datatype: rdfJSON}, err
	}
	t := term{kind: literalTerm, datatype: datatype}
	usual := xsdString
	switch value := value.(type) {
	case string:
		t.value = value
		if t.language, _ = m["@language"].(string); t.language != "" {
			usual = rdfLangString
		}
	case bool:
		t.value, usual = strconv.FormatBool(value), xsdBoolean
	case float64:
		t.value, usual = number(value, datatype)
	default:
		return term{}, errors.New("a value that is not understood")
	}
	if datatype == "" {
		t.datatype = usual
	}
	return t, nil
}

// number is "Data Round Tripping" of the JSON-LD 1.1 API.
func number(f float64, datatype string) (text, usual string) {
	if f == math.Trunc(f) && math.Abs(f) < 1e21 && datatype != xsdDouble {
		return strconv.FormatFloat(f, 'f', 0, 64), xsdInteger
	}
	return ld.GetCanonicalDouble(f), xsdDouble
}

// canonicalJSON is the JSON Canonicalization Scheme (RFC 8785) of a value.
func canonicalJSON(v any) (string, error) {
	raw, err := json.Marshal([]any{v}) // the library takes no scalars
	if err != nil {
		return "", err
	}
	out, err := jcs.Transform(raw)
	if err != nil || len(out) < 2 {
		return "", fmt.Errorf("canonical JSON: %w", err)
	}
	return string(out[1 : len(out)-1]), nil
}
