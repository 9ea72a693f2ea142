package verifier_test

import (
	"testing"
	"time"
)

// Who has not heard of withdrawals for the framework's frameworkMaxAge, a day
// where it says none, permits nothing.
func TestHeardOfWithdrawals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		heard time.Time
		want  string // the first reason's code; empty: a permit
	}{
		"now":                      {at, ""},
		"later, as clocks go":      {at.Add(time.Hour), ""},
		"a day ago":                {at.Add(-24 * time.Hour), ""},
		"a day and a second ago":   {at.Add(-24*time.Hour - time.Second), "framework.stale"},
		"before anybody was asked": {time.Time{}, "framework.stale"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kept(t)
			s.verifier.Hear(c.heard)
			e := evaluation(s.grandparent(t, s.amina), "routine-medical-care")
			raw, err := s.verifier.Evaluate(t.Context(), clinic, e)
			a := read(t, raw, err)
			if c.want == "" && a.Decision != "permit" || c.want != "" && (a.Decision != "deny" || a.Reasons[0].Code != c.want) {
				t.Errorf("got %v", a)
			}
		})
	}
}
