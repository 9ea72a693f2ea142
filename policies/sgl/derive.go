package sgl

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
func Derive(rule any) map[string]any { return ParseRule(rule).derived() }

// DeriveWithin is [Derive] for a rule that may have at most so many
// alternatives, beyond which it is sgl.too_large, and returns how many it has.
// What takes many rules at once bounds with it what they cost together.
func DeriveWithin(rule any, most int) (derived map[string]any, alternatives int) {
	p := newParser()
	p.most = min(most, MaxAlternatives)
	r := p.parse(rule)
	return r.derived(), len(r.Alternatives)
}

// DeriveCondition reads a condition that stands without a rule, as a
// permission's requires: the shape is that of Derive, without grant. There an
// any may not ask for more matches than it lists, because that weakens it.
func DeriveCondition(condition any) map[string]any {
	derived, _ := DeriveConditionWithin(condition, MaxAlternatives)
	return derived
}

// DeriveConditionWithin is to [DeriveCondition] what [DeriveWithin] is to
// [Derive].
func DeriveConditionWithin(condition any, most int) (derived map[string]any, alternatives int) {
	p := newParser()
	p.most = min(most, MaxAlternatives)
	r := p.parseCondition(condition)
	if r.Repeats {
		r = newParser().refuse(&invalid{"", "an any may not ask for more matches than it lists here"})
	}
	return r.derived(), len(r.Alternatives)
}

func (r *Rule) derived() map[string]any {
	apart, shared := r.Problem(true), r.Problem(false)
	if apart != nil && shared != nil && apart.Code == shared.Code {
		return map[string]any{"problem": apart.Code, "message": apart.Message}
	}
	out := map[string]any{"leaves": list(r.Leaves, Leaf.tree), "plural": r.Plural,
		"alternatives": list(r.Alternatives, func(a []Demand) any { return list(a, Demand.tree) })}
	if len(r.Grant) > 0 {
		out["grant"] = list(r.Grant, func(name string) any { return name })
	}
	if r.HasID {
		out["id"] = r.ID
	}
	if r.Repeats {
		out["repeats"] = true
	}
	if len(r.Tree) == 1 {
		out["single"] = Demand{r.Tree[0].Leaf, r.Tree[0].Count}.tree()
	} else if shared == nil {
		out["tree"] = levels(r.Tree)
	}
	if apart != nil || shared != nil {
		problems := map[string]any{}
		apart.derive(problems, "disjoint")
		shared.derive(problems, "shared")
		out["problems"] = problems
	}
	return out
}

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

// levels sorts a tree by height, because Rego has no recursion and takes it
// level by level.
func levels(tree []Node) map[string]any {
	height, number := make([]int, len(tree)), make([]int, len(tree))
	byHeight := make([][]int, 1)
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
	leaf := func(i int) any { return Demand{tree[i].Leaf, tree[i].Count}.tree() }
	inner := func(i int) any { return tree[i].tree(number, number[i]) }
	return map[string]any{
		"leaves": list(byHeight[0], leaf),
		"levels": list(byHeight[1:], func(level []int) any { return list(level, inner) }),
	}
}

func (n Node) tree(number []int, own int) any {
	out := map[string]any{"node": own, "need": n.Count,
		"of": list(n.Of, func(child int) any { return number[child] })}
	if n.Times {
		out["times"] = true
	}
	return out
}
