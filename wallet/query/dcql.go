package query

import (
	"regexp"
	"slices"

	"github.com/procura-dev/procura/verifier/vc"
)

// The formats of DCQL that are kept here (OpenID4VP 1.0, "Credential Format
// Specific Parameters and Rules"), and what they are called here.
var dcqlFormats = map[string][]string{
	"jwt_vc_json": {vc.FormatVCJWT11}, "ldp_vc": {vc.FormatLD, vc.FormatJCS}, "dc+sd-jwt": {formatSDJWT},
}

// name is what ids of DCQL consist of.
var name = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)

func (o object) name(member string, required bool) string {
	s := o.text(member, required)
	if s != "" && !name.MatchString(s) {
		o.malformed(o.at(member), "must be letters, digits, _ and -")
	}
	return s
}

// A wanted is a Credential Query.
type wanted struct {
	format      string
	multiple    bool
	unbound     bool
	authorities bool
	types       [][]string // type_values: all of one of these; nil: any
	vcts        []string   // vct_values: one of these; nil: any
	claims      []claim
	sets        [][]claim // each an option, the preferred first; nil: all claims
}

// readDCQL reads a query of OpenID4VP 1.0, "Digital Credentials Query Language".
// "Implementations MUST ignore any unknown properties."
func readDCQL(o object, q *Query) {
	ids := map[string]bool{}
	for _, each := range o.objects("credentials", true, maxParts) {
		id := each.name("id", true)
		if ids[id] && id != "" {
			each.malformed(each.at("id"), "is another's too")
		}
		ids[id] = true
		q.parts = append(q.parts, part{id, true, readWanted(each).find})
	}
	var sets []credentialSet
	for _, each := range o.objects("credential_sets", false, maxList) {
		sets = append(sets, readSet(each, ids))
	}
	if len(sets) > 0 {
		for i := range q.parts {
			q.parts[i].required = false
		}
	}
	settle := dcql{sets}
	q.settle = settle.settle
	o.ignore()
}

// ignore says that members which were not asked for are not read.
func (o object) ignore() {
	for name := range o.members {
		o.known[name] = true
	}
}

func readWanted(o object) *wanted {
	w := &wanted{format: o.text("format", true), multiple: o.flag("multiple", false)}
	w.unbound = !o.flag("require_cryptographic_holder_binding", true)
	meta, _ := o.get("meta", true)
	w.readMeta(o.object(meta, o.at("meta")))
	for _, each := range o.objects("trusted_authorities", false, maxList) {
		w.authorities = true
		each.text("type", true)
		each.texts("values", true)
	}
	w.readClaims(o)
	return w
}

func (w *wanted) readMeta(o object) {
	if len(o.members) == 0 {
		return // "If empty, no specific constraints"
	}
	switch w.format {
	case "jwt_vc_json", "ldp_vc":
		w.types = o.lists("type_values", true)
	case "dc+sd-jwt":
		w.vcts = o.texts("vct_values", true)
	}
}

// readClaims reads claims and claim_sets (OpenID4VP 1.0, "Selecting Claims").
func (w *wanted) readClaims(o object) {
	byID := map[string]claim{}
	_, sets := o.get("claim_sets", false)
	for _, each := range o.objects("claims", false, 2*maxList) {
		id := each.name("id", sets)
		if _, twice := byID[id]; twice && id != "" {
			each.malformed(each.at("id"), "is another's too")
		}
		c := readClaim(each)
		byID[id], w.claims = c, append(w.claims, c)
	}
	for _, ids := range o.lists("claim_sets", false) {
		var option []claim
		for _, id := range ids {
			c, known := byID[id]
			if !known {
				o.malformed(o.at("claim_sets"), "names a claim that there is not")
			}
			option = append(option, c)
		}
		w.sets = append(w.sets, option)
	}
}

// typeWork is what telling a credential's types takes, in values that are looked at.
const typeWork = 64

func (w *wanted) find(s *search) (Match, error) {
	m := Match{multiple: w.multiple, unbound: w.unbound, Reason: ReasonNone}
	formats, known := dcqlFormats[w.format]
	switch {
	case !known:
		m.Reason = ReasonFormat
		return m, nil
	case w.authorities:
		// None of these credentials says who certifies its issuer.
		m.Reason = ReasonAuthorities
		return m, nil
	}
	var err error
	m.Candidates, err = s.matching(func(c *Credential) (any, bool, error) {
		if !slices.Contains(formats, c.Format) {
			return nil, false, nil
		}
		if err := s.spend(typeWork); err != nil {
			return nil, false, err
		}
		typed, known := w.typed(s, c)
		if !known {
			m.Reason = ReasonContext
		}
		if !typed {
			return nil, false, nil
		}
		return w.choose(s, c)
	})
	return m, err
}

// typed holds a credential's type to meta. known is false where its types in full
// cannot be told: they match nothing.
func (w *wanted) typed(s *search, c *Credential) (typed, known bool) {
	if w.vcts != nil {
		vct, _ := c.Doc["vct"].(string)
		return slices.Contains(w.vcts, vct), true
	}
	if w.types == nil {
		return true, true
	}
	types, err := s.ld.Types(c.Doc)
	if err != nil {
		return false, false
	}
	return slices.ContainsFunc(w.types, func(all []string) bool {
		return !slices.ContainsFunc(all, func(t string) bool { return !slices.Contains(types, t) })
	}), true
}

// choose is what is shown of a credential: of one without selective disclosure
// the whole, where it has the claims.
func (w *wanted) choose(s *search, c *Credential) (any, bool, error) {
	options := w.sets
	if options == nil {
		options = [][]claim{w.claims}
	}
	for _, option := range options {
		places, ok, err := claimed(s, option, c.Doc)
		if err != nil {
			return nil, false, err
		}
		if ok {
			shown, err := c.shows(places)
			return shown, err == nil, err
		}
	}
	return nil, false, nil
}
