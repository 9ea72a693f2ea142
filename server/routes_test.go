package server_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/procura-dev/procura/server"
)

var parameter = regexp.MustCompile(`:(\w+)`)

// openapi.yaml describes every route, and nothing else.
func TestOpenAPIMatchesTheRoutes(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string                               `yaml:"openapi"`
		Paths   map[string]map[string]map[string]any `yaml:"-"`
		Raw     map[string]map[string]any            `yaml:"paths"`
	}
	if err := yaml.UnmarshalWithOptions(raw, &doc, yaml.Strict()); err != nil && doc.Raw == nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for path, item := range doc.Raw {
		for method, operation := range item {
			if method == "parameters" {
				continue
			}
			described[strings.ToUpper(method)+" "+path] = true
			checkOperation(t, method+" "+path, operation)
		}
	}
	for _, r := range server.Routes(newHouse(t).server) {
		name := r.Method + " " + parameter.ReplaceAllString(r.Path, "{$1}")
		if !described[name] {
			t.Errorf("openapi.yaml does not describe %s", name)
		}
		delete(described, name)
	}
	for name := range described {
		t.Errorf("openapi.yaml describes %s, which is no route", name)
	}
}

func checkOperation(t *testing.T, name string, operation any) {
	t.Helper()
	m, ok := operation.(map[string]any)
	if !ok {
		t.Errorf("%s is no operation", name)
		return
	}
	responses, _ := m["responses"].(map[string]any)
	if m["operationId"] == nil || m["summary"] == nil || responses["default"] == nil {
		t.Errorf("%s lacks an operationId, a summary or a default response", name)
	}
}

var reference = regexp.MustCompile(`#/components/(\w+)/(\w+)`)

func TestOpenAPIRefersToWhatIsThere(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components map[string]map[string]any `yaml:"components"`
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, m := range reference.FindAllStringSubmatch(string(raw), -1) {
		used[m[1]+"/"+m[2]] = true
		if doc.Components[m[1]][m[2]] == nil {
			t.Errorf("%s refers to nothing", m[0])
		}
	}
	for section, names := range doc.Components {
		for name := range names {
			if section != "securitySchemes" && !used[section+"/"+name] {
				t.Errorf("nothing refers to %s/%s", section, name)
			}
		}
	}
}

// Each role opens its own doors alone, and no token opens none but the open.
func TestDoors(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, r := range server.Routes(h.server) {
		path := parameter.ReplaceAllString(r.Path, "x")
		if r.Open {
			if a := h.call("", r.Method, path, ""); a.StatusCode == http.StatusUnauthorized {
				t.Errorf("%s %s without a token: 401, want it open", r.Method, path)
			}
			continue
		}
		if slices.Contains(r.Roles, "session") {
			for _, role := range append([]server.Role{""}, server.Roles...) {
				h.wants(r.Method+" "+path+" without a session", h.call(role, r.Method, path, ""), http.StatusUnauthorized, "session")
			}
			continue
		}
		h.wants(r.Method+" "+path+" without a token", h.call("", r.Method, path, ""), http.StatusUnauthorized, "unauthorized")
		h.wants("a token that is nobody's", h.as(server.NewToken(), r.Method, path, ""), http.StatusUnauthorized, "unauthorized")
		for _, role := range server.Roles {
			a := h.call(role, r.Method, path, "")
			if own := slices.Contains(r.Roles, role); own == (a.StatusCode == http.StatusForbidden) {
				t.Errorf("%s %s as %s: %d, want 403 only if the door is another's", r.Method, path, role, a.StatusCode)
			}
		}
	}
}

func TestOtherAuthorization(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := string(h.tokens[server.RoleVerifier])
	for header, want := range map[string]int{
		"Bearer " + good:       http.StatusNotFound,
		"bearer " + good:       http.StatusNotFound,
		"Basic " + good:        http.StatusUnauthorized,
		good:                   http.StatusUnauthorized,
		"Bearer":               http.StatusUnauthorized,
		"Bearer " + good + "x": http.StatusUnauthorized,
	} {
		a := h.call("", "GET", "/v1/decisions/x", "", "Authorization", header)
		if a.StatusCode != want {
			t.Errorf("Authorization %.8s…: %d, want %d", header, a.StatusCode, want)
		}
		if want == http.StatusUnauthorized && a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("Authorization %.8s…: no WWW-Authenticate", header)
		}
	}
	h.wants("an open route with a bad token", h.call("", "GET", "/v1/frameworks", "", "Authorization", "Basic x"), http.StatusUnauthorized, "")
}

// What is only met before we serve, or on the store itself, needs no answer over HTTP.
var beforeServing = []string{"ErrPassword", "ErrProfile", "ErrSecrets", "ErrSecretsChanged", "ErrSecretsUsed", "ErrNoKeyFile"}

// Every sentinel of the domain has a row in the table of problems.
func TestProblemsKnowEverySentinel(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for _, file := range goFiles(t, ".") {
		ast.Inspect(file, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && v.Names[0].Name == "problems" {
				ast.Inspect(v, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						rows[id.Name] = true
					}
					return true
				})
			}
			return true
		})
	}
	for _, dir := range []string{".", "../verifier", "../wallet/session", "../wallet/session/channel", "../wallet/contents", "../wallet/kms", "../wallet/issuance", "../wallet/lifecycle"} {
		for _, name := range sentinels(t, dir) {
			if !rows[name] && !slices.Contains(beforeServing, name) {
				t.Errorf("%s of %s has no row in problem.go", name, dir)
			}
		}
	}
}

func goFiles(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

var sentinel = regexp.MustCompile(`^[Ee]rr[A-Z]`)

func sentinels(t *testing.T, dir string) (names []string) {
	for _, file := range goFiles(t, dir) {
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if sentinel.MatchString(name.Name) && name.IsExported() {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

func TestNothingHere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.wants("no route", h.call("", "GET", "/v1/nothing", ""), http.StatusNotFound, "not-found")
	h.wants("a slash more", h.call("", "GET", "/livez/", ""), http.StatusNotFound, "not-found")
	a := h.call("", "PATCH", "/v1/challenges", "")
	h.wants("no method", a, http.StatusMethodNotAllowed, "method-not-allowed")
	if a.Header.Get("Allow") != "POST" {
		t.Errorf("Allow: %q, want POST", a.Header.Get("Allow"))
	}
}
