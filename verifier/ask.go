package verifier

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// check holds what stands before the policy: what is not built yet, the
// binding to the holder, and the variant's schemas. Paths lie below the
// credential.
func check(f *Framework, named vc.ProxyType, p *vc.Proxy, holder string, rdf bool) *facts.Refused {
	switch {
	case p.Type != named:
		return &facts.Refused{Code: "credential.malformed", Message: "the signed type is not the type that is shown", Path: "/type"}
	case p.HolderID == "" && !p.HolderKey, p.HolderID != "" && p.HolderID != holder:
		return &facts.Refused{Code: "holder.unbound", Message: "the presentation is not signed by the holder of this credential", Path: p.Subject + "/holder"}
	}
	h, x := p.HolderTree, p.ProxiedTree
	if rdf { // statements do not tell a list of one from a value
		h, x = f.ShapeHolder(named.Variant, h), f.ShapeProxied(named.Variant, x)
	}
	if err := f.ValidateHolder(named.Variant, h); err != nil {
		return invalid(err, p.Subject+"/holder")
	}
	if err := f.ValidateProxied(named.Variant, x); err != nil {
		return invalid(err, p.Subject+"/proxied")
	}
	return nil
}

// invalid names the member that is not as the schema has it, without its value.
func invalid(err error, path string) *facts.Refused {
	out := &facts.Refused{Code: "schema.invalid", Message: "not as the variant's schema demands", Path: path}
	if s, ok := errors.AsType[*trustframeworks.SchemaError](err); ok {
		out.Message, out.Path = s.Message, path+s.Path
	}
	return out
}

// credential turns a proved proxy credential into facts.
func credential(p *vc.Proxy, issued proof.Issued, at string) facts.Credential {
	return facts.Credential{
		Path: at, Digest: issued.Digest, ID: p.ID,
		Form: p.Type.Form, Named: p.Type.Version, Variant: p.Type.Variant,
		Issuer: issued.Issuer, IssuerRegistries: []string{},
		ValidFrom: p.ValidFrom, ValidUntil: p.ValidUntil,
		TrustFrameworkURI: p.TrustFrameworkURI, AuditURI: p.AuditURI, AppealURI: p.AppealURI, Withheld: p.Withheld,
		Holder: facts.Holder{
			ID: p.HolderID, Type: p.HolderType, Roles: p.Roles, RationaleURI: p.RationaleURI,
			Constraints: p.Constraints, Properties: p.Properties,
		},
		Proxied: facts.Proxied{ID: p.ProxiedID, Type: p.ProxiedType, Rules: p.Rules, Attributes: p.Attributes},
	}
}

// lookUp adds what stands outside of what was presented: the lists that hold
// issuers and attesters, and the triggers that are on file.
func (d *decider) lookUp(ctx context.Context) error {
	var dids, digests []string
	for _, p := range d.presented {
		for i := range p.Credentials {
			for _, c := range carriers(&p.Credentials[i]) {
				dids, digests = append(dids, c.Issuer), append(digests, c.Digest)
			}
		}
	}
	if len(digests) == 0 {
		return nil
	}
	filed, err := d.triggers(ctx, digests)
	if err != nil {
		return err
	}
	for i := range d.presented {
		d.presented[i].file(filed)
		for _, a := range d.presented[i].Circumstances.Attestations {
			dids = append(dids, a.Issuer)
		}
	}
	listed, err := d.registered(ctx, dids)
	if err != nil {
		return err
	}
	for i := range d.presented {
		d.presented[i].list(listed)
	}
	return nil
}

// lookUpIssuers looks up those whom a presentation's credentials name as their
// issuers, all at once. Nothing of them is proved.
func (d *decider) lookUpIssuers(ctx context.Context, p *vc.Presentation) error {
	var dids []string
	for _, c := range p.Credentials {
		if c.Problem == nil {
			dids = append(dids, claimedIssuer(c))
		}
	}
	_, err := d.registered(ctx, dids)
	return err
}

func claimedIssuer(c *vc.Credential) string {
	if c.SDJWT != nil {
		return c.JWT.Claims.Issuer
	}
	return vc.Issuer(c.Doc)
}

// maxListed bounds a DID that is looked for in a registry, in bytes: the key of a
// longer one would not be found.
const maxListed = 2048

// registered finds the registries that list each DID. The store is asked once in
// a decision for each, and for nothing that no registry can hold.
func (d *decider) registered(ctx context.Context, dids []string) (map[string][]string, error) {
	var unknown []string
	for _, id := range dids {
		if _, known := d.listed[id]; !known && len(id) <= maxListed && IsDID(id) {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return d.listed, nil
	}
	slices.Sort(unknown)
	unknown = slices.Compact(unknown)
	got, err := d.registries(ctx, unknown)
	if err != nil {
		return nil, err
	}
	if d.listed == nil {
		d.listed = map[string][]string{}
	}
	for _, id := range unknown {
		d.listed[id] = got[id]
	}
	return d.listed, nil
}

// carriers are a credential and all above it.
func carriers(c *facts.Credential) []*facts.Credential {
	out := make([]*facts.Credential, 1, 1+len(c.Ancestors))
	out[0] = c
	for i := range c.Ancestors {
		out = append(out, &c.Ancestors[i])
	}
	return out
}

// file adds the triggers that are on file for the credentials of p.
func (p *presented) file(filed []Trigger) {
	for _, t := range filed {
		for i := range p.Credentials {
			for _, c := range carriers(&p.Credentials[i]) {
				if c.Digest == t.Credential {
					a := t.Attestation
					a.OnFile = true
					p.Circumstances.Attestations = append(p.Circumstances.Attestations, a)
				}
			}
		}
	}
}

// list names the registries that hold each issuer and attester of p.
func (p *presented) list(listed map[string][]string) {
	names := func(id string) []string { return append([]string{}, listed[id]...) }
	for i := range p.Credentials {
		for _, c := range carriers(&p.Credentials[i]) {
			c.IssuerRegistries = names(c.Issuer)
		}
	}
	for i := range p.Circumstances.Attestations {
		p.Circumstances.Attestations[i].Registries = names(p.Circumstances.Attestations[i].Issuer)
	}
}

// ask puts the facts before the policy of each accepted version that has
// credentials, highest first: the first that permits is the decision, else the
// highest with an accepted credential, else the highest.
func (d *decider) ask(ctx context.Context) (*outcome, error) {
	var answer *outcome
	for _, r := range d.worth() {
		f, err := d.framework(ctx, r)
		if err != nil {
			return nil, err
		}
		in := d.input(r)
		decision, err := d.judge(ctx, f, in)
		if err != nil {
			return nil, err
		}
		o := &outcome{decision: decision, framework: f, input: in}
		if decision.Decision == policies.Permit {
			if o.uses, err = d.spent(decision); err != nil {
				return nil, err
			}
			return d.withHolders(o), nil
		}
		if answer == nil || !anyAccepted(answer.decision) && anyAccepted(decision) {
			answer = o
		}
	}
	return d.withHolders(answer), nil
}

// maxVersions is how many effective versions one decision may try (semantics 8.1).
const maxVersions = 8

// worth are the accepted versions that a credential names, or the highest alone.
func (d *decider) worth() []*Release {
	var out []*Release
	for _, r := range d.accepted {
		if slices.ContainsFunc(d.presented, func(p presented) bool { return slices.Contains(p.versions, r) }) {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return d.accepted[:1]
	}
	return out[:min(len(out), maxVersions)]
}

func (d *decider) withHolders(o *outcome) *outcome {
	o.holders = map[int][]string{}
	for _, p := range d.presented {
		o.holders[p.index] = names(p.Presentation)
	}
	return o
}

// names are what a holder's use of a nonce is remembered under: the key, which
// is the holder of an SD-JWT that withholds its id, and the DID where that does
// not hold the key.
func names(p facts.Presentation) []string {
	if did.OnlyMethod(p.Holder) != "" || !strings.HasPrefix(p.Holder, "did:") {
		return []string{p.Key}
	}
	return []string{p.Key, p.Holder}
}

func anyAccepted(d *policies.Decision) bool {
	return slices.ContainsFunc(d.Credentials, func(c policies.Credential) bool { return c.Accepted })
}

// input gathers the facts for one version. What belongs to another is out.
func (d *decider) input(r *Release) *facts.Input {
	in := &facts.Input{
		Now: stamp(d.now), Request: d.request,
		Presentations: []facts.Presentation{}, Refused: append([]facts.Refused{}, d.refused...),
	}
	in.Withdrawn, in.WithdrawalsAsOf = d.library.withdrawals(d.request.Framework.Name), stamp(d.heard)
	in.Offline, in.CheckedAt = d.offline.facts(), some(d.anew)
	if !d.opened.IsZero() {
		in.Request.OpenedAt = stamp(d.opened)
	}
	for _, p := range d.presented {
		own := p.Presentation
		own.Credentials = []facts.Credential{}
		for i, c := range p.Credentials {
			if p.versions[i] == r {
				own.Credentials = append(own.Credentials, c)
				continue
			}
			in.Refused = append(in.Refused, facts.Refused{
				Code: "framework.mixed", Message: "this credential is of another framework version than the decision",
				Path: c.Path, Credential: c.Path, Digest: c.Digest,
			})
		}
		in.Presentations = append(in.Presentations, own)
	}
	return in
}
