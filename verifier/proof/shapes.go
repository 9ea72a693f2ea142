package proof

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/piprate/json-gold/ld"
)

// Expansion looks at names, types, kinds of values and schemes of IRIs, and
// copies the rest. Documents that are alike in those have a shape in common,
// and one expansion of it serves them all: of the shape with probes for values,
// which are then filled in where they came out. Half of the time of a
// verification went into expanding the same shapes again.
//
// A shape whose probes do not come out, each once and as an IRI, a literal or a
// @json value, is not used: json-gold expands such documents one by one.

// probe is in every probe, and in nothing else of a document that has a shape.
const probe = "procura-probe-"

// A shape is what expansion looks at. Its text names it.
type shape struct {
	text   strings.Builder
	doc    map[string]any // with a probe for each value
	values []any          // of the document
	probes []string
	kinds  []holeKind
}

// A holeKind says what may be filled in.
type holeKind byte

const (
	textHole holeKind = iota // a literal
	iriHole                  // a literal or an IRI
	jsonHole                 // a list or an object as a literal of type @json
)

// maxShape bounds the text of a shape, in bytes. A credential has some 1,500.
const maxShape = 1 << 12

// shapeOf returns a document's shape under contexts; nil: it has none.
// The document is without @context.
func shapeOf(doc map[string]any, contexts string) *shape {
	s := &shape{}
	s.text.WriteString(contexts)
	var ok bool
	if s.doc, ok = s.object(doc); !ok || s.text.Len() > maxShape {
		return nil
	}
	return s
}

func (s *shape) object(m map[string]any) (map[string]any, bool) {
	out := make(map[string]any, len(m))
	s.text.WriteByte('{')
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if s.text.Len() > maxShape || strings.HasPrefix(name, "@") || strings.Contains(name, ":") || strings.Contains(name, probe) {
			return nil, false
		}
		s.write('.', name)
		v, ok := s.member(name, m[name])
		if !ok {
			return nil, false
		}
		out[name] = v
	}
	s.text.WriteByte('}')
	return out, true
}

func (s *shape) member(name string, v any) (any, bool) {
	switch name {
	case "type", "proofPurpose":
		return s.fixed(v)
	case "permissions", "constraints", "provenanceProofs":
		return s.json(v)
	}
	return s.value(name, v)
}

func (s *shape) value(name string, v any) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return s.object(v)
	case []any:
		return s.list(v, func(item any) (any, bool) { return s.value(name, item) })
	case string:
		return s.string(v), true
	}
	return s.fixed(v)
}

func (s *shape) list(list []any, each func(any) (any, bool)) (any, bool) {
	out := make([]any, len(list))
	s.text.WriteByte('[')
	for i, item := range list {
		v, ok := each(item)
		if !ok || s.text.Len() > maxShape {
			return nil, false
		}
		out[i] = v
	}
	s.text.WriteByte(']')
	return out, true
}

// fixed is a value that is part of the shape itself.
func (s *shape) fixed(v any) (any, bool) {
	switch v := v.(type) {
	case nil:
		s.text.WriteByte('0')
	case bool:
		s.write('b', strconv.FormatBool(v))
	case float64:
		s.write('n', strconv.FormatFloat(v, 'g', -1, 64))
	case string:
		s.write('s', v)
		return v, !strings.Contains(v, probe)
	case []any:
		return s.list(v, s.fixed)
	default:
		return nil, false
	}
	return v, true
}

// json is a member that is @json in our contexts. What is empty or no
// collection is rare, and would need probes of other kinds.
func (s *shape) json(v any) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		s.text.WriteByte('o')
		if len(v) == 0 {
			return map[string]any{}, true
		}
		return map[string]any{"p": s.hole('J', jsonHole, v, "")}, true
	case []any:
		s.text.WriteByte('l')
		if len(v) == 0 {
			return []any{}, true
		}
		return []any{s.hole('J', jsonHole, v, "")}, true
	}
	return nil, false
}

// string probes a text, or an IRI by its scheme, which could be a prefix. An
// IRI with an authority is taken as it is; others must parse, to be no relative
// ones ("IRI Expansion", as json-gold does it).
func (s *shape) string(text string) string {
	scheme, rest, found := strings.Cut(text, ":")
	switch {
	case !found || !absoluteIRI(text):
		return s.hole('T', textHole, text, "")
	case strings.HasPrefix(rest, "//"):
		return s.hole('A', iriHole, text, scheme+"://")
	case ld.IsAbsoluteIri(text):
		return s.hole('I', iriHole, text, scheme+":")
	}
	return s.hole('T', textHole, text, "")
}

func (s *shape) hole(mark byte, kind holeKind, v any, prefix string) string {
	s.write(mark, prefix)
	text := prefix + probe + strconv.Itoa(len(s.values))
	s.values, s.probes, s.kinds = append(s.values, v), append(s.probes, text), append(s.kinds, kind)
	return text
}

// write adds text so that no other one reads alike.
func (s *shape) write(mark byte, text string) {
	s.text.WriteByte(mark)
	s.text.WriteString(strconv.Itoa(len(text)))
	s.text.WriteByte(' ')
	s.text.WriteString(text)
}

// A hole is where a value of the document goes, by its number.
type hole int

// punch puts holes where the probes came out. It reports that each did once,
// and in a place that takes its kind.
func (s *shape) punch(expanded map[string]any) bool {
	seen := make([]bool, len(s.values))
	return s.punchObject(expanded, seen) && !slices.Contains(seen, false)
}

func (s *shape) punchObject(m map[string]any, seen []bool) bool {
	for key, v := range m {
		if n, ok := s.found(m, key, v); ok {
			if seen[n] {
				return false
			}
			seen[n], m[key] = true, hole(n)
		} else if strings.Contains(key, probe) || !s.punchValue(v, seen) {
			return false
		}
	}
	return true
}

func (s *shape) punchValue(v any, seen []bool) bool {
	switch v := v.(type) {
	case map[string]any:
		return s.punchObject(v, seen)
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !s.punchValue(item, seen) })
	case string:
		return !strings.Contains(v, probe)
	}
	return true
}

// found returns the number of the probe that a member is, whole.
func (s *shape) found(m map[string]any, key string, v any) (int, bool) {
	switch {
	case key == "@value" && m["@type"] == "@json":
		n, ok := s.number(inside(v))
		return n, ok && s.kinds[n] == jsonHole
	case key == "@value":
		n, ok := s.number(v)
		return n, ok && s.kinds[n] != jsonHole
	case key == "@id":
		n, ok := s.number(v)
		return n, ok && s.kinds[n] == iriHole
	}
	return 0, false
}

// inside is what a probe of a @json value holds.
func inside(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			return v["p"]
		}
	case []any:
		if len(v) == 1 {
			return v[0]
		}
	}
	return nil
}

func (s *shape) number(v any) (int, bool) {
	text, _ := v.(string)
	at := strings.Index(text, probe)
	if at < 0 {
		return 0, false
	}
	n, err := strconv.Atoi(text[at+len(probe):])
	return n, err == nil && n >= 0 && n < len(s.probes) && text == s.probes[n]
}

// fill returns what is expanded with values in its holes.
func fill(expanded any, values []any) any {
	switch e := expanded.(type) {
	case hole:
		return values[e]
	case map[string]any:
		return fillObject(e, values)
	case []any:
		out := slices.Clone(e) // nil where that is
		for i, item := range e {
			out[i] = fill(item, values)
		}
		return out
	}
	return expanded
}

func fillObject(expanded map[string]any, values []any) map[string]any {
	out := make(map[string]any, len(expanded))
	for key, v := range expanded {
		out[key] = fill(v, values)
	}
	return out
}

// maxShapes bounds each half of the shapes that are remembered: at the most
// some ten megabytes. A framework's variant has about five in use.
const maxShapes = 1 << 7

// shapes remembers expanded shapes by their text; nil for those that are not to
// be used.
type shapes struct {
	mu         sync.Mutex
	late, then map[string]map[string]any // since, and before, late was full
}

func (s *shapes) get(text string) (expanded map[string]any, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if expanded, known = s.late[text]; known {
		return expanded, true
	}
	if expanded, known = s.then[text]; known {
		s.put(text, expanded) // in use: it outlasts the next half
	}
	return expanded, known
}

func (s *shapes) keep(text string, expanded map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(text, expanded)
}

func (s *shapes) put(text string, expanded map[string]any) {
	if s.late == nil || len(s.late) >= maxShapes {
		s.late, s.then = map[string]map[string]any{}, s.late
	}
	s.late[text] = expanded
}
