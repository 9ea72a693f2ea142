package main

import (
	"errors"
	"testing"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
)

// A permit does not stand where something is found against it; what could not be found
// out, as for want of the circumstances, leaves it open.
func TestRecheckTellsWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codes []string
		want  exit
	}{
		"revoked":                     {[]string{"status.revoked", "holder.no_credential", "permission.ungranted"}, exitDiffers},
		"revoked, and another unread": {[]string{"status.revoked", "status.unreachable"}, exitDiffers},
		"a list that is not there":    {[]string{"status.unreachable", "holder.no_credential", "permission.ungranted"}, exitUndecided},
		"circumstances that are not":  {[]string{"constraint.unknown", "holder.no_credential", "permission.ungranted"}, exitUndecided},
		"of a challenge, undated":     {[]string{"presentation.undated", "permission.ungranted"}, exitUndecided},
		"others than they were":       {[]string{"constraint.fails", "constraint.unknown"}, exitDiffers},
		"nothing but what follows":    {[]string{"permission.ungranted"}, exitDiffers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := &verifier.Answer{Decision: &policies.Decision{Decision: policies.Deny}}
			for _, code := range c.codes {
				now.Reasons = append(now.Reasons, policies.Reason{Code: code})
			}
			err := (&taken{Decision: policies.Permit}).compare(&cobra.Command{}, now)
			if got, ok := errors.AsType[exit](err); !ok || got != c.want {
				t.Errorf("got %v, want exit %d", err, c.want)
			}
		})
	}
}
