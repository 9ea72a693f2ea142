package issuance

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/procura-dev/procura/verifier/proof"
)

// inline refuses contexts inside a credential that are more than names for IRIs,
// or name what a context beside them does: "a term that is protected" must not
// get another meaning (JSON-LD 1.1, "Protected Term Definitions"). Proofs over the
// text cover such a context, and whoever reads the text by names passes it over.
func inline(contexts []any) error {
	taken := map[string]bool{}
	for _, c := range contexts {
		url, named := c.(string)
		if !named {
			continue
		}
		shipped, err := shippedTerms()
		if err != nil {
			return err
		}
		for term := range shipped[url] {
			taken[term] = true
		}
	}
	for n, c := range contexts {
		terms, _ := c.(map[string]any)
		for term, v := range terms {
			if taken[term] || term == "" || strings.ContainsAny(term, "@:") || !isDefinition(v) {
				return faulty(fmt.Sprintf("/credential/@context/%d/%s", n, term), "must give a name of its own an IRI")
			}
		}
	}
	return nil
}

// isDefinition is an IRI, alone or with the type of its values.
func isDefinition(v any) bool {
	m, expanded := v.(map[string]any)
	if !expanded {
		return isIRI(v)
	}
	for name, value := range m {
		if name != "@id" && name != "@type" || !isIRI(value) && (name == "@id" || value != "@id" && value != "@json") {
			return false
		}
	}
	return m["@id"] != nil
}

// shippedTerms are what each context that ships defines, wherever in it.
var shippedTerms = sync.OnceValues(func() (map[string]map[string]bool, error) {
	all, err := proof.ShippedContexts()
	if err != nil {
		return nil, fmt.Errorf("reading contexts: %w", err)
	}
	out := make(map[string]map[string]bool, len(all))
	for url, raw := range all {
		var document any
		if err := json.Unmarshal(raw, &document); err != nil {
			return nil, fmt.Errorf("reading context %s: %w", url, err)
		}
		out[url] = map[string]bool{}
		defined(document, out[url])
	}
	return out, nil
})

// defined adds the terms of all contexts in v.
func defined(v any, to map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			defined(one, to)
		}
	case map[string]any:
		for name, value := range v {
			if !strings.HasPrefix(name, "@") {
				to[name] = true
			}
			defined(value, to)
		}
	}
}
