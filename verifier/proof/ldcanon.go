package proof

import (
	"crypto"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/piprate/json-gold/ld"
)

// maxWork bounds the statements and nodes that are looked at for nodes that
// look alike. A credential of the closed shape has none, 64 times the same one
// in a presentation takes a few thousand steps, and a "blank-node bomb" as many
// as it likes (RDFC-1.0, "Dataset Poisoning").
const maxWork = 1 << 18

// A Work is how much naming the blank nodes of several documents may take
// together, or of one. It is not for concurrent use.
type Work struct{ left int }

// NewWork is as much as one document may take.
func NewWork() *Work { return &Work{left: maxWork} }

var errBomb = errors.New("canonical names of the blank nodes cannot be found in reasonable time")

// canonicalize names the blank nodes of a dataset canonically (RDFC-1.0,
// "Canonicalization Algorithm") and returns the statements as sorted lines of
// N-Quads. The statements are renamed in place and sorted alike.
//
// The hash is SHA-256, but for keys of P-384 ("Data Integrity ECDSA
// Cryptosuites v1.0", "Algorithms"): blank nodes get other names by it.
//
// json-gold has this algorithm too, without a bound and without the escapes of
// canonical N-Quads.
func canonicalize(dataset []statement, by crypto.Hash, most *Work) ([]string, error) {
	c := &canonicalizer{hash: by, mentions: map[string][]*statement{}, first: map[string]string{}, names: newIssuer("_:c14n"), work: most}
	for i := range dataset {
		c.mention(&dataset[i])
	}
	if err := c.name(); err != nil {
		return nil, err
	}
	type named struct {
		line string
		s    statement
	}
	out := make([]named, len(dataset))
	for i, s := range dataset {
		for _, t := range s.places() {
			if t.kind == blankTerm {
				t.value = c.names.issue(t.value)
			}
		}
		out[i] = named{line: s.line(keep), s: s}
	}
	slices.SortFunc(out, func(a, b named) int { return strings.Compare(a.line, b.line) })
	lines := make([]string, len(out))
	for i := range out {
		lines[i], dataset[i] = out[i].line, out[i].s
	}
	return lines, nil
}

func keep(label string) string { return label }

// places are the terms of a statement that can be blank nodes, in the order s, o, g.
func (s *statement) places() [3]*term { return [3]*term{&s.subject, &s.object, &s.graph} }

type canonicalizer struct {
	hash     crypto.Hash
	mentions map[string][]*statement // by label
	first    map[string]string       // label → hash of first degree
	names    *issuer
	work     *Work
}

func (c *canonicalizer) mention(s *statement) {
	for i, t := range s.places() {
		if t.kind != blankTerm || i > 0 && s.subject == *t || i > 1 && s.object == *t {
			continue
		}
		c.mentions[t.value] = append(c.mentions[t.value], s)
	}
}

// name issues the canonical identifiers: first to nodes whose statements tell
// them apart, then to the others by their neighbourhood.
func (c *canonicalizer) name() error {
	byHash := map[string][]string{}
	for label := range c.mentions {
		h := c.firstDegree(label)
		c.first[label] = h
		byHash[h] = append(byHash[h], label)
	}
	hashes := slices.Sorted(maps.Keys(byHash))
	for _, h := range hashes {
		if len(byHash[h]) == 1 {
			c.names.issue(byHash[h][0])
		}
	}
	for _, h := range hashes {
		if len(byHash[h]) > 1 {
			if err := c.nameAlike(byHash[h]); err != nil {
				return err
			}
		}
	}
	return nil
}

// nameAlike names nodes of one first-degree hash ("Canonicalization
// Algorithm", step 5).
func (c *canonicalizer) nameAlike(labels []string) error {
	type result struct {
		hash   string
		issuer *issuer
	}
	var results []result
	for _, label := range labels {
		if c.names.has(label) {
			continue
		}
		temporary := newIssuer("_:b")
		temporary.issue(label)
		h, used, err := c.nDegree(label, temporary)
		if err != nil {
			return err
		}
		results = append(results, result{h, used})
	}
	slices.SortStableFunc(results, func(a, b result) int { return strings.Compare(a.hash, b.hash) })
	for _, r := range results {
		for _, label := range r.issuer.order {
			c.names.issue(label)
		}
	}
	return nil
}

// firstDegree is "Hash First Degree Quads".
func (c *canonicalizer) firstDegree(label string) string {
	relabel := func(l string) string {
		if l == label {
			return "_:a"
		}
		return "_:z"
	}
	lines := make([]string, len(c.mentions[label]))
	for i, s := range c.mentions[label] {
		lines[i] = s.line(relabel)
	}
	slices.Sort(lines)
	h := c.hash.New()
	for _, l := range lines {
		write(h, l)
	}
	return sum(h)
}

// related is "Hash Related Blank Node".
func (c *canonicalizer) related(label string, s *statement, temporary *issuer, position string) string {
	h := c.hash.New()
	write(h, position)
	if position != "g" {
		write(h, "<"+s.predicate+">")
	}
	switch {
	case c.names.has(label):
		write(h, c.names.issue(label))
	case temporary.has(label):
		write(h, temporary.issue(label))
	default:
		write(h, c.first[label])
	}
	return sum(h)
}

// nDegree is "Hash N-Degree Quads".
func (c *canonicalizer) nDegree(label string, temporary *issuer) (string, *issuer, error) {
	if c.work.left -= len(c.mentions[label]); c.work.left < 0 {
		return "", nil, errBomb
	}
	neighbours := map[string][]string{}
	for _, s := range c.mentions[label] {
		for i, t := range s.places() {
			if t.kind == blankTerm && t.value != label {
				h := c.related(t.value, s, temporary, "sog"[i:i+1])
				neighbours[h] = append(neighbours[h], t.value)
			}
		}
	}
	data := c.hash.New()
	for _, h := range slices.Sorted(maps.Keys(neighbours)) {
		write(data, h)
		path, chosen, err := c.choose(neighbours[h], temporary)
		if err != nil {
			return "", nil, err
		}
		write(data, path)
		temporary = chosen
	}
	return sum(data), temporary, nil
}

// choose tries every arrangement of nodes that look alike, and returns the
// least path (step 5.4).
func (c *canonicalizer) choose(labels []string, temporary *issuer) (string, *issuer, error) {
	best, chosen := "", (*issuer)(nil)
	for p := ld.NewPermutator(labels); p.HasNext(); {
		if c.work.left -= 1 + len(labels) + len(temporary.order); c.work.left < 0 {
			return "", nil, errBomb
		}
		path, used, err := c.walk(p.Next(), temporary.clone(), best)
		if err != nil {
			return "", nil, err
		}
		if used != nil && (best == "" || path < best) {
			best, chosen = path, used
		}
	}
	return best, chosen, nil
}

// walk follows one arrangement; a nil issuer says that it is worse than best.
func (c *canonicalizer) walk(labels []string, temporary *issuer, best string) (string, *issuer, error) {
	var path strings.Builder
	var deeper []string
	worse := func() bool { return best != "" && path.String() > best }
	for _, label := range labels {
		if c.names.has(label) {
			path.WriteString(c.names.issue(label))
		} else {
			if !temporary.has(label) {
				deeper = append(deeper, label)
			}
			path.WriteString(temporary.issue(label))
		}
		if worse() {
			return "", nil, nil
		}
	}
	for _, label := range deeper {
		h, used, err := c.nDegree(label, temporary)
		if err != nil {
			return "", nil, err
		}
		path.WriteString(temporary.issue(label) + "<" + h + ">")
		if temporary = used; worse() {
			return "", nil, nil
		}
	}
	return path.String(), temporary, nil
}

// An issuer gives out names in the order in which they are asked for.
type issuer struct {
	prefix string
	names  map[string]string
	order  []string
}

func newIssuer(prefix string) *issuer { return &issuer{prefix: prefix, names: map[string]string{}} }

func (i *issuer) has(label string) bool { return i.names[label] != "" }

func (i *issuer) issue(label string) string {
	if name, ok := i.names[label]; ok {
		return name
	}
	name := i.prefix + strconv.Itoa(len(i.order))
	i.names[label] = name
	i.order = append(i.order, label)
	return name
}

func (i *issuer) clone() *issuer {
	return &issuer{prefix: i.prefix, names: maps.Clone(i.names), order: slices.Clone(i.order)}
}

func write(h hash.Hash, s string) { _, _ = io.WriteString(h, s) }

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
