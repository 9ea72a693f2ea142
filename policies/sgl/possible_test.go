package sgl_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

func TestPossible(t *testing.T) {
	t.Parallel()
	small := sgl.Values{Number: true, Least: 0, Most: 10}
	w := &sgl.World{
		Roles: map[string]bool{"p": true, "q": true}, Most: map[string]int{"q": 2},
		Properties: map[string][]sgl.Values{
			"age": {small}, "grade": {{Listed: []any{"a", "b"}}}, "sworn": {{Boolean: true}}, "since": {{Text: true}},
			"tags": {{Items: &sgl.Values{Text: true}}}, "mixed": {{Boolean: true}, small},
		},
	}
	cases := []struct {
		when string
		want bool
	}{
		{`{"roles": "p", "n": 64}`, true},
		{`{"roles": "p", "n": 65}`, false},
		{`{"all": [{"roles": "p", "n": 40}, {"roles": "p", "n": 25}]}`, false},
		{`{"roles": "r"}`, false},
		{`{"any": [{"roles": "r"}, {"roles": "p"}]}`, true},
		{`{"any": [{"roles": "r"}, {"roles": "p"}], "n": 2}`, false},
		{`{"roles": "q", "n": 2}`, true},
		{`{"roles": "q", "n": 3}`, false},
		{`{"roles": ["p", "q"], "op": "in", "n": 3}`, true},
		{`{"all": [{"roles": "q", "n": 2}, {"roles": ["q", "r"], "op": "in"}]}`, false},
		{`{"roles": ["p", "r"], "op": "in"}`, true},
		{`{"roles": ["p", "r"], "op": "contains"}`, false},
		{`{"roles": ["p", "q"], "op": "contains"}`, true},
		{`{"roles": ["p", "q"], "op": "not in"}`, false},
		{`{"roles": "p", "op": "not in"}`, true},
		{`{"roles": ".*", "op": "like"}`, false},
		{`{"roles": 2, "op": ">="}`, true},
		{`{"roles": 2, "op": ">"}`, false},
		{`{"roles": 1, "op": "<"}`, false},
		{`{"id": "did:a"}`, true},
		{`{"id": "did:a", "n": 2}`, false},
		{`{"id": "Bob"}`, false},
		{`{"id": "Bob", "op": "!="}`, true},
		{`{"id": ["Bob", "did:a"], "op": "in"}`, true},
		{`{"id": ["Bob", "did:a"], "op": "in", "n": 2}`, false},
		{`{"id": ["Bob", "did:a"], "op": "contains"}`, false},
		{`{"id": ["did:a", "did:b"], "op": "in", "n": 2}`, true},
		{`{"id": ["did:a", "did:b"], "op": "in", "n": 3}`, false},
		{`{"all": [{"id": "did:a"}, {"id": ["did:a"], "op": "in"}]}`, false},
		{`{"id": "did:a", "op": "!=", "n": 2}`, true},
		{`{"name": "x"}`, false},
		{`{"age": 10}`, true},
		{`{"age": 11}`, false},
		{`{"age": "10"}`, false},
		{`{"age": 10, "op": ">"}`, false},
		{`{"age": 0, "op": "<"}`, false},
		{`{"age": 0, "op": "<="}`, true},
		{`{"age": [11, 10], "op": "in"}`, true},
		{`{"age": [11, 12], "op": "in"}`, false},
		{`{"age": [1, 2], "op": "="}`, false},
		{`{"age": ["a"], "op": "contains"}`, false},
		{`{"age": "a", "op": "like"}`, false},
		{`{"age": "a", "op": "not in"}`, false},
		{`{"all": [{"age": 5, "op": ">"}, {"age": 3, "op": "<"}]}`, true}, // two people
		{`{"grade": "b"}`, true},
		{`{"grade": "c"}`, false},
		{`{"grade": "[bc]", "op": "like"}`, true},
		{`{"grade": "b", "op": ">"}`, false},
		{`{"sworn": true}`, true},
		{`{"sworn": true, "op": "<"}`, false},
		{`{"since": "2026-01-01T00:00:00Z", "op": "<"}`, true},
		{`{"since": 2026, "op": "<"}`, false},
		{`{"tags": "x"}`, true},
		{`{"tags": 3}`, false},
		{`{"tags": ["x", 3], "op": "contains"}`, false},
		{`{"tags": 3, "op": ">"}`, true},
		{`{"tags": 300, "op": ">"}`, false},
		{`{"tags": "x", "op": "like"}`, false},
		{`{"mixed": true}`, true},
		{`{"mixed": "x"}`, false},
		{`{"roles": "p", "unknown": 1}`, false}, // invalid
	}
	for _, c := range cases {
		for _, disjoint := range []bool{true, false} {
			if !disjoint && c.when[:6] == `{"all"` && !c.want {
				continue // one principal can be in both parts
			}
			if got := sgl.ParseCondition(decode(t, c.when)).Possible(disjoint, w); got != c.want {
				t.Errorf("disjoint %v: %s is possible: %v, want %v", disjoint, c.when, got, c.want)
			}
		}
	}
}

// Whatever a group of the world meets is possible.
func TestPossibleIsSound(t *testing.T) {
	t.Parallel()
	met, impossible := 0, 0
	for seed := range uint64(20_000) {
		c := seeded(seed)
		w := c.world()
		rule := sgl.ParseCondition(any(c.condition(1 + c.IntN(3))))
		group := c.inhabitants(w, 6)
		for _, disjoint := range []bool{true, false} {
			possible := rule.Possible(disjoint, w)
			verdict := sgl.Verdict(rule, group, disjoint, false)
			if verdict.Met && !possible {
				t.Fatalf("seed %d, disjoint %v: a group meets what is said to be impossible", seed, disjoint)
			}
			if verdict.Met {
				met++
			}
			if verdict.Problem == nil && !possible {
				impossible++
			}
		}
	}
	if met < 1000 || impossible < 1000 {
		t.Errorf("%d rules were met and %d impossible: the worlds show little", met, impossible)
	}
}

// world makes one whose names are those of random rules.
func (c chance) world() *sgl.World {
	w := &sgl.World{Roles: map[string]bool{}, Most: map[string]int{}, Properties: map[string][]sgl.Values{}}
	for _, role := range []string{"p", "q", "r", "fi"} {
		if c.IntN(3) > 0 {
			w.Roles[role], w.Most[role] = true, c.IntN(4)
		}
	}
	for _, name := range []string{"x", "y", "field"} {
		for range c.IntN(3) {
			w.Properties[name] = append(w.Properties[name], c.values(true))
		}
	}
	return w
}

func (c chance) values(list bool) sgl.Values {
	v := sgl.Values{Least: math.Inf(-1), Most: math.Inf(1)}
	switch c.IntN(5) {
	case 0:
		for range 1 + c.IntN(3) {
			v.Listed = append(v.Listed, c.value(list))
		}
		return v
	case 1:
		if list {
			items := c.values(false)
			v.Items = &items
			return v
		}
	case 2:
		v.Least, v.Most = float64(c.IntN(2)), float64(1+c.IntN(3))
	}
	v.Text, v.Number, v.Boolean = c.IntN(2) == 0, c.IntN(2) == 0, c.IntN(2) == 0
	return v
}

// inhabitants makes a group of a world: everybody has a DID of their own, and
// no role has more holders than it can.
func (c chance) inhabitants(w *sgl.World, most int) []sgl.Principal {
	var group []party
	dids := c.Perm(5)
	held := map[string]int{}
	for i := range c.IntN(most + 1) {
		p := party{class: i, properties: map[string]any{}}
		if i < len(dids) {
			p.ids = []string{[]string{"did:a", "did:b", "did:c", "did:ﬁ", "did:fi"}[dids[i]]}
		}
		for _, role := range []string{"p", "q", "r", "fi"} {
			if w.Roles[role] && (w.Most[role] == 0 || held[role] < w.Most[role]) && c.IntN(2) == 0 {
				p.roles = append(p.roles, role)
				held[role]++
			}
		}
		for _, name := range []string{"x", "y", "field"} {
			if of := w.Properties[name]; len(of) > 0 && c.IntN(4) > 0 {
				p.properties[name] = c.valueOf(of[c.IntN(len(of))])
			}
		}
		group = append(group, p)
	}
	people, err := sgl.ReadPrincipals(derived(group))
	if err != nil {
		panic(fmt.Sprintf("a group that cannot be read: %v", err))
	}
	return people
}

// valueOf makes a value within bounds; nil, which is absent, where there is none.
func (c chance) valueOf(v sgl.Values) any {
	switch {
	case v.Listed != nil:
		return pick(c, v.Listed...)
	case v.Items != nil:
		list := []any{}
		for range 1 + c.IntN(3) {
			if e := c.valueOf(*v.Items); e != nil {
				list = append(list, e)
			}
		}
		return list
	}
	var within []any
	for _, word := range words {
		switch n := word.(type) {
		case string:
			if v.Text {
				within = append(within, n)
			}
		case bool:
			if v.Boolean {
				within = append(within, n)
			}
		case float64:
			if v.Number && v.Least <= n && n <= v.Most {
				within = append(within, n)
			}
		}
	}
	if within == nil {
		return nil
	}
	return pick(c, within...)
}
