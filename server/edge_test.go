package server_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// An edge is stock OPA, which pulls bundles from a house.
type edge struct {
	testing.TB
	dir, command, config string
	client               *http.Client
	kill                 context.CancelFunc
	ended                chan struct{}
	log                  *safeBuffer
}

// opaCommand finds the opa that make tools installs, or one on PATH.
func opaCommand(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs("../.cache/bin/opa")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		path, err = exec.LookPath("opa")
	}
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("opa is missing: make tools installs it")
	}
	if err != nil {
		t.Skip("SKIPPED: opa is missing: make tools installs it")
	}
	return path
}

// newEdge configures one that pulls a resource with a token and keeps it.
func newEdge(t testing.TB, h *house, token server.Token, resource string) *edge {
	t.Helper()
	e := &edge{TB: t, command: opaCommand(t)}
	var err error
	if e.dir, err = os.MkdirTemp("", "edge"); err != nil { // the path of a socket must be short
		t.Fatal(err)
	}
	var listed struct{ Keys map[string]map[string]string }
	if err := yaml.Unmarshal(h.as("", "GET", "/bundles/keys?as=opa", "").body, &listed); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{
		"services":              map[string]any{"procura": map[string]any{"url": h.url, "credentials": map[string]any{"bearer": map[string]any{"token": string(token)}}}},
		"bundles":               map[string]any{"procura": map[string]any{"service": "procura", "resource": resource, "persist": true, "signing": map[string]any{}, "polling": map[string]any{"min_delay_seconds": 1, "max_delay_seconds": 1, "long_polling_timeout_seconds": 30}}},
		"keys":                  listed.Keys,
		"persistence_directory": filepath.Join(e.dir, "kept"),
	})
	if err != nil {
		t.Fatal(err)
	}
	e.config = filepath.Join(e.dir, "config.json")
	if err := os.WriteFile(e.config, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	e.client = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(e.dir, "s"))
	}}}
	t.Cleanup(func() { e.stop(); os.RemoveAll(e.dir) })
	return e
}

// start runs it until stop.
func (e *edge) start() {
	e.Helper()
	ctx, kill := context.WithCancel(context.Background())
	e.kill, e.ended, e.log = kill, make(chan struct{}), &safeBuffer{}
	run := exec.CommandContext(ctx, e.command, "run", "--server", "--disable-telemetry", "--addr", "unix://"+filepath.Join(e.dir, "s"), "--config-file", e.config)
	run.Stdout, run.Stderr = e.log, e.log
	if err := run.Start(); err != nil {
		e.Fatal(err)
	}
	ended := e.ended
	go func() {
		_ = run.Wait() // it is killed
		close(ended)
	}()
}

func (e *edge) stop() {
	if e.kill == nil {
		return
	}
	e.kill()
	<-e.ended
	os.Remove(filepath.Join(e.dir, "s"))
	e.kill = nil
}

// decision asks what it decides; nil where it does not answer, or has none.
func (e *edge) decision(root string, input any) map[string]any {
	e.Helper()
	m, _ := e.data(root+"/decision", input).(map[string]any)
	return m
}

// data asks for a document; nil where there is none, or no answer.
func (e *edge) data(path string, input any) any {
	e.Helper()
	raw, err := json.Marshal(map[string]any{"input": input})
	if err != nil {
		e.Fatal(err)
	}
	r, err := http.NewRequestWithContext(e.Context(), "POST", "http://edge/v1/data/"+path, bytes.NewReader(raw))
	if err != nil {
		e.Fatal(err)
	}
	a, err := e.client.Do(r)
	if err != nil {
		return nil
	}
	defer a.Body.Close()
	var m struct{ Result any }
	if err := json.NewDecoder(a.Body).Decode(&m); err != nil {
		e.Fatal(err)
	}
	return m.Result
}

// until asks until it decides so; a minute at most.
func (e *edge) until(what, root string, input any, want string) map[string]any {
	e.Helper()
	for range 600 {
		if d := e.decision(root, input); d != nil && d["decision"] == want {
			return d
		}
		time.Sleep(100 * time.Millisecond)
	}
	e.Fatalf("%s: it decides %v, want %s\n%s", what, e.decision(root, input), want, e.log)
	return nil
}

// decided is what a house decided of a credential of the copied camp's, and the
// input, without what it heard of withdrawals: for that an edge has its bundle.
func (s *withdrawalStory) decided() (decision, input map[string]any) {
	s.Helper()
	nonce := fmt.Sprintf("withdrawal-%020d", 77)
	a := s.houses[0].call(server.RoleVerifier, "POST", "/v1/evaluations?include=input", `{"request": {"permissions": ["school"], "proxied": {"id": "did:example:laila"},
		"framework": {"name": "`+copied+`"}}, "presentations": ["`+s.present(s.amina, nonce, s.credentialOf(s.amina, copied, copiedURI, "1.0.0"))+`"],
		"nonce": "`+nonce+`", "domain": "camp.example"}`)
	decision = s.wants("deciding", a, "permit")
	input = decision["input"].(map[string]any)
	delete(input, "withdrawalsAsOf")
	delete(input["derived"].(map[string]any), "withdrawalsAsOf")
	return decision, input
}

// Stock OPA pulls over HTTP what we serve and decides as we do, without us too;
// what is withdrawn is withdrawn there, and what changed on the way is refused.
func TestStockOPAPulls(t *testing.T) {
	t.Parallel()
	store := openSQLite(t)
	s := &withdrawalStory{campStory: newStory(t, store, store)}
	h := s.houses[0]
	s.author = h.client(server.DefaultTenant, "author", server.RoleAuthor)
	h.wants("publishing", h.put(s.author, copiedPath+"1.0.0", copyOf(t, "1.0.0")), 201, "")
	ours, input := s.decided()
	root := compile.Root(copied, "1.0.0")
	e := newEdge(t, h, s.author, "bundles/all.tar.gz")
	e.start()
	theirs := e.until("pulled", root, input, "permit")
	for _, member := range []string{"permissions", "principals", "obligations"} {
		if !reflect.DeepEqual(plainOf(t, ours[member]), plainOf(t, theirs[member])) {
			t.Errorf("%s: %v, ours %v", member, theirs[member], ours[member])
		}
	}
	e.stop()
	web := h.url
	h.url = "http://127.0.0.1:1" // nobody is there
	away := *e
	away.config = e.elsewhere(web, h.url)
	away.start()
	away.until("without us", root, input, "permit")
	away.stop()
	h.url = web
	e.start()
	defer e.stop()
	e.until("back", root, input, "permit")
	h.wants("withdrawing", h.as(s.author, "POST", copiedPath+"1.0.0/withdrawal", `{"reason": "a fault"}`), 201, "")
	if d := e.until("withdrawn", root, input, "deny"); !strings.Contains(fmt.Sprint(d["reasons"]), "framework.withdrawn") {
		t.Errorf("denied for %v", d["reasons"])
	}
}

// elsewhere is the configuration for a house at another address.
func (e *edge) elsewhere(was, is string) string {
	e.Helper()
	raw, err := os.ReadFile(e.config)
	if err != nil {
		e.Fatal(err)
	}
	path := filepath.Join(e.dir, "elsewhere.json")
	if err := os.WriteFile(path, bytes.ReplaceAll(raw, []byte(was), []byte(is)), 0o600); err != nil {
		e.Fatal(err)
	}
	return path
}

// plainOf is a value after a way through JSON.
func plainOf(t testing.TB, v any) (out any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// entriesOf reads an archive of a bundle.
func entriesOf(raw []byte) (map[string][]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for entries := tar.NewReader(zip); ; {
		head, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if files[head.Name], err = io.ReadAll(entries); err != nil {
			return nil, err
		}
	}
}

// bundleOf writes an archive of a bundle.
func bundleOf(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	p, err := compile.PackFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	end, err := compile.EndOfTar()
	if err != nil {
		t.Fatal(err)
	}
	return append(p.Archive, end...)
}

// A bundle that changed on the way, or that another signed, is refused by stock OPA
// and by us.
func TestChangedBundle(t *testing.T) {
	t.Parallel()
	opa, h, other := opaCommand(t), newHouse(t), newHouse(t)
	const path = "/bundles/Refugee%20Camp%20Guardianship/1.0.0.tar.gz"
	raw, keys := h.as("", "GET", path, "").body, h.as("", "GET", "/bundles/keys?as=opa", "").body
	root := compile.Root(camp, "1.0.0")
	for name, test := range map[string]struct {
		change func(files map[string][]byte)
		fine   bool
	}{
		"packed anew":        {func(map[string][]byte) {}, true},
		"a byte of Rego":     {func(f map[string][]byte) { f[root+"/framework.rego"][len(f[root+"/framework.rego"])-2] ^= 1 }, false},
		"a byte of the mask": {func(f map[string][]byte) { f["system/log/mask.rego"][0] ^= 1 }, false},
		"withdrawals undone": {func(f map[string][]byte) { f[root+"/withdrawals/data.json"] = []byte(`{"asOf": 9e18, "of": {}}`) }, false},
		"another root": {func(f map[string][]byte) {
			f[".manifest"] = bytes.Replace(f[".manifest"], []byte("system/log"), []byte("system/lot"), 1)
		}, false},
		"a file more":        {func(f map[string][]byte) { f[root+"/more.rego"] = []byte("package x") }, false},
		"a file less":        {func(f map[string][]byte) { delete(f, "system/log/mask.rego") }, false},
		"no signature":       {func(f map[string][]byte) { delete(f, ".signatures.json") }, false},
		"an empty signature": {func(f map[string][]byte) { f[".signatures.json"] = []byte(`{"signatures": []}`) }, false},
		"another's signature": {func(f map[string][]byte) {
			theirs, err := entriesOf(other.as("", "GET", path, "").body)
			if err != nil {
				t.Fatal(err)
			}
			f[".signatures.json"] = theirs[".signatures.json"]
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := entriesOf(raw)
			if err != nil {
				t.Fatal(err)
			}
			test.change(files)
			changed := bundleOf(t, files)
			if err := compile.Verify(changed, keys); (err == nil) != test.fine {
				t.Errorf("we say: %v", err)
			}
			if out, fine := built(t, opa, changed, keys); fine != test.fine {
				t.Errorf("OPA says: %s", out)
			}
		})
	}
	if err := compile.Verify(raw, other.as("", "GET", "/bundles/keys?as=opa", "").body); err == nil {
		t.Error("verified by another's keys")
	}
}

// built has stock OPA build a bundle that must be signed by the one key there is.
func built(t testing.TB, opa string, raw, keys []byte) (string, bool) {
	t.Helper()
	var list struct {
		Keys map[string]struct{ Key string }
	}
	if err := yaml.Unmarshal(keys, &list); err != nil || len(list.Keys) != 1 {
		t.Fatalf("%s: %v", keys, err)
	}
	dir := t.TempDir()
	for id, key := range list.Keys {
		for name, content := range map[string][]byte{"bundle.tar.gz": raw, "key.pem": []byte(key.Key)} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run := exec.CommandContext(t.Context(), opa, "build", "--bundle", "bundle.tar.gz", "--verification-key", "key.pem", "--verification-key-id", id, "--signing-alg", "ES256", "--output", "out.tar.gz")
		run.Dir = dir
		out, err := run.CombinedOutput()
		return string(out), err == nil
	}
	return "", false
}

// Whatever byte is changed, what is verified says what was signed.
func TestChangedByte(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	raw, keys := h.as("", "GET", "/bundles/Refugee%20Camp%20Guardianship/1.0.0.tar.gz", "").body, h.as("", "GET", "/bundles/keys?as=opa", "").body
	want, err := entriesOf(raw)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(raw); at += 97 {
		changed := bytes.Clone(raw)
		changed[at] ^= 0x10
		if compile.Verify(changed, keys) != nil {
			continue
		}
		if got, err := entriesOf(changed); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("byte %d: verified, and is not what was signed (%v)", at, err)
		}
	}
}

// Keys are rotated while an edge pulls: it has the next one before that signs.
func TestStockOPAPullsAcrossKeys(t *testing.T) {
	t.Parallel()
	store := openSQLite(t)
	s := &withdrawalStory{campStory: newStory(t, store, store)}
	h := s.houses[0]
	s.author = h.client(server.DefaultTenant, "author", server.RoleAuthor)
	h.wants("publishing", h.put(s.author, copiedPath+"1.0.0", copyOf(t, "1.0.0")), 201, "")
	_, input := s.decided()
	root := compile.Root(copied, "1.0.0")
	first := h.as("", "GET", "/bundles/keys", "").json(t)["keys"].([]any)
	if err := h.signing.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.clock.move(2 * time.Second)
	if both := h.as("", "GET", "/bundles/keys", "").json(t)["keys"].([]any); len(first) != 1 || len(both) != 2 {
		t.Fatalf("%d keys, then %d", len(first), len(both))
	}
	e := newEdge(t, h, s.author, "bundles/Second%20Camp.tar.gz")
	e.start()
	e.until("by the first key", root, input, "permit")
	tag := h.as(s.author, "GET", secondCamp+".tar.gz", "").Header.Get("ETag")
	h.clock.move(25 * time.Hour)
	if err := h.catalogue.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := h.as(s.author, "GET", secondCamp+".tar.gz", "").Header.Get("ETag"); now[len(now)-17:] == tag[len(tag)-17:] {
		t.Fatalf("still signed by the key of %s", tag)
	}
	e.active("by the second key", h.as(s.author, "GET", secondCamp+".tar.gz", "").body)
}

// active waits until a bundle is what it decides by; a minute at most.
func (e *edge) active(what string, served []byte) {
	e.Helper()
	files, err := entriesOf(served)
	if err != nil {
		e.Fatal(err)
	}
	var want struct{ Revision string }
	if err := json.Unmarshal(files[".manifest"], &want); err != nil {
		e.Fatal(err)
	}
	revision := ""
	for range 600 {
		if revision = e.revision(); revision == want.Revision {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	e.Fatalf("%s: it decides by %q, want %q\n%s", what, revision, want.Revision, e.log)
}

// revision is that of the bundle that it decides by.
func (e *edge) revision() string {
	e.Helper()
	m, _ := e.data("system/bundles/procura/manifest/revision", nil).(string)
	return m
}
