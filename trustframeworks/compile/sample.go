package compile

import "strings"

// sample finds a value for a member: what the schema gives as examples, const,
// enum or default, in that order; else one that is sensible for its type.
func sample(party map[string]any, member string) (any, bool) {
	own, _ := party["properties"].(map[string]any)
	defs, _ := party["$defs"].(map[string]any)
	return value(own[member], defs, member)
}

func value(v any, defs map[string]any, member string) (any, bool) {
	schema, _ := v.(map[string]any)
	ref, _ := schema["$ref"].(string)
	if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok && schema["type"] == nil {
		schema, _ = defs[name].(map[string]any)
	}
	for _, keyword := range []string{"examples", "enum"} {
		if list, ok := schema[keyword].([]any); ok && len(list) > 0 {
			return list[0], true
		}
	}
	for _, keyword := range []string{"const", "default"} {
		if value, ok := schema[keyword]; ok {
			return value, true
		}
	}
	switch first(schema["type"]) {
	case "string":
		return text(schema, member), true
	case "integer", "number":
		return number(schema), true
	case "boolean":
		return true, true
	case "array":
		return list(schema, defs, member)
	}
	return nil, false
}

func list(schema, defs map[string]any, member string) (any, bool) {
	item, ok := value(schema["items"], defs, member)
	return []any{item}, ok
}

// first gives a type, or the first of several.
func first(v any) string {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	name, _ := v.(string)
	return name
}

var formats = map[string]string{
	"date": "2015-03-14", "date-time": "2015-03-14T09:26:53Z", "time": "09:26:53Z", "duration": "P1D",
	"email": "person@example.org", "uri": "https://example.org/", "iri": "https://example.org/", "hostname": "example.org",
	"uuid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
}

// text gives a format's example or the member's own name, as long as is asked.
func text(schema map[string]any, member string) string {
	format, _ := schema["format"].(string)
	if s, ok := formats[format]; ok {
		return s
	}
	s := "example " + member
	if least, ok := schema["minLength"].(float64); ok && least > float64(len(s)) && least <= 4096 {
		s += strings.Repeat("x", int(least)-len(s))
	}
	if most, ok := schema["maxLength"].(float64); ok && most < float64(len([]rune(s))) && most >= 0 {
		s = string([]rune(s)[:int(most)])
	}
	return s
}

func number(schema map[string]any) float64 {
	if least, ok := schema["minimum"].(float64); ok {
		return least
	}
	if above, ok := schema["exclusiveMinimum"].(float64); ok {
		return above + 1
	}
	if most, ok := schema["maximum"].(float64); ok && most < 1 {
		return most
	}
	return 1
}
