package server_test

import "testing"

// Whatever an edge sends is taken or refused, and what is taken can be read.
func FuzzLogs(f *testing.F) {
	fuzzReports(f, "/logs", "["+logLine("a", campRoot)+"]", `[{"decision_id": "x", "path": "`+campRoot+`/decision"}, 1]`)
}

func FuzzStatus(f *testing.F) {
	fuzzReports(f, "/status", `{"labels": {"id": "x"}}`, `{"labels": {"id": "\u0000"}}`)
}

func fuzzReports(f *testing.F, path string, seeds ...string) {
	f.Helper()
	srv, tokens := fuzzed(f)
	for _, seed := range append(seeds, "", "[]", "null", "[[]]") {
		f.Add(seed, false)
		f.Add(gzipped(f, seed), true)
	}
	f.Fuzz(func(t *testing.T, body string, packed bool) {
		var headers []string
		if packed {
			headers = []string{"Content-Encoding", "gzip"}
		}
		w := send(t, srv, tokens["verifier"], "POST", path, "application/json", body, headers...)
		if w.Code >= 500 || w.Code == 401 || w.Code == 403 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
