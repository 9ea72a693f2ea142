package server_test

import (
	"net/http"
	"strings"
	"testing"
)

// A number that a double would make another number's look-alike decides nothing;
// one that it keeps is compared as it was written.
func TestAuthZENNumbers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	set := setOf("decision := {\"decision\": input.subject.properties.n == 9007199254740992}\n")
	h.wants("publishing", h.publishSet("n/1.0.0", set), http.StatusCreated, "")
	h.wants("activating", h.activate("0", "n", "1.0.0"), http.StatusOK, "")
	ask := func(n string) string {
		return strings.Replace(aliceReads, `"id":"alice"`, `"id":"alice","properties":{"n":`+n+`}`, 1)
	}
	for n, want := range map[string]string{
		"9007199254740992": `{"decision":true}`, "9007199254740992.0": `{"decision":true}`,
		"9007199254740991": `{"decision":false}`, "9007199254740994": `{"decision":false}`, `"9007199254740992"`: `{"decision":false}`,
	} {
		if a := h.ask("evaluation", ask(n)); string(a.body) != want {
			t.Errorf("%s: %s, want %s", n, a.body, want)
		}
	}
	for _, n := range []string{"9007199254740993", "9007199254740992.5", "9007199254740992.0000001"} {
		h.wants(n, h.ask("evaluation", ask(n)), http.StatusBadRequest, "malformed")
		a := h.ask("evaluations", `{"evaluations":[`+ask("9007199254740992")+`,`+ask(n)+`,`+ask("9007199254740992")+`]}`)
		if want := `{"evaluations":[{"decision":true},{"decision":false,"context":{"error":{"message":"`; !strings.HasPrefix(string(a.body), want) || !strings.HasSuffix(string(a.body), `}},{"decision":true}]}`) {
			t.Errorf("%s in a batch: %s", n, a.body)
		}
		h.wants(n+" for all of a batch", h.ask("evaluations", strings.TrimSuffix(ask(n), "}")+`,"evaluations":[{}]}`), http.StatusBadRequest, "malformed")
		h.wants(n+" for all, and no batch", h.ask("evaluations", ask(n)), http.StatusBadRequest, "malformed")
		h.wants(n+" in a list that is none", h.ask("evaluations", `{"evaluations":`+n+`}`), http.StatusBadRequest, "malformed")
		h.wants(n+" in a search", h.ask("search/resource", ask(n)), http.StatusBadRequest, "malformed")
		h.wants(n+" stored", h.call("wallet-server", "PUT", "/v1/entities/user/alice", `{"properties":{"n":`+n+`}}`), http.StatusBadRequest, "malformed")
		h.wants(n+" stored in bulk", h.call("wallet-server", "PUT", "/v1/entities", `{"type":"user","id":"alice","properties":{"n":`+n+`}}`, "Content-Type", "application/x-ndjson"), http.StatusBadRequest, "malformed")
	}
}

// Data of a policy set that would be compared as other numbers is not published.
func TestPolicySetNumbers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for n, status := range map[string]int{"9007199254740992": http.StatusCreated, "9007199254740993": http.StatusUnprocessableEntity, "1e-400": http.StatusUnprocessableEntity} {
		set := setOf("decision := {\"decision\": input.subject.properties.n == data.procura.authz.n}\n")
		set["data.json"] = []byte("{\"procura\":\n  {\"authz\": {\"n\": " + n + "}}}")
		a := h.publishSet("n/1.0.0", set)
		if want := `"file":"data.json","path":"","line":2,"column":19,"code":"document.syntax"`; a.StatusCode != status || status != http.StatusCreated && !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", n, a.StatusCode, a.body)
		}
	}
}
