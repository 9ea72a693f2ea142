package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// An edge is stock OPA, which pulls bundles from a house.
type edge struct {
	testing.TB
	dir, command, config string
	client               *http.Client
	kill                 context.CancelFunc
	ended                chan struct{}
	log                  *safeBuffer
}

// opaCommand finds the opa that make tools installs, or one on PATH.
func opaCommand(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs("../.cache/bin/opa")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		path, err = exec.LookPath("opa")
	}
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("opa is missing: make tools installs it")
	}
	if err != nil {
		t.Skip("SKIPPED: opa is missing: make tools installs it")
	}
	return path
}

// newEdge configures one that pulls a resource with a token and keeps it.
func newEdge(t testing.TB, h *house, token server.Token, resource string) *edge {
	t.Helper()
	e := &edge{TB: t, command: opaCommand(t)}
	var err error
	if e.dir, err = os.MkdirTemp("", "edge"); err != nil { // the path of a socket must be short
		t.Fatal(err)
	}
	keys := h.as("", "GET", "/bundles/keys?as=opa", "").json(t)["keys"]
	raw, err := json.Marshal(map[string]any{
		"services":              map[string]any{"procura": map[string]any{"url": h.url, "credentials": map[string]any{"bearer": map[string]any{"token": string(token)}}}},
		"bundles":               map[string]any{"procura": map[string]any{"service": "procura", "resource": resource, "persist": true, "signing": map[string]any{}, "polling": map[string]any{"min_delay_seconds": 1, "max_delay_seconds": 1, "long_polling_timeout_seconds": 30}}},
		"keys":                  keys,
		"persistence_directory": filepath.Join(e.dir, "kept"),
	})
	if err != nil {
		t.Fatal(err)
	}
	e.config = filepath.Join(e.dir, "config.json")
	if err := os.WriteFile(e.config, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	e.client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(e.dir, "s"))
	}}}
	t.Cleanup(func() { e.stop(); os.RemoveAll(e.dir) })
	return e
}

// start runs it until stop.
func (e *edge) start() {
	e.Helper()
	ctx, kill := context.WithCancel(context.Background())
	e.kill, e.ended, e.log = kill, make(chan struct{}), &safeBuffer{}
	run := exec.CommandContext(ctx, e.command, "run", "--server", "--disable-telemetry", "--addr", "unix://"+filepath.Join(e.dir, "s"), "--config-file", e.config)
	run.Stdout, run.Stderr = e.log, e.log
	if err := run.Start(); err != nil {
		e.Fatal(err)
	}
	ended := e.ended
	go func() {
		_ = run.Wait() // it is killed
		close(ended)
	}()
}

func (e *edge) stop() {
	if e.kill == nil {
		return
	}
	e.kill()
	<-e.ended
	os.Remove(filepath.Join(e.dir, "s"))
	e.kill = nil
}

// decision asks what it decides; nil where it does not answer, or has none.
func (e *edge) decision(root string, input any) map[string]any {
	e.Helper()
	raw, err := json.Marshal(map[string]any{"input": input})
	if err != nil {
		e.Fatal(err)
	}
	r, err := http.NewRequestWithContext(e.Context(), "POST", "http://edge/v1/data/"+root+"/decision", bytes.NewReader(raw))
	if err != nil {
		e.Fatal(err)
	}
	a, err := e.client.Do(r)
	if err != nil {
		return nil
	}
	defer a.Body.Close()
	var m struct{ Result map[string]any }
	if err := json.NewDecoder(a.Body).Decode(&m); err != nil {
		e.Fatal(err)
	}
	return m.Result
}

// until asks until it decides so; a minute at most.
func (e *edge) until(what, root string, input any, want string) map[string]any {
	e.Helper()
	for range 600 {
		if d := e.decision(root, input); d != nil && d["decision"] == want {
			return d
		}
		time.Sleep(100 * time.Millisecond)
	}
	e.Fatalf("%s: it decides %v, want %s\n%s", what, e.decision(root, input), want, e.log)
	return nil
}

// decided is what a house decided of a credential of the copied camp's, and the
// input, without what it heard of withdrawals: for that an edge has its bundle.
func (s *withdrawalStory) decided() (decision, input map[string]any) {
	s.Helper()
	nonce := fmt.Sprintf("withdrawal-%020d", 77)
	a := s.houses[0].call(server.RoleVerifier, "POST", "/v1/evaluations?include=input", `{"request": {"permissions": ["school"], "proxied": {"id": "did:example:laila"},
		"framework": {"name": "`+copied+`"}}, "presentations": ["`+s.present(s.amina, nonce, s.credentialOf(s.amina, copied, copiedURI, "1.0.0"))+`"],
		"nonce": "`+nonce+`", "domain": "camp.example"}`)
	decision = s.wants("deciding", a, "permit")
	input = decision["input"].(map[string]any)
	delete(input, "withdrawalsAsOf")
	delete(input["derived"].(map[string]any), "withdrawalsAsOf")
	return decision, input
}

// Stock OPA pulls over HTTP what we serve and decides as we do, without us too;
// what is withdrawn is withdrawn there, and what changed on the way is refused.
func TestStockOPAPulls(t *testing.T) {
	t.Parallel()
	store := openSQLite(t)
	s := &withdrawalStory{campStory: newStory(t, store, store)}
	h := s.houses[0]
	s.author = h.client(server.DefaultTenant, "author", server.RoleAuthor)
	h.wants("publishing", h.put(s.author, copiedPath+"1.0.0", copyOf(t, "1.0.0")), 201, "")
	ours, input := s.decided()
	root := compile.Root(copied, "1.0.0")
	e := newEdge(t, h, s.author, "bundles/all.tar.gz")
	e.start()
	theirs := e.until("pulled", root, input, "permit")
	for _, member := range []string{"permissions", "principals", "obligations"} {
		if !reflect.DeepEqual(plainOf(t, ours[member]), plainOf(t, theirs[member])) {
			t.Errorf("%s: %v, ours %v", member, theirs[member], ours[member])
		}
	}
	e.stop()
	web := h.url
	h.url = "http://127.0.0.1:1" // nobody is there
	away := *e
	away.config = e.elsewhere(web, h.url)
	away.start()
	away.until("without us", root, input, "permit")
	away.stop()
	h.url = web
	e.start()
	defer e.stop()
	e.until("back", root, input, "permit")
	h.wants("withdrawing", h.as(s.author, "POST", copiedPath+"1.0.0/withdrawal", `{"reason": "a fault"}`), 201, "")
	if d := e.until("withdrawn", root, input, "deny"); !strings.Contains(fmt.Sprint(d["reasons"]), "framework.withdrawn") {
		t.Errorf("denied for %v", d["reasons"])
	}
}

// elsewhere is the configuration for a house at another address.
func (e *edge) elsewhere(was, is string) string {
	e.Helper()
	raw, err := os.ReadFile(e.config)
	if err != nil {
		e.Fatal(err)
	}
	path := filepath.Join(e.dir, "elsewhere.json")
	if err := os.WriteFile(path, bytes.ReplaceAll(raw, []byte(was), []byte(is)), 0o600); err != nil {
		e.Fatal(err)
	}
	return path
}

// plainOf is a value after a way through JSON.
func plainOf(t testing.TB, v any) (out any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}
