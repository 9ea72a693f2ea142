package sgl_test

import (
	"math/rand/v2"

	"github.com/procura-dev/procura/policies/sgl"
)

// A chance makes random rules and groups; the same seed makes the same ones.
type chance struct{ *rand.Rand }

func seeded(seed uint64) chance { return chance{rand.New(rand.NewPCG(seed, 4))} }

func pick[T any](c chance, from ...T) T { return from[c.IntN(len(from))] }

// words are values of every kind, some of which differ in spelling alone.
var words = []any{"a", "b", "ab", "ﬁ", "fi", "B", 0.0, 1.0, 2.0, 2.5, -1.0, true, false,
	"2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00.5Z", "1969-12-31T23:59:59.9Z"}

var comparisons = []string{"=", "!=", "<", "<=", ">", ">="}

// condition makes one of at most the given depth.
func (c chance) condition(depth int) map[string]any {
	if depth < 2 || c.IntN(3) == 0 {
		return c.leaf()
	}
	list := []any{}
	for range 1 + c.IntN(3) {
		list = append(list, c.condition(depth-1))
	}
	if c.IntN(2) == 0 {
		return map[string]any{"all": list}
	}
	return c.counted(map[string]any{"any": list}, 4)
}

func (c chance) counted(m map[string]any, most int) map[string]any {
	if c.IntN(2) == 0 {
		m["n"] = float64(1 + c.IntN(most))
	}
	return m
}

func (c chance) leaf() map[string]any {
	switch c.IntN(6) {
	case 0:
		return c.counted(c.idLeaf(), 3)
	case 1, 2, 3:
		return c.counted(c.rolesLeaf(), 3)
	}
	return c.counted(c.propertyLeaf(), 3)
}

func (c chance) idLeaf() map[string]any {
	id := func() string { return pick(c, "did:a", "did:b", "did:c", "did:ﬁ", "did:fi") }
	switch c.IntN(4) {
	case 0:
		return map[string]any{"id": id()}
	case 1:
		return map[string]any{"id": id(), "op": pick(c, append(comparisons, "in", "not in")...)}
	case 2:
		return map[string]any{"id": pick(c, "did:.", ".*", `a|did:b`, `\Qdid:fi`), "op": "like"}
	}
	return map[string]any{"id": []any{id(), id()}, "op": pick(c, "in", "not in", "contains")}
}

func (c chance) rolesLeaf() map[string]any {
	name, role := pick(c, "role", "roles"), func() string { return pick(c, "p", "q", "r", "ﬁ") }
	switch c.IntN(8) {
	case 0:
		return map[string]any{name: role(), "op": pick(c, "in", "not in", "like")}
	case 1:
		return map[string]any{name: float64(c.IntN(4)), "op": pick(c, comparisons...)}
	case 2:
		return map[string]any{name: []any{role(), role()}, "op": pick(c, "in", "not in", "contains")}
	}
	return map[string]any{name: role()}
}

func (c chance) propertyLeaf() map[string]any {
	name, v := pick(c, "x", "y", "ﬁeld"), c.value(true)
	m := map[string]any{name: v}
	_, list := v.([]any)
	switch c.IntN(5) {
	case 0:
		return map[string]any{name: pick(c, "a", "a.?", "a|b", "(?i)b", "2020-.*", `\Qfi`), "op": "like"}
	case 1:
		m["op"] = pick(c, comparisons...)
	case 2:
		m["op"] = pick(c, "in", "not in")
	case 3:
		if list {
			m["op"] = "contains"
		}
	}
	return m
}

func (c chance) value(list bool) any {
	if !list || c.IntN(2) == 0 {
		return pick(c, words...)
	}
	out := []any{}
	for range 1 + c.IntN(3) {
		out = append(out, pick(c, words...))
	}
	return out
}

// group makes up to the given number of parties, some of one class.
func (c chance) group(most int) []party {
	var out []party
	for i := range c.IntN(most + 1) {
		p := party{class: i, unique: c.IntN(3) > 0, properties: map[string]any{}}
		if i > 0 && c.IntN(4) == 0 {
			p.class = out[c.IntN(i)].class
		}
		for range c.IntN(3) {
			p.ids = append(p.ids, pick(c, "did:a", "did:b", "did:c", "did:ﬁ", "did:fi"))
		}
		for range c.IntN(4) {
			p.roles = append(p.roles, pick(c, "p", "q", "r", "fi"))
		}
		for _, name := range []string{"x", "y", "field"} {
			if c.IntN(3) > 0 {
				p.properties[name] = c.value(true)
			}
		}
		out = append(out, p)
	}
	return out
}

// derived writes a group as the challenge hands it to Rego.
func derived(group []party) []any {
	out := []any{}
	for _, p := range group {
		properties := map[string]any{}
		for name, v := range sgl.Properties(p.properties) {
			properties[name] = v
		}
		if roles := sgl.Roles(p.roles); roles != nil {
			properties["roles"] = roles
		}
		ids := []any{}
		for _, id := range p.ids {
			ids = append(ids, id)
		}
		out = append(out, map[string]any{"ids": ids, "class": p.class, "unique": p.unique, "properties": properties})
	}
	return out
}
