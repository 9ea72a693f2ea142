package server

import (
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
)

// Metrics counts what the server does, for Prometheus. No label comes from a
// caller: routes are those of the list, codes those of the table of reasons.
// They belong on a listener of their own, since they are not any client's.
type Metrics struct {
	registry      *prometheus.Registry
	requests      *prometheus.HistogramVec
	decisions     *prometheus.CounterVec
	reasons       *prometheus.CounterVec
	presentations *prometheus.CounterVec
	store         *prometheus.HistogramVec
	engines       atomic.Pointer[verifier.Engines] // nil: none yet
}

// NewMetrics makes metrics that are zero.
func NewMetrics() *Metrics {
	seconds := []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "procura_request_duration_seconds", Help: "Calls by method, route and status, and how long they took.", Buckets: seconds,
		}, []string{"method", "route", "status"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "procura_decisions_total", Help: "Decisions that were committed, by outcome.",
		}, []string{"decision"}),
		reasons: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "procura_decision_reasons_total", Help: "Decisions that were committed, by outcome and by each code among their reasons.",
		}, []string{"decision", "code"}),
		presentations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "procura_presentations_total", Help: "Presentations that were looked at for a decision, by format and by outcome: proved, error, or the code of the refusal.",
		}, []string{"format", "outcome"}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "procura_store_duration_seconds", Help: "What was asked of the store, by kind, and how long it took.", Buckets: seconds,
		}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.decisions, m.reasons, m.presentations, m.store,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.watchEngines()
	return m
}

// watchEngines tells of the engines that the server holds to decide with.
func (m *Metrics) watchEngines() {
	tell := func(of func(verifier.EngineCounts) int) func() float64 {
		return func() float64 {
			e := m.engines.Load()
			if e == nil {
				return 0
			}
			return float64(of(e.Counts()))
		}
	}
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "procura_engines_held", Help: "Engines of frameworks that are ready to decide.",
		}, tell(func(c verifier.EngineCounts) int { return c.Held })),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "procura_engine_hits_total", Help: "How often a ready engine was asked for.",
		}, tell(func(c verifier.EngineCounts) int { return c.Hits })),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "procura_engine_compiles_total", Help: "How often an engine was made, also those that failed.",
		}, tell(func(c verifier.EngineCounts) int { return c.Compiles })),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "procura_engine_evictions_total", Help: "How often an engine was let go for others.",
		}, tell(func(c verifier.EngineCounts) int { return c.Evictions })),
	)
}

// Handler answers every call with the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Decided counts a decision; it is for [verifier.Config].
func (m *Metrics) Decided(d *policies.Decision) {
	m.decisions.WithLabelValues(d.Decision).Inc()
	seen := map[string]bool{}
	for _, r := range d.Reasons {
		if !seen[r.Code] {
			seen[r.Code] = true
			m.reasons.WithLabelValues(d.Decision, knownCode(r.Code)).Inc()
		}
	}
}

// knownCode is a code of the table: a framework's own could be anything.
func knownCode(code string) string {
	if slices.ContainsFunc(policies.Reasons, func(r policies.ReasonDef) bool { return r.Code == code }) {
		return code
	}
	return "other"
}

// knownOutcome is an outcome of ours, or a code of the table.
func knownOutcome(outcome string) string {
	switch outcome {
	case verifier.Proved, verifier.Failed, policies.Permit, policies.Deny:
		return outcome
	}
	return knownCode(outcome)
}

// answered counts one call; m may be nil.
func (m *Metrics) answered(c *gin.Context, took time.Duration) {
	if m == nil {
		return
	}
	m.requests.WithLabelValues(method(c.Request.Method), routeOf(c), strconv.Itoa(c.Writer.Status())).Observe(took.Seconds())
}
