package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

const issuerBase = "https://procura.example"

// An office is a house with a profile of its client of role issuer.
type office struct {
	*house
	did string
}

func newOffice(t testing.TB, change ...func(*issuance.Profile)) *office {
	t.Helper()
	h := newHouse(t, func(cfg *server.Config) { cfg.URL = issuerBase })
	return &office{h, h.profile(server.DefaultTenant, "camp", h.clientID(server.DefaultTenant, string(server.RoleIssuer)), change...)}
}

// profile adds a profile of a client's, and returns as whom it issues.
func (h *house) profile(tenant, name, client string, change ...func(*issuance.Profile)) string {
	h.Helper()
	return h.profileOf(proof.Ed25519, tenant, name, client, change...)
}

func (h *house) profileOf(curve, tenant, name, client string, change ...func(*issuance.Profile)) string {
	h.Helper()
	key, err := proof.GenerateKey(curve)
	if err != nil {
		h.Fatal(err)
	}
	jwk, err := key.JWK()
	if err != nil {
		h.Fatal(err)
	}
	p := &issuance.Profile{
		Tenant: tenant, Name: name, Client: client, Custody: issuance.Custodial, DID: key.DID(), CreatedAt: h.clock.now(),
		Settings: issuance.Settings{Formats: []string{vc.FormatVCJOSE, vc.FormatLD, vc.FormatVCJWT11}, Status: []string{lifecycle.Revocation, lifecycle.Suspension}},
	}
	for _, f := range change {
		f(p)
	}
	if err := h.store.AddProfile(h.Context(), p, &issuance.Key{Method: key.ID, Secret: jwk, MadeAt: h.clock.now()}); err != nil {
		h.Fatal(err)
	}
	return p.DID
}

func (h *house) clientID(tenant, name string) string {
	h.Helper()
	all, err := h.store.ListClients(h.Context(), tenant)
	if err != nil {
		h.Fatal(err)
	}
	for _, c := range all {
		if c.Name == name {
			return c.ID
		}
	}
	h.Fatalf("no client %q", name)
	return ""
}

// wanted is the body of a request to issue, with a credential about a child.
func wanted(id, proxied string) string {
	return `{"credential": {"@context": ["` + vc.ContextV2 + `"], "type": ["VerifiableCredential"], "credentialSubject": {"id": "did:example:x", "proxied": {"id": "` + proxied + `"}}}, "options": {"credentialId": "` + id + `"}}`
}

// issue issues one, and returns its entries.
func (o *office) issue(id, proxied string) []status.Entry {
	o.Helper()
	a := o.call(server.RoleIssuer, "POST", "/credentials/issue", wanted(id, proxied))
	o.wants("issuing", a, http.StatusCreated, "")
	tree, err := vc.ParseJSON(a.body)
	if err != nil {
		o.Fatal(err)
	}
	c := vc.ParseCredential(tree.(map[string]any)["verifiableCredential"])
	v := &proof.Verifier{DIDs: &did.Resolver{}, Now: o.clock.now}
	issued, err := v.General(o.Context(), c, proof.Terms{})
	if err != nil || issued.Issuer != o.did {
		o.Fatalf("issued by %q: %v", issued.Issuer, err)
	}
	entries, refusal := status.Entries(map[string]any{"credentialStatus": issued.Doc["credentialStatus"]})
	if refusal != nil {
		o.Fatal(refusal)
	}
	return entries
}

// value is what the published list says of an entry.
func (o *office) value(e status.Entry) int {
	o.Helper()
	path, ours := strings.CutPrefix(e.List, issuerBase)
	if !ours {
		o.Fatalf("the list is at %s", e.List)
	}
	a := o.call("", "GET", path, "")
	o.wants("the list", a, http.StatusOK, "")
	l, err := status.ParseList(a.body)
	if err != nil {
		o.Fatal(err)
	}
	r, err := l.Read(o.Context(), e, status.Terms{
		Proofs:     &proof.Verifier{DIDs: &did.Resolver{}, Now: o.clock.now},
		MayPublish: func(_ context.Context, by string) (bool, error) { return by == o.did, nil },
	})
	if err != nil {
		o.Fatal(err)
	}
	return r.Value
}

// What is issued can be suspended, resumed and revoked, and the lists say so at once.
func TestIssueAndRevoke(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	e := o.issue("urn:x:1", "did:example:child")
	revocation, suspension := e[0], e[1]
	update := func(purpose string, set bool) *answer {
		return o.call(server.RoleIssuer, "POST", "/credentials/status", fmt.Sprintf(`{"credentialId": "urn:x:1", "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": %q}, "status": %v}`, purpose, set))
	}
	says := func(what string, revoked, suspended int) {
		t.Helper()
		if r, s := o.value(revocation), o.value(suspension); r != revoked || s != suspended {
			t.Errorf("%s: revocation %d, suspension %d, want %d and %d", what, r, s, revoked, suspended)
		}
	}
	says("at first", 0, 0)
	o.wants("suspending", update("suspension", true), http.StatusOK, "")
	says("suspended", 0, 1)
	o.wants("resuming", update("suspension", false), http.StatusOK, "")
	says("resumed", 0, 0)
	o.wants("revoking by place", o.call(server.RoleIssuer, "POST", "/credentials/status", fmt.Sprintf(
		`{"credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListCredential": %q, "statusListIndex": "%d"}, "status": true}`, revocation.List, revocation.Index)), http.StatusOK, "")
	says("revoked", 1, 0)
	o.wants("taking it back", update("revocation", false), http.StatusBadRequest, "malformed")
	o.wants("the same id again", o.call(server.RoleIssuer, "POST", "/credentials/issue", wanted("urn:x:1", "")), http.StatusConflict, "credential-issued")
	found, err := o.store.Find(t.Context(), server.DefaultTenant, []lifecycle.Ref{{Name: "urn:x:1"}}, "did:example:child")
	if err != nil || !found[0].About {
		t.Fatalf("found %+v, %v", found, err)
	}
	events, err := o.store.History(t.Context(), server.DefaultTenant, found[0].ID)
	if err != nil || len(events) != 3 || events[2].By != o.clientID(server.DefaultTenant, string(server.RoleIssuer)) {
		t.Errorf("events %+v, %v", events, err)
	}
}

// Many are changed in one call, or none.
func TestChangeStatuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var entries []status.Entry
	var ids []string
	for i := range 20 {
		ids = append(ids, fmt.Sprintf("urn:x:%d", i))
		entries = append(entries, o.issue(ids[i], "did:example:child")[0])
	}
	body := func(ids ...string) string {
		list, _ := json.Marshal(ids)
		return `{"action": "expire", "reason": "the camp closed", "credentials": ` + string(list) + `}`
	}
	o.wants("one that is unknown", o.call(server.RoleIssuer, "POST", "/v1/credentials/status", body(append(ids, "urn:x:none")...)), http.StatusNotFound, "credential-unknown")
	if o.value(entries[3]) != 0 {
		t.Error("some were revoked all the same")
	}
	a := o.call(server.RoleIssuer, "POST", "/v1/credentials/status", body(append(ids, ids[0])...))
	o.wants("all", a, http.StatusOK, "")
	if got := a.json(t)["changed"]; got != 20.0 {
		t.Errorf("changed %v, want 20", got)
	}
	for i, e := range entries {
		if o.value(e) != 1 {
			t.Errorf("credential %d is not revoked", i)
		}
	}
}

// A list is to be kept by whoever wants, asked for again by its tag, and is
// signed again before it ages.
func TestStatusListIsCached(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := strings.TrimPrefix(o.issue("urn:x:1", "")[0].List, issuerBase)
	first := o.call("", "GET", path, "")
	if got := first.Header.Get("Cache-Control"); got != "public, max-age=60" {
		t.Errorf("Cache-Control %q", got)
	}
	tag := first.Header.Get("ETag")
	o.wants("by its tag", o.call("", "GET", path, "", "If-None-Match", tag), http.StatusNotModified, "")
	o.clock.move(20 * time.Second)
	later := o.call("", "GET", path, "")
	if later.Header.Get("ETag") != tag || later.Header.Get("Cache-Control") != "public, max-age=40" {
		t.Errorf("later: %q, %q", later.Header.Get("ETag"), later.Header.Get("Cache-Control"))
	}
	o.clock.move(time.Minute)
	again := o.call("", "GET", path, "", "If-None-Match", tag)
	if again.StatusCode != http.StatusOK || again.Header.Get("ETag") == tag || again.Header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("once it had aged: %d, %q", again.StatusCode, again.Header.Get("Cache-Control"))
	}
	o.wants("no list", o.call("", "GET", "/public/default/status-lists/x", ""), http.StatusNotFound, "status-list-unknown")
	o.wants("another tenant's", o.call("", "GET", strings.Replace(path, "default", "elsewhere", 1), ""), http.StatusNotFound, "status-list-unknown")
}

// A list that is JSON-LD is answered as what the reader takes, also where that
// is no credential's type; a JWT as what it is.
func TestStatusListMedia(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ curve, accept, want string }{
		{proof.Ed25519, "", "application/vc"},
		{proof.Ed25519, "*/*", "application/vc"},
		{proof.Ed25519, "application/ld+json, application/json", "application/ld+json"},
		{proof.Ed25519, "application/json", "application/json"},
		{proof.Ed25519, "text/html", "application/vc"},
		{proof.Secp256k1, "application/json", "application/vc+jwt"},
	} {
		o := unlimited(t, c.curve, vc.FormatVCJOSE)
		path := strings.TrimPrefix(o.issue("urn:x:1", "")[0].List, issuerBase)
		first := o.call("", "GET", path, "")
		a := o.call("", "GET", path, "", "Accept", c.accept)
		if got := a.Header.Get("Content-Type"); got != c.want || !bytes.Equal(a.body, first.body) || a.Header.Get("Vary") != "Accept" {
			t.Errorf("%s, accepting %q: %s, Vary %q", c.curve, c.accept, got, a.Header.Get("Vary"))
		}
		if same := a.Header.Get("ETag") == first.Header.Get("ETag"); same != strings.HasPrefix(c.want, "application/vc") {
			t.Errorf("accepting %q: the ETag says the same: %v", c.accept, same)
		}
	}
}

// A profile is its client's alone.
func TestProfileIsItsClients(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.issue("urn:x:1", "did:example:child")
	other := o.client(server.DefaultTenant, "another issuer", server.RoleIssuer)
	named := strings.Replace(wanted("urn:x:2", ""), `"type"`, `"issuer": "`+o.did+`", "type"`, 1)
	o.wants("another's profile", o.as(other, "POST", "/credentials/issue", named), http.StatusForbidden, "rules")
	o.wants("without a profile", o.as(other, "POST", "/credentials/issue", wanted("urn:x:2", "")), http.StatusNotFound, "profile-unknown")
	o.wants("presenting", o.as(other, "POST", "/presentations", proving(o.did)), http.StatusForbidden, "rules")
	for _, path := range []string{"/credentials/status", "/v1/credentials/status"} {
		body := map[string]string{
			"/credentials/status":    `{"credentialId": "urn:x:1", "credentialStatus": {"statusPurpose": "revocation"}, "status": true}`,
			"/v1/credentials/status": `{"action": "revoke", "credentials": ["urn:x:1"]}`,
		}[path]
		o.wants("revoking", o.as(other, "POST", path, body), http.StatusForbidden, "rules")
	}
	o.profile(server.DefaultTenant, "board", o.clientID(server.DefaultTenant, string(server.RoleIssuer)))
	o.wants("of two profiles", o.call(server.RoleIssuer, "POST", "/credentials/issue", wanted("urn:x:2", "")), http.StatusBadRequest, "malformed")
	o.wants("of two, one named", o.call(server.RoleIssuer, "POST", "/credentials/issue", named), http.StatusCreated, "")
}

func proving(holder string) string {
	return `{"presentation": {"@context": ["` + vc.ContextV2 + `"], "type": ["VerifiablePresentation"], "holder": "` + holder + `"}, "options": {"challenge": "c", "domain": "camp.example"}}`
}

// Another tenant's issuer reaches nothing of ours: not by DID, name or place.
func TestIssuanceOfAnotherTenant(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	e := o.issue("urn:x:1", "did:example:child")[0]
	theirs := o.client(elsewhere, "issuer", server.RoleIssuer)
	named := strings.Replace(wanted("urn:x:2", ""), `"type"`, `"issuer": "`+o.did+`", "type"`, 1)
	o.wants("issuing", o.as(theirs, "POST", "/credentials/issue", named), http.StatusNotFound, "profile-unknown")
	o.wants("presenting", o.as(theirs, "POST", "/presentations/prove", proving(o.did)), http.StatusNotFound, "profile-unknown")
	o.wants("revoking by name", o.as(theirs, "POST", "/v1/credentials/status", `{"action": "revoke", "credentials": ["urn:x:1"]}`), http.StatusNotFound, "credential-unknown")
	place := fmt.Sprintf(`{"credentialStatus": {"statusPurpose": "revocation", "statusListCredential": %q, "statusListIndex": "%d"}, "status": true}`, e.List, e.Index)
	o.wants("revoking by place", o.as(theirs, "POST", "/credentials/status", place), http.StatusNotFound, "credential-unknown")
	if o.value(e) != 0 {
		t.Error("another tenant revoked it")
	}
}

// Lists have one address for ever: where the server does not know it, nothing
// is issued with a status.
func TestNoURL(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.profile(server.DefaultTenant, "camp", h.clientID(server.DefaultTenant, string(server.RoleIssuer)))
	h.wants("issuing", h.call(server.RoleIssuer, "POST", "/credentials/issue", wanted("urn:x:1", "")), http.StatusConflict, "status-list-address")
}

// A profile that needs its owner has no lists, and signs nothing for a client.
func TestAttendedProfile(t *testing.T) {
	t.Parallel()
	for _, statuses := range [][]string{nil, {lifecycle.Revocation}} {
		o := newOffice(t, func(p *issuance.Profile) { p.Custody, p.Status = issuance.Local, statuses })
		o.wants("issuing", o.call(server.RoleIssuer, "POST", "/credentials/issue", wanted("urn:x:1", "")), http.StatusConflict, "issuer.kms_attended")
		o.wants("presenting", o.call(server.RoleIssuer, "POST", "/presentations/prove", proving(o.did)), http.StatusConflict, "issuer.kms_attended")
	}
}

func TestPresentAndDerive(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, path := range []string{"/presentations", "/presentations/prove"} {
		a := o.call(server.RoleIssuer, "POST", path, proving(o.did))
		o.wants("presenting", a, http.StatusCreated, "")
		p, err := vc.ParsePresentation([]byte(a.json(t)["verifiablePresentation"].(string)), "application/vp+jwt")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (&proof.Verifier{DIDs: &did.Resolver{}, Now: o.clock.now}).Presentation(t.Context(), p, proof.Expect{Nonce: "c", Domain: "camp.example"}); err != nil {
			t.Error(err)
		}
	}
	o.wants("deriving from nothing", o.call(server.RoleIssuer, "POST", "/credentials/derive", `{"verifiableCredential": "x"}`), http.StatusBadRequest, "malformed")
	o.wants("deriving from garbage", o.call(server.RoleIssuer, "POST", "/credentials/derive", `{"verifiableCredential": "x~y~"}`), http.StatusBadRequest, "malformed")
}

func TestIssuanceRequests(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.issue("urn:x:1", "")
	for name, c := range map[string]struct {
		path, body string
		status     int
	}{
		"no credential":                {"/credentials/issue", `{}`, 400},
		"a list":                       {"/credentials/issue", `[]`, 400},
		"a member":                     {"/credentials/issue", strings.Replace(wanted("urn:x:2", ""), `"options"`, `"x": 1, "options"`, 1), 400},
		"an option":                    {"/credentials/issue", strings.Replace(wanted("urn:x:2", ""), `"credentialId"`, `"x": 1, "credentialId"`, 1), 400},
		"no presentation":              {"/presentations", `{}`, 400},
		"no status":                    {"/credentials/status", `{"credentialId": "urn:x:1", "credentialStatus": {"statusPurpose": "revocation"}}`, 400},
		"no entry":                     {"/credentials/status", `{"credentialId": "urn:x:1", "status": true}`, 400},
		"another purpose":              {"/credentials/status", `{"credentialId": "urn:x:1", "credentialStatus": {"statusPurpose": "x"}, "status": true}`, 400},
		"no credential to revoke":      {"/credentials/status", `{"credentialStatus": {"statusPurpose": "revocation"}, "status": true}`, 400},
		"an index of another spelling": {"/credentials/status", `{"credentialStatus": {"statusPurpose": "revocation", "statusListCredential": "x", "statusListIndex": "01"}, "status": true}`, 400},
		"one that is unknown":          {"/credentials/status", `{"credentialId": "urn:x:none", "credentialStatus": {"statusPurpose": "revocation"}, "status": true}`, 404},
		"a member of the change":       {"/credentials/status", `{"credentialId": "urn:x:1", "credentialStatus": {"statusPurpose": "revocation"}, "status": true, "x": 1}`, 400},
		"a reason too long":            {"/credentials/status", `{"credentialId": "urn:x:1", "credentialStatus": {"statusPurpose": "revocation"}, "status": true, "reason": "` + strings.Repeat("x", 1001) + `"}`, 400},
		"no action":                    {"/v1/credentials/status", `{"credentials": ["urn:x:1"]}`, 422},
		"another action":               {"/v1/credentials/status", `{"action": "x", "credentials": ["urn:x:1"]}`, 422},
		"nothing to change":            {"/v1/credentials/status", `{"action": "revoke", "credentials": []}`, 422},
		"too many":                     {"/v1/credentials/status", `{"action": "revoke", "credentials": [` + strings.Repeat(`"x",`, 10_000) + `"x"]}`, 422},
		"a number":                     {"/v1/credentials/status", `{"action": "revoke", "credentials": [1]}`, 422},
		"a message":                    {"/v1/credentials/status", `{"action": "revoke", "credentials": ["urn:x:1"], "message": 1}`, 422},
		"no message":                   {"/v1/credentials/status", `{"action": "tell", "credentials": ["urn:x:1"]}`, 422},
		"a status it has not":          {"/v1/credentials/status", `{"action": "tell", "credentials": ["urn:x:1"], "message": 1}`, 409},
		"asked by nobody":              {"/v1/credentials/status", `{"action": "revoke", "credentials": ["urn:x:1"], "asked": "2026-05-17T12:00:00Z"}`, 422},
		"undated":                      {"/v1/credentials/status", `{"action": "revoke", "credentials": ["urn:x:1"], "presentation": "x"}`, 422},
	} {
		a := o.call(server.RoleIssuer, "POST", c.path, c.body)
		o.wants(name, a, c.status, "")
	}
}

// statusNonce is what a presentation is signed over that asks for a change.
func statusNonce(action, reason, asked string, credentials ...string) string {
	h := sha256.New()
	for _, text := range append([]string{"procura/status/1", server.DefaultTenant, action, "", reason, asked}, credentials...) {
		fmt.Fprintf(h, "%d:%s,", len(text), text)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Whom a profile names can revoke, handed in by a client whose profile it is
// not: the proxied identity what is about it, an authority all.
func TestOthersRevoke(t *testing.T) {
	t.Parallel()
	child, authority, stranger := newSigner(t), newSigner(t), newSigner(t)
	o := newOffice(t, func(p *issuance.Profile) { p.Revokers = []string{issuance.Proxied, authority.Key.DID()} })
	desk := o.client(server.DefaultTenant, "front desk", server.RoleIssuer)
	asked := o.clock.now().Format(time.RFC3339)
	ask := func(by *proof.Signer, over, action, id, asked string) *answer {
		t.Helper()
		by.At = o.clock.now()
		p, err := by.Presentation(t.Context(), nil, vc.FormatVPJOSE, proof.Expect{Nonce: over, Domain: "camp.example"})
		if err != nil {
			t.Fatal(err)
		}
		return o.as(desk, "POST", "/v1/credentials/status", fmt.Sprintf(`{"action": %q, "credentials": [%q], "reason": "lost", "asked": %q, "presentation": %q}`, action, id, asked, p))
	}
	mine, others := o.issue("urn:x:1", child.Key.DID())[0], o.issue("urn:x:2", "did:example:other")[0]
	good := statusNonce("revoke", "lost", asked, "urn:x:1")
	o.wants("a stranger", ask(stranger, good, "revoke", "urn:x:1", asked), http.StatusForbidden, "rules")
	o.wants("over another action", ask(child, statusNonce("suspend", "lost", asked, "urn:x:1"), "revoke", "urn:x:1", asked), http.StatusForbidden, "asking")
	o.wants("over another credential", ask(child, statusNonce("revoke", "lost", asked, "urn:x:2"), "revoke", "urn:x:1", asked), http.StatusForbidden, "asking")
	o.wants("of another", ask(child, statusNonce("revoke", "lost", asked, "urn:x:2"), "revoke", "urn:x:2", asked), http.StatusForbidden, "rules")
	old := o.clock.now().Add(-time.Hour).Format(time.RFC3339)
	o.wants("asked long ago", ask(child, statusNonce("revoke", "lost", old, "urn:x:1"), "revoke", "urn:x:1", old), http.StatusUnprocessableEntity, "")
	if o.value(mine) != 0 || o.value(others) != 0 {
		t.Fatal("something was revoked")
	}
	suspend := statusNonce("suspend", "lost", asked, "urn:x:1")
	o.wants("suspending one's own", ask(child, suspend, "suspend", "urn:x:1", asked), http.StatusOK, "")
	o.wants("the same again", ask(child, suspend, "suspend", "urn:x:1", asked), http.StatusForbidden, "asking")
	later := o.clock.now().Add(time.Second).Format(time.RFC3339)
	o.wants("revoking one's own", ask(child, statusNonce("revoke", "lost", later, "urn:x:1"), "revoke", "urn:x:1", later), http.StatusOK, "")
	o.wants("an authority", ask(authority, statusNonce("revoke", "lost", asked, "urn:x:2"), "revoke", "urn:x:2", asked), http.StatusOK, "")
	if o.value(mine) != 1 || o.value(others) != 1 {
		t.Error("nothing was revoked")
	}
}

// Where a profile says so, whom the framework of a credential lists as issuers of its
// variant, as it lists them now, change its status: of no other credential.
func TestListedIssuersRevoke(t *testing.T) {
	t.Parallel()
	other, stranger := newSigner(t), newSigner(t)
	o := newOffice(t, func(p *issuance.Profile) { p.Revokers = []string{issuance.Issuers} })
	desk := o.client(server.DefaultTenant, "front desk", server.RoleIssuer)
	lists := func(did string) {
		t.Helper()
		o.wants("listing", o.call(server.RoleAdmin, "PUT", "/v1/registries/camp-issuers", `{"dids": ["`+did+`"]}`), http.StatusNoContent, "")
	}
	const uri = "https://procura.dev/frameworks/refugee-camp-guardianship"
	for _, id := range []string{"urn:x:1", "urn:x:2", "urn:x:3"} {
		body := wanted(id, "did:example:child")
		if id != "urn:x:3" {
			body = strings.Replace(body, `"type": ["VerifiableCredential"]`, `"type": ["VerifiableCredential", "`+uri+`#Proxy.G/Refugee%20Camp%20Guardianship/1.0/ChildGuardian"], "trustFrameworkURI": "`+uri+`"`, 1)
		}
		o.wants("issuing "+id, o.call(server.RoleIssuer, "POST", "/credentials/issue", body), http.StatusCreated, "")
	}
	ask := func(by *proof.Signer, id string) *answer {
		t.Helper()
		by.At = o.clock.now()
		asked := o.clock.now().Format(time.RFC3339)
		p, err := by.Presentation(t.Context(), nil, vc.FormatVPJOSE, proof.Expect{Nonce: statusNonce("revoke", "lost", asked, id), Domain: "camp.example"})
		if err != nil {
			t.Fatal(err)
		}
		return o.as(desk, "POST", "/v1/credentials/status", fmt.Sprintf(`{"action": "revoke", "credentials": [%q], "reason": "lost", "asked": %q, "presentation": %q}`, id, asked, p))
	}
	lists(other.Key.DID())
	o.wants("a stranger", ask(stranger, "urn:x:1"), http.StatusForbidden, "rules")
	o.wants("of no framework", ask(other, "urn:x:3"), http.StatusForbidden, "rules")
	o.wants("a listed one", ask(other, "urn:x:1"), http.StatusOK, "")
	lists(stranger.Key.DID())
	o.wants("one that was listed", ask(other, "urn:x:2"), http.StatusForbidden, "rules")
	o.wants("who is listed by now", ask(stranger, "urn:x:2"), http.StatusOK, "")
}

func newSigner(t testing.TB) *proof.Signer {
	t.Helper()
	key, err := proof.GenerateKey(proof.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return &proof.Signer{Key: key}
}
