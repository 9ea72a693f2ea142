package verifier

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// The media types of a presentation (W3C vc-jose-cose, VCDM 2.0 "Media Types";
// SD-JWT VC, "Media Type").
const (
	MediaJWT   = "application/vp+jwt"
	MediaLD    = "application/vp"
	MediaSDJWT = vc.MediaSDJWT
)

// ReadSubmission reads the body of POST /v1/challenges/{id}/presentations.
func ReadSubmission(tree any) (*Submission, error) {
	r := &reader{}
	m := r.object("", tree, "presentations", "circumstances")
	s := &Submission{Circumstances: r.circumstancesRaw("/circumstances", m)}
	if list, ok := m["presentations"]; ok {
		s.Presentations = r.presentations("/presentations", list)
	} else if s.Circumstances == nil {
		r.fault("/presentations", "is required, or circumstances")
	}
	return s, r.err()
}

// ReadEvaluation reads the body of POST /v1/evaluations.
func ReadEvaluation(tree any) (*Evaluation, error) {
	r := &reader{}
	m := r.object("", tree, "request", "presentations", "nonce", "domain")
	if m == nil {
		return nil, r.err()
	}
	e := &Evaluation{}
	if q := r.question("/request", m["request"], false); q != nil {
		e.Question = *q
		if q.Domain != "" {
			r.fault("/request/domain", "stands beside request, not in it")
		}
	}
	e.Nonce, e.Domain = r.text("", m, "nonce"), r.text("", m, "domain")
	e.Presentations = r.presentations("/presentations", m["presentations"])
	return e, r.err()
}

// presentations reads a list of 1 to 64.
func (r *reader) presentations(path string, v any) []Submitted {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxPresentations {
		r.fault(path, "must be a list of 1 to %d presentations", maxPresentations)
		return nil
	}
	out := make([]Submitted, 0, len(list))
	for i, item := range list {
		s, err := submitted(item)
		if err != nil {
			r.fault(fmt.Sprintf("%s/%d", path, i), "%v", err)
			continue
		}
		out = append(out, s)
	}
	return out
}

// submitted takes a string as [Compact] does, an object as LD.
func submitted(v any) (Submitted, error) {
	switch p := v.(type) {
	case string:
		return Compact(p), nil
	case map[string]any:
		raw, err := json.Marshal(p)
		return Submitted{MediaType: MediaLD, Raw: raw}, err
	}
	return Submitted{}, fmt.Errorf("must be a string or an object")
}

// Compact is a presentation in one of the compact serializations: an SD-JWT,
// which has a ~, or a JWT, which cannot have one.
func Compact(text string) Submitted {
	if strings.Contains(text, "~") {
		return Submitted{MediaType: MediaSDJWT, Raw: []byte(text)}
	}
	return Submitted{MediaType: MediaJWT, Raw: []byte(text)}
}

// MaxRegistry is how many DIDs one list of issuers or attesters may hold.
const MaxRegistry = 100_000

// ReadRegistry reads a list of issuers or attesters, {"dids": [...]}.
func ReadRegistry(tree any) ([]string, error) {
	r := &reader{}
	m := r.object("", tree, "dids")
	list, ok := m["dids"].([]any)
	if m != nil && (!ok || len(list) > MaxRegistry) {
		r.fault("/dids", "must be a list of at most %d DIDs", MaxRegistry)
	}
	seen := make(map[string]bool, len(list))
	dids := make([]string, 0, len(list))
	for i, item := range list {
		id, _ := item.(string)
		if why := unlistable(id, seen); why != "" {
			r.fault(fmt.Sprintf("/dids/%d", i), "%s", why)
			continue
		}
		seen[id] = true
		dids = append(dids, id)
	}
	return dids, r.err()
}

// unlistable says why a list cannot take text; empty: it can. Of a method that
// is resolved the key must be there, else what is listed could never sign; a
// DID of another method is taken as it stands.
func unlistable(text string, seen map[string]bool) string {
	if !IsDID(text) {
		return "is no DID"
	}
	if seen[text] {
		return "is listed twice"
	}
	fragment := "0"
	name, isKey := strings.CutPrefix(text, "did:key:")
	if isKey {
		fragment = name
	} else if !strings.HasPrefix(text, "did:jwk:") {
		return ""
	}
	var resolver *did.Resolver
	if _, err := resolver.Resolve(context.Background(), text+"#"+fragment, did.Assertion); err != nil {
		return fmt.Sprintf("is no DID that can sign: the %s cannot be read: %v", text[:len("did:key")], err)
	}
	return ""
}

// IsDID reports whether text may be a DID, not a DID URL. It cannot hold spaces
// or control characters (DID Core, "DID Syntax"); Postgres has no place for a NUL.
func IsDID(text string) bool {
	odd := func(c rune) bool { return unicode.IsControl(c) || unicode.IsSpace(c) || strings.ContainsRune("/?#", c) }
	parts := strings.SplitN(text, ":", 3)
	return len(parts) == 3 && parts[0] == "did" && parts[1] != "" && parts[2] != "" && !strings.ContainsFunc(text, odd)
}
