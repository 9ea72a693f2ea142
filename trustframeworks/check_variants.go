package trustframeworks

import (
	"slices"
	"strings"

	"github.com/procura-dev/procura/policies/facts"
)

func (c *checker) variants() {
	for i := range c.Variants {
		v := &c.Variants[i]
		path := pointer("/variants", i)
		if !slices.Contains(c.Forms, v.Form) {
			c.add(path+"/form", CodeReference, "the document does not list the form %q", v.Form)
		}
		c.refer(path+"/roles", "role", v.Roles, c.roles)
		c.refer(path+"/rationales", "rationale", v.Rationales, c.rationales)
		c.refer(path+"/constraints", "constraint", v.Constraints, c.constraintNames)
		// RFC 0103, "Proxy Credential": rationaleURI is required for guardians.
		if v.Form == "G" && len(v.Rationales) == 0 {
			c.add(path+"/rationales", CodeMeaning, "a guardian's credential names a rationale; this variant allows none")
		}
		c.party(path+"/holder", holderSide, v.Name, &v.Holder)
		c.party(path+"/proxied", proxiedSide, v.Name, &v.Proxied)
		c.identification(path, v)
		c.length(path+"/validity/maxLife", v.Validity.MaxLife, 0)
		c.life(path+"/validity", v.Validity)
	}
}

// life refuses a maxLife that could be evaded by leaving a date out.
func (c *checker) life(path string, v Validity) {
	if v.MaxLife != "" && (v.From != "required" || v.Until != "required") {
		c.add(path+"/maxLife", CodeMeaning, "a life is measured between two dates: from and until must be required")
	}
}

func (c *checker) identification(path string, v *Variant) {
	members, _ := v.Proxied.Schema["properties"].(map[string]any)
	known := func(name string) bool { return name == "id" || members[name] != nil }
	for i, list := range v.Identification {
		for j, name := range list {
			if !known(name) {
				c.add(pointer(pointer(path+"/identification", i), j), CodeReference, "the proxied schema has no member %q", name)
			}
		}
	}
	for _, name := range sortedKeys(v.Match) {
		if members[name] == nil {
			c.add(pointer(path+"/match", name), CodeReference, "the proxied schema has no member %q", name)
		}
	}
}

func (c *checker) authorities() {
	c.authorityList("/issuers", c.Issuers)
	c.authorityList("/identityIssuers", c.IdentityIssuers)
	c.authorityList("/ownershipIssuers", c.OwnershipIssuers)
	c.authorityList("/attesters", c.Attesters)
	for i, p := range c.Properties {
		c.authorityList(pointer("/properties", i)+"/issuers", p.Issuers)
	}
	if c.UniquePerson != nil {
		c.authorityList("/uniquePerson/issuers", c.UniquePerson.Issuers)
	}
}

func (c *checker) authorityList(list string, authorities []Authority) {
	for i, a := range authorities {
		path := pointer(list, i)
		c.refer(path+"/variants", "variant", a.Variants, c.variantNames)
		if a.Registry != "" {
			c.addError(path+"/registry", CodeName, CheckName(a.Registry))
		}
	}
}

// needed gives the parameters without which a built constraint type says
// nothing.
var needed = map[string][]string{
	"geo_radius":        {"pointOfOrigin", "radiusKm"},
	"boundary":          {"codes"},
	"jurisdiction":      {"codes"},
	"circumstance_text": {"text"},
	"trigger":           {"text"},
	"function":          {"functions"},
	"biometric_consent": {"modality", "maxAge"},
	"attributes":        {"attributes"},
	"cooperation":       {"condition"},
	"oversight":         {"who"},
	"usage":             {"max", "period"},
}

// either gives those of which one at least must have a member.
var either = map[string][]string{
	"time_window":    {"startTime", "endTime"},
	"recurring_time": {"days", "from"},
	"relationship":   {"ids", "types"},
	"agent":          {"software", "devices"},
}

func (c *checker) constraints() {
	taken := map[string]bool{}
	for i, k := range c.Constraints {
		path := pointer("/constraints", i) + "/members"
		c.parameters(path, k)
		for _, parameter := range sortedKeys(k.Members) {
			for j, member := range k.Members[parameter] {
				at := pointer(pointer(path, parameter), j)
				if taken[member] {
					c.add(at, CodeTaken, "the member %q is read as another parameter above", member)
				}
				taken[member] = true
				if strings.ContainsAny(member, ".") {
					c.add(at, CodeName, "%q holds a dot, which separates the parts of a dotted member", member)
				}
			}
		}
	}
}

func (c *checker) parameters(path string, k Constraint) {
	known, built := facts.Parameters()[k.Type]
	if !built {
		return // package compile refuses it
	}
	for _, parameter := range sortedKeys(k.Members) {
		if !slices.Contains(known, parameter) {
			c.add(pointer(path, parameter), CodeReference, "the type %s has no parameter %q, only %s", k.Type, parameter, strings.Join(known, ", "))
		}
	}
	for _, parameter := range needed[k.Type] {
		if k.Members[parameter] == nil {
			c.add(path, CodeReference, "the parameter %q has no member", parameter)
		}
	}
	given := func(parameter string) bool { return k.Members[parameter] != nil }
	if of := either[k.Type]; of != nil && !slices.ContainsFunc(of, given) {
		c.add(path, CodeReference, "%s have no member; one of them must", strings.Join(of, " and "))
	}
	if k.Type == "recurring_time" && given("from") != given("to") {
		c.add(path, CodeReference, "from and to have members together")
	}
}
