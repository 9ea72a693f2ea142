package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

var campRoot = compile.Root(camp, "1.0.0")

func logLine(id, root string) string {
	return `{"decision_id": "` + id + `", "path": "` + root + `/decision", "labels": {"id": "x"}, "new in OPA": [1], "result": {"decision": "permit"}}`
}

func gzipped(t testing.TB, body string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lines are the lines of an answer.
func (a *answer) lines(t testing.TB) (list []map[string]any) {
	t.Helper()
	for line := range bytes.Lines(a.body) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		list = append(list, m)
	}
	return list
}

func TestLogs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stranger := h.client(elsewhere, "theirs", server.RoleAuthor)
	theirs := h.client(elsewhere, "auditor", server.RoleAuditor)
	h.wants("publishing elsewhere", h.put(stranger, copiedPath+"1.0.0", copyOf(t, "1.0.0")), 201, "")
	batch := "[" + strings.Join([]string{
		logLine("a", campRoot), logLine("b", "/"+campRoot), logLine("c", compile.Root(copied, "1.0.0")), logLine("d", "procura/f/"+strings.Repeat("0", 32)),
		logLine("a", campRoot),
		`1`, `null`, `{"?": 1}`, logLine("", campRoot), logLine("e", "system"), logLine("f", campRoot+"/x"), logLine("g\\n", campRoot),
		`{"Decision_id": "h", "PATH": "` + campRoot + `/decision"}`, logLine("i", campRoot+strings.Repeat(" ", 128<<10)),
	}, ",") + "]"
	for _, want := range []string{"filed:4 again:1", "filed:0 again:5"} {
		a := h.call(server.RoleVerifier, "POST", "/logs", gzipped(t, batch), "Content-Encoding", "gzip")
		h.wants("filing", a, 200, "")
		m := a.json(t)
		var lines []any
		for _, r := range m["refused"].([]any) {
			lines = append(lines, r.(map[string]any)["line"])
		}
		if got := fmt.Sprintf("filed:%v again:%v", m["filed"], m["again"]); got != want || fmt.Sprint(lines) != "[5 6 7 8 9 10 11 12 13]" {
			t.Errorf("%s, want %s; refused %s", got, want, a.body)
		}
	}
	h.wants("plain", h.call(server.RoleAuthor, "POST", "/logs", "["+logLine("a", campRoot)+"]"), 200, "")
	ids := func(token server.Token, query string) (out []any) {
		t.Helper()
		for _, m := range h.as(token, "GET", "/logs"+query, "").lines(t) {
			out = append(out, m["line"].(map[string]any)["decision_id"])
		}
		return out
	}
	auditor := h.tokens[server.RoleAuditor]
	for query, want := range map[string]string{"": "[a b c d a]", "?framework=Refugee%20Camp%20Guardianship": "[a b a]", "?framework=": "[c d]", "?framework=" + strings.ReplaceAll(copied, " ", "%20"): "[]", "?after=3": "[d a]", "?after=99": "[]"} {
		if got := fmt.Sprint(ids(auditor, query)); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	if got := ids(theirs, ""); got != nil {
		t.Errorf("another tenant reads %v", got)
	}
	for _, after := range []string{"", "-1", "x", "1e3", "99999999999999999999"} {
		h.wants("after "+after, h.call(server.RoleAuditor, "GET", "/logs?after="+after, ""), 422, "")
	}
	h.wants("reading as an edge", h.call(server.RoleVerifier, "GET", "/logs", ""), 403, "")
	h.wants("filing as an auditor", h.call(server.RoleAuditor, "POST", "/logs", "[]"), 403, "")
	h.wants("filing without a token", h.call("", "POST", "/logs", "[]"), 401, "")
	if err := h.store.Sweep(t.Context(), h.clock.now().Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := ids(auditor, ""); got != nil {
		t.Errorf("kept after 30 days: %v", got)
	}
}

func TestStatusOfEdges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, body := range []string{`{"labels": {"id": "one"}, "n": 1}`, `{"labels": {"id": "two"}}`, `{"labels": {"id": "one"}, "n": 2}`} {
		h.wants("filing", h.call(server.RoleVerifier, "POST", "/status", gzipped(t, body), "Content-Encoding", "gzip"), 204, "")
	}
	list := h.call(server.RoleAuditor, "GET", "/status", "").lines(t)
	if len(list) != 2 || !reflect.DeepEqual(list[1]["status"], map[string]any{"labels": map[string]any{"id": "one"}, "n": 2.0}) {
		t.Errorf("%v", list)
	}
	for _, body := range []string{`{"labels": 1}`, `{"labels": {"id": 1}}`, `{"labels": {"ID": "x"}}`, `{"Labels": {"id": "x"}}`, `{"labels": {"id": "é"}}`} {
		h.wants(body, h.call(server.RoleVerifier, "POST", "/status", body), 422, "")
	}
	h.wants("large", h.call(server.RoleVerifier, "POST", "/status", `{"labels": {"id": "x"}, "n": "`+strings.Repeat("x", 128<<10)+`"}`), 413, "")
}

// What comes compressed is bounded by what it unpacks to.
func TestCompressedReports(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, test := range map[string]struct {
		body, encoding string
		want           int
	}{
		"a bomb":        {gzipped(t, "["+strings.Repeat(" ", 64<<20)+"]"), "gzip", 413},
		"deep":          {gzipped(t, strings.Repeat("[", 100_000)), "gzip", 400},
		"cut":           {gzipped(t, strings.Repeat("[1]", 1000))[:30], "gzip", 400},
		"cut head":      {"\x1f\x8b", "gzip", 415},
		"another":       {"[]", "deflate", 415},
		"twice":         {gzipped(t, gzipped(t, "[]")), "gzip", 400},
		"twice, as two": {gzipped(t, "[]"), "gzip, gzip", 415},
		"many lines":    {gzipped(t, "[1"+strings.Repeat(",1", 10_000)+"]"), "gzip", 422},
		"no end":        {gzipped(t, "[{}"), "gzip", 400},
		"another end":   {gzipped(t, "[{}}"), "gzip", 400},
		"one missing":   {gzipped(t, "[{},]"), "gzip", 400},
		"more after it": {gzipped(t, "[{}] 1"), "gzip", 400},
		"a name twice":  {gzipped(t, `[{"a": {"b": 1, "\u0062": 2}}]`), "gzip", 400},
		"no UTF-8":      {gzipped(t, "[\"\xff\"]"), "gzip", 400},
		"large":         {strings.Repeat(" ", 1<<20+1), "gzip", 413},
	} {
		for _, path := range []string{"/logs", "/status"} {
			// Not over a connection: one that is refused early is closed while it still sends.
			w := send(t, h.server, h.tokens[server.RoleVerifier], "POST", path, "application/json", test.body, "Content-Encoding", test.encoding)
			if w.Code != test.want {
				t.Errorf("%s to %s: %d %s", name, path, w.Code, w.Body)
			}
		}
	}
}

// What is wrong with a line is told by where it is in the batch.
func TestLogsThatAreNotRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	batch := `[ {"a": 1}, {"b": 1, "b": 2}]`
	a := h.call(server.RoleVerifier, "POST", "/logs", batch)
	h.wants("a name twice", a, 400, "malformed")
	if at := strings.Index(batch, `"b": 2`); !strings.Contains(string(a.body), fmt.Sprintf("byte %d", at)) {
		t.Errorf("%s, want byte %d", a.body, at)
	}
}

// What a few kilobytes unpack to is no tree of hundreds of megabytes. Not parallel:
// it counts what the process makes.
func TestCompressedReportsTakeLittle(t *testing.T) {
	h := newHouse(t)
	bomb := gzipped(t, `[{"a":1}`+strings.Repeat(`,{"a":1}`, 1_300_000)+"]")
	for _, path := range []string{"/logs", "/status"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := send(t, h.server, h.tokens[server.RoleVerifier], "POST", path, "application/json", bomb, "Content-Encoding", "gzip")
		runtime.ReadMemStats(&after)
		if made := (after.TotalAlloc - before.TotalAlloc) >> 20; w.Code < 400 || w.Code >= 500 || made > 150 {
			t.Errorf("%s: %d bytes are answered with %d, and make %d MiB", path, len(bomb), w.Code, made)
		}
	}
}

// A stock OPA reports its decisions and its status, with the mask and without.
func TestStockOPAReports(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mask   string
		masked bool
	}{"as our bundles mask": {"", true}, "with inputs": {"/procura/keep", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := openSQLite(t)
			s := &withdrawalStory{campStory: newStory(t, store, store)}
			h := s.houses[0]
			s.author = h.client(server.DefaultTenant, "author", server.RoleAuthor)
			auditor := h.client(server.DefaultTenant, "an auditor", server.RoleAuditor)
			h.wants("publishing", h.put(s.author, copiedPath+"1.0.0", copyOf(t, "1.0.0")), 201, "")
			_, input := s.decided()
			e := newEdge(t, h, s.author, "bundles/all.tar.gz")
			e.reports(test.mask)
			e.start()
			e.until("pulled", compile.Root(copied, "1.0.0"), input, "permit")
			line := e.reported(h, auditor, "/logs?framework=Second%20Camp")["line"].(map[string]any)
			e.reported(h, auditor, "/status")
			if _, kept := line["input"]; kept == test.masked || line["result"] == nil {
				t.Errorf("masked %v: %v", test.masked, line)
			}
		})
	}
}

// reports configures an edge to report to whom it pulls from.
func (e *edge) reports(mask string) {
	e.Helper()
	raw, err := os.ReadFile(e.config)
	if err != nil {
		e.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		e.Fatal(err)
	}
	logs := map[string]any{"service": "procura", "reporting": map[string]any{"min_delay_seconds": 1, "max_delay_seconds": 1}}
	if mask != "" {
		logs["mask_decision"] = mask
	}
	m["decision_logs"], m["status"] = logs, map[string]any{"service": "procura"}
	if raw, err = json.Marshal(m); err == nil {
		err = os.WriteFile(e.config, raw, 0o600)
	}
	if err != nil {
		e.Fatal(err)
	}
}

// reported waits for a first line of a page, a minute at most.
func (e *edge) reported(h *house, auditor server.Token, path string) map[string]any {
	e.Helper()
	for range 120 {
		for _, m := range h.as(auditor, "GET", path, "").lines(e) {
			if l, ok := m["line"].(map[string]any); !ok || l["result"] != nil { // asked before it had the bundle: undefined
				return m
			}
		}
		time.Sleep(500 * time.Millisecond)
	}
	e.Fatalf("nothing at %s\n%s", path, e.log)
	return nil
}
