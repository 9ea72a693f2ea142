package verifier

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
)

// A TestResult is how one of a framework's own tests went.
type TestResult struct {
	Name     string
	Failure  string // empty: it went as expected
	Decision *Answer
}

// TestFramework runs a framework's own tests: steps 2 to 11 with proofs deemed
// good (semantics 2.1), so that no keys are needed.
func TestFramework(ctx context.Context, f *Framework) ([]TestResult, error) {
	results := make([]TestResult, 0, len(f.Document.Tests))
	for i := range f.Document.Tests {
		r, err := runTest(ctx, f, &f.Document.Tests[i])
		if err != nil {
			return nil, fmt.Errorf("test %q: %w", f.Document.Tests[i].Name, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func runTest(ctx context.Context, f *Framework, t *trustframeworks.Test) (TestResult, error) {
	o, at, err := tested(ctx, f, t)
	if invalid, ok := errors.AsType[*Invalid](err); ok {
		return TestResult{Name: t.Name, Failure: invalid.Error()}, nil
	}
	if err != nil {
		return TestResult{}, err
	}
	a, err := answer(o, newID(), at, true)
	if err != nil {
		return TestResult{}, err
	}
	return TestResult{Name: t.Name, Failure: unexpected(a, t), Decision: a}, nil
}

// tested decides one test over a library of this framework alone.
func tested(ctx context.Context, f *Framework, t *trustframeworks.Test) (*outcome, time.Time, error) {
	at, err := time.Parse(time.RFC3339, t.At)
	if err != nil {
		return nil, at, &Invalid{Faults: []Fault{{Path: "/at", Message: "must be an RFC 3339 instant"}}}
	}
	q, err := testQuestion(f, t)
	if err != nil {
		return nil, at, err
	}
	r := f.Release()
	l, err := NewLibrary(r)
	if err != nil {
		return nil, at, err
	}
	d := &decider{library: l, proofs: &proof.Verifier{Contexts: l.Context}, lookups: listed(t.Registries), now: at, heard: at, accepted: l.All()}
	d.inquiry = inquiry{request: q.Request, opened: at, defaults: q.Circumstances}
	for i, p := range t.Presentations {
		if err := d.deem(ctx, i, p); err != nil {
			return nil, at, err
		}
	}
	if err := d.attest(r, f, t); err != nil {
		return nil, at, err
	}
	if err := d.lookUp(ctx); err != nil {
		return nil, at, err
	}
	if err := d.deemStatuses(ctx, t.Statuses); err != nil {
		return nil, at, err
	}
	o, err := d.ask(ctx)
	return o, at, err
}

// deem takes a presentation as proved, signed by its holder at the instant of
// the test. A credential's digest is that of its JCS.
func (d *decider) deem(ctx context.Context, i int, p trustframeworks.TestPresentation) error {
	path := fmt.Sprintf("/presentations/%d", i)
	c, err := d.moment(ctx, d.proofs, path+"/circumstances", d.defaults, nil)
	if err != nil {
		return err
	}
	d.presented = append(d.presented, presented{index: i, named: d.accepted, Presentation: facts.Presentation{
		Path: path, Holder: p.Holder, Key: sum([]byte(p.Holder)),
		SignedAt: stamp(d.now), ReceivedAt: stamp(d.now), Circumstances: c, Credentials: []facts.Credential{},
	}})
	sent := make([]*vc.Credential, len(p.Credentials))
	for j, doc := range p.Credentials {
		sent[j] = &vc.Credential{Doc: doc, Path: fmt.Sprintf("/verifiableCredential/%d", j)}
	}
	if err := d.deemStamps(i, sent, p.TimeStamps); err != nil {
		return err
	}
	chains := chain.NewReader(sent)
	for _, c := range sent {
		if err := d.prove(ctx, c, chains, deemed); err != nil {
			return err
		}
	}
	return d.settle(ctx)
}

// deemStamps takes time-stamps as they are given: over credentials that are there.
func (d *decider) deemStamps(i int, sent []*vc.Credential, given []trustframeworks.TestTimeStamp) error {
	there := map[string]bool{}
	chains := chain.NewReader(sent)
	for _, c := range sent {
		leaf, err := chains.Read(c)
		if err != nil {
			continue // which the decision says
		}
		for _, n := range append(leaf.All(), leaf) {
			there[n.Path] = true
		}
	}
	stamps := map[string]string{}
	for j, s := range given {
		if !there[s.Credential] {
			path := fmt.Sprintf("/presentations/%d/timeStamps/%d", i, j)
			return &Invalid{Faults: []Fault{{Path: path, Message: "names a credential that is not there"}}}
		}
		stamps[s.Credential] = s.At
	}
	d.last().deemedAt = stamps
	return nil
}

// testQuestion reads a test's request as a caller's would be.
func testQuestion(f *Framework, t *trustframeworks.Test) (*Question, error) {
	moment := t.Circumstances
	moment.Attestations = nil // deemed signed, see attest
	raw, err := json.Marshal(map[string]any{
		"permissions": t.Request.Permissions, "proxied": t.Request.Proxied, "circumstances": moment,
		"framework": map[string]any{"name": f.Document.Name, "version": f.Document.Version},
	})
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	tree, err := vc.ParseJSON(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	return ReadQuestion(tree, false)
}

// deemStatuses takes every list as proved, and as published by the credential's
// issuer: with nothing against it, unless the test says otherwise.
func (d *decider) deemStatuses(ctx context.Context, said []trustframeworks.TestStatus) error {
	return d.eachStatus(ctx, func(_ *Release, c *facts.Credential, e status.Entry, _ bool) (facts.Status, error) {
		if !e.Readable() {
			return problem(factOf(e), e.Problem), nil
		}
		list := trustframeworks.TestStatus{}
		for _, s := range said {
			if s.List == e.List && s.Index == e.Index {
				list = s
			}
		}
		if list.Value >= 1<<max(e.Size, 1) && e.Kind != status.Token {
			return facts.Status{}, &Invalid{Faults: []Fault{{Path: "/statuses", Message: "a value does not fit the size that the credential names"}}}
		}
		fact := factOf(e)
		fact.Value, fact.Issuer = &list.Value, c.Issuer
		fact.SignedAt, fact.RevokedAt = cmp.Or(list.SignedAt, stamp(d.now)), list.RevokedAt
		return fact, nil
	})
}

// attest adds the test's attestations, deemed signed: to each presentation,
// since circumstances of a test belong to all of them.
func (d *decider) attest(r *Release, f *Framework, t *trustframeworks.Test) error {
	for i, a := range t.Circumstances.Attestations {
		c, err := d.attestedCredential(r, f, a)
		if err != nil {
			return &Invalid{Faults: []Fault{{Path: fmt.Sprintf("/circumstances/attestations/%d", i), Message: err.Error()}}}
		}
		fact := facts.Attestation{
			Issuer: a.Issuer, Key: sum([]byte(a.Issuer)), IssuedAt: a.IssuedAt, ExpiresAt: a.ExpiresAt, Registries: []string{},
			Constraint: c.constraint, Credential: c.digest, Proxied: c.proxied,
		}
		if fact.IssuedAt == "" {
			fact.IssuedAt = stamp(d.now)
		}
		for j := range d.presented {
			m := &d.presented[j].Circumstances
			m.Attestations = append(m.Attestations, fact)
		}
	}
	return nil
}

// bound is what an attestation names.
type bound struct{ constraint, digest, proxied string }

func (d *decider) attestedCredential(r *Release, f *Framework, a trustframeworks.TestAttestation) (bound, error) {
	in := d.input(r)
	if err := facts.Derive(in, f.Facts); err != nil {
		return bound{}, err
	}
	i := slices.IndexFunc(d.presented, func(p presented) bool { return p.index == a.Presentation })
	if i < 0 || a.Credential >= len(in.Presentations[i].Credentials) {
		return bound{}, errors.New("names a credential that is not there, or is out")
	}
	c := in.Presentations[i].Credentials[a.Credential]
	for _, k := range c.Derived.Constraints {
		if k.Name == a.Constraint {
			return bound{constraint: k.Digest, digest: c.Digest, proxied: c.Proxied.ID}, nil
		}
	}
	return bound{}, fmt.Errorf("names a constraint, %q, that the credential does not bear", a.Constraint)
}

// deemed takes a credential as what its issuer signed, by a proof over its text.
func deemed(_ context.Context, n *chain.Node, _, _ *Release, _ vc.ProxyType) (proof.Issued, error) {
	doc := n.Credential.Doc
	n.Credential.Format = ""
	raw, err := json.Marshal(doc)
	if err != nil {
		return proof.Issued{}, err
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return proof.Issued{}, err
	}
	issuer := vc.Issuer(doc)
	return proof.Issued{Issuer: issuer, Key: sum([]byte(issuer)), Digest: sum(canonical), Doc: doc}, nil
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(s[:])
}

// unexpected says how an answer differs from what its test expects.
func unexpected(a *Answer, t *trustframeworks.Test) string {
	if a.Decision.Decision != t.Expect.Decision {
		return fmt.Sprintf("decision is %s, want %s (reasons: %s)", a.Decision.Decision, t.Expect.Decision, strings.Join(codes(a), ", "))
	}
	if got, want := codes(a), slices.Sorted(slices.Values(t.Expect.Reasons)); !slices.Equal(got, want) {
		return fmt.Sprintf("reasons are [%s], want [%s]", strings.Join(got, ", "), strings.Join(want, ", "))
	}
	if t.Expect.Granted == nil {
		return ""
	}
	if got, want := granted(a), slices.Sorted(slices.Values(t.Expect.Granted)); !slices.Equal(got, want) {
		return fmt.Sprintf("granted is [%s], want [%s]", strings.Join(got, ", "), strings.Join(want, ", "))
	}
	return ""
}

// codes are the different codes of an answer's reasons, sorted.
func codes(a *Answer) []string {
	var out []string
	for _, r := range a.Reasons {
		out = append(out, r.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func granted(a *Answer) []string {
	var out []string
	for _, p := range a.Permissions {
		if p.Granted {
			out = append(out, p.Name)
		}
	}
	slices.Sort(out)
	return out
}
