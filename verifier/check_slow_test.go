package verifier_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
)

// A sweptStore is swept just before it counts a use: whoever asks is slow.
type sweptStore struct {
	*sqlite.Store
	at time.Time
}

func (s *sweptStore) UseNonce(ctx context.Context, tenant string, key [32]byte, expires time.Time) (int, error) {
	if err := s.Sweep(ctx, s.at); err != nil {
		return 0, err
	}
	return s.Store.UseNonce(ctx, tenant, key, expires)
}

// A request that began before a challenge of a check expired, and counts after
// that, is still not the first.
func TestASlowCheckDoesNotUseAChallengeAgain(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "procura.db"), seal.NewKey([seal.Size]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, store, now := newStory(t), &sweptStore{Store: db}, at
	v := verifier.New(verifier.Config{Store: store, DIDs: &did.Resolver{}, Key: [32]byte{2}, Now: func() time.Time { return now }})
	v.Publish(map[string]*verifier.Library{clinic.Tenant: s.library})
	challenge := v.NewCheckChallenge(clinic)
	p := s.present(t, s.amina, proof.Expect{Nonce: challenge, Domain: domain}, s.signed(t, s.credential(s.amina, nil)))
	check := func() *verifier.PresentationCheck {
		k, err := v.CheckPresentation(t.Context(), clinic, string(p.Raw), verifier.Against{Challenge: challenge, Domain: domain})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	now = at.Add(10*time.Minute - time.Second) // the last second of the challenge
	if k := check(); !k.Verified {
		t.Fatalf("the first: %+v, %+v", k.Problems, k.Results)
	}
	store.at = now.Add(45 * time.Second)
	if k := check(); k.Verified || k.Problems[0].Code != "nonce.replayed" {
		t.Errorf("one that is slow: verified %v, %+v", k.Verified, k.Problems)
	}
}
