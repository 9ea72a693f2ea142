package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/server/store/seal"
)

// batchLines is how many lines a batch has: filing them takes long enough to be
// killed in the middle of it.
const batchLines = 2000

// maxBatches bounds what is sent: of a tenant the last 100,000 lines are kept.
const maxBatches = 100_000 / batchLines

// edges send batches and statuses until the server is gone, and know what it answered.
type edges struct {
	token, auditor server.Token

	mu       sync.Mutex
	batches  []bool // by number: whether it was answered
	statuses int    // sent of the one instance, the first is 1
	kept     int    // the last of them that was answered
}

// What edges report is filed as a whole or not at all when serve is killed in the
// middle of it, what was answered is there, and what is sent again is filed once.
func TestKilledServerFilesReportsOnce(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(*testing.T) []string{
		"SQLite": func(t *testing.T) []string { return []string{"--data", filepath.Join(t.TempDir(), "data")} },
		"Postgres": func(t *testing.T) []string {
			key := filepath.Join(t.TempDir(), "shared.key")
			if err := seal.MakeFile(key); err != nil {
				t.Fatal(err)
			}
			return []string{"--database", postgrestest.New(t), "--key-file", key}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, flags := &edges{}, place(t)
			for range 3 {
				e.killed(t, flags)
			}
			p := start(t, procura(t), t.TempDir(), nil, append(flags, "--listen", "127.0.0.1:0")...)
			e.whole(t, p.base)
			e.again(t, p.base)
			e.whole(t, p.base)
		})
	}
}

// killed has four edges send until some more batches are answered, and kills the
// server while they send.
func (e *edges) killed(t *testing.T, flags []string) {
	t.Helper()
	p := start(t, procura(t), t.TempDir(), nil, append(flags, "--listen", "127.0.0.1:0")...)
	if e.token == "" {
		e.token, e.auditor = addedClient(t, flags, "wallet-server"), addedClient(t, flags, "auditor")
	}
	enough := e.answered() + 3
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() { e.logs(t.Context(), p.base) })
	}
	clients.Go(func() { e.reportStatus(t.Context(), p.base) })
	for deadline := time.Now().Add(time.Minute); e.answered() < enough; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no traffic: %s", p.said())
		}
	}
	p.cmd.Process.Kill()
	p.wait()
	clients.Wait()
}

func addedClient(t *testing.T, flags []string, role string) server.Token {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), procura(t), append([]string{"client", "add", "--role", role}, flags...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return server.Token(strings.TrimSpace(string(out)))
}

// logs sends batches until the server is gone.
func (e *edges) logs(ctx context.Context, base string) {
	c := &caller{base: base, http: &http.Client{Transport: &http.Transport{}}}
	for n, more := e.next(); more; n, more = e.next() {
		if c.call(ctx, e.token, http.MethodPost, "/logs", batch(n), nil, http.StatusOK) != nil {
			return
		}
		e.mu.Lock()
		e.batches[n] = true
		e.mu.Unlock()
	}
}

// next is the number of a batch that nobody sent yet; false where there is no more room.
func (e *edges) next() (n int, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.batches) == maxBatches {
		return 0, false
	}
	e.batches = append(e.batches, false)
	return len(e.batches) - 1, true
}

// batch is the batch of a number, whose lines have its number in their id.
func batch(n int) (lines []any) {
	for i := range batchLines {
		lines = append(lines, map[string]any{
			"decision_id": fmt.Sprintf("%d-%d", n, i), "path": "procura/f/" + strings.Repeat("0", 32) + "/decision",
			"result": map[string]any{"decision": "permit"},
		})
	}
	return lines
}

// reportStatus sends the status of one instance until the server is gone.
func (e *edges) reportStatus(ctx context.Context, base string) {
	c := &caller{base: base, http: &http.Client{Transport: &http.Transport{}}}
	for {
		e.statuses++
		status := map[string]any{"labels": map[string]any{"id": "one"}, "n": e.statuses}
		if c.call(ctx, e.token, http.MethodPost, "/status", status, nil, http.StatusNoContent) != nil {
			return
		}
		e.kept = e.statuses
	}
}

func (e *edges) answered() (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, done := range e.batches {
		if done {
			n++
		}
	}
	return n
}

// again sends again what was not answered, as OPA does.
func (e *edges) again(t *testing.T, base string) {
	t.Helper()
	c := &caller{base: base, http: http.DefaultClient}
	for n, done := range e.batches {
		if done {
			continue
		}
		var a struct{ Filed, Again int }
		if err := c.call(t.Context(), e.token, http.MethodPost, "/logs", batch(n), &a, http.StatusOK); err != nil {
			t.Fatal(err)
		}
		if a.Filed+a.Again != batchLines || a.Filed != 0 && a.Again != 0 {
			t.Errorf("batch %d, sent again: %d lines are new and %d were there, want all of one", n, a.Filed, a.Again)
		}
		e.batches[n] = true
	}
}

// whole reads all that is filed: each batch once and whole, or, where it was not
// answered, not at all; and of the instance one status, none older than was answered.
func (e *edges) whole(t *testing.T, base string) {
	t.Helper()
	filed, ids := map[int]int{}, map[string]bool{}
	for _, m := range e.read(t, base, "/logs") {
		if ids[m.Line.ID] {
			t.Errorf("%s is filed twice", m.Line.ID)
		}
		ids[m.Line.ID] = true
		var n, i int
		if _, err := fmt.Sscanf(m.Line.ID, "%d-%d", &n, &i); err != nil {
			t.Fatal(err)
		}
		filed[n]++
	}
	for n, done := range e.batches {
		if filed[n] != batchLines && (done || filed[n] != 0) {
			t.Errorf("batch %d, answered: %v: %d lines are filed, want all of %d", n, done, filed[n], batchLines)
		}
	}
	list := e.read(t, base, "/status")
	if len(list) != 1 || list[0].Status.N < e.kept || list[0].Status.N > e.statuses {
		t.Errorf("status: %v, want one from %d to %d", list, e.kept, e.statuses)
	}
}

type report struct {
	Seq  int64
	Line struct {
		ID string `json:"decision_id"`
	}
	Status struct{ N int }
}

// read reads every page at a path.
func (e *edges) read(t *testing.T, base, path string) (all []report) {
	t.Helper()
	for after := int64(0); ; after = all[len(all)-1].Seq {
		page := e.page(t, fmt.Sprintf("%s%s?after=%d", base, path, after))
		if len(page) == 0 {
			return all
		}
		for line := range bytes.Lines(page) {
			var m report
			if err := json.Unmarshal(line, &m); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			all = append(all, m)
		}
	}
}

func (e *edges) page(t *testing.T, url string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+string(e.auditor))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v %s", url, resp.Status, err, raw)
	}
	return raw
}
