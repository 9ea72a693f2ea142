package server_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/session"
)

// Secrets are turned over while two servers run: nobody is locked out, records move
// as their holders come, and then the old ones can go.
func TestWalletSecretsAreTurnedOver(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx, kept := t.Context(), h[0].store
		d := h[0].withPartition("ann")
		i := credential("urn:1")
		wantsKind(t, "added", d.part.Add(ctx, i), "")
		ben := h[0].registered("ben")
		loads := func() {
			t.Helper()
			for _, each := range h {
				if err := each.wallet.Load(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		uses := func(what string, want ...session.SecretsUse) {
			t.Helper()
			all, err := kept.SecretsInUse(ctx, h[0].clock.now())
			if err != nil || len(all) != len(want) {
				t.Fatalf("%s: %+v, %v", what, all, err)
			}
			for i := range all {
				if all[i].Begun = (time.Time{}); all[i] != want[i] {
					t.Errorf("%s: %+v, want %+v", what, all[i], want[i])
				}
			}
		}
		uses("before", session.SecretsUse{Generation: 1, Accounts: 2, Sessions: 1})
		wants(t, "retiring the only one", server.RetireSecrets(ctx, kept, 1, h[0].clock.now()), session.ErrSecretsUsed)
		n, err := server.RotateSecrets(ctx, kept, h[0].clock.now())
		if err != nil || n != 2 {
			t.Fatalf("generation %d, %v", n, err)
		}
		loads()
		h[0].registered("cem") // it is known, and nothing is made under it yet
		uses("at once", session.SecretsUse{Generation: 2}, session.SecretsUse{Generation: 1, Accounts: 3, Sessions: 1})
		for _, each := range h {
			each.clock.move(session.SettleTime)
		}
		loads()
		dan := h[1].registered("dan")
		uses("settled", session.SecretsUse{Generation: 2, Accounts: 1}, session.SecretsUse{Generation: 1, Accounts: 3, Sessions: 1})
		if _, err := d.Open(ctx); err != nil {
			t.Errorf("a session of before: %v", err)
		}
		wants(t, "retiring what is used", server.RetireSecrets(ctx, kept, 1, h[0].clock.now()), session.ErrSecretsUsed)
		s, err := h[1].holder(server.DefaultTenant).Login(ctx, "ann", secret, "")
		if err != nil || !s.Renewed || s.RenewError != nil {
			t.Fatalf("a login with an old record: %+v, %v", s, err)
		}
		a, err := s.Open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		reads(t, &desk{Session: s, account: a}, i)
		for name, c := range map[string]*client.Client{"ben": ben, "cem": ben} {
			if s, err := c.Login(ctx, name, secret, ""); err != nil || !s.Renewed {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s, err := dan.Login(ctx, "dan", secret, ""); err != nil || s.Renewed {
			t.Errorf("a record of the newest: renewed %v, %v", s != nil && s.Renewed, err)
		}
		h[0].clock.move(session.IdleTime)
		if err := server.RetireSecrets(ctx, kept, 1, h[0].clock.now()); err != nil {
			t.Fatal(err)
		}
		loads()
		uses("after", session.SecretsUse{Generation: 2, Accounts: 4})
		for _, name := range []string{"ann", "ben", "dan"} {
			if err := h[1].logs(name, secret); err != nil {
				t.Errorf("%s afterwards: %v", name, err)
			}
		}
		for _, each := range h { // the fake record has moved with them
			if err := each.logs("nobody", secret); !errors.Is(err, session.ErrPassword) {
				t.Errorf("a name that nobody has: %v", err)
			}
		}
	})
}

// Of two who rotate at once one adds a generation.
func TestWalletSecretsAtOnce(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		next := func() *session.Secrets { return session.NewSecrets(2, h[0].clock.now()) }
		if err := h[0].store.AddSecrets(t.Context(), next()); err != nil {
			t.Fatal(err)
		}
		wants(t, "the same again", h[1].store.AddSecrets(t.Context(), next()), session.ErrSecretsChanged)
	})
}

func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// New secrets are no new tries.
func TestWalletSecretsLeaveTries(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		h[0].registered("ann")
		for range 10 {
			h[0].login("ann")
		}
		if _, err := server.RotateSecrets(t.Context(), h[0].store, h[0].clock.now()); err != nil {
			t.Fatal(err)
		}
		for _, each := range h {
			each.clock.move(session.SettleTime)
			if err := each.wallet.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			if code := each.login("ann").StatusCode; code != http.StatusTooManyRequests {
				t.Errorf("one more try, under new secrets: %d", code)
			}
		}
	})
}
