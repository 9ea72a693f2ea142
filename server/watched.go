package server

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/procura-dev/procura/verifier"
)

// A Backend is all that a server asks of a store.
type Backend interface {
	verifier.Store
	Clients
	Registries
	Frameworks
	PolicySetStore
	Entities
	Reports
	SigningKeys
	Wallets
	Issuance
	Sweeper
}

// Watch gives a store whose transactions metrics and traces, where there are
// any, are told of: by what they are for, never by what is in them.
func Watch(b Backend, m *Metrics, tracer trace.Tracer) Backend {
	if m == nil && tracer == nil {
		return b
	}
	return &watched{Backend: b, metrics: m, tracer: tracer}
}

type watched struct {
	Backend
	metrics *Metrics
	tracer  trace.Tracer
}

// begin begins a transaction, and returns what ends it with its error.
func (w *watched) begin(ctx *context.Context, kind string) func(*error) {
	begun := time.Now() // how long it took is no fact of a decision
	under, span := child(*ctx, w.tracer, "store "+kind)
	*ctx = under
	return func(err *error) {
		if w.metrics != nil {
			w.metrics.store.WithLabelValues(kind).Observe(time.Since(begun).Seconds())
		}
		span.SetAttributes(attribute.String("procura.transaction", kind))
		ended(span, *err != nil && describe(*err).Status >= 500)
	}
}

func (w *watched) OpenChallenge(ctx context.Context, c *verifier.Challenge) (err error) {
	defer w.begin(&ctx, "open challenge")(&err)
	return w.Backend.OpenChallenge(ctx, c)
}

func (w *watched) Challenge(ctx context.Context, tenant, id string) (c *verifier.Challenge, err error) {
	defer w.begin(&ctx, "read challenge")(&err)
	return w.Backend.Challenge(ctx, tenant, id)
}

func (w *watched) Progress(ctx context.Context, tenant, id string) (p verifier.Progress, err error) {
	defer w.begin(&ctx, "read progress")(&err)
	return w.Backend.Progress(ctx, tenant, id)
}

func (w *watched) Change(ctx context.Context, tenant, id string, f func(*verifier.Challenge) (bool, error)) (err error) {
	defer w.begin(&ctx, "change challenge")(&err)
	return w.Backend.Change(ctx, tenant, id, f)
}

func (w *watched) CommitDecision(ctx context.Context, d *verifier.StoredDecision) (err error) {
	defer w.begin(&ctx, "commit decision")(&err)
	return w.Backend.CommitDecision(ctx, d)
}

func (w *watched) Decision(ctx context.Context, tenant, id string) (d *verifier.StoredDecision, err error) {
	defer w.begin(&ctx, "read decision")(&err)
	return w.Backend.Decision(ctx, tenant, id)
}

func (w *watched) ReplayedBody(ctx context.Context, tenant, client string, body [32]byte, since time.Time) (d *verifier.StoredDecision, err error) {
	defer w.begin(&ctx, "find replay")(&err)
	return w.Backend.ReplayedBody(ctx, tenant, client, body, since)
}

func (w *watched) Triggers(ctx context.Context, tenant string, credentials []string) (t []verifier.Trigger, err error) {
	defer w.begin(&ctx, "read triggers")(&err)
	return w.Backend.Triggers(ctx, tenant, credentials)
}

func (w *watched) Uses(ctx context.Context, tenant string, key [32]byte, since []time.Time) (u verifier.Uses, err error) {
	defer w.begin(&ctx, "read uses")(&err)
	return w.Backend.Uses(ctx, tenant, key, since)
}

func (w *watched) UseNonce(ctx context.Context, tenant string, key [32]byte, expires time.Time) (uses int, err error) {
	defer w.begin(&ctx, "use nonce")(&err)
	return w.Backend.UseNonce(ctx, tenant, key, expires)
}

func (w *watched) Registries(ctx context.Context, tenant string, dids []string) (lists map[string][]string, err error) {
	defer w.begin(&ctx, "read registries")(&err)
	return w.Backend.Registries(ctx, tenant, dids)
}

func (w *watched) PutRegistry(ctx context.Context, tenant, name string, dids []string) (err error) {
	defer w.begin(&ctx, "put registry")(&err)
	return w.Backend.PutRegistry(ctx, tenant, name, dids)
}

func (w *watched) Registry(ctx context.Context, tenant, name string) (dids []string, err error) {
	defer w.begin(&ctx, "read registry")(&err)
	return w.Backend.Registry(ctx, tenant, name)
}

func (w *watched) ClientByToken(ctx context.Context, d TokenDigest) (c *Client, err error) {
	defer w.begin(&ctx, "find client")(&err)
	return w.Backend.ClientByToken(ctx, d)
}

func (w *watched) ClientByCertificate(ctx context.Context, d KeyDigest) (c *Client, err error) {
	defer w.begin(&ctx, "find client")(&err)
	return w.Backend.ClientByCertificate(ctx, d)
}

func (w *watched) Publish(ctx context.Context, p *Published) (fresh bool, err error) {
	defer w.begin(&ctx, "publish framework")(&err)
	return w.Backend.Publish(ctx, p)
}

func (w *watched) Withdraw(ctx context.Context, p *Published, is Withdrawal, now time.Time) (changed bool, err error) {
	defer w.begin(&ctx, "withdraw framework")(&err)
	return w.Backend.Withdraw(ctx, p, is, now)
}

func (w *watched) Transfer(ctx context.Context, tenant, folded, owner string) (err error) {
	defer w.begin(&ctx, "transfer framework")(&err)
	return w.Backend.Transfer(ctx, tenant, folded, owner)
}

func (w *watched) FrameworkRevision(ctx context.Context) (revision int64, err error) {
	defer w.begin(&ctx, "read revision")(&err)
	return w.Backend.FrameworkRevision(ctx)
}

func (w *watched) PublishedSince(ctx context.Context, revision int64) (all []Published, err error) {
	defer w.begin(&ctx, "read frameworks")(&err)
	return w.Backend.PublishedSince(ctx, revision)
}

func (w *watched) PublishedSource(ctx context.Context, tenant, folded, version string) (source []byte, err error) {
	defer w.begin(&ctx, "read framework")(&err)
	return w.Backend.PublishedSource(ctx, tenant, folded, version)
}

func (w *watched) Sweep(ctx context.Context, now time.Time) (err error) {
	defer w.begin(&ctx, "sweep")(&err)
	return w.Backend.Sweep(ctx, now)
}
