package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A decision that a server took, with its input, is replayed with the bundle
// that the server gives: by our engine, and by stock OPA.
func TestReplayOfServedDecision(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0", "--example", "example", "--metrics-listen", "127.0.0.1:0")
	tr := &traffic{challenges: map[string]*challengeFile{}}
	tr.load(t, dir)
	c := &caller{base: p.base, http: http.DefaultClient}
	id, ch := tr.open(t.Context(), c)
	if ch == nil {
		t.Fatal(p.said())
	}
	presentation, err := (&proof.Signer{Key: tr.holder, At: time.Now()}).Presentation(t.Context(), []any{tr.credential},
		vc.FormatVPJWT11, proof.Expect{Nonce: ch.Nonce, Domain: ch.Domain})
	if err != nil {
		t.Fatal(err)
	}
	var decision json.RawMessage
	path := "/v1/challenges/" + id + "/presentations?include=input"
	if err := c.call(t.Context(), tr.token, http.MethodPost, path, presentation, &decision, http.StatusOK); err != nil {
		t.Fatal(err)
	}
	_, address, _ := strings.Cut(p.said(), "metrics on ")
	address, _, _ = strings.Cut(address, "\n")
	download(t, address, filepath.Join(dir, "metrics"))
	got, err := os.ReadFile(filepath.Join(dir, "metrics"))
	for _, want := range []string{
		`procura_decisions_total{decision="permit"} 1`, `procura_presentations_total{format="vp-jwt",outcome="proved"} 1`,
		`procura_store_duration_seconds_count{kind="commit decision"} 1`, `procura_store_duration_seconds_count{kind="open challenge"} 1`,
		"procura_engines_held 1", "procura_engine_compiles_total 1", "procura_engine_hits_total", "procura_engine_evictions_total 0",
	} {
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("metrics lack %s (%v): %s", want, err, got)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "decision.json"), decision, 0o600); err != nil {
		t.Fatal(err)
	}
	download(t, p.base+"/v1/frameworks/"+url.PathEscape(campName)+"/1.0.0/bundle.tar.gz", filepath.Join(dir, "bundle.tar.gz"))
	replayed(t, dir)
	opa, err := stockOPAPath()
	if err != nil {
		needed(t, "stock opa", err)
	}
	replayed(t, dir, "--opa", opa)
}

func download(t *testing.T, from, to string) {
	t.Helper()
	resp, err := http.Get(from)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", from, resp.Status, err)
	}
	if err := os.WriteFile(to, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func replayed(t *testing.T, dir string, flags ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "procura", append([]string{"replay", "decision.json", "--bundle", "bundle.tar.gz"}, flags...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "the same: permit" {
		t.Errorf("replay %v: %v: %s", flags, err, out)
	}
}

// needed skips a test that needs what is not here; where everything has to be
// tested it fails.
func needed(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s needs %s: %v", t.Name(), what, err)
	}
	t.Skipf("SKIPPED, NOT TESTED: %s needs %s: %v", t.Name(), what, err)
}
