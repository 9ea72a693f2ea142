package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks/library"
)

// Whatever an author sends, nobody else's framework changes, and nothing is a
// fault of ours.
func FuzzAuthors(f *testing.F) {
	srv, tokens := fuzzed(f)
	campPath := "/v1/frameworks/" + strings.ReplaceAll(camp, " ", "%20")
	for kind := range byte(4) {
		f.Add(kind, "dryRun=true", string(library.All()[0].Raw))
		f.Add(kind, "dryRun=true&visibility=public", `{"name": "School Run", "version": "1.0.0"}`)
		f.Add(kind, "dryrun=true", `{"reason": "superseded", "date": "2199-01-01T00:00:00Z", "successor": "2.0.0"}`)
		f.Add(kind, "", `{"owner": "somebody"}`)
		f.Add(kind, "dryRun=true", "\x1f\x8b")
	}
	standing := get(f, srv, campPath)
	if !strings.Contains(standing, `"1.0.0"`) {
		f.Fatal(standing)
	}
	f.Fuzz(func(t *testing.T, kind byte, query, body string) {
		call := []struct{ method, path, media, role string }{
			{"PUT", campPath + "/1.0.0", "application/yaml", "author"},
			{"PUT", "/v1/frameworks/School%20Run/1.0.0", "application/gzip", "author"},
			{"POST", campPath + "/1.0.0/withdrawal", "application/json", "author"},
			{"POST", campPath + "/transfer", "application/json", "admin"},
		}[kind%4]
		r, err := http.NewRequestWithContext(t.Context(), call.method, call.path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", call.media)
		r.Header.Set("Authorization", "Bearer "+string(tokens[call.role]))
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == http.StatusUnauthorized {
			t.Errorf("%s %s: %d %s", call.method, call.path, w.Code, w.Body)
		}
		if now := get(t, srv, campPath); now != standing {
			t.Errorf("%s %s made %s of %s", call.method, call.path, now, standing)
		}
	})
}

// What stands in a header is answered, and no header of the answer is made of what
// cannot stand there.
func FuzzHeaders(f *testing.F) {
	srv, tokens := fuzzed(f)
	names := []string{"X-Request-ID", "Traceparent", "Tracestate", "Content-Type", "Authorization", "If-None-Match", "Prefer", "Accept", "Content-Encoding", "Forwarded"}
	for i := range names {
		for _, seed := range []string{"", "a", "Bearer x", "*", `W/"x", "y"`, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "application/json; charset=utf-8", "gzip", "a\r\nX-B: c"} {
			f.Add(byte(i), seed, seed)
		}
	}
	f.Fuzz(func(t *testing.T, which byte, value, query string) {
		for _, call := range [][2]string{{"GET", "/v1/frameworks"}, {"POST", "/v1/challenges"}, {"GET", "/v1/challenges/x"}} {
			r, err := http.NewRequestWithContext(t.Context(), call[0], call[1], strings.NewReader(question))
			if err != nil {
				t.Fatal(err)
			}
			r.URL.RawQuery = query
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+string(tokens["verifier"]))
			name := names[int(which)%len(names)]
			r.Header[http.CanonicalHeaderKey(name)] = []string{value}
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, r)
			if id := w.Header().Get("X-Request-ID"); w.Code >= 500 || id == "" || strings.ContainsAny(id, "\r\n") {
				t.Errorf("%s %s with %s %q: %d %s, id %q", call[0], call[1], name, value, w.Code, w.Body, id)
			}
		}
	})
}

// get is what anybody reads at a path.
func get(t testing.TB, srv *server.Server, path string) string {
	t.Helper()
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w.Body.String()
}
