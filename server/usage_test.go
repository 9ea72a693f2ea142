package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const (
	mandates    = "AI Agent Mandate"
	mandatesURI = "https://procura.dev/frameworks/ai-agent-mandate"
	software    = "urn:sha256:2b1f7a7dc1f3a0d0a1c3f5a7e9b1d3f5a7c9e1b3d5f7091b2d4f6081a3c5e7f9"
)

// mandate lets amina's agent act for the issuer, so many times in a period. An id
// is what the issuer calls it; empty: it has none.
func (s *campStory) mandate(id string, most float64, period string) any {
	s.Helper()
	doc := map[string]any{
		"@context": []any{
			"https://www.w3.org/2018/credentials/v1",
			"https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control",
		},
		"type":         []any{"VerifiableCredential", "Proxy.D/" + mandates + "/1.0/Agent"},
		"issuanceDate": "2026-05-10T08:00:00Z", "expirationDate": "2026-06-10T08:00:00Z",
		"trustFrameworkURI": mandatesURI, "auditURI": "", "appealURI": "",
		"credentialSubject": map[string]any{
			"holder": map[string]any{
				"id": s.amina.DID(), "type": mandatesURI + "/1.0.0/schemas/Agent#holder", "role": "buyer",
				"rationaleURI": mandatesURI + "/rationales/own-mandate", "name": "Trip planner",
				"constraints": map[string]any{
					"startTime": "2026-05-10", "endTime": "2026-06-10", "purpose": []any{"https://schema.org/ReserveAction"},
					"software": []any{software}, "atMost": most, "each": period,
				},
			},
			"proxied": map[string]any{
				"id": s.issuer.DID(), "type": mandatesURI + "/1.0.0/schemas/Agent#proxied", "name": "Noa Lindqvist",
				"permissions": []any{map[string]any{"grant": []any{"book"}, "when": map[string]any{"roles": "buyer"}}},
			},
		},
	}
	if id != "" {
		doc["id"] = id
	}
	c, err := (&proof.Signer{Key: s.issuer, At: s.houses[0].clock.now()}).Credential(s.Context(), doc, vc.FormatVCJWT11)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// books asks whether amina's agent may book.
func (s *campStory) books() string {
	return `{"permissions": ["book"], "proxied": {"id": "` + s.issuer.DID() + `"}, "framework": {"name": "` + mandates + `"},
		"circumstances": {"function": {"value": "https://schema.org/ReserveAction"}, "agent": {"software": "` + software + `"}}}`
}

// evaluation is the body of one that books, over a nonce of its own.
func (s *campStory) evaluation(nonce string, mandate any) string {
	s.Helper()
	nonce = "0123456789-0123456789-" + nonce
	return fmt.Sprintf(`{"request": %s, "presentations": ["%s"], "nonce": "%s", "domain": "camp.example"}`,
		s.books(), s.present(s.amina, nonce, mandate), nonce)
}

// decided sends it, and gives the decision and the codes of its reasons.
func (s *campStory) decided(house int, token server.Token, body string) (string, []string) {
	s.Helper()
	a := s.houses[house].as(token, "POST", "/v1/evaluations", body)
	var got verifier.Answer
	if err := json.Unmarshal(a.body, &got); err != nil || got.Decision == nil {
		s.Fatalf("%d %s", a.StatusCode, a.body)
	}
	var codes []string
	for _, r := range got.Reasons {
		codes = append(codes, r.Code)
	}
	if got.Decision.Decision == "deny" && len(got.Needs) > 0 {
		s.Errorf("nothing gives back a use: %s", a.body)
	}
	return got.Decision.Decision, codes
}

// A mandate permits so often as it says, at whichever process and door, and again
// when its period since the first is over.
func TestAMandateIsUsedUp(t *testing.T) {
	stories(t, func(s *campStory) {
		mandate := s.mandate("", 3, "PT1H")
		token := s.houses[0].tokens[server.RoleVerifier]
		wants := func(what, nonce, decision string) {
			s.Helper()
			got, codes := s.decided(1, token, s.evaluation(nonce, mandate))
			if got != decision || decision == "deny" && !slices.Contains(codes, "usage.exhausted") {
				s.Errorf("%s: %s for %v, want %s", what, got, codes, decision)
			}
		}
		opened := s.houses[0].call(server.RoleVerifier, "POST", "/v1/challenges", s.books()).json(s.TB)
		path := "/v1/challenges/" + opened["id"].(string)
		presented := s.present(s.amina, opened["nonce"].(string), mandate)
		s.wants("at a challenge", s.answer(0, path, presented), "permit")
		s.wants("the same again", s.answer(1, path, presented), "permit")
		move := func(by time.Duration) {
			for _, h := range s.houses {
				h.clock.move(by)
			}
		}
		move(time.Minute)
		second := s.evaluation("2", mandate)
		for range 2 { // the first decision again: it counts once
			if got, codes := s.decided(0, token, second); got != "permit" {
				s.Fatalf("the second: %s %v", got, codes)
			}
		}
		wants("the third", "3", "permit")
		wants("the fourth", "4", "deny")
		move(59*time.Minute - time.Nanosecond)
		wants("before the first is an hour old", "5", "deny")
		move(time.Nanosecond)
		wants("when it is", "6", "permit")
		wants("the second is not", "7", "deny")
	})
}

// The count belongs to what its issuer calls the credential, where that is an
// absolute IRI; and to one tenant.
func TestWhoseUsesTheyAre(t *testing.T) {
	stories(t, func(s *campStory) {
		token := s.houses[0].tokens[server.RoleVerifier]
		n := 0
		wants := func(what string, token server.Token, mandate any, decision string) {
			s.Helper()
			n++
			if got, codes := s.decided(0, token, s.evaluation(fmt.Sprint(n), mandate)); got != decision {
				s.Errorf("%s: %s %v, want %s", what, got, codes, decision)
			}
		}
		wants("named", token, s.mandate("urn:uuid:1", 1, "P1D"), "permit")
		wants("issued anew under its name", token, s.mandate("urn:uuid:1", 1, "P2D"), "deny")
		wants("under another", token, s.mandate("urn:uuid:2", 1, "P1D"), "permit")
		wants("without a name", token, s.mandate("", 1, "P1D"), "permit")
		wants("another without", token, s.mandate("", 1, "P2D"), "permit")
		elsewhere := s.houses[0].client("elsewhere", "theirs", server.RoleVerifier)
		wants("in another tenant", elsewhere, s.mandate("urn:uuid:1", 1, "P1D"), "permit")
		wants("in it again", elsewhere, s.mandate("urn:uuid:1", 1, "P1D"), "deny")
	})
}

// However many ask at once, at two processes, so many are permitted as may be.
func TestUsesAtOnce(t *testing.T) {
	stories(t, func(s *campStory) {
		const most, asked = 5, 24
		mandate := s.mandate("", most, "P1D")
		token := s.houses[0].tokens[server.RoleVerifier]
		var permits atomic.Int32
		var wg sync.WaitGroup
		for i := range asked {
			body := s.evaluation(fmt.Sprint(i), mandate)
			wg.Go(func() {
				if got, _ := s.decided(i%2, token, body); got == "permit" {
					permits.Add(1)
				}
			})
		}
		wg.Wait()
		if permits.Load() != most {
			s.Errorf("%d permits of %d, want %d", permits.Load(), asked, most)
		}
	})
}

// The door of AuthZEN counts nothing, and so permits nothing that is limited.
func TestAuthZENCountsNoUses(t *testing.T) {
	t.Parallel()
	w := newWalletStory(t)
	all := "decision := {\"decision\": false, \"context\": {\"all\": input}}\n"
	w.house.wants("publishing", w.house.publishSet("mirror/1.0.0", setOf(all)), http.StatusCreated, "")
	w.house.wants("activating", w.house.activate("1", "mirror", "1.0.0"), http.StatusOK, "")
	procura := w.evaluation("authzen", w.mandate("", 3, "P1D"))
	a := w.house.ask("evaluation", enrols(w.amina.DID(), laila, `{"procura":`+procura+`}`))
	if strings.Contains(string(a.body), `"decision":"permit"`) || !strings.Contains(string(a.body), "usage.uncounted") {
		t.Errorf("%s, want a denial for usage.uncounted", a.body)
	}
}
