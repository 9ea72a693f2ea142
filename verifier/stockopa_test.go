package verifier_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
)

// Stock OPA, with nothing of ours linked in, decides every test and every
// example credential of every shipped framework as our engine does, reasons and
// needs included.
func TestStockOPADecidesAlike(t *testing.T) {
	t.Parallel()
	opa := stockOPA(t)
	for _, r := range shipped(t).All() {
		f, err := r.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			results, err := verifier.TestFramework(t.Context(), withExamples(t, f))
			if err != nil {
				t.Fatal(err)
			}
			ask := serveBundle(t, opa, f)
			for _, r := range results {
				if got, want := ask(t, r.Decision.Input), canonical(t, r.Decision.Decision); !bytes.Equal(got, want) {
					t.Errorf("%s:\nopa  %s\nours %s", r.Name, got, want)
				}
			}
		})
	}
}

// withExamples adds a test for each compiled example, asking for every
// permission; what is expected of it does not matter here.
func withExamples(t *testing.T, f *verifier.Framework) *verifier.Framework {
	t.Helper()
	doc, compiled := *f.Document, *f.Framework
	for variant, raw := range f.Examples {
		var example map[string]any
		if err := json.Unmarshal(raw, &example); err != nil {
			t.Fatal(err)
		}
		subject := example["credentialSubject"].(map[string]any)
		holder, proxied := subject["holder"].(map[string]any), subject["proxied"].(map[string]any)
		for _, p := range f.Document.Permissions {
			test := trustframeworks.Test{Name: "example " + variant + " " + p.Name, At: example["issuanceDate"].(string)}
			test.Request.Permissions = []string{p.Name}
			test.Request.Proxied.ID, _ = proxied["id"].(string)
			if test.Request.Proxied.ID == "" {
				test.Request.Proxied.ID = "did:example:none"
			}
			test.Registries = map[string][]string{"camp-issuers": {vc.Issuer(example)}, "car-offices": {vc.Issuer(example)}, "car-companies": {vc.Issuer(example)}}
			test.Presentations = []trustframeworks.TestPresentation{{Holder: holder["id"].(string), Credentials: []map[string]any{example}}}
			doc.Tests = append(doc.Tests, test)
		}
	}
	compiled.Document = &doc
	return &verifier.Framework{Framework: &compiled, Engine: f.Engine}
}

// stockOPA finds the opa command, of PATH or of make tools.
func stockOPA(t *testing.T) string {
	t.Helper()
	cached, err := filepath.Abs("../.cache/bin/opa")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cached); err == nil {
		return cached
	}
	path, err := exec.LookPath("opa")
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("opa is missing: make tools installs it")
	}
	t.Skip("SKIPPED: opa is missing: make tools installs it")
	return ""
}

// serveBundle starts opa on a framework's bundle and returns what asks it.
func serveBundle(t *testing.T, opa string, f *verifier.Framework) func(*testing.T, *facts.Input) []byte {
	t.Helper()
	raw, err := f.Tar()
	if err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if err := os.WriteFile(bundle, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	addr := freeAddress(t)
	cmd := exec.CommandContext(t.Context(), opa, "run", "--server", "--disable-telemetry", "--log-level=error", "--addr", addr, "--bundle", bundle)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitFor(t, "http://"+addr+"/health?bundles", &said)
	url := "http://" + addr + "/v1/data/" + f.Root + "/decision"
	return func(t *testing.T, in *facts.Input) []byte { return askOPA(t, url, in) }
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func waitFor(t *testing.T, url string, said *bytes.Buffer) {
	t.Helper()
	for range 1200 {
		res, err := http.Get(url)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			err = errors.Join(err, res.Body.Close())
			if err == nil && res.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("opa does not answer: %s", said)
}

func askOPA(t *testing.T, url string, in *facts.Input) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"input": in})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Result *policies.Decision `json:"result"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Result == nil {
		t.Fatalf("opa answered %s: %v", res.Status, err)
	}
	return canonical(t, answer.Result)
}

// canonical is a decision as JSON, without what the answer does not show.
func canonical(t *testing.T, d *policies.Decision) []byte {
	t.Helper()
	shown := *d
	shown.Counted, shown.Used = nil, nil
	raw, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, "%v", tree)
}
