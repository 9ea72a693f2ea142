package verifier_test

import (
	"testing"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A chain that ends in a delegator is about whom another says it is about; what
// says so stands beside the leaf.
func TestAChainEndsInADelegator(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	g.library = relaxed(t, "by: registry, registry: car-companies", "by: delegator", nobodys, "\nidentityIssuers: [{by: registry, registry: towns}]\nissuers:")
	town := newKey(t)
	c1 := g.c1(t, jwtForm, func(_, _, p map[string]any) { p["id"] = g.company.DID() })
	c2 := g.c2(t, jwtForm, embedded(c1), nil)
	says := func(by, of *proof.Key, number string) any {
		return signedBy(t, by, jwtForm, map[string]any{
			"@context": []any{vc.ContextV1}, "type": []any{"VerifiableCredential"}, "issuanceDate": "2026-01-01T00:00:00Z",
			"credentialSubject": map[string]any{"id": of.DID(), "vin": number},
		})
	}
	decide := func(sent ...any) *verifier.Answer {
		q := &verifier.Question{Nonce: nonce, Domain: domain, Request: facts.Request{
			Permissions: []string{"drive"}, Framework: facts.FrameworkName{Name: rental},
			Proxied: facts.ProxiedRequest{Attributes: map[string]facts.Comparable{"vin": {Text: vin}}},
		}}
		a, err := g.verifier.Decide(t.Context(), g.library, q, []verifier.Submitted{g.show(t, g.alice, jwtForm, sent...)}, map[string][]string{"towns": {town.DID()}})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	wantPermit(t, decide(c2, says(town, g.company, vin)))
	for name, sent := range map[string][]any{
		"nobody says so":       {c2},
		"of another car":       {c2, says(town, g.company, "1HGES26721L024786")},
		"of another company":   {c2, says(town, g.office, vin)},
		"of the leaf's issuer": {c2, says(town, g.office, vin), says(town, g.alice, vin)},
		"by the company":       {c2, says(g.company, g.company, vin)},
		"embedded":             {g.c2(t, jwtForm, embedded(c1, says(town, g.company, vin)), nil)},
	} {
		if a := decide(sent...); a.Decision.Decision != "deny" {
			t.Errorf("%s: permitted", name)
		}
	}
	wantDeny(t, decide(c2), "chain.refused")
	wantDeny(t, decide(c2), "proxied.insufficient")
}
