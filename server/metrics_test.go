package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/server"
)

// Metrics count by route and by code, and hold nothing that a caller wrote.
func TestMetrics(t *testing.T) {
	t.Parallel()
	m := server.NewMetrics()
	h := newHouse(t, func(c *server.Config) { c.Metrics = m })
	h.call(server.RoleVerifier, "GET", "/v1/decisions/somebody", "")
	h.call("", "SPY", "/v1/somebody", "")
	m.Decided(&policies.Decision{Decision: "deny", Reasons: []policies.Reason{{Code: "holder.unbound"}, {Code: "holder.unbound"}, {Code: "somebody.s"}}})
	m.Decided(&policies.Decision{Decision: "permit"})
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	got := w.Body.String()
	for _, want := range []string{
		`procura_request_duration_seconds_count{method="GET",route="/v1/decisions/:id",status="404"} 1`,
		`procura_request_duration_seconds_count{method="other",route="none",status="404"} 1`,
		`procura_decisions_total{decision="deny"} 1`, `procura_decisions_total{decision="permit"} 1`,
		`procura_decision_reasons_total{code="holder.unbound",decision="deny"} 1`,
		`procura_decision_reasons_total{code="other",decision="deny"} 1`,
		"go_goroutines",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if w.Code != http.StatusOK || strings.Contains(got, "somebody") {
		t.Errorf("%d: metrics show what a caller wrote:\n%s", w.Code, got)
	}
}
