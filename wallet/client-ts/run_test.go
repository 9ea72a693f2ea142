// Package client_test holds the wallet's client in TypeScript to the packages of
// the wallet in Go: vectors, names, OPAQUE, and the channel; in Node, and in a
// browser without a head. `make tools` installs what it is built with.
package client_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// missing skips a test by name; under CI=true it fails.
func missing(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("the client in TypeScript cannot be tested, %s: %v", what, err)
	}
	t.Skipf("SKIPPED, the client in TypeScript cannot be tested, %s (make tools installs it): %v", what, err)
}

// compiled is the client, built once.
var compiled = sync.OnceValues(func() ([]byte, error) {
	return exec.Command("node", "node_modules/typescript/bin/tsc").CombinedOutput()
})

func build(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node", err)
	}
	if _, err := os.Stat("node_modules/.package-lock.json"); err != nil {
		missing(t, "its packages", err)
	}
	if said, err := compiled(); err != nil {
		t.Fatalf("building the client: %v\n%s", err, said)
	}
}

// A task is what tasks.js of the tests does.
type task struct {
	Task    string `json:"task"`
	Request any    `json:"request"`
}

// outcome is what became of one.
type outcome struct {
	Done   json.RawMessage `json:"done"`
	Failed string          `json:"failed"`
}

func (o outcome) read(t testing.TB, answer any) {
	t.Helper()
	if o.Failed != "" {
		t.Fatal(o.Failed)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(o.Done, answer); err != nil {
		t.Fatalf("%.200q: %v", o.Done, err)
	}
}

// inNode does a task in Node.
func inNode(t testing.TB, name string, request, answer any) {
	t.Helper()
	build(t)
	in, err := json.Marshal(task{name, request})
	if err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	c := exec.CommandContext(t.Context(), "node", "test/node.js")
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &problems
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, problems.String())
	}
	var o outcome
	if err := json.Unmarshal(out.Bytes(), &o); err != nil {
		t.Fatalf("%.200q: %v", out.String(), err)
	}
	o.read(t, answer)
}

// browsers are the names that Chromium goes by.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "chrome"}

func browser(t testing.TB) string {
	t.Helper()
	var err error
	for _, name := range browsers {
		var path string
		if path, err = exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "a browser", err)
	return ""
}

// A page does one task. It is served from where the server is that it asks, as
// browsers want it.
type page struct {
	server http.Handler
	task   task
	done   chan outcome
}

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/request":
		_ = json.NewEncoder(w).Encode(p.task)
	case r.URL.Path == "/answer":
		var o outcome
		raw, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(raw, &o); err != nil {
			o.Failed = err.Error()
		}
		p.done <- o
	case r.Method == http.MethodGet && (len(r.URL.Path) > 5 && r.URL.Path[:5] != "/v1/t"):
		http.FileServer(http.Dir(".")).ServeHTTP(w, r)
	default:
		p.server.ServeHTTP(w, r)
	}
}

// inBrowser does a task in Chromium; request may want to know where the server is.
func inBrowser(t testing.TB, server http.Handler, name string, request func(url string) any, answer any) {
	t.Helper()
	build(t)
	program := browser(t)
	p := &page{server: server, done: make(chan outcome, 1)}
	web := httptest.NewServer(p)
	defer web.Close()
	p.task = task{name, request(web.URL)}
	c := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--user-data-dir="+t.TempDir(), web.URL+"/test/browser.html")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // with the processes that it started
		_ = c.Wait()
	}()
	select {
	case o := <-p.done:
		o.read(t, answer)
	case <-time.After(2 * time.Minute):
		t.Fatal("the browser does not answer")
	}
}
