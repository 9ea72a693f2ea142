package query

import (
	"slices"
	"strconv"

	"github.com/procura-dev/procura/verifier/vc"
)

// An example is a credential in part (Verifiable Presentation Request, "Query By
// Example"): one fits that has all of it. An empty text, object or list stands
// for any value.
type example struct {
	members  map[string]any
	accepted accepted
}

func readExamples(o object, q *Query) {
	for i, each := range asked(o) {
		e := &example{accepted: readAccepted(each)}
		v, _ := each.get("example", true)
		e.members = each.object(v, each.at("example")).members
		if len(e.members) == 0 {
			each.malformed(each.at("example"), "must have members")
		}
		q.parts = append(q.parts, part{strconv.Itoa(i), each.flag("required", true), e.find})
		each.words("reason")
		each.closed()
	}
}

func (e *example) find(s *search) (Match, error) {
	all, err := s.matching(func(c *Credential) (any, bool, error) {
		if !e.accepted.allows(c) {
			return nil, false, nil
		}
		ok, err := s.like(e.members, c.Doc, c)
		if err != nil || !ok {
			return nil, false, err
		}
		shown, err := c.shows(placed(e.members, c.Doc, nil))
		return shown, err == nil, err
	})
	return Match{Candidates: e.accepted.order(all), Reason: ReasonNone}, err
}

// placed are the places of an example's members in a credential that has them: no
// more is shown of one that can be shown in part (VCALM, "Query By Example").
func placed(want, have map[string]any, at []string) (out [][]string) {
	for name, w := range want {
		place := append(slices.Clone(at), name)
		inner, isObject := w.(map[string]any)
		h, both := have[name].(map[string]any)
		if isObject && both && len(inner) > 0 {
			out = append(out, placed(inner, h, place)...)
		} else {
			out = append(out, place)
		}
	}
	return out
}

// like reports whether a credential has all members of an example. Its issuer may
// be named in either of its two forms (VC Data Model, "Issuer").
func (s *search) like(want, have map[string]any, c *Credential) (bool, error) {
	for name, w := range want {
		h, ok := have[name]
		if name == "issuer" && c != nil {
			if id, isText := w.(string); isText && id != "" {
				w, h, ok = id, vc.Issuer(c.Doc), true
			}
		}
		if !ok {
			return false, nil
		}
		if same, err := s.fits(w, h); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

// fits reports whether a value is that of an example, or lists it; of a list all
// that the example lists.
func (s *search) fits(want, have any) (bool, error) {
	if err := s.spend(1); err != nil {
		return false, err
	}
	if wildcard(want) {
		return true, nil
	}
	if w, ok := want.([]any); ok {
		for _, each := range w {
			if ok, err := s.among(each, list(have)); err != nil || !ok {
				return false, err
			}
		}
		return true, nil
	}
	if h, ok := have.([]any); ok {
		return s.among(want, h)
	}
	w, isObject := want.(map[string]any)
	h, both := have.(map[string]any)
	if isObject && both {
		return s.like(w, h, nil)
	}
	return !isObject && !both && want == have, nil
}

func (s *search) among(want any, have []any) (bool, error) {
	for _, h := range have {
		if _, nested := h.([]any); nested {
			continue // a list in a list is no set of values
		}
		if ok, err := s.fits(want, h); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func wildcard(v any) bool {
	switch v := v.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return v == nil
}
