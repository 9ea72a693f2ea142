package sgl

import "slices"

// readGroup reads principals as the reference writes them: flat objects with id,
// roles and properties. Those with equal id are merged, and so are those
// without: their roles are united, and any other property that two of them give
// with different values is absent.
func readGroup(v any) ([]Principal, *Problem) {
	members, ok := v.([]any)
	if !ok {
		return nil, &Problem{Invalid, "/group: a list of principals is needed"}
	}
	var g grouping
	for _, m := range members {
		flat, ok := m.(map[string]any)
		if !ok {
			return nil, &Problem{Invalid, "/group: a principal is an object"}
		}
		if problem := g.add(flat); problem != nil {
			return nil, problem
		}
	}
	if g.large || len(g.principals) > MaxPrincipals {
		return nil, &Problem{TooLarge, "/group: more than 64 principals, 256 members of a list or 4096 bytes of a string"}
	}
	return g.principals, nil
}

// A grouping merges principals as they come.
type grouping struct {
	principals  []Principal
	index       map[string]int    // by id; "" for those without
	conflicting []map[string]bool // per principal, names given with different values
	large       bool
}

func (g *grouping) add(flat map[string]any) *Problem {
	roles, hasRoles := flat["roles"]
	if role, ok := flat["role"]; ok {
		if hasRoles {
			return &Problem{Invalid, "/group: role and roles are the same member"}
		}
		roles = role
	}
	for name, v := range flat {
		g.large = g.large || len(name) > MaxString || oversize(v)
	}
	p := g.find(flat["id"])
	g.unite(p, roles)
	for name, have := range readProperties(flat) {
		g.give(p, name, have)
	}
	return nil
}

// find returns the index of the principal with an id, a new one if need be. An
// id that is no string of one byte or more is none.
func (g *grouping) find(v any) int {
	id, _ := v.(string)
	i, ok := g.index[id]
	if ok {
		return i
	}
	if g.index == nil {
		g.index = map[string]int{}
	}
	i = len(g.principals)
	g.index[id] = i
	p := Principal{Class: i, properties: map[string]property{}}
	if id != "" {
		p.IDs = []string{id}
	}
	g.principals = append(g.principals, p)
	g.conflicting = append(g.conflicting, map[string]bool{})
	return i
}

// unite adds roles: a string, or a list of strings; anything else is absent.
func (g *grouping) unite(i int, v any) {
	have, ok := readProperty(v, nfkc)
	isText := func(s scalar) bool { return s.kind == text }
	if !ok || slices.IndexFunc(have.values, func(s scalar) bool { return !isText(s) }) >= 0 {
		return
	}
	united := g.principals[i].properties["roles"].values
	for _, s := range have.values {
		if !slices.Contains(united, s) {
			united = append(united, s)
		}
	}
	g.principals[i].properties["roles"] = property{list: true, values: united}
}

// give adds a property; a conflict, once found, stays.
func (g *grouping) give(i int, name string, have property) {
	properties := g.principals[i].properties
	if former, ok := properties[name]; ok && !former.same(have) || g.conflicting[i][name] {
		g.conflicting[i][name] = true
		delete(properties, name)
		return
	}
	properties[name] = have
}
