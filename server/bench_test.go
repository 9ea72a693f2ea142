package server_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/procura-dev/procura/server"
)

// BenchmarkEvaluations is POST /v1/evaluations over HTTP, by many callers at
// once, each call with a nonce and a presentation of its own, kept in SQLite.
// There is no target: it reports how many are permitted in a second.
func BenchmarkEvaluations(b *testing.B) {
	store := openSQLite(b)
	s := newStory(b, store, store)
	bodies := make([]string, b.N)
	for i := range bodies {
		nonce := fmt.Sprintf("0123456789012345%06d", i)
		bodies[i] = fmt.Sprintf(`{"request": %s, "presentations": ["%s"], "nonce": "%s", "domain": "camp.example"}`,
			lailas("school"), s.present(s.amina, nonce, s.credential(s.amina)), nonce)
	}
	var next, permitted atomic.Int64
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			a := s.houses[0].call(server.RoleVerifier, http.MethodPost, "/v1/evaluations", bodies[next.Add(1)-1])
			if a.json(b)["decision"] == "permit" {
				permitted.Add(1)
			}
		}
	})
	b.ReportMetric(float64(permitted.Load())/b.Elapsed().Seconds(), "requests/s")
	if permitted.Load() != int64(b.N) {
		b.Errorf("%d of %d were permitted", permitted.Load(), b.N)
	}
}
