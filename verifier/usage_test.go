package verifier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
)

// metered is a garage whose framework can limit use, and that counts.
func metered(t *testing.T) *garage {
	t.Helper()
	return garageOver(t, func(s verifier.Store) verifier.Store { return s })
}

// garageOver is one whose verifier has what around makes of a store.
func garageOver(t *testing.T, around func(verifier.Store) verifier.Store) *garage {
	t.Helper()
	g := newGarage(t)
	g.library = relaxed(t, "\nconstraints:\n", `
constraints:
  - name: times
    type: usage
    uri: https://procura.dev/frameworks/car-rental-delegation/constraints/times
    members: {max: [atMost], period: [each]}
    definition: How often.
`)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "procura.db"), seal.NewKey([seal.Size]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.PutRegistry(t.Context(), clinic.Tenant, "car-companies", []string{g.company.DID()}); err != nil {
		t.Fatal(err)
	}
	g.verifier = verifier.New(verifier.Config{Store: around(store), DIDs: &did.Resolver{}, Key: [32]byte{2}, Now: func() time.Time { return at }})
	g.verifier.Publish(map[string]*verifier.Library{clinic.Tenant: g.library})
	return g
}

func times(most float64) edit {
	return func(_, h, _ map[string]any) {
		c := h["constraints"].(map[string]any)
		c["atMost"], c["each"] = most, "P1D"
	}
}

// drives asks at a challenge, where uses count.
func (g *garage) drives(t *testing.T, holder *proof.Key, credential any) *verifier.Answer {
	t.Helper()
	q := &verifier.Question{
		Request: facts.Request{
			Permissions: []string{"drive"},
			Proxied:     facts.ProxiedRequest{Attributes: map[string]facts.Comparable{"vin": {Text: vin}}},
			Framework:   facts.FrameworkName{Name: rental},
		},
		Domain: clinic.Domains[0], ExpiresIn: 10 * time.Minute,
		Circumstances: json.RawMessage(`{"place": {"lat": 29.7691, "lon": -95.5293, "accuracyM": 5}}`),
	}
	c, err := g.verifier.Open(t.Context(), clinic, q)
	if err != nil {
		t.Fatal(err)
	}
	p, err := (&proof.Signer{Key: holder, At: at}).Presentation(t.Context(), []any{credential}, over[jwtForm], proof.Expect{Nonce: c.Nonce, Domain: c.Domain})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := g.verifier.Present(t.Context(), clinic, c.ID, &verifier.Submission{
		Presentations: []verifier.Submitted{{MediaType: verifier.MediaJWT, Raw: []byte(p.(string))}}, Input: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	a := new(verifier.Answer)
	if err := json.Unmarshal(raw, a); err != nil {
		t.Fatal(err)
	}
	if len(a.Used) > 0 {
		t.Errorf("callers are shown %v", a.Used)
	}
	return a
}

// What rests on a child rests on its parent: all children use up the parent's
// count, and a child has one of its own besides. Stock OPA decides alike from what
// was recorded.
func TestChildrenShareTheirParentsUses(t *testing.T) {
	t.Parallel()
	g := metered(t)
	f, err := g.library.All()[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := serveBundle(t, stockOPA(t), f)
	recorded := func(a *verifier.Answer) *verifier.Answer {
		t.Helper()
		if got, want := ask(t, a.Input), canonical(t, a.Decision); !bytes.Equal(got, want) {
			t.Errorf("opa  %s\nours %s", got, want)
		}
		return a
	}
	parent := g.c2(t, jwtForm, embedded(g.c1(t, jwtForm, nil)), times(3))
	once, free := g.c3(t, jwtForm, embedded(parent), times(1)), g.c3(t, jwtForm, embedded(parent), nil)
	wantPermit(t, recorded(g.drives(t, g.ben, once)))
	wantDeny(t, recorded(g.drives(t, g.ben, once)), "usage.exhausted")
	wantPermit(t, recorded(g.drives(t, g.ben, free)))
	wantPermit(t, recorded(g.drives(t, g.alice, parent)))
	a := recorded(g.drives(t, g.ben, free))
	wantDeny(t, a, "usage.exhausted")
	if len(a.Needs) > 0 || a.NeedsComplete == nil || !*a.NeedsComplete {
		t.Errorf("needs %v, complete %v: want none, and that this is all", a.Needs, a.NeedsComplete)
	}
	wantDeny(t, g.decide(t, "drive", g.show(t, g.ben, jwtForm, free)), "usage.uncounted") // a door without a ledger
}

// crowded is a store where others are always counted first.
type crowded struct{ verifier.Store }

func (c crowded) CommitDecision(ctx context.Context, d *verifier.StoredDecision) error {
	if len(d.Uses) > 0 {
		return verifier.ErrUsesChanged
	}
	return c.Store.CommitDecision(ctx, d)
}

// Who never comes to a turn is denied, not permitted.
func TestUsesThatAlwaysChangeDeny(t *testing.T) {
	t.Parallel()
	g := garageOver(t, func(s verifier.Store) verifier.Store { return crowded{s} })
	c2 := g.c2(t, jwtForm, embedded(g.c1(t, jwtForm, nil)), times(3))
	wantDeny(t, g.drives(t, g.alice, c2), "usage.contended")
	wantPermit(t, g.drives(t, g.alice, g.c2(t, jwtForm, embedded(g.c1(t, jwtForm, nil)), nil)))
}

// A permit that was counted when it was given stands where it is checked again,
// though nobody counts there; what nobody counted is none.
func TestAPermitThatWasCountedStands(t *testing.T) {
	t.Parallel()
	g := metered(t)
	c2 := g.c2(t, jwtForm, embedded(g.c1(t, jwtForm, times(5))), times(1))
	p := g.show(t, g.alice, jwtForm, c2)
	wantDeny(t, g.decide(t, "drive", p), "usage.uncounted")
	a := g.again(t, at, p)
	wantPermit(t, a)
	if len(a.Used) > 0 {
		t.Errorf("callers are shown %v", a.Used)
	}
}
