package sgl

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A kind is the first member of a typed value in derived facts. Values of two
// kinds never compare.
type kind byte

const (
	text    kind = 's'
	number  kind = 'n'
	boolean kind = 'b'
	instant kind = 't'
)

// A scalar is a value of one kind. Two are the same if they are ==.
type scalar struct {
	kind   kind
	text   string  // text; the fraction of an instant
	number float64 // number, never -0; 1 for true
	second int64   // instant
}

// fold says how the strings of a property are read.
type fold int

const (
	byteForByte fold = iota // id
	nfkc                    // roles, patterns
	full                    // all else: NFKC, and instants are a kind of their own
)

// read makes a scalar of a string that is not empty, a finite number or a
// boolean; nothing else is a value.
func (f fold) read(v any) (scalar, bool) {
	switch v := v.(type) {
	case string:
		return f.readString(v)
	case bool:
		if v {
			return scalar{kind: boolean, number: 1}, true
		}
		return scalar{kind: boolean}, true
	default:
		n, ok := double(v)
		return scalar{kind: number, number: n}, ok
	}
}

func (f fold) readString(s string) (scalar, bool) {
	if s == "" || !utf8.ValidString(s) {
		return scalar{}, false
	}
	if f == byteForByte {
		return scalar{kind: text, text: s}, true
	}
	s = norm.NFKC.String(s)
	if f == full {
		if second, fraction, ok := parseInstant(s); ok {
			return scalar{kind: instant, second: second, text: fraction}, true
		}
	}
	return scalar{kind: text, text: s}, true
}

// double reads the forms in which JSON and YAML parsers hand over a number.
func double(v any) (float64, bool) {
	var n float64
	switch v := v.(type) {
	case float64:
		n = v
	case int:
		n = float64(v)
	case int64:
		n = float64(v)
	case uint64:
		n = float64(v)
	case json.Number:
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return 0, false
		}
		n = f
	default:
		return 0, false
	}
	if n == 0 {
		n = 0 // -0 is 0
	}
	return n, !math.IsInf(n, 0) && !math.IsNaN(n)
}

// tree writes a scalar as ["s", text], ["n", number], ["b", bool] or
// ["t", [seconds, fraction]].
func (s scalar) tree() any {
	switch s.kind {
	case number:
		return []any{"n", s.number}
	case boolean:
		return []any{"b", s.number == 1}
	case instant:
		return []any{"t", []any{s.second, s.text}}
	default:
		return []any{"s", s.text}
	}
}

// A property is what a principal has under one name.
type property struct {
	list   bool
	values []scalar // different ones
}

// readProperty reads a value or a list of them; false if it is neither, or
// beyond the limits: such a property is absent, which matches no operator.
func readProperty(v any, f fold) (property, bool) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	if len(list) == 0 || oversize(v) {
		return property{}, false
	}
	values := make([]scalar, 0, len(list))
	for _, m := range list {
		s, ok := f.read(m)
		if !ok {
			return property{}, false
		}
		if !slices.Contains(values, s) {
			values = append(values, s)
		}
	}
	return property{list: isList, values: values}, true
}

// oversize reports whether a value is beyond MaxString or MaxList.
func oversize(v any) bool {
	switch v := v.(type) {
	case string:
		return len(v) > MaxString
	case []any:
		return len(v) > MaxList || slices.ContainsFunc(v, func(m any) bool {
			s, ok := m.(string)
			return ok && len(s) > MaxString
		})
	}
	return false
}

// same compares properties as sets: a list's order means nothing.
func (p property) same(q property) bool {
	return p.list == q.list && len(p.values) == len(q.values) &&
		!slices.ContainsFunc(p.values, func(s scalar) bool { return !slices.Contains(q.values, s) })
}

func (p property) tree() map[string]any {
	values := make([]any, len(p.values))
	for i, s := range p.values {
		values[i] = s.tree()
	}
	return map[string]any{"list": p.list, "values": values}
}

// Value derives the typed value of a property other than id and roles:
// {"list": bool, "values": [[kind, value], …]}, members of a list once each. It
// is nil for what is no value (semantics 4.1) or beyond its limits.
func Value(v any) map[string]any {
	p, ok := readProperty(v, full)
	if !ok {
		return nil
	}
	return p.tree()
}

// Roles derives the typed value of a principal's roles; nil if there are none.
func Roles(roles []string) map[string]any {
	p := property{list: true}
	for _, r := range roles {
		if s, ok := nfkc.read(r); ok && !slices.Contains(p.values, s) {
			p.values = append(p.values, s)
		}
	}
	if len(p.values) == 0 {
		return nil
	}
	return p.tree()
}

// Properties derives the typed properties of a principal from members as
// written: NFKC name → typed value. Left out are values that are none, the names
// that conditions use for other things (a member called roles is no way to get
// a role), and names that are the same after NFKC but differ in value.
func Properties(members map[string]any) map[string]any {
	out := map[string]any{}
	for name, p := range readProperties(members) {
		out[name] = p.tree()
	}
	return out
}

func readProperties(members map[string]any) map[string]property {
	out := map[string]property{}
	conflicting := map[string]bool{}
	for written, v := range members {
		name := norm.NFKC.String(written)
		p, ok := readProperty(v, full)
		if !ok || name == "" || isKeyword(name) || len(written) > MaxString {
			continue
		}
		if q, twice := out[name]; twice && !q.same(p) {
			conflicting[name] = true
		}
		out[name] = p
	}
	for name := range conflicting {
		delete(out, name)
	}
	return out
}

// isKeyword reports whether conditions use a member name for something other
// than a custom property.
func isKeyword(name string) bool {
	switch name {
	case "id", "role", "roles", "all", "any", "n", "op":
		return true
	}
	return false
}
