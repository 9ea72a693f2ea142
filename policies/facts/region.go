package facts

import (
	"errors"
	"strings"
)

// maxListed bounds the codes or jurisdictions that one constraint lists.
const maxListed = 256

var (
	errList = errors.New("is neither a list of 1 to 256 texts nor one text")
)

// boundary reads GeoJSON, or codes, as a list or one comma-separated string. What
// is no list of codes is prose, which holds by attestation only.
func boundary(v any, s *scene) (map[string]any, error) {
	if m, ok := v.(map[string]any); ok && (m["type"] != nil || m["coordinates"] != nil) {
		return readArea(m, s)
	}
	if list, ok := v.([]any); ok {
		items, err := texts(list)
		if err != nil {
			return nil, err
		}
		if codes, ok := codeSet(items); ok {
			return map[string]any{"codes": codes}, nil
		}
		return map[string]any{"attested": true, "text": strings.Join(items, ", ")}, nil
	}
	t, err := readText(v)
	if err != nil {
		return nil, err
	}
	if codes, ok := agreed(t); ok {
		return map[string]any{"codes": codes}, nil
	}
	return map[string]any{"attested": true, "text": t.value()}, nil
}

// agreed gives the codes that a text lists, if it is codes in every locale and
// they are the same ones: which of two lists is stricter is a person's to say.
func agreed(t text) (codes map[string]any, ok bool) {
	for _, s := range t {
		items, err := split(s)
		if err != nil {
			return nil, false
		}
		own, ok := codeSet(items)
		if !ok || codes != nil && !sameKeys(codes, own) {
			return nil, false
		}
		codes = own
	}
	return codes, true
}

func codeSet(items []string) (map[string]any, bool) {
	codes := make(map[string]any, len(items))
	for _, s := range items {
		c, ok := readCode(s)
		if !ok {
			return nil, false
		}
		codes[c.canonical()] = true
	}
	return codes, true
}

func sameKeys(a, b map[string]any) bool {
	for k := range a {
		if b[k] == nil {
			return false
		}
	}
	return len(a) == len(b)
}

// jurisdiction reads codes or names: a list, a comma-separated string, or one
// such string per locale.
func jurisdiction(v any) (map[string]any, error) { return perLocale(v, keySet) }

// perLocale reads a list, or one comma-separated text per locale, as a set of
// keys. It keeps apart what every locale lists and what only some do: "the most
// restrictive interpretation must be used" (RFC 0103 sample), and whether "Inde"
// is "India" is no machine's to say.
func perLocale(v any, keys func([]string) (map[string]any, error)) (map[string]any, error) {
	if s, ok := v.(string); isList(v) || ok && isPlainText(s) {
		items, err := listed(v)
		if err != nil {
			return nil, err
		}
		all, err := keys(items)
		return map[string]any{"all": all, "some": map[string]any{}}, err
	}
	t, err := readText(v)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, s := range t {
		items, err := split(s)
		if err != nil {
			return nil, err
		}
		own, err := keys(items)
		if err != nil {
			return nil, err
		}
		for key := range own {
			count[key]++
		}
	}
	return agreement(t, count), nil
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}

func agreement(t text, count map[string]int) map[string]any {
	all, some := map[string]any{}, map[string]any{}
	for key, n := range count {
		if n == len(t) {
			all[key] = true
		} else {
			some[key] = true
		}
	}
	out := map[string]any{"all": all, "some": some}
	if len(some) > 0 {
		out["attested"], out["text"] = true, t.value()
	}
	return out
}

func keySet(items []string) (map[string]any, error) {
	keys := make(map[string]any, len(items))
	for _, s := range items {
		keys[jurisdictionKey(s)] = true
	}
	return keys, nil
}

// jurisdictionKey is the canonical code of what is one, and else the caseless
// form of the text.
func jurisdictionKey(s string) string {
	if c, ok := readCode(s); ok {
		return c.canonical()
	}
	return Fold(strings.Join(strings.Fields(s), " "))
}

func texts(list []any) ([]string, error) {
	out := make([]string, 0, min(len(list), maxListed))
	for _, v := range list {
		s, ok := v.(string)
		if s = strings.TrimSpace(s); !ok || s == "" || len(out) == maxListed {
			return nil, errList
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, errList
	}
	return out, nil
}

// split splits at commas; empty parts are passed over.
func split(s string) ([]string, error) {
	var list []any
	for part := range strings.SplitSeq(s, ",") {
		if strings.TrimSpace(part) != "" {
			list = append(list, part)
		}
	}
	return texts(list)
}
