package sgl

import "slices"

// Derive reads a rule and writes what Rego needs to decide it, as JSON values:
//
//	{"grant": [NFKC name…], "id"?: string,
//	 "leaves": [{"name", "op", "list": bool, "values": [[kind, value]…], "like"?: anchored pattern}…],
//	 "alternatives": [[[leaf, count]…]…],
//	 "single"?: [leaf, count],
//	 "tree"?: {"leaves": [[leaf, count]…], "levels": [[{"node", "need", "of": [node…], "times"?: true}…]…]},
//	 "plural": bool, "repeats"?: true,
//	 "problems"?: {"disjoint"?: {"code", "message"}, "shared"?: {"code", "message"}}}
//
// or {"problem": code, "message": string} if it grants nothing in either way of
// evaluation. The op of a leaf is never absent: "is" stands for the default of
// a custom property. A rule of one leaf has single and no tree. Nodes of a tree
// are numbered through leaves first, then level by level; the last is the root.
func Derive(rule any) map[string]any { return ParseRule(rule).Derived() }

// DeriveCondition reads a condition that stands without a rule, as a
// permission's requires: the shape is that of Derive, without grant. There an
// any may not ask for more matches than it lists, because that weakens it.
func DeriveCondition(condition any) map[string]any {
	derived, _ := DeriveConditionWithin(condition, MaxAlternatives)
	return derived
}

// DeriveConditionWithin is to [DeriveCondition] what [ParseRuleWithin] is to
// [ParseRule], and returns how many alternatives there are.
func DeriveConditionWithin(condition any, most int) (derived map[string]any, alternatives int) {
	p := newParser()
	p.most = min(most, MaxAlternatives)
	r := p.parseCondition(condition)
	if r.Repeats {
		r = newParser().refuse(&invalid{"", "an any may not ask for more matches than it lists here"})
	}
	return r.Derived(), len(r.Alternatives)
}

// members are the names that a derived rule may have, in their order.
var members = []string{"alternatives", "grant", "id", "leaves", "message", "plural", "problem", "problems", "repeats", "single", "tree"}

// Members are the names that [Rule.Member] knows, sorted.
func Members() []string { return slices.Clone(members) }

// Derived is what [Derive] writes of the rule.
func (r *Rule) Derived() map[string]any {
	out := make(map[string]any, len(members))
	for _, name := range members {
		if v := r.Member(name); v != nil {
			out[name] = v
		}
	}
	return out
}

// Member is one member of what [Derive] writes; nil where it has none of the
// name. Who reads few of them need not have all made.
func (r *Rule) Member(name string) any {
	if p := r.useless(); p != nil {
		switch name {
		case "problem":
			return p.Code
		case "message":
			return p.Message
		}
		return nil
	}
	switch name {
	case "alternatives":
		return list(r.Alternatives, func(a []Demand) any { return list(a, Demand.tree) })
	case "leaves":
		return list(r.Leaves, Leaf.tree)
	case "plural":
		return r.Plural
	}
	return r.optional(name)
}

// optional is a member that not every usable rule has.
func (r *Rule) optional(name string) any {
	switch {
	case name == "grant" && len(r.Grant) > 0:
		return list(r.Grant, func(name string) any { return name })
	case name == "id" && r.HasID:
		return r.ID
	case name == "repeats" && r.Repeats:
		return true
	case name == "single" && len(r.Tree) == 1:
		return Demand{r.Tree[0].Leaf, r.Tree[0].Count}.tree()
	case name == "tree" && r.branches():
		return levels(r.Tree)
	case name == "problems" && (r.notApart != nil || r.notShared != nil):
		problems := map[string]any{}
		r.notApart.derive(problems, "disjoint")
		r.notShared.derive(problems, "shared")
		return problems
	}
	return nil
}

// useless is why the rule grants nothing in either way of evaluation, or nil.
func (r *Rule) useless() *Problem {
	if r.notApart != nil && r.notShared != nil && r.notApart.Code == r.notShared.Code {
		return r.notApart
	}
	return nil
}

// branches says whether the rule has a tree to write.
func (r *Rule) branches() bool { return len(r.Tree) != 1 && r.notShared == nil }

func (p *Problem) derive(into map[string]any, name string) {
	if p != nil {
		into[name] = map[string]any{"code": p.Code, "message": p.Message}
	}
}

func (l Leaf) tree() any {
	out := property{list: l.list, values: l.values}.tree()
	out["name"], out["op"] = l.Name, l.Op
	if l.pattern != "" {
		out["like"] = l.pattern
	}
	return out
}

func (d Demand) tree() any { return []any{d.Leaf, d.Count} }

func list[T any](in []T, each func(T) any) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = each(v)
	}
	return out
}

// levels writes a tree as Rego takes it.
func levels(tree []Node) map[string]any {
	byHeight, number := heights(tree)
	leaf := func(i int) any { return Demand{tree[i].Leaf, tree[i].Count}.tree() }
	inner := func(i int) any { return tree[i].tree(number, number[i]) }
	return map[string]any{
		"leaves": list(byHeight[0], leaf),
		"levels": list(byHeight[1:], func(level []int) any { return list(level, inner) }),
	}
}

// heights sorts the nodes of a tree by height, and numbers them so, because Rego
// has no recursion and takes a tree level by level.
func heights(tree []Node) (byHeight [][]int, number []int) {
	height, number := make([]int, len(tree)), make([]int, len(tree))
	byHeight = make([][]int, 1)
	for i, n := range tree {
		for _, child := range n.Of {
			height[i] = max(height[i], height[child]+1)
		}
		for len(byHeight) <= height[i] {
			byHeight = append(byHeight, nil)
		}
		byHeight[height[i]] = append(byHeight[height[i]], i)
	}
	next := 0
	for _, level := range byHeight {
		for _, i := range level {
			number[i] = next
			next++
		}
	}
	return byHeight, number
}

func (n Node) tree(number []int, own int) any {
	out := map[string]any{"node": own, "need": n.Count,
		"of": list(n.Of, func(child int) any { return number[child] })}
	if n.Times {
		out["times"] = true
	}
	return out
}
