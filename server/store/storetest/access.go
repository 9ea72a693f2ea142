package storetest

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/server"
)

func newSet(version, source string) *server.PublishedSet {
	return &server.PublishedSet{
		Tenant: tenant, Name: "Wallets", Folded: "wallets", Version: version, Digest: "digest of " + source,
		Source: []byte(source), Owner: "author", PublishedAt: noon,
	}
}

func policySets(t *testing.T, db Database) {
	s := open(t, db)
	publish := func(what string, p *server.PublishedSet, fresh bool, want error) {
		t.Helper()
		got, err := s.PublishPolicySet(t.Context(), p)
		if wants(t, what, err, want); got != fresh {
			t.Errorf("%s: fresh %v, want %v", what, got, fresh)
		}
	}
	publish("first", newSet("1.0.0", "a"), true, nil)
	publish("again", newSet("1.0.0", "a"), false, nil)
	publish("changed", newSet("1.0.0", "b"), false, server.ErrPolicySetChanged)
	publish("next", newSet("1.1.0", "b"), true, nil)
	another := newSet("2.0.0", "c")
	another.Owner = "somebody"
	publish("another's name", another, false, server.ErrPolicySetOwner)
	another.Tenant = other
	publish("elsewhere", another, true, nil)

	got, err := s.PolicySet(t.Context(), tenant, "wallets", "1.1.0")
	must(t, err)
	same(t, "set", got, newSet("1.1.0", "b"))
	signed := newSet("1.1.0", "b")
	signed.Signature = "first"
	publish("signed", signed, false, nil)
	second := *signed
	second.Signature = "second"
	publish("signed again", &second, false, nil)
	got, err = s.PolicySet(t.Context(), tenant, "wallets", "1.1.0")
	must(t, err)
	same(t, "signed once", got, signed)
	for _, at := range [][3]string{{tenant, "wallets", "2.0.0"}, {other, "wallets", "1.0.0"}, {tenant, "Wallets", "1.0.0"}, {tenant, "\x00", "1.0.0"}} {
		_, err = s.PolicySet(t.Context(), at[0], at[1], at[2])
		wants(t, "unknown", err, server.ErrUnknownPolicySet)
	}
	list, err := s.PolicySets(t.Context(), tenant)
	must(t, err)
	first := *newSet("1.0.0", "a")
	first.Source, signed.Source = nil, nil
	same(t, "list", list, []server.PublishedSet{first, *signed})

	activate := func(what, tenant, version string, revision int64, want error) {
		t.Helper()
		wants(t, what, s.ActivatePolicySet(t.Context(), server.Activation{Tenant: tenant, Folded: "wallets", Version: version, Revision: revision}), want)
	}
	activate("a gap", tenant, "1.0.0", 2, server.ErrPolicySetActive)
	activate("another's version", tenant, "2.0.0", 1, server.ErrUnknownPolicySet)
	activate("first", tenant, "1.0.0", 1, nil)
	activate("first again", tenant, "1.1.0", 1, server.ErrPolicySetActive)
	activate("a gap", tenant, "1.1.0", 3, server.ErrPolicySetActive)
	activate("next", tenant, "1.1.0", 2, nil)
	activate("elsewhere", other, "2.0.0", 1, nil)
	active, err := s.ActivePolicySets(t.Context())
	must(t, err)
	same(t, "active", active, []server.Activation{
		{Tenant: tenant, Folded: "wallets", Version: "1.1.0", Revision: 2}, {Tenant: other, Folded: "wallets", Version: "2.0.0", Revision: 1},
	})
}

// What gates wallets is counted by itself, and can be the shipped set again, which
// nothing else can.
func policySetsOfWallets(t *testing.T, db Database) {
	s := open(t, db)
	_, err := s.PublishPolicySet(t.Context(), newSet("1.0.0", "a"))
	must(t, err)
	chosen := server.Activation{Tenant: tenant, Folded: "wallets", Version: "1.0.0", Revision: 1}
	must(t, s.ActivatePolicySet(t.Context(), chosen))
	gates := func(what string, a server.Activation, want error) {
		t.Helper()
		a.Gate, a.Tenant = server.GateWallet, tenant
		wants(t, what, s.ActivatePolicySet(t.Context(), a), want)
	}
	gates("what is not published", server.Activation{Folded: "wallets", Version: "2.0.0", Revision: 1}, server.ErrUnknownPolicySet)
	gates("a name alone", server.Activation{Folded: "wallets", Revision: 1}, server.ErrUnknownPolicySet)
	gates("first", server.Activation{Folded: "wallets", Version: "1.0.0", Revision: 1}, nil)
	gates("first again", server.Activation{Revision: 1}, server.ErrPolicySetActive)
	gates("the shipped one", server.Activation{Revision: 2}, nil)
	gates("a gap", server.Activation{Folded: "wallets", Version: "1.0.0", Revision: 4}, server.ErrPolicySetActive)
	wants(t, "none for wallet servers", s.ActivatePolicySet(t.Context(), server.Activation{Tenant: tenant, Revision: 2}), server.ErrUnknownPolicySet)
	active, err := s.ActivePolicySets(t.Context())
	must(t, err)
	same(t, "active", active, []server.Activation{chosen, {Gate: server.GateWallet, Tenant: tenant, Revision: 2}})
}

// Of many who activate at one revision one does, also the first.
func policySetsAtOnce(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	var fresh, won atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if ok, err := stores[i%2].PublishPolicySet(t.Context(), newSet("1.0.0", "a")); err != nil {
				t.Error(err)
			} else if ok {
				fresh.Add(1)
			}
		})
	}
	wg.Wait()
	for revision := range int64(3) {
		for i := range 8 {
			wg.Go(func() {
				a := server.Activation{Tenant: tenant, Folded: "wallets", Version: "1.0.0", Revision: revision + 1}
				if stores[i%2].ActivatePolicySet(t.Context(), a) == nil {
					won.Add(1)
				}
			})
		}
		wg.Wait()
	}
	if fresh.Load() != 1 || won.Load() != 3 {
		t.Errorf("%d published and %d activated, want 1 and 3", fresh.Load(), won.Load())
	}
}

func entities(t *testing.T, db Database) {
	s := open(t, db)
	secret := "a property that nobody reads"
	alice := authz.Entity{Type: "user", ID: "alice", Properties: map[string]any{"role": secret, "n": 1.5}}
	bob, record := authz.Entity{Type: "user", ID: "Bob", Properties: map[string]any{}}, authz.Entity{Type: "record", ID: "alice", Properties: map[string]any{"x": nil}}
	must(t, s.PutEntities(t.Context(), tenant, []authz.Entity{alice, bob, record}))
	must(t, s.PutEntities(t.Context(), other, []authz.Entity{{Type: "user", ID: "eve", Properties: map[string]any{}}}))
	got, err := s.EntitiesNamed(t.Context(), tenant, []authz.Entity{{Type: "user", ID: "alice"}, {Type: "user", ID: "eve"}, {Type: "user", ID: "\x00"}})
	must(t, err)
	same(t, "named", got, []authz.Entity{alice})
	got, err = s.EntitiesOf(t.Context(), tenant, "user", 10)
	must(t, err)
	same(t, "of a type", got, []authz.Entity{bob, alice})
	got, err = s.EntitiesOf(t.Context(), tenant, "user", 1)
	must(t, err)
	same(t, "one of a type", got, []authz.Entity{bob})
	alice.Properties = map[string]any{"role": "other"}
	must(t, s.PutEntities(t.Context(), tenant, []authz.Entity{alice}))
	got, err = s.EntitiesNamed(t.Context(), tenant, []authz.Entity{{Type: "user", ID: "alice"}})
	must(t, err)
	same(t, "replaced", got, []authz.Entity{alice})
	if bytes.Contains(db.Dump(), []byte(secret)) {
		t.Error("a property is readable in the database")
	}
}

func searches(t *testing.T, db Database) {
	s := open(t, db)
	k := &server.KeptSearch{Tenant: tenant, ID: id(), Expires: noon.Add(time.Minute), Content: []byte("what a search found")}
	must(t, s.KeepSearch(t.Context(), k))
	got, err := s.KeptSearch(t.Context(), tenant, k.ID, noon)
	must(t, err)
	same(t, "search", got, k)
	_, err = s.KeptSearch(t.Context(), other, k.ID, noon)
	wants(t, "another tenant's", err, server.ErrUnknownSearch)
	_, err = s.KeptSearch(t.Context(), tenant, k.ID, k.Expires)
	wants(t, "expired", err, server.ErrUnknownSearch)
	if bytes.Contains(db.Dump(), k.Content) {
		t.Error("what a search found is readable in the database")
	}
	must(t, s.Sweep(t.Context(), k.Expires))
	_, err = s.KeptSearch(t.Context(), tenant, k.ID, noon)
	wants(t, "swept", err, server.ErrUnknownSearch)
}

func signingKeys(t *testing.T, db Database) {
	stores := []Store{open(t, db), open(t, db)}
	var added atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			k := &server.SigningKey{ID: id(), SignsFrom: noon, Secret: []byte("a secret of a key")}
			ok, err := stores[i%2].AddSigningKey(t.Context(), k, 0)
			if err != nil {
				t.Error(err)
			}
			if ok {
				added.Add(1)
			}
		})
	}
	wg.Wait()
	next := &server.SigningKey{ID: id(), SignsFrom: noon.Add(time.Hour), Secret: []byte("a secret of a key")}
	ok, err := stores[0].AddSigningKey(t.Context(), next, 1)
	must(t, err)
	list, err := stores[1].SigningKeys(t.Context())
	must(t, err)
	if added.Load() != 1 || !ok || len(list) != 2 {
		t.Fatalf("%d were first, the next was added: %v, and there are %d", added.Load(), ok, len(list))
	}
	same(t, "the last", list[1], *next)
	if bytes.Contains(db.Dump(), next.Secret) {
		t.Error("a key is readable in the database")
	}
}
