package server_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

// large is a framework with so many permissions and roles, all in use.
func large(permissions, roles int, version string) []byte {
	var out bytes.Buffer
	text := string(written("Large", version))
	uri := "https://example.org/frameworks/large"
	for line := range strings.Lines(text) {
		out.WriteString(line)
		switch strings.TrimSpace(line) {
		case "permissions:":
			for i := range permissions {
				fmt.Fprintf(&out, "  - name: p%d\n    uri: %s/permissions/p%d\n    definition: {en: One of many}\n    audit: none\n", i, uri, i)
			}
		case "roles:":
			for i := range roles {
				fmt.Fprintf(&out, "  - name: r%d\n    uri: %s/roles/r%d\n    definition: {en: One of many}\n", i, uri, i)
			}
		case "rules:":
			for i := range permissions {
				fmt.Fprintf(&out, "  - variants: [WayHome]\n    rule: {grant: [p%d], when: {roles: companion}}\n", i)
			}
		}
	}
	return out.Bytes()
}

// BenchmarkPublish publishes a framework of 200 permissions and 50 roles over
// HTTP, and one of a quarter of that beside it. The limit is 300 ms, and of the
// ratio 4: what a framework takes is linear in its size.
func BenchmarkPublish(b *testing.B) {
	h := newHouse(b)
	author := h.tokens[server.RoleAuthor]
	put := func(permissions, roles, i int) time.Duration {
		version := fmt.Sprintf("%d.%d.0", permissions, i)
		source := large(permissions, roles, version)
		began := time.Now()
		a := h.put(author, "/v1/frameworks/Large/"+version, source)
		took := time.Since(began)
		if a.StatusCode != http.StatusCreated {
			b.Fatalf("%d %s", a.StatusCode, a.body)
		}
		return took
	}
	var all, quarter time.Duration
	for i := 0; b.Loop(); i++ {
		all += put(200, 50, i)
		quarter += put(50, 13, i)
	}
	b.ReportMetric(float64(all.Milliseconds())/float64(b.N), "ms-200")
	b.ReportMetric(float64(quarter.Milliseconds())/float64(b.N), "ms-50")
	b.ReportMetric(float64(all)/float64(quarter), "x-of-quarter")
}

// BenchmarkNotModified answers who has the document already, in process and with
// the token checked. The limit is 5,000 a second.
func BenchmarkNotModified(b *testing.B) { notModified(b, campPath+"/1.0.0") }

// BenchmarkBundleNotModified is the same for the bundle of all frameworks, as edges
// ask for it. The limit is 5,000 a second.
func BenchmarkBundleNotModified(b *testing.B) { notModified(b, "/bundles/all.tar.gz") }

func notModified(b *testing.B, path string) {
	b.Helper()
	h := newHouse(b, func(c *server.Config) { c.ClientRate = server.Rate{PerSecond: -1, Burst: 1} })
	tag := h.call(server.RoleAuthor, "GET", path, "").Header.Get("ETag")
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
	r.Header.Set("If-None-Match", tag)
	r.Header.Set("Authorization", "Bearer "+string(h.tokens[server.RoleAuthor]))
	began := time.Now()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, r)
		if w.Code != http.StatusNotModified {
			b.Fatal(w.Code, w.Body)
		}
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "answers/s")
}

// BenchmarkFollow is how long another process takes to hear of a version, beside
// which 1,000 others are published: 1 s at most until it asks, and this.
func BenchmarkFollow(b *testing.B) {
	s := fill(b, published)
	first, other := build(b, s.store), build(b, s.store)
	author := first.client(server.DefaultTenant, "author", server.RoleAuthor)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		version := fmt.Sprintf("1.%d.0", i)
		first.wants("publishing", first.put(author, "/v1/frameworks/News/"+version, written("News", version)), 201, "")
		b.StartTimer()
		if err := other.catalogue.Load(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
