package server_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
)

// setArchive is a policy set of files, as an author sends it.
func setArchive(t testing.TB, files map[string][]byte) string {
	t.Helper()
	set := trustframeworks.NewPolicySet()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := set.Add(name, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := set.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// publishSet publishes a policy set, as the author of the house's tenant.
func (h *house) publishSet(path string, files map[string][]byte) *answer {
	h.Helper()
	return h.call(server.RoleAuthor, "PUT", "/v1/policysets/"+path, setArchive(h.TB, files), "Content-Type", "application/x-tar")
}

// activate has the wallet servers answered by a version.
func (h *house) activate(revision, name, version string) *answer {
	h.Helper()
	return h.call(server.RoleAdmin, "PUT", "/v1/policysets/active", `{"name":"`+name+`","version":"`+version+`"}`, "If-Match", `"`+revision+`"`)
}

// answeredBy publishes an example and has it answer.
func (h *house) answeredBy(example string) {
	h.Helper()
	h.wants("publishing", h.publishSet(example+"/1.0.0", authz.Example(example)), http.StatusCreated, "")
	h.wants("activating", h.activate("0", example, "1.0.0"), http.StatusOK, "")
}

// certified is a house that answers wallet servers by the certification fixture.
func certified(t testing.TB, change ...func(*server.Config)) *house {
	t.Helper()
	h := newHouse(t, change...)
	h.answeredBy("certification")
	return h
}

// ask asks an AuthZEN endpoint.
func (h *house) ask(endpoint, body string, headers ...string) *answer {
	h.Helper()
	return h.call(server.RoleWalletServer, "POST", "/access/v1/"+endpoint, body, headers...)
}

// A certificationCase is one of the published certification scenario.
type certificationCase struct {
	ID, Title, Label, Endpoint, Note string
	Request                          json.RawMessage
	Status                           *int
	Expected                         any
}

func certificationCases(t *testing.T) []certificationCase {
	t.Helper()
	folder := filepath.Join("..", "..", "shared", "conformance")
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, NOT TESTED: %s is not here", folder)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "authzen", "cases.json"))
	var cases []certificationCase
	if err := errors.Join(err, json.Unmarshal(raw, &cases)); err != nil || len(cases) != 44 {
		t.Fatalf("there are %d cases, want 44: %v", len(cases), err)
	}
	return cases
}

// The published certification scenario of the Authorization API 1.0, over HTTP
// and over HTTPS.
func TestAuthZENCertification(t *testing.T) {
	t.Parallel()
	cases := certificationCases(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			h := certified(t)
			client := http.DefaultClient
			if scheme == "https" {
				web := httptest.NewTLSServer(h.server)
				t.Cleanup(web.Close)
				h.url, client = web.URL, web.Client()
			}
			certify(t, h, client, cases)
		})
	}
}

func certify(t *testing.T, h *house, client *http.Client, cases []certificationCase) {
	t.Helper()
	token := ""
	for _, c := range cases {
		body := strings.ReplaceAll(string(c.Request), "<next_token from previous response>", token)
		r, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/access/v1/"+c.Endpoint, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Request-ID", "urn:case/"+c.ID)
		r.Header.Set("Authorization", "Bearer "+string(h.tokens[server.RoleWalletServer]))
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		a, want := &answer{resp, raw}, http.StatusOK
		if c.Status != nil {
			want = *c.Status
		}
		if err != nil || a.StatusCode != want || resp.Header.Get("X-Request-ID") != "urn:case/"+c.ID {
			t.Errorf("%s %s: %d %s, want %d (%v)", c.ID, c.Title, a.StatusCode, a.body, want, err)
			continue
		}
		if _, ok := c.Expected.(map[string]any); ok && !contains(a.json(t), c.Expected) {
			t.Errorf("%s %s: got %s, want %v", c.ID, c.Title, a.body, c.Expected)
		}
		if results, ok := a.json(t)["results"].([]any); strings.HasPrefix(c.Endpoint, "search") && (!ok || len(results) == 0 != (c.Status == nil)) {
			t.Errorf("%s %s: got %s", c.ID, c.Title, a.body)
		}
		if page, ok := a.json(t)["page"].(map[string]any); ok {
			token, _ = page["next_token"].(string)
		}
	}
}

// contains reports whether got has all that want has: of results at least these,
// of evaluations exactly these, in order.
func contains(got, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for name, value := range w {
			ok = ok && contains(g[name], value)
		}
		return ok
	case []any:
		g, _ := got.([]any)
		for i, value := range w {
			_, decides := value.(map[string]any)["decision"]
			if decides && (i >= len(g) || !contains(g[i], value)) ||
				!decides && !slices.ContainsFunc(g, func(v any) bool { return contains(v, value) }) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(got, want)
}

func TestAuthZENEvaluation(t *testing.T) {
	t.Parallel()
	h := certified(t)
	const whole = `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`
	for name, test := range map[string]struct {
		body, want string
		status     int
		headers    []string
	}{
		"permit":             {whole, `{"decision":true}`, 200, nil},
		"a charset":          {whole, `{"decision":true}`, 200, []string{"Content-Type", "application/json; charset=utf-8"}},
		"unknown members":    {`{"x":1,` + whole[1:], `{"decision":true}`, 200, nil},
		"deny":               {`{"subject":{"type":"user","id":"eve"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`, `{"decision":false}`, 200, nil},
		"what is known":      {`{"subject":{"type":"user","id":"bob"},"action":{"name":"write"},"resource":{"type":"record","id":"record-2"}}`, `{"decision":true}`, 200, nil},
		"what is said":       {`{"subject":{"type":"user","id":"bob","properties":{"role":"none"}},"action":{"name":"write"},"resource":{"type":"record","id":"record-2"}}`, `{"decision":false}`, 200, nil},
		"other content type": {whole, "", 400, []string{"Content-Type", "text/plain"}},
		"no content type":    {whole, "", 400, []string{"Content-Type", ""}},
		"malformed":          {`{"subject":`, "", 400, nil},
		"twice":              {`{"subject":{"type":"user","id":"bob","id":"alice"},` + whole[40:], "", 400, nil},
		"an array":           {`[` + whole + `]`, "", 400, nil},
		"empty":              {"", "", 400, []string{"Content-Type", "application/json"}},
		"empty id":           {`{"subject":{"type":"user","id":""},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`, "", 400, nil},
		"context no object":  {`{"context":[],` + whole[1:], "", 400, nil},
		"properties no object": {
			`{"subject":{"type":"user","id":"alice","properties":1},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`, "", 400, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := h.ask("evaluation", test.body, test.headers...)
			if a.StatusCode != test.status || test.want != "" && string(a.body) != test.want {
				t.Errorf("got %d %s, want %d %s", a.StatusCode, a.body, test.status, test.want)
			}
		})
	}
}

func TestAuthZENBatches(t *testing.T) {
	t.Parallel()
	h := certified(t)
	const (
		read1, write1 = `{"action":{"name":"read"}}`, `{"action":{"name":"write"}}`
		bob           = `"subject":{"type":"user","id":"bob"},"resource":{"type":"record","id":"record-1"}`
		yes, no       = `{"decision":true}`, `{"decision":false}`
	)
	batch := func(semantic, items string) string {
		return `{` + bob + `,"options":{"evaluations_semantic":"` + semantic + `"},"evaluations":[` + items + `]}`
	}
	for name, test := range map[string]struct {
		body, want string
		status     int
	}{
		"all":                    {batch("execute_all", read1+","+write1+","+read1), `{"evaluations":[` + yes + `,` + no + `,` + yes + `]}`, 200},
		"deny on first deny":     {batch("deny_on_first_deny", read1+","+write1+","+read1), `{"evaluations":[` + yes + `,` + no + `]}`, 200},
		"permit on first permit": {batch("permit_on_first_permit", write1+","+read1+","+write1), `{"evaluations":[` + no + `,` + yes + `]}`, 200},
		"no option":              {`{` + bob + `,"evaluations":[` + read1 + `]}`, `{"evaluations":[` + yes + `]}`, 200},
		"another semantic":       {batch("all", read1), "", 400},
		"a semantic no text":     {`{` + bob + `,"options":{"evaluations_semantic":["execute_all"]},"evaluations":[` + read1 + `]}`, "", 400},
		"options no object":      {`{` + bob + `,"options":1,"evaluations":[` + read1 + `]}`, "", 400},
		"evaluations no list":    {`{` + bob + `,"evaluations":{}}`, "", 400},
		"a bad default that no item uses": {
			`{"action":7,` + bob + `,"evaluations":[` + read1 + `]}`, `{"evaluations":[` + yes + `]}`, 200,
		},
		"a whole member is replaced": {
			`{"subject":{"type":"user","id":"bob","properties":{"role":"admin"}},"action":{"name":"write"},"resource":{"type":"record","id":"x","properties":{"status":"archived"}},` +
				`"evaluations":[{},{"resource":{"type":"record","id":"x"}}]}`,
			`{"evaluations":[` + yes + `,` + no + `]}`, 200,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := h.ask("evaluations", test.body)
			if a.StatusCode != test.status || test.want != "" && string(a.body) != test.want {
				t.Errorf("got %d %s, want %d %s", a.StatusCode, a.body, test.status, test.want)
			}
		})
	}
}

// A bad item is denied, and says why; the others are answered.
func TestAuthZENBadItems(t *testing.T) {
	t.Parallel()
	h := certified(t)
	a := h.ask("evaluations", `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"evaluations":[
		{}, 7, {"resource":{"type":"record"}}, {"resource":{"type":"record","id":"record-1"}}, {"subject":"alice","resource":{"type":"record","id":"record-1"}}]}`)
	var got struct {
		Evaluations []struct {
			Decision bool
			Context  struct{ Error struct{ Status int } }
		}
	}
	if err := json.Unmarshal(a.body, &got); err != nil || len(got.Evaluations) != 5 {
		t.Fatalf("got %d %s", a.StatusCode, a.body)
	}
	for i, e := range got.Evaluations {
		if want := i == 3; e.Decision != want || !want && e.Context.Error.Status != 400 {
			t.Errorf("item %d: %+v", i, e)
		}
	}
}

// Without an active set, and for another tenant, nothing is permitted.
func TestAuthZENWithoutASet(t *testing.T) {
	t.Parallel()
	h := certified(t)
	other := h.client(elsewhere, "wallets", server.RoleWalletServer)
	a := h.as(other, "POST", "/access/v1/evaluation", `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`)
	want := `{"decision":false,"context":{"reason_admin":{"authz.inactive":"no policy set is active"}}}`
	if a.StatusCode != http.StatusOK || string(a.body) != want {
		t.Errorf("got %d %s, want %s", a.StatusCode, a.body, want)
	}
}
