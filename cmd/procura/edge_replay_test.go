package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// What a stock OPA decided by the bundle that it pulled, logged and sent is replayed
// as an auditor reads it, with the copy of the bundle that this OPA keeps.
func TestReplayOfWhatAnEdgeReported(t *testing.T) {
	t.Parallel()
	opa, err := stockOPAPath()
	if err != nil {
		needed(t, "stock opa", err)
	}
	dir := t.TempDir()
	data := []string{"--data", filepath.Join(dir, "data")}
	p := start(t, procura(t), dir, nil, append(data, "--listen", "127.0.0.1:0", "--example", "example")...)
	tr := &traffic{}
	tr.load(t, dir)
	e := &edges{auditor: addedClient(t, data, "auditor")}
	address := runEdge(t, opa, dir, p.base, addedClient(t, data, "author"))
	ask(t, address, tr.decidedInput(t, p.base))
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		page := e.page(t, p.base+"/logs?framework="+strings.ReplaceAll(campName, " ", "%20"))
		if line, ok := permitLine(page); ok {
			write(t, filepath.Join(dir, "decision.json"), line)
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no line of a permit was filed: %s", page)
		}
	}
	kept, err := os.ReadFile(filepath.Join(dir, "kept", "bundles", "procura", "bundle.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "bundle.tar.gz"), kept)
	replayed(t, dir)
	replayed(t, dir, "--opa", opa)
}

// decidedInput is what a permit of the server's was decided by, but for what it heard of
// withdrawals: for that an edge has its bundle.
func (tr *traffic) decidedInput(t *testing.T, base string) map[string]any {
	t.Helper()
	body, err := tr.evaluation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var raw json.RawMessage
	c := &caller{base: base, http: http.DefaultClient}
	if err := c.call(t.Context(), tr.token, http.MethodPost, "/v1/evaluations?include=input", json.RawMessage(body), &raw, http.StatusOK); err != nil {
		t.Fatal(err)
	}
	var answer struct{ Input map[string]any }
	numbers := json.NewDecoder(bytes.NewReader(raw))
	numbers.UseNumber() // nanoseconds are more than a float64 holds
	if err := numbers.Decode(&answer); err != nil {
		t.Fatal(err)
	}
	delete(answer.Input, "withdrawn")
	delete(answer.Input, "withdrawalsAsOf")
	delete(answer.Input["derived"].(map[string]any), "withdrawalsAsOf")
	return answer.Input
}

// runEdge runs a stock OPA that pulls all bundles, and reports what it decides with
// its inputs. It returns its address.
func runEdge(t *testing.T, opa, dir, base string, token server.Token) string {
	t.Helper()
	download(t, base+"/bundles/keys?as=opa", filepath.Join(dir, "keys.yaml"))
	raw, err := os.ReadFile(filepath.Join(dir, "keys.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var listed struct{ Keys map[string]map[string]string }
	if err := yaml.Unmarshal(raw, &listed); err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{
		"services":              map[string]any{"procura": map[string]any{"url": base, "credentials": map[string]any{"bearer": map[string]any{"token": string(token)}}}},
		"bundles":               map[string]any{"procura": map[string]any{"service": "procura", "resource": "bundles/all.tar.gz", "persist": true, "signing": map[string]any{}, "polling": map[string]any{"min_delay_seconds": 1, "max_delay_seconds": 1}}},
		"keys":                  listed.Keys,
		"decision_logs":         map[string]any{"service": "procura", "mask_decision": "/procura/keep", "reporting": map[string]any{"min_delay_seconds": 1, "max_delay_seconds": 1}},
		"persistence_directory": filepath.Join(dir, "kept"),
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "config.json"), config)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	var said text
	run := exec.CommandContext(t.Context(), opa, "run", "--server", "--disable-telemetry", "--addr", address, "--config-file", filepath.Join(dir, "config.json"))
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Kill()
		_ = run.Wait() // it is killed
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return "http://" + address
}

// ask asks an edge until it permits; a minute at most.
func ask(t *testing.T, address string, input map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"input": input})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		resp, err := http.Post(address+"/v1/data/"+compile.Root(campName, "1.0.0")+"/decision", "application/json", bytes.NewReader(body))
		if err != nil {
			got = err.Error()
			continue
		}
		var a struct {
			Result struct {
				Decision string
				Reasons  any
			}
		}
		err = json.NewDecoder(resp.Body).Decode(&a)
		resp.Body.Close()
		if err == nil && a.Result.Decision == "permit" {
			return
		}
		got = fmt.Sprint(a, err)
	}
	t.Fatalf("the edge answers %s, want a permit", got)
}

// permitLine finds the line of a permit on a page.
func permitLine(page []byte) ([]byte, bool) {
	for line := range bytes.Lines(page) {
		var m struct {
			Line struct{ Result struct{ Decision string } }
		}
		if json.Unmarshal(line, &m) == nil && m.Line.Result.Decision == "permit" {
			return line, true
		}
	}
	return nil, false
}

func write(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
