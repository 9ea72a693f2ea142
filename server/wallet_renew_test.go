package server_test

import (
	"testing"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/session"
)

// A server that asks for more work has the record of who comes made anew, of the
// same password, once; nobody is locked out meanwhile.
func TestWalletRecordsOfAnOlderProfile(t *testing.T) {
	t.Parallel()
	before := newHouse(t)
	d := before.withPartition("ann")
	i := credential("urn:1")
	wantsKind(t, "added", d.part.Add(t.Context(), i), "")
	stronger := session.Profile{Passes: session.Newest.Passes + 1, Memory: session.Newest.Memory, Lanes: session.Newest.Lanes}
	after := build(t, before.store, func(c *server.Config) {
		var err error
		if c.Wallets, err = server.OpenWallets(t.Context(), before.store, server.WalletOffer{
			Names: [32]byte{3}, Origin: walletOrigin, Profiles: []session.Profile{stronger, session.Newest},
		}, before.clock.now); err != nil {
			t.Fatal(err)
		}
	})
	c := after.holder(server.DefaultTenant)
	for n, renewed := range []bool{true, false} {
		s, err := c.Login(t.Context(), "ann", secret, "")
		if err != nil || s.Renewed != renewed || s.RenewError != nil {
			t.Fatalf("login %d: %v, %+v", n, err, s)
		}
		if _, err := s.Open(t.Context()); err != nil {
			t.Errorf("login %d: %v", n, err)
		}
		a, _, err := before.store.FindAccount(t.Context(), server.DefaultTenant, "ann", [32]byte{})
		if err != nil || a.Record.Profile != stronger || a.Version != 2 {
			t.Errorf("login %d: the record is of %s, version %d, %v", n, a.Record.Profile, a.Version, err)
		}
	}
}
