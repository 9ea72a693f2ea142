package storetest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"sync"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/verifier"
)

func startAtOnce(t *testing.T, db Database) {
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := db.Open(t.Context(), Key)
			if err != nil {
				t.Errorf("one of six that start at once: %v", err)
				return
			}
			if err := s.Ping(t.Context()); err != nil {
				t.Errorf("ping: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
		})
	}
	wg.Wait()
}

func restart(t *testing.T, db Database) {
	s, err := db.Open(t.Context(), Key)
	must(t, err)
	c := newChallenge()
	c.Presentations = []verifier.StoredPresentation{newPresentation("one")}
	must(t, s.OpenChallenge(t.Context(), c))
	d := newDecision(c, false)
	must(t, s.CommitDecision(t.Context(), d))
	must(t, s.AddClient(t.Context(), newClient("a", server.RoleAdmin)))
	must(t, s.Close())

	s = open(t, db)
	c.DecisionID, c.Decided = d.ID, d.Revision
	same(t, "challenge", load(t, s, c.ID), c)
	got, err := s.Decision(t.Context(), tenant, d.ID)
	must(t, err)
	same(t, "decision", got, d)
	list, err := s.ListClients(t.Context(), tenant)
	must(t, err)
	if len(list) != 1 {
		t.Errorf("%d clients, want 1", len(list))
	}
}

func anotherKey(t *testing.T, db Database) {
	s := open(t, db)
	c := opened(t, s)
	for range 2 {
		_, err := db.Open(t.Context(), seal.NewKey([32]byte{4, 5, 6}))
		wants(t, "another key", err, seal.ErrWrongKey)
	}
	load(t, open(t, db), c.ID)
}

// canary stands in every place that says something of a person.
const canary = "Canary-Mya-Tun"

func nothingReadable(t *testing.T, db Database) {
	s := open(t, db)
	p := newPresentation(canary + " presented")
	p.Circumstances = json.RawMessage(`{"canary":"` + canary + `"}`)
	c := newChallenge()
	c.Nonce, c.Domain, c.Circumstances = canary, canary+".example", p.Circumstances
	c.Request.Proxied = facts.ProxiedRequest{ID: "did:example:" + canary, Attributes: map[string]facts.Comparable{canary: {Text: canary}}}
	c.Presentations = []verifier.StoredPresentation{p}
	must(t, s.OpenChallenge(t.Context(), c))
	d := newDecision(c, false)
	d.Answer = json.RawMessage(`{"holder":"` + canary + `"}`)
	d.OnFile = []verifier.Trigger{{Credential: "c", Constraint: "k", Attestation: facts.Attestation{Issuer: canary, Proxied: canary}}}
	must(t, s.CommitDecision(t.Context(), d))
	same(t, "the canary itself", load(t, s, c.ID).Nonce, canary)
	// The dump shows what lies there: the client's id is not hidden.
	dump := db.Dump()
	if !bytes.Contains(dump, []byte(c.ID)) {
		t.Fatal("the dump does not show the challenge at all")
	}
	for _, trace := range []string{canary, hex.EncodeToString([]byte(canary))} {
		if bytes.Contains(dump, []byte(trace)) {
			t.Errorf("%q can be read in the database", trace)
		}
	}
}

func sealedInPlace(t *testing.T, _ Database) {
	c, p := newChallenge(), newPresentation("one")
	sealed := Key.Presentation(tenant, c.ID, &p)
	for _, at := range [][3]string{{other, c.ID, p.ID}, {tenant, id(), p.ID}, {tenant, c.ID, id()}} {
		q := verifier.StoredPresentation{ID: at[2]}
		wants(t, "opened elsewhere", Key.OpenPresentation(sealed, nil, at[0], at[1], &q), seal.ErrBroken)
	}
	sealed[len(sealed)-1] ^= 1
	wants(t, "a byte changed", Key.OpenPresentation(sealed, nil, tenant, c.ID, &p), seal.ErrBroken)
}
