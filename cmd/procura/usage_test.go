package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A shopper is an agent whose owner's mandate limits its use.
type shopper struct {
	token         server.Token
	owner, holder *proof.Key
	mandate       string
}

const (
	mandates   = "https://procura.dev/frameworks/ai-agent-mandate"
	itsProgram = "urn:sha256:2b1f7a7dc1f3a0d0a1c3f5a7e9b1d3f5a7c9e1b3d5f7091b2d4f6081a3c5e7f9"
)

// newShopper has no token yet.
func newShopper(t testing.TB, most int) *shopper {
	t.Helper()
	s := &shopper{}
	for _, key := range []**proof.Key{&s.owner, &s.holder} {
		var err error
		if *key, err = proof.GenerateKey(proof.Ed25519); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().UTC()
	stamp := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	doc := map[string]any{
		"@context": []any{
			"https://www.w3.org/2018/credentials/v1",
			"https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control",
		},
		"type":         []any{"VerifiableCredential", "Proxy.D/AI Agent Mandate/1.0/Agent"},
		"issuanceDate": stamp(-time.Hour), "expirationDate": stamp(10 * 24 * time.Hour),
		"trustFrameworkURI": mandates, "auditURI": "", "appealURI": "",
		"credentialSubject": map[string]any{
			"holder": map[string]any{
				"id": s.holder.DID(), "type": mandates + "/1.0.0/schemas/Agent#holder", "role": "buyer", "name": "Shopper",
				"rationaleURI": mandates + "/rationales/own-mandate",
				"constraints": map[string]any{
					"startTime": stamp(-time.Hour), "endTime": stamp(10 * 24 * time.Hour), "purpose": []any{"https://schema.org/ReserveAction"},
					"software": []any{itsProgram}, "atMost": float64(most), "each": "P1D",
				},
			},
			"proxied": map[string]any{
				"id": s.owner.DID(), "type": mandates + "/1.0.0/schemas/Agent#proxied", "name": "Noa Lindqvist",
				"permissions": []any{map[string]any{"grant": []any{"book"}, "when": map[string]any{"roles": "buyer"}}},
			},
		},
	}
	c, err := (&proof.Signer{Key: s.owner, At: now.Add(-time.Minute)}).Credential(t.Context(), doc, vc.FormatVCJWT11)
	if err != nil {
		t.Fatal(err)
	}
	s.mandate = c.(string)
	return s
}

// body asks to book, over a nonce of its own.
func (s *shopper) body(ctx context.Context, n int) (string, error) {
	nonce := fmt.Sprintf("0123456789-0123456789-%d", n)
	p, err := (&proof.Signer{Key: s.holder, At: time.Now()}).Presentation(ctx, []any{s.mandate}, vc.FormatVPJWT11, proof.Expect{Nonce: nonce, Domain: campDomain})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`{"request": {"permissions": ["book"], "proxied": {"id": %q}, "framework": {"name": "AI Agent Mandate"},
		"circumstances": {"function": {"value": "https://schema.org/ReserveAction"}, "agent": {"software": %q}}},
		"presentations": [%q], "nonce": %q, "domain": %q}`, s.owner.DID(), itsProgram, p, nonce, campDomain), nil
}

// ask sends a body: whether it is permitted.
func (s *shopper) ask(ctx context.Context, base, body string) (permit bool, err error) {
	c := &caller{base: base, http: http.DefaultClient}
	var raw json.RawMessage
	if err := c.call(ctx, s.token, http.MethodPost, "/v1/evaluations", json.RawMessage(body), &raw, http.StatusOK); err != nil {
		return false, err
	}
	var a verifier.Answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return false, err
	}
	return a.Decision.Decision == policies.Permit, nil
}

// A spree is what some clients of one shopper were answered.
type spree struct {
	*shopper

	mu         sync.Mutex
	n, permits int
	lost       []string // bodies that got no answer
}

// next is a new body's number.
func (s *spree) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return s.n
}

// send asks once, and keeps what came of it.
func (s *spree) send(ctx context.Context, base, body string) error {
	permit, err := s.ask(ctx, base, body)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		s.lost = append(s.lost, body)
	case permit:
		s.permits++
	}
	return err
}

// run asks until the numbers end or the server is gone.
func (s *spree) run(ctx context.Context, base string, last int) {
	for n := s.next(); n <= last; n = s.next() {
		body, err := s.body(ctx, n)
		if err != nil || s.send(ctx, base, body) != nil {
			return
		}
	}
}

// count is how many numbers are taken.
func (s *spree) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Kill -9 between decision and count: what was permitted was counted, once,
// whether its answer arrived or not. Who got none asks again with the same bytes.
func TestKilledServerCountsEachPermitOnce(t *testing.T) {
	t.Parallel()
	const most, clients, endless = 60, 6, 1 << 30
	dir := t.TempDir()
	p := start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0", "--example", "example")
	written := &traffic{}
	written.load(t, dir)
	s := &spree{shopper: newShopper(t, most)}
	s.token = written.token
	for range 3 {
		before := s.count()
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() { s.run(t.Context(), p.base, endless) })
		}
		for deadline := time.Now().Add(time.Minute); s.count() < before+2*clients; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("no traffic: %s", p.said())
			}
		}
		p.cmd.Process.Kill()
		p.wait()
		wg.Wait()
		p = start(t, procura(t), dir, nil, "--listen", "127.0.0.1:0")
		s.again(t, p.base)
	}
	s.run(t.Context(), p.base, s.count()+most+1)
	if s.permits != most {
		t.Errorf("%d permits, want %d", s.permits, most)
	}
}

// again sends what got no answer.
func (s *spree) again(t *testing.T, base string) {
	t.Helper()
	lost := s.lost
	s.lost = nil
	for _, body := range lost {
		if err := s.send(t.Context(), base, body); err != nil {
			t.Fatal(err)
		}
	}
}

// threeCount asks three processes on one Postgres for more than a mandate permits,
// from some clients each, and returns how many permits they gave.
func threeCount(t testing.TB, most, asked, clients int) int {
	t.Helper()
	dir, url := t.TempDir(), postgrestest.New(t)
	key := filepath.Join(dir, "procura.key")
	if err := seal.MakeFile(key); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("procura")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--listen", "127.0.0.1:0", "--database", url, "--key-file", key}
	var bases []string
	for range 3 {
		bases = append(bases, start(t, path, dir, nil, args...).base)
	}
	made := exec.CommandContext(t.Context(), path, "client", "add", "--role", "verifier", "--domain", campDomain, "--database", url, "--key-file", key)
	token, err := made.Output()
	if err != nil {
		t.Fatal(err)
	}
	s := newShopper(t, most)
	s.token = server.Token(strings.TrimSpace(string(token)))
	all := &spree{shopper: s}
	var wg sync.WaitGroup
	for i := range 3 * clients {
		wg.Go(func() { all.run(t.Context(), bases[i%3], asked) })
	}
	wg.Wait()
	if len(all.lost) > 0 {
		t.Errorf("%d got no answer", len(all.lost))
	}
	return all.permits
}

// Three processes on one Postgres together permit so often as may be.
func TestThreeProcessesCountExactly(t *testing.T) {
	t.Parallel()
	const most, asked = 60, 90
	if got := threeCount(t, most, asked, 3); got != most {
		t.Errorf("%d permits of %d asked, want %d", got, asked, most)
	}
}

// BenchmarkUsageOnPostgres asks three processes 10,500 times for 10,000 permits.
func BenchmarkUsageOnPostgres(b *testing.B) {
	for b.Loop() {
		if got := threeCount(b, 10_000, 10_500, 4); got != 10_000 {
			b.Errorf("%d permits, want 10000", got)
		}
	}
	b.ReportMetric(10_500*float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}
