package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/authz"
)

// Where decisions rest on a proxy challenge, no body is permitted that no holder
// signed, whatever a wallet server or a holder of its token writes; and what cannot
// be read is a problem, and no fault of ours.
func FuzzAuthZEN(f *testing.F) {
	srv, tokens := fuzzed(f)
	set := setArchive(f, authz.Example("guardian"))
	for _, seed := range []string{
		enrols(laila, laila, "{}"),
		enrols(laila, laila, `{"procura":{"nonce":"0123456789012345678901","domain":"camp.example","request":`+question+`,"presentations":["`+forged+`"]}}`),
		enrols(laila, laila, `{"proxy":{"decision":"permit","holders":["`+laila+`"],"alone":"`+laila+`"}}`),
		`{"evaluations":[` + enrols(laila, laila, "{}") + `,{}],"options":{"evaluations_semantic":"permit_on_first_permit"}}`,
		`{"subject":{"type":"person"},"action":{"name":"enrol"},"resource":{"type":"child","id":"x"},"page":{"limit":1,"token":"x"}}`,
		`{"subject":{"type":"person","id":"x"},"resource":{"type":"child","id":"x"}}`,
		`{"type":"person","id":"x","properties":{"n":9007199254740993}}` + "\n" + `{"type":"child","id":"x"}`,
		set,
	} {
		for kind := range byte(7) {
			f.Add(kind, seed)
		}
	}
	send(f, srv, tokens["author"], "PUT", "/v1/policysets/guardian/1.0.0", "application/x-tar", set)
	active := send(f, srv, tokens["admin"], "PUT", "/v1/policysets/active", "application/json", `{"name":"guardian","version":"1.0.0"}`, "If-Match", `"0"`)
	if active.Code != http.StatusOK {
		f.Fatalf("%d %s", active.Code, active.Body)
	}
	f.Fuzz(func(t *testing.T, kind byte, body string) {
		call := [][4]string{
			{"POST", "/access/v1/evaluation", "application/json", "wallet-server"},
			{"POST", "/access/v1/evaluations", "application/json", "wallet-server"},
			{"POST", "/access/v1/search/subject", "application/json", "wallet-server"},
			{"POST", "/access/v1/search/resource", "application/json", "wallet-server"},
			{"POST", "/access/v1/search/action", "application/json", "wallet-server"},
			{"PUT", "/v1/entities", "application/x-ndjson", "wallet-server"},
			{"PUT", "/v1/policysets/guardian/1.0.0", "application/x-tar", "author"},
			{"PUT", "/v1/entities/user/fuzz", "application/json", "wallet-server"},
		}[kind%8]
		w := send(t, srv, tokens[call[3]], call[0], call[1], call[2], body)
		if w.Code >= 500 || w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden || strings.Contains(w.Body.String(), `"decision":true`) {
			t.Errorf("%s %s: %d %s", call[0], call[1], w.Code, w.Body)
		}
	})
}
