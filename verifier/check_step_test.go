package verifier_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A check is a step that is told of, with how it ended, whatever it looked at.
func TestAChecksStep(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	var told []verifier.Ending
	s.verifier = verifier.New(verifier.Config{
		DIDs: &did.Resolver{}, Now: func() time.Time { return at },
		Begin: func(ctx context.Context, step verifier.Step) (context.Context, func(verifier.Ending)) {
			if step != verifier.Check {
				t.Errorf("the step is %s", step)
			}
			return ctx, func(e verifier.Ending) { told = append(told, e) }
		},
	})
	good := s.signed(t, s.credential(s.amina, nil))
	over := s.signed(t, s.credential(s.amina, func(d, _, _ map[string]any) { d["expirationDate"] = "2026-11-20T10:00:00Z" }))
	credential := func(ctx context.Context, c any) error {
		_, err := s.verifier.CheckCredential(ctx, clinic, c)
		return err
	}
	presentation := func(challenge string, credentials ...any) error {
		p := s.present(t, s.amina, proof.Expect{Nonce: nonce, Domain: domain}, credentials...)
		_, err := s.verifier.CheckPresentation(t.Context(), clinic, string(p.Raw), verifier.Against{Challenge: challenge, Domain: domain})
		return err
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if err := errors.Join(
		credential(t.Context(), good), credential(t.Context(), over),
		presentation(nonce, good), presentation(nonce, good, over), presentation(nonce+"x", good),
	); err != nil {
		t.Fatal(err)
	}
	if err := credential(left, good); !errors.Is(err, context.Canceled) {
		t.Errorf("for who has left: %v", err)
	}
	if want := []verifier.Ending{
		{Format: vc.FormatVCJWT11, Outcome: verifier.Proved}, {Format: vc.FormatVCJWT11, Outcome: "credential.expired"},
		{Format: vc.FormatVPJWT11, Outcome: verifier.Proved}, {Format: vc.FormatVPJWT11, Outcome: "credential.expired"},
		{Format: vc.FormatVPJWT11, Outcome: "nonce.mismatch"}, {Format: vc.FormatVCJWT11, Outcome: verifier.Failed},
	}; !slices.Equal(told, want) {
		t.Errorf("told of %v, want %v", told, want)
	}
}
