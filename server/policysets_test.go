package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/server"
)

const aliceReads = `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`

// setOf is a policy set that decides as this Rego says.
func setOf(rego string) map[string][]byte {
	return map[string][]byte{"data.json": []byte("{}"), "a.rego": []byte("package procura.authz\n\n" + rego)}
}

func TestPublishPolicySet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	permits, denies := setOf("decision := {\"decision\": true}\n"), setOf("decision := {\"decision\": false}\n")
	h.wants("first", h.publishSet("Wallets/1.0", permits), http.StatusCreated, "")
	h.wants("again", h.publishSet("Wallets/1.0.0", permits), http.StatusOK, "")
	h.wants("changed", h.publishSet("Wallets/1.0.0", denies), http.StatusConflict, "policy-set-changed")
	h.wants("only checked", h.publishSet("Wallets/3.0.0?dryRun=true", denies), http.StatusOK, "")
	h.wants("misspelt", h.publishSet("Wallets/3.0.0?dryrun=true", denies), http.StatusUnprocessableEntity, "invalid")
	h.wants("no version", h.publishSet("Wallets/one", permits), http.StatusNotFound, "policy-set-unknown")
	h.wants("next", h.publishSet("Wallets/1.1.0", denies), http.StatusCreated, "")
	h.wants("what does not compile", h.publishSet("Wallets/2.0.0", setOf("decision := http.send({})\n")), http.StatusUnprocessableEntity, "invalid")
	h.wants("no archive", h.call(server.RoleAuthor, "PUT", "/v1/policysets/Wallets/2.0.0", "x", "Content-Type", "application/gzip"), http.StatusUnprocessableEntity, "invalid")
	h.wants("another's name", h.as(h.client(server.DefaultTenant, "second", server.RoleAuthor), "PUT", "/v1/policysets/WALLETS/5.0.0", setArchive(t, permits), "Content-Type", "application/x-tar"), http.StatusForbidden, "policy-set-owner")
	theirs := h.client(elsewhere, "author", server.RoleAuthor)
	h.wants("another tenant's", h.as(theirs, "PUT", "/v1/policysets/Wallets/1.0.0", setArchive(t, denies), "Content-Type", "application/x-tar"), http.StatusCreated, "")
	if got := h.call(server.RoleAdmin, "GET", "/v1/policysets/wallets/1.0", ""); got.StatusCode != http.StatusOK || string(got.body) != setArchive(t, permits) {
		t.Errorf("read back: %d, %d bytes", got.StatusCode, len(got.body))
	}
	h.wants("a version of another tenant alone", h.as(theirs, "GET", "/v1/policysets/Wallets/1.1.0", ""), http.StatusNotFound, "policy-set-unknown")
	list := h.call(server.RoleAuthor, "GET", "/v1/policysets", "")
	if body := string(list.body); strings.Count(body, `"name":"Wallets"`) != 2 || !strings.Contains(body, `"version":"1.1.0"`) {
		t.Errorf("listed: %s", body)
	}
}

// What is activated answers from then on, in the order in which admins agree.
func TestActivatePolicySet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	decides := func(what, want string) {
		t.Helper()
		if a := h.ask("evaluation", aliceReads); !strings.HasPrefix(string(a.body), `{"decision":`+want) {
			t.Errorf("%s: %s, want %s", what, a.body, want)
		}
	}
	h.wants("publishing", h.publishSet("a/1.0.0", setOf("decision := {\"decision\": true}\n")), http.StatusCreated, "")
	h.wants("publishing", h.publishSet("a/1.1.0", setOf("decision := {\"decision\": false}\n")), http.StatusCreated, "")
	decides("nothing active", "false")
	tag := h.call(server.RoleAdmin, "GET", "/v1/policysets/active", "").Header.Get("ETag")
	if tag != `"0"` {
		t.Errorf("ETag %s", tag)
	}
	h.wants("without If-Match", h.call(server.RoleAdmin, "PUT", "/v1/policysets/active", `{"name":"a","version":"1.0.0"}`), http.StatusPreconditionRequired, "precondition-required")
	h.wants("an author", h.call(server.RoleAuthor, "PUT", "/v1/policysets/active", `{"name":"a","version":"1.0.0"}`, "If-Match", `"0"`), http.StatusForbidden, "")
	h.wants("another state", h.activate("1", "a", "1.0.0"), http.StatusPreconditionFailed, "policy-set-active")
	h.wants("any state", h.call(server.RoleAdmin, "PUT", "/v1/policysets/active", `{"name":"a","version":"1.0.0"}`, "If-Match", `*`), http.StatusPreconditionFailed, "policy-set-active")
	h.wants("what is not published", h.activate("0", "a", "2.0.0"), http.StatusNotFound, "policy-set-unknown")
	h.wants("more than a name", h.call(server.RoleAdmin, "PUT", "/v1/policysets/active", `{"name":"a","version":"1.0.0","x":1}`, "If-Match", `"0"`), http.StatusUnprocessableEntity, "invalid")
	h.wants("activating", h.activate("0", "a", "1.0"), http.StatusOK, "")
	decides("activated", "true")
	h.wants("the same state again", h.activate("0", "a", "1.1.0"), http.StatusPreconditionFailed, "policy-set-active")
	h.wants("the next", h.activate("1", "a", "1.1.0"), http.StatusOK, "")
	decides("changed", "false")
	got := h.call(server.RoleAdmin, "GET", "/v1/policysets/active", "")
	if string(got.body) != `{"name":"a","version":"1.1.0","revision":2}` || got.Header.Get("ETag") != `"2"` {
		t.Errorf("active: %s %s", got.Header.Get("ETag"), got.body)
	}
}

// Another process answers by what was activated once it looks, which it does
// every second; what it cannot compile permits nothing.
func TestActivationReachesOtherProcesses(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	one, other := build(t, s), build(t, s)
	for _, role := range server.Roles {
		one.tokens[role] = one.client(server.DefaultTenant, string(role), role)
	}
	other.tokens = one.tokens
	one.answeredBy("certification")
	if a := other.ask("evaluation", aliceReads); !strings.Contains(string(a.body), "authz.inactive") {
		t.Errorf("before it looked: %s", a.body)
	}
	if err := other.sets.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := other.ask("evaluation", aliceReads); string(a.body) != `{"decision":true}` {
		t.Errorf("after it looked: %s", a.body)
	}
	broken := &server.PublishedSet{Tenant: server.DefaultTenant, Name: "broken", Folded: "broken", Version: "1.0.0", Source: []byte("x"), Owner: "x"}
	if _, err := s.PublishPolicySet(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	if err := s.ActivatePolicySet(t.Context(), server.Activation{Tenant: server.DefaultTenant, Folded: "broken", Version: "1.0.0", Revision: 2}); err != nil {
		t.Fatal(err)
	}
	if err := other.sets.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for endpoint, body := range map[string]string{"evaluation": aliceReads, "search/subject": readers("")} {
		if a := other.ask(endpoint, body); !strings.Contains(string(a.body), authz.Failed) || strings.Contains(string(a.body), "alice") {
			t.Errorf("%s by what does not compile: %s", endpoint, a.body)
		}
	}
}

// Only a strong tag, as it was given, says what is to be replaced.
func TestActivateNeedsAStrongTag(t *testing.T) {
	t.Parallel()
	h := certified(t)
	body := `{"name":"certification","version":"1.0.0"}`
	for _, tag := range []string{`W/"1"`, `1`, `"1`, `1"`, `x1x`, `""`, `"-1"`, `"1 "`, `"1", "2"`, `*`} {
		h.wants(tag, h.call(server.RoleAdmin, "PUT", "/v1/policysets/active", body, "If-Match", tag), http.StatusPreconditionFailed, "policy-set-active")
	}
}
