package proof

import (
	"cmp"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/piprate/json-gold/ld"
)

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

// root names a document that has no name, while it is framed.
const root = "urn:procura:framed"

// maxFrame bounds a frame, in values.
const maxFrame = 256

// Frame holds a document, without its proofs, against a JSON-LD frame (JSON-LD 1.1
// Framing). It fits where the frame matches the document itself and all that the
// frame names is there, as if it said @requireAll; whole is whether the frame
// leaves nothing of it out: a part of a document carries no proof that is made
// here. An error says that frame or document cannot be read: of a context that is
// not local, of a member that none defines, of a keyword that lets something be
// missing.
func (v *Verifier) Frame(doc, frame map[string]any) (fits, whole bool, err error) {
	doc = unprovedInContext(doc)
	doc["@context"] = several(doc["@context"])
	if bounded(doc, maxCredentialValues) != nil || bounded(frame, maxFrame) != nil {
		return false, false, errors.New("too many values")
	}
	node, err := v.expand(doc)
	if err != nil {
		return false, false, err
	}
	if _, named := node["@id"]; !named {
		node["@id"] = root
	}
	framed, err := v.frame(node, frame)
	if err != nil || framed == nil || lacks(framed) {
		return false, false, err
	}
	return true, v.wholly(doc) == nil && v.same(node, framed), nil
}

// frameKeywords are those that a frame may use, beside @context at its top.
var frameKeywords = []string{"@type", "@id", "@explicit", "@embed", "@requireAll", "@value", "@language"}

// strictFrame reports whether a frame uses no others: @default and @omitDefault let
// something be missing, and the rest is of no use for a credential.
func strictFrame(frame any) bool {
	switch v := frame.(type) {
	case map[string]any:
		for name, inner := range v {
			_, flag := inner.(bool)
			if strings.HasPrefix(name, "@") && !slices.Contains(frameKeywords, name) || !strictFrame(inner) ||
				(name == "@explicit" || name == "@requireAll") && !flag {
				return false
			}
		}
	case []any:
		return !slices.ContainsFunc(v, func(inner any) bool { return !strictFrame(inner) })
	}
	return true
}

// lacks reports whether framing marked something as missing.
func lacks(framed any) bool {
	switch v := framed.(type) {
	case map[string]any:
		for name, inner := range v {
			if name == "@preserve" || lacks(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, lacks)
	}
	return false
}

// frame is what a frame leaves of a node; nil: it does not match it. A panic of
// json-gold is an error: the frame is hostile.
func (v *Verifier) frame(node, frame map[string]any) (out map[string]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, errors.New("framing failed")
		}
	}()
	urls, err := contextsOf(map[string]any{"@context": several(frame["@context"])})
	if err != nil {
		return nil, err
	}
	a, err := v.process(urls)
	if err != nil {
		return nil, err
	}
	frame = without(frame, "@context")
	options := jsonLD()
	options.RequireAll, options.ProcessingMode = true, ld.JsonLd_1_1_Frame
	expanded, err := ld.NewJsonLdApi().Expand(a.context, "", frame, options, false, nil)
	if err != nil {
		return nil, fmt.Errorf("expanding the frame: %w", err)
	}
	if !strictFrame(frame) || leaves(frame) != leaves(expanded) {
		return nil, errors.New("a frame with a member that no context defines, or a keyword that is not understood")
	}
	options.ProcessingMode = ld.JsonLd_1_1
	all, _, err := ld.NewJsonLdApi().Frame([]any{node}, several(expanded).([]any), options, true)
	if err != nil {
		return nil, fmt.Errorf("framing: %w", err)
	}
	for _, one := range all {
		if m, ok := one.(map[string]any); ok && m["@id"] == node["@id"] {
			return m, nil
		}
	}
	return nil, nil
}

// same reports whether two expanded documents say the same.
func (v *Verifier) same(a, b map[string]any) bool {
	var lines [2][]string
	for i, node := range []map[string]any{a, b} {
		g := &grapher{seen: map[statement]bool{}, labels: newIssuer("_:b")}
		if _, err := g.node(node, term{}); err != nil {
			return false
		}
		var err error
		if lines[i], err = canonicalize(g.out, crypto.SHA256, cmp.Or(v.Work, NewWork())); err != nil {
			return false
		}
	}
	return slices.Equal(lines[0], lines[1])
}
