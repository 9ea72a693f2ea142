package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

type searched struct {
	Page struct {
		NextToken    string `json:"next_token"`
		Count, Total int
	}
	Results []map[string]any
}

func (h *house) search(kind, body string) searched {
	h.Helper()
	a := h.ask("search/"+kind, body)
	h.wants("searching "+body, a, http.StatusOK, "")
	var s searched
	if err := json.Unmarshal(a.body, &s); err != nil {
		h.Error(err)
	}
	return s
}

// readers asks who reads record-1; more are further members of the request.
func readers(more string) string {
	return `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}` + more + `}`
}

func TestSearch(t *testing.T) {
	t.Parallel()
	h := certified(t)
	for body, want := range map[string]string{
		"subject " + readers(""): "[map[id:alice type:user] map[id:bob type:user]]",
		`subject {"subject":{"type":"user","id":"zoe"},"action":{"name":"write"},"resource":{"type":"record","id":"record-2"}}`: "[map[id:bob type:user]]",
		`resource {"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record"}}`:               "[map[id:record-1 type:record] map[id:record-2 type:record]]",
		`action {"subject":{"type":"user","id":"alice"},"resource":{"type":"record","id":"record-1"}}`:                          "[map[name:read] map[name:write]]",
		`action {"subject":{"type":"user","id":"nobody"},"resource":{"type":"record","id":"record-1"}}`:                         "[]",
		`subject {"subject":{"type":"ship"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`:             "[]",
	} {
		kind, request, _ := strings.Cut(body, " ")
		if got := h.search(kind, request); fmt.Sprint(got.Results) != want || got.Page.NextToken != "" {
			t.Errorf("%s: got %v, want %s", body, got, want)
		}
	}
	for _, body := range []string{
		`{"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`,
		`{"subject":{"id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`,
		`{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record"}}`,
		readers(`,"page":{"limit":-1}`), readers(`,"page":{"limit":1.5}`), readers(`,"page":{"limit":"1"}`), readers(`,"page":{"limit":1e300}`),
		readers(`,"page":[]`), readers(`,"page":{"token":7}`), readers(`,"page":{"token":""}`), readers(`,"page":{"token":"x"}`), readers(`,"page":{"token":"x.1"}`),
		readers(`,"context":{"procura":{}}`),
	} {
		h.wants(body, h.ask("search/subject", body), http.StatusBadRequest, "")
	}
}

// Pages are of one instant: what is activated or stored meanwhile changes none.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	h := certified(t)
	first := h.search("subject", readers(`,"page":{"limit":1}`))
	if fmt.Sprint(first.Results) != "[map[id:alice type:user]]" || first.Page.NextToken == "" || first.Page.Total != 2 {
		t.Fatalf("first page: %+v", first)
	}
	token := `"token":"` + first.Page.NextToken + `"`
	h.wants("publishing", h.publishSet("none/1.0.0", map[string][]byte{
		"data.json": []byte("{}"), "a.rego": []byte("package procura.authz\n\ndecision := {\"decision\": false}\n"),
	}), http.StatusCreated, "")
	h.wants("activating", h.activate("1", "none", "1.0.0"), http.StatusOK, "")
	for _, page := range []string{`{` + token + `}`, `{"limit":1,` + token + `}`} {
		if next := h.search("subject", readers(`,"page":`+page)); fmt.Sprint(next.Results) != "[map[id:bob type:user]]" || next.Page.NextToken != "" {
			t.Errorf("next page: %+v", next)
		}
	}
	h.wants("another limit", h.ask("search/subject", readers(`,"page":{"limit":2,`+token+`}`)), http.StatusBadRequest, "token")
	h.wants("another question", h.ask("search/subject", strings.Replace(readers(`,"page":{`+token+`}`), "read", "write", 1)), http.StatusBadRequest, "token")
	h.wants("another endpoint", h.ask("search/resource", strings.Replace(readers(`,"page":{`+token+`}`), `"user"`, `"user","id":"alice"`, 1)), http.StatusBadRequest, "token")
	for _, tenant := range []string{server.DefaultTenant, elsewhere} {
		other := h.client(tenant, "others", server.RoleWalletServer)
		h.wants("another's token", h.as(other, "POST", "/access/v1/search/subject", readers(`,"page":{`+token+`}`)), http.StatusBadRequest, "token")
	}
	id, _, _ := strings.Cut(first.Page.NextToken, ".")
	for _, forged := range []string{id, id + ".", id + ".x", id + ".-1", id + ".3", id + ".99999999999999999999", "." + id, id + ".1.1"} {
		h.wants("the token "+forged, h.ask("search/subject", readers(`,"page":{"token":"`+forged+`"}`)), http.StatusBadRequest, "token")
	}
	h.clock.move(10 * time.Minute)
	h.wants("after ten minutes", h.ask("search/subject", readers(`,"page":{`+token+`}`)), http.StatusBadRequest, "token")
}

// What is stored of entities counts in evaluations and searches, in its own
// tenant alone, and what the request says of them stands over it.
func TestEntities(t *testing.T) {
	t.Parallel()
	h := certified(t)
	writes := func(subject string) string {
		return `{"subject":` + subject + `,"action":{"name":"write"},"resource":{"type":"record","id":"record-9"}}`
	}
	const carol = `{"type":"user","id":"carol"}`
	decides := func(what, body, want string) {
		t.Helper()
		if a := h.ask("evaluation", body); string(a.body) != `{"decision":`+want+`}` {
			t.Errorf("%s: %s, want %s", what, a.body, want)
		}
	}
	decides("nothing known", writes(carol), "false")
	put := func(role server.Role, path, body string, headers ...string) *answer {
		return h.call(role, "PUT", "/v1/entities"+path, body, headers...)
	}
	h.wants("an entity", put(server.RoleWalletServer, "/user/carol", `{"properties":{"role":"admin"}}`), http.StatusNoContent, "")
	lines := `{"type":"record","id":"record-9","properties":{"status":"archived"}}` + "\n" + `{"type":"user","id":"bob","properties":{"role":"none"}}` + "\n"
	h.wants("entities", put(server.RoleWalletServer, "", lines, "Content-Type", "application/x-ndjson"), http.StatusNoContent, "")
	decides("what is stored", writes(carol), "true")
	decides("the request over it", writes(`{"type":"user","id":"carol","properties":{"role":"x"}}`), "false")
	decides("what is stored over the data", writes(`{"type":"user","id":"bob"}`), "false")
	found := h.search("subject", `{"subject":{"type":"user"},"action":{"name":"write"},"resource":{"type":"record","id":"record-9"}}`)
	if fmt.Sprint(found.Results) != "[map[id:carol type:user]]" {
		t.Errorf("searching: %v", found.Results)
	}
	for what, body := range map[string]string{
		"no properties": `{}`, "another member": `{"properties":{},"x":1}`, "no object": `[]`, "a list": `{"properties":[]}`,
	} {
		h.wants(what, put(server.RoleWalletServer, "/user/carol", body), http.StatusUnprocessableEntity, "invalid")
	}
	h.wants("a bad line", put(server.RoleWalletServer, "", lines+"{", "Content-Type", "application/x-ndjson"), http.StatusBadRequest, "malformed")
	h.wants("another role", put(server.RoleVerifier, "/user/carol", `{"properties":{}}`), http.StatusForbidden, "")
	theirs := h.client(elsewhere, "wallets", server.RoleWalletServer)
	h.wants("another tenant", h.as(theirs, "PUT", "/v1/entities/user/carol", `{"properties":{"role":"x"}}`), http.StatusNoContent, "")
	decides("after another tenant's", writes(carol), "true")
}

// A search goes through ten thousand at most, and gives a thousand at once.
func TestSearchBounds(t *testing.T) {
	t.Parallel()
	h := certified(t)
	many := func(from, to int) {
		t.Helper()
		var lines strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&lines, `{"type":"user","id":"u%05d","properties":{"role":"admin"}}`+"\n", i)
		}
		h.wants("entities", h.call(server.RoleWalletServer, "PUT", "/v1/entities", lines.String(), "Content-Type", "application/x-ndjson"), http.StatusNoContent, "")
	}
	ask := `{"subject":{"type":"user"},"action":{"name":"write"},"resource":{"type":"record","id":"record-2"}%s}`
	many(0, server.MaxPage+5)
	for _, limit := range []string{"", `,"page":{"limit":1000000}`} {
		if found := h.search("subject", fmt.Sprintf(ask, limit)); len(found.Results) != server.MaxPage || found.Page.NextToken == "" {
			t.Errorf("%q: %d results, more: %q", limit, len(found.Results), found.Page.NextToken)
		}
	}
	many(server.MaxPage+5, server.MaxCandidates+1)
	h.wants("more than can be searched", h.ask("search/subject", fmt.Sprintf(ask, "")), http.StatusBadRequest, "search-too-large")
}

// A call asks a thousand questions at most.
func TestBatchBound(t *testing.T) {
	t.Parallel()
	h := certified(t)
	batch := func(n int) string {
		return `{"subject":{"type":"user","id":"alice"},"resource":{"type":"record","id":"record-1"},"evaluations":[` +
			strings.TrimSuffix(strings.Repeat(`{"action":{"name":"read"}},`, n), ",") + `]}`
	}
	h.wants("a thousand", h.ask("evaluations", batch(server.MaxEvaluations)), http.StatusOK, "")
	h.wants("one more", h.ask("evaluations", batch(server.MaxEvaluations+1)), http.StatusBadRequest, "malformed")
}
