package proof

import (
	"cmp"
	"context"
	"crypto"
	"strings"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// General checks the proof of a credential of whatever type, which grants
// nothing (W3C VCALM, "Verify Credential"). Terms are those of its framework,
// or zero: then a proof over statements is held to what can be said of every
// document, that each of its members is signed under the name it is read by.
// A *vc.Refusal says why it does not hold.
func (v *Verifier) General(ctx context.Context, c *vc.Credential, t Terms) (Issued, error) {
	if c.Problem != nil || c.Format != vc.FormatLD || t.URI != "" {
		return v.Credential(ctx, c, t)
	}
	doc, issuer := c.Doc, vc.Issuer(c.Doc)
	if r := bounded(doc, maxCredentialValues); r != nil {
		return Issued{}, r
	}
	if r := unambiguous(doc); r != nil {
		return Issued{}, r
	}
	proofs, r := readProofs(doc, vc.CredentialMalformed, overStatements)
	if r != nil {
		return Issued{}, r
	}
	own, r := v.issuedBy(issuer, proofs)
	if r = cmp.Or(r, bounded(doc, maxCredentialValues/runs(proofs))); r != nil {
		return Issued{}, r
	}
	covered := v.covers(doc)
	if err := v.verifyAll(ctx, proofs, own, did.Assertion, covered.message); err != nil {
		return Issued{}, err
	}
	if r := v.wholly(doc); r != nil {
		return Issued{}, r
	}
	s, err := covered.alone(crypto.SHA256)
	if err != nil {
		return Issued{}, uncovered(err)
	}
	return own.issued(proofs, s.digest(), doc), nil
}

// Readable refuses a credential with a proof over statements that nobody could read
// back as its members say: what no context defines is part of no statement.
func (v *Verifier) Readable(doc map[string]any) *vc.Refusal {
	return cmp.Or(unambiguous(doc), v.wholly(doc))
}

// unambiguous refuses members under an IRI instead of their term, and contexts
// below the top: a date or a status could hide there, in the same statements.
func unambiguous(doc map[string]any) *vc.Refusal {
	for name, value := range unproved(doc) {
		if strings.ContainsAny(name, "@:") || !named(value) {
			return refuseAt("/"+escapePointer(name), "a name that begins with @ or holds a colon")
		}
	}
	return nil
}

func named(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if strings.ContainsAny(name, "@:") || !named(inner) {
				return false
			}
		}
	case []any:
		for _, inner := range v {
			if !named(inner) {
				return false
			}
		}
	}
	return true
}

// wholly refuses a document with a value that expansion drops, because no
// context defines its name: nobody signed it. And one that speaks of itself in
// a second place, or of blank nodes by name: what is said there is not read.
func (v *Verifier) wholly(doc map[string]any) *vc.Refusal {
	doc = unprovedInContext(doc)
	node, err := v.expand(doc)
	if err != nil {
		return refuse(contextRefused, "the document's statements cannot be made")
	}
	delete(doc, "@context")
	own, _ := node["@id"].(string)
	switch {
	case leaves(doc) != leaves(node):
		return refuse(contextRefused, "a member that no context defines: the proof does not cover it")
	case mentions(node, own) > 1:
		return refuse(contextRefused, "what the credential says of itself stands in two places")
	}
	return nil
}

// mentions counts the nodes that say something of own, or of a blank node by
// its name.
func mentions(v any, own string) (n int) {
	switch v := v.(type) {
	case map[string]any:
		id, _ := v["@id"].(string)
		if len(v) > 1 && id != "" && (id == own || strings.HasPrefix(id, "_:")) {
			n++
		}
		if strings.HasPrefix(id, "_:") {
			n++ // also where it is the document's own
		}
		for _, inner := range v {
			n += mentions(inner, own)
		}
	case []any:
		for _, inner := range v {
			n += mentions(inner, own)
		}
	}
	return n
}

func unprovedInContext(doc map[string]any) map[string]any {
	out := unproved(doc)
	out["@context"] = doc["@context"]
	return out
}

// leaves counts the values of a tree. Of an expanded value object only the
// value counts; its type, language and direction stand in the context.
func leaves(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		if value, ok := v["@value"]; ok {
			return leaves(value)
		}
		for _, inner := range v {
			n += leaves(inner)
		}
		if len(v) == 0 {
			n = 1
		}
	case []any:
		for _, inner := range v {
			n += leaves(inner)
		}
	default:
		n = 1
	}
	return n
}
