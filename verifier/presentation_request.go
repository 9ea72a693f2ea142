package verifier

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A PresentationRequest says in two query languages what a challenge takes, for
// a verifier to hand to a wallet. It names whom the challenge is about by the
// names of attributes only: whoever reads it learns no value.
type PresentationRequest struct {
	DCQL dcqlQuery `json:"dcql"`
	VP   vpRequest `json:"vp"`
}

// A dcqlQuery is a query of OpenID4VP 1.0, "Digital Credentials Query
// Language". One of its credentials is enough.
type dcqlQuery struct {
	Credentials    []dcqlCredential `json:"credentials"`
	CredentialSets []dcqlSet        `json:"credential_sets"`
}

type dcqlCredential struct {
	ID     string      `json:"id"`
	Format string      `json:"format"`
	Meta   dcqlMeta    `json:"meta"`
	Claims []dcqlClaim `json:"claims"`
}

type dcqlMeta struct {
	Types []([]string) `json:"type_values,omitempty"`
	VCT   []string     `json:"vct_values,omitempty"`
}

type dcqlClaim struct {
	Path []string `json:"path"`
}

type dcqlSet struct {
	Options [][]string `json:"options"`
}

// A vpRequest is a W3C VCALM "Verifiable Presentation Request". Its queries
// have no group: one of them is enough.
type vpRequest struct {
	Query     []vpQuery `json:"query"`
	Challenge string    `json:"challenge"`
	Domain    string    `json:"domain"`
}

type vpQuery struct {
	Type  string            `json:"type"`
	Query vpCredentialQuery `json:"credentialQuery"`
}

type vpCredentialQuery struct {
	Reason       string        `json:"reason"`
	Example      vpExample     `json:"example"`
	Cryptosuites []cryptosuite `json:"acceptedCryptosuites"`
	Envelopes    []envelope    `json:"acceptedEnvelopes"`
}

type vpExample struct {
	Context []string `json:"@context"`
	Type    []string `json:"type"`
}

type cryptosuite struct {
	Name string `json:"cryptosuite"`
}

type envelope struct {
	MediaType string `json:"mediaType"`
}

// The formats of a credential, as OpenID4VP 1.0, "Credential Format Specific
// Parameters and Rules", names them, and the ids of their queries.
const (
	dcqlJWT = "jwt_vc_json"
	dcqlLD  = "ldp_vc"
	dcqlSD  = "dc+sd-jwt"
	idSD    = "dc_sd_jwt" // an id has no plus
)

// typeVC is what the type VerifiableCredential expands to.
const typeVC = "https://www.w3.org/2018/credentials#VerifiableCredential"

// PresentationRequest asks for what would answer an open challenge, under the
// frameworks as they are now.
func (v *Verifier) PresentationRequest(c *Challenge) *PresentationRequest {
	wanted := v.Library(c.Tenant).wanted(c, v.cfg.Now())
	return &PresentationRequest{DCQL: dcql(c, wanted), VP: vp(c, wanted)}
}

// A wanted is one type of credential that a challenge takes.
type wanted struct {
	context   string
	iri, bare []string   // spellings of the type
	required  [][]string // members that the schemas by which it is decided require
}

// wanted are the variants of the versions that a decision would try, and of those
// whose place they take.
func (l *Library) wanted(c *Challenge, now time.Time) (list []wanted) {
	accepted := l.Accepted(c.Request.Framework, now)
	accepted = accepted[:min(len(accepted), maxVersions)]
	for _, r := range l.asked(facts.FrameworkName{Name: c.Request.Framework.Name}) {
		effective := l.effective(r, now)
		if !slices.Contains(accepted, effective) {
			continue
		}
		for _, variant := range r.Variants {
			name := c.Request.Framework.Variant
			if name != "" && name != variant.Name || !effective.HasVariant(variant.Name) {
				continue
			}
			list = append(list, wanted{
				context: r.ContextURL, required: effective.required(variant.Name),
				iri: spellings(variant.IRI, r.Version), bare: spellings(variant.Type, r.Version),
			})
		}
	}
	return list
}

// spellings are the ways in which a type may write its version: 1.0.0 is also
// 1.0 and 1 (semantics 2.2).
func spellings(name, version string) []string {
	out := []string{name}
	i := strings.LastIndex(name, "/"+version+"/")
	for short := version; i >= 0; {
		cut, ok := strings.CutSuffix(short, ".0")
		if !ok {
			break
		}
		short = cut
		out = append(out, name[:i]+"/"+short+name[i+1+len(version):])
	}
	return out
}

func dcql(c *Challenge, list []wanted) dcqlQuery {
	var jwt, ld [][]string
	for _, w := range list {
		for _, iri := range w.iri {
			jwt, ld = append(jwt, []string{typeVC, iri}), append(ld, []string{typeVC, iri})
		}
		for _, bare := range w.bare {
			jwt = append(jwt, []string{typeVC, bare})
		}
	}
	claims := w3cClaims(c)
	all := []dcqlCredential{
		{ID: dcqlJWT, Format: dcqlJWT, Meta: dcqlMeta{Types: jwt}, Claims: claims},
		{ID: dcqlLD, Format: dcqlLD, Meta: dcqlMeta{Types: ld}, Claims: claims},
	}
	all = append(all, sdQueries(c, list)...)
	set := dcqlSet{}
	for _, q := range all {
		set.Options = append(set.Options, []string{q.ID})
	}
	return dcqlQuery{Credentials: all, CredentialSets: []dcqlSet{set}}
}

// sdQueries ask for SD-JWTs: those of one set of claims in one query. A holder
// withholds what is not asked for, and what a schema requires may not be withheld.
func sdQueries(c *Challenge, list []wanted) (queries []dcqlCredential) {
	for _, w := range list {
		claims := sdClaims(c, w.required)
		i := slices.IndexFunc(queries, func(q dcqlCredential) bool { return reflect.DeepEqual(q.Claims, claims) })
		if i < 0 {
			i = len(queries)
			queries = append(queries, dcqlCredential{ID: numbered(idSD, i), Format: dcqlSD, Claims: claims})
		}
		queries[i].Meta.VCT = append(queries[i].Meta.VCT, w.iri...)
	}
	return queries
}

// numbered is an id, and from the second on one with its number.
func numbered(id string, i int) string {
	if i == 0 {
		return id
	}
	return id + "_" + strconv.Itoa(i+1)
}

// w3cClaims are the members that every proxy credential has (semantics 3.1),
// which the query's wallet looks for: nothing of them can be withheld.
func w3cClaims(c *Challenge) []dcqlClaim {
	claims := []dcqlClaim{{[]string{"trustFrameworkURI"}}}
	for _, member := range [][]string{{"holder", "type"}, {"holder", "role"}, {"proxied", "type"}, {"proxied", "permissions"}} {
		claims = append(claims, dcqlClaim{append([]string{"credentialSubject"}, member...)})
	}
	for _, name := range identifying(c) {
		claims = append(claims, dcqlClaim{[]string{"credentialSubject", "proxied", name}})
	}
	return claims
}

// sdClaims are the members that a holder must disclose (semantics 3.2), with
// empty values where the credential has none, those that a schema requires, and
// those that identify.
func sdClaims(c *Challenge, required [][]string) (claims []dcqlClaim) {
	paths := slices.Concat([][]string{
		{"trustFrameworkURI"}, {"auditURI"}, {"appealURI"},
		{"holder", "type"}, {"holder", "role"}, {"holder", "rationaleURI"}, {"holder", "constraints"},
		{"proxied", "type"}, {"proxied", "permissions"},
	}, required)
	for _, name := range identifying(c) {
		paths = append(paths, []string{"proxied", name})
	}
	for i, path := range paths {
		same := func(p []string) bool { return slices.Equal(p, path) }
		if slices.IndexFunc(paths, same) == i {
			claims = append(claims, dcqlClaim{path})
		}
	}
	return claims
}

// identifying are the names of what the challenge says of the proxied identity.
func identifying(c *Challenge) []string {
	names := slices.Sorted(maps.Keys(c.Request.Proxied.Attributes))
	if c.Request.Proxied.ID != "" {
		names = slices.Insert(names, 0, "id")
	}
	return slices.Compact(names)
}

func vp(c *Challenge, list []wanted) vpRequest {
	out := vpRequest{Challenge: c.Nonce, Domain: c.Domain, Query: []vpQuery{}}
	for _, w := range list {
		out.Query = append(out.Query, vpQuery{Type: "QueryByExample", Query: vpCredentialQuery{
			Reason: reason(c),
			Example: vpExample{
				Context: []string{vc.ContextV2, vc.ProxyContext, w.context},
				Type:    []string{"VerifiableCredential", w.iri[0]},
			},
			Cryptosuites: cryptosuites(),
			Envelopes:    []envelope{{MediaType: "application/vc+jwt"}, {MediaType: "application/jwt"}, {MediaType: "application/dc+sd-jwt"}},
		}})
	}
	return out
}

func cryptosuites() (list []cryptosuite) {
	for _, name := range proof.Cryptosuites() {
		list = append(list, cryptosuite{name})
	}
	return list
}

// reason is for the holder to read.
func reason(c *Challenge) string {
	name := cmp.Or(c.Request.Framework.Variant, "proxy")
	return "To act for someone else under " + c.Request.Framework.Name + " (" + name + "): " + strings.Join(c.Request.Permissions, ", ")
}
