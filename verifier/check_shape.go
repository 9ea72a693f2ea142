package verifier

import (
	"maps"
	"slices"

	"github.com/procura-dev/procura/verifier/vc"
)

// shape refuses a credential that lacks what every one has (VCDM 2.0, "Basic
// Concepts"), or a proof inside that does (VC Data Integrity 1.0, "Proofs"),
// before anything is made of it.
func shape(c *vc.Credential) *vc.Refusal {
	members := map[string]func(any) bool{"@context": isTexts, "type": isTexts, "issuer": isParty, "credentialSubject": isObjects}
	if c.JWT == nil {
		members["proof"] = isProofs
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if v, ok := c.Doc[name]; !ok || !members[name](v) {
			return &vc.Refusal{Code: vc.CredentialMalformed, Message: "a credential has " + name + ", of the shape that its data model says", Path: "/" + name}
		}
	}
	return nil
}

// isTexts reports a string or a list of them; contexts that are objects are
// never read.
func isTexts(v any) bool {
	list, ok := v.([]any)
	if s, isText := v.(string); isText {
		list, ok = []any{s}, true
	}
	for _, item := range list {
		if s, isText := item.(string); !isText || s == "" {
			return false
		}
	}
	return ok && len(list) > 0
}

func isParty(v any) bool {
	if m, ok := v.(map[string]any); ok {
		v = m["id"]
	}
	s, ok := v.(string)
	return ok && s != ""
}

func isObjects(v any) bool {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		if _, isObject := item.(map[string]any); !isObject {
			return false
		}
	}
	return len(list) > 0
}

// isProofs reports proofs that say how, by which key, for what and with which
// value; the older types also say when.
func isProofs(v any) bool {
	if !isObjects(v) {
		return false
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		p, _ := item.(map[string]any)
		_, value := p["proofValue"].(string)
		_, jws := p["jws"].(string)
		kind, _ := p["type"].(string)
		_, created := p["created"].(string)
		method, _ := p["verificationMethod"].(string)
		purpose, _ := p["proofPurpose"].(string)
		if kind == "" || method == "" || purpose == "" || !value && !jws || !created && kind != "DataIntegrityProof" {
			return false
		}
	}
	return true
}
