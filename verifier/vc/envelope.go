package vc

import "strings"

// enveloped reports whether an object wraps a secured document (VCDM 2.0,
// "Enveloped Verifiable Credentials", "Enveloped Verifiable Presentations").
func enveloped(m map[string]any, name string) bool { return hasType(m, name) }

// envelope returns the JWT in an object's data URL. The object holds nothing
// else: what is beside the JWT nobody signed.
func envelope(m map[string]any, mediaType string) (string, *wrong) {
	for name := range m {
		if name != "@context" && name != "id" && name != "type" {
			return "", faulty("", "an envelope has a member that nobody signed")
		}
	}
	if c, ok := m["@context"]; ok {
		if model, w := model(m); w != nil || model != 2 {
			return "", faulty("/@context", "an envelope is of VC Data Model 2.0, not of %v", c)
		}
	}
	if list, ok := m["type"].([]any); ok && len(list) != 1 {
		return "", faulty("/type", "an envelope has one type")
	}
	id, _ := m["id"].(string)
	raw, ok := strings.CutPrefix(id, "data:"+mediaType+",")
	if !ok {
		return "", faulty("/id", "the id is no data URL of %s", mediaType)
	}
	return raw, nil
}

// model returns 1 or 2, by the first context (VCDM 1.1 and 2.0, "Contexts").
func model(doc map[string]any) (int, *wrong) {
	first := doc["@context"]
	if list, ok := first.([]any); ok && len(list) > 0 {
		first = list[0]
	}
	switch first {
	case ContextV1:
		return 1, nil
	case ContextV2:
		return 2, nil
	}
	return 0, faulty("/@context", "the first context is not that of VC Data Model 1.1 or 2.0")
}

// fits reports whether a form secures a model: VC-JWT 1.1 belongs to VCDM 1.1,
// VC-JOSE to 2.0.
func fits(format string, model int) bool {
	switch format {
	case FormatVPJWT11, FormatVCJWT11:
		return model == 1
	case FormatVPJOSE, FormatVCJOSE:
		return model == 2
	}
	return true
}

// inside is the form of an object that has its proof inside, as the proof
// names it (VC Data Integrity 1.0, "Cryptographic Suites"). Package proof holds
// the proof to it.
func inside(m map[string]any) string {
	list, ok := m["proof"].([]any)
	if !ok {
		list = []any{m["proof"]}
	}
	for _, v := range list {
		p, _ := v.(map[string]any)
		if name := p["cryptosuite"]; name != "eddsa-jcs-2022" && name != "ecdsa-jcs-2019" {
			return FormatLD
		}
	}
	if len(list) == 0 {
		return FormatLD
	}
	return FormatJCS
}

// types is the member type, as a list of strings.
func types(doc map[string]any) ([]string, bool) {
	switch v := doc["type"].(type) {
	case string:
		return []string{v}, true
	case []any:
		out := make([]string, len(v))
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, false
			}
			out[i] = s
		}
		return out, true
	}
	return nil, false
}

func hasType(doc map[string]any, name string) bool {
	switch v := doc["type"].(type) {
	case string:
		return v == name
	case []any:
		for _, item := range v {
			if item == name {
				return true
			}
		}
	}
	return false
}

// identity reads a member that is an identifier, or an object with one (VCDM
// 1.1 and 2.0, "Issuer", "Presentations"); empty where absent.
func identity(doc map[string]any, name string) (string, *wrong) {
	v, ok := doc[name]
	if !ok {
		return "", nil
	}
	path := "/" + name
	if m, ok := v.(map[string]any); ok {
		v, path = m["id"], path+"/id"
	}
	s, ok := v.(string)
	if !ok || s == "" {
		return "", faulty(path, "%s has no identifier", name)
	}
	return s, nil
}
