package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

const because = `{"reason": "a court has ordered it"}`

// of is where an administrator finds an account.
func of(id keys.ID) string { return "/v1/wallet/accounts/" + b64url(id[:]) }

// administers does something as the tenant's administrator, which must be done.
func (h *house) administers(method, path, body string) *answer {
	h.Helper()
	a := h.call(server.RoleAdmin, method, path, body)
	if a.StatusCode >= 300 {
		h.Errorf("%s %s: %d %s", method, path, a.StatusCode, a.body)
	}
	return a
}

// noticed is what an owner is told that administrators did.
func (d *desk) noticed(t *testing.T) (out []string) {
	t.Helper()
	var got struct {
		Notices []struct{ Action, Reason, Administrator string }
	}
	if err := d.Do(t.Context(), http.MethodGet, "notices", nil, &got); err != nil {
		t.Fatal(err)
	}
	for _, n := range got.Notices {
		if n.Administrator == "" {
			t.Errorf("%s was done by nobody", n.Action)
		}
		out = append(out, strings.TrimSpace(strings.TrimPrefix(n.Action, "wallet.admin.")+" "+n.Reason))
	}
	return out
}

// Who is suspended has no session on any replica, and gets none, by no way; it is
// told to who has the password, and to nobody else.
func TestWalletSuspended(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].desk(h[0].registered("ann"), "ann")
		ben := h[0].desk(h[0].registered("ben"), "ben")
		code, err := d.SetRecovery(t.Context(), d.account, secret)
		if err != nil {
			t.Fatal(err)
		}
		found := h[1].administers("GET", "/v1/wallet/accounts?name=Ann", "").json(t)
		if found["id"] != b64url(d.account.ID[:]) || found["sessions"] != 1.0 || found["suspended"] != nil {
			t.Errorf("found %v", found)
		}
		h[1].administers("PUT", of(d.account.ID)+"/suspension", because)
		wantsKind(t, "a session that was open", d.sees(t, "account"), "session")
		wantsKind(t, "the right password", h[0].logs("ann", secret), "account-suspended")
		if err := h[0].logs("ann", another); !errors.Is(err, session.ErrPassword) {
			t.Errorf("another password: %v", err)
		}
		forged := h[0].call("", "PUT", "/v1/t/default/wallet/sessions", `{"ticket": "`+h[0].login("ann").json(t)["ticket"].(string)+`", "ke3": "`+b64url(make([]byte, 64))+`"}`)
		h[0].wants("KE3 of who has no password", forged, http.StatusUnauthorized, "login")
		wantsKind(t, "the recovery code", h[0].holder(server.DefaultTenant).Recover(t.Context(), "ann", code, another), "account-suspended")
		wantsKind(t, "another code", h[0].holder(server.DefaultTenant).Recover(t.Context(), "ann", keys.NewRecovery(), another), "recovery")
		wantsKind(t, "somebody else", ben.sees(t, "account"), "")
		if got := h[0].administers("GET", of(d.account.ID), "").json(t); got["suspended"] == nil || got["sessions"] != 0.0 {
			t.Errorf("shown %v", got)
		}
		h[0].administers("DELETE", of(d.account.ID)+"/suspension", "")
		d = h[1].desk(h[1].holder(server.DefaultTenant), "ann")
		if got := d.noticed(t); !slices.Equal(got, []string{"suspend a court has ordered it", "resume"}) {
			t.Errorf("the owner is told of %v", got)
		}
		if got := ben.noticed(t); len(got) != 0 {
			t.Errorf("another is told of %v", got)
		}
	})
}

func TestWalletAdministratorEnds(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].desk(h[0].registered("ann"), "ann")
		p := d.partIn(t, contents.Served)
		wantsKind(t, "opened", p.Open(t.Context()), "")
		h[1].administers("DELETE", of(d.account.ID)+"/opened", "")
		list, err := d.Partitions(t.Context(), d.account)
		if err != nil || list[0].IsOpen {
			t.Errorf("open still: %v", err)
		}
		if got := d.noticed(t); !slices.Equal(got, []string{"close"}) {
			t.Errorf("told of %v", got)
		}
		h[1].administers("DELETE", of(d.account.ID)+"/sessions", "")
		wantsKind(t, "a session that was ended", d.sees(t, "account"), "session")
		wantsKind(t, "another", h[0].logs("ann", secret), "")
		h[1].administers("DELETE", of(d.account.ID), "")
		if err := h[0].logs("ann", secret); !errors.Is(err, session.ErrPassword) {
			t.Errorf("who was deleted: %v", err)
		}
		_, err = h[0].holder(server.DefaultTenant).Register(t.Context(), "ann", secret, "")
		wantsKind(t, "the name", err, "name-taken")
		h[1].wants("what there is no more", h[1].call(server.RoleAdmin, "GET", of(d.account.ID), ""), http.StatusNotFound, "account-unknown")
		acts := string(h[1].administers("GET", "/v1/wallet/acts", "").body)
		if strings.Count(acts, `"account":"`+b64url(d.account.ID[:])+`"`) != 3 || !strings.Contains(acts, "wallet.admin.delete") {
			t.Errorf("kept of it: %s", acts)
		}
	})
}

// Tries are lifted, once an hour; the day of a recovery is not.
func TestWalletDelayIsLifted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	code, err := d.SetRecovery(t.Context(), d.account, secret)
	if err != nil {
		t.Fatal(err)
	}
	began := h.holder(server.DefaultTenant).Recover(t.Context(), "ann", code, another)
	for range 10 {
		h.login("ann")
	}
	wantsKind(t, "a name whose tries are spent", h.logs("ann", secret), "too-many-requests")
	h.administers("DELETE", of(d.account.ID)+"/delay", "")
	wantsKind(t, "lifted", h.logs("ann", secret), "")
	if again := h.holder(server.DefaultTenant).Recover(t.Context(), "ann", code, another); again == nil || began == nil || again.Error() != began.Error() {
		t.Errorf("the recovery is ready by %v, before %v", again, began)
	}
	h.wants("once more", h.call(server.RoleAdmin, "DELETE", of(d.account.ID)+"/delay", ""), http.StatusConflict, "delay-lifted")
	h.clock.move(time.Hour)
	h.administers("DELETE", of(d.account.ID)+"/delay", "")
}

// An inspected wallet has a partition that two administrators look into.
type inspected struct {
	*house
	*desk
	t      *testing.T
	part   *client.Partition
	at     string // of its inspections
	admins [3]server.Token
}

func newInspected(t *testing.T) *inspected {
	t.Helper()
	h := newHouse(t)
	i := &inspected{house: h, desk: h.desk(h.registered("ann"), "ann"), t: t}
	for n := range i.admins {
		i.admins[n] = h.client(server.DefaultTenant, "admin "+string(rune('0'+n)), server.RoleAdmin)
	}
	i.part = i.partIn(t, contents.Custodial)
	i.at = of(i.account.ID) + "/inspections"
	if err := i.part.Add(t.Context(), credential("urn:secret")); err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *inspected) asks(by int, p *client.Partition) *answer {
	id := p.ID()
	return i.as(i.admins[by], "POST", i.at, `{"partition": "`+b64url(id[:])+`", "reason": "a court has ordered it"}`)
}

func TestWalletInspection(t *testing.T) {
	t.Parallel()
	i := newInspected(t)
	first := i.asks(0, i.part)
	i.wants("asked", first, http.StatusCreated, "")
	at := i.at + "/" + first.json(t)["id"].(string)
	approve := func(by int) *answer { return i.as(i.admins[by], "PUT", at+"/approval", "") }
	look := func(by int) *answer { return i.as(i.admins[by], "GET", at+"/items", "") }
	i.wants("before it is approved", look(0), http.StatusConflict, "inspection-unapproved")
	i.wants("approved by who asked", approve(0), http.StatusForbidden, "wallet-policy")
	i.wants("approved", approve(1), http.StatusOK, "")
	i.wants("approved again", approve(2), http.StatusNotFound, "inspection-unknown")
	i.wants("by a third", look(2), http.StatusNotFound, "inspection-unknown")
	for by := range 2 {
		got := look(by)
		i.wants("looked into", got, http.StatusOK, "")
		items := got.json(t)["items"].([]any)
		if len(items) != 1 || string(fromB64url(t, items[0].(map[string]any)["content"].(string))) != `{"id": "urn:secret"}` {
			t.Errorf("shown %v", items)
		}
	}
	const ask = "inspection.ask a court has ordered it"
	if got := i.noticed(t); !slices.Equal(got, []string{ask, "inspection.approve", "inspection.read", "inspection.read"}) {
		t.Errorf("the owner is told of %v", got)
	}
	var account map[string]any
	if err := i.Do(t.Context(), http.MethodGet, "account", nil, &account); err != nil || account["noticed"] == nil {
		t.Errorf("the account says nothing of it: %v", err)
	}
	i.clock.move(contents.InspectionTime)
	i.wants("when it has ended", look(0), http.StatusNotFound, "inspection-unknown")
}

// Keys are not shown: what is signed with one later would be its owner's.
func TestWalletInspectionShowsNoKey(t *testing.T) {
	t.Parallel()
	i := newInspected(t)
	p, err := i.CreateProfile(t.Context(), "work", i.part)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.CreateKeyPair(t.Context(), "Ed25519"); err != nil {
		t.Fatal(err)
	}
	at := i.at + "/" + i.asks(0, i.part).json(t)["id"].(string)
	i.as(i.admins[1], "PUT", at+"/approval", "")
	items := i.as(i.admins[0], "GET", at+"/items", "").json(t)["items"].([]any)
	seen := map[string]bool{}
	for _, each := range items {
		item := each.(map[string]any)
		_, shown := item["content"]
		seen[item["kind"].(string)] = shown
	}
	if !maps.Equal(seen, map[string]bool{"credential": true, "key": false}) {
		t.Errorf("contents shown, by kind: %v", seen)
	}
}

// What no administrator can, also by a set that permits everything.
func TestWalletInspectionBeneathAnySet(t *testing.T) {
	t.Parallel()
	i := newInspected(t)
	for _, mode := range []string{contents.Sealed, contents.Served} {
		p := i.partIn(t, mode)
		i.wants("by the shipped set, "+mode, i.asks(0, p), http.StatusForbidden, "wallet-policy")
	}
	i.gatedBy(`decision := {"decision": true}` + "\n")
	for _, mode := range []string{contents.Sealed, contents.Served} {
		p := i.partIn(t, mode)
		i.wants("by a set that permits it, "+mode, i.asks(0, p), http.StatusConflict, "partition-mode")
	}
	at := i.at + "/" + i.asks(0, i.part).json(t)["id"].(string)
	i.wants("approved alone", i.as(i.admins[0], "PUT", at+"/approval", ""), http.StatusForbidden, "inspection-alone")
	i.as(i.admins[1], "PUT", at+"/approval", "")
	if err := i.part.SetMode(t.Context(), contents.Sealed); err != nil {
		t.Fatal(err)
	}
	i.wants("once it is sealed", i.as(i.admins[0], "GET", at+"/items", ""), http.StatusConflict, "partition-sealed")
	custodial := i.partIn(t, contents.Custodial)
	i.wants("suspended", i.as(i.admins[0], "PUT", of(i.account.ID)+"/suspension", because), http.StatusOK, "")
	i.wants("of who is suspended", i.asks(0, custodial), http.StatusForbidden, "account-suspended")
}

// Each operation on an account of another tenant, or on none: there is none.
func TestWalletAdministratorsOfAnotherTenant(t *testing.T) {
	t.Parallel()
	i := newInspected(t)
	theirs := i.client(elsewhere, "admin", server.RoleAdmin)
	id, part := i.asks(0, i.part).json(t)["id"].(string), i.part.ID()
	i.as(i.admins[1], "PUT", i.at+"/"+id+"/approval", "")
	before := string(i.administers("GET", "/v1/wallet/acts", "").body)
	for _, o := range server.AdminOperations() {
		body := ""
		switch o.Action {
		case "wallet.admin.suspend":
			body = because
		case "wallet.admin.inspection.ask":
			body = `{"partition": "` + b64url(part[:]) + `", "reason": "curiosity"}`
		}
		path := strings.NewReplacer(":account", b64url(i.account.ID[:]), ":inspection", id).Replace(o.Path)
		if o.Action == "wallet.admin.find" {
			path += "?name=ann"
		}
		i.wants(o.Action+" by another tenant's", i.as(theirs, o.Method, path, body), http.StatusNotFound, "account-unknown")
		none := strings.ReplaceAll(strings.ReplaceAll(path, b64url(i.account.ID[:]), b64url(make([]byte, 16))), "ann", "nobody")
		i.wants(o.Action+" of nobody", i.as(i.admins[0], o.Method, none, body), http.StatusNotFound, "account-unknown")
	}
	if after := string(i.administers("GET", "/v1/wallet/acts", "").body); after != before {
		t.Errorf("kept: %s", after)
	}
	if a := i.as(theirs, "GET", "/v1/wallet/acts", ""); string(a.body) != `{"acts":[]}` {
		t.Errorf("another tenant sees %s", a.body)
	}
	wantsKind(t, "the owner", i.sees(t, "account"), "")
}

// What the policy does not permit is not done, and stands in the owner's audit.
func TestWalletAdministratorsAreGated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	h.gatedBy("default decision := {\"decision\": true}\n\ndecision := {\"decision\": false} if startswith(input.action.name, \"wallet.admin.\")\n")
	for _, o := range server.AdminOperations() {
		path := strings.ReplaceAll(o.Path, ":account", b64url(d.account.ID[:]))
		if strings.Contains(path, ":") {
			continue // there is no inspection
		}
		body := ""
		switch o.Action {
		case "wallet.admin.suspend":
			body = because
		case "wallet.admin.inspection.ask":
			continue // of no partition
		case "wallet.admin.find":
			path += "?name=ann"
		}
		h.wants(o.Action, h.call(server.RoleAdmin, o.Method, path, body), http.StatusForbidden, "wallet-policy")
	}
	h.wants("the log", h.call(server.RoleAdmin, "GET", "/v1/wallet/acts", ""), http.StatusForbidden, "wallet-policy")
	wantsKind(t, "the owner", d.sees(t, "account"), "")
	var got struct {
		Entries []struct{ Action, Result, Administrator string }
	}
	if err := d.Do(t.Context(), http.MethodGet, "audit?most=500", nil, &got); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, e := range got.Entries {
		if strings.HasPrefix(e.Action, "wallet.admin.") && e.Result == "refused" && e.Administrator == h.clientID(server.DefaultTenant, "admin") {
			refused++
		}
	}
	if refused != 10 || len(d.noticed(t)) != 0 {
		t.Errorf("%d refused in the audit; told of %v", refused, d.noticed(t))
	}
}

// An administrator sees who did what when, a page at a time, and nothing of what
// only the owner reads.
func TestWalletAdministratorsAudit(t *testing.T) {
	t.Parallel()
	i := newInspected(t)
	id := i.part.ID()
	a := i.administers("GET", of(i.account.ID)+"/audit?after=1&most=3", "")
	var got struct{ Entries []map[string]any }
	if err := json.Unmarshal(a.body, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Entries) != 2 || got.Entries[0]["n"] != 2.0 || got.Entries[1]["action"] != "wallet.item.add" || got.Entries[1]["partition"] != b64url(id[:]) {
		t.Errorf("entries %s", a.body)
	}
	i.wants("a page of none", i.call(server.RoleAdmin, "GET", of(i.account.ID)+"/audit?most=0", ""), http.StatusUnprocessableEntity, "invalid")
	again := i.administers("GET", of(i.account.ID)+"/audit", "").body
	if !bytes.Contains(again, []byte(`"administrator"`)) {
		t.Errorf("that it was read is not in it: %s", again)
	}
	for _, word := range []string{"urn:secret", "reason", "content", "key\""} {
		if bytes.Contains(again, []byte(word)) {
			t.Errorf("%q stands in it: %s", word, again)
		}
	}
	for name, body := range map[string]string{"no reason": `{}`, "an empty one": `{"reason": ""}`, "a long one": `{"reason": "` + strings.Repeat("x", contents.MaxReason+1) + `"}`, "more": `{"reason": "x", "until": 1}`} {
		i.wants(name, i.call(server.RoleAdmin, "PUT", of(i.account.ID)+"/suspension", body), http.StatusUnprocessableEntity, "invalid")
	}
}
