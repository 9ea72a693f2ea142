package query

import (
	"slices"
	"strconv"

	"github.com/procura-dev/procura/verifier/vc"
)

// accepted are whose credentials are wanted, and how they are to be secured (W3C
// VCALM, "Query By Example"; trustedIssuer is its predecessor's and Aries').
type accepted struct {
	issuers   []string // one of these; nil: any
	preferred []string // before others
	suites    []string // cryptosuites or types of one of the proofs; nil: any
	envelopes []string // media types of JWTs and SD-JWT VCs; nil: any, or with suites none
}

func readAccepted(o object) (a accepted) {
	for _, each := range o.some("trustedIssuer", false, maxList) {
		issuer := each.text("issuer", true)
		if each.flag("required", false) {
			a.issuers = append(a.issuers, issuer)
		} else {
			a.preferred = append(a.preferred, issuer)
		}
		each.closed()
	}
	if ids := readIssuers(o); ids != nil {
		if a.issuers != nil {
			o.malformed(o.at("acceptedIssuers"), "must not be given beside a trustedIssuer that is required")
		}
		a.issuers = ids
	}
	a.suites, a.envelopes = nameds(o, "acceptedCryptosuites", "cryptosuite"), nameds(o, "acceptedEnvelopes", "mediaType")
	return a
}

// readIssuers reads acceptedIssuers; nil where there are none. A list of recognized
// entities is not fetched: by itself it accepts nobody.
func readIssuers(o object) (ids []string) {
	for i, v := range o.list("acceptedIssuers", false, maxList) {
		at := o.at("acceptedIssuers") + "/" + strconv.Itoa(i)
		if ids == nil {
			ids = []string{}
		}
		if id, ok := v.(string); ok {
			ids = append(ids, id)
			continue
		}
		each := o.object(v, at)
		if _, listed := each.get("recognizedIn", false); !listed {
			ids = append(ids, each.text("id", true))
		}
		each.closed()
	}
	return ids
}

// nameds reads a list of names, each a text or an object that has it. What else such
// an object says is a suite's or method's own, and would have to be understood.
func nameds(o object, list, member string) (out []string) {
	for i, v := range o.list(list, false, maxList) {
		if s, ok := v.(string); ok {
			out = append(out, s)
			continue
		}
		each := o.object(v, o.at(list)+"/"+strconv.Itoa(i))
		out = append(out, each.text(member, true))
		each.closed()
	}
	return out
}

// media are the media types under which a credential that is no object is known.
var media = map[string][]string{
	vc.FormatVCJWT11: {"application/jwt"}, vc.FormatVCJOSE: {"application/vc+jwt", "application/jwt"},
	formatSDJWT: {"application/dc+sd-jwt", "application/vc+sd-jwt"},
}

func (a accepted) allows(c *Credential) bool {
	if a.issuers != nil && !slices.Contains(a.issuers, c.issuer()) {
		return false
	}
	names, enveloped := media[c.Format]
	switch {
	case !enveloped:
		return a.suites == nil || common(a.suites, c.secured)
	case a.envelopes == nil:
		return a.suites == nil
	}
	return common(a.envelopes, names)
}

// common reports whether two lists have something in common.
func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// order puts those of preferred issuers first.
func (a accepted) order(all []Candidate) []Candidate {
	rank := func(c Candidate) int {
		if slices.Contains(a.preferred, c.of.issuer()) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(x, y Candidate) int { return rank(x) - rank(y) })
	return all
}
