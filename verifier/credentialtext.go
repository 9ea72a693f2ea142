package verifier

import "github.com/procura-dev/procura/policies/facts"

func (w *jsonText) credential(c *facts.Credential) {
	w.text = append(w.text, '{')
	w.string("path", c.Path)
	w.string("digest", c.Digest)
	w.some("id", c.ID)
	w.string("form", c.Form)
	w.string("named", c.Named)
	w.string("variant", c.Variant)
	w.string("issuer", c.Issuer)
	w.strings("issuerRegistries", c.IssuerRegistries)
	w.some("validFrom", c.ValidFrom)
	w.some("validUntil", c.ValidUntil)
	w.some("provedUntil", c.ProvedUntil)
	w.string("trustFrameworkURI", c.TrustFrameworkURI)
	w.string("auditURI", c.AuditURI)
	w.string("appealURI", c.AppealURI)
	if c.Withheld {
		w.bool("withheld", true)
	}
	if len(c.Status) > 0 {
		w.name("status")
		writeList(w, c.Status, func(s *facts.Status) { w.other(s) })
	}
	w.name("holder")
	w.holder(&c.Holder)
	w.name("proxied")
	w.proxied(&c.Proxied)
	w.above(c)
	if c.Derived != nil {
		w.name("derived")
		w.credentialDerived(c.Derived)
	}
	w.text = append(w.text, '}')
}

// above writes what makes a credential one of a chain, who its issuer is, and how
// often it was used.
func (w *jsonText) above(c *facts.Credential) {
	w.some("stampedAt", c.StampedAt)
	w.some("holderKey", c.HolderKey)
	if len(c.Parents) > 0 {
		w.name("parents")
		writeList(w, c.Parents, w.index)
	}
	if len(c.Ancestors) > 0 {
		w.name("ancestors")
		writeList(w, c.Ancestors, w.credential)
	}
	w.supporting("identity", c.Identity)
	w.supporting("ownership", c.Ownership)
	w.supporting("about", c.About)
	if len(c.Uses) > 0 {
		w.name("uses")
		writeList(w, c.Uses, w.use)
	}
}

func (w *jsonText) supporting(name string, all []facts.Supporting) {
	if len(all) > 0 {
		w.name(name)
		writeList(w, all, func(s *facts.Supporting) { w.other(s) })
	}
}

func (w *jsonText) use(u *facts.Use) {
	w.text = append(w.text, '{')
	w.string("constraint", u.Constraint)
	w.int("count", u.Count)
	w.text = append(w.text, '}')
}

func (w *jsonText) holder(h *facts.Holder) {
	w.text = append(w.text, '{')
	w.some("id", h.ID)
	w.string("type", h.Type)
	w.strings("roles", h.Roles)
	w.some("rationaleURI", h.RationaleURI)
	w.value("constraints", h.Constraints)
	w.value("properties", h.Properties)
	w.text = append(w.text, '}')
}

func (w *jsonText) proxied(p *facts.Proxied) {
	w.text = append(w.text, '{')
	w.some("id", p.ID)
	w.string("type", p.Type)
	w.value("rules", p.Rules)
	w.value("attributes", p.Attributes)
	w.text = append(w.text, '}')
}

func (w *jsonText) credentialDerived(d *facts.CredentialDerived) {
	w.text = append(w.text, '{')
	w.date("validFrom", d.ValidFrom)
	w.date("validUntil", d.ValidUntil)
	w.date("provedUntil", d.ProvedUntil)
	w.date("stampedAt", d.StampedAt)
	w.strings("roles", d.Roles)
	w.value("properties", d.Properties)
	w.name("attributes")
	writeMap(w, d.Attributes, w.quote)
	w.name("requested")
	writeMap(w, d.Requested, w.quote)
	w.name("constraints")
	writeList(w, d.Constraints, w.constraint)
	w.strings("undefined", d.Undefined)
	w.value("rules", d.Rules)
	if len(d.Levels) > 0 {
		w.name("levels")
		writeList(w, d.Levels, func(level *[]int) { writeList(w, *level, w.index) })
	}
	w.some("problem", d.Problem)
	w.text = append(w.text, '}')
}

func (w *jsonText) constraint(c *facts.Constraint) {
	w.text = append(w.text, '{')
	w.string("name", c.Name)
	w.string("type", c.Type)
	w.strings("sources", c.Sources)
	w.value("parameters", c.Parameters)
	w.string("digest", c.Digest)
	if len(c.Values) > 0 {
		w.value("values", c.Values)
	}
	w.some("problem", c.Problem)
	w.text = append(w.text, '}')
}
