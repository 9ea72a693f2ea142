package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/analyze"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier/vc"
)

// PolicySets publishes policy sets, and holds those by which each tenant's
// questions are answered. It is safe for concurrent use: a call keeps the set
// that it began with.
type PolicySets struct {
	Store   PolicySetStore // required
	Signing *Signing       // required
	Log     *slog.Logger   // nil: discard

	PublishTime time.Duration // for compiling a set and running its tests; 0: 30 s

	mu        sync.Mutex                            // held by who changes
	active    atomic.Pointer[map[gateOf]*activeSet] // nil: not loaded yet
	compiling turns
}

// A gateOf is one gate of a tenant.
type gateOf struct {
	gate   Gate
	tenant string
}

// An activeSet decides for one tenant.
type activeSet struct {
	Activation
	engine *authz.Engine // nil: it is not usable, and permits nothing
	again  bool          // whether that may pass
}

// of returns what was activated for a tenant at a gate; nil: nothing was.
func (p *PolicySets) of(gate Gate, tenant string) *activeSet {
	if now := p.active.Load(); now != nil {
		return (*now)[gateOf{gate, tenant}]
	}
	return nil
}

// gate answers a question about a tenant's own wallets: by the set that its admin
// activated, else by the one that ships. A set that cannot be used permits nothing,
// nor does one that is not known yet.
func (p *PolicySets) gate(ctx context.Context, tenant string, in authz.Input) (authz.Answer, error) {
	now := p.active.Load()
	if now == nil {
		return authz.Refuse(authz.Failed, "policy sets are not loaded yet"), nil
	}
	a := (*now)[gateOf{GateWallet, tenant}]
	if a == nil {
		a = &activeSet{Activation: Activation{Gate: GateWallet}}
	}
	engine := a.engine
	if a.Shipped() {
		var err error
		if engine, err = shippedPolicy(); err != nil {
			return authz.Answer{}, err
		}
	}
	if engine == nil {
		return authz.Refuse(authz.Failed, "the wallets' policy set cannot be used"), nil
	}
	return engine.Decide(ctx, in)
}

// Load takes up what was activated, by this process or another.
func (p *PolicySets) Load(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	list, err := p.Store.ActivePolicySets(ctx)
	if err != nil {
		return err
	}
	next := make(map[gateOf]*activeSet, len(list))
	for _, a := range list {
		at := gateOf{a.Gate, a.Tenant}
		if now := p.of(a.Gate, a.Tenant); now != nil && now.Activation == a && !now.again {
			next[at] = now
			continue
		}
		engine, err := p.engine(ctx, a)
		if ctx.Err() != nil {
			return fmt.Errorf("loading policy sets: %w", ctx.Err())
		}
		if err != nil { // the others must go on
			p.log().ErrorContext(ctx, "an active policy set cannot be used", "tenant", a.Tenant, "name", a.Folded, "version", a.Version, "error", err)
		}
		next[at] = &activeSet{Activation: a, engine: engine, again: err != nil && !errors.Is(err, ErrPolicySetSigned) && !errors.Is(err, errInvalid)}
	}
	p.active.Store(&next)
	return nil
}

func (p *PolicySets) log() *slog.Logger {
	if p.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.Log
}

// engine makes what decides by a published version, as it was signed.
func (p *PolicySets) engine(ctx context.Context, a Activation) (*authz.Engine, error) {
	if a.Shipped() {
		return shippedPolicy()
	}
	set, err := p.Store.PolicySet(ctx, a.Tenant, a.Folded, a.Version)
	if err != nil {
		return nil, err
	}
	if err := p.verify(ctx, set); err != nil {
		return nil, err
	}
	_, engine, err := p.compile(ctx, set.Source, false)
	return engine, err
}

// compile compiles an archive, and runs its tests where that is asked: whoever
// loads a set must not wait for its author's tests. What is wrong with it is a
// *[Findings].
func (p *PolicySets) compile(ctx context.Context, raw []byte, tests bool) ([]byte, *authz.Engine, error) {
	done, err := p.compiling.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	source, found := trustframeworks.ReadPolicySet(raw)
	if len(found) > 0 {
		return nil, nil, &Findings{analyze.Advised(found)}
	}
	limit := cmp.Or(p.PublishTime, publishTime)
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	engine, found, err := compile.PolicySet(short, source, tests)
	if tests && !slices.ContainsFunc(found, func(f trustframeworks.Finding) bool { return f.File == dataFile }) {
		found = append(found, inexact(source.Document)...)
	}
	switch {
	case err != nil && ctx.Err() == nil && short.Err() != nil:
		return nil, nil, &Findings{analyze.Advised([]trustframeworks.Finding{{Line: 1, Column: 1, Code: analyze.CodeSlow,
			Message: "compiling the policy set and running its tests takes longer than " + limit.String()}})}
	case err != nil:
		return nil, nil, err
	case len(found) > 0:
		return nil, nil, &Findings{analyze.Advised(found)}
	}
	canonical, err := source.Bytes()
	return canonical, engine, err
}

// dataFile is the data of a set.
const dataFile = "data.json"

// inexact finds a number in the data of a set that would be compared as another.
func inexact(data []byte) []trustframeworks.Finding {
	_, err := vc.ParseExactJSON(data)
	at, ok := errors.AsType[*vc.SyntaxError](err)
	if !ok {
		return nil
	}
	before := data[:at.Offset]
	return []trustframeworks.Finding{{File: dataFile, Line: 1 + bytes.Count(before, []byte("\n")), Column: utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):]) + 1,
		Code: trustframeworks.CodeSyntax, Message: at.Why}}
}

// setKind is the type of what is signed at publication: no other signature of
// the server's passes for one.
const setKind = "procura-policyset+jws"

// A signedSet is what is signed at publication.
type signedSet struct {
	Tenant  string `json:"tenant"`
	Name    string `json:"name"` // folded
	Version string `json:"version"`
	Digest  string `json:"sha256"` // of the archive, hex
}

// verify refuses a set that is not what was signed under its name.
func (p *PolicySets) verify(ctx context.Context, set *PublishedSet) error {
	var signed signedSet
	err := p.Signing.Verify(ctx, setKind, set.Signature, &signed)
	if errors.Is(err, errSignature) {
		return errors.Join(ErrPolicySetSigned, err)
	}
	if err == nil && signed != (signedSet{set.Tenant, set.Folded, set.Version, SourceDigest(set.Source)}) {
		return ErrPolicySetSigned
	}
	return err
}

// Publish compiles an archive, runs its tests, and stores it under the name of
// p. It returns whether that was new.
func (p *PolicySets) Publish(ctx context.Context, set *PublishedSet, dry bool) (bool, error) {
	canonical, _, err := p.compile(ctx, set.Source, true)
	if err != nil || dry {
		return false, err
	}
	set.Source, set.Digest = canonical, SourceDigest(canonical)
	if set.Signature, err = p.Signing.Sign(ctx, setKind, signedSet{set.Tenant, set.Folded, set.Version, set.Digest}); err != nil {
		return false, err
	}
	return p.Store.PublishPolicySet(ctx, set)
}

// Activate has a tenant's questions answered by a version from now on; in other
// processes within a second.
func (p *PolicySets) Activate(ctx context.Context, a Activation) error {
	if _, err := p.engine(ctx, a); err != nil {
		return err
	}
	if err := p.Store.ActivatePolicySet(ctx, a); err != nil {
		return err
	}
	return p.Load(ctx)
}

// errNoPrecondition: who changes what is active must say what was.
var errNoPrecondition = errors.New("If-Match must name what is active, as the ETag of GET says it")

// publishedAt is when something is published, as it is stored.
func (s *Server) publishedAt() time.Time { return s.cfg.Now().UTC() }
