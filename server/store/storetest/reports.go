package storetest

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

func newReport(kind server.ReportKind, id, content string) server.Report {
	return server.Report{
		Kind: kind, Tenant: tenant, Client: "edge", ID: id, Name: "Camp", Version: "1.0.0",
		ReceivedAt: noon, Expires: noon.Add(time.Hour), Content: []byte(content),
	}
}

// reportsOf lists a tenant's reports, without their numbers, which must grow.
func reportsOf(t *testing.T, s Store, q server.ReportQuery) []server.Report {
	t.Helper()
	list, err := s.ListReports(t.Context(), q)
	must(t, err)
	last := q.After
	for i := range list {
		if list[i].Seq <= last {
			t.Errorf("number %d after %d", list[i].Seq, last)
		}
		last, list[i].Seq = list[i].Seq, 0
	}
	return list
}

func reports(t *testing.T, db Database) {
	s := open(t, db)
	file := func(what string, want, most int, list ...server.Report) {
		t.Helper()
		got, err := s.FileReports(t.Context(), list, most)
		must(t, err)
		if got != want {
			t.Errorf("%s: %d are new, want %d", what, got, want)
		}
	}
	a, b, c := newReport(server.ReportLog, "a", "what an edge logged"), newReport(server.ReportLog, "b", "b"), newReport(server.ReportLog, "a", "c")
	b.Name, b.Version = "", ""
	file("none", 0, 10)
	file("first", 2, 10, a, b)
	file("again, with another text", 0, 10, c, b)
	c.Client = "another edge"
	file("by another client", 1, 10, c)
	elsewhere := newReport(server.ReportLog, "a", "d")
	elsewhere.Tenant = other
	file("elsewhere", 1, 10, elsewhere)

	all := server.ReportQuery{Tenant: tenant, Kind: server.ReportLog, Most: 10, Bytes: 1 << 20}
	same(t, "all", reportsOf(t, s, all), []server.Report{a, b, c})
	theirs := all
	theirs.Tenant = other
	same(t, "elsewhere", reportsOf(t, s, theirs), []server.Report{elsewhere})
	named := all
	for name, want := range map[string][]server.Report{"Camp": {a, c}, "": {b}, "camp": nil, "\x00": nil} {
		named.Framework = &name
		same(t, fmt.Sprintf("of %q", name), reportsOf(t, s, named), want)
	}
	few, small := all, all
	few.Most, small.Bytes = 2, 1
	same(t, "two", reportsOf(t, s, few), []server.Report{a, b})
	same(t, "few bytes", reportsOf(t, s, small), []server.Report{a})
	list, err := s.ListReports(t.Context(), few)
	must(t, err)
	few.After = list[1].Seq
	same(t, "the next two", reportsOf(t, s, few), []server.Report{c})

	now, then := newReport(server.ReportStatus, "a", "now"), newReport(server.ReportStatus, "a", "then")
	file("status", 1, 10, now)
	file("status again", 1, 10, then)
	status := server.ReportQuery{Tenant: tenant, Kind: server.ReportStatus, Most: 10, Bytes: 1 << 20}
	same(t, "statuses", reportsOf(t, s, status), []server.Report{then})
	if bytes.Contains(db.Dump(), a.Content) {
		t.Error("what an edge logged is readable in the database")
	}

	late := newReport(server.ReportLog, "late", "e")
	late.Expires = late.Expires.Add(time.Nanosecond)
	file("beyond the room", 1, 2, late)
	same(t, "the last", reportsOf(t, s, all), []server.Report{c, late})
	same(t, "elsewhere still", reportsOf(t, s, theirs), []server.Report{elsewhere})
	must(t, s.Sweep(t.Context(), late.Expires.Add(-time.Nanosecond)))
	same(t, "swept", reportsOf(t, s, all), []server.Report{late})
	same(t, "statuses swept", reportsOf(t, s, status), []server.Report(nil))
}

// Batches sent again at once, in any order, are filed once, and who reads on from
// what was read misses none.
func reportsAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	var fresh atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			var batch []server.Report
			for k := range 20 {
				batch = append(batch, newReport(server.ReportLog, fmt.Sprint((k+7*i)%40), "x"))
			}
			n, err := stores[i%2].FileReports(t.Context(), batch, 1000)
			if err != nil {
				t.Error(err)
			}
			fresh.Add(int64(n))
		})
	}
	seen, q := 0, server.ReportQuery{Tenant: tenant, Kind: server.ReportLog, Most: 7, Bytes: 1 << 20}
	read := func() {
		list, err := stores[0].ListReports(t.Context(), q)
		must(t, err)
		for _, r := range list {
			q.After, seen = r.Seq, seen+1
		}
	}
	for range 20 {
		read()
	}
	wg.Wait()
	for range 20 {
		read()
	}
	if fresh.Load() != 40 || seen != 40 {
		t.Errorf("%d were new and %d were read, want 40 and 40", fresh.Load(), seen)
	}
}
