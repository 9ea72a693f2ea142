package server_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
)

const campPath = "/v1/frameworks/Refugee%20Camp%20Guardianship"

func TestFrameworks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, role := range []server.Role{"", server.RoleVerifier, server.RoleAuditor} {
		var list struct {
			Frameworks []struct {
				Name     string
				Versions []struct{ Version, Digest, Visibility string }
			}
		}
		a := h.call(role, "GET", "/v1/frameworks", "")
		h.wants("list", a, http.StatusOK, "")
		if err := json.Unmarshal(a.body, &list); err != nil || len(list.Frameworks) != shippedNames(t) ||
			list.Frameworks[0].Versions[0].Version != "1.0.0" || list.Frameworks[0].Versions[0].Visibility != "public" {
			t.Errorf("list %s (%v)", a.body, err)
		}
	}
	h.wants("versions", h.call("", "GET", campPath, ""), http.StatusOK, "")
	for _, path := range []string{"/v1/frameworks/none", "/v1/frameworks/none/1.0.0", campPath + "/2.0.0", campPath + "/01.0", campPath + "/1.0.0+x", campPath + "/9/bundle.tar.gz"} {
		h.wants(path, h.call("", "GET", path, ""), http.StatusNotFound, "framework-unknown")
	}
	h.wants("1.0 names 1.0.0", h.call("", "GET", campPath+"/1.0", ""), http.StatusOK, "")
}

// document is the source of a shipped framework.
func document(t *testing.T, name string) []byte {
	t.Helper()
	for _, s := range library.All() {
		if bytes.Contains(s.Raw, []byte("name: "+name)) {
			return s.Raw
		}
	}
	t.Fatalf("%s is not shipped", name)
	return nil
}

func TestFrameworkDocument(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	source := document(t, camp)
	asYAML := h.call("", "GET", campPath+"/1.0.0", "", "Accept", "application/yaml")
	if !bytes.Equal(asYAML.body, source) || asYAML.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("as YAML: %s, want the source as published", asYAML.Header.Get("Content-Type"))
	}
	asJSON := h.call("", "GET", campPath+"/1.0.0", "")
	var fromJSON, fromYAML any
	if err := json.Unmarshal(asJSON.body, &fromJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(source, &fromYAML); err != nil {
		t.Fatal(err)
	}
	if a, b := asText(t, fromJSON), asText(t, fromYAML); a != b {
		t.Errorf("JSON and YAML differ:\n%s\n%s", a, b)
	}
	if asJSON.Header.Get("ETag") == asYAML.Header.Get("ETag") || asJSON.Header.Get("Vary") != "Accept" {
		t.Error("JSON and YAML must have tags of their own, and say that they vary")
	}
	tag := asJSON.Header.Get("ETag")
	for _, match := range []string{tag, `"x", W/` + tag, "*"} {
		a := h.call("", "GET", campPath+"/1.0.0", "", "If-None-Match", match)
		if a.StatusCode != http.StatusNotModified || len(a.body) > 0 {
			t.Errorf("If-None-Match %s: %d, want 304", match, a.StatusCode)
		}
	}
	h.wants("another tag", h.call("", "GET", campPath+"/1.0.0", "", "If-None-Match", `"x"`), http.StatusOK, "")
	h.wants("a type that we do not have", h.call("", "GET", campPath+"/1.0.0", "", "Accept", "text/html"), http.StatusNotAcceptable, "not-acceptable")
}

func asText(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestFrameworkArtefacts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, media := range map[string]string{
		"/1.0.0/context.jsonld":        "application/ld+json",
		"/1.0.0/schemas/ChildGuardian": "application/schema+json",
	} {
		a := h.call("", "GET", campPath+path, "")
		h.wants(path, a, http.StatusOK, "")
		if a.Header.Get("Content-Type") != media || !json.Valid(a.body) || a.Header.Get("ETag") == "" {
			t.Errorf("%s: %s, want %s with a tag", path, a.Header.Get("Content-Type"), media)
		}
	}
	h.wants("no such variant", h.call("", "GET", campPath+"/1.0.0/schemas/Nobody", ""), http.StatusNotFound, "not-found")

	files := untar(t, h.call("", "GET", campPath+"/1.0.0/bundle.tar.gz", "").body)
	var versions struct{ Versions []struct{ Digest string } }
	if err := json.Unmarshal(h.call("", "GET", campPath, "").body, &versions); err != nil {
		t.Fatal(err)
	}
	if got, want := compile.Digest(files), versions.Versions[0].Digest; got != want {
		t.Errorf("the bundle's files have digest %s, want the framework's %s", got, want)
	}
}

func untar(t *testing.T, body []byte) map[string][]byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for archive := tar.NewReader(zip); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	first, second := catalogue(s), catalogue(s)
	source := campSource(t)
	draft := server.Draft{Tenant: "default", Owner: "a", Source: source}
	publish := func(what string, d server.Draft, fresh int, want error) {
		t.Helper()
		if got, err := first.Publish(t.Context(), d); got != fresh || !errors.Is(err, want) {
			t.Errorf("%s: %v (%v), want %v (%v)", what, got, err, fresh, want)
		}
	}
	publish("first", draft, 1, nil)
	publish("the same again", draft, 0, nil)
	changed, taken := draft, draft
	changed.Source = append(bytes.Clone(source), "# changed\n"...)
	publish("other content", changed, 0, server.ErrFrameworkChanged)
	taken.Owner = "b"
	publish("another owner", taken, 0, server.ErrFrameworkOwner)

	if err := second.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(second.Verifier.Library("default").All()); got != 1 {
		t.Errorf("another process sees %d frameworks, want 1", got)
	}
	if got := len(second.Verifier.Library("elsewhere").All()); got != 0 {
		t.Errorf("another tenant sees %d frameworks, want none", got)
	}
	var findings *server.Findings
	_, err := first.Publish(t.Context(), server.Draft{Tenant: "default", Owner: "a", Source: []byte("name: x")})
	if !errors.As(err, &findings) || len(findings.List) == 0 {
		t.Errorf("a broken document: %v, want findings", err)
	}
}

// Publishing runs a framework's own tests (semantics 2.1): one that fails is a
// finding, and nothing is published. What was published before is not asked again.
func TestPublishingRunsTheTests(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	wrong := bytes.Replace(document(t, camp), []byte(`reasons: ["permission.ungranted"]`), []byte(`reasons: ["nonce.replayed"]`), 1)
	draft := server.Draft{Tenant: "default", Owner: "a", Source: wrong}
	n, err := catalogue(s).Publish(t.Context(), draft)
	findings, ok := errors.AsType[*server.Findings](err)
	if n != 0 || !ok || len(findings.List) != 1 {
		t.Fatalf("a framework whose own test fails: %d published (%v), want one finding", n, err)
	}
	if f := findings.List[0]; f.Code != "test.failed" || !strings.HasPrefix(f.Path, "/tests/") || f.Line == 0 ||
		!strings.Contains(f.Message, "reasons are [permission.ungranted], want [nonce.replayed]") {
		t.Errorf("finding %v, want the test that failed, where it stands, and how", f)
	}
	if all, err := s.PublishedSince(t.Context(), 0); err != nil || len(all) != 0 {
		t.Errorf("stored %d (%v), want nothing", len(all), err)
	}

	held := &server.Published{Tenant: "default", Name: camp, Folded: trustframeworks.FoldName(camp), Version: "1.0.0",
		URI: "https://a.example/held", MediaType: "application/yaml", Source: wrong, Owner: "a"}
	if _, err := s.Publish(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	k := catalogue(s)
	if n, err := k.Publish(t.Context(), draft); n != 0 || err != nil {
		t.Errorf("what the store holds: %d (%v), want no change", n, err)
	}
	if got := len(k.Verifier.Library("default").All()); got != 1 {
		t.Errorf("%d frameworks, want the one that was published", got)
	}
}

// A published framework that this program cannot compile must not take the
// others down.
func TestCatalogueGoesOnWithoutWhatItCannotCompile(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	later := &server.Published{Tenant: "default", Name: "Later", Folded: "later", Version: "1.0.0", URI: "https://a.example/later", Source: []byte("of a later program"), Owner: "a"}
	if _, err := s.Publish(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	k := catalogue(s)
	if _, err := k.Publish(t.Context(), server.Draft{Tenant: "default", Owner: "a", Source: campSource(t)}); err != nil {
		t.Fatal(err)
	}
	if got := len(k.Verifier.Library("default").All()); got != 1 {
		t.Errorf("%d frameworks, want the one that compiles", got)
	}
}

func TestPrivateFrameworksNeedAToken(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	private := server.Draft{Tenant: "default", Owner: server.BuiltIn, Source: campSource(t)}
	if _, err := catalogue(s).Publish(t.Context(), private); err != nil {
		t.Fatal(err)
	}
	h := build(t, s)
	h.tokens[server.RoleAuditor] = h.client("default", "auditor", server.RoleAuditor)
	if got := h.call("", "GET", "/v1/frameworks", ""); strings.Contains(string(got.body), "Refugee") == strings.Contains(string(got.body), "Rental") {
		t.Errorf("without a token: %s, want the public ones alone", got.body)
	}
	if got := h.call(server.RoleAuditor, "GET", "/v1/frameworks", ""); strings.Count(string(got.body), `"name"`) != shippedNames(t) {
		t.Errorf("with a token: %s, want all", got.body)
	}
}

func catalogue(s store) *server.Catalogue {
	v := verifier.New(verifier.Config{Store: s, DIDs: &did.Resolver{}})
	return &server.Catalogue{Store: s, Verifier: v}
}

// Nobody's JSON-LD context replaces another framework's.
func TestContextOfAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	entries, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	address := entries[0].Outline.ContextURL
	source := strings.Replace(string(trustframeworks.New("Other")), "\nuri:", "\ncontextURI: "+address+"\nuri:", 1)
	v := verifier.New(verifier.Config{Store: h.store})
	catalogue := &server.Catalogue{Store: h.store, Verifier: v}
	_, err = catalogue.Publish(t.Context(), server.Draft{Tenant: server.DefaultTenant, Owner: server.BuiltIn, Source: []byte(source)})
	if !errors.Is(err, server.ErrFrameworkURI) {
		t.Errorf("publishing: %v, want ErrFrameworkURI", err)
	}
	if got, _ := v.Library(server.DefaultTenant).Context(address); !bytes.Equal(got, entries[0].Outline.Context) {
		t.Errorf("the context of %s became another's", entries[0].Name)
	}
}

// shippedNames is how many names the frameworks that ship have; some have several versions.
func shippedNames(t *testing.T) int {
	t.Helper()
	names := map[string]bool{}
	for _, s := range library.All() {
		doc, found := trustframeworks.Parse(s.Raw)
		if doc == nil {
			t.Fatal(found)
		}
		names[doc.Name] = true
	}
	return len(names)
}
