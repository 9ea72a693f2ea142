package verifier_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
)

var clinic = verifier.Caller{Tenant: server.DefaultTenant, Client: "clinic", Domains: []string{domain}}

// kept is the story over a database.
func kept(t *testing.T) *story {
	t.Helper()
	return keptBy(t, func() time.Time { return at })
}

// keptBy keeps a story under a clock.
func keptBy(t *testing.T, now func() time.Time) *story {
	t.Helper()
	s, _ := keptWith(t, verifier.Config{Now: now})
	return s
}

// keptWith keeps a story by a configuration without a store, which it returns.
func keptWith(t *testing.T, cfg verifier.Config) (*story, *sqlite.Store) {
	t.Helper()
	s := newStory(t)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "procura.db"), seal.NewKey([seal.Size]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.PutRegistry(t.Context(), clinic.Tenant, "camp-issuers", []string{s.issuer.DID()}); err != nil {
		t.Fatal(err)
	}
	cfg.Store, cfg.DIDs, cfg.Key = store, &did.Resolver{}, [32]byte{2}
	s.verifier = verifier.New(cfg)
	s.verifier.Publish(map[string]*verifier.Library{clinic.Tenant: s.library})
	return s, store
}

// open opens a challenge for these permissions.
func (s *story) open(t *testing.T, permissions ...string) *verifier.Challenge {
	t.Helper()
	q := ask(permissions...)
	q.Nonce, q.ExpiresIn = "", 10*time.Minute
	c, err := s.verifier.Open(t.Context(), clinic, q)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// forChallenge is a grandparent's presentation over a challenge's nonce.
func (s *story) forChallenge(t *testing.T, c *verifier.Challenge, holder *proof.Key) verifier.Submitted {
	t.Helper()
	return s.present(t, holder, proof.Expect{Nonce: c.Nonce, Domain: c.Domain}, s.signed(t, s.credential(holder, nil)))
}

// an is an answer as it was sent.
type an struct {
	ID       string
	Decision string
	Revision int
	Reasons  []struct{ Code string }
}

func read(t *testing.T, raw json.RawMessage, err error) (a an) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *story) submit(t *testing.T, c *verifier.Challenge, p ...verifier.Submitted) an {
	t.Helper()
	raw, err := s.verifier.Present(t.Context(), clinic, c.ID, &verifier.Submission{Presentations: p})
	return read(t, raw, err)
}

// Two wallets answer one by one; the second completes the group. The same
// bytes then get the stored answer, all else is closed.
func TestAGroupArrivesOneByOne(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "light-travel")
	amina, yusuf := s.forChallenge(t, c, s.amina), s.forChallenge(t, c, s.yusuf)
	first := s.submit(t, c, amina)
	if again := s.submit(t, c, amina); first.Decision != "deny" || again.ID != first.ID {
		t.Errorf("first %v, again %v", first, again)
	}
	second := s.submit(t, c, yusuf)
	if second.Decision != "permit" {
		t.Fatalf("together: %v", second)
	}
	if again := s.submit(t, c, amina); again.ID != second.ID {
		t.Errorf("the same bytes got %v, want the stored %v", again, second)
	}
	_, err := s.verifier.Present(t.Context(), clinic, c.ID, &verifier.Submission{Presentations: []verifier.Submitted{s.forChallenge(t, c, s.stranger)}})
	if !errors.Is(err, verifier.ErrChallengeClosed) {
		t.Errorf("another presentation after the permit: %v", err)
	}
}

// Another's tenant, an unregistered domain, a foreign challenge.
func TestWhatIsAnothersIsNotThere(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "light-travel")
	other := verifier.Caller{Tenant: "other", Client: "bank", Domains: []string{domain}}
	if _, err := s.verifier.Get(t.Context(), other, c.ID); !errors.Is(err, verifier.ErrUnknownChallenge) {
		t.Errorf("another tenant reads a challenge: %v", err)
	}
	q := ask("light-travel")
	q.Domain = "https://bank.example"
	if _, err := s.verifier.Open(t.Context(), clinic, q); err == nil {
		t.Error("a domain that is not registered opens a challenge")
	}
	none := verifier.Caller{Tenant: server.DefaultTenant, Client: "none"}
	_, err := s.verifier.Open(t.Context(), none, ask("light-travel"))
	if err == nil || !strings.Contains(err.Error(), "this client has no domain: register it with --domain") {
		t.Errorf("a client without a domain: %v, want to be told how it gets one", err)
	}
}

func evaluation(p verifier.Submitted, permissions ...string) *verifier.Evaluation {
	return &verifier.Evaluation{Question: *ask(permissions...), Presentations: []verifier.Submitted{p}, Body: p.Raw}
}

// A caller's nonce is good once: semantics 8.1.
func TestNoncesAreGoodOnce(t *testing.T) {
	t.Parallel()
	s := kept(t)
	p := s.grandparent(t, s.amina)
	evaluate := func(e *verifier.Evaluation) an {
		raw, err := s.verifier.Evaluate(t.Context(), clinic, e)
		return read(t, raw, err)
	}
	denied := evaluate(evaluation(p, "light-travel"))
	hers := evaluation(p, "light-travel")
	doc := s.credential(s.amina, func(d, _, _ map[string]any) { d["id"] = "urn:uuid:2" })
	hers.Body, hers.Presentations = []byte("hers"), append(hers.Presentations, s.present(t, s.amina, usual, s.signed(t, doc)))
	if a := evaluate(hers); a.Decision != "deny" || !slices.ContainsFunc(a.Reasons, func(r struct{ Code string }) bool { return r.Code == "nonce.replayed" }) {
		t.Errorf("with another presentation of the same holder: %v", a)
	}
	more := evaluation(p, "light-travel")
	more.Body, more.Presentations = []byte("more"), append(more.Presentations, s.grandparent(t, s.yusuf))
	if a := evaluate(more); denied.Decision != "deny" || a.Decision != "permit" {
		t.Fatalf("while no permit was given: %v then %v", denied, a)
	}
	again := evaluation(p, "light-travel")
	again.Body = []byte("again")
	if a := evaluate(again); a.Decision != "deny" || a.Reasons[0].Code != "nonce.replayed" {
		t.Errorf("after the permit: %v", a)
	}
	if a := evaluate(more); a.Decision != "permit" {
		t.Errorf("the byte-identical body within a minute: %v", a)
	}
	other := evaluation(p, "routine-medical-care")
	other.Body = []byte("other")
	if a := evaluate(other); a.Reasons[0].Code != "nonce.replayed" {
		t.Errorf("another request over the same nonce: %v", a)
	}
}

// ending is a presentation as its holder signed it with an end.
func ending(t *testing.T, holder *proof.Key, p verifier.Submitted, end time.Time) verifier.Submitted {
	t.Helper()
	raw, err := holder.JWK()
	parts := strings.Split(string(p.Raw), ".")
	claims, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	var private struct{ D string }
	if err := errors.Join(err, err2, json.Unmarshal(raw, &private)); err != nil {
		t.Fatal(err)
	}
	seed, err := base64.RawURLEncoding.DecodeString(private.D)
	if err != nil {
		t.Fatal(err)
	}
	claims = fmt.Appendf(nil, `{"exp": %d, %s`, end.Unix(), claims[1:])
	signed := parts[0] + "." + base64.RawURLEncoding.EncodeToString(claims)
	signature := ed25519.Sign(ed25519.NewKeyFromSeed(seed), []byte(signed))
	p.Raw = []byte(signed + "." + base64.RawURLEncoding.EncodeToString(signature))
	return p
}

// The same body gets its first decision, also where no proof in it holds any
// more: nothing of its nonce would be remembered then.
func TestSameBodyAfterItsProofEnded(t *testing.T) {
	t.Parallel()
	now := at
	s := keptBy(t, func() time.Time { return now })
	e := evaluation(ending(t, s.amina, s.grandparent(t, s.amina), at.Add(30*time.Second)), "routine-medical-care")
	evaluate := func(after time.Duration, body string) an {
		now, e.Body = at.Add(after), []byte(body)
		raw, err := s.verifier.Evaluate(t.Context(), clinic, e)
		return read(t, raw, err)
	}
	first := evaluate(0, "a body")
	if again := evaluate(59*time.Second, "a body"); first.Decision != "permit" || again.ID != first.ID {
		t.Errorf("got %v and then %v, want one permit", first, again)
	}
	if other := evaluate(59*time.Second, "another"); other.Decision != "deny" {
		t.Errorf("the proof still holds: %v", other)
	}
}

// A nonce of a challenge is refused at every other door, for ever.
func TestANonceOfAChallengeIsRefusedElsewhere(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "routine-medical-care")
	e := evaluation(s.forChallenge(t, c, s.amina), "routine-medical-care")
	e.Nonce = c.Nonce
	raw, err := s.verifier.Evaluate(t.Context(), clinic, e)
	if a := read(t, raw, err); a.Decision != "deny" || a.Reasons[0].Code != "nonce.mismatch" {
		t.Errorf("got %v", a)
	}
}

// Ten presentations at once: none is lost, and one challenge permits once.
func TestOneChallengePermitsOnce(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "routine-medical-care")
	ids := make([]string, 10)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			raw, err := s.verifier.Present(t.Context(), clinic, c.ID, &verifier.Submission{Presentations: []verifier.Submitted{s.forChallenge(t, c, newKey(t))}})
			if errors.Is(err, verifier.ErrChallengeClosed) {
				return
			}
			a := read(t, raw, err)
			if a.Decision == "permit" {
				ids[i] = a.ID
			}
		})
	}
	wg.Wait()
	permits := map[string]bool{}
	for _, id := range ids {
		if id != "" {
			permits[id] = true
		}
	}
	if len(permits) != 1 {
		t.Errorf("%d different permits", len(permits))
	}
}

// Circumstances alone are laid over the challenge's, and decide anew.
func TestCircumstancesDecideAnew(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "routine-medical-care")
	bound := s.credential(s.amina, func(_, h, _ map[string]any) { h["constraints"] = map[string]any{"jurisdictions": "TD"} })
	p := s.present(t, s.amina, proof.Expect{Nonce: c.Nonce, Domain: c.Domain}, s.signed(t, bound))
	if a := s.submit(t, c, p); a.Decision != "deny" {
		t.Fatalf("without circumstances: %v", a)
	}
	raw, err := s.verifier.Present(t.Context(), clinic, c.ID, &verifier.Submission{Circumstances: json.RawMessage(`{"jurisdiction":{"value":"TD"}}`)})
	if a := read(t, raw, err); a.Decision != "permit" {
		t.Errorf("with the jurisdiction: %v", a)
	}
}

func TestQuestionsThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	s := kept(t)
	for path, change := range map[string]func(q *verifier.Question){
		"/permissions/0":     func(q *verifier.Question) { q.Request.Permissions = []string{"fly"} },
		"/framework":         func(q *verifier.Question) { q.Request.Framework.Name = "Nowhere" },
		"/framework/variant": func(q *verifier.Question) { q.Request.Framework.Variant = "Ghost" },
	} {
		q := ask("light-travel")
		change(q)
		_, err := s.verifier.Open(t.Context(), clinic, q)
		invalid, ok := errors.AsType[*verifier.Invalid](err)
		if !ok || invalid.Faults[0].Path != path {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Nobody can block a group by filling its challenge with what proves nothing.
func TestForgeriesMakeRoom(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "routine-medical-care")
	forged := make([]verifier.Submitted, 64)
	for i := range forged {
		forged[i] = s.present(t, newKey(t), proof.Expect{Nonce: c.Nonce + "x", Domain: c.Domain})
	}
	if a := s.submit(t, c, forged...); a.Decision != "deny" {
		t.Fatalf("forgeries: %v", a)
	}
	before, err := s.verifier.Get(t.Context(), clinic, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	s.submit(t, c, forged...) // what is there takes no room
	if after, err := s.verifier.Get(t.Context(), clinic, c.ID); err != nil || after.Revision != before.Revision {
		t.Errorf("sent again they moved the challenge from revision %d to %d (%v)", before.Revision, after.Revision, err)
	}
	if a := s.submit(t, c, s.forChallenge(t, c, s.amina)); a.Decision != "permit" {
		t.Errorf("after them: %v", a)
	}
}

// In a list one that does not parse is out under its path; by itself it is
// refused and nothing is stored.
func TestWhatDoesNotParse(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "routine-medical-care")
	broken := verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte("a.b")}
	a := s.submit(t, c, broken)
	if !slices.ContainsFunc(a.Reasons, func(r struct{ Code string }) bool { return r.Code == "presentation.malformed" }) {
		t.Errorf("in a list: %v", a)
	}
	_, err := s.verifier.Present(t.Context(), clinic, c.ID, &verifier.Submission{Presentations: []verifier.Submitted{broken}, Bare: true})
	if _, ok := errors.AsType[*verifier.Malformed](err); !ok {
		t.Errorf("by itself: %v", err)
	}
	if got, err := s.verifier.Get(t.Context(), clinic, c.ID); err != nil || len(got.Presentations) != 1 {
		t.Errorf("stored: %v, %v", got, err)
	}
}

// An empty list of obligations stays one: none can be performed.
func TestNoObligationCanBePerformed(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	q := ask("routine-medical-care")
	q.Request.SupportedObligations = []string{}
	a := s.decide(t, q, s.grandparent(t, s.amina))
	wantDeny(t, a, "obligation.unsupported")
	raw, err := json.Marshal(a.Input)
	if err != nil {
		t.Fatal(err)
	}
	var again facts.Input
	if err := json.Unmarshal(raw, &again); err != nil || again.Request.SupportedObligations == nil {
		t.Errorf("the list was lost: %v, %v", again.Request, err)
	}
}

// A challenge holds so many bytes and no more: each decision reads them all.
func TestAChallengeHoldsSoMuch(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "routine-medical-care")
	for i := range 10 {
		big := verifier.Submitted{MediaType: verifier.MediaJWT, Raw: append(bytes.Repeat([]byte("a"), 1<<20), byte('0'+i))}
		s.submit(t, c, big)
	}
	got, err := s.verifier.Get(t.Context(), clinic, c.ID)
	if err != nil || len(got.Presentations) > 8 {
		t.Errorf("%d presentations of 1 MiB are held, %v", len(got.Presentations), err)
	}
}

// Circumstances take room as presentations do: each is kept with its own.
func TestAChallengeHoldsSoManyCircumstances(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "routine-medical-care")
	for i := range 20 {
		circumstances, err := verifier.ReadCircumstances(map[string]any{"function": map[string]any{"value": strings.Repeat("f", 1<<20) + string(rune('a'+i))}})
		if err != nil {
			t.Fatal(err)
		}
		// The first ten bring a presentation each, the others replace those of one.
		one := verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte{'a', byte('0' + i%10)}}
		_, _ = s.verifier.Present(t.Context(), clinic, c.ID, &verifier.Submission{Presentations: []verifier.Submitted{one}, Circumstances: circumstances})
	}
	got, err := s.verifier.Get(t.Context(), clinic, c.ID)
	held := 0
	for _, p := range got.Presentations {
		held += len(p.Raw) + len(p.Circumstances)
	}
	if err != nil || held > 8<<20 {
		t.Errorf("%d bytes are held, %v", held, err)
	}
}
