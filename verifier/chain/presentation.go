package chain

import (
	"slices"

	"github.com/procura-dev/procura/verifier/vc"
)

// presentation reads what holds the credentials that prove a field of n: a presentation that its
// holder signed over the credential below ([Nonce]), or an object with nothing
// but credentials in it, which the issuer of the one below alone answers for.
func (r *Reader) presentation(n *Node, to *[]*Node, v any, path string) *vc.Refusal {
	if m, ok := v.(map[string]any); ok && bare(m) {
		return r.bare(n, to, m, path)
	}
	p, err := vc.PresentationOf(v)
	if err != nil {
		return refuse(Malformed, path, "neither a presentation nor a reference")
	}
	if len(p.Credentials) == 0 {
		return refuse(Malformed, path, "a presentation of nothing")
	}
	for _, c := range p.Credentials {
		if refusal := r.add(to, &Node{Credential: c, Path: path + c.Path, Presentation: p}); refusal != nil {
			return refusal
		}
	}
	return nil
}

// bare reports a presentation without a proof.
func bare(m map[string]any) bool {
	_, proved := m["proof"]
	_, holds := m["verifiableCredential"]
	return holds && !proved
}

// bareMembers are those that such a presentation may have. Nothing else of it
// would be read.
var bareMembers = []string{"@context", "type", "id", "holder", "verifiableCredential"}

func (r *Reader) bare(n *Node, to *[]*Node, m map[string]any, path string) *vc.Refusal {
	for name := range m {
		if !slices.Contains(bareMembers, name) {
			return refuse(Malformed, path, "a presentation has a member that is not read")
		}
	}
	if kind := m["type"]; kind != nil && !slices.Contains(listed(kind), any("VerifiablePresentation")) {
		return refuse(Malformed, path, "the type is not that of a presentation")
	}
	if holder, given := m["holder"]; given && holder != vc.Issuer(n.Credential.Doc) {
		return refuse(Malformed, path, "the holder of a presentation without a proof is not the issuer of what it is in")
	}
	list, path := listed(m["verifiableCredential"]), path+"/verifiableCredential"
	if len(list) == 0 {
		return refuse(Malformed, path, "a presentation of nothing")
	}
	for i, v := range list {
		if refusal := r.add(to, &Node{Credential: vc.ParseEmbedded(v), Path: index(path, i)}); refusal != nil {
			return refusal
		}
	}
	return nil
}

// listed is a list, or one value as a list of it.
func listed(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
