package vc

import (
	"maps"
	"slices"
	"strings"
)

// subject reads credentialSubject with its two parties.
func (p *Proxy) subject(doc map[string]any) *wrong {
	subject, w := lift(doc, "", "credentialSubject", "")
	if w != nil {
		return w
	}
	if subject == nil {
		return faulty("/credentialSubject", "there is no credentialSubject")
	}
	p.Provenance = p.Provenance || provenance(subject)
	if w := closed(subject); w != nil {
		return w
	}
	if _, w := optionalText(subject, "id"); w != nil {
		return faulty("/credentialSubject/id", "%s", w.why)
	}
	holder, w := lift(subject, "/credentialSubject", "holder", "")
	if w == nil {
		w = p.holder(holder).under("/credentialSubject/holder")
	}
	if w != nil {
		return w
	}
	proxied, w := lift(subject, "/credentialSubject", "proxied", "")
	if w != nil {
		return w
	}
	return p.proxied(proxied).under("/credentialSubject/proxied")
}

// closed refuses every member of a subject but its own: a status, a condition
// or a date there would be read by nobody.
func closed(subject map[string]any) *wrong {
	for key := range subject {
		switch first, _, _ := strings.Cut(key, "."); first {
		case "id", "type", "holder", "proxied", "provenanceProofs", "authorization", "delegationProof":
		default:
			return faulty("/credentialSubject/"+pointer(key), "a proxy credential's subject has holder and proxied, nothing else")
		}
	}
	return nil
}

func (w *wrong) under(path string) *wrong {
	if w == nil {
		return nil
	}
	return &wrong{path: path + w.path, why: w.why}
}

// lift returns the object name of m together with what the RFCs' samples write
// dotted, as "credentialSubject.holder.role"; nil where there is neither. The
// alias, if any, is another name for the same object; a member given in two
// ways is malformed.
func lift(m map[string]any, path, name, alias string) (map[string]any, *wrong) {
	var out map[string]any
	spelling := ""
	for key, v := range m {
		first, rest, dotted := strings.Cut(key, ".")
		if first != name && (alias == "" || first != alias) {
			continue
		}
		at := path + "/" + pointer(key)
		if spelling != "" && spelling != first {
			return nil, faulty(at, "%s is given in two ways", name)
		}
		spelling = first
		members := map[string]any{rest: v}
		if !dotted {
			var ok bool
			if members, ok = v.(map[string]any); !ok {
				return nil, faulty(at, "%s is no object", name)
			}
		} else if rest == "" {
			return nil, faulty(at, "a name ends in a dot")
		}
		if out == nil {
			out = make(map[string]any, len(members))
		}
		for member, v := range members {
			if _, twice := out[member]; twice {
				return nil, faulty(at, "a member is given in two ways")
			}
			out[member] = v
		}
	}
	return out, nil
}

func (p *Proxy) holder(m map[string]any) (w *wrong) {
	if m == nil {
		return faulty("", "there is no holder")
	}
	if p.Constraints, w = lift(m, "", "constraints", "constraint"); w != nil {
		return w
	}
	if p.HolderID, w = optionalText(m, "id"); w != nil {
		return w
	}
	if p.HolderType, w = oneType(m); w != nil {
		return w
	}
	if p.Roles, w = roles(m["role"]); w != nil {
		return w
	}
	if p.RationaleURI, w = optionalText(m, "rationaleURI"); w != nil {
		return w
	}
	p.Properties = others(m, func(name string) bool {
		first, _, _ := strings.Cut(name, ".")
		return first == "constraints" || first == "constraint" ||
			slices.Contains([]string{"id", "type", "role", "rationaleURI"}, name)
	})
	// SGL reads role as roles: two names would be two sources of one fact.
	if _, ok := p.Properties["roles"]; ok {
		return faulty("/roles", "a holder's roles stand in role")
	}
	p.HolderTree = holderTree(m, p)
	if p.Constraints == nil {
		p.Constraints = map[string]any{}
	}
	return nil
}

// holderTree is the holder in its normal form: what the credential has, under
// one name each.
func holderTree(m map[string]any, p *Proxy) map[string]any {
	tree := maps.Clone(p.Properties)
	for _, name := range []string{"id", "type", "rationaleURI"} {
		if v, ok := m[name]; ok {
			tree[name] = v
		}
	}
	tree["type"] = p.HolderType
	list := make([]any, len(p.Roles))
	for i, role := range p.Roles {
		list[i] = role
	}
	tree["role"] = list
	if p.Constraints != nil {
		tree["constraints"] = p.Constraints
	}
	return tree
}

func (p *Proxy) proxied(m map[string]any) (w *wrong) {
	if m == nil {
		return faulty("", "there is no proxied")
	}
	if p.ProxiedID, w = optionalText(m, "id"); w != nil {
		return w
	}
	if p.ProxiedType, w = oneType(m); w != nil {
		return w
	}
	if p.Rules, w = rules(m); w != nil {
		return w
	}
	p.Attributes = others(m, func(name string) bool {
		return name == "id" || name == "type" || name == "permissions"
	})
	if p.ProxiedID == "" && len(p.Attributes) == 0 {
		return faulty("", "no field describes the proxied identity")
	}
	p.ProxiedTree = maps.Clone(p.Attributes)
	if p.ProxiedID != "" {
		p.ProxiedTree["id"] = p.ProxiedID
	}
	p.ProxiedTree["type"], p.ProxiedTree["permissions"] = p.ProxiedType, p.Rules
	return nil
}

// others are the members that are not among the known ones.
func others(m map[string]any, known func(name string) bool) map[string]any {
	out := make(map[string]any, len(m))
	for name, v := range m {
		if !known(name) {
			out[name] = v
		}
	}
	return out
}

// oneType reads a party's type: one string, or a list of it.
func oneType(m map[string]any) (string, *wrong) {
	list, ok := types(m)
	if !ok || len(list) != 1 || list[0] == "" {
		return "", faulty("/type", "type is not one string")
	}
	return list[0], nil
}

// roles reads one role or several different ones.
func roles(v any) ([]string, *wrong) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	out, seen := make([]string, 0, len(list)), make(map[string]bool, len(list))
	for _, item := range list {
		role, ok := item.(string)
		if !ok || role == "" || seen[role] {
			return nil, faulty("/role", "role is no string and no list of different strings")
		}
		seen[role] = true
		out = append(out, role)
	}
	if len(out) == 0 {
		return nil, faulty("/role", "role is an empty list")
	}
	return out, nil
}

// rules reads permissions: a list of SGL rules, one rule, or either as text.
func rules(m map[string]any) ([]any, *wrong) {
	v := m["permissions"]
	if text, ok := v.(string); ok {
		var err error
		if v, err = ParseJSON([]byte(text)); err != nil {
			return nil, faulty("/permissions", "the text of permissions is %v", err)
		}
	}
	switch v := v.(type) {
	case []any:
		return v, nil
	case map[string]any:
		return []any{v}, nil
	}
	return nil, faulty("/permissions", "permissions is no list of rules")
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// pointer escapes one token of a JSON Pointer (RFC 6901).
func pointer(token string) string { return escaper.Replace(token) }
