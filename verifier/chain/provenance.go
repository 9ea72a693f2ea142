package chain

import (
	"fmt"
	"strings"

	"github.com/procura-dev/procura/verifier/vc"
)

// members are the names under which RFC 0104 and its samples give a credential's
// provenance. The last is a field, and never one beside the subject.
var members = [...]string{"provenanceProofs", "delegationProof", "authorization"}

// provenance finds the list of pairs, and where it stands; nil where there is
// none. Dotted names and two of them are malformed.
func provenance(doc map[string]any, at string) (pairs []any, path string, refusal *vc.Refusal) {
	found := ""
	for key := range doc {
		first, _, dotted := strings.Cut(key, ".")
		for _, name := range members {
			if first != name {
				continue
			}
			if found != "" || dotted || name == "authorization" {
				return nil, "", refuse(Malformed, at, "the provenance of a credential stands in provenanceProofs, once")
			}
			found = key
		}
	}
	if found == "" {
		return nil, "", nil
	}
	pairs, ok := doc[found].([]any)
	if !ok || len(pairs) == 0 {
		return nil, "", refuse(Malformed, at+"/"+found, "%s is no list of pairs, or an empty one", found)
	}
	return pairs, at + "/" + found, nil
}

// pair reads a list of field names with what proves them. The field that says
// what a proxy may do is authorization, and the one that says what an issuer has is
// ownership; of others nothing follows here, and what is not checked must not count.
func (r *Reader) pair(n *Node, v any, path string) *vc.Refusal {
	pair, ok := v.([]any)
	if !ok || len(pair) != 2 {
		return refuse(Malformed, path, "no pair of field names and presentation")
	}
	fields, ok := pair[0].([]any)
	to := n.field(fields)
	if !ok || to == nil {
		return refuse(Unsupported, index(path, 0), "the provenance of other fields than authorization and ownership is not read")
	}
	given, path := pair[1], index(path, 1)
	if m, ok := given.(map[string]any); ok && refers(m) {
		return r.reference(to, m, path)
	}
	return r.presentation(n, to, given, path)
}

// field is where the credentials that prove one go; nil: it is not read.
func (n *Node) field(names []any) *[]*Node {
	if len(names) != 1 {
		return nil
	}
	switch names[0] {
	case "authorization":
		return &n.Parents
	case "ownership":
		return &n.Ownership
	}
	return nil
}

// refers reports an object that names a credential instead of holding it.
func refers(m map[string]any) bool {
	_, ok := m["digest"]
	return ok
}

// reference finds the credential that is named by id and digest among those of
// the presentation.
func (r *Reader) reference(to *[]*Node, m map[string]any, path string) *vc.Refusal {
	id, isID := m["id"].(string)
	digest, isDigest := m["digest"].(string)
	if len(m) != 2 || !isID || !isDigest || id == "" || digest == "" {
		return refuse(Malformed, path, "a reference has id and digest, two strings, and nothing else")
	}
	var found *vc.Credential
	for _, c := range r.sent {
		if c.Problem != nil || c.Doc["id"] != id {
			continue
		}
		if found != nil {
			return refuse(Malformed, path, "two credentials of the presentation have the id that is referred to")
		}
		found = c
	}
	if found == nil {
		return refuse(Missing, path, "the credential that is referred to is not in the presentation")
	}
	return r.add(to, &Node{Credential: found, Path: found.Path, Digest: digest})
}

// add puts a credential above another, or beside it as what proves a field.
func (r *Reader) add(to *[]*Node, parent *Node) *vc.Refusal {
	if parent.Credential.Problem != nil {
		p := *parent.Credential.Problem
		p.Path = parent.Path + p.Path
		return &p
	}
	if r.left--; r.left < 0 {
		return refuse(TooLong, parent.Path, "more than %d credentials above others in one presentation", MaxCredentials)
	}
	*to = append(*to, parent)
	return nil
}

func index(path string, i int) string { return fmt.Sprintf("%s/%d", path, i) }

func refuse(code, path, format string, args ...any) *vc.Refusal {
	return &vc.Refusal{Code: code, Message: fmt.Sprintf(format, args...), Path: path}
}
