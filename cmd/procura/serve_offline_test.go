package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
)

// A gate is a folder where the command runs: a school's card, and who shows it.
type gate struct {
	*testing.T
	program, dir string
}

// run is what a command prints.
func (g *gate) run(args ...string) string {
	g.Helper()
	cmd := exec.CommandContext(g.Context(), g.program, args...)
	var said strings.Builder
	cmd.Dir, cmd.Stderr = g.dir, &said
	out, err := cmd.Output()
	if err != nil {
		g.Fatalf("%v: %v, %s", args, err, said.String())
	}
	return strings.TrimSpace(string(out))
}

func (g *gate) write(name, text string) {
	g.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o600); err != nil {
		g.Fatal(err)
	}
}

// packs are made by a server on SQLite that ends with them: one before a withdrawal,
// and one after.
func (g *gate) packs() {
	g.Helper()
	office := g.run("credential", "key", "-o", "office.jwk")
	g.write("school.yaml", strings.NewReplacer(
		"clockSkew: PT1M", "offlineMaxAge: P1D",
		"  - {by: registry, registry: schools}\n", "  - {by: registry, registry: schools}\n  - {by: did, did: \""+office+"\"}\n",
	).Replace(string(trustframeworks.New("School Run"))))
	p := start(g, g.program, g.dir, nil, "--data", "d", "--listen", "127.0.0.1:0")
	download(g.T, p.base+"/bundles/keys?as=opa", filepath.Join(g.dir, "keys.yaml"))
	g.write("ann.token", g.run("client", "add", "--data", "d", "--role", "author"))
	author := []string{"--server", p.base, "--token-file", "ann.token"}
	g.run(append([]string{"framework", "publish", "school.yaml"}, author...)...)
	g.run("framework", "compile", "school.yaml", "-o", "school")
	g.run("pack", "create", "--data", "d", "--framework", "School Run", "-o", "before.pack")
	g.run(append([]string{"framework", "withdraw", "School Run", "1.0.0", "--reason", "over"}, author...)...)
	g.run("pack", "create", "--data", "d", "--framework", "School Run", "-o", "after.pack")
	nour := g.run("credential", "key", "-o", "nour.jwk")
	g.run("credential", "issue", "school/examples/WayHome.json", "--key", "office.jwk", "--holder", nour, "--valid-for", "24h", "-o", "card.jwt")
}

// ask shows the card over a nonce.
func (g *gate) ask(base string, token server.Token, nonce string) (a verifier.Answer) {
	g.Helper()
	request := `"permissions": ["collect"], "proxied": {"attributes": {"pupilNumber": "004217"}}, "framework": {"name": "School Run"}`
	over := fmt.Sprintf(`"nonce": %q, "domain": %q`, nonce, campDomain)
	g.write("request.json", "{"+request+", "+over+"}")
	g.run("credential", "present", "--key", "nour.jwk", "--credential", "card.jwt", "--challenge", "request.json", "-o", "shown.jwt")
	shown, err := os.ReadFile(filepath.Join(g.dir, "shown.jwt"))
	if err != nil {
		g.Fatal(err)
	}
	body := json.RawMessage(fmt.Sprintf(`{"request": {%s}, %s, "presentations": [%q]}`, request, over, strings.TrimSpace(string(shown))))
	c := &caller{base: base, http: http.DefaultClient}
	if err := c.call(g.Context(), token, http.MethodPost, "/v1/evaluations", body, &a, http.StatusOK); err != nil {
		g.Fatal(err)
	}
	return a
}

// Two processes of one database decide offline by one pack; what a later pack says is
// withdrawn is so in the database, also for one that is started with the older pack.
func TestOfflineOnPostgres(t *testing.T) {
	t.Parallel()
	g := &gate{t, procura(t), t.TempDir()}
	g.packs()
	database, key := postgrestest.New(t), filepath.Join(g.dir, "shared.key")
	if err := seal.MakeFile(key); err != nil {
		t.Fatal(err)
	}
	place := []string{"--database", database, "--key-file", key}
	serve := func(packed string) *process {
		return start(t, g.program, g.dir, nil, append(place, "--offline", "--pack", packed, "--keys", "keys.yaml", "--listen", "127.0.0.1:0")...)
	}
	first, second := serve("before.pack"), serve("before.pack")
	token := server.Token(g.run(append([]string{"client", "add", "--role", "verifier", "--domain", campDomain}, place...)...))
	for i, base := range []string{first.base, second.base} {
		a := g.ask(base, token, fmt.Sprintf("0123456789-0123456789-%d", i))
		if a.Decision.Decision != policies.Permit || a.Freshness != "offline" {
			t.Errorf("process %d: %s, %q, %v", i, a.Decision.Decision, a.Freshness, a.Reasons)
		}
	}
	for i, packed := range []string{"after.pack", "before.pack"} {
		a := g.ask(serve(packed).base, token, fmt.Sprintf("0123456789-9876543210-%d", i))
		if a.Decision.Decision != policies.Deny || len(a.Reasons) == 0 || a.Reasons[0].Code != "framework.withdrawn" {
			t.Errorf("by %s: %s, %v", packed, a.Decision.Decision, a.Reasons)
		}
	}
}
