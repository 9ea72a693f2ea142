package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
)

// stock is the command opa as a server, on the library's source.
type stock struct{ client http.Client }

// startStock starts it on a socket, with nothing of ours but Rego.
func startStock(t *testing.T) *stock {
	t.Helper()
	opa, folder := command(t), t.TempDir()
	for path, raw := range Library() {
		write(t, filepath.Join(folder, "rego", path), raw)
	}
	directory, err := os.MkdirTemp("", "opa") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	socket := filepath.Join(directory, "s")
	cmd := exec.CommandContext(t.Context(), opa, "run", "--server", "--disable-telemetry", "--log-level=error", "--addr", "unix://"+socket, filepath.Join(folder, "rego"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	s := &stock{http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}}
	for range 1200 {
		if _, err := os.Stat(socket); err == nil {
			return s
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("opa does not answer")
	return nil
}

// send sends a document; an answer without success is nil.
func (s *stock) send(t *testing.T, method, path string, document any) []byte {
	t.Helper()
	body, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, "http://opa"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode/100 != 2 {
		return nil
	}
	return raw
}

// decide is the decision as JSON, nil where a built-in failed or it is undefined.
func (s *stock) decide(t *testing.T, in any) any {
	t.Helper()
	raw := s.send(t, http.MethodPost, "/v1/data/procura/challenge/decision?strict-builtin-errors", map[string]any{"input": in})
	if raw == nil {
		return nil
	}
	return plain(t, json.RawMessage(raw)).(map[string]any)["result"]
}

// Over random frameworks, groups, constraints, credentials and odd inputs the
// command opa decides as our engine does: decisions, reasons, principals, needs
// and obligations. A thousand of them, of which every fifth at least is a permit;
// a quarter in a short run. Half of the frameworks are the fixture as it is, which
// permits more.
func TestStockOPADecidesRandomInputsAlike(t *testing.T) {
	t.Parallel()
	opa := startStock(t)
	counts := map[any]int{}
	randomly(t, 20, nil, func(t *testing.T, r *rand.Rand) {
		framework := fixture(t)
		if r.IntN(2) == 0 {
			framework = pick(r, randomFramework, smallFramework)(t, r)
		}
		engine := engineOf(t, framework)
		if opa.send(t, http.MethodPut, "/v1/data/procura/framework", framework) == nil {
			t.Fatal("opa does not take the framework")
		}
		for range 50 {
			in := randomInput(t, r, engine)
			want := opa.decide(t, in)
			value, err := ast.InterfaceToValue(in)
			if err != nil {
				t.Fatal(err)
			}
			got, ourErr := answered(t, engine, value)
			if ourErr != nil != (want == nil) || ourErr == nil && !reflect.DeepEqual(got, want) {
				t.Fatalf("ours %v\n%s\nopa\n%s\ninput %s", ourErr, asText(t, got), asText(t, want), asText(t, in))
			}
			decision, _ := got.(map[string]any)
			counts[decision["decision"]]++
		}
	})
	t.Log(counts)
	few := 5*counts[Permit] < counts[Permit]+counts[Deny] || counts[Deny] == 0 || counts[nil] > counts[Deny]
	if few && explored == "" {
		t.Errorf("got %v", counts)
	}
}

// randomInput is a recorded group, every fifth with odd places.
func randomInput(t *testing.T, r *rand.Rand, engine *Engine) any {
	t.Helper()
	some := func(r *rand.Rand) *facts.Input { return pick(r, base, grandparents)() }
	in := pick(r, randomGroup, smallGroup, some, some, some)(r)
	if r.IntN(6) == 0 {
		withdrawn(r, in)
	}
	if err := facts.Derive(in, engine.framework); err != nil {
		t.Fatal(err)
	}
	if r.IntN(5) == 0 {
		return oddOf(r, recorded(t, in))
	}
	return recorded(t, in)
}

// withdrawn withdraws some versions, and names some of them.
func withdrawn(r *rand.Rand, in *facts.Input) {
	versions := []string{"0.9.0", "0.9.5", "1.0.0", "2.0.0"}
	for _, v := range versions {
		if r.IntN(3) == 0 {
			in.Withdrawn = append(in.Withdrawn, facts.Withdrawal{
				Version: v, URI: base().Presentations[0].Credentials[0].TrustFrameworkURI,
				From: pick(r, "2020-01-01T00:00:00Z", in.Now, "2100-01-01T00:00:00Z", "never"), Successor: pick(r, append(versions, "")...),
			})
		}
	}
	for i := range in.Presentations {
		for j := range in.Presentations[i].Credentials {
			in.Presentations[i].Credentials[j].Named = pick(r, "1.0.0", "1.0.0", "0.9.0", "0.9.5")
		}
	}
}
