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
		h.wants(n+" in a batch", h.ask("evaluations", `{"evaluations":[`+ask(n)+`]}`), http.StatusBadRequest, "malformed")
		h.wants(n+" stored", h.call("wallet-server", "PUT", "/v1/entities/user/alice", `{"properties":{"n":`+n+`}}`), http.StatusBadRequest, "malformed")
		h.wants(n+" stored in bulk", h.call("wallet-server", "PUT", "/v1/entities", `{"type":"user","id":"alice","properties":{"n":`+n+`}}`, "Content-Type", "application/x-ndjson"), http.StatusBadRequest, "malformed")
	}
}
