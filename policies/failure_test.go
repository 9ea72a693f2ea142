package policies

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
)

// policy is a bundle with one module of its own in place of the library.
func policy(t *testing.T, rego string) Bundle {
	t.Helper()
	data, err := json.Marshal(map[string]any{"framework": fixture(t)})
	if err != nil {
		t.Fatal(err)
	}
	return Bundle{Root: "procura/test", Files: map[string][]byte{
		"test.rego": []byte("package procura.test\n" + rego), "procura/test/data.json": data,
	}}
}

// Whatever goes wrong in a policy denies with policy.failed.
func TestFailuresDeny(t *testing.T) {
	t.Parallel()
	for name, rego := range map[string]string{
		"undefined":           `decision := {"decision": "permit"} if input.nothing`,
		"no object":           `decision := "permit"`,
		"an unknown member":   `decision := {"decision": "permit", "reasons": [], "surprise": true}`,
		"a permit of nothing": `decision := {"decision": "permit", "permissions": [], "reasons": []}`,
		"a permit of something else": `decision := {"decision": "permit", "permissions": [{"name": "x", "granted": true, "rule": 0, "principals": [0]}],
			"principals": [{"holder": [], "roles": [], "credentials": []}], "reasons": []}`,
		"a permit that grants not": `decision := {"decision": "permit", "permissions": [{"name": "food", "granted": false, "principals": []}], "reasons": []}`,
		"a permit to nobody":       `decision := {"decision": "permit", "permissions": [{"name": "food", "granted": true, "rule": 0, "principals": []}], "reasons": []}`,
		"a permit to a stranger":   `decision := {"decision": "permit", "permissions": [{"name": "food", "granted": true, "rule": 0, "principals": [0]}], "principals": [], "reasons": []}`,
		"neither":                  `decision := {"decision": "perhaps", "reasons": [{"code": "x", "message": "", "path": ""}]}`,
		"a denial without reason":  `decision := {"decision": "deny", "reasons": []}`,
		"a conflict":               "decision := {\"decision\": \"permit\"}\ndecision := {\"decision\": \"deny\"}",
		"a built-in's error":       `decision := {"decision": "permit"} if not to_number(input.now) == 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine, err := NewEngine(t.Context(), policy(t, rego))
			if err != nil {
				t.Fatal(err)
			}
			if d := decide(t, engine, base()); d.Decision != Deny || !slices.Equal(codes(d), []string{"policy.failed"}) {
				t.Errorf("got %s", shown(t, d))
			}
		})
	}
}

func TestTimeLimitDenies(t *testing.T) {
	t.Parallel()
	engine, err := NewEngine(t.Context(), policy(t, `
decision := {"decision": "permit"} if count([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); f(i + j)]) > 0
f(n) if n == 0`))
	if err != nil {
		t.Fatal(err)
	}
	engine.limit = 20 * time.Millisecond
	if d := decide(t, engine, base()); !slices.Equal(codes(d), []string{"policy.failed"}) {
		t.Errorf("got %s", shown(t, d))
	}
}

func TestCancelledDecidesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d, err := engineOf(t, fixture(t)).Decide(ctx, base()); !errors.Is(err, context.Canceled) || d != nil {
		t.Errorf("got %v, %v", d, err)
	}
}

func TestUnreadableClockDenies(t *testing.T) {
	t.Parallel()
	in := base()
	in.Now = "now"
	if d := decide(t, engineOf(t, fixture(t)), in); !slices.Equal(codes(d), []string{"policy.failed"}) {
		t.Errorf("got %s", shown(t, d))
	}
}

// What reaches out of the policy does not compile.
func TestCapabilities(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		`http.send({"url": "https://example.org", "method": "get"})`, `opa.runtime()`, `time.now_ns()`,
		`rand.intn("x", 3)`, `uuid.rfc4122("x")`, `net.lookup_ip_addr("example.org")`,
		`io.jwt.decode("x")`, `crypto.x509.parse_certificates("x")`,
	} {
		if _, err := NewEngine(t.Context(), policy(t, "decision := "+call)); err == nil {
			t.Errorf("%s: got an engine", call)
		}
	}
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	in := base()
	in.Refused = []facts.Refused{{Code: "framework.mixed", Message: "m", Path: "/presentations/1/c", Credential: "/presentations/1/c", Digest: "d"}}
	d := Refuse(in, "framework.unknown", "no such framework")
	if d.Decision != Deny || !slices.Equal(codes(d), []string{"framework.mixed", "framework.unknown"}) || len(d.Credentials) != 2 ||
		len(d.Permissions) != 1 || d.Permissions[0].Granted {
		t.Errorf("got %s", shown(t, d))
	}
}
