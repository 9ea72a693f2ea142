package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

// forged is a presentation that parses and whose proof does not hold.
const forged = `eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImRpZDprZXk6ejZNa2hhWGdCWkR2b3REa0w1MjU3ZmFpenRpR2lDMlF0S0xHcGJubkVHdGEyZG9LI3o2TWtoYVhnQlpEdm90RGtMNTI1N2ZhaXp0aUdpQzJRdEtMR3Bibm5FR3RhMmRvSyJ9.eyJpc3MiOiJkaWQ6a2V5Ono2TWtoYVhnQlpEdm90RGtMNTI1N2ZhaXp0aUdpQzJRdEtMR3Bibm5FR3RhMmRvSyIsInZwIjp7IkBjb250ZXh0IjpbImh0dHBzOi8vd3d3LnczLm9yZy8yMDE4L2NyZWRlbnRpYWxzL3YxIl0sInR5cGUiOlsiVmVyaWZpYWJsZVByZXNlbnRhdGlvbiJdLCJ2ZXJpZmlhYmxlQ3JlZGVudGlhbCI6W119fQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`

func TestChallengeFromOpeningToClosing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.call(server.RoleVerifier, "POST", "/v1/challenges", question)
	h.wants("opening", a, http.StatusCreated, "")
	m := a.json(t)
	path := "/v1/challenges/" + m["id"].(string)
	if a.Header.Get("Location") != path || m["presentationsUrl"] != h.url+path+"/presentations" ||
		len(m["nonce"].(string)) != 43 || m["domain"] != "camp.example" || m["expiresAt"] != "2026-05-17T12:10:00Z" {
		t.Errorf("opened %v at %s", m, a.Header.Get("Location"))
	}

	a = h.call(server.RoleVerifier, "POST", path+"/presentations", "no.jwt", "Content-Type", "application/vp+jwt")
	h.wants("a presentation that does not parse", a, http.StatusBadRequest, "presentation-malformed")
	if a.json(t)["code"] != "presentation.malformed" {
		t.Errorf("problem %s, want code presentation.malformed", a.body)
	}
	a = h.call(server.RoleVerifier, "GET", path, "")
	h.wants("state", a, http.StatusOK, "")
	if m := a.json(t); m["state"] != "open" || m["revision"] != 0.0 || len(m["presentations"].([]any)) != 0 || m["decision"] != nil {
		t.Errorf("after a malformed presentation: %s, want nothing stored", a.body)
	}

	a = h.call(server.RoleVerifier, "POST", path+"/presentations", forged, "Content-Type", "application/vp+jwt")
	h.wants("a forged presentation", a, http.StatusOK, "")
	decision := a.json(t)
	if decision["decision"] != "deny" {
		t.Fatalf("a forged presentation: %s, want a denial", a.body)
	}
	again := h.call(server.RoleVerifier, "POST", path+"/presentations", `{"presentations": ["`+forged+`"]}`)
	if string(again.body) != string(a.body) {
		t.Errorf("the same again: %s, want the stored answer %s", again.body, a.body)
	}
	stored := h.call(server.RoleVerifier, "GET", "/v1/decisions/"+decision["id"].(string), "")
	if string(stored.body) != string(a.body) {
		t.Errorf("the decision is %s, want as answered: %s", stored.body, a.body)
	}

	state := h.call(server.RoleVerifier, "GET", path, "").json(t)
	presented := state["presentations"].([]any)
	if len(presented) != 1 || state["decision"].(map[string]any)["id"] != decision["id"] {
		t.Fatalf("state %v, want one presentation and the decision", state)
	}
	pid := presented[0].(map[string]any)["id"].(string)
	h.wants("taking back", h.call(server.RoleVerifier, "DELETE", path+"/presentations/"+pid, ""), http.StatusNoContent, "")
	h.wants("taking back again", h.call(server.RoleVerifier, "DELETE", path+"/presentations/"+pid, ""), http.StatusNotFound, "presentation-unknown")
	h.wants("closing", h.call(server.RoleVerifier, "DELETE", path, ""), http.StatusNoContent, "")
	h.wants("closing again", h.call(server.RoleVerifier, "DELETE", path, ""), http.StatusConflict, "challenge-closed")
	h.wants("presenting to a closed one", h.call(server.RoleVerifier, "POST", path+"/presentations", forged, "Content-Type", "application/vp+jwt"), http.StatusConflict, "challenge-closed")
	if m := h.call(server.RoleVerifier, "GET", path, "").json(t); m["state"] != "closed" || m["nonce"] != nil || m["domain"] != nil {
		t.Errorf("closed: %v, want neither nonce nor domain", m)
	}
}

func TestReplayableInput(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.opened() + "/presentations"
	a := h.call(server.RoleVerifier, "POST", path+"?include=input", forged, "Content-Type", "application/vp+jwt")
	h.wants("with input", a, http.StatusOK, "")
	m := a.json(t)
	if m["input"] == nil {
		t.Errorf("?include=input: %s, want the input", a.body)
	}
	if stored := h.call(server.RoleVerifier, "GET", "/v1/decisions/"+m["id"].(string), "").json(t); stored["input"] != nil {
		t.Error("the input was kept")
	}
	h.wants("including something else", h.call(server.RoleVerifier, "POST", path+"?include=all", forged, "Content-Type", "application/vp+jwt"), 422, "invalid")
}

func TestPresentRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.opened() + "/presentations"
	for _, test := range []struct {
		name, media, body string
		status            int
		kind              string
	}{
		{"another media type", "text/plain", forged, 415, "unsupported-media-type"},
		{"the older type of an SD-JWT VC", "application/vc+sd-jwt", forged, 415, "unsupported-media-type"},
		{"a JWT as an SD-JWT", "application/dc+sd-jwt", forged, 400, "presentation-malformed"},
		{"an SD-JWT as a JWT", "application/vp+jwt", forged + "~", 400, "presentation-malformed"},
		{"nothing", "application/json", `{}`, 422, "invalid"},
		{"an empty list", "application/json", `{"presentations": []}`, 422, "invalid"},
		{"a number", "application/json", `{"presentations": [1]}`, 422, "invalid"},
		{"an unknown member", "application/json", `{"presentations": ["x"], "presentation": "y"}`, 422, "invalid"},
		{"time", "application/json", `{"circumstances": {"time": "2026-05-17T12:00:00Z"}}`, 422, "invalid"},
		{"attested", "application/json", `{"circumstances": {"jurisdiction": {"value": "TZ", "source": "attested:did:example:x"}}}`, 422, "invalid"},
		{"LD that is no object", "application/vp", `"x"`, 400, "presentation-malformed"},
		{"LD with a member twice", "application/vp", `{"a": 1, "a": 2}`, 400, "presentation-malformed"},
		{"empty JWT", "application/vp+jwt", ` `, 400, "presentation-malformed"},
	} {
		h.wants(test.name, h.call(server.RoleVerifier, "POST", path, test.body, "Content-Type", test.media), test.status, test.kind)
	}
	h.wants("no such challenge", h.call(server.RoleVerifier, "POST", "/v1/challenges/none/presentations", forged, "Content-Type", "application/vp+jwt"), 404, "challenge-unknown")
	h.wants("an id that no row can have", h.call(server.RoleVerifier, "GET", "/v1/challenges/%00", ""), 404, "challenge-unknown")
}

func TestOpeningRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := func(from, to string) string { return strings.Replace(question, from, to, 1) }
	for name, body := range map[string]string{
		"no permission":                       good(`["school"]`, `[]`),
		"an undefined one":                    good(`"school"`, `"schooling"`),
		"one twice":                           good(`"school"`, `"school", "school"`),
		"nobody":                              good(`{"id": "did:example:child"}`, `{}`),
		"no such framework":                   good(camp, "Nobody's"),
		"version and range":                   good(`"`+camp+`"`, `"`+camp+`", "version": "1.0", "range": "^1"`),
		"not disjoint":                        good(`{"permissions"`, `{"disjoint": false, "permissions"`),
		"another's domain":                    good(`{"permissions"`, `{"domain": "other.example", "permissions"`),
		"too short":                           good(`{"permissions"`, `{"expiresIn": 29, "permissions"`),
		"too long":                            good(`{"permissions"`, `{"expiresIn": 86401, "permissions"`),
		"a nonce of the caller":               good(`{"permissions"`, `{"nonce": "0123456789012345678901", "permissions"`),
		"time":                                good(`{"permissions"`, `{"circumstances": {"time": "2026-05-17T12:00:00Z"}, "permissions"`),
		"a place beyond a pole":               good(`{"permissions"`, `{"circumstances": {"place": {"lat": 91, "lon": 0}}, "permissions"`),
		"an attribute that no credential has": good(`{"id": "did:example:child"}`, `{"attributes": {"firstNam": "Amina"}}`),
		"attributes of no value":              good(`{"id": "did:example:child"}`, `{"attributes": {"name": ""}}`),
	} {
		a := h.call(server.RoleVerifier, "POST", "/v1/challenges", body)
		h.wants(name, a, 422, "invalid")
		if errs, _ := a.json(t)["errors"].([]any); len(errs) == 0 {
			t.Errorf("%s: %s names no member", name, a.body)
		}
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	s := &heavy{store: openSQLite(t)}
	h := settled(t, s)
	path := h.opened()
	for _, bad := range []string{"61", "-1", "x", ""} {
		h.wants("wait="+bad, h.call(server.RoleVerifier, "GET", path+"?wait="+bad, ""), 422, "invalid")
	}
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() {
		s.wait(t)
		h.call(server.RoleVerifier, "POST", path+"/presentations", forged, "Content-Type", "application/vp+jwt")
	})
	begun := time.Now()
	a := h.call(server.RoleVerifier, "GET", path+"?wait=60", "")
	h.wants("waiting", a, http.StatusOK, "")
	if a.json(t)["revision"] != 1.0 || time.Since(begun) >= time.Minute {
		t.Errorf("after %v: %s, want the change as it happens", time.Since(begun), a.body)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.opened()
	h.clock.move(10 * time.Minute)
	if m := h.call(server.RoleVerifier, "GET", path, "").json(t); m["state"] != "closed" || m["nonce"] != nil {
		t.Errorf("expired: %v, want it closed, without its nonce", m)
	}
	late := h.call(server.RoleVerifier, "POST", path+"/presentations", forged, "Content-Type", "application/vp+jwt")
	h.wants("presenting too late", late, 409, "challenge-closed")
	if got := late.json(t)["detail"]; got != "it expired at 2026-05-17T12:10:00Z" {
		t.Errorf("presenting too late: detail %v, want when it expired", got)
	}
	if err := h.store.Sweep(t.Context(), h.clock.now()); err != nil {
		t.Fatal(err)
	}
	swept := h.call(server.RoleVerifier, "POST", path+"/presentations", forged, "Content-Type", "application/vp+jwt")
	h.wants("presenting after the sweep", swept, 409, "challenge-closed")
	if got := swept.json(t)["detail"]; got != "it expired at 2026-05-17T12:10:00Z" {
		t.Errorf("presenting after the sweep: detail %v, want when it expired", got)
	}
}

func TestEvaluationRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := func(nonce string) string {
		return `{"request": ` + question + `, "presentations": ["` + forged + `"], "nonce": "` + nonce + `", "domain": "camp.example"}`
	}
	a := h.call(server.RoleVerifier, "POST", "/v1/evaluations", body("0123456789012345678901"))
	h.wants("a forged presentation", a, http.StatusOK, "")
	if a.json(t)["decision"] != "deny" {
		t.Errorf("a forged presentation: %s, want a denial", a.body)
	}
	h.wants("a short nonce", h.call(server.RoleVerifier, "POST", "/v1/evaluations", body("012345678901234567890")), 422, "invalid")
	h.wants("a domain that is not the client's", h.call(server.RoleVerifier, "POST", "/v1/evaluations",
		strings.Replace(body("0123456789012345678901"), "camp.example", "other.example", 1)), 422, "invalid")
	for name, presentations := range map[string]string{
		"none":     `[]`,
		"null":     `null`,
		"no list":  `"` + forged + `"`,
		"too many": `["` + strings.Repeat(forged+`", "`, 64) + forged + `"]`,
	} {
		a := h.call(server.RoleVerifier, "POST", "/v1/evaluations", strings.Replace(body("0123456789012345678901"), `["`+forged+`"]`, presentations, 1))
		h.wants("presentations: "+name, a, 422, "invalid")
		if !strings.Contains(string(a.body), `"path":"/presentations"`) {
			t.Errorf("presentations: %s: %s, want the member named", name, a.body)
		}
	}
	opened := h.call(server.RoleVerifier, "POST", "/v1/challenges", question).json(t)
	a = h.call(server.RoleVerifier, "POST", "/v1/evaluations", body(opened["nonce"].(string)))
	if !strings.Contains(string(a.body), "nonce.mismatch") {
		t.Errorf("a challenge's nonce at another door: %s, want nonce.mismatch", a.body)
	}
}

// What the framework does not know is named where it stands in the call.
func TestFaultsStandWhereTheCallHasThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	asked := `{"permissions": ["schooling"], "proxied": {"attributes": {"firstNam": "Amina"}}, "framework": {"name": "` + camp + `"}}`
	for path, want := range map[string][]string{
		"/v1/challenges":  {"/permissions/0", "/proxied/attributes/firstNam"},
		"/v1/evaluations": {"/request/permissions/0", "/request/proxied/attributes/firstNam"},
	} {
		body := asked
		if path == "/v1/evaluations" {
			body = `{"request": ` + asked + `, "presentations": ["x"], "nonce": "0123456789012345678901", "domain": "camp.example"}`
		}
		a := h.call(server.RoleVerifier, "POST", path, body)
		h.wants(path, a, 422, "invalid")
		var p struct{ Errors []struct{ Path string } }
		if err := json.Unmarshal(a.body, &p); err != nil || len(p.Errors) != len(want) || p.Errors[0].Path != want[0] || p.Errors[1].Path != want[1] {
			t.Errorf("%s: %s (%v), want %v named", path, a.body, err, want)
		}
	}
}
