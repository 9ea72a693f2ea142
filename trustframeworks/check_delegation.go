package trustframeworks

import "cmp"

// delegation holds what a document says of chains against what it defines.
func (c *checker) delegation() {
	chains := false
	for i, a := range c.Issuers {
		if a.By == "chain" && c.Delegation == nil {
			c.add(pointer("/issuers", i)+"/by", CodeReference, "without delegation nobody issues by a chain")
		}
		chains = chains || a.By == "chain"
	}
	d := c.Delegation
	if d == nil {
		return
	}
	if !chains {
		c.add("/delegation", CodeReference, "no entry of issuers is by a chain")
	}
	c.powers(d)
	for _, role := range sortedKeys(d.Appoints) {
		if !c.roles.has(role) {
			c.add(pointer("/delegation/appoints", role), CodeReference, "the document defines no role %q", role)
		}
		c.refer(pointer("/delegation/appoints", role), "role", d.Appoints[role], c.roles)
	}
	c.refer("/delegation/countsSeparately", "role", d.CountsSeparately, c.roles)
	c.refer("/delegation/survivesRevocation", "role", d.SurvivesRevocation, c.roles)
}

// powers checks the permissions by which proxies hand on: those that are named,
// and one of the two at least.
func (c *checker) powers(d *Delegation) {
	some := false
	for member, name := range map[string][2]string{"delegate": {d.Delegate, "delegate"}, "successor": {d.Successor, "successor"}} {
		defined := c.permissions.has(cmp.Or(name[0], name[1]))
		some = some || defined
		if name[0] != "" && !defined {
			c.add("/delegation/"+member, CodeReference, "the document defines no permission %q", name[0])
		}
	}
	if !some {
		c.add("/delegation", CodeReference, "the document defines no permission to hand on: delegate or successor")
	}
}
