package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// What serve answered outlives kill -9 in the middle of traffic: challenges
// stand, decisions are as they were answered, those of evaluations too, a permit
// has closed its challenge.
func TestKilledServerLosesNothingThatItAnswered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tr := &traffic{challenges: map[string]*challengeFile{}, decisions: map[string]json.RawMessage{}, permitted: map[string]bool{}}
	for range 3 {
		p := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0", "--example", "example")
		tr.load(t, dir)
		before := len(tr.decisions)
		ctx, stop := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() { tr.run(ctx, p.base) })
			clients.Go(func() { tr.evaluate(ctx, p.base) })
		}
		for deadline := time.Now().Add(time.Minute); tr.count() < before+40; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("no traffic: %s", p.said())
			}
		}
		p.cmd.Process.Kill()
		p.wait()
		stop()
		clients.Wait()
	}
	p := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0")
	tr.check(t, p.base)
}

// A traffic is what its clients were answered.
type traffic struct {
	mu         sync.Mutex
	token      server.Token
	holder     *proof.Key
	credential string
	issue      func(context.Context) (string, error) // a credential for each evaluation; nil: all have the one
	challenges map[string]*challengeFile             // by id
	decisions  map[string]json.RawMessage            // by id
	permitted  map[string]bool                       // challenges, by id
}

// load reads what serve --example wrote.
func (tr *traffic) load(t testing.TB, dir string) {
	t.Helper()
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(dir, "example", name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(raw))
	}
	// It is written before serve answers, not before it listens.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		// The line's end is written last.
		if raw, err := os.ReadFile(filepath.Join(dir, "example", "verifier.header")); err == nil && bytes.HasSuffix(raw, []byte("\n")) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no example was written")
		}
	}
	token := server.Token(strings.TrimPrefix(read("verifier.header"), "Authorization: Bearer "))
	if tr.token != "" && tr.token != token {
		t.Error("the token did not outlive the server")
	}
	tr.token, tr.credential = token, read("credential.jwt")
	var err error
	if tr.holder, err = readKey(filepath.Join(dir, "example", "holder.jwk")); err != nil {
		t.Fatal(err)
	}
}

func (tr *traffic) count() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.decisions)
}

// run opens challenges and presents to them until the server is gone.
func (tr *traffic) run(ctx context.Context, base string) {
	c := &caller{base: base, http: &http.Client{Transport: &http.Transport{}}}
	for ctx.Err() == nil {
		id, ch := tr.open(ctx, c)
		if ch == nil {
			return
		}
		presentation, err := (&proof.Signer{Key: tr.holder, At: time.Now()}).Presentation(ctx, []any{tr.credential},
			vc.FormatVPJWT11, proof.Expect{Nonce: ch.Nonce, Domain: ch.Domain})
		if err != nil {
			return
		}
		var answer json.RawMessage
		if c.call(ctx, tr.token, http.MethodPost, "/v1/challenges/"+id+"/presentations", presentation, &answer, http.StatusOK) != nil {
			return
		}
		tr.answered(id, answer)
	}
}

// evaluate asks in one call, until the server is gone.
func (tr *traffic) evaluate(ctx context.Context, base string) {
	c := &caller{base: base, http: &http.Client{Transport: &http.Transport{}}}
	for ctx.Err() == nil {
		body, err := tr.evaluation(ctx)
		var raw json.RawMessage
		if err != nil || c.call(ctx, tr.token, http.MethodPost, "/v1/evaluations", json.RawMessage(body), &raw, http.StatusOK) != nil {
			return
		}
		tr.answered("", raw)
	}
}

func (tr *traffic) open(ctx context.Context, c *caller) (string, *challengeFile) {
	var raw json.RawMessage
	if c.call(ctx, tr.token, http.MethodPost, "/v1/challenges", exampleRequest(), &raw, http.StatusCreated) != nil {
		return "", nil
	}
	var opened struct {
		ID string `json:"id"`
		challengeFile
	}
	if json.Unmarshal(raw, &opened) != nil {
		return "", nil
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.challenges[opened.ID] = &opened.challengeFile
	return opened.ID, &opened.challengeFile
}

func (tr *traffic) answered(challenge string, raw json.RawMessage) {
	var a verifier.Answer
	if json.Unmarshal(raw, &a) != nil {
		return
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.decisions[a.ID] = raw
	if challenge == "" {
		return
	}
	tr.permitted[challenge] = a.Decision.Decision == policies.Permit
}

// unnamed is a decision without the identifiers of people, for which digests
// stand in what is kept.
func unnamed(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var a verifier.Answer
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	for i := range a.Principals {
		a.Principals[i].Holder = nil
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// check asks for all that was answered.
func (tr *traffic) check(t *testing.T, base string) {
	t.Helper()
	c := &caller{base: base, http: http.DefaultClient}
	for id, was := range tr.decisions {
		var is json.RawMessage
		if err := c.call(t.Context(), tr.token, http.MethodGet, "/v1/decisions/"+id, nil, &is, http.StatusOK); err != nil {
			t.Error(err)
		} else if is, was := unnamed(t, is), unnamed(t, was); is != was {
			t.Errorf("decision %s is %s, was answered as %s", id, is, was)
		}
	}
	for id, was := range tr.challenges {
		var is struct{ State, Nonce string }
		if err := c.call(t.Context(), tr.token, http.MethodGet, "/v1/challenges/"+id, nil, &is, http.StatusOK); err != nil {
			t.Error(err)
			continue
		}
		if is.State == verifier.Open && is.Nonce != was.Nonce || tr.permitted[id] && is.State != verifier.Permitted {
			t.Errorf("challenge %s is %s after a permit: %v", id, is.State, tr.permitted[id])
		}
	}
	permits := slices.Collect(maps.Values(tr.permitted))
	if !slices.Contains(permits, true) {
		t.Error("nothing was permitted")
	}
	t.Logf("%d challenges, %d decisions", len(tr.challenges), len(tr.decisions))
}
