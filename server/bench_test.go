package server_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/tracing"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
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

// BenchmarkWatched is a call to /v1/evaluations with nothing watched, and with
// metrics and traces on, in turns: the ratios are of the same run. Spans go to a
// collector that takes them and does nothing with them.
func BenchmarkWatched(b *testing.B) {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer collector.Close()
	b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	traces, err := tracing.Open(b.Context(), os.Getenv, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer traces.Close()
	ways := []watchedWay{{name: "nothing"}, {name: "metrics", metrics: server.NewMetrics()}, {name: "metrics-and-traces", metrics: server.NewMetrics(), tracer: traces}}
	for i := range ways {
		ways[i].open(b)
	}
	for n := 0; b.Loop(); n++ {
		for i := range ways {
			ways[i].evaluate(b, n)
		}
	}
	for _, w := range ways {
		b.ReportMetric(w.took.Seconds()/ways[0].took.Seconds(), w.name+"/nothing")
	}
}

// A watchedWay is a house and who watches it.
type watchedWay struct {
	name    string
	metrics *server.Metrics
	tracer  trace.Tracer
	story   *campStory
	took    time.Duration
}

func (w *watchedWay) open(b *testing.B) {
	b.Helper()
	s := server.Watch(openSQLite(b), w.metrics, w.tracer)
	w.story = newStory(b, s, s, func(c *server.Config) {
		v := verifier.New(verifier.Config{
			Store: s, DIDs: &did.Resolver{}, Key: testKey.Derive("verifier"), Now: c.Now, Begin: server.Steps(w.metrics, w.tracer),
		})
		k := &server.Catalogue{Store: s, Verifier: v, Now: c.Now}
		if err := k.Load(b.Context()); err != nil {
			b.Fatal(err)
		}
		c.Verifier, c.Catalogue, c.Clients, c.Registries, c.Sweeper = v, k, s, s, s
		c.Metrics, c.Tracer = w.metrics, w.tracer
	})
}

func (w *watchedWay) evaluate(b *testing.B, n int) {
	b.Helper()
	nonce := fmt.Sprintf("0123456789012345%06d", n)
	body := fmt.Sprintf(`{"request": %s, "presentations": ["%s"], "nonce": "%s", "domain": "camp.example"}`,
		lailas("school"), w.story.present(w.story.amina, nonce, w.story.credential(w.story.amina)), nonce)
	begun := time.Now()
	a := w.story.houses[0].call(server.RoleVerifier, http.MethodPost, "/v1/evaluations", body)
	w.took += time.Since(begun)
	if a.json(b)["decision"] != "permit" {
		b.Fatalf("%s", a.body)
	}
}
