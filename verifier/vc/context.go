package vc

import "strings"

// rfcs begins every spelling of a reference to an Aries RFC.
const rfcs = "https://github.com/hyperledger/aries-rfcs"

// The ways from the repository to a concept: today's; GitHub's other forms;
// RFC 0103's own text; and the broken one that it prints in its sample.
var rfcPaths = []string{"/tree/main", "/tree/master", "/blob/main", "/blob/master", "", "../.."}

// The concepts that a proxy credential refers to: RFC 0103, and RFC 0104 under
// its folder's name and the one in its samples.
var rfcConcepts = []string{"0103-indirect-identity-control", "0104-chained-credentials", "0104-delegatable-credentials"}

// proxyContexts are all accepted spellings of the reference.
var proxyContexts = func() map[string]bool {
	all := map[string]bool{}
	for _, path := range rfcPaths {
		for _, concept := range rfcConcepts {
			for _, end := range []string{"", "/", "/README.md"} {
				all[rfcs+path+"/concepts/"+concept+end] = true
			}
		}
	}
	return all
}()

// ProxyContext is the reference to RFC 0103 as credentials should carry it.
const ProxyContext = rfcs + "/tree/main/concepts/0103-indirect-identity-control"

// IsProxyContext reports whether a context is the reference to RFC 0103 or RFC
// 0104, in any spelling that is accepted (semantics 3.1). All mean the same.
func IsProxyContext(url string) bool {
	return strings.HasPrefix(url, rfcs) && proxyContexts[url]
}

// contexts returns the references in @context, which must hold, after the VC
// context, one to RFC 0103. Contexts that are objects are left out: where the
// proof is over the text they mean nothing here.
func contexts(doc map[string]any) ([]string, *Refusal) {
	list, ok := doc["@context"].([]any)
	if !ok {
		return nil, malformed("/@context", "@context does not refer to RFC 0103")
	}
	out, found := make([]string, 0, len(list)), false
	for _, item := range list {
		if url, ok := item.(string); ok {
			out = append(out, url)
			found = found || len(out) > 1 && IsProxyContext(url)
		} else if _, ok := item.(map[string]any); !ok {
			return nil, malformed("/@context", "a context is neither a reference nor an object")
		}
	}
	if !found {
		return nil, malformed("/@context", "@context does not refer to RFC 0103")
	}
	return out, nil
}
