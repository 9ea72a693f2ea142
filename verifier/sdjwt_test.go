package verifier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// everything that an SD-JWT VC has is disclosed.
func everything([]string) bool { return true }

// but withholds what stands at one of the paths.
func but(paths ...string) func([]string) bool {
	return func(path []string) bool { return !slices.Contains(paths, strings.Join(path, "/")) }
}

// sdIssued is the issuer's SD-JWT VC of a credential.
func (s *story) sdIssued(t testing.TB, doc map[string]any) string {
	t.Helper()
	c, err := (&proof.Signer{Key: s.issuer, At: at}).Credential(t.Context(), doc, vc.FormatSDJWT)
	if err != nil {
		t.Fatal(err)
	}
	return c.(string)
}

// bound presents of an SD-JWT VC what keep wants, with the holder's key binding.
func bound(t testing.TB, holder *proof.Key, issued string, keep func([]string) bool) verifier.Submitted {
	t.Helper()
	shown, err := proof.Disclose(issued, keep)
	if err != nil {
		t.Fatal(err)
	}
	p, err := (&proof.Signer{Key: holder, At: at}).Presentation(t.Context(), []any{shown}, vc.FormatSDJWT, proof.Expect{Nonce: nonce, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Compact(p.(string))
}

func TestSDJWTPermits(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	issued := s.sdIssued(t, s.credential(s.amina, nil))
	wantPermit(t, s.decide(t, ask("routine-medical-care"), bound(t, s.amina, issued, everything)))
}
