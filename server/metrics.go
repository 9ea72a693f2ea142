package server

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/procura-dev/procura/policies"
)

// Metrics counts what the server does, for Prometheus. No label comes from a
// caller: routes are those of the list, codes those of the table of reasons.
// They belong on a listener of their own, since they are not any client's.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.HistogramVec
	decisions *prometheus.CounterVec
	reasons   *prometheus.CounterVec
	commits   prometheus.Histogram
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
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "procura_decision_commit_duration_seconds", Help: "How long the store took to commit a decision.", Buckets: seconds,
		}),
	}
	m.registry.MustRegister(m.requests, m.decisions, m.reasons, m.commits,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers every call with the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Decided counts a decision; it is for [verifier.Config].
func (m *Metrics) Decided(d *policies.Decision, stored time.Duration) {
	m.decisions.WithLabelValues(d.Decision).Inc()
	m.commits.Observe(stored.Seconds())
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

// answered counts one call; m may be nil.
func (m *Metrics) answered(c *gin.Context, took time.Duration) {
	if m == nil {
		return
	}
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(method(c.Request.Method), route, strconv.Itoa(c.Writer.Status())).Observe(took.Seconds())
}
