package server_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A camp is an issuer in the camp's registry and two grandparents, with two
// processes on one store.
type campStory struct {
	testing.TB
	houses               [2]*house
	issuer, amina, yusuf *proof.Key
}

const campURI = "https://procura.dev/frameworks/refugee-camp-guardianship"

// campRegistry is the list of issuers that the camp's framework names.
const campRegistry = "camp-issuers"

// stories runs a story over each store.
func stories(t *testing.T, tell func(*campStory)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s := openSQLite(t)
		tell(newStory(t, s, s))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := postgrestest.New(t)
		var stores [2]store
		for i := range stores {
			s, err := postgres.Open(t.Context(), url, testKey)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			stores[i] = s
		}
		tell(newStory(t, stores[0], stores[1]))
	})
}

func newStory(t testing.TB, a, b store, change ...func(*server.Config)) *campStory {
	t.Helper()
	s := &campStory{TB: t, houses: [2]*house{build(t, a, change...), build(t, b, change...)}}
	for _, key := range []**proof.Key{&s.issuer, &s.amina, &s.yusuf} {
		var err error
		if *key, err = proof.GenerateKey(proof.Ed25519); err != nil {
			t.Fatal(err)
		}
	}
	first := s.houses[0]
	for _, role := range []server.Role{server.RoleVerifier, server.RoleAdmin} {
		first.tokens[role] = first.client(server.DefaultTenant, string(role), role)
	}
	s.houses[1].tokens = first.tokens
	s.list("did:example:somebody", s.issuer.DID())
	return s
}

// list puts these into the camp's list of issuers, through the second process.
func (s *campStory) list(dids ...string) {
	s.Helper()
	body := `{"dids": ["` + strings.Join(dids, `", "`) + `"]}`
	s.houses[1].wants("listing issuers", s.houses[1].call(server.RoleAdmin, "PUT", "/v1/registries/"+campRegistry, body), http.StatusNoContent, "")
}

// credential makes holder a grandparent of Laila.
func (s *campStory) credential(holder *proof.Key) any {
	s.Helper()
	return s.credentialOf(holder, camp, campURI, "1.0.0")
}

// credentialOf does so under a copy of the camp's framework, with other members.
func (s *campStory) credentialOf(holder *proof.Key, name, uri, version string, others ...map[string]any) any {
	s.Helper()
	doc := map[string]any{
		"@context": []any{
			"https://www.w3.org/2018/credentials/v1",
			"https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control",
		},
		"type":         []any{"VerifiableCredential", "Proxy.G/" + name + "/" + version + "/ChildGuardian"},
		"issuanceDate": "2026-05-10T08:00:00Z", "expirationDate": "2026-06-10T08:00:00Z",
		"trustFrameworkURI": uri, "auditURI": "", "appealURI": "tel:+23566000001",
		"credentialSubject": map[string]any{
			"holder": map[string]any{
				"id": holder.DID(), "type": uri + "/1.0.0/schemas/ChildGuardian#holder", "role": "grandparent",
				"rationaleURI": uri + "/rationales/kinship", "constraints": map[string]any{},
			},
			"proxied": map[string]any{
				"id": "did:example:laila", "type": uri + "/1.0.0/schemas/ChildGuardian#proxied",
				"permissions": []any{
					map[string]any{"grant": []any{"school"}, "when": map[string]any{"roles": "grandparent"}},
					map[string]any{"grant": []any{"light-travel"}, "when": map[string]any{"roles": "grandparent", "n": 2.0}},
				},
				"firstName": "Laila", "lastName": "Saleh", "birthDate": "2018-05-21",
				"photo": "ni:///sha-256;n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg",
			},
		},
	}
	for _, members := range others {
		maps.Copy(doc, members)
	}
	c, err := (&proof.Signer{Key: s.issuer, At: s.houses[0].clock.now()}).Credential(s.Context(), doc, vc.FormatVCJWT11)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// present makes holder's presentation of a credential over a nonce.
func (s *campStory) present(holder *proof.Key, nonce string, credential any) string {
	s.Helper()
	signer := &proof.Signer{Key: holder, At: s.houses[0].clock.now()}
	p, err := signer.Presentation(context.Background(), []any{credential}, vc.FormatVPJWT11, proof.Expect{Nonce: nonce, Domain: "camp.example"})
	if err != nil {
		s.Fatal(err)
	}
	return p.(string)
}

// ask opens a challenge through the first process: path and nonce.
func (s *campStory) ask(permission string) (path, nonce string) {
	s.Helper()
	a := s.houses[0].call(server.RoleVerifier, "POST", "/v1/challenges", lailas(permission))
	s.houses[0].wants("opening", a, http.StatusCreated, "")
	m := a.json(s.TB)
	return "/v1/challenges/" + m["id"].(string), m["nonce"].(string)
}

func lailas(permission string) string {
	return `{"permissions": ["` + permission + `"], "proxied": {"id": "did:example:laila"}, "framework": {"name": "` + camp + `"}}`
}

// answer sends a presentation to one of the processes.
func (s *campStory) answer(house int, path, presentation string) *answer {
	s.Helper()
	return s.houses[house].call(server.RoleVerifier, "POST", path+"/presentations", presentation, "Content-Type", "application/vp+jwt")
}

func (s *campStory) wants(what string, a *answer, decision string) map[string]any {
	s.Helper()
	m := a.json(s.TB)
	if m["decision"] != decision {
		s.Fatalf("%s: %d %s, want %s", what, a.StatusCode, a.body, decision)
	}
	return m
}

// Two grandparents answer one challenge from two wallets, through two
// processes.
func TestGroupThroughTwoProcesses(t *testing.T) {
	stories(t, func(s *campStory) {
		path, nonce := s.ask("light-travel")
		amina := s.present(s.amina, nonce, s.credential(s.amina))
		yusuf := s.present(s.yusuf, nonce, s.credential(s.yusuf))
		s.wants("one alone", s.answer(0, path, amina), "deny")
		permit := s.wants("both", s.answer(1, path, yusuf), "permit")

		state := s.houses[0].call(server.RoleVerifier, "GET", path, "").json(s.TB)
		if state["state"] != "permitted" || state["decision"].(map[string]any)["id"] != permit["id"] {
			s.Errorf("the first process sees %v, want the permit", state)
		}
		for _, p := range []string{amina, yusuf} {
			if again := s.wants("the same bytes again", s.answer(0, path, p), "permit"); again["id"] != permit["id"] {
				s.Errorf("the same bytes again got decision %v, want %v", again["id"], permit["id"])
			}
		}
		other := s.present(s.amina, nonce, s.credential(s.amina))
		s.houses[1].wants("other bytes", s.answer(1, path, other+" "), http.StatusOK, "") // white space is not sent on
		s.houses[1].wants("another presentation", s.answer(1, path, s.present(s.yusuf, nonce, s.credential(s.amina))), http.StatusConflict, "challenge-closed")
	})
}

// However many answer at once, through both processes, one permit is given and
// all learn of it.
func TestGroupAtOnce(t *testing.T) {
	stories(t, func(s *campStory) {
		path, nonce := s.ask("light-travel")
		presentations := []string{s.present(s.amina, nonce, s.credential(s.amina)), s.present(s.yusuf, nonce, s.credential(s.yusuf))}
		var mu sync.Mutex
		permits := map[any]int{}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				a := s.answer(i/2%2, path, presentations[i%2])
				if a.StatusCode != http.StatusOK {
					s.Errorf("presenting at once: %d %s", a.StatusCode, a.body)
					return
				}
				if m := a.json(s.TB); m["decision"] == "permit" {
					mu.Lock()
					defer mu.Unlock()
					permits[m["id"]]++
				}
			})
		}
		wg.Wait()
		state := s.houses[0].call(server.RoleVerifier, "GET", path, "").json(s.TB)
		if len(permits) != 1 || state["state"] != "permitted" {
			s.Errorf("permits %v and state %v, want one permit", permits, state["state"])
		}
	})
}

// Who waits at one process learns of what happens at another.
func TestWaitingForAnotherProcess(t *testing.T) {
	stories(t, func(s *campStory) {
		path, nonce := s.ask("school")
		p := s.present(s.amina, nonce, s.credential(s.amina))
		var other sync.WaitGroup
		defer other.Wait() // the test's server outlasts the call
		other.Go(func() {
			time.Sleep(100 * time.Millisecond) // for the wait to begin; a later one finds the challenge closed
			if a := s.answer(1, path, p); !strings.Contains(string(a.body), `"decision":"permit"`) {
				s.Errorf("presenting meanwhile: %d %s", a.StatusCode, a.body)
			}
		})
		begun := time.Now()
		var a *answer
		for open := true; open && time.Since(begun) < time.Minute; open = a.json(s.TB)["state"] == "open" { // first it is stored, then decided
			a = s.houses[0].call(server.RoleVerifier, "GET", path+"?wait=60", "")
			s.houses[0].wants("waiting", a, http.StatusOK, "")
		}
		if took := time.Since(begun); a.json(s.TB)["state"] != "permitted" || took >= time.Minute {
			s.Errorf("after %v: %s, want the change as it happens", took, a.body)
		}
	})
}

// A registry is read at each decision.
func TestRegistryIsReadAtEachDecision(t *testing.T) {
	stories(t, func(s *campStory) {
		s.list("did:example:somebody")
		path, nonce := s.ask("school")
		a := s.answer(0, path, s.present(s.amina, nonce, s.credential(s.amina)))
		s.wants("an issuer that is not listed", a, "deny")
		if !strings.Contains(string(a.body), "issuer.refused") {
			s.Errorf("denied by %s, want issuer.refused", a.body)
		}
		s.list(s.issuer.DID())
		s.wants("once it is", s.answer(0, path, s.present(s.yusuf, nonce, s.credential(s.yusuf))), "permit")
	})
}

// What was stolen is denied, and blocks nobody.
func TestStolen(t *testing.T) {
	stories(t, func(s *campStory) {
		path, nonce := s.ask("school")
		a := s.answer(0, path, s.present(s.yusuf, nonce, s.credential(s.amina)))
		s.wants("another's credential", a, "deny")
		if !strings.Contains(string(a.body), "holder.unbound") {
			s.Errorf("denied by %s, want holder.unbound", a.body)
		}
		_, other := s.ask("school")
		s.wants("a presentation for another challenge", s.answer(0, path, s.present(s.amina, other, s.credential(s.amina))), "deny")
		s.wants("the owner", s.answer(1, path, s.present(s.amina, nonce, s.credential(s.amina))), "permit")
	})
}

// A caller's nonce permits once, at whichever process.
func TestEvaluationOnce(t *testing.T) {
	stories(t, func(s *campStory) {
		const nonce = "0123456789012345678901"
		body := fmt.Sprintf(`{"request": %s, "presentations": ["%s"], "nonce": "%s", "domain": "camp.example"}`,
			lailas("school"), s.present(s.amina, nonce, s.credential(s.amina)), nonce)
		evaluate := func(house int, body string) *answer {
			return s.houses[house].call(server.RoleVerifier, "POST", "/v1/evaluations", body)
		}
		first := evaluate(0, body)
		s.wants("first", first, "permit")
		again := evaluate(1, body)
		kept := s.houses[0].call(server.RoleVerifier, "GET", "/v1/decisions/"+first.json(s.TB)["id"].(string), "")
		if string(again.body) != string(kept.body) || bytes.Contains(kept.body, []byte(s.amina.DID())) {
			s.Errorf("the same body within a minute: %s, want the first decision as it is kept, naming nobody: %s", again.body, kept.body)
		}
		if again := evaluate(1, body+" "); !strings.Contains(string(again.body), "nonce.replayed") {
			s.Errorf("a body that differs: %s, want nonce.replayed", again.body)
		}
		for _, h := range s.houses {
			h.clock.move(61 * time.Second)
		}
		if again := evaluate(0, body); !strings.Contains(string(again.body), "nonce.replayed") {
			s.Errorf("after a minute: %s, want nonce.replayed", again.body)
		}
	})
}

// However many send the same bytes at once, to whichever process, all get the
// first decision (semantics 8.1), whether it permits or denies.
func TestEvaluationsAtOnce(t *testing.T) {
	stories(t, func(s *campStory) {
		for permission, decision := range map[string]string{"school": "permit", "light-travel": "deny"} {
			nonce := "at-once-0123456789-" + permission
			body := fmt.Sprintf(`{"request": %s, "presentations": ["%s"], "nonce": "%s", "domain": "camp.example"}`,
				lailas(permission), s.present(s.amina, nonce, s.credential(s.amina)), nonce)
			var mu sync.Mutex
			ids := map[any]int{}
			var wg sync.WaitGroup
			for i := range 6 {
				wg.Go(func() {
					a := s.houses[i%2].call(server.RoleVerifier, "POST", "/v1/evaluations", body)
					m := a.json(s.TB)
					if m["decision"] != decision {
						s.Errorf("one of six at once: %d %s, want %s", a.StatusCode, a.body, decision)
					}
					mu.Lock()
					defer mu.Unlock()
					ids[m["id"]]++
				})
			}
			wg.Wait()
			if len(ids) != 1 {
				s.Errorf("six at once got decisions %v, want one %s", ids, decision)
			}
		}
	})
}

// What was asked and what was presented is gone once a permit is given.
func TestPresentedIsDeleted(t *testing.T) {
	stories(t, func(s *campStory) {
		path, nonce := s.ask("school")
		s.wants("presenting", s.answer(0, path, s.present(s.amina, nonce, s.credential(s.amina))), "permit")
		c, err := s.houses[0].store.Challenge(s.Context(), server.DefaultTenant, strings.TrimPrefix(path, "/v1/challenges/"))
		if err != nil {
			s.Fatal(err)
		}
		if len(c.Presentations) != 1 || c.Presentations[0].Raw != nil || c.Presentations[0].Circumstances != nil {
			s.Errorf("kept %+v, want the digest alone", c.Presentations)
		}
		if c.Nonce != "" || c.Domain != "" || c.Circumstances != nil || !reflect.DeepEqual(c.Request, facts.Request{}) {
			s.Errorf("kept what was asked: %+v", c)
		}
	})
}
