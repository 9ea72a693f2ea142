package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier"
)

// published is how many frameworks the benchmarks publish.
const published = 1000

// A shelf is a store with many frameworks that differ in name and address, and
// a question that each permits.
type shelf struct {
	store store
	input []byte // of the camp's own framework
}

// fill publishes the camp's framework under n names, through the store: their
// tests are the same.
func fill(b *testing.B, n int) *shelf {
	b.Helper()
	proved, err := shipped()
	if err != nil {
		b.Fatal(err)
	}
	s := &shelf{store: openSQLite(b)}
	for _, p := range proved {
		if p.Name != camp {
			continue
		}
		s.input = permitted(b, p.Source)
		for i := range n {
			other := *p
			other.Name, other.Folded, other.URI = renamed(i, p.Name), renamed(i, p.Folded), renamed(i, p.URI)
			other.Source = []byte(renamed(i, string(p.Source)))
			other.Outline.SourceDigest = server.SourceDigest(other.Source)
			other.Outline.ContextURL = renamed(i, p.Outline.ContextURL)
			other.Outline.Context = []byte(renamed(i, string(p.Outline.Context)))
			other.Outline.Variants = nil // no credential is read here
			if _, err := s.store.Publish(b.Context(), &other); err != nil {
				b.Fatal(err)
			}
		}
	}
	return s
}

// renamed puts a number behind the camp's name and address wherever they stand.
func renamed(i int, text string) string {
	for _, name := range []string{camp, trustframeworks.FoldName(camp), campURI} {
		text = string(bytes.ReplaceAll([]byte(text), []byte(name), fmt.Appendf(nil, "%s%04d", name, i)))
	}
	return text
}

// permitted is the input of the first of a document's own tests that permits.
func permitted(b *testing.B, source []byte) []byte {
	b.Helper()
	doc, _ := trustframeworks.Parse(source)
	c, _ := compile.Compile(doc)
	f, err := verifier.NewFramework(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	results, err := verifier.TestFramework(b.Context(), f)
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range results {
		if r.Decision.Decision.Decision == policies.Permit {
			raw, err := json.Marshal(r.Decision.Input)
			if err != nil {
				b.Fatal(err)
			}
			return raw
		}
	}
	b.Fatal("no test permits")
	return nil
}

// library loads what is published, as a start does.
func (s *shelf) library(b *testing.B) *verifier.Library {
	b.Helper()
	k := catalogue(s.store)
	if err := k.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	return k.Verifier.Library(server.DefaultTenant)
}

// decide asks the i-th framework, and returns how long its policy took and how
// long all did, the opening included.
func (s *shelf) decide(b *testing.B, l *verifier.Library, i int) (policy, all time.Duration) {
	b.Helper()
	in := &facts.Input{}
	if err := json.Unmarshal([]byte(renamed(i, string(s.input))), in); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	f, err := l.Named(renamed(i, camp), "1.0.0").Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	opened := time.Now()
	d, err := f.Engine.Decide(b.Context(), in)
	policy, all = time.Since(opened), time.Since(began)
	if err != nil || d.Decision != policies.Permit {
		b.Fatal(d, err)
	}
	return policy, all
}

// BenchmarkFrameworksWarm is one decision of a policy among 1,000 published
// frameworks, 64 of which are in use by turns, against the same where one is
// published. The limit of the ratio is 1.3.
func BenchmarkFrameworksWarm(b *testing.B) {
	alone, many := fill(b, 1), fill(b, published)
	one, all := alone.library(b), many.library(b)
	for i := range 64 {
		many.decide(b, all, i)
	}
	var few, lots time.Duration
	for i := 0; b.Loop(); i++ {
		took, _ := alone.decide(b, one, 0)
		few += took
		took, _ = many.decide(b, all, i%64)
		lots += took
	}
	b.ReportMetric(float64(few.Microseconds())/float64(b.N), "µs-of-1")
	b.ReportMetric(float64(lots.Microseconds())/float64(b.N), "µs-of-1000")
	b.ReportMetric(float64(lots)/float64(few), "x-of-1")
}

// BenchmarkFrameworksCold is the first decision of a framework that nobody asked
// for yet, from the store to the decision. The limit is 150 ms. It reports what
// a start takes too, which compiles nothing, and the memory that is in use at
// the end, when those asked for are held, 64 at most; the limit is 200 MB.
func BenchmarkFrameworksCold(b *testing.B) {
	s := fill(b, published)
	before := heap()
	began := time.Now()
	l := s.library(b)
	start := time.Since(began)
	outlines := heap() - before
	var slowest time.Duration
	for i := 0; b.Loop(); i++ {
		_, took := s.decide(b, l, i%published)
		slowest = max(slowest, took)
	}
	b.ReportMetric(float64(start.Milliseconds()), "ms-start")
	b.ReportMetric(float64(slowest.Milliseconds()), "ms-slowest")
	b.ReportMetric(float64(outlines)/1e6, "MB-outlines")
	b.ReportMetric(float64(heap()-before)/1e6, "MB-held")
	b.ReportMetric(float64(resident(b))/1e6, "MB-resident")
	runtime.KeepAlive(l)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resident is the process's memory, in bytes; 0 where the system does not say.
func resident(b *testing.B) (bytes int) {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int
	if _, err := fmt.Sscan(string(raw), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
