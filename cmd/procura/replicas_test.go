package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// Replicas are two processes of serve on one store, of which the first is
// published at and the second follows.
type replicas struct {
	testing.TB
	base             [2]string
	author, verifier server.Token
	holder           *proof.Key
	credential       string // of another framework
}

// onSQLite are processes that share a file; onPostgres share a database.
func onSQLite(t testing.TB) *replicas {
	t.Helper()
	return newReplicas(t, "--data", filepath.Join(t.TempDir(), "data"))
}

func onPostgres(t testing.TB) *replicas {
	t.Helper()
	database, key := postgrestest.New(t), filepath.Join(t.TempDir(), "shared.key")
	if err := seal.MakeFile(key); err != nil {
		t.Fatal(err)
	}
	return newReplicas(t, "--database", database, "--key-file", key)
}

func newReplicas(t testing.TB, place ...string) *replicas {
	t.Helper()
	r, program := &replicas{TB: t}, filepath.Join(folder(t), "bin", "procura")
	for i := range r.base {
		r.base[i] = start(t, program, t.TempDir(), nil, append(place, "--listen", "127.0.0.1:0")...).base
	}
	add := func(flags ...string) server.Token {
		out, err := exec.CommandContext(t.Context(), program, append(append([]string{"client", "add"}, flags...), place...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return server.Token(strings.TrimSpace(string(out)))
	}
	var err error
	if r.holder, err = proof.GenerateKey(proof.Ed25519); err != nil {
		t.Fatal(err)
	}
	g := &grandparent{did: r.holder.DID(), name: "Amina", from: time.Now().Add(-time.Minute), until: time.Now().Add(time.Hour), constraints: map[string]any{}}
	if r.credential, err = g.signed(t.Context(), r.holder); err != nil {
		t.Fatal(err)
	}
	r.author = add("--role", "author")
	r.verifier = add("--role", "verifier", "--domain", campDomain)
	return r
}

// publish publishes a version of School Run at the first.
func (r *replicas) publish(version string) {
	r.Helper()
	document := strings.ReplaceAll(string(trustframeworks.New("School Run")), "1.0.0", version)
	r.asAuthor("PUT", "/"+version, "application/yaml", document)
}

func (r *replicas) withdraw(version string) {
	r.Helper()
	r.asAuthor("POST", "/"+version+"/withdrawal", "application/json", `{"reason": "it was wrong"}`)
}

// asAuthor calls the first as the author does.
func (r *replicas) asAuthor(method, path, media, body string) {
	r.Helper()
	call, err := http.NewRequestWithContext(r.Context(), method, r.base[0]+"/v1/frameworks/School%20Run"+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	call.Header.Set("Authorization", "Bearer "+string(r.author))
	call.Header.Set("Content-Type", media)
	resp, err := http.DefaultClient.Do(call)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusCreated {
		r.Fatalf("%s %s: %d %s %v, want 201", method, path, resp.StatusCode, said, err)
	}
}

// decides reports whether a process decides by a version: it is published, and
// not withdrawn. Nobody is permitted anything here.
func (r *replicas) decides(i int, version string) bool {
	r.Helper()
	nonce := rand.Text()
	presentation, err := (&proof.Signer{Key: r.holder, At: time.Now()}).Presentation(r.Context(), []any{r.credential},
		vc.FormatVPJWT11, proof.Expect{Nonce: nonce, Domain: campDomain})
	if err != nil {
		r.Fatal(err)
	}
	evaluation := map[string]any{
		"presentations": []any{presentation}, "nonce": nonce, "domain": campDomain,
		"request": map[string]any{
			"permissions": []string{"collect"}, "proxied": map[string]any{"attributes": map[string]any{"pupilNumber": "004217"}},
			"framework": map[string]any{"name": "School Run", "version": version},
		},
	}
	var d struct{ Reasons []struct{ Code string } }
	c := &caller{base: r.base[i], http: http.DefaultClient}
	if c.call(r.Context(), r.verifier, http.MethodPost, "/v1/evaluations", evaluation, &d, http.StatusOK) != nil {
		return false
	}
	return len(d.Reasons) > 0 && d.Reasons[0].Code != "framework.withdrawn"
}

// follows waits until the second decides by a version or, withdrawn, no longer.
func (r *replicas) follows(version string, want bool) {
	r.Helper()
	for until := time.Now().Add(time.Minute); r.decides(1, version) != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			r.Fatalf("a minute after, the other process decides by %s: %v", version, !want)
		}
	}
}

// What is published or withdrawn at one process takes effect on another, without
// a restart. BenchmarkReplicas says how soon.
func TestReplicasFollow(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *replicas{"sqlite": onSQLite, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t)
			if r.decides(0, "1.0.0") || r.decides(1, "1.0.0") {
				t.Fatal("what is not published is decided by")
			}
			r.publish("1.0.0")
			if !r.decides(0, "1.0.0") {
				t.Error("who published does not decide by it at once")
			}
			r.follows("1.0.0", true)
			r.withdraw("1.0.0")
			if r.decides(0, "1.0.0") {
				t.Error("where it was withdrawn it is decided by")
			}
			r.follows("1.0.0", false)
		})
	}
}

// How long after the answer to its author a publication, and a withdrawal, takes
// effect on another process. The limit is 2,000 ms.
func BenchmarkReplicas(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *replicas{"sqlite": onSQLite, "postgres": onPostgres} {
		b.Run(name, func(b *testing.B) {
			r := open(b)
			longest := map[string]time.Duration{}
			heard := func(what string, do func(string), version string, want bool) {
				do(version)
				begun := time.Now()
				r.follows(version, want)
				longest[what] = max(longest[what], time.Since(begun))
			}
			for n := 0; b.Loop(); n++ {
				version := fmt.Sprintf("1.%d.0", n)
				heard("publish", r.publish, version, true)
				heard("withdraw", r.withdraw, version, false)
			}
			for what, took := range longest {
				b.ReportMetric(float64(took.Milliseconds()), what+"-max-ms")
			}
		})
	}
}
