package server_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

const another = "another correct horse"

// logs tries a password.
func (h *house) logs(name, password string) error {
	h.Helper()
	_, err := h.holder(server.DefaultTenant).Login(h.Context(), name, password, "")
	return err
}

// reads holds that a session still opens what the desk keeps.
func reads(t *testing.T, d *desk, want *client.Item) {
	t.Helper()
	parts, err := d.Partitions(t.Context(), d.account)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d partitions, %v", len(parts), err)
	}
	got, err := parts[0].Get(t.Context(), want.ID)
	if err != nil || !bytes.Equal(got.Content, want.Content) {
		t.Errorf("the item: %+v, %v", got, err)
	}
}

func TestWalletPassword(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].withPartition("ann")
		i := credential("urn:1")
		if err := d.part.Add(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		other := h[1].desk(h[1].holder(server.DefaultTenant), "ann")
		if err := d.ChangePassword(t.Context(), d.account, "wrong", another); !errors.Is(err, session.ErrPassword) {
			t.Errorf("with a wrong password: %v", err)
		}
		if err := d.ChangePassword(t.Context(), d.account, secret, another); err != nil {
			t.Fatal(err)
		}
		wantsKind(t, "another session afterwards", other.Do(t.Context(), http.MethodGet, "account", nil, nil), "session")
		if err := h[1].logs("ann", secret); !errors.Is(err, session.ErrPassword) {
			t.Errorf("the password before: %v", err)
		}
		reads(t, d, i) // this session goes on, and opens what is there anew
		s, err := h[1].holder(server.DefaultTenant).Login(t.Context(), "ann", another, "")
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		reads(t, &desk{Session: s, account: a}, i)
		// The slot is under the new password too: the session's own key of it is.
		if a, err = d.Open(t.Context()); err != nil || a.Root.Generation != 1 {
			t.Errorf("opened in the session that changed it: %v", err)
		}
	})
}

// Two devices that change the password at once: one does, and no key is lost.
func TestWalletPasswordAtOnce(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].withPartition("ann")
		i := credential("urn:1")
		if err := d.part.Add(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		other := h[1].desk(h[1].holder(server.DefaultTenant), "ann")
		errs := make(chan error, 2)
		go func() { errs <- d.ChangePassword(t.Context(), d.account, secret, "first "+another) }()
		go func() { errs <- other.ChangePassword(t.Context(), other.account, secret, "second "+another) }()
		var failed []error
		for range 2 {
			if err := <-errs; err != nil {
				failed = append(failed, err)
			}
		}
		if len(failed) != 1 {
			t.Fatalf("%d of two failed: %v", len(failed), failed)
		}
		var in *client.Session
		for _, each := range []string{"first " + another, "second " + another} {
			if s, err := h[1].holder(server.DefaultTenant).Login(t.Context(), "ann", each, ""); err == nil {
				in = s
			}
		}
		if in == nil {
			t.Fatal("neither is the password")
		}
		a, err := in.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		reads(t, &desk{Session: in, account: a}, i)
	})
}

func TestWalletCompromised(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].withPartition("ann")
		box := &client.Item{Item: keys.Item{Kind: "collection"}, Own: "papers", Content: []byte("Papers")}
		one := credential("urn:1")
		one.Collection = "papers"
		for _, i := range []*client.Item{box, one} {
			if err := d.part.Add(t.Context(), i); err != nil {
				t.Fatal(err)
			}
		}
		code, err := d.SetRecovery(t.Context(), d.account, secret)
		if err != nil {
			t.Fatal(err)
		}
		old := *d.account
		if err := d.Compromised(t.Context(), d.account, secret, another); err != nil {
			t.Fatal(err)
		}
		s, err := h[1].holder(server.DefaultTenant).Login(t.Context(), "ann", another, "")
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if a.Root.Generation != 2 || a.Recovery != nil {
			t.Errorf("the root key is of generation %d, the recovery code %+v", a.Root.Generation, a.Recovery)
		}
		if before, _ := old.Identity.Public(); bytes.Equal(before, first(a.Identity.Public())) {
			t.Error("the account's own keys are those that others may have")
		}
		after := &desk{Session: s, account: a}
		reads(t, after, one)
		parts, err := s.Partitions(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		two := credential("urn:2")
		two.Collection = "papers"
		if err := parts[0].Add(t.Context(), two); err != nil {
			t.Errorf("into a collection of the epoch before: %v", err)
		}
		wantsKind(t, "an own id of the epoch before", parts[0].Add(t.Context(), credential("urn:1")), "item-tag-exists")
		for _, f := range []client.Find{{Own: "urn:1"}, {Own: "urn:2"}} {
			if list, err := parts[0].All(t.Context(), f); err != nil || len(list) != 1 {
				t.Errorf("%+v: %d, %v", f, len(list), err)
			}
		}
		kept, err := parts[0].Get(t.Context(), box.ID)
		if err != nil {
			t.Fatal(err)
		}
		kept.Own, kept.Content = "papers", []byte("Papers of Ann")
		if err := parts[0].Change(t.Context(), kept); err != nil {
			t.Errorf("a collection under a new epoch: %v", err)
		}
		if list, err := parts[0].All(t.Context(), client.Find{Collection: "papers"}); err != nil || len(list) != 2 {
			t.Errorf("in the collection: %d, %v", len(list), err)
		}
		wantsKind(t, "a collection with something in it", parts[0].Remove(t.Context(), kept), "collection-not-empty")
		wantsKind(t, "written under the key before", d.part.Add(t.Context(), credential("urn:3")), "epoch-retired")
		if _, err := d.Partitions(t.Context(), &old); !errors.Is(err, client.ErrServer) {
			t.Errorf("the root key before opens what is kept now: %v", err)
		}
		wantsKind(t, "the recovery code", h[0].holder(server.DefaultTenant).Recover(t.Context(), "ann", code, secret), "recovery")
	})
}

func first(b, _ []byte) []byte { return b }

// A renewal has all keys or is none.
func TestWalletRenewalIsWhole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.withPartition("ann")
	for what, change := range map[string]func(list []any) []any{
		"without one":        func(list []any) []any { return list[1:] },
		"without the newest": func(list []any) []any { return list[:1] },
		"one twice":          func(list []any) []any { return append(list[:1], list[0]) },
		"one more": func(list []any) []any {
			return append(list, map[string]any{"id": b64url(make([]byte, 16)), "epoch": 1, "key": list[0].(map[string]any)["key"]})
		},
		"another epoch": func(list []any) []any { list[1].(map[string]any)["epoch"] = 3; return list },
	} {
		wantsKind(t, what, d.renews(t, change), "version")
	}
	if err := d.Compromised(t.Context(), d.account, secret, another); err != nil {
		t.Error(err)
	}
}

// renews renews an account's keys otherwise than a client does.
func (d *desk) renews(t *testing.T, change func([]any) []any) error {
	t.Helper()
	root := d.account.Root.Next()
	identity, err := keys.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	id := d.part.ID()
	now := keys.Served(d.account.Account, id, 1, keys.New())
	list := []any{}
	for _, p := range []*keys.Partition{now, now.Next()} {
		list = append(list, map[string]any{"id": b64url(id[:]), "epoch": p.Epoch, "key": b64url(root.Partition(p))})
	}
	r, err := session.BeginRegistration(another)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Response, Ticket string }
	if err := d.Do(t.Context(), http.MethodPost, "password", map[string]any{"request": b64url(r.Request)}, &got); err != nil {
		t.Fatal(err)
	}
	record, export, err := r.Finish(fromB64url(t, got.Response), session.Holder{Origin: walletOrigin, Tenant: server.DefaultTenant, Name: "ann"}, session.Newest)
	if err != nil {
		t.Fatal(err)
	}
	box, sign := identity.Public()
	return d.DoAgain(t.Context(), secret, http.MethodPut, "password", map[string]any{
		"ticket": got.Ticket, "record": b64url(record), "generation": root.Generation, "root": b64url(root.Slot(keys.SlotOpaque, keys.UnderOpaque(export))),
		"compromised": map[string]any{"box": b64url(box), "sign": b64url(sign), "private": b64url(root.Identity(identity)), "partitions": change(list)},
	}, nil)
}

// filled is an operation's path with something in the place of each name.
func filled(path string) string {
	return strings.TrimPrefix(strings.NewReplacer(":device", b64url(make([]byte, 16)), ":profile", "work", ":generation", "1").Replace(path), "/")
}

// Whatever needs the password again is refused without it, for another request,
// in another session, a second time, and later than five minutes.
func TestWalletStepUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d, other := h.desk(h.registered("ann"), "ann"), h.desk(h.holder(server.DefaultTenant), "ann")
	for _, o := range server.WalletOperations() {
		if o.Strong {
			wantsKind(t, o.Action+" without it", d.Do(t.Context(), o.Method, filled(o.Path), nil, nil), "step-up-required")
		}
	}
	ask := channel.Request{Method: http.MethodDelete, Path: "/recovery", RequestID: "r1"}
	if err := d.StepUp(t.Context(), secret, ask); err != nil {
		t.Fatal(err)
	}
	said := func(d *desk, change func(*channel.Request)) string {
		r := ask
		change(&r)
		got, err := d.Say(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		_, kind, _ := strings.Cut(string(got.Body), "problems/")
		kind, _, _ = strings.Cut(kind, `"`)
		return kind
	}
	const required = "step-up-required"
	for what, change := range map[string]func(*channel.Request){
		"another path":   func(r *channel.Request) { r.Path = "/account" },
		"another query":  func(r *channel.Request) { r.Query = "x=1" },
		"another body":   func(r *channel.Request) { r.Body = []byte("{}") },
		"another method": func(r *channel.Request) { r.Method, r.Body = http.MethodPut, []byte("{}") },
		"another type":   func(r *channel.Request) { r.ContentType = "application/json" },
	} {
		if got := said(d, change); got != required {
			t.Errorf("%s: %q", what, got)
		}
	}
	as := func(*channel.Request) {}
	if got := said(other, as); got != required {
		t.Errorf("in another session: %q", got)
	}
	if got := said(d, as); got != "item-unknown" { // there is no recovery code
		t.Errorf("for just this: %q", got)
	}
	if got := said(d, as); got != "item-unknown" { // what was refused used nothing up
		t.Errorf("for just this, again: %q", got)
	}
	if _, err := d.SetRecovery(t.Context(), d.account, secret); err != nil {
		t.Fatal(err)
	}
	if got := said(d, as); got != "" {
		t.Errorf("done: %q", got)
	}
	if _, err := d.SetRecovery(t.Context(), d.account, secret); err != nil {
		t.Fatal(err)
	}
	if got := said(d, func(r *channel.Request) { r.RequestID = "r2" }); got != required {
		t.Errorf("a second time: %q", got)
	}
	if err := d.StepUp(t.Context(), secret, ask); err != nil {
		t.Fatal(err)
	}
	h.clock.move(5 * time.Minute)
	if got := said(d, func(r *channel.Request) { r.RequestID = "r3" }); got != required {
		t.Errorf("after five minutes: %q", got)
	}
}

// A step-up's ticket is for one session, once, and draws on the device's budget.
func TestWalletStepUpTickets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	other := h.desk(h.holder(server.DefaultTenant), "ann")
	step := func(by *desk) (ticket string, ke3 []byte) {
		l, err := session.BeginLogin(secret)
		if err != nil {
			t.Fatal(err)
		}
		var begun struct{ KE2, Ticket string }
		if err := by.Do(t.Context(), http.MethodPost, "step-up", map[string]any{"ke1": b64url(l.KE1), "request": b64url(make([]byte, 32))}, &begun); err != nil {
			t.Fatal(err)
		}
		done, err := l.Finish(fromB64url(t, begun.KE2), session.Holder{Origin: walletOrigin, Tenant: server.DefaultTenant, Name: "ann"}, []session.Profile{session.Newest})
		if err != nil {
			t.Fatal(err)
		}
		return begun.Ticket, done.KE3
	}
	complete := func(by *desk, ticket string, ke3 []byte) error {
		return by.Do(t.Context(), http.MethodPut, "step-up", map[string]any{"ticket": ticket, "ke3": b64url(ke3)}, nil)
	}
	ticket, ke3 := step(d)
	wantsKind(t, "in another session", complete(other, ticket, ke3), "login")
	wantsKind(t, "another KE3", complete(d, ticket, make([]byte, session.KE3Size)), "login")
	wantsKind(t, "no ticket", complete(d, "x", ke3), "login")
	if err := complete(d, ticket, ke3); err != nil {
		t.Error(err)
	}
	wantsKind(t, "twice", complete(d, ticket, ke3), "ticket-used")
	ticket, ke3 = step(d)
	a := h.call("", http.MethodPut, "/v1/t/default/wallet/sessions", `{"ticket": "`+ticket+`", "ke3": "`+b64url(ke3)+`"}`)
	h.wants("as a login", a, http.StatusUnauthorized, "login")
	h.clock.move(time.Minute)
	wantsKind(t, "after a minute", complete(d, ticket, ke3), "login")
	for range 9 { // the one above counts
		step(d)
	}
	l, err := session.BeginLogin(secret)
	if err != nil {
		t.Fatal(err)
	}
	ask := map[string]any{"ke1": b64url(l.KE1), "request": b64url(make([]byte, 32))}
	wantsKind(t, "the eleventh", d.Do(t.Context(), http.MethodPost, "step-up", ask, nil), "too-many-requests")
	if err := other.Do(t.Context(), http.MethodPost, "step-up", ask, nil); err != nil {
		t.Errorf("another device: %v", err)
	}
	wantsKind(t, "a registration draws on it too", d.Do(t.Context(), http.MethodPost, "password", map[string]any{"request": b64url(l.KE1[:32])}, nil), "too-many-requests")
}

func TestWalletRecovery(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].withPartition("ann")
		i := credential("urn:1")
		if err := d.part.Add(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		code, err := d.SetRecovery(t.Context(), d.account, secret)
		if err != nil {
			t.Fatal(err)
		}
		c := h[0].holder(server.DefaultTenant)
		wantsKind(t, "another code", c.Recover(t.Context(), "ann", keys.NewRecovery(), another), "recovery")
		wantsKind(t, "nobody", c.Recover(t.Context(), "nobody", code, another), "recovery")
		waits := func() time.Time {
			t.Helper()
			var wait *client.ErrWait
			if err := c.Recover(t.Context(), "ann", code, another); !errors.As(err, &wait) {
				t.Fatalf("a recovery that begins: %v", err)
			}
			return wait.Ready
		}
		if begun, again := waits(), waits(); !begun.Equal(again) || begun.Sub(h[0].clock.now()) > session.RecoveryTime || begun.Sub(h[0].clock.now()) < session.RecoveryTime-time.Second {
			t.Errorf("ready at %v, then %v", begun, again)
		}
		a, err := d.Open(t.Context())
		if err != nil || a.Recovery == nil || a.Recovery.Ready.IsZero() {
			t.Fatalf("the session is not told: %+v, %v", a, err)
		}
		if err := d.CancelRecovery(t.Context()); err != nil {
			t.Fatal(err)
		}
		h[0].clock.move(session.RecoveryTime)
		waits() // from the beginning
		h[0].clock.move(session.RecoveryTime - time.Second)
		waits()
		h[0].clock.move(time.Second)
		d = h[0].desk(c, "ann")
		if err := c.Recover(t.Context(), "ann", code, another); err != nil {
			t.Fatal(err)
		}
		wantsKind(t, "a session from before", d.Do(t.Context(), http.MethodGet, "account", nil, nil), "session")
		if err := h[0].logs("ann", secret); !errors.Is(err, session.ErrPassword) {
			t.Errorf("the password before: %v", err)
		}
		wantsKind(t, "the code, again", c.Recover(t.Context(), "ann", code, another), "recovery")
		s, err := c.Login(t.Context(), "ann", another, "")
		if err != nil {
			t.Fatal(err)
		}
		if a, err = s.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		reads(t, &desk{Session: s, account: a}, i)
		var audit struct{ Entries []struct{ Action string } }
		if err := s.Do(t.Context(), http.MethodGet, "audit?most=500", nil, &audit); err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, e := range audit.Entries {
			seen[e.Action]++
		}
		if seen["wallet.recovery.begin"] == 0 || seen["wallet.recovery.complete"] != 1 || seen["wallet.recovery.cancel"] != 1 {
			t.Errorf("the audit has %v", seen)
		}
	})
}

// A password that is changed ends a recovery that somebody else began.
func TestWalletPasswordEndsARecovery(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	code, err := d.SetRecovery(t.Context(), d.account, secret)
	if err != nil {
		t.Fatal(err)
	}
	c := h.holder(server.DefaultTenant)
	if err := c.Recover(t.Context(), "ann", code, "thief's own"); err == nil {
		t.Fatal("at once")
	}
	if err := d.ChangePassword(t.Context(), d.account, secret, another); err != nil {
		t.Fatal(err)
	}
	h.clock.move(session.RecoveryTime)
	var wait *client.ErrWait
	if err := c.Recover(t.Context(), "ann", code, "thief's own"); !errors.As(err, &wait) {
		t.Errorf("after a change of the password: %v", err)
	}
}

// A ticket of a recovery is for a recovery, and one of a session for that.
func TestWalletRecoveryTickets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	code, err := d.SetRecovery(t.Context(), d.account, secret)
	if err != nil {
		t.Fatal(err)
	}
	r, err := session.BeginRegistration(another)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Response, Ticket string }
	if err := d.Do(t.Context(), http.MethodPost, "password", map[string]any{"request": b64url(r.Request)}, &got); err != nil {
		t.Fatal(err)
	}
	record, export, err := r.Finish(fromB64url(t, got.Response), session.Holder{Origin: walletOrigin, Tenant: server.DefaultTenant, Name: "ann"}, session.Newest)
	if err != nil {
		t.Fatal(err)
	}
	auth := code.Auth()
	slot := d.account.Root.Slot(keys.SlotOpaque, keys.UnderOpaque(export))
	body := `{"auth": "` + b64url(auth[:]) + `", "record": "` + b64url(record) + `", "generation": 1, "root": "` + b64url(slot) + `"}`
	h.wants("a session's ticket", h.call("", http.MethodPut, "/v1/t/default/wallet/recoveries/"+got.Ticket, body), http.StatusGone, "ticket")
	without := map[string]any{"ticket": got.Ticket, "record": b64url(record), "generation": 1}
	wantsKind(t, "a record without its slot", d.DoAgain(t.Context(), secret, http.MethodPut, "password", without, nil), "invalid")
	without["root"], without["generation"] = b64url(slot), 2
	wantsKind(t, "of another root key", d.DoAgain(t.Context(), secret, http.MethodPut, "password", without, nil), "password-changed")
	if err := h.logs("ann", secret); err != nil {
		t.Errorf("the password is as it was: %v", err)
	}
}

func TestWalletDevices(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].desk(h[0].registered("ann"), "ann")
		phone := h[1].desk(h[1].holder(server.DefaultTenant), "ann")
		list, err := d.Devices(t.Context(), d.account)
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		i := 0
		if list[0].This {
			i = 1
		}
		if err := d.LabelDevice(t.Context(), d.account, list[i].ID, "Ann's phone"); err != nil {
			t.Fatal(err)
		}
		if list, err = phone.Devices(t.Context(), phone.account); err != nil || list[i].Label != "Ann's phone" || !list[i].This {
			t.Errorf("%+v, %v", list, err)
		}
		if strings.Contains(h[0].log.String(), "Ann's phone") {
			t.Error("the log tells what a device is called")
		}
		wantsKind(t, "none of hers", d.LabelDevice(t.Context(), d.account, keys.NewID(), "x"), "item-unknown")
		if err := d.RemoveDevice(t.Context(), list[i].ID, secret); err != nil {
			t.Fatal(err)
		}
		wantsKind(t, "a session of a device that was removed", phone.Do(t.Context(), http.MethodGet, "account", nil, nil), "session")
		if list, err = d.Devices(t.Context(), d.account); err != nil || len(list) != 1 || !list[0].This {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestWalletAccountIsDeleted(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].withPartition("ann")
		if err := d.part.Add(t.Context(), credential("urn:1")); err != nil {
			t.Fatal(err)
		}
		if _, err := d.SetRecovery(t.Context(), d.account, secret); err != nil {
			t.Fatal(err)
		}
		ben := h[0].withPartition("ben")
		other := h[1].desk(h[1].holder(server.DefaultTenant), "ann")
		if err := d.DeleteAccount(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		wantsKind(t, "its session", d.Do(t.Context(), http.MethodGet, "account", nil, nil), "session")
		wantsKind(t, "another session", other.Do(t.Context(), http.MethodGet, "account", nil, nil), "session")
		if err := h[0].logs("ann", secret); !errors.Is(err, session.ErrPassword) {
			t.Errorf("a login: %v", err)
		}
		c := h[0].holder(server.DefaultTenant)
		_, err := c.Register(t.Context(), "ann", secret, "")
		wantsKind(t, "the name", err, "name-taken")
		if _, err := ben.Partitions(t.Context(), ben.account); err != nil {
			t.Errorf("another's: %v", err)
		}
		h[0].clock.move(session.BlockedTime)
		if _, err := c.Register(t.Context(), "ann", another, ""); err != nil {
			t.Errorf("the name after 90 days: %v", err)
		}
		var got struct{ Items []any }
		fresh, err := c.Login(t.Context(), "ann", another, "")
		if err != nil {
			t.Fatal(err)
		}
		id := d.part.ID()
		if err := fresh.Do(t.Context(), http.MethodGet, "partitions/"+b64url(id[:])+"/items", nil, &got); err != nil || len(got.Items) > 0 {
			t.Errorf("what was there before: %v, %v", got, err)
		}
	})
}

// Of what the server may open it is given the new epoch's key, and of nothing else.
func TestWalletCompromisedModes(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		d := h[0].desk(h[0].registered("ann"), "ann")
		parts := map[string]*client.Partition{}
		for _, mode := range contents.Modes {
			parts[mode] = d.partIn(t, mode)
		}
		wantsKind(t, "open", parts[contents.Served].Open(ctx), "")
		wantsKind(t, "compromised", d.Compromised(ctx, d.account, secret, another), "")
		list, err := d.Partitions(ctx, d.account)
		if err != nil || len(list) != len(parts) {
			t.Fatalf("%d partitions, %v", len(list), err)
		}
		for _, p := range list {
			if p.IsOpen != (p.Mode == contents.Custodial) {
				t.Errorf("a %s one is open: %v", p.Mode, p.IsOpen)
			}
			wantsKind(t, "written in a "+p.Mode+" one", p.Add(ctx, credential("urn:"+p.Mode)), "")
			if p.Mode == contents.Served {
				wantsKind(t, "open again", p.Open(ctx), "")
			}
		}
	})
}

func TestWalletRecoveryOfAnotherTenant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	code, err := d.SetRecovery(t.Context(), d.account, secret)
	if err != nil {
		t.Fatal(err)
	}
	wantsKind(t, "the same name and code", h.holder(elsewhere).Recover(t.Context(), "ann", code, another), "recovery")
	c := h.holder(server.DefaultTenant)
	if err := c.Recover(t.Context(), "ann", code, another); err == nil {
		t.Fatal("at once")
	}
	h.clock.move(session.RecoveryTime)
	c.HTTP.Transport = moved{c.HTTP.Transport}
	wantsKind(t, "a ticket of this tenant's", c.Recover(t.Context(), "ann", code, another), "ticket")
	if err := h.logs("ann", secret); err != nil {
		t.Error(err)
	}
}

// moved completes elsewhere what began here.
type moved struct{ over http.RoundTripper }

func (m moved) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut {
		r = r.Clone(r.Context())
		r.URL.Path = strings.Replace(r.URL.Path, "/t/default/", "/t/"+elsewhere+"/", 1)
		r.URL.RawPath = ""
	}
	return m.over.RoundTrip(r)
}
