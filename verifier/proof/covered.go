package proof

import (
	"cmp"
	"crypto"
	"encoding/base64"
	"maps"
	"reflect"
	"strings"
)

// signed are a document's statements.
type signed struct {
	statements []statement
	lines      []string // canonical N-Quads
}

// A covered is a document whose statements are made once for each hash: several
// proofs cover the same ones.
type covered struct {
	verifier *Verifier
	doc      map[string]any // without its proofs
	by       map[crypto.Hash]*signed
}

func (v *Verifier) covers(doc map[string]any) *covered {
	return &covered{verifier: v, doc: without(doc, "proof"), by: map[crypto.Hash]*signed{}}
}

func without(m map[string]any, name string) map[string]any {
	m = maps.Clone(m)
	delete(m, name)
	return m
}

// alone are the statements of the document without any proof.
func (c *covered) alone(by crypto.Hash) (*signed, error) {
	if s := c.by[by]; s != nil {
		return s, nil
	}
	s, err := c.verifier.canonical(c.doc, by)
	if err == nil {
		c.by[by] = s
	}
	return s, err
}

// message is what a proof's signature covers: the hash of its options and the
// hash of the document, with the proofs that it follows ("Transformation",
// "Proof Configuration", "Hashing" of eddsa-rdfc-2022 and ecdsa-rdfc-2019).
func (c *covered) message(d *dataIntegrity) ([]byte, error) {
	by := hashOf(d.config, d.suite)
	options, err := c.options(d.config, by)
	if err != nil {
		return nil, uncovered(err)
	}
	document, err := c.document(d, by)
	if err != nil {
		return nil, uncovered(err)
	}
	return append(options, document.hash(by)...), nil
}

// options is the hash of a proof's options, which stand under the document's
// context and are held to their statements.
func (c *covered) options(config map[string]any, by crypto.Hash) ([]byte, error) {
	kind, _ := config["type"].(string)
	config = maps.Clone(config)
	config["@context"] = c.doc["@context"]
	s, err := c.verifier.canonical(config, by)
	if err != nil {
		return nil, err
	}
	if _, err := s.heldAgainst(proofPlace(config), sec+kind, config); err != nil {
		return nil, err
	}
	return s.hash(by), nil
}

// document are the statements that a proof covers. Those of previous proofs lie
// in graphs of their own: the facts are in the others.
func (c *covered) document(d *dataIntegrity, by crypto.Hash) (*signed, error) {
	if len(d.previous) == 0 {
		return c.alone(by)
	}
	return c.verifier.canonical(d.withPrevious(c.doc), by)
}

// runs is how many documents are canonicalised for the proofs, at one hash.
func runs(proofs []*dataIntegrity) int {
	n := 1
	for _, d := range proofs {
		if len(d.previous) > 0 {
			n++
		}
	}
	return n
}

// Statements returns what a document says as canonical N-Quads (RDFC-1.0), with
// its proof where it has one. Its @context must be a list of local URLs. That
// statements can be made says nothing of their being signed.
func (v *Verifier) Statements(doc map[string]any) (string, error) {
	s, err := v.canonical(doc, crypto.SHA256)
	if err != nil {
		return "", err
	}
	return strings.Join(s.lines, ""), nil
}

// canonical returns the statements of a document in canonical form (RDFC-1.0).
func (v *Verifier) canonical(doc map[string]any, by crypto.Hash) (*signed, error) {
	statements, err := v.dataset(doc)
	if err != nil {
		return nil, err
	}
	lines, err := canonicalize(statements, by, cmp.Or(v.Work, NewWork()))
	if err != nil {
		return nil, err
	}
	return &signed{statements: statements, lines: lines}, nil
}

func (s *signed) hash(by crypto.Hash) []byte {
	h := by.New()
	for _, line := range s.lines {
		write(h, line)
	}
	return h.Sum(nil)
}

func (s *signed) digest() string { return base64.RawURLEncoding.EncodeToString(s.hash(crypto.SHA256)) }

// heldAgainst reads the statements back, and holds the document as received
// against them.
func (s *signed) heldAgainst(p *place, rootType string, doc map[string]any) (map[string]any, error) {
	tree, err := readBack(p, rootType, s.statements)
	if err != nil {
		return nil, err
	}
	received := unproved(doc)
	partTypes(received, tree)
	if !p.same(received, tree) {
		return nil, errReadback
	}
	return tree, nil
}

// partTypes parts the types of a holder who is the proxied identity itself: the two
// are one node, with the types of both. The members say whose each is, which the
// variant holds them to; together they are those that were signed.
func partTypes(received, read map[string]any) {
	holder, proxied := party(read, "holder"), party(read, "proxied")
	if id, ok := holder["id"]; !ok || id != proxied["id"] {
		return
	}
	a, okA := party(received, "holder")["type"].(string)
	b, okB := party(received, "proxied")["type"].(string)
	signed := listOf(holder["type"])
	if okA && okB && (reflect.DeepEqual(signed, []any{a, b}) || reflect.DeepEqual(signed, []any{b, a})) {
		holder["type"], proxied["type"] = a, b
	}
}

// party is one side of a proxy credential's subject; nil: there is none.
func party(doc map[string]any, name string) map[string]any {
	subject, _ := doc["credentialSubject"].(map[string]any)
	side, _ := subject[name].(map[string]any)
	return side
}
