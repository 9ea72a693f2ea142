package verifier

import "github.com/procura-dev/procura/policies"

// writeAnswer is the compact JSON of an answer, as [json.Marshal] has it.
func writeAnswer(a *Answer) ([]byte, error) {
	w := &jsonText{text: make([]byte, 0, 4<<10)}
	w.text = append(w.text, '{')
	w.string("id", a.ID)
	w.some("challenge", a.Challenge)
	w.int("revision", int64(a.Revision))
	if a.Decision != nil {
		w.decision(a.Decision)
	}
	if a.Framework != nil {
		w.name("framework")
		w.reference(a.Framework)
	}
	w.string("evaluatedAt", a.EvaluatedAt)
	w.some("bundleRevision", a.BundleRevision)
	w.some("inputDigest", a.InputDigest)
	if a.Input != nil {
		w.value("input", a.Input)
	}
	w.text = append(w.text, '}')
	return w.text, w.err
}

// decision writes the members of one.
func (w *jsonText) decision(d *policies.Decision) {
	w.string("decision", d.Decision)
	w.name("permissions")
	writeList(w, d.Permissions, w.permission)
	w.name("principals")
	writeList(w, d.Principals, w.principal)
	w.name("credentials")
	writeList(w, d.Credentials, w.accepted)
	w.name("reasons")
	writeList(w, d.Reasons, w.reason)
	if len(d.Needs) > 0 {
		w.value("needs", d.Needs)
	}
	if d.NeedsComplete != nil {
		w.bool("needsComplete", *d.NeedsComplete)
	}
	w.name("obligations")
	writeList(w, d.Obligations, w.obligation)
	w.some("validUntil", d.ValidUntil)
	w.some("freshness", d.Freshness)
	w.name("explain")
	w.text = append(w.text, '{')
	w.string("holder", d.Explain.Holder)
	w.text = append(w.text, '}')
	if len(d.Counted) > 0 {
		w.value("counted", d.Counted)
	}
	if len(d.Used) > 0 {
		w.strings("used", d.Used)
	}
}

func (w *jsonText) permission(p *policies.Permission) {
	w.text = append(w.text, '{')
	w.string("name", p.Name)
	w.bool("granted", p.Granted)
	if p.Rule != nil {
		w.int("rule", int64(*p.Rule))
	}
	w.some("credential", p.Credential)
	w.name("principals")
	writeList(w, p.Principals, w.index)
	w.text = append(w.text, '}')
}

func (w *jsonText) principal(p *policies.Principal) {
	w.text = append(w.text, '{')
	w.strings("holder", p.Holder)
	w.strings("roles", p.Roles)
	w.strings("credentials", p.Credentials)
	w.text = append(w.text, '}')
}

// accepted writes whether a credential was.
func (w *jsonText) accepted(c *policies.Credential) {
	w.text = append(w.text, '{')
	w.string("path", c.Path)
	w.some("digest", c.Digest)
	w.bool("accepted", c.Accepted)
	w.some("named", c.Named)
	w.text = append(w.text, '}')
}

func (w *jsonText) reason(r *policies.Reason) {
	w.text = append(w.text, '{')
	w.string("code", r.Code)
	w.string("message", r.Message)
	w.string("path", r.Path)
	w.some("permission", r.Permission)
	w.some("credential", r.Credential)
	w.text = append(w.text, '}')
}

func (w *jsonText) obligation(o *policies.Obligation) {
	w.text = append(w.text, '{')
	w.string("id", o.ID)
	w.string("action", o.Action)
	w.value("text", o.Text)
	w.some("by", o.By)
	w.some("permission", o.Permission)
	w.text = append(w.text, '}')
}

func (w *jsonText) reference(f *FrameworkRef) {
	w.text = append(w.text, '{')
	w.string("name", f.Name)
	w.string("version", f.Version)
	w.string("digest", f.Digest)
	w.text = append(w.text, '}')
}
