package sgl

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalForm rewrites a rule as Format's comment says. The form may be unusable
// where the rule was not: NFKC makes strings longer.
func normalForm(rule any) (map[string]any, *Problem) {
	if p := ParseRule(rule).unwritable(); p != nil {
		return nil, p
	}
	r := rule.(map[string]any)
	names, isList := r["grant"].([]any)
	if !isList {
		names = []any{r["grant"]}
	}
	out := map[string]any{"grant": list(names, normalMember), "when": normalCondition(r["when"])}
	if id, ok := r["id"].(string); ok {
		if !utf8.ValidString(id) {
			return nil, &Problem{Invalid, "/id: a string is UTF-8"}
		}
		out["id"] = id
	}
	return out, ParseRule(out).unwritable()
}

// unwritable is the problem of a rule that has no text.
func (r *Rule) unwritable() *Problem {
	if p := r.Problem(true); p != nil && p.Code != TooComplex {
		return p
	}
	return nil
}

func normalCondition(condition any) any {
	out := map[string]any{}
	for name, v := range condition.(map[string]any) {
		switch name {
		case "op", "id": // compared byte for byte
			out[name] = v
		case "n":
			if n, _ := double(v); n != 1 {
				out[name] = n
			}
		case "all", "any":
			out[name] = list(v.([]any), normalCondition)
		case "role", "roles":
			out["roles"] = normalValue(v)
		default:
			out[norm.NFKC.String(name)] = normalValue(v)
		}
	}
	return out
}

func normalValue(v any) any {
	if members, ok := v.([]any); ok {
		return list(members, normalMember)
	}
	return normalMember(v)
}

func normalMember(v any) any {
	switch v := v.(type) {
	case string:
		return norm.NFKC.String(v)
	case bool:
		return v
	}
	n, _ := double(v)
	return n
}
