package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/issuance"
)

// allButDevices is a set that permits everything, but to see devices.
const allButDevices = `default decision := {"decision": true}

decision := {"decision": false} if input.action.name == "wallet.device.list"
`

// gates has the tenant's wallets gated by a version.
func (h *house) gates(revision, name, version string) *answer {
	h.Helper()
	return h.call(server.RoleAdmin, "PUT", "/v1/policysets/wallet", `{"name":"`+name+`","version":"`+version+`"}`, "If-Match", `"`+revision+`"`)
}

// gatedBy publishes a set and has it gate the tenant's wallets.
func (h *house) gatedBy(rego string) {
	h.Helper()
	h.wants("publishing", h.publishSet("ours/1.0.0", setOf(rego)), http.StatusCreated, "")
	h.wants("choosing", h.gates("0", "ours", "1.0.0"), http.StatusOK, "")
}

func (d *desk) sees(t *testing.T, path string) error {
	t.Helper()
	return d.Do(t.Context(), http.MethodGet, path, nil, nil)
}

// A tenant's own set takes the place of the shipped one, on every replica, until
// that is chosen again.
func TestWalletPolicySet(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].desk(h[0].registered("ann"), "ann")
		far := h[1].desk(h[1].holder(server.DefaultTenant), "ann")
		wantsKind(t, "by the shipped set", d.sees(t, "devices"), "")
		h[0].gatedBy(allButDevices)
		wantsKind(t, "by ours", d.sees(t, "devices"), "wallet-policy")
		wantsKind(t, "what it permits", d.sees(t, "partitions"), "")
		wantsKind(t, "at a replica that did not look yet", far.sees(t, "devices"), "")
		if err := h[1].sets.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantsKind(t, "once it looked", far.sees(t, "devices"), "wallet-policy")
		if a := h[0].ask("evaluation", aliceReads); string(a.body) == `{"decision":true}` {
			t.Error("what gates wallets answers wallet servers")
		}
		h[0].wants("another's state", h[0].gates("0", "ours", "1.0.0"), http.StatusPreconditionFailed, "policy-set-active")
		h[0].wants("without a state", h[0].call(server.RoleAdmin, "DELETE", "/v1/policysets/wallet", ""), http.StatusPreconditionRequired, "precondition-required")
		h[0].wants("an author", h[0].call(server.RoleAuthor, "DELETE", "/v1/policysets/wallet", "", "If-Match", `"1"`), http.StatusForbidden, "")
		h[0].wants("the shipped one again", h[0].call(server.RoleAdmin, "DELETE", "/v1/policysets/wallet", "", "If-Match", `"1"`), http.StatusOK, "")
		wantsKind(t, "by the shipped set again", d.sees(t, "devices"), "")
		if err := h[1].sets.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantsKind(t, "at the replica too", far.sees(t, "devices"), "")
		if a := h[1].call(server.RoleAuthor, "GET", "/v1/policysets/wallet", ""); string(a.body) != `{"revision":2}` || a.Header.Get("ETag") != `"2"` {
			t.Errorf("what gates now: %s %s", a.Header.Get("ETag"), a.body)
		}
	})
}

// Beneath a set that permits everything the server's own guards hold.
func TestWalletPolicySetGrantsNobodyElses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.gatedBy(`decision := {"decision": true}` + "\n")
	ann, ben := h.desk(h.registered("ann"), "ann"), h.desk(h.registered("ben"), "ben")
	served, sealed := ann.partIn(t, contents.Served), ann.partIn(t, contents.Sealed)
	at, closed := served.ID(), sealed.ID()
	i := credential("urn:1")
	wantsKind(t, "added", served.Add(t.Context(), i), "")
	wantsKind(t, "another's item", ben.sees(t, "partitions/"+b64url(at[:])+"/items/"+b64url(i.ID[:])), "item-unknown")
	given := map[string]any{"keys": []any{map[string]any{"epoch": 1, "key": b64url(make([]byte, 32))}}}
	wantsKind(t, "another's partition", ben.Do(t.Context(), http.MethodPost, "partitions/"+b64url(at[:])+"/open", given, nil), "partition-unknown")
	wantsKind(t, "a sealed one", ann.Do(t.Context(), http.MethodPost, "partitions/"+b64url(closed[:])+"/open", given, nil), "partition-mode")
	for _, o := range server.WalletOperations() {
		if o.Strong {
			wantsKind(t, o.Action, ann.Do(t.Context(), o.Method, filled(o.Path), nil, nil), "step-up-required")
		}
	}
	wantsKind(t, "with the password", ann.DoAgain(t.Context(), secret, http.MethodDelete, "account", nil, nil), "")
}

// The tenant's set gates who issues; keys that need their owner's session sign
// for no other client, and no profile is another tenant's.
func TestWalletPolicySetGatesIssuing(t *testing.T) {
	t.Parallel()
	attended := func(p *issuance.Profile) { p.Custody = "local" }
	o := newOffice(t)
	o.wants("by the shipped set", o.call(server.RoleIssuer, "POST", "/credentials/issue", wanted("urn:x:1", "")), http.StatusCreated, "")
	o.gatedBy(`decision := {"decision": true}` + "\n")
	other := o.profile(server.DefaultTenant, "third", "somebody", attended)
	o.wants("an attended profile of another's", o.call(server.RoleIssuer, "POST", "/presentations/prove", proving(other)), http.StatusConflict, "issuer.kms_attended")
	o.wants("publishing", o.publishSet("ours/2.0.0", setOf("decision := {\"decision\": false}\n")), http.StatusCreated, "")
	o.wants("choosing", o.gates("1", "ours", "2.0.0"), http.StatusOK, "")
	o.wants("by a set that permits nothing", o.call(server.RoleIssuer, "POST", "/credentials/issue", wanted("urn:x:2", "")), http.StatusForbidden, "rules")
	theirs := o.client(elsewhere, "issuer", server.RoleIssuer)
	o.profile(elsewhere, "camp", o.clientID(elsewhere, "issuer"))
	o.wants("another tenant's wallets", o.as(theirs, "POST", "/credentials/issue", wanted("urn:x:3", "")), http.StatusCreated, "")
}

// What goes wrong denies: a set that decides nothing, one that fails, one that
// cannot be used, and none that is known yet.
func TestWalletPolicySetThatFails(t *testing.T) {
	t.Parallel()
	for name, rego := range map[string]string{
		"undefined":      "decision := {\"decision\": true} if input.action.name == \"wallet.nothing\"\n",
		"malformed":      "decision := {\"decision\": \"true\"}\n",
		"two at once":    "decision := {\"decision\": x} if some x in [true, false]\n",
		"beyond bounds":  "l := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n\ndecision := {\"decision\": count([1 | some a in l; some b in l; some c in l; some d in l; some e in l; some f in l; some g in l]) > 0}\n",
		"denies by null": "decision := null\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			d := h.desk(h.registered("ann"), "ann")
			h.gatedBy(rego)
			wantsKind(t, "the owner", d.sees(t, "partitions"), "wallet-policy")
		})
	}
	t.Run("unusable", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		d := h.desk(h.registered("ann"), "ann")
		broken := &server.PublishedSet{Tenant: server.DefaultTenant, Name: "broken", Folded: "broken", Version: "1.0.0", Source: []byte("x"), Owner: "x"}
		if _, err := h.store.PublishPolicySet(t.Context(), broken); err != nil {
			t.Fatal(err)
		}
		if err := h.store.ActivatePolicySet(t.Context(), server.Activation{Gate: server.GateWallet, Tenant: server.DefaultTenant, Folded: "broken", Version: "1.0.0", Revision: 1}); err != nil {
			t.Fatal(err)
		}
		if err := h.sets.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantsKind(t, "the owner", d.sees(t, "partitions"), "wallet-policy")
	})
	t.Run("not loaded", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t, func(c *server.Config) {
			c.PolicySets = &server.PolicySets{Store: c.PolicySets.Store, Signing: c.Signing}
		})
		c := h.registered("ann")
		s, err := c.Login(t.Context(), "ann", secret, "")
		if err != nil {
			t.Fatal(err)
		}
		wantsKind(t, "the owner", s.Do(t.Context(), http.MethodGet, "account", nil, nil), "wallet-policy")
	})
}

// A set can ask for the password again where none is needed otherwise.
func TestWalletPolicySetAsksForThePassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	h.gatedBy(`default decision := {"decision": true}

decision := {"decision": false, "reason_admin": {"wallet.step-up": "the password, please"}} if {
	input.action.name == "wallet.audit.list"
	not input.context.stepUp
}
`)
	wantsKind(t, "without it", d.sees(t, "audit"), "step-up-required")
	wantsKind(t, "with it", d.DoAgain(t.Context(), secret, http.MethodGet, "audit", nil, nil), "")
	wantsKind(t, "a second time", d.sees(t, "audit"), "step-up-required")
}

// A set has no clock of its own: it is told the time, and since when the session is.
func TestWalletPolicySetKnowsTheTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	until := h.clock.now().UTC().Add(2 * time.Minute).Format(time.RFC3339)
	h.gatedBy(`default decision := {"decision": false}

decision := {"decision": true} if {
	input.context.time < "` + until + `"
	input.context.sessionAge < 120
}
`)
	wantsKind(t, "before", d.sees(t, "audit"), "")
	h.clock.move(time.Minute)
	late := h.desk(h.holder(server.DefaultTenant), "ann")
	h.clock.move(time.Minute)
	wantsKind(t, "after", late.sees(t, "audit"), "wallet-policy")
}
