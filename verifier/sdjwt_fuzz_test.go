package verifier_test

import (
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier"
)

// The whole way from bytes to decision: of all that can be made without the
// keys nothing permits, but what was signed.
func FuzzSDJWTDecision(f *testing.F) {
	s := newStory(f)
	issued := s.sdSigned(f, s.sdClaims(s.amina, nil), "holder/id", "proxied/id", "proxied/birthDate", "proxied/permissions/0")
	all, less := bound(f, s.amina, usual, issued, everything), bound(f, s.amina, usual, issued, but("holder/id", "proxied/birthDate"))
	stranger := bound(f, s.stranger, usual, s.sdSigned(f, s.sdClaims(s.stranger, nil)), everything)
	for _, p := range []verifier.Submitted{all, less, stranger, s.grandparent(f, s.amina)} {
		parts := strings.Split(string(p.Raw), "~")
		f.Add(string(p.Raw))
		f.Add(parts[0] + "~" + parts[len(parts)-1])
		f.Add(strings.Join(append(parts[:1:1], strings.Split(string(all.Raw), "~")[1:]...), "~"))
	}
	signed := map[string]bool{string(all.Raw): true, string(less.Raw): true, string(stranger.Raw): true, string(s.grandparent(f, s.amina).Raw): true}
	f.Fuzz(func(t *testing.T, raw string) {
		a := s.decide(t, ask("routine-medical-care"), verifier.Compact(raw))
		if a.Decision.Decision == "permit" && !signed[raw] {
			t.Errorf("permitted: %s", raw)
		}
		if a.Decision.Decision == "deny" && len(a.Reasons) == 0 {
			t.Error("denied without a reason")
		}
	})
}
