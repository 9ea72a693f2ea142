package proof

// Types are the types of a document in full, as its contexts have them; one that
// none defines stays as it is (OpenID4VP 1.0, "Parameters in the meta parameter in
// Credential Query"). A context that is not local is an error.
func (v *Verifier) Types(doc map[string]any) ([]string, error) {
	node, err := v.expand(map[string]any{"@context": several(doc["@context"]), "type": doc["type"]})
	if err != nil {
		return nil, err
	}
	all, _ := node["@type"].([]any)
	var out []string
	for _, t := range all {
		if s, ok := t.(string); ok {
			out = append(out, s)
		}
	}
	return out, nil
}

func several(v any) any {
	if _, ok := v.([]any); ok {
		return v
	}
	return []any{v}
}
