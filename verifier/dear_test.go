package verifier_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// selfIssued is what anybody can make: a credential by its own holder.
func (s *story) selfIssued(t *testing.T, change func(doc, holder, proxied map[string]any)) verifier.Submitted {
	t.Helper()
	c, err := (&proof.Signer{Key: s.stranger, At: at}).Credential(t.Context(), s.credential(s.stranger, change), vc.FormatVCJWT11)
	if err != nil {
		t.Fatal(err)
	}
	return s.present(t, s.stranger, proof.Expect{Nonce: nonce, Domain: domain}, c)
}

// unsigned is a JSON-LD presentation with a proof that does not hold, which
// nobody can know before its statements are made.
func (s *story) unsigned(t *testing.T, credential map[string]any) verifier.Submitted {
	t.Helper()
	did := s.stranger.DID()
	raw, err := json.Marshal(map[string]any{
		"@context": []any{vc.ContextV2}, "type": "VerifiablePresentation", "holder": did, "verifiableCredential": credential,
		"proof": map[string]any{
			"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "challenge": nonce, "domain": domain,
			"proofPurpose": "authentication", "verificationMethod": did + "#" + strings.TrimPrefix(did, "did:key:"),
			"created": "2026-11-20T09:59:00Z", "proofValue": "z" + base58.Encode(append([]byte{1}, make([]byte, 63)...)),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Submitted{MediaType: verifier.MediaLD, Raw: raw}
}

func many(n int, f func(i int) any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// dearRule has as many alternatives as a rule may have.
func dearRule(int) any {
	leaves := many(22, func(i int) any { return map[string]any{fmt.Sprintf("a%d", i): 1.0} })
	return map[string]any{"grant": "x", "when": map[string]any{"any": leaves, "n": 4.0}}
}

// allocated is how many bytes were allocated for f: a measure of work that other
// work on the machine does not change. No other test may run meanwhile.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What anybody can send, without one credential of an issuer that is listed,
// costs little. Each of these took many seconds, or gigabytes.
func TestAStrangersPresentationIsCheap(t *testing.T) {
	s := newStory(t)
	empty := func(int) any { return map[string]any{} }
	base := func(name string, value any) map[string]any {
		m := map[string]any{"@context": []any{vc.ContextV2}, "type": "VerifiableCredential", "issuer": "did:x:y", "credentialSubject": map[string]any{"id": "did:x:z"}}
		m[name] = value
		return m
	}
	for name, p := range map[string]verifier.Submitted{
		"dear rules":       s.selfIssued(t, func(_, _, p map[string]any) { p["permissions"] = many(64, dearRule) }),
		"more than 64":     s.selfIssued(t, func(_, _, p map[string]any) { p["permissions"] = many(300, dearRule) }),
		"many roles":       s.selfIssued(t, func(_, h, _ map[string]any) { h["role"] = many(50_000, func(i int) any { return fmt.Sprint(i) }) }),
		"many subjects":    s.unsigned(t, base("credentialSubject", many(300_000, empty))),
		"many contexts":    s.unsigned(t, base("@context", many(20_000, func(int) any { return vc.ContextV2 }))),
		"many types":       s.unsigned(t, base("type", many(50_000, func(i int) any { return fmt.Sprintf("u:%d", i) }))),
		"proofs of proofs": s.unsigned(t, base("proof", many(20_000, func(int) any { return map[string]any{"type": "DataIntegrityProof"} }))),
	} {
		t.Run(name, func(t *testing.T) {
			var a *verifier.Answer
			cost := allocated(func() { a = s.decide(t, ask("routine-medical-care"), p) })
			if cost > 128*uint64(len(p.Raw)) {
				t.Errorf("%d bytes of a stranger cost %d, want 128 times as many at most", len(p.Raw), cost)
			}
			wantDeny(t, a, "permission.ungranted")
		})
	}
}

// One whom the framework lists is held to 64 rules like all others.
func TestMoreRulesThanACredentialMayHave(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	c := s.signed(t, s.credential(s.amina, func(_, _, p map[string]any) { p["permissions"] = many(300, dearRule) }))
	a := s.decide(t, ask("routine-medical-care"), s.present(t, s.amina, proof.Expect{Nonce: nonce, Domain: domain}, c))
	wantDeny(t, a, "sgl.too_large")
}

// A presentation that falls is no credential, whatever came before it.
func TestAnEleventhPresentationThatFalls(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	var all []verifier.Submitted
	for range 10 {
		all = append(all, s.grandparent(t, newKey(t)))
	}
	all = append(all, s.present(t, s.yusuf, proof.Expect{Nonce: nonce + "x", Domain: domain}))
	a := s.decide(t, ask("routine-medical-care"), all...)
	wantPermit(t, a)
	for _, r := range a.Reasons {
		if r.Path == "/presentations/10" && r.Credential != "" {
			t.Errorf("the presentation is told as a credential: %v", r)
		}
	}
	if len(a.Credentials) != 10 {
		t.Errorf("%d credentials, want 10", len(a.Credentials))
	}
}

// "a byte-identical body within 60 s … gets the first decision" (semantics
// 8.1), also if it comes at the same instant.
func TestOneBodyAtOnce(t *testing.T) {
	t.Parallel()
	s := kept(t)
	e := evaluation(s.grandparent(t, s.amina), "routine-medical-care")
	answers := make([]an, 8)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			raw, err := s.verifier.Evaluate(t.Context(), clinic, e)
			if err == nil {
				err = json.Unmarshal(raw, &answers[i])
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, a := range answers {
		if a.Decision != "permit" || a.ID != answers[0].ID {
			t.Errorf("got %v, want %v", a, answers[0])
		}
	}
}
