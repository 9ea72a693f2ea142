package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const peopleURI = "https://people.example/identity/v1"

// listingPeople is a document that lists a context, with its digest.
func listingPeople(t *testing.T, name string) ([]byte, string) {
	t.Helper()
	l := trustframeworks.ListedContext{URI: peopleURI, Document: map[string]any{"@context": map[string]any{
		"@protected": true, "firstName": map[string]any{"@id": "https://people.example/terms#firstName"},
	}}}
	var err error
	if l.SHA256, err = l.Digest(); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal([]trustframeworks.ListedContext{l})
	if err != nil {
		t.Fatal(err)
	}
	return append(written(name, "1.0.0"), "\ncontexts: "+string(raw)+"\n"...), l.SHA256
}

// What a version lists is served by its digest, is in the bundle, and is what
// another process verifies under that has it from the store.
func TestListedContexts(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		document, digest := listingPeople(t, "People")
		h[0].wants("publishing", h[0].put(h[0].tokens[server.RoleAuthor], "/v1/frameworks/People/1.0.0?visibility=public", document), 201, "")
		if err := h[1].catalogue.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, h := range h {
			for _, base := range []string{"/v1/frameworks/People/1.0.0", "/public/default/v1/frameworks/People/1.0.0"} {
				own, listed := h.call(server.RoleVerifier, "GET", base+"/context.jsonld", ""), h.call(server.RoleVerifier, "GET", base+"/contexts/"+digest+".jsonld", "")
				h.wants(base, listed, http.StatusOK, "")
				if listed.Header.Get("Content-Type") != "application/ld+json" || !strings.Contains(string(listed.body), "terms#firstName") || listed.Header.Get("ETag") == own.Header.Get("ETag") {
					t.Errorf("%d: %s %s", i, listed.Header, listed.body)
				}
				h.wants("another digest", h.call(server.RoleVerifier, "GET", base+"/contexts/"+strings.Repeat("0", 64)+".jsonld", ""), http.StatusNotFound, "not-found")
				h.wants("no digest", h.call(server.RoleVerifier, "GET", base+"/contexts/.jsonld", ""), http.StatusNotFound, "not-found")
			}
			files := untar(t, h.call("", "GET", "/public/default/v1/frameworks/People/1.0.0/bundle.tar.gz", "").body)
			found := 0
			for name, raw := range files {
				if strings.HasSuffix(name, "/contexts/"+digest+".jsonld") && strings.Contains(string(raw), "terms#firstName") {
					found++
				}
			}
			if found != 1 {
				t.Errorf("%d: the bundle has the context %d times", i, found)
			}
			h.verifiesUnderListed(t)
		}
	})
}

// verifiesUnderListed verifies a credential under the listed context.
func (h *house) verifiesUnderListed(t *testing.T) {
	t.Helper()
	key, err := proof.GenerateKey("Ed25519")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := (&proof.Signer{Key: key, Contexts: h.verifier.Library(server.DefaultTenant).Context}).Credential(t.Context(), map[string]any{
		"@context": []any{vc.ContextV2, peopleURI}, "type": []any{"VerifiableCredential"},
		"credentialSubject": map[string]any{"id": "did:example:x", "firstName": "Laila"},
	}, vc.FormatLD)
	if err != nil {
		t.Fatal(err)
	}
	a := h.call(server.RoleVerifier, "POST", "/credentials/verify", asText(t, map[string]any{"verifiableCredential": signed}))
	if a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), `"verified":true`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}
