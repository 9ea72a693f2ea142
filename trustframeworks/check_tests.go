package trustframeworks

func (c *checker) tests() {
	seen := names{}
	for i, t := range c.Tests {
		path := pointer("/tests", i)
		if seen.has(t.Name) {
			c.add(path+"/name", CodeTaken, "the name %q is taken above", t.Name)
		}
		seen[t.Name] = true
		c.refer(path+"/request/permissions", "permission", t.Request.Permissions, c.permissions)
		c.granted(path+"/expect", t)
		for j, a := range t.Circumstances.Attestations {
			c.attestation(pointer(path+"/circumstances/attestations", j), t, a)
		}
	}
}

func (c *checker) granted(path string, t Test) {
	asked := names{}
	for _, name := range t.Request.Permissions {
		asked[name] = true
	}
	for i, name := range t.Expect.Granted {
		if !asked[name] {
			c.add(pointer(path+"/granted", i), CodeReference, "the request does not ask for %q", name)
		}
	}
	if t.Expect.Decision == "deny" && len(t.Expect.Reasons) == 0 {
		c.add(path+"/reasons", CodeMeaning, "a denial has reasons; name them")
	}
}

func (c *checker) attestation(path string, t Test, a TestAttestation) {
	if !c.constraintNames.has(a.Constraint) {
		c.add(path+"/constraint", CodeReference, "the document defines no constraint %q", a.Constraint)
	}
	if a.Presentation >= len(t.Presentations) {
		c.add(path+"/presentation", CodeReference, "the test has no presentation %d", a.Presentation)
	} else if a.Credential >= len(t.Presentations[a.Presentation].Credentials) {
		c.add(path+"/credential", CodeReference, "the presentation has no credential %d", a.Credential)
	}
}
