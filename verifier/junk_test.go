package verifier_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// counting lets a story's verifier count the signatures that it verifies, those
// of presentations excepted.
func (s *story) counting() *proof.Signatures {
	memory := &proof.Signatures{}
	s.verifier = verifier.New(verifier.Config{DIDs: &did.Resolver{}, Now: func() time.Time { return at }, Signatures: memory})
	return memory
}

// A credential of whom the framework does not list is refused before its proof
// is verified, and under the same code as the policy's. In every format.
func TestAStrangersCredentialIsNotVerified(t *testing.T) {
	t.Parallel()
	for _, format := range []string{vc.FormatVCJWT11, vc.FormatJCS, vc.FormatSDJWT} {
		s := newStory(t)
		memory := s.counting()
		decide := func(issuer *proof.Key) *verifier.Answer {
			c, err := (&proof.Signer{Key: issuer, At: at}).Credential(t.Context(), s.credential(s.amina, nil), format)
			if err != nil {
				t.Fatal(err)
			}
			if issued, ok := c.(string); ok && format == vc.FormatSDJWT {
				return s.decide(t, ask("routine-medical-care"), bound(t, s.amina, usual, issued, everything))
			}
			return s.decide(t, ask("routine-medical-care"), s.present(t, s.amina, usual, c))
		}
		wantDeny(t, decide(s.stranger), "issuer.refused")
		if n := memory.Verified(); n != 0 {
			t.Errorf("%s: %d signatures of strangers were verified", format, n)
		}
		wantPermit(t, decide(s.issuer))
		if n := memory.Verified(); n != 1 {
			t.Errorf("%s: %d signatures were verified, want that of the issuer", format, n)
		}
	}
}

// forged are credentials of the listed issuer that it never signed, each another.
func (s *story) forged(t *testing.T, from, n int) []any {
	t.Helper()
	good := s.signed(t, s.credential(s.amina, nil)).(string)
	out := make([]any, n)
	for i := range out {
		c := s.signed(t, s.credential(s.stranger, func(doc, _, _ map[string]any) { doc["id"] = fmt.Sprintf("urn:junk:%d", from+i) })).(string)
		out[i] = c[:strings.LastIndex(c, ".")] + good[strings.LastIndex(good, "."):]
	}
	return out
}

// What strangers sent to a challenge is looked at with each decision, but its
// signatures are verified once; and who answers it in earnest still can.
func TestJunkIsVerifiedOnce(t *testing.T) {
	t.Parallel()
	const presentations, credentials = 6, 8
	memory := &proof.Signatures{}
	s, _ := keptWith(t, verifier.Config{Now: func() time.Time { return at }, Signatures: memory})
	c := s.open(t, "routine-medical-care")
	over := proof.Expect{Nonce: c.Nonce, Domain: c.Domain}
	for i := range presentations {
		a := s.submit(t, c, s.present(t, s.stranger, over, s.forged(t, i*credentials, credentials)...))
		if n, want := memory.Verified(), int64((i+1)*credentials); a.Decision != "deny" || n != want {
			t.Fatalf("after %d presentations: %s, and %d signatures were verified, want %d", i+1, a.Decision, n, want)
		}
	}
	if a := s.submit(t, c, s.forChallenge(t, c, s.amina)); a.Decision != "permit" {
		raw, _ := json.Marshal(a.Reasons)
		t.Errorf("who answers in earnest: %s", raw)
	}
	if n := memory.Verified(); n != presentations*credentials+1 {
		t.Errorf("%d signatures were verified, want one more", n)
	}
}

// Where a delegator may issue, only what was signed says who that is.
func TestADelegatorIsVerified(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	memory := s.counting()
	s.library = altered(t, "- {by: registry, registry: camp-issuers}", "- {by: delegator}")
	s.issuer = s.stranger
	q := ask("routine-medical-care")
	q.Request.Proxied.ID = s.stranger.DID()
	c := s.signed(t, s.credential(s.amina, func(_, _, p map[string]any) { p["id"] = s.stranger.DID() }))
	wantPermit(t, s.decide(t, q, s.present(t, s.amina, usual, c)))
	if n := memory.Verified(); n != 1 {
		t.Errorf("%d signatures were verified, want the delegator's", n)
	}
}

// An asked store notes which DIDs it is asked for.
type askedStore struct {
	*sqlite.Store
	calls [][]string
}

func (s *askedStore) Registries(ctx context.Context, tenant string, dids []string) (map[string][]string, error) {
	s.calls = append(s.calls, dids)
	return s.Store.Registries(ctx, tenant, dids)
}

// A decision asks for all issuers of a presentation at once, for each of them
// once, and for none that no registry can hold: Postgres has no place for a NUL.
func TestIssuersAreLookedUpOnce(t *testing.T) {
	t.Parallel()
	s, db := keptWith(t, verifier.Config{})
	store := &askedStore{Store: db}
	s.verifier = verifier.New(verifier.Config{Store: store, DIDs: &did.Resolver{}, Now: func() time.Time { return at }})
	s.verifier.Publish(map[string]*verifier.Library{clinic.Tenant: s.library})
	var all []any
	for _, id := range []string{"did:x:b", "did:x:a", "did:x:b", "did:x:\x00", "did:x: ", "x", "did:x:" + strings.Repeat("a", 2048)} {
		issuer := *s
		issuer.issuer = as(s.stranger, id)
		all = append(all, issuer.signed(t, s.credential(s.amina, nil)))
	}
	c := s.open(t, "routine-medical-care")
	over := proof.Expect{Nonce: c.Nonce, Domain: c.Domain}
	a := s.submit(t, c, s.present(t, s.amina, over, all...), s.present(t, s.yusuf, over, all...))
	refused := 0
	for _, r := range a.Reasons {
		if r.Code == "issuer.refused" {
			refused++
		}
	}
	if want := [][]string{{"did:x:a", "did:x:b"}}; !reflect.DeepEqual(store.calls, want) || refused != 2*len(all) {
		t.Errorf("asked for %q, want %q; %d are refused for their issuer: %v", store.calls, want, refused, a.Reasons)
	}
}
