package sgl_test

import (
	"math/bits"
	"regexp"
	"slices"
	"time"

	"golang.org/x/text/unicode/norm"
)

// A party is a principal before anything is derived of it, as the oracle reads it.
type party struct {
	ids        []string
	class      int
	unique     bool
	roles      []string
	properties map[string]any
}

// oracle decides a condition by search over all assignments, straight from the
// text of semantics 4: it shares no code with the package, and takes groups of a
// few principals alone.
func oracle(condition map[string]any, group []party, disjoint, unique bool) bool {
	everyone := func(party) bool { return true }
	counted := func(p party) bool { return p.unique || !unique }
	if !disjoint {
		if !plural(condition) {
			counted = everyone
		}
		return sharedHolds(condition, group, counted)
	}
	for used := range sets(condition, group, everyone) {
		if bits.OnesCount64(used) == 1 {
			return true
		}
	}
	return len(sets(condition, group, counted)) > 0
}

// sets returns every set of classes that can satisfy a condition with none left over.
func sets(c map[string]any, group []party, counted func(party) bool) map[uint64]bool {
	if all, ok := c["all"].([]any); ok {
		return choices(all, len(all), group, counted)
	}
	options, ok := c["any"].([]any)
	switch {
	case ok && number(c) <= len(options):
		return choices(options, number(c), group, counted)
	case ok:
		return matches(options, number(c), group, counted)
	}
	out := map[uint64]bool{}
	who := candidates(c, group, counted)
	for s := range uint64(1) << len(group) {
		if s&^who == 0 && bits.OnesCount64(s) == number(c) {
			out[s] = true
		}
	}
	return out
}

// choices lets n different conditions hold, each with classes of its own.
func choices(list []any, n int, group []party, counted func(party) bool) map[uint64]bool {
	found := make([]map[uint64]bool, n+1)
	for i := range found {
		found[i] = map[uint64]bool{}
	}
	found[0][0] = true
	for _, c := range list {
		one := sets(c.(map[string]any), group, counted)
		for j := n; j > 0; j-- {
			apart(found[j], found[j-1], one)
		}
	}
	return found[n]
}

// matches finds n matches among the conditions, each with classes of its own.
func matches(list []any, n int, group []party, counted func(party) bool) map[uint64]bool {
	one := map[uint64]bool{}
	for _, c := range list {
		for s := range sets(c.(map[string]any), group, counted) {
			one[s] = true
		}
	}
	found := map[uint64]bool{0: true}
	for range min(n, len(group)+1) { // each match takes a class, so more find none either
		next := map[uint64]bool{}
		apart(next, found, one)
		found = next
	}
	return found
}

// apart adds to out every union of a set of a and one of b that are disjoint.
func apart(out, a, b map[uint64]bool) {
	for s := range a {
		for t := range b {
			if s&t == 0 {
				out[s|t] = true
			}
		}
	}
}

func sharedHolds(c map[string]any, group []party, counted func(party) bool) bool {
	holds := func(c any) bool { return sharedHolds(c.(map[string]any), group, counted) }
	if all, ok := c["all"].([]any); ok {
		return !slices.ContainsFunc(all, func(c any) bool { return !holds(c) })
	}
	options, ok := c["any"].([]any)
	if !ok {
		return bits.OnesCount64(candidates(c, group, counted)) >= number(c)
	}
	found := 0
	for _, child := range options {
		leaf := child.(map[string]any)
		switch {
		case number(c) > len(options): // leaves alone: else the rule is invalid
			found += bits.OnesCount64(candidates(leaf, group, counted)) / number(leaf)
		case holds(child):
			found++
		}
	}
	return found >= number(c)
}

func number(c map[string]any) int {
	if n, ok := c["n"].(float64); ok {
		return int(n)
	}
	return 1
}

// plural reports an all, or an n above 1, anywhere.
func plural(c map[string]any) bool {
	if _, ok := c["all"]; ok || number(c) > 1 {
		return true
	}
	inner, _ := c["any"].([]any)
	return slices.ContainsFunc(inner, func(c any) bool { return plural(c.(map[string]any)) })
}

// candidates returns the classes of those who pass a test.
func candidates(leaf map[string]any, group []party, counted func(party) bool) uint64 {
	var out uint64
	for _, p := range group {
		if counted(p) && passes(leaf, p) {
			out |= 1 << p.class
		}
	}
	return out
}

func passes(leaf map[string]any, p party) bool {
	op, _ := leaf["op"].(string)
	for name, v := range leaf {
		switch name {
		case "n", "op":
		case "id":
			return passesID(op, v, p.ids)
		case "role", "roles":
			if op == "" {
				op = "in"
			}
			return len(p.roles) > 0 && relates(op, texts(p.roles), kinds(v, false))
		default:
			have, ok := p.properties[norm.NFKC.String(name)]
			return ok && relates(op, kinds(have, true), kinds(v, op != "like"))
		}
	}
	return false
}

func passesID(op string, v any, ids []string) bool {
	if op == "" {
		op = "="
	}
	one := func(id string) bool { return relates(op, id, v) }
	switch op {
	case "contains":
		list := []any{}
		for _, id := range ids { // byte for byte, so without NFKC
			list = append(list, id)
		}
		return len(ids) > 0 && relates(op, list, v)
	case "!=", "not in":
		return len(ids) > 0 && !slices.ContainsFunc(ids, func(id string) bool { return !one(id) })
	}
	return slices.ContainsFunc(ids, one)
}

func texts(in []string) []any {
	out := []any{}
	for _, s := range in {
		out = append(out, norm.NFKC.String(s))
	}
	return out
}

// kinds brings strings to NFKC, and full date-times to instants.
func kinds(v any, instants bool) any {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, m := range v {
			out = append(out, kinds(m, instants))
		}
		return out
	case string:
		s := norm.NFKC.String(v)
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil && instants {
			return t.UTC()
		}
		return s
	}
	return v
}

func relates(op string, have, want any) bool {
	haves, listed := have.([]any)
	wants, wantsList := want.([]any)
	switch {
	case op == "" && listed:
		op = "in"
	case op == "":
		op = "="
	}
	switch op {
	case "contains":
		return listed && !slices.ContainsFunc(wants, func(w any) bool { return !slices.Contains(haves, w) })
	case "like":
		s, ok := have.(string)
		if !ok {
			return false
		}
		re := regexp.MustCompile(want.(string))
		re.Longest()
		at := re.FindStringIndex(s)
		return at != nil && at[0] == 0 && at[1] == len(s)
	case "in", "not in":
		return member(op == "in", either(have, haves), either(want, wants))
	}
	if listed {
		have = float64(distinct(haves))
	}
	return !wantsList && compares(op, have, want)
}

func either(scalar any, list []any) []any {
	if list == nil {
		return []any{scalar}
	}
	return list
}

func member(in bool, haves, wants []any) bool {
	common, oneKind := false, false
	for _, h := range haves {
		for _, w := range wants {
			common = common || h == w
			oneKind = oneKind || kindOf(h) == kindOf(w)
		}
	}
	return in && common || !in && oneKind && !common
}

func distinct(list []any) int {
	seen := map[any]bool{}
	for _, v := range list {
		seen[v] = true
	}
	return len(seen)
}

func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case time.Time:
		return "instant"
	}
	return "number"
}

func compares(op string, a, b any) bool {
	if kindOf(a) != kindOf(b) {
		return false
	}
	less, equal := false, a == b
	switch a := a.(type) {
	case float64:
		less = a < b.(float64)
	case string:
		less = slices.Compare([]rune(a), []rune(b.(string))) < 0
	case time.Time:
		less = a.Before(b.(time.Time))
	case bool:
		return op == "=" && equal || op == "!=" && !equal
	}
	return map[string]bool{"=": equal, "!=": !equal, "<": less, "<=": less || equal,
		">": !less && !equal, ">=": !less}[op]
}
