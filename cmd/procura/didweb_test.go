package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/procura-dev/procura/server"
)

// A framework lists a did:web. A server that is allowed its host permits; one
// that is not, over the same data, says that the DID cannot be resolved.
func TestServedWebIssuer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "procura", args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("procura %v: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	const id = "did:web:" + siteHost + ":north"
	run("credential", "key", "-o", "office.jwk")
	holder := run("credential", "key", "-o", "nour.jwk")
	write("school.yaml", strings.Replace(run("framework", "new", "School Run"), "{by: registry, registry: schools}", "{by: registry, registry: schools}\n  - {by: did, did: '"+id+"'}", 1))
	run("framework", "compile", "school.yaml", "-o", "school")
	run("credential", "issue", "school/examples/WayHome.json", "--key", "office.jwk", "--as", id+"#1", "--holder", holder, "--valid-for", "24h", "-o", "card.jwt")
	site, err := serveDocument([]byte(read("office.jwk")), id+"#1", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(site.Close)
	write("ca.pem", string(site.certificate))
	allow := "host=" + siteHost + ",address=" + site.Listener.Addr().String() + ",caFile=ca.pem"
	token := ""
	for _, c := range []struct {
		flags    []string
		nonce    string
		decision string
		code     string
	}{
		{nil, "0123456789012345678901", "deny", "did.unresolvable"},
		{[]string{"--fetch-allow", allow}, "0123456789012345678902", "permit", ""},
	} {
		p := start(t, procura(t), dir, nil, append([]string{"--listen", "127.0.0.1:0", "--framework", "school.yaml"}, c.flags...)...)
		if token == "" {
			token = run("client", "add", "--role", "verifier", "--name", "gate", "--domain", "gate.example")
		}
		write("request.json", `{"permissions": ["collect"], "proxied": {"attributes": {"pupilNumber": "004217"}}, "framework": {"name": "School Run"},
			"nonce": "`+c.nonce+`", "domain": "gate.example"}`)
		run("credential", "present", "--key", "nour.jwk", "--credential", "card.jwt", "--challenge", "request.json", "-o", "shown.jwt")
		body := map[string]any{
			"request": map[string]any{"permissions": []any{"collect"}, "proxied": map[string]any{"attributes": map[string]any{"pupilNumber": "004217"}}, "framework": map[string]any{"name": "School Run"}},
			"nonce":   c.nonce, "domain": "gate.example", "presentations": []any{strings.TrimSpace(read("shown.jwt"))},
		}
		var answer struct {
			Decision string
			Reasons  []struct{ Code, Message string }
		}
		client := &caller{base: p.base, http: http.DefaultClient}
		if err := client.call(t.Context(), server.Token(token), http.MethodPost, "/v1/evaluations", body, &answer, http.StatusOK); err != nil {
			t.Fatal(err)
		}
		raw, _ := json.Marshal(answer)
		if answer.Decision != c.decision || !strings.Contains(string(raw), c.code) || strings.Contains(string(raw), "127.0.0.1") {
			t.Errorf("serve %v: %s", c.flags, raw)
		}
		_ = p.cmd.Process.Signal(os.Interrupt)
		_ = p.wait()
	}
}
