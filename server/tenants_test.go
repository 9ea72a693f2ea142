package server_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
)

// publish publishes documents as a client would.
func (h *house) publish(tenant, owner string, public bool, sources ...[]byte) {
	h.Helper()
	for _, source := range sources {
		draft := server.Draft{Tenant: tenant, Owner: owner, Public: public, Source: source}
		if _, err := h.catalogue.Publish(h.Context(), draft); err != nil {
			h.Fatal(err)
		}
	}
}

// Every door of one tenant is shut on what is another's: 404, or the own
// thing of that name. A new route has to say here what of another tenant's it
// could reach.
func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	db := newStory(t, s, s)
	h := db.houses[0]
	path, nonce := db.ask("school")
	id := strings.TrimPrefix(path, "/v1/challenges/")
	presented := h.call(server.RoleVerifier, "POST", path+"/presentations", db.present(db.amina, nonce, db.credential(db.yusuf)), "Content-Type", "application/vp+jwt")
	h.wants("presenting", presented, http.StatusOK, "")
	decision := presented.json(t)["id"].(string)
	pid := h.call(server.RoleVerifier, "GET", path, "").json(t)["presentations"].([]any)[0].(map[string]any)["id"].(string)
	h.publish(server.DefaultTenant, "author", true, trustframeworks.New("Ours"))
	private := "/v1/frameworks/Ours"

	theirs := map[server.Role]server.Token{}
	for _, role := range server.Roles {
		theirs[role] = h.client(elsewhere, string(role), role)
	}
	h.wants("a policy set", h.as(h.client(server.DefaultTenant, "author", server.RoleAuthor), "PUT", "/v1/policysets/Ours/1.0.0", setArchive(t, setOf("decision := {\"decision\": true}\n")), "Content-Type", "application/x-tar"), http.StatusCreated, "")
	h.wants("in use", h.activate("0", "Ours", "1.0.0"), http.StatusOK, "")
	h.wants("a log", h.call(server.RoleVerifier, "POST", "/logs", "["+logLine("Ours", campRoot)+"]"), http.StatusOK, "")
	h.wants("a status", h.call(server.RoleVerifier, "POST", "/status", `{"labels": {"id": "Ours"}}`), http.StatusNoContent, "")
	reach := map[string]struct {
		path   string
		status int
	}{
		"GET /v1/challenges/:id":                             {path, 404},
		"DELETE /v1/challenges/:id":                          {path, 404},
		"POST /v1/challenges/:id/presentations":              {path + "/presentations", 404},
		"DELETE /v1/challenges/:id/presentations/:pid":       {path + "/presentations/" + pid, 404},
		"GET /v1/decisions/:id":                              {"/v1/decisions/" + decision, 404},
		"GET /v1/frameworks/:name":                           {private, 404},
		"GET /v1/frameworks/:name/:version":                  {private + "/1.0.0", 404},
		"GET /v1/frameworks/:name/:version/context.jsonld":   {private + "/1.0.0/context.jsonld", 404},
		"GET /v1/frameworks/:name/:version/contexts/:digest": {private + "/1.0.0/contexts/0.jsonld", 404},
		"GET /v1/frameworks/:name/:version/schemas/:variant": {private + "/1.0.0/schemas/WayHome", 404},
		"GET /v1/frameworks/:name/:version/bundle.tar.gz":    {private + "/1.0.0/bundle.tar.gz", 404},
		"PUT /v1/frameworks/:name/:version":                  {private + "/1.0.0", 422}, // no document: that it is ours is not said
		"POST /v1/frameworks/:name/:version/withdrawal":      {private + "/1.0.0/withdrawal", 404},
		"POST /v1/frameworks/:name/transfer":                 {private + "/transfer", 404},
		"GET /v1/registries/:name":                           {"/v1/registries/" + campRegistry, 200}, // empty: checked below
		"PUT /v1/registries/:name":                           {"/v1/registries/" + campRegistry, 204}, // their own
		"GET /v1/frameworks":                                 {"/v1/frameworks", 200},
		"GET /v1/policysets":                                 {"/v1/policysets", 200},
		"GET /v1/policysets/active":                          {"/v1/policysets/active", 200},
		"PUT /v1/policysets/active":                          {"/v1/policysets/active", 428}, // of their own state: TestActivatePolicySet
		"GET /v1/wallet/acts":                                {"/v1/wallet/acts", 200},       // empty: theirs
		"GET /v1/policysets/wallet":                          {"/v1/policysets/wallet", 200},
		"PUT /v1/policysets/wallet":                          {"/v1/policysets/wallet", 428}, // of their own state: TestWalletPolicySet
		"DELETE /v1/policysets/wallet":                       {"/v1/policysets/wallet", 428},
		"GET /v1/policysets/:name/:version":                  {"/v1/policysets/Ours/1.0.0", 404},
		"PUT /v1/policysets/:name/:version":                  {"/v1/policysets/Ours/1.0.0", 415},
		"PUT /v1/entities/:type/:id":                         {"/v1/entities/user/Ours", 422}, // their own: TestEntities
		"PUT /v1/entities":                                   {"/v1/entities", 415},
		"POST /access/v1/evaluation":                         {}, "POST /access/v1/evaluations": {}, // TestAuthZENWithoutASet
		"POST /access/v1/search/subject": {}, "POST /access/v1/search/resource": {}, "POST /access/v1/search/action": {},
		"POST /:tenant/access/v1/evaluation":      {"/default/access/v1/evaluation", 404},
		"POST /:tenant/access/v1/evaluations":     {"/default/access/v1/evaluations", 404},
		"POST /:tenant/access/v1/search/subject":  {"/default/access/v1/search/subject", 404},
		"POST /:tenant/access/v1/search/resource": {"/default/access/v1/search/resource", 404},
		"POST /:tenant/access/v1/search/action":   {"/default/access/v1/search/action", 404},
		"GET /.well-known/authzen-configuration":  {}, "GET /.well-known/authzen-configuration/:tenant": {}, "GET /bundles/keys": {}, // the server's own
		"GET /bundles/:name": {"/bundles/Ours.tar.gz", 404}, "GET /bundles/:name/:version": {"/bundles/Ours/1.0.0.tar.gz", 404},
		"GET /bundles/withdrawn.json": {"/bundles/withdrawn.json", 200},
		"GET /logs":                   {"/logs", 200}, "GET /status": {"/status", 200}, // empty: none shows "Ours"
		"POST /logs": {"/logs", 422}, "POST /status": {"/status", 422}, // their own
		"POST /v1/challenges": {}, "POST /v1/evaluations": {}, // by what was presented alone
		// By the names and DIDs of the caller's tenant: TestIssuanceOfAnotherTenant.
		"POST /credentials/issue": {}, "POST /credentials/derive": {}, "POST /credentials/status": {}, "POST /v1/credentials/status": {},
		"POST /presentations": {}, "POST /presentations/prove": {},
		"POST /credentials/verify": {}, "POST /presentations/verify": {}, "POST /challenges": {},
		// Each computes with the tenant of its path: TestWalletLogin, TestWalletTicketsAreForOneUse.
		"GET /v1/t/:tenant/wallet/opaque": {}, "POST /v1/t/:tenant/wallet/registrations": {}, "PUT /v1/t/:tenant/wallet/registrations/:ticket": {},
		"POST /v1/t/:tenant/wallet/sessions": {}, "PUT /v1/t/:tenant/wallet/sessions": {}, "POST /v1/t/:tenant/wallet/channel": {}, // TestChannelRefuses, TestWalletsAreApart
		"POST /v1/t/:tenant/wallet/recoveries": {}, "PUT /v1/t/:tenant/wallet/recoveries/:ticket": {}, // TestWalletRecoveryOfAnotherTenant
		"GET /livez": {}, "GET /readyz": {}, "GET /openapi.yaml": {},
	}
	for _, r := range server.Routes(h.server) {
		name := r.Method + " " + r.Path
		test, ok := reach[name]
		if strings.HasPrefix(r.Path, "/public/:tenant/") {
			test.path, ok = "", true // what is public is everybody's; see TestPublicFrameworks
		}
		if strings.HasPrefix(r.Path, "/v1/wallet/accounts") {
			test.path, ok = "", true // each: TestWalletAdministratorsOfAnotherTenant
		}
		if !ok {
			t.Errorf("%s: say what of another tenant's it could reach", name)
		}
		if test.path == "" {
			continue
		}
		role := server.RoleVerifier
		if len(r.Roles) > 0 {
			role = r.Roles[0]
		}
		body := ""
		switch r.Method {
		case "POST":
			body = `{"presentations": ["` + forged + `"]}`
		case "PUT":
			body = `{"dids": []}`
		}
		a := h.as(theirs[role], r.Method, test.path, body)
		h.wants(name+" of another tenant", a, test.status, "")
		for _, secret := range []string{id, nonce, decision, db.issuer.DID(), "Ours"} {
			if strings.Contains(string(a.body), secret) && a.StatusCode == http.StatusOK {
				t.Errorf("%s shows another tenant's %s: %s", name, secret, a.body)
			}
		}
	}
	own := h.call(server.RoleAdmin, "GET", "/v1/registries/"+campRegistry, "").json(t)["dids"].([]any)
	if !slices.Contains(own, any(db.issuer.DID())) {
		t.Errorf("another tenant's emptied list emptied ours: %v", own)
	}
	h.wants("the challenge after all that", h.call(server.RoleVerifier, "GET", path, ""), http.StatusOK, "")
}

// The operator's public frameworks are every tenant's to decide by, over lists
// of its own; a name that a tenant publishes itself is its own in all versions.
func TestSharedFrameworks(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	db := newStory(t, s, s)
	h := db.houses[0]
	theirs, admin := h.client(elsewhere, "v", server.RoleVerifier), h.client(elsewhere, "a", server.RoleAdmin)
	evaluate := func(nonce string) string {
		body := `{"request": {"permissions": ["school"], "proxied": {"id": "did:example:laila"}, "framework": {"name": "` + camp + `"}},
			"presentations": ["` + db.present(db.amina, nonce, db.credential(db.amina)) + `"], "nonce": "` + nonce + `", "domain": "camp.example"}`
		a := h.as(theirs, "POST", "/v1/evaluations", body)
		if a.StatusCode != http.StatusOK {
			return a.kind()
		}
		return a.json(t)["decision"].(string) + " " + strings.Join(regexp.MustCompile(`"issuer\.[a-z]+"`).FindAllString(string(a.body), 1), "")
	}
	if got := evaluate("0123456789012345678901"); got != `deny "issuer.refused"` {
		t.Errorf("with our list of issuers: %s, want that it is not theirs", got)
	}
	list := `{"dids": ["` + db.issuer.DID() + `"]}`
	h.wants("listing", h.as(admin, "PUT", "/v1/registries/"+campRegistry, list), http.StatusNoContent, "")
	if got := evaluate("1123456789012345678901"); got != "permit " {
		t.Errorf("with their own list of issuers: %s, want a permit", got)
	}

	author, withdrawal := h.client(elsewhere, "w", server.RoleAuthor), campPath+"/1.0.0/withdrawal"
	for _, body := range []string{`{"reason": "not ours"}`, `{}`} { // whose it is, before what is wrong with the body
		h.wants("withdrawing a shared one by "+body, h.as(author, "POST", withdrawal, body), http.StatusForbidden, "framework-owner")
	}
	h.publish(server.DefaultTenant, "author", true, trustframeworks.New("By a client"))
	h.wants("what a client made public is not theirs", h.as(theirs, "GET", "/v1/frameworks/By%20a%20client", ""), http.StatusNotFound, "")
	mine := strings.ReplaceAll(string(trustframeworks.New(camp)), "1.0.0", "3.0.0")
	h.publish(elsewhere, "they", false, []byte(mine))
	h.wants("their own of a shared name", h.as(theirs, "GET", campPath+"/3.0.0", ""), http.StatusOK, "")
	h.wants("the shared one behind it", h.as(theirs, "GET", campPath+"/1.0.0", ""), http.StatusNotFound, "")
	h.wants("ours", h.call(server.RoleVerifier, "GET", campPath+"/1.0.0", ""), http.StatusOK, "")
	h.wants("theirs, from here", h.call(server.RoleVerifier, "GET", campPath+"/3.0.0", ""), http.StatusNotFound, "")
	if got := evaluate("2123456789012345678901"); got != "invalid" {
		t.Errorf("by what a framework of theirs hides: %s, want invalid: theirs has no permission school", got)
	}
}
