package facts

import (
	"fmt"
	"slices"

	"github.com/procura-dev/procura/policies/sgl"
)

// Derive fills every Derived member of in, which is a function of the other
// members and of fw: the same input always gives the same result, whatever
// stood there before. Derive fails only if in.Now is no instant: then nothing
// can be decided, and in is as it was after [Strip].
func Derive(in *Input, fw Framework) error {
	Strip(in)
	now, err := Instant(in.Now)
	if err != nil {
		return fmt.Errorf("now: %w", err)
	}
	in.Derived = &InputDerived{Now: now, TZ: TZVersion, Names: make(map[string]string, len(in.Request.Permissions))}
	for _, p := range in.Request.Permissions {
		in.Derived.Names[p] = Name(p)
	}
	in.Derived.WithdrawalsAsOf = optional(in.WithdrawalsAsOf)
	in.Derived.CheckedAt = optional(in.CheckedAt)
	if in.Offline != nil {
		in.Derived.PackedAt = optional(in.Offline.PackedAt)
	}
	for i, w := range in.Withdrawn {
		in.Withdrawn[i].Derived = &WithdrawalDerived{From: optional(w.From)}
	}
	for i := range in.Presentations {
		derivePresentation(&in.Presentations[i])
		b := share(len(in.Presentations))
		for j := range in.Presentations[i].Credentials {
			p := &in.Presentations[i]
			c := &p.Credentials[j]
			deriveStatus(c.Status)
			c.deriveSupports(fw)
			c.Derived = deriveCredential(c, in.Derived.Now, p, in.Request.Proxied, fw, b)
			c.deriveChain(in, p, fw, b)
		}
	}
	return nil
}

// Strip removes every Derived member. Attestations, statuses, withdrawals, chains
// and supporting credentials, which an input may share with what it was made from, are copied first.
func Strip(in *Input) {
	in.Derived = nil
	in.Withdrawn = slices.Clone(in.Withdrawn)
	for i := range in.Withdrawn {
		in.Withdrawn[i].Derived = nil
	}
	for i := range in.Presentations {
		p := &in.Presentations[i]
		p.Derived = nil
		p.Circumstances.Attestations = slices.Clone(p.Circumstances.Attestations)
		for j := range p.Circumstances.Attestations {
			p.Circumstances.Attestations[j].Derived = nil
		}
		for j := range p.Credentials {
			p.Credentials[j].strip()
		}
	}
}

func (c *Credential) strip() {
	c.Derived, c.Status, c.Ancestors = nil, slices.Clone(c.Status), slices.Clone(c.Ancestors)
	c.Identity, c.Ownership, c.About = slices.Clone(c.Identity), slices.Clone(c.Ownership), slices.Clone(c.About)
	for s := range c.Supports() {
		s.strip()
	}
	for k := range c.Status {
		c.Status[k].Derived = nil
	}
	for k := range c.Ancestors {
		c.Ancestors[k].strip()
	}
}

func derivePresentation(p *Presentation) {
	d := &PresentationDerived{SignedAt: optional(p.SignedAt)}
	if received := optional(p.ReceivedAt); received != nil {
		d.ReceivedAt = *received
	}
	d.state(&p.Circumstances)
	for i := range p.Circumstances.Attestations {
		p.Circumstances.Attestations[i].Derived = deriveAttestation(p.Circumstances.Attestations[i])
	}
	p.Derived = d
}

// state brings what circumstances name to the form in which constraints name it.
func (d *PresentationDerived) state(c *Circumstances) {
	if c.Place != nil {
		d.PlaceCodes, d.PlaceLines = placeLines(c.Place.Codes)
	}
	if c.Jurisdiction != nil {
		d.Jurisdiction = jurisdictionKey(c.Jurisdiction.Value)
	}
	if c.Function != nil {
		d.Function, _ = nameKey(c.Function.Value)
	}
	if c.Agent != nil {
		d.Agent = &AgentDerived{}
		d.Agent.Software, _ = nameKey(c.Agent.Software)
		d.Agent.Devices, _ = nameKey(c.Agent.Device)
	}
	if c.Counterparty != nil {
		d.CounterpartyTypes = nameKeys(c.Counterparty.Types)
	}
	d.AttributesRequested = nameKeys(c.AttributesRequested)
	for _, b := range c.Biometrics {
		key, _ := nameKey(b.Modality)
		d.Biometrics = append(d.Biometrics, CaptureDerived{Modality: key, CapturedAt: optional(b.CapturedAt)})
	}
}

func deriveAttestation(a Attestation) *AttestationDerived {
	d := &AttestationDerived{IssuedAt: optional(a.IssuedAt), ExpiresAt: optional(a.ExpiresAt)}
	if a.ExpiresAt != "" && d.ExpiresAt == nil {
		d.IssuedAt = nil
	}
	return d
}

// deriveStatus reads the instants. Where one is written that is no instant, the
// list ended long ago.
func deriveStatus(all []Status) {
	for i := range all {
		s := &all[i]
		d := &StatusDerived{SignedAt: optional(s.SignedAt), ValidFrom: optional(s.ValidFrom), ValidUntil: optional(s.ValidUntil), RevokedAt: optional(s.RevokedAt)}
		if unread(s.SignedAt, d.SignedAt) || unread(s.ValidFrom, d.ValidFrom) || unread(s.ValidUntil, d.ValidUntil) {
			d.ValidUntil = new(int64)
		}
		s.Derived = d
	}
}

// unread reports whether there is a date and no instant of it.
func unread(text string, ns *int64) bool { return text != "" && ns == nil }

func deriveCredential(c *Credential, now int64, p *Presentation, request ProxiedRequest, fw Framework, b *budget) *CredentialDerived {
	d := &CredentialDerived{
		ValidFrom: optional(c.ValidFrom), ValidUntil: optional(c.ValidUntil), ProvedUntil: optional(c.ProvedUntil),
		StampedAt: optional(c.StampedAt),
		Roles:     []string{}, Properties: sgl.Properties(c.Holder.Properties),
		Attributes: disclosed(c.Proxied.Attributes, fw.match[c.Variant]),
		Requested:  requested(request.Attributes, fw.match[c.Variant]),
		Rules:      []any{},
	}
	// What nobody who may issue has signed is not worth the megabytes that its
	// rules can take: anyone can make such a credential.
	admitted := fw.Admits(c, request)
	if admitted {
		d.Rules = deriveRules(c.Proxied.Rules, &b.alternatives)
	}
	if unread(c.ValidFrom, d.ValidFrom) || unread(c.ValidUntil, d.ValidUntil) || unread(c.ProvedUntil, d.ProvedUntil) {
		d.Problem = "a date of this credential is no RFC 3339 instant between 1678 and 2262"
	}
	seen := make(map[string]bool, len(c.Holder.Roles))
	for _, r := range c.Holder.Roles {
		if n := Name(r); !seen[n] {
			seen[n] = true
			d.Roles = append(d.Roles, n)
		}
	}
	d.Constraints, d.Undefined = fw.constrain(c.Holder.Constraints, &scene{now, p, b, admitted})
	return d
}

// A budget is what the credentials of one presentation may cost: alternatives of
// rules and conditions, positions of polygons, and distances to their edges.
type budget struct{ alternatives, positions, distances int }

// share gives each presentation an equal share of what one decision may cost,
// so that none can use up another's: 100 MB or so of alternatives, and under a
// second for polygons. None gets less than one polygon takes.
func share(presentations int) *budget {
	return &budget{
		alternatives: max(65_536/presentations, 1_024),
		positions:    max(65_536/presentations, maxPositions),
		distances:    max(65_536/presentations, 4_096),
	}
}

// deriveRules reads the rules of one credential, as long as there are
// alternatives left for its presentation. Of more than sgl.MaxRules none
// is read: they grant nothing, and each may cost megabytes.
func deriveRules(written []any, left *int) []any {
	if len(written) > sgl.MaxRules {
		rules := make([]any, sgl.MaxRules+1)
		for i := range rules {
			rules[i] = map[string]any{"problem": sgl.TooLarge, "message": "more than 64 rules"}
		}
		return rules
	}
	rules := make([]any, len(written))
	for i, r := range written {
		rule := sgl.ParseRuleWithin(r, *left)
		rules[i] = rule
		*left -= len(rule.Alternatives)
	}
	return rules
}
