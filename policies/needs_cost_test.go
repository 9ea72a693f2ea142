package policies

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
)

// hostile is a group of 64 that is denied: each brings as many rules as given,
// each of which lists twelve tests that hardly anybody passes.
func hostile(rules int) *facts.Input {
	in := asked("food")
	for i := range 64 {
		c := guardian("grandparent")
		c.Proxied.Rules = nil
		for k := range rules {
			var tests []any
			for j := range 12 {
				tests = append(tests, map[string]any{"years": float64(100 + 12*k + j), "op": ">", "n": 2.0})
			}
			c.Proxied.Rules = append(c.Proxied.Rules, rule("food", map[string]any{"any": tests, "n": 6.0}))
		}
		p := presentation(i%10, fmt.Sprint("did:example:p", i), c)
		p.Path = fmt.Sprint("/presentations/", i)
		p.Credentials[0].Path, p.Credentials[0].Digest = p.Path+"/verifiableCredential/0", fmt.Sprint("digest", i)
		in.Presentations = append(in.Presentations, p)
	}
	return in
}

// The search for needs adds little to what a large denial costs anyway, and ends
// with an answer.
func TestNeedsOfHostileGroupsAreBounded(t *testing.T) {
	t.Parallel()
	engine := engineOf(t, fixture(t))
	engine.limit = time.Minute // for a machine that does much else; a search without bounds takes longer
	for name, in := range map[string]*facts.Input{
		"one rule each": hostile(1), "two rules each": hostile(2),
		"one bad rule of all": func() *facts.Input {
			in := hostile(1)
			for i := range in.Presentations[1:] {
				in.Presentations[i+1].Credentials[0].Proxied.Rules = []any{}
			}
			return in
		}(),
		"nobody's place is known": func() *facts.Input {
			in := hostile(1)
			for i := range in.Presentations {
				in.Presentations[i].Circumstances.Place = nil
			}
			return in
		}(),
	} {
		began := time.Now()
		d := decide(t, engine, in)
		if d.Decision != Deny || slices.Contains(codes(d), "policy.failed") || *d.NeedsComplete {
			t.Errorf("%s: got %s for %v", name, d.Decision, codes(d))
		}
		t.Logf("%s: %s, %d needs", name, time.Since(began), len(d.Needs))
	}
}
