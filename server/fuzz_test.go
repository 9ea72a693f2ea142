package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
)

// Whatever is sent, the answer is a decision that denies or a problem, and no
// fault of ours.
func FuzzBodies(f *testing.F) {
	srv, tokens := fuzzed(f)
	for _, seed := range []string{question, `{"request": ` + question + `, "presentations": ["` + forged + `"], "nonce": "0123456789012345678901", "domain": "camp.example"}`,
		`{"presentations": ["` + forged + `"], "circumstances": {"place": {"lat": 1, "lon": 2}}}`, `{"dids": ["did:example:a"]}`, forged,
		`{"verifiablePresentation": "` + forged + `", "options": {"challenge": "c", "domain": "camp.example", "returnResults": true}}`,
		`{"verifiableCredential": {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"], "issuer": "did:key:x",
			"credentialSubject": {}, "proof": {"type": "DataIntegrityProof", "verificationMethod": "x", "proofPurpose": "x", "proofValue": "z"}}}`} {
		for kind := range byte(9) {
			f.Add(kind, seed)
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, body string) {
		call := []struct{ method, path, media, role string }{
			{"POST", "/v1/challenges", "application/json", "verifier"},
			{"POST", "/v1/evaluations", "application/json", "verifier"},
			{"POST", "", "application/json", "verifier"},
			{"POST", "", "application/vp+jwt", "verifier"},
			{"POST", "", "application/vp", "verifier"},
			{"POST", "", "application/dc+sd-jwt", "verifier"},
			{"PUT", "/v1/registries/x", "application/json", "admin"},
			{"POST", "/credentials/verify", "application/json", "verifier"},
			{"POST", "/presentations/verify", "application/json", "verifier"},
		}[kind%9]
		if call.path == "" {
			call.path = openFor(t, srv, tokens["verifier"]) + "/presentations"
		}
		w := send(t, srv, tokens[call.role], call.method, call.path, call.media, body)
		if w.Code >= 500 || w.Code == 401 || w.Code == 403 || strings.Contains(w.Body.String(), `"decision":"permit"`) ||
			strings.Contains(w.Body.String(), `"verified":true`) {
			t.Errorf("%s %s: %d %s", call.method, call.path, w.Code, w.Body)
		}
	})
}

// fuzzed is a server with the frameworks that ship, and tokens by role.
func fuzzed(f *testing.F) (*server.Server, map[string]server.Token) {
	f.Helper()
	s, err := sqlite.Open(f.Context(), f.TempDir()+"/procura.db", testKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	v := verifier.New(verifier.Config{Store: s, DIDs: &did.Resolver{}})
	k := &server.Catalogue{Store: s, Verifier: v}
	for _, source := range library.All() {
		if _, err := k.Publish(f.Context(), server.Draft{Tenant: "default", Owner: server.BuiltIn, Public: true, Source: source.Raw}); err != nil {
			f.Fatal(err)
		}
	}
	unbounded := server.Rate{PerSecond: 1e9, Burst: 1e9}
	srv := server.New(server.Config{Rate: unbounded, ClientRate: unbounded, Verifier: v, Clients: s, Registries: s, Catalogue: k, Sweeper: s, PolicySets: &server.PolicySets{Store: s, Signing: &server.Signing{Store: s}}, Entities: s, Reports: s, Signing: &server.Signing{Store: s}})
	tokens := map[string]server.Token{}
	for _, role := range []server.Role{server.RoleVerifier, server.RoleAdmin, server.RoleAuthor, server.RoleWalletServer} {
		c, token := server.NewClient("default", string(role), role, []string{"camp.example"}, time.Now())
		if err := s.AddClient(f.Context(), c); err != nil {
			f.Fatal(err)
		}
		tokens[string(role)] = token
	}
	return srv, tokens
}

func openFor(t *testing.T, srv http.Handler, token server.Token) string {
	t.Helper()
	return send(t, srv, token, "POST", "/v1/challenges", "application/json", question).Header().Get("Location")
}

func send(t testing.TB, srv http.Handler, token server.Token, method, path, media, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	r.Header.Set("Authorization", "Bearer "+string(token))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	srv.ServeHTTP(w, r)
	return w
}
