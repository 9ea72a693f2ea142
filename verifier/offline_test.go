package verifier_test

import (
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
)

// offline starts the story's verifier without a network, by a pack of an instant;
// zero: without one.
func (s *story) offline(packed time.Time) {
	s.verifier = verifier.New(verifier.Config{
		DIDs: &did.Resolver{}, Now: func() time.Time { return at }, Offline: &verifier.Offline{PackedAt: packed},
	})
}

// patient is the camp's framework, that lets decide without a network for a day.
func patient(t testing.TB) *verifier.Library {
	t.Helper()
	return altered(t, "{presentationMaxAge: PT5M,", "{offlineMaxAge: P1D, presentationMaxAge: PT5M,")
}

// A permit without a network says so and binds to ask again; whether there may be
// one is the framework's, and how old the pack is.
func TestOffline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		library *verifier.Library
		packed  time.Time
		want    string // the first reason's code; empty: a permit
	}{
		"a pack":                        {patient(t), at.Add(-24 * time.Hour), ""},
		"a pack of the skew":            {patient(t), at.Add(time.Minute), ""},
		"no pack":                       {patient(t), time.Time{}, ""},
		"a pack that is too old":        {patient(t), at.Add(-24*time.Hour - 1), "framework.stale"},
		"a pack of the future":          {patient(t), at.Add(time.Minute + 1), "clock.behind"},
		"a framework that says of none": {shipped(t), at, "offline.refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.library = c.library
			s.offline(c.packed)
			a := s.decide(t, ask("routine-medical-care"), s.grandparent(t, s.amina))
			if c.want != "" {
				wantDeny(t, a, c.want)
				return
			}
			wantPermit(t, a)
			if a.Freshness != "offline" || len(a.Obligations) == 0 || a.Obligations[len(a.Obligations)-1].Action != "re-check" {
				t.Errorf("got freshness %q and %v", a.Freshness, a.Obligations)
			}
		})
	}
}

// A DID document of a pack serves for as long as offlineMaxAge says, whatever
// didMaxAge does.
func TestOfflineDocument(t *testing.T) {
	t.Parallel()
	library := patient(t)
	for name, c := range map[string]struct {
		age  time.Duration
		want string // a reason's code; empty: a permit
	}{
		"older than didMaxAge":     {2 * time.Hour, ""},
		"at the edge":              {24 * time.Hour, ""},
		"older than offlineMaxAge": {24*time.Hour + 1, "did.unresolvable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.library, s.issuer = library, as(s.issuer, webDID)
			clock := func() time.Time { return at }
			web, err := did.Packed(map[string][]byte{webDID: document(t, s.issuer)}, at.Add(-c.age), clock)
			if err != nil {
				t.Fatal(err)
			}
			s.verifier = verifier.New(verifier.Config{
				DIDs: &did.Resolver{Web: web}, Now: clock, Offline: &verifier.Offline{PackedAt: at.Add(-c.age)},
			})
			a := s.decide(t, ask("routine-medical-care"), s.grandparent(t, s.amina))
			if c.want != "" {
				wantDeny(t, a, c.want)
				return
			}
			wantPermit(t, a)
		})
	}
}

// Who came first waited for the others: what is checked again came before it was decided.
func TestAGroupsPermitStands(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	p := g.show(t, g.alice, jwtForm, g.c2(t, jwtForm, embedded(g.c1(t, jwtForm, nil)), nil))
	wantPermit(t, g.again(t, at.Add(14*time.Minute), p))
	wantDeny(t, g.again(t, at.Add(16*time.Minute), p), "group.stale")
}
