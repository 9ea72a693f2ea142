package server_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// checked sends a document to a verify door: problem codes are joined.
func (h *house) checked(role server.Role, path, member string, doc any, options map[string]any) (a *answer, codes string) {
	h.Helper()
	body, err := json.Marshal(map[string]any{member: doc, "options": options})
	if err != nil {
		h.Fatal(err)
	}
	a = h.call(role, "POST", path, string(body))
	var got struct{ ProblemDetails []struct{ Code string } }
	json.Unmarshal(a.body, &got)
	var list []string
	for _, p := range got.ProblemDetails {
		list = append(list, p.Code)
	}
	return a, strings.Join(list, " ")
}

// diploma is a credential of no framework, with all its words in the base context.
func (s *campStory) diploma(form string, change func(map[string]any)) any {
	s.Helper()
	doc := map[string]any{
		"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "issuer": s.issuer.DID(),
		"validFrom": "2026-05-10T08:00:00Z", "validUntil": "2026-06-10T08:00:00Z",
		"credentialSubject": map[string]any{"id": "did:example:laila"},
	}
	change(doc)
	c, err := (&proof.Signer{Key: s.issuer, At: s.houses[0].clock.now()}).Credential(s.Context(), doc, form)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// A credential verifies if its proof holds and it is in force, whatever it is
// about; what could limit it and is not understood does not pass.
func TestVerifyCredential(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	s := newStory(t, db, db)
	h := s.houses[0]
	as := func(form string, change func(map[string]any)) func() any {
		return func() any { return s.diploma(form, change) }
	}
	same := func(map[string]any) {}
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	after := func(change func(map[string]any)) func() any {
		return func() any { m := s.diploma(vc.FormatJCS, same).(map[string]any); change(m); return m }
	}
	status := map[string]any{"id": "urn:s", "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "1", "statusListCredential": "https://a.example/s"}
	for name, test := range map[string]struct {
		doc  func() any
		want string // verified, or codes
	}{
		"a proxy credential":    {func() any { return s.credential(s.amina) }, "verified"},
		"jcs":                   {as(vc.FormatJCS, same), "verified"},
		"a JWT":                 {as(vc.FormatVCJOSE, same), "verified"},
		"over statements":       {as(vc.FormatLD, same), "verified"},
		"expired":               {as(vc.FormatJCS, set("validUntil", "2026-05-17T12:00:00Z")), "credential.expired"},
		"of the future":         {as(vc.FormatVCJOSE, set("validFrom", "2026-05-17T12:01:01Z")), "credential.not_yet_valid"},
		"a date that is none":   {as(vc.FormatJCS, set("validFrom", "soon")), "credential.malformed"},
		"an old name of a date": {as(vc.FormatJCS, set("expirationDate", "2026-05-01T00:00:00Z")), "credential.expired"},
		"with a status":         {as(vc.FormatJCS, set("credentialStatus", status)), "status.unknown"},
		"with a schema":         {as(vc.FormatJCS, set("credentialSchema", map[string]any{"id": "https://a.example/s", "type": "JsonSchema"})), "schema.unknown"},
		"changed":               {after(set("validUntil", "2027-01-01T00:00:00Z")), "proof.invalid"},
		"another's name":        {after(set("issuer", s.yusuf.DID())), "issuer.unbound"},
		"a key that is no DID's": {after(func(m map[string]any) {
			m["proof"].(map[string]any)["verificationMethod"] = "did:example:x#1"
			m["issuer"] = "did:example:x"
		}), "did.unresolvable"},
	} {
		a, codes := h.checked(server.RoleVerifier, "/credentials/verify", "verifiableCredential", test.doc(), map[string]any{"returnResults": true})
		h.wants(name, a, http.StatusOK, "")
		if got := a.json(t); got["verified"] != (test.want == "verified") || test.want != "verified" && codes != test.want || got["results"] == nil {
			t.Errorf("%s: %s, want %s", name, a.body, test.want)
		}
		a, _ = h.checked(server.RoleVerifier, "/credentials/verify", "verifiableCredential", test.doc(), map[string]any{"failOnUnverified": true, "returnProblemDetails": false})
		if (a.StatusCode == http.StatusOK) != (test.want == "verified") || a.json(t)["results"] != nil || a.json(t)["problemDetails"] != nil {
			t.Errorf("%s, to fail where it does not verify: %d %s", name, a.StatusCode, a.body)
		}
	}
}

// The cases of the W3C CCG's vc-api-verifier-test-suite ("Verify Credential -
// Data Integrity"): what lacks a member, or has it in another shape, is 400.
func TestVerifyMalformed(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	s := newStory(t, db, db)
	h := s.houses[0]
	good := s.diploma(proof.Ed25519Signature2020, func(m map[string]any) {
		m["@context"] = []any{vc.ContextV2, "https://w3id.org/security/suites/ed25519-2020/v1"}
	}).(map[string]any)
	options := map[string]any{"checks": []any{"proof"}}
	a, _ := h.checked(server.RoleVerifier, "/credentials/verify", "verifiableCredential", good, options)
	if a.StatusCode != http.StatusOK || a.json(t)["verified"] != true {
		t.Errorf("as it is: %d %s", a.StatusCode, a.body)
	}
	refused := func(what string, doc any) {
		t.Helper()
		a, _ := h.checked(server.RoleVerifier, "/credentials/verify", "verifiableCredential", doc, options)
		h.wants(what, a, http.StatusBadRequest, "")
	}
	with := func(at []string, v any, gone bool) map[string]any {
		doc := maps.Clone(good)
		m := doc
		if len(at) > 1 {
			m = maps.Clone(doc[at[0]].(map[string]any))
			doc[at[0]] = m
		}
		if m[at[len(at)-1]] = v; gone {
			delete(m, at[len(at)-1])
		}
		return doc
	}
	for _, at := range []string{"@context", "type", "issuer", "credentialSubject", "proof", "proof type", "proof created",
		"proof verificationMethod", "proof proofValue", "proof proofPurpose"} {
		path := strings.Split(at, " ")
		refused("without "+at, with(path, nil, true))
		for _, v := range []any{[]any{}, nil, 10, true} {
			refused(at+" of another shape", with(path, v, false))
		}
		if len(path) == 1 && at != "issuer" {
			refused(at+" is text", with(path, "string", false))
		}
	}
	for _, item := range []any{[]any{}, nil, 10, true} {
		refused("an odd context", with([]string{"@context"}, []any{item}, false))
		refused("an odd type", with([]string{"type"}, []any{item}, false))
	}
	for _, doc := range []any{nil, 1, "x", []any{}, map[string]any{}} {
		refused("no credential", doc)
	}
	for body, want := range map[string]int{
		`{}`: 400, `[]`: 400, `{"verifiableCredential": "a.b.c", "extra": 1}`: 400,
		`{"verifiableCredential": "a.b.c", "options": 1}`:                         400,
		`{"verifiableCredential": "a.b.c", "options": {"challenge": "x"}}`:        400,
		`{"verifiableCredential": "a.b.c", "options": {"returnResults": "yes"}}`:  400,
		`{"verifiableCredential": "a.b.c", "options": {"checks": ["everything"]}`: 400,
	} {
		h.wants(body, h.call(server.RoleVerifier, "POST", "/credentials/verify", body), want, "")
	}
}

// A presentation verifies over the caller's own challenge, and over one of ours
// once; over no nonce of another door, another client or another time.
func TestVerifyPresentation(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	s := newStory(t, db, db)
	h := s.houses[0]
	h.tokens["second"] = h.client(server.DefaultTenant, "second", server.RoleVerifier)
	challenge := func(role server.Role) string {
		return h.call(role, "POST", "/challenges", "").json(t)["challenge"].(string)
	}
	verify := func(over, said string) (bool, string) {
		t.Helper()
		p := s.present(s.amina, over, s.credential(s.amina))
		a, codes := h.checked(server.RoleVerifier, "/presentations/verify", "verifiablePresentation", p, map[string]any{"challenge": said, "returnResults": true})
		h.wants("verifying", a, http.StatusOK, "")
		return a.json(t)["verified"] == true, codes
	}
	wants := func(what, over, said string, verified bool, want string) {
		t.Helper()
		if got, codes := verify(over, said); got != verified || codes != want {
			t.Errorf("%s: %v %s, want %v %s", what, got, codes, verified, want)
		}
	}
	wants("over a challenge of the caller", "mine", "mine", true, "")
	wants("over another", "yours", "mine", false, "nonce.mismatch")
	once := challenge(server.RoleVerifier)
	wants("a broken one uses nothing up", "other", once, false, "nonce.mismatch")
	wants("over ours", once, once, true, "")
	wants("over ours again", once, once, false, "nonce.replayed")
	theirs := challenge("second")
	wants("over another client's", theirs, theirs, false, "nonce.mismatch")
	_, nonce := s.ask("school")
	wants("over a nonce of a challenge", nonce, nonce, false, "nonce.mismatch")
	late := challenge(server.RoleVerifier)
	evaluated := h.call(server.RoleVerifier, "POST", "/v1/evaluations", `{"request": `+question+`, "presentations": ["`+
		s.present(s.amina, late, s.credential(s.amina))+`"], "nonce": "`+late+`", "domain": "camp.example"}`)
	if m := evaluated.json(t); m["decision"] != "deny" || !strings.Contains(string(evaluated.body), "nonce.mismatch") {
		t.Errorf("an evaluation over a challenge of a check: %s", evaluated.body)
	}
	h.clock.move(10 * time.Minute)
	wants("over one that expired", late, late, false, "nonce.mismatch")

	p := s.present(s.amina, "mine", "e30.e30.")
	a, _ := h.checked(server.RoleVerifier, "/presentations/verify", "verifiablePresentation", p, map[string]any{"challenge": "mine", "returnResults": true, "returnPresentation": true})
	if m := a.json(t); m["verified"] != false || m["verifiablePresentation"] != p {
		t.Errorf("with a credential that cannot be read: %s", a.body)
	}
	for _, options := range []map[string]any{{}, {"challenge": ""}, {"challenge": "x", "domain": "bank.example"}, {"challenge": "x", "returnCredential": true}} {
		a, _ := h.checked(server.RoleVerifier, "/presentations/verify", "verifiablePresentation", p, options)
		h.wants("options", a, http.StatusBadRequest, "malformed")
	}
	a, _ = h.checked(server.RoleVerifier, "/presentations/verify", "verifiablePresentation", "no", map[string]any{"challenge": "x"})
	h.wants("no presentation", a, http.StatusBadRequest, "presentation-malformed")
}
