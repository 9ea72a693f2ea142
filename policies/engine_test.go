package policies

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
)

func TestDecidePermits(t *testing.T) {
	t.Parallel()
	d := decide(t, engineOf(t, fixture(t)), base())
	if d.Decision != Permit || len(d.Reasons) != 0 || d.ValidUntil != "2026-11-22T12:59:30Z" {
		t.Fatalf("got %s", shown(t, d))
	}
}

func TestDecideDenies(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	for _, test := range denials {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := base()
			test.change(in)
			d := decide(t, engine, in)
			if got := codes(d); d.Decision != Deny || !slices.Equal(got, test.codes) {
				t.Errorf("got %s for %v, want deny for %v\n%s", d.Decision, got, test.codes, shown(t, d))
			}
		})
	}
}

func decide(t testing.TB, engine *Engine, in *facts.Input) *Decision {
	t.Helper()
	d, err := engine.Decide(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// codes are those of the reasons, each once, in their order.
func codes(d *Decision) []string {
	got := make([]string, 0, len(d.Reasons))
	for _, r := range d.Reasons {
		got = append(got, r.Code)
	}
	return slices.Compact(got)
}

func shown(t testing.TB, d *Decision) string {
	t.Helper()
	raw, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// BenchmarkDecide is policy evaluation alone: facts derived, asked and read. Its
// ratio is to one verification of a P-256 signature, measured in the same run.
func BenchmarkDecide(b *testing.B) {
	engine := engineOf(b, fixture(b))
	for name, bench := range map[string]struct {
		input func() *facts.Input
		want  string
	}{
		"permit": {base, Permit},
		"deny":   {func() *facts.Input { return asked("travel", presentation(0, grandma, guardian("grandparent"))) }, Deny},
		"place":  {changed(func(in *facts.Input) { in.Presentations[0].Circumstances.Place = nil }), Deny},
	} {
		b.Run(name, func(b *testing.B) {
			in, verify, took, reference := bench.input(), verification(b), time.Hour, time.Hour
			for b.Loop() {
				reference = min(reference, round(verify))
				took = min(took, round(func() {
					if d := decide(b, engine, in); d.Decision != bench.want {
						b.Fatal(shown(b, d))
					}
				}))
			}
			b.ReportMetric(float64(took.Nanoseconds()), "ns/op")
			b.ReportMetric(float64(took)/float64(reference), "x-P-256")
		})
	}
}

// round is what one of a hundred takes, in their mean: collections of garbage
// included. The fastest of many rounds is the one that other work on the machine
// disturbed least.
func round(do func()) time.Duration {
	const times = 100
	began := time.Now()
	for range times {
		do()
	}
	return time.Since(began) / times
}

// verification verifies one ECDSA signature on P-256.
func verification(b *testing.B) func() {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte("message"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
			b.Fatal("a good signature does not verify")
		}
	}
}

// A permit lasts no longer than the proofs that it rests on.
func TestPermitEndsWithItsProofs(t *testing.T) {
	t.Parallel()
	in := base()
	in.Presentations[0].Credentials[0].ProvedUntil = "2026-11-22T12:05:00Z"
	d := decide(t, engineOf(t, fixture(t)), in)
	if d.Decision != Permit || d.ValidUntil != in.Presentations[0].Credentials[0].ProvedUntil {
		t.Errorf("got %s", shown(t, d))
	}
}

// BenchmarkLargeFrameworks decides under frameworks of 10, 100 and 1,000 roles,
// with as many permissions and rules. Its ratio is to the smallest.
func BenchmarkLargeFrameworks(b *testing.B) {
	small := engineOf(b, crowded(b, 10))
	for _, n := range []int{10, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			engine, in := engineOf(b, crowded(b, n)), asked("permission 7", presentation(0, grandma, guardian("role 7")))
			in.Presentations[0].Credentials[0].Proxied.Rules = []any{}
			var took, reference time.Duration
			for b.Loop() {
				reference += timed(b, small, in)
				took += timed(b, engine, in)
			}
			b.ReportMetric(float64(took)/float64(reference), "x-of-10")
		})
	}
}

func timed(b *testing.B, engine *Engine, in *facts.Input) time.Duration {
	b.Helper()
	began := time.Now()
	if d := decide(b, engine, in); d.Decision != Permit {
		b.Fatal(shown(b, d))
	}
	return time.Since(began)
}

// crowded is the fixture with n roles more, each of which may one thing.
func crowded(t testing.TB, n int) map[string]any {
	t.Helper()
	f := fixture(t)
	roles, permissions := f["roles"].(map[string]any), f["permissions"].(map[string]any)
	allowed := f["variants"].(map[string]any)["ChildGuardian"].(map[string]any)["roles"].(map[string]any)
	for i := range n {
		role, permission := fmt.Sprint("role ", i), fmt.Sprint("permission ", i)
		roles[role], allowed[role] = map[string]any{"index": 3 + i}, true
		permissions[permission] = map[string]any{"audit": "none", "procedures": []any{}, "text": "x"}
		f["rules"] = append(f["rules"].([]any), map[string]any{"variants": map[string]any{"ChildGuardian": true}, "rule": rule(permission, map[string]any{"roles": role})})
	}
	return f
}
