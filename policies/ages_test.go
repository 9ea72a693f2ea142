package policies

import (
	"slices"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/procura-dev/procura/policies/facts"
)

// An age is one limit of semantics 7, and what makes an input that is beyond it by
// a while: at zero it is at the edge, and permits.
type age struct {
	name    string
	freshly map[string]any // of the framework, beside what the fixture has
	change  func(in *facts.Input, by time.Duration)
	codes   []string // of the reasons one nanosecond beyond
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) string { return noon.Add(d).Format(time.RFC3339Nano) }

// listed is the base credential with a status, of a list signed at an instant.
func listed(in *facts.Input, signed string) *facts.Status {
	zero := 0
	c := credential(in)
	c.Status = []facts.Status{{
		Path: "/credentialStatus", Type: "BitstringStatusListEntry", Purpose: "revocation",
		List: "https://camp.example/list", Value: &zero, Issuer: c.Issuer, SignedAt: signed,
	}}
	return &c.Status[0]
}

// packed is the input of a verifier without a network, whose pack is of an instant.
func packed(in *facts.Input, signed string) {
	in.Offline, in.WithdrawalsAsOf = &facts.Offline{PackedAt: signed}, signed
}

var (
	hourly = map[string]any{"statusMaxAge": float64(time.Hour)}
	patent = map[string]any{"offlineMaxAge": float64(2 * time.Hour), "statusMaxAge": float64(time.Minute), "frameworkMaxAge": float64(time.Minute)}
)

var ages = []age{
	{"presentationMaxAge", nil, func(in *facts.Input, by time.Duration) {
		in.Presentations[0].SignedAt, in.Presentations[0].ReceivedAt = at(-5*time.Minute-by), at(0)
	}, lost("presentation.stale")},
	{"groupMaxAge", nil, func(in *facts.Input, by time.Duration) {
		in.Presentations[0].SignedAt, in.Presentations[0].ReceivedAt = at(-time.Hour-by), at(-time.Hour-by)
	}, lost("group.stale")},
	{"statusMaxAge", hourly, func(in *facts.Input, by time.Duration) { listed(in, at(-time.Hour-by)) }, lost("status.stale")},
	{"frameworkMaxAge", nil, func(in *facts.Input, by time.Duration) { in.WithdrawalsAsOf = at(-24*time.Hour - by) }, lost("framework.stale")},

	{"clockSkew of a credential's beginning", nil, func(in *facts.Input, by time.Duration) { credential(in).ValidFrom = at(time.Minute + by) }, lost("credential.not_yet_valid")},
	{"clockSkew of a presentation", nil, func(in *facts.Input, by time.Duration) {
		in.Presentations[0].SignedAt, in.Presentations[0].ReceivedAt = at(time.Minute+by), at(0)
	}, lost("presentation.future")},
	{"clockSkew of a receipt", nil, func(in *facts.Input, by time.Duration) {
		in.Presentations[0].SignedAt, in.Presentations[0].ReceivedAt = at(0), at(time.Minute+by)
	}, lost("presentation.future")},
	{"clockSkew of a list's beginning", hourly, func(in *facts.Input, by time.Duration) { listed(in, at(0)).ValidFrom = at(time.Minute + by) }, lost("status.invalid")},
	{"clockSkew of a list", hourly, func(in *facts.Input, by time.Duration) { listed(in, at(time.Minute+by)) }, lost("clock.behind")},
	{"clockSkew of withdrawals", nil, func(in *facts.Input, by time.Duration) { in.WithdrawalsAsOf = at(time.Minute + by) }, lost("clock.behind")},
	{"clockSkew of a pack", patent, func(in *facts.Input, by time.Duration) { packed(in, at(time.Minute+by)) }, lost("clock.behind")},
	{"clockSkew of a pack alone", patent, func(in *facts.Input, by time.Duration) {
		packed(in, at(time.Minute+by))
		in.WithdrawalsAsOf = at(0)
	}, lost("clock.behind")},

	{"offlineMaxAge of withdrawals and pack", patent, func(in *facts.Input, by time.Duration) {
		packed(in, at(-2*time.Hour-by))
	}, lost("framework.stale")},
	{"offlineMaxAge of a pack alone", patent, func(in *facts.Input, by time.Duration) {
		packed(in, at(-2*time.Hour-by))
		in.WithdrawalsAsOf = at(0)
	}, lost("framework.stale")},
	{"offlineMaxAge of withdrawals without a pack", patent, func(in *facts.Input, by time.Duration) {
		packed(in, "")
		in.WithdrawalsAsOf = at(-2*time.Hour - by)
	}, lost("framework.stale")},
	{"offlineMaxAge of a list", patent, func(in *facts.Input, by time.Duration) {
		packed(in, at(0))
		listed(in, at(-2*time.Hour-by))
	}, lost("status.stale")},
	{"offlineMaxAge of one permission", map[string]any{"offlineMaxAge": float64(24 * time.Hour), "permissions": map[string]any{"food": map[string]any{"offlineMaxAge": float64(2 * time.Hour)}}},
		func(in *facts.Input, by time.Duration) { packed(in, at(-2*time.Hour-by)) }, lost("framework.stale")},
	{"the end of a list", hourly, func(in *facts.Input, by time.Duration) { listed(in, at(0)).ValidUntil = at(1 - by) }, lost("status.stale")},
}

// aged is the fixture's framework with other ages. A credential needs a status there
// only where one of these says so.
func aged(t testing.TB, freshly map[string]any) map[string]any {
	t.Helper()
	framework := fixture(t)
	own := framework["freshness"].(map[string]any)
	for name, value := range freshly {
		if name == "permissions" {
			own[name] = value
			continue
		}
		own["default"].(map[string]any)[name] = value
	}
	for _, v := range framework["variants"].(map[string]any) {
		v.(map[string]any)["validity"].(map[string]any)["status"] = "optional"
	}
	return framework
}

// Each age holds at its edge and not one nanosecond beyond, by the engine and by
// stock OPA alike.
func TestAgesAtTheirEdges(t *testing.T) {
	t.Parallel()
	for _, a := range ages {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			engine, query := engineOf(t, aged(t, a.freshly)), prepared(t, sourceBundle(t, aged(t, a.freshly)))
			for _, by := range []time.Duration{0, 1} {
				in := base()
				if a.freshly["statusMaxAge"] != nil {
					listed(in, at(0))
				}
				a.change(in, by)
				d := decide(t, engine, in)
				if by == 0 && d.Decision != Permit || by > 0 && (d.Decision != Deny || !slices.Equal(codes(d), a.codes)) {
					t.Errorf("beyond by %d ns: %s for %v, want %v", by, d.Decision, codes(d), a.codes)
				}
				results, err := query.Eval(t.Context(), rego.EvalInput(recorded(t, in)))
				if err != nil || len(results) != 1 {
					t.Fatalf("got %d results, %v", len(results), err)
				}
				alike(t, engine, in, results[0].Expressions[0].Value)
			}
		})
	}
}

// What the operator started without a network says so, and binds to ask again. By
// default no framework lets anybody decide so.
func TestOffline(t *testing.T) {
	t.Parallel()
	week := map[string]any{"offlineMaxAge": float64(7 * 24 * time.Hour)}
	for _, test := range []struct {
		name    string
		freshly map[string]any
		change  func(in *facts.Input)
		codes   []string // nil: a permit
	}{
		{"a pack", week, func(in *facts.Input) { packed(in, at(-time.Hour)) }, nil},
		{"no pack", week, func(in *facts.Input) { packed(in, ""); in.WithdrawalsAsOf = at(-time.Hour) }, nil},
		{"a framework that says nothing", nil, func(in *facts.Input) { packed(in, at(0)) }, lost("offline.refused")},
		{"a framework that says none", map[string]any{"offlineMaxAge": 0.0}, func(in *facts.Input) { packed(in, at(0)) }, lost("offline.refused")},
		{"a permission for which it says none", map[string]any{"offlineMaxAge": week["offlineMaxAge"], "permissions": map[string]any{"food": map[string]any{"offlineMaxAge": 0.0}}},
			func(in *facts.Input) { packed(in, at(0)) }, lost("offline.refused")},
		{"a pack whose date cannot be read", week, func(in *facts.Input) { packed(in, "lately"); in.WithdrawalsAsOf = at(0) }, lost("framework.stale")},
		{"nobody to do it again", week, func(in *facts.Input) {
			packed(in, at(0))
			in.Request.SupportedObligations = []string{"audit"}
		}, []string{"obligation.unsupported"}},
		{"a list without a date and no pack", map[string]any{"offlineMaxAge": week["offlineMaxAge"]}, func(in *facts.Input) {
			packed(in, "")
			in.WithdrawalsAsOf = at(0)
			listed(in, "")
		}, lost("status.stale")},
		{"a list whose date cannot be read", week, func(in *facts.Input) { packed(in, at(0)); listed(in, "lately") }, lost("status.stale")},
		{"no status where one is demanded online", map[string]any{"offlineMaxAge": week["offlineMaxAge"], "statusMaxAge": float64(time.Hour)},
			func(in *facts.Input) { packed(in, at(0)) }, lost("status.absent")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := base()
			test.change(in)
			d := decide(t, engineOf(t, aged(t, test.freshly)), in)
			if got := codes(d); !slices.Equal(got, test.codes) || (d.Decision == Permit) != (test.codes == nil) {
				t.Fatalf("got %s for %v, want %v", d.Decision, got, test.codes)
			}
			again := slices.ContainsFunc(d.Obligations, func(o Obligation) bool { return o.Action == "re-check" })
			if permit := test.codes == nil; permit != (d.Freshness == "offline") || permit && !again {
				t.Errorf("got freshness %q and duties %v", d.Freshness, d.Obligations)
			}
		})
	}
}

// An offline permit ends when the pack, the withdrawals or a list is too old.
func TestOfflinePermitEnds(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, aged(t, patent))
	in := base()
	packed(in, at(-118*time.Minute))
	listed(in, at(-117*time.Minute))
	if d := decide(t, engine, in); d.ValidUntil != at(2*time.Minute) {
		t.Errorf("with an old pack: %q, %v", d.ValidUntil, codes(d))
	}
	packed(in, at(-time.Minute))
	if d := decide(t, engine, in); d.ValidUntil != at(3*time.Minute) {
		t.Errorf("with an old list: %q, %v", d.ValidUntil, codes(d))
	}
}

// Where a decision is checked again, lists of after it count, and are as old as they
// are then.
func TestCheckedAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		signed time.Duration
		value  int
		codes  []string // nil: a permit
	}{
		{"a list of after the decision", 2 * time.Hour, 0, nil},
		{"a list that is too old by now", 2*time.Hour - 1, 0, lost("status.stale")},
		{"a list of the future", 3*time.Hour + time.Minute + 1, 0, lost("clock.behind")},
		{"a revocation since", 3 * time.Hour, 1, lost("status.revoked")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := base()
			in.CheckedAt = at(3 * time.Hour)
			listed(in, at(test.signed)).Value = &test.value
			engine := engineOf(t, aged(t, hourly))
			d := decide(t, engine, in)
			if got := codes(d); !slices.Equal(got, test.codes) || (d.Decision == Permit) != (test.codes == nil) {
				t.Errorf("got %s for %v, want %v", d.Decision, got, test.codes)
			}
			results, err := prepared(t, sourceBundle(t, aged(t, hourly))).Eval(t.Context(), rego.EvalInput(recorded(t, in)))
			if err != nil || len(results) != 1 {
				t.Fatalf("got %d results, %v", len(results), err)
			}
			alike(t, engine, in, results[0].Expressions[0].Value)
		})
	}
	in := base()
	in.CheckedAt = "soon"
	listed(in, at(0))
	if d := decide(t, engineOf(t, aged(t, hourly)), in); d.Decision != Deny {
		t.Error("an instant that cannot be read permits")
	}
}
