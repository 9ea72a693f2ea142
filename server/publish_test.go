package server_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/trustframeworks"
)

// put publishes as an author does.
func (h *house) put(token server.Token, path string, source []byte, headers ...string) *answer {
	h.Helper()
	media := "application/yaml"
	if bytes.HasPrefix(source, []byte{0x1f, 0x8b}) {
		media = "application/gzip"
	}
	return h.as(token, "PUT", path, string(source), append([]string{"Content-Type", media}, headers...)...)
}

// written is a small framework in some version.
func written(name, version string) []byte {
	source := bytes.ReplaceAll(trustframeworks.New(name), []byte("1.0.0"), []byte(version))
	return source
}

// pairs runs a test over two houses on one store, of each kind.
func pairs(t *testing.T, test func(*testing.T, [2]*house)) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) [2]store{
		"sqlite": func(t *testing.T) [2]store {
			s := openSQLite(t)
			return [2]store{s, s}
		},
		"postgres": func(t *testing.T) (both [2]store) {
			url := postgrestest.New(t)
			for i := range both {
				s, err := postgres.Open(t.Context(), url, testKey)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				both[i] = s
			}
			return both
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both := open(t)
			h := [2]*house{build(t, both[0]), build(t, both[1])}
			for _, role := range server.Roles {
				h[0].tokens[role] = h[0].client(server.DefaultTenant, string(role), role)
			}
			h[1].tokens = h[0].tokens
			test(t, h)
		})
	}
}

func TestPublish(t *testing.T) {
	pairs(t, func(t *testing.T, houses [2]*house) {
		h := houses[0]
		author, rival := h.tokens[server.RoleAuthor], h.client(server.DefaultTenant, "rival", server.RoleAuthor)
		first := written("Way Out", "1.0.0")
		const path = "/v1/frameworks/Way%20Out/1.0.0"
		for _, step := range []struct {
			what   string
			token  server.Token
			path   string
			source []byte
			status int
			kind   string
		}{
			{"a dry run", author, path + "?dryRun=true", first, 200, ""},
			{"a name that a dry run left free", rival, path + "?dryRun=true", first, 200, ""},
			{"publishing", author, path, first, 201, ""},
			{"the same again", author, path, first, 200, ""},
			{"the same under the version's short name", author, "/v1/frameworks/Way%20Out/1.0", first, 200, ""},
			{"the same as a dry run", author, path + "?dryRun=true", first, 200, ""},
			{"other content", author, path, append(bytes.Clone(first), "# more\n"...), 409, "framework-changed"},
			{"other content as a dry run", author, path + "?dryRun=true", append(bytes.Clone(first), "# more\n"...), 409, "framework-changed"},
			{"another visibility", author, path + "?visibility=public", first, 409, "framework-visibility"},
			{"the same visibility", author, path + "?visibility=tenant", first, 200, ""},
			{"another's name", rival, "/v1/frameworks/Way%20Out/2.0.0", written("Way Out", "2.0.0"), 403, "framework-owner"},
			{"another's name in another spelling", rival, "/v1/frameworks/WAY%20OUT/2.0.0", written("WAY OUT", "2.0.0"), 403, "framework-owner"},
			{"another's content", rival, path, first, 403, "framework-owner"},
			{"another's uri", rival, "/v1/frameworks/Other/1.0.0", bytes.ReplaceAll(written("Other", "1.0.0"), []byte("frameworks/other"), []byte("frameworks/way-out")), 409, "framework-uri"},
			{"the program's name", author, campPath + "/2.0.0", written(camp, "2.0.0"), 403, "framework-owner"},
			{"what is published, under another path", author, "/v1/frameworks/Elsewhere/1.0.0", first, 422, "invalid"},
			{"another version than the path's", author, "/v1/frameworks/Way%20Out/3.0.0", written("Way Out", "2.0.0"), 422, "invalid"},
			{"a version that is none", author, "/v1/frameworks/Way%20Out/01.0", first, 404, "not-found"},
			{"a misspelt dryRun", author, path + "?dryrun=true", first, 422, "invalid"},
			{"dryRun twice", author, path + "?dryRun=true&dryRun=false", first, 422, "invalid"},
			{"an unknown visibility", author, path + "?visibility=all", first, 422, "invalid"},
			{"a further version", author, "/v1/frameworks/Way%20Out/1.1.0", written("Way Out", "1.1.0"), 201, ""},
		} {
			h.wants(step.what, h.put(step.token, step.path, step.source), step.status, step.kind)
		}
		h.wants("a media type that is not read", h.put(author, path, first, "Content-Type", "text/html"), http.StatusUnsupportedMediaType, "")
		// The other process hears of it when it asks for what changed.
		wantsVersions(t, houses[1], "/v1/frameworks/Way%20Out", "")
		if err := houses[1].catalogue.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantsVersions(t, houses[1], "/v1/frameworks/Way%20Out", "1.1.0 1.0.0")
		wantsVersions(t, houses[1], "/v1/frameworks/Way%20Out?range=%3C1.1", "1.0.0")
		h.wants("a range that is none", h.call(server.RoleAuthor, "GET", "/v1/frameworks/Way%20Out?range=%3E%3Cx", ""), 422, "invalid")
	})
}

// wantsVersions holds the versions that a client of the tenant sees.
func wantsVersions(t *testing.T, h *house, path, want string) {
	t.Helper()
	var list struct{ Versions []struct{ Version string } }
	a := h.call(server.RoleAuditor, "GET", path, "")
	if err := json.Unmarshal(a.body, &list); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range list.Versions {
		got = append(got, v.Version)
	}
	if strings.Join(got, " ") != want {
		t.Errorf("%s: versions %v, want %s", path, got, want)
	}
}

// All that is wrong comes at once, with where: in the document, in the Rego, and
// that the path is another's.
func TestPublishFindsAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	author := h.tokens[server.RoleAuthor]
	rego := func(name string, raw []byte) []byte {
		if name == "exclusion.rego" {
			return bytes.Replace(raw, []byte("some place in"), []byte("input.now\n\tsome place in"), 1)
		}
		return raw
	}
	found := func(a *answer) (codes []string) {
		var p struct {
			Findings []trustframeworks.Finding
		}
		if err := json.Unmarshal(a.body, &p); err != nil || a.StatusCode != 422 {
			t.Fatalf("%d %s (%v), want findings", a.StatusCode, a.body, err)
		}
		for _, f := range p.Findings {
			if f.Line == 0 || f.Message == "" {
				t.Errorf("finding %+v has no line or message", f)
			}
			codes = append(codes, strings.TrimSpace(f.File+" "+f.Path+" "+f.Code))
		}
		return codes
	}
	both := packed(t, time.Unix(1, 0), func(name string, raw []byte) []byte {
		return bytes.Replace(rego(name, raw), []byte("audit: recommended"), []byte("audit: sometimes\n    audience: all"), 1)
	})
	for what, test := range map[string]struct {
		source []byte
		want   []string
	}{
		"document and Rego": {both, []string{"exclusion.rego  rego.refused", "/permissions/0/audience document.schema", "/permissions/0/audit document.schema"}},
		"Rego and path":     {packed(t, time.Unix(1, 0), rego), []string{"exclusion.rego  rego.refused", "/name path.differs", "/version path.differs"}},
	} {
		got := found(h.put(author, "/v1/frameworks/Nowhere/9.0.0", test.source))
		for _, want := range test.want {
			if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+want+"\n") {
				t.Errorf("%s: found %q, want %q among them", what, got, want)
			}
		}
	}
}

// What the linter finds refuses as other errors do, advice and a test that
// fails beside it; advice alone refuses nothing and is told.
func TestPublishLints(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := func(query string, edits ...string) (int, string) {
		source := strings.NewReplacer(edits...).Replace(string(trustframeworks.New("Way Out")))
		a := h.put(h.tokens[server.RoleAuthor], "/v1/frameworks/Way%20Out/1.0.0"+query, []byte(source))
		var got struct{ Findings []trustframeworks.Finding }
		if err := json.Unmarshal(a.body, &got); err != nil {
			t.Fatalf("%s: %v", a.body, err)
		}
		var found []string
		for _, f := range got.Findings {
			if f.Line == 0 || f.Advice == "" {
				t.Errorf("%+v has no line or no advice", f)
			}
			found = append(found, fmt.Sprintf("%v %s %s", f.Level, f.Code, f.Path))
		}
		return a.StatusCode, strings.Join(found, ", ")
	}
	for _, step := range []struct {
		what, query string
		edits       []string
		status      int
		found       string
	}{
		{"a rule that nobody can meet", "", []string{"{roles: companion}}\ncred", "{role: companion, n: 65}}\ncred"}, 422,
			"error permission.unreachable /permissions/0, error rule.impossible /rules/0/rule/when, advice role.spelling /rules/0/rule/when/role, error test.failed /tests/0"},
		{"advice, as a dry run", "?dryRun=true", []string{"companion}}\ncred", "companion}}\nallow: [{code: text.locale, reason: {en: x}}]\ncred"}, 200, "advice allow.unused /allow/0"},
		{"advice", "", []string{"{roles: companion}}\ncred", "{role: companion}}\ncred"}, 201, "advice role.spelling /rules/0/rule/when/role"},
	} {
		if status, found := put(step.query, step.edits...); status != step.status || found != step.found {
			t.Errorf("%s: %d %s, want %d %s", step.what, status, found, step.status, step.found)
		}
	}
}

// What no author may send is refused with its reason, whatever it is wrapped in.
func TestPublishRefusesHostileSources(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	author := h.tokens[server.RoleAuthor]
	document := tarEntry{name: "framework.yaml", content: string(trustframeworks.New("Hostile"))}
	rego := func(body string) []byte {
		return packed(t, time.Unix(1, 0), func(name string, raw []byte) []byte {
			if name == "exclusion.rego" {
				return []byte("package procura.types.exclusion\n\n" + body)
			}
			return raw
		})
	}
	moved := func(to string) []byte {
		return packed(t, time.Unix(1, 0), func(_ string, raw []byte) []byte {
			return bytes.Replace(raw, []byte("package procura.types.exclusion"), []byte("package "+to), 1)
		})
	}
	for what, test := range map[string]struct {
		source []byte
		status int
		says   string
	}{
		"a bomb":                  {zipped(t, bytes.Repeat([]byte{0}, 50<<20)), 422, "document.too_large"},
		"a bomb in a bomb":        {zipped(t, zipped(t, bytes.Repeat([]byte{0}, 50<<20))), 422, "archive.refused"},
		"a module of 50 MB":       {bytes.Repeat([]byte("# none\n"), 50<<20/7), 413, "too-large"},
		"a module of 1 MB":        {archived(t, document, tarEntry{name: "a.rego", content: strings.Repeat("#", 1<<20)}), 422, "document.too_large"},
		"a path upwards":          {archived(t, document, tarEntry{name: "../a.rego"}), 422, "archive.refused"},
		"an absolute path":        {archived(t, document, tarEntry{name: "/etc/a.rego"}), 422, "archive.refused"},
		"a link":                  {archived(t, document, tarEntry{name: "a.rego", kind: tar.TypeSymlink, link: "/etc/passwd"}), 422, "archive.refused"},
		"a hard link":             {archived(t, document, tarEntry{name: "a.rego", kind: tar.TypeLink, link: "framework.yaml"}), 422, "archive.refused"},
		"a device":                {archived(t, document, tarEntry{name: "a.rego", kind: tar.TypeChar}), 422, "archive.refused"},
		"one name twice":          {archived(t, document, tarEntry{name: "a.rego"}, tarEntry{name: "./a.rego"}), 422, "archive.refused"},
		"two documents":           {archived(t, document, tarEntry{name: "framework.json", content: "{}"}), 422, "archive.refused"},
		"many entries":            {archived(t, append(many(100), document)...), 422, "document.too_large"},
		"no document":             {archived(t, tarEntry{name: "a.rego"}), 422, "archive.refused"},
		"a loop over a range":     {rego("outcome(p, c) := \"holds\" if count(numbers.range(1, 1000000000)) > 0\n"), 422, "rego.malformed"},
		"a call that reaches":     {rego("outcome(p, c) := \"holds\" if http.send({\"url\": \"http://127.0.0.1\", \"method\": \"get\"})\n"), 422, "rego.malformed"},
		"the environment":         {rego("outcome(p, c) := \"holds\" if opa.runtime().env\n"), 422, "rego.malformed"},
		"the clock":               {rego("outcome(p, c) := \"holds\" if time.now_ns() > 0\n"), 422, "rego.malformed"},
		"input":                   {rego("outcome(p, c) := \"holds\" if input.now\n"), 422, "rego.refused"},
		"data of others":          {rego("outcome(p, c) := \"holds\" if data.procura.framework\n"), 422, "rego.refused"},
		"a root of others":        {moved("procura.challenge"), 422, "the package must be procura.types.exclusion"},
		"nothing":                 {nil, 422, "document.syntax"},
		"aliases that multiply":   {[]byte("a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b]\n"), 422, "document"},
		"brackets without end":    {[]byte(strings.Repeat("[", 1<<19)), 422, "document"},
		"not UTF-8":               {[]byte("name: \xff"), 422, "document.syntax"},
		"a name that is reserved": {written("all", "1.0.0"), 422, "name.malformed"},
	} {
		a := h.put(author, "/v1/frameworks/Hostile/1.0.0", test.source, "Expect", "100-continue")
		if a.StatusCode != test.status || !strings.Contains(string(a.body), test.says) {
			t.Errorf("%s: %d %.300s, want %d %s", what, a.StatusCode, a.body, test.status, test.says)
		}
	}
	h.wants("a proper one after all that", h.put(author, "/v1/frameworks/Hostile/1.0.0", trustframeworks.New("Hostile")), 201, "")
}

type tarEntry struct {
	name, content, link string
	kind                byte // 0: a plain file
}

func archived(t *testing.T, entries ...tarEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		if e.kind == 0 {
			e.kind = tar.TypeReg
		}
		err := w.WriteHeader(&tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Mode: 0o644, Size: int64(len(e.content))})
		if _, failed := w.Write([]byte(e.content)); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped(t, out.Bytes())
}

func many(n int) (entries []tarEntry) {
	for i := range n {
		entries = append(entries, tarEntry{name: fmt.Sprintf("a%d.rego", i)})
	}
	return entries
}

func zipped(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(raw); errors.Join(err, w.Close()) != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Of many who publish one version at once, through two processes, one wins; of
// many who publish versions of their own, none is lost.
func TestPublishAtOnce(t *testing.T) {
	pairs(t, func(t *testing.T, houses [2]*house) {
		const writers = 6
		author := houses[0].tokens[server.RoleAuthor]
		var mu sync.Mutex
		var one, own [600]int
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				h := houses[i%2]
				a := h.put(author, "/v1/frameworks/Race/1.0.0", append(written("Race", "1.0.0"), fmt.Sprintf("# %d\n", i)...))
				b := h.put(author, fmt.Sprintf("/v1/frameworks/Crowd/1.%d.0", i), written("Crowd", fmt.Sprintf("1.%d.0", i)))
				mu.Lock()
				defer mu.Unlock()
				one[a.StatusCode]++
				own[b.StatusCode]++
			})
		}
		wg.Wait()
		if one[201] != 1 || one[409] != writers-1 {
			t.Errorf("of %d contents of one version %d are published and %d refused, want 1 and %d", writers, one[201], one[409], writers-1)
		}
		if own[201] != writers {
			t.Errorf("of %d versions %d are published, want all", writers, own[201])
		}
		for _, h := range houses {
			if err := h.catalogue.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantsVersions(t, h, "/v1/frameworks/Race", "1.0.0")
			wantsVersions(t, h, "/v1/frameworks/Crowd", "1.5.0 1.4.0 1.3.0 1.2.0 1.1.0 1.0.0")
		}
	})
}

// Of two names that are published at once, through two processes, with one
// address for contexts that differ, one is refused with the reason, and both
// processes read credentials by the context of the one that is published.
func TestPublishContextAtOnce(t *testing.T) {
	pairs(t, func(t *testing.T, houses [2]*house) {
		const address = "https://example.org/common.jsonld"
		author := houses[0].tokens[server.RoleAuthor]
		var answers [2]*answer
		var wg sync.WaitGroup
		for i, name := range []string{"North", "South"} {
			source := bytes.Replace(written(name, "1.0.0"), []byte("\nuri:"), []byte("\ncontextURI: "+address+"\nuri:"), 1)
			wg.Go(func() { answers[i] = houses[i].put(author, "/v1/frameworks/"+name+"/1.0.0", source) })
		}
		wg.Wait()
		won := 0
		if answers[1].StatusCode == http.StatusCreated {
			won = 1
		}
		houses[0].wants("the first", answers[won], http.StatusCreated, "")
		houses[0].wants("the second", answers[1-won], http.StatusConflict, "framework-uri")
		var contexts [2][]byte
		for i, h := range houses {
			if err := h.catalogue.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			contexts[i], _ = h.verifier.Library(server.DefaultTenant).Context(address)
		}
		winner := []string{"north", "south"}[won]
		if !bytes.Equal(contexts[0], contexts[1]) || !bytes.Contains(contexts[0], []byte("/frameworks/"+winner+"#")) {
			t.Errorf("the processes read by contexts of %d and %d bytes, want both by %s's", len(contexts[0]), len(contexts[1]), winner)
		}
	})
}

// What an author of one tenant makes public anybody reads under its path; what
// he does not, nobody of another tenant.
func TestPublicFrameworks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	theirs := h.client(elsewhere, "author", server.RoleAuthor)
	h.wants("publishing for all", h.put(theirs, "/v1/frameworks/Open/1.0.0?visibility=public", written("Open", "1.0.0")), 201, "")
	h.wants("publishing for the tenant", h.put(theirs, "/v1/frameworks/Shut/1.0.0", written("Shut", "1.0.0")), 201, "")
	h.wants("a name of another tenant's", h.put(h.tokens[server.RoleAuthor], "/v1/frameworks/Shut/1.0.0", written("Shut", "1.0.0")), 201, "")
	for _, token := range []server.Token{"", theirs, h.tokens[server.RoleAuthor]} {
		for path, want := range map[string]int{
			"/public/elsewhere/v1/frameworks/Open":                       200,
			"/public/elsewhere/v1/frameworks/Open/1.0.0":                 200,
			"/public/elsewhere/v1/frameworks/Open/1.0.0/context.jsonld":  200,
			"/public/elsewhere/v1/frameworks/Open/1.0.0/schemas/WayHome": 200,
			"/public/elsewhere/v1/frameworks/Open/1.0.0/bundle.tar.gz":   200,
			"/public/elsewhere/v1/frameworks/Shut":                       404,
			"/public/elsewhere/v1/frameworks/Shut/1.0.0":                 404,
			"/public/elsewhere/v1/frameworks/Shut/1.0.0/bundle.tar.gz":   404,
			"/public/nobody/v1/frameworks/Open":                          404,
			"/public/default/v1/frameworks/Open":                         404,
			"/public/default" + campPath:                                 200,
			"/public/elsewhere" + campPath:                               404,
		} {
			h.wants(path, h.as(token, "GET", path, ""), want, "")
		}
		a := h.as(token, "GET", "/public/elsewhere/v1/frameworks", "")
		if a.StatusCode != 200 || !strings.Contains(string(a.body), `"Open"`) || strings.Contains(string(a.body), "Shut") {
			t.Errorf("what elsewhere made public: %d %s, want Open alone", a.StatusCode, a.body)
		}
	}
	for path, want := range map[string]int{"/v1/frameworks/Open": 404, "/v1/frameworks/Shut": 404, campPath: 200} {
		h.wants("without a token "+path, h.call("", "GET", path, ""), want, "")
	}
}

// What one process publishes the others take up by themselves, while they serve.
func TestFollow(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	h := build(t, s, func(c *server.Config) { c.FollowEvery = 10 * time.Millisecond })
	h.tokens[server.RoleAuthor] = h.client(server.DefaultTenant, "author", server.RoleAuthor)
	other := build(t, s)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ctx, l) }()
	author := other.client(server.DefaultTenant, "another", server.RoleAuthor)
	other.wants("publishing", other.put(author, "/v1/frameworks/News/1.0.0", written("News", "1.0.0")), 201, "")
	for until := time.Now().Add(time.Minute); h.call(server.RoleAuthor, "GET", "/v1/frameworks/News", "").StatusCode != 200; {
		if time.Now().After(until) {
			t.Fatal("the other process did not hear of it within a minute")
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What takes longer than its time is refused with the reason, stores nothing and
// gives back the turn that it held: more are refused than there are turns.
func TestPublishTime(t *testing.T) {
	t.Parallel()
	var sets *server.PolicySets
	h := newHouse(t, func(c *server.Config) { sets = c.PolicySets })
	author := h.tokens[server.RoleAuthor]
	publish := map[string]func() *answer{
		"/v1/frameworks/Long/1.0.0": func() *answer {
			return h.put(author, "/v1/frameworks/Long/1.0.0", written("Long", "1.0.0"))
		},
		"/v1/policysets/long/1.0.0": func() *answer {
			return h.as(author, "PUT", "/v1/policysets/long/1.0.0", setArchive(t, setOf("decision := {\"decision\": true}\n")), "Content-Type", "application/x-tar")
		},
	}
	h.catalogue.PublishTime, sets.PublishTime = time.Nanosecond, time.Nanosecond
	for path, put := range publish {
		for range runtime.GOMAXPROCS(0) + 1 {
			a := put()
			if a.StatusCode != 422 || !strings.Contains(string(a.body), "framework.too_slow") || !strings.Contains(string(a.body), "longer than 1ns") {
				t.Fatalf("%s: %d %s, want it refused as too slow", path, a.StatusCode, a.body)
			}
		}
	}
	if n := server.Publishing(h.catalogue, sets); n != 0 {
		t.Errorf("%d turns are held after all were refused", n)
	}
	h.wants("what was refused", h.call(server.RoleAuthor, "GET", "/v1/frameworks/Long", ""), 404, "")
	h.catalogue.PublishTime, sets.PublishTime = 0, 0
	for path, put := range publish {
		h.wants("with its usual time "+path, put(), 201, "")
	}
}

// Proving ends with its context, and does not go on for nobody.
func TestProvingEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := server.Prove(ctx, server.Draft{Source: trustframeworks.New("Long")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a draft is proved when nobody waits: %v", err)
	}
}
