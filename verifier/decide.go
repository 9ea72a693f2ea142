package verifier

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/timestamp"
	"github.com/procura-dev/procura/verifier/vc"
)

// An inquiry is one question with everything that came to answer it.
type inquiry struct {
	request       facts.Request
	nonce, domain string
	opened        time.Time       // when we made the nonce; zero: the caller did
	defaults      json.RawMessage // circumstances of the challenge
	presentations []received
}

// A received presentation, as it came.
type received struct {
	mediaType     string
	raw           []byte
	circumstances json.RawMessage
	at            time.Time
	format        string // once it was read
}

// An outcome is a decision with what it was taken on. Framework and Input are
// nil where the request fixed none.
type outcome struct {
	decision  *policies.Decision
	framework *Framework
	input     *facts.Input
	holders   map[int][]string // presentation → names of the holder whose proof held
	uses      []Use            // of a permit: what it uses up
}

// A decider takes one decision, step by step (semantics 8.1), over one library
// and one instant.
type decider struct {
	library *Library
	proofs  *proof.Verifier
	lookups
	ledger  *ledger // nil: nobody counts
	now     time.Time
	anew    time.Time                                                   // when a decision of now is checked again; zero: it is taken now
	offline *Offline                                                    // nil: there is a network
	heard   time.Time                                                   // when the library told of every withdrawal; not after now
	told    func(context.Context, Step) (context.Context, func(Ending)) // of steps; may be nil

	inquiry
	accepted    []*Release          // highest first
	listed      map[string][]string // DID → the registries that list it, of those that were looked up
	held        map[*Release]*Framework
	refused     []facts.Refused
	presented   []presented
	limited     map[string]*limited // digest → credential whose use is limited; nil: they were not looked for
	meters      map[[32]byte]*meter
	leave       func()                                  // ends the turn; nil: there is none
	statusLists *status.Lists                           // nil: none is fetched
	asked       func(list string) (since time.Duration) // how long ago each may have been asked for; nil: as long as it lives
	listsBy     time.Time                               // until when a check waits for them

	timestampRoots *timestamp.Roots // nil: no time-stamp counts
}

// presented is a presentation whose proof held, with its credentials that
// passed the steps before the policy.
type presented struct {
	facts.Presentation
	index    int                // into inquiry.presentations
	until    time.Time          // when its proof expires; zero: never
	versions []*Release         // of each credential
	statuses [][][]status.Entry // of each credential, and of each above it
	referred []string           // paths of those that others refer to as above them
	read     map[*vc.Credential]reading
	stamps   map[[sha256.Size]byte]time.Time // SHA-256 of what existed → by when, as time-stamps show
	deemedAt map[string]string               // path of a credential → by when it was signed; of a framework's own test

	named      []*Release // that its credentials name
	supporting []supporting
	titles     []supporting // by which issuers of its credentials own what these are about
}

// decide reads as the order of semantics 8.1 does. An error means that nothing
// was decided.
func (d *decider) decide(ctx context.Context) (*outcome, error) {
	d.accepted = d.library.Accepted(d.request.Framework, d.now)
	if len(d.accepted) == 0 {
		return d.unknown(), nil
	}
	for i := range d.presentations { // steps 1–6
		if err := d.verify(ctx, i); err != nil {
			return nil, err
		}
	}
	if err := d.lookUp(ctx); err != nil {
		return nil, err
	}
	if err := d.readStatuses(ctx); err != nil {
		return nil, err
	}
	if err := d.count(ctx); err != nil {
		return nil, err
	}
	return d.ask(ctx) // steps 8–12
}

func (d *decider) unknown() *outcome {
	in := d.input(nil)
	if len(d.library.asked(d.request.Framework)) > 0 {
		return &outcome{decision: policies.Refuse(in, "framework.withdrawn", "every version of this framework that is accepted is withdrawn")}
	}
	return &outcome{decision: policies.Refuse(in, "framework.unknown", "no published version of this framework is accepted")}
}

// received is when a presentation came. Of one that is checked again only the decision's
// instant is known, for which others may have waited: it was young when it came.
func (d *decider) received(at, signed time.Time) time.Time {
	if !d.anew.IsZero() && signed.Before(at) {
		return signed
	}
	return at
}

// take proves one presentation and what it holds.
func (d *decider) take(ctx context.Context, i int) error {
	path, got := fmt.Sprintf("/presentations/%d", i), d.presentations[i]
	p, err := vc.ParsePresentation(got.raw, got.mediaType)
	if err != nil {
		return d.refuseOr(err, path)
	}
	d.presentations[i].format = p.Format
	named := d.named(p)
	proved, err := d.provesBy(nobody, named).Presentation(ctx, p, proof.Expect{Nonce: d.nonce, Domain: d.domain, Now: d.now})
	if err != nil {
		return d.refuseOr(err, path)
	}
	signed := proved.SignedAt
	if signed.IsZero() {
		signed = d.opened
	}
	if signed.IsZero() {
		d.refuse("presentation.undated", "a presentation over a nonce of your own must say when it was signed", path)
		return nil
	}
	c, err := d.moment(ctx, d.provesBy(d.attesters(named), named), path+"/circumstances", d.defaults, got.circumstances)
	if err != nil {
		return err
	}
	d.presented = append(d.presented, presented{index: i, named: named, until: proved.ExpiresAt, Presentation: facts.Presentation{
		Path: path, Holder: proved.Holder, Key: proved.Key,
		SignedAt: stamp(signed), ReceivedAt: stamp(d.received(got.at, signed)), Circumstances: c, Credentials: []facts.Credential{},
	}})
	d.readStamps(p, path)
	if err := d.lookUpIssuers(ctx, p); err != nil {
		return err
	}
	chains := chain.NewReader(p.Credentials)
	for _, credential := range p.Credentials {
		if err := d.prove(ctx, credential, chains, d.proved); err != nil {
			return err
		}
	}
	return d.settle(ctx)
}

// settle is what can be said of the presentation taken last once all that it holds
// was looked at.
func (d *decider) settle(ctx context.Context) error {
	d.forgive()
	d.mention()
	d.identify()
	return d.describe(ctx)
}

// mention lists what the presentation taken last holds beside proxy credentials of
// its holder, and is not out.
func (d *decider) mention() {
	p := d.last()
	listed := map[string]bool{}
	for _, r := range d.refused {
		listed[r.Credential] = true
	}
	for _, s := range slices.Concat(p.supporting, p.titles) {
		top := slices.ContainsFunc(p.supporting, func(o supporting) bool { return o.fact.Path == s.fact.Path })
		if top = top || slices.Contains(p.referred, s.fact.Path); top && !listed[s.fact.Path] {
			listed[s.fact.Path] = true
			p.Beside = append(p.Beside, facts.Reference{Path: s.fact.Path, Digest: s.fact.Digest})
		}
	}
}

// forgive takes back that those to whom a proved credential of the presentation
// taken last refers are not its holder's, or identify nobody: they were sent for
// that.
func (d *decider) forgive() {
	p := d.last()
	d.refused = slices.DeleteFunc(d.refused, func(r facts.Refused) bool {
		return (r.Code == "holder.unbound" || r.Code == "issuer.refused") && slices.Contains(p.referred, r.Credential)
	})
}

// onlyReferred holds for a credential that was proved as one above another, and is
// for another holder than who presents it.
func (d *decider) onlyReferred(c *vc.Credential, at string) bool {
	p := d.last()
	got, known := p.read[c]
	return known && got.err == nil && slices.Contains(p.referred, at) && got.proxy.HolderID != p.Holder
}

// prove checks one credential of the presentation taken last, with all above it,
// unless whoever asked has left: a challenge can hold thousands.
func (d *decider) prove(ctx context.Context, c *vc.Credential, chains *chain.Reader, by prover) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	base := d.last().Path
	at := base + c.Path
	if c.Problem != nil {
		return d.out(c.Problem, at)
	}
	if d.onlyReferred(c, at) {
		d.last().Beside = append(d.last().Beside, facts.Reference{Path: at, Digest: d.last().read[c].issued.Digest})
		return nil
	}
	if t, err := c.Type(); err == nil && t.Name == "" {
		return d.support(ctx, c, by)
	}
	node, err := chains.Read(c)
	if err != nil {
		return d.outBelow(err, base, at)
	}
	l := &lineage{decider: d, prove: by}
	leaf, err := l.climb(ctx, node)
	if err != nil {
		return d.outBelow(err, base, at)
	}
	return d.admit(ctx, l, leaf, at)
}

// framework gives what decides by a release: the same until this decision ends.
func (d *decider) framework(ctx context.Context, r *Release) (*Framework, error) {
	if f := d.held[r]; f != nil {
		return f, nil
	}
	f, err := r.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("framework %s %s: %w", r.Name, r.Version, err)
	}
	if d.held == nil {
		d.held = map[*Release]*Framework{}
	}
	d.held[r] = f
	return f, nil
}

// recognise finds the framework version that a credential's type names, under
// which type and contexts are read, and the effective one, under which all else
// is (steps 2, 3; semantics 2.2).
func (d *decider) recognise(t vc.ProxyType, err error) (written, effective *Release, named vc.ProxyType, refused error) {
	if err != nil {
		return nil, nil, t, err
	}
	if t.Name == "" {
		return nil, nil, t, &vc.Refusal{Code: "supporting.unsupported", Message: "credentials that are no proxy credentials are not read"}
	}
	written = d.library.Named(t.Name, t.Version)
	effective = d.library.effective(written, d.now)
	switch {
	case written == nil:
		refused = &vc.Refusal{Code: "framework.unknown", Message: fmt.Sprintf("no framework %q in version %s is published", t.Name, t.Version)}
	case !written.HasVariant(t.Variant):
		refused = &vc.Refusal{Code: "variant.undefined", Message: fmt.Sprintf("the framework defines no variant %q", t.Variant)}
	case effective == nil:
		refused = &vc.Refusal{Code: "framework.withdrawn", Message: fmt.Sprintf("version %s is withdrawn, and none takes its place", t.Version)}
	case !slices.Contains(d.accepted, effective):
		refused = &vc.Refusal{Code: "framework.mixed", Message: "this credential is of a framework or version that the request does not accept"}
	case !effective.HasVariant(t.Variant):
		refused = &vc.Refusal{Code: "variant.undefined", Message: fmt.Sprintf("version %s, which takes the place of the withdrawn one, defines no variant %q", effective.Version, t.Variant)}
	}
	return written, effective, t, refused
}

// admit puts a proved credential before the policy (step 5).
func (d *decider) admit(ctx context.Context, l *lineage, leaf *link, at string) error {
	f, err := d.framework(ctx, l.release)
	if err != nil {
		return err
	}
	p := d.last()
	if fell := check(f, leaf.named, leaf.proxy, p.Holder, leaf.node.Credential.Format == vc.FormatLD); fell != nil {
		fell.Path, fell.Credential, fell.Digest = at+fell.Path, at, leaf.issued.Digest
		d.refused = append(d.refused, *fell)
		return nil
	}
	entries, refusal := status.Entries(leaf.proxy.Status)
	if refusal != nil {
		return d.out(refusal, at)
	}
	c := credential(leaf.proxy, leaf.issued, at)
	c.ProvedUntil = earlier(leaf.issued.ExpiresAt, p.until)
	c.Parents, c.Ancestors, c.Ownership, c.StampedAt = leaf.above, l.ancestors, leaf.owned, p.stampedAt(leaf.node)
	p.Credentials = append(p.Credentials, c)
	p.versions, p.statuses = append(p.versions, l.release), append(p.statuses, append([][]status.Entry{entries}, l.statuses...))
	return nil
}

// read reads what was signed.
func read(c *vc.Credential, signed map[string]any) (*vc.Proxy, error) {
	if c.SDJWT != nil {
		return vc.ReadSDJWT(c.SDJWT)
	}
	p, err := vc.ReadProxy(signed, c.Format == vc.FormatLD)
	if err == nil && c.JWT != nil {
		p.ClaimStatus(c.JWT.Payload)
	}
	return p, err
}

func (d *decider) last() *presented { return &d.presented[len(d.presented)-1] }

// refuseOr reports a refusal of the presentation at path, or returns an error
// that is none.
func (d *decider) refuseOr(err error, path string) error {
	r, ok := errors.AsType[*vc.Refusal](err)
	if !ok {
		return err
	}
	d.refused = append(d.refused, facts.Refused{Code: r.Code, Message: r.Message, Path: path + r.Path})
	return nil
}

// out reports a refusal of the credential at path, or returns an error that is none.
func (d *decider) out(err error, path string) error {
	r, ok := errors.AsType[*vc.Refusal](err)
	if !ok {
		return err
	}
	d.refused = append(d.refused, facts.Refused{Code: r.Code, Message: r.Message, Path: path + r.Path, Credential: path})
	return nil
}

// outBelow reports a refusal of the credential at path whose own path lies below
// base, or returns an error that is none.
func (d *decider) outBelow(err error, base, path string) error {
	r, ok := errors.AsType[*vc.Refusal](err)
	if !ok {
		return err
	}
	d.refused = append(d.refused, facts.Refused{Code: r.Code, Message: r.Message, Path: base + r.Path, Credential: path})
	return nil
}

// refuse reports that what stands at path is out, under a code of its own.
func (d *decider) refuse(code, message, path string) {
	d.refused = append(d.refused, facts.Refused{Code: code, Message: message, Path: path})
}
