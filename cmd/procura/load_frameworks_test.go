package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/procura-dev/procura/server"
)

// BenchmarkServeThousandFrameworks is BenchmarkServeEvaluations with 1,000
// frameworks more published, of which twice as many were asked for as are held
// ready. The target is 200 RSS-MB.
func BenchmarkServeThousandFrameworks(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(folder(b), "bin", "procura")
	flags := []string{"--listen", "127.0.0.1:0", "--example", "example"}
	p := start(b, program, dir, nil, flags...)
	tr := &traffic{challenges: map[string]*challengeFile{}}
	tr.load(b, dir)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	if err := p.wait(); err != nil {
		b.Fatal(err, p.said())
	}
	crowd(b, dir, 1000)
	p = start(b, program, dir, nil, flags...)
	tr.load(b, dir)
	b.Run("idle", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(float64(p.status(b, "VmRSS"))/1024, "RSS-MB")
		}
	})
	_, _ = load(b, strings.TrimPrefix(p.base, "http://"), tr.others(b, 128)) // another framework grants nothing
	b.Run("under-load", func(b *testing.B) { measure(b, p, tr.evaluations(b, b.N)) })
}

// crowd publishes the camp's framework under n names more, in the store of a
// server that has ended.
func crowd(b *testing.B, dir string, n int) {
	b.Helper()
	s, _, err := (&place{data: filepath.Join(dir, ".procura", "data")}).open(b.Context(), io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	all, err := s.PublishedSince(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range all {
		if p.Name != campName {
			continue
		}
		source, err := s.PublishedSource(b.Context(), p.Tenant, p.Folded, p.Version)
		if err != nil {
			b.Fatal(err)
		}
		for i := range n {
			if _, err := s.Publish(b.Context(), another(p, source, i)); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// another is p with a number behind its name and address wherever they stand.
func another(p server.Published, source []byte, i int) *server.Published {
	behind := func(text string) string {
		for _, name := range []string{p.Name, p.Folded, p.URI} {
			text = strings.ReplaceAll(text, name, fmt.Sprintf("%s%04d", name, i))
		}
		return text
	}
	other := p
	other.Name, other.Folded, other.URI = behind(p.Name), behind(p.Folded), behind(p.URI)
	other.Source = []byte(behind(string(source)))
	other.Outline.SourceDigest = server.SourceDigest(other.Source)
	other.Outline.ContextURL, other.Outline.Context = behind(p.Outline.ContextURL), []byte(behind(string(p.Outline.Context)))
	return &other
}

// others are evaluations under the first n of the crowd.
func (tr *traffic) others(b *testing.B, n int) [][]byte {
	b.Helper()
	out := make([][]byte, n)
	for i := range out {
		body, err := tr.evaluation(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		body = strings.Replace(body, `"`+campName+`"`, fmt.Sprintf(`"%s%04d"`, campName, i), 1)
		out[i] = tr.post("/v1/evaluations", body)
	}
	return out
}
