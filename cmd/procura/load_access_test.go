package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

// aliceReads permits by the certification fixture.
const aliceReads = `"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}`

// BenchmarkServeAccess is POST /access/v1/evaluation as a caller has it, beside
// stock OPA answering POST /v1/data for the same policy and input, in turns of the
// same run: each in a process of its own, over TCP with keep-alive. The server
// checks a token, and OPA none. The targets are 1.1 procura/opa in requests a
// second (1.3 wanted), and 20 batch/one for a batch of 100
// different questions.
func BenchmarkServeAccess(b *testing.B) {
	dir := b.TempDir()
	p := start(b, filepath.Join(folder(b), "bin", "procura"), dir, nil, "--listen", "127.0.0.1:0", "--example", "example", "--rate-client", "none")
	tr := answered(b, p, dir)
	one := tr.post("/access/v1/evaluation", "{"+aliceReads+"}")
	batch := tr.post("/access/v1/evaluations", "{"+aliceReads+`,"evaluations":[`+strings.Join(hundred(), ",")+"]}")
	same := tr.post("/v1/data/procura/authzen/answer", `{"input":{"context":{},"proxy":null,`+
		`"subject":{"type":"user","id":"alice","properties":{}},"action":{"name":"read","properties":{}},"resource":{"type":"record","id":"record-1","properties":{}}}}`)
	ours, opa := strings.TrimPrefix(p.base, "http://"), servedOPA(b)
	var took [3]time.Duration // of one, of the same by OPA, of a batch
	for b.Loop() {
		took[0] += turn(b, ours, one, 2000)
		took[1] += turn(b, opa, same, 2000)
		took[2] += turn(b, ours, batch, 100)
	}
	b.ReportMetric(float64(2000*b.N)/took[0].Seconds(), "requests/s")
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "procura/opa")
	b.ReportMetric(20*took[2].Seconds()/took[0].Seconds(), "batch/one")
}

// hundred are items of a batch, no two the same: half of them of what nothing is
// known, which is denied.
func hundred() (items []string) {
	for n := range 50 {
		items = append(items,
			fmt.Sprintf(`{"subject":{"type":"user","id":"alice","properties":{"n":%d}}}`, n),
			fmt.Sprintf(`{"subject":{"type":"user","id":"user-%d"},"resource":{"type":"record","id":"record %d"}}`, n, n))
	}
	return items
}

// turn sends a request n times by all callers.
func turn(b *testing.B, addr string, request []byte, n int) time.Duration {
	b.Helper()
	requests := make([][]byte, n)
	for i := range requests {
		requests[i] = request
	}
	began := time.Now()
	if _, permitted := load(b, addr, requests); permitted != n {
		b.Fatalf("%s: %d of %d were permitted", addr, permitted, n)
	}
	return time.Since(began)
}

// answered has wallet servers answered by the certification fixture, and gives the
// token of one.
func answered(b *testing.B, p *process, dir string) *traffic {
	b.Helper()
	run := func(args ...string) string {
		cmd := exec.CommandContext(b.Context(), p.cmd.Path, args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(args, err)
		}
		return strings.TrimSpace(string(out))
	}
	author := run("client", "add", "--role", "author")
	run("policyset", "publish", "example/policysets/certification", "certification", "1.0.0", "--server", p.base, "--token", author)
	run("policyset", "activate", "certification", "1.0.0", "--server", p.base, "--token-file", ".procura/data/admin.token")
	return &traffic{token: server.Token(run("client", "add", "--role", "wallet-server"))}
}

// servedOPA starts opa run over the certification fixture, and gives its address.
func servedOPA(b *testing.B) string {
	b.Helper()
	path, err := stockOPAPath()
	if err != nil {
		needed(b, "stock opa", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	const sets = "../../policies/authz/"
	cmd := exec.Command(path, "run", "--server", "--addr", addr, "--log-level", "error", "--disable-telemetry",
		sets+"answer.rego", sets+"proxy.rego", sets+"certification/authz.rego")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 600 {
		if resp, err := http.Get(fmt.Sprintf("http://%s/health", addr)); err == nil {
			resp.Body.Close()
			return addr
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal("opa does not listen")
	return ""
}
