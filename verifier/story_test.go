package verifier_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// at is the instant of every story here.
var at = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

const (
	nonce  = "n-0S6_WzA2Mj-n-0S6_WzA2Mj"
	domain = "https://clinic.example"
	laila  = "did:example:laila"
	camp   = "Refugee Camp Guardianship"
)

// A story has the camp's framework, its issuer and two grandparents.
type story struct {
	library                        *verifier.Library
	verifier                       *verifier.Verifier
	issuer, amina, yusuf, stranger *proof.Key
}

func newStory(t testing.TB) *story {
	t.Helper()
	s := &story{
		library:  shipped(t),
		verifier: verifier.New(verifier.Config{DIDs: &did.Resolver{}, Now: func() time.Time { return at }}),
	}
	for _, key := range []**proof.Key{&s.issuer, &s.amina, &s.yusuf, &s.stranger} {
		*key = newKey(t)
	}
	return s
}

func newKey(t testing.TB) *proof.Key {
	t.Helper()
	key, err := proof.GenerateKey("Ed25519")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func shipped(t testing.TB) *verifier.Library {
	t.Helper()
	var all []*verifier.Release
	for _, source := range library.All() {
		doc, findings := trustframeworks.Parse(source.Raw)
		if len(findings) > 0 {
			t.Fatalf("%s: %v", source.Name, findings)
		}
		c, findings := compile.Compile(doc)
		if len(findings) > 0 {
			t.Fatalf("%s: %v", source.Name, findings)
		}
		f, err := verifier.NewFramework(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f.Release())
	}
	l, err := verifier.NewLibrary(all...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// credential is an unsigned grandparent's credential for holder, after change.
func (s *story) credential(holder *proof.Key, change func(doc, holder, proxied map[string]any)) map[string]any {
	base := "https://procura.dev/frameworks/refugee-camp-guardianship"
	h := map[string]any{
		"id": holder.DID(), "type": base + "/1.0.0/schemas/ChildGuardian#holder", "role": "grandparent",
		"rationaleURI": base + "/rationales/kinship", "constraints": map[string]any{},
	}
	p := map[string]any{
		"id": laila, "type": base + "/1.0.0/schemas/ChildGuardian#proxied",
		"permissions": []any{
			map[string]any{"grant": []any{"routine-medical-care"}, "when": map[string]any{"roles": "grandparent"}},
			map[string]any{"grant": []any{"light-travel"}, "when": map[string]any{"roles": "grandparent", "n": 2.0}},
		},
		"firstName": "Laila", "lastName": "Saleh", "birthDate": "2018-05-21",
		"photo": "ni:///sha-256;n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg",
	}
	doc := map[string]any{
		"@context": []any{
			"https://www.w3.org/2018/credentials/v1",
			"https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control",
		},
		"type":              []any{"VerifiableCredential", "Proxy.G/" + camp + "/1.0.0/ChildGuardian"},
		"issuanceDate":      "2026-11-10T08:00:00Z",
		"expirationDate":    "2026-12-10T08:00:00Z",
		"trustFrameworkURI": base, "auditURI": "", "appealURI": "tel:+23566000001",
		"credentialSubject": map[string]any{"holder": h, "proxied": p},
	}
	if change != nil {
		change(doc, h, p)
	}
	return doc
}

// signed is a credential of the issuer, as a JWT.
func (s *story) signed(t testing.TB, doc map[string]any) any {
	t.Helper()
	c, err := (&proof.Signer{Key: s.issuer, At: at}).Credential(t.Context(), doc, vc.FormatVCJWT11)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// present signs a presentation of credentials as holder, after change.
func (s *story) present(t testing.TB, holder *proof.Key, e proof.Expect, credentials ...any) verifier.Submitted {
	t.Helper()
	p, err := (&proof.Signer{Key: holder, At: at}).Presentation(t.Context(), credentials, vc.FormatVPJWT11, e)
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte(p.(string))}
}

// grandparent presents an own credential over the usual nonce and domain.
func (s *story) grandparent(t testing.TB, holder *proof.Key) verifier.Submitted {
	t.Helper()
	return s.present(t, holder, proof.Expect{Nonce: nonce, Domain: domain}, s.signed(t, s.credential(holder, nil)))
}

func ask(permissions ...string) *verifier.Question {
	return &verifier.Question{
		Request: facts.Request{
			Permissions: permissions,
			Proxied:     facts.ProxiedRequest{ID: laila},
			Framework:   facts.FrameworkName{Name: camp},
		},
		Nonce: nonce, Domain: domain,
	}
}

// decide decides without a store, with the issuer listed.
func (s *story) decide(t testing.TB, q *verifier.Question, p ...verifier.Submitted) *verifier.Answer {
	t.Helper()
	a, err := s.verifier.Decide(t.Context(), s.library, q, p, s.registries())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *story) registries() map[string][]string {
	return map[string][]string{"camp-issuers": {s.issuer.DID()}}
}

// wantDeny holds that a denial has one of these codes among its reasons.
func wantDeny(t *testing.T, a *verifier.Answer, codes ...string) {
	t.Helper()
	if a.Decision.Decision != policies.Deny {
		t.Fatalf("decision is %s, want a denial", a.Decision.Decision)
	}
	for _, r := range a.Reasons {
		if slices.Contains(codes, r.Code) {
			return
		}
	}
	raw, _ := json.Marshal(a.Reasons)
	t.Errorf("no reason of %s among %s", codes, raw)
}

func wantPermit(t *testing.T, a *verifier.Answer) {
	t.Helper()
	if a.Decision.Decision != policies.Permit {
		raw, _ := json.Marshal(a.Reasons)
		t.Fatalf("denied: %s", raw)
	}
}
