package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

// The copy of the camp's framework that an author publishes here.
const (
	copied     = "Second Camp"
	copiedURI  = "https://second.example/camp"
	copiedPath = "/v1/frameworks/Second%20Camp/"
)

// copyOf is that copy, in some version. Its holders keep the first one's type.
func copyOf(t testing.TB, version string) []byte {
	source := bytes.ReplaceAll(campSource(t), []byte(camp), []byte(copied))
	source = bytes.ReplaceAll(source, []byte(campURI), []byte(copiedURI))
	source = bytes.Replace(source, []byte("\nversion: 1.0.0"), []byte("\nversion: "+version), 1)
	return bytes.ReplaceAll(source, []byte(copied+"/1.0.0/"), []byte(copied+"/"+version+"/"))
}

// A withdrawalStory is an author, and a grandparent with a credential of 1.0.0.
type withdrawalStory struct {
	*campStory
	author server.Token
	asked  int
}

// evaluate asks one of the processes, with a credential of 1.0.0, and returns
// decision, version and first reason.
func (s *withdrawalStory) evaluate(house int, framework string) string {
	s.Helper()
	s.asked++
	nonce := fmt.Sprintf("withdrawal-%020d", s.asked)
	body := `{"request": {"permissions": ["school"], "proxied": {"id": "did:example:laila"}, "framework": ` + framework + `},
		"presentations": ["` + s.present(s.amina, nonce, s.credentialOf(s.amina, copied, copiedURI, "1.0.0")) + `"], "nonce": "` + nonce + `", "domain": "camp.example"}`
	a := s.houses[house].call(server.RoleVerifier, "POST", "/v1/evaluations", body)
	if a.StatusCode != http.StatusOK {
		return a.kind()
	}
	var d struct {
		Decision    string
		Framework   struct{ Version string }
		Credentials []struct{ Named string }
		Reasons     []struct{ Code string }
	}
	if err := json.Unmarshal(a.body, &d); err != nil {
		s.Fatal(err)
	}
	said := []string{d.Decision, d.Framework.Version}
	if len(d.Reasons) > 0 {
		said = append(said, d.Reasons[0].Code)
	}
	if len(d.Credentials) > 0 && d.Credentials[0].Named != "" {
		said = append(said, "named "+d.Credentials[0].Named)
	}
	return strings.Join(said, " ")
}

func (s *withdrawalStory) publish(versions ...string) {
	s.Helper()
	for _, v := range versions {
		s.houses[0].wants("publishing "+v, s.houses[0].put(s.author, copiedPath+v, copyOf(s, v)), 201, "")
	}
	s.follow()
}

func (s *withdrawalStory) follow() {
	for _, h := range s.houses {
		if err := h.catalogue.Load(s.Context()); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *withdrawalStory) withdraw(version, body string, status int, kind string) {
	s.Helper()
	h := s.houses[0]
	h.wants("withdrawing "+version+" "+body, h.as(s.author, "POST", copiedPath+version+"/withdrawal", body), status, kind)
	s.follow()
}

func (s *withdrawalStory) wantsBoth(framework, want string) {
	s.Helper()
	for i := range s.houses {
		if got := s.evaluate(i, framework); got != want {
			s.Errorf("process %d: %s gives %q, want %q", i, framework, got, want)
		}
	}
}

func withdrawals(t *testing.T, tell func(*withdrawalStory)) {
	stories(t, func(c *campStory) {
		s := &withdrawalStory{campStory: c}
		s.author = c.houses[0].client(server.DefaultTenant, "author", server.RoleAuthor)
		s.publish("1.0.0")
		tell(s)
	})
}

const anyVersion, exactly = `{"name": "` + copied + `"}`, `{"name": "` + copied + `", "version": "%s"}`

// A withdrawn version permits nothing from its date on, in every process, and
// nothing brings it back.
func TestWithdrawal(t *testing.T) {
	withdrawals(t, func(s *withdrawalStory) {
		s.wantsBoth(anyVersion, "permit 1.0.0")
		path, nonce := s.askOf(copied)
		s.withdraw("1.0.0", `{"reason": "an error", "date": "2026-05-17T12:05:00Z"}`, 201, "")
		s.withdraw("1.0.0", `{"reason": "an error", "date": "2026-05-17T12:05:00Z"}`, 200, "")
		s.wantsBoth(anyVersion, "permit 1.0.0")
		for _, h := range s.houses {
			h.clock.move(5 * time.Minute)
		}
		s.wantsBoth(anyVersion, "deny  framework.withdrawn")
		s.wantsBoth(fmt.Sprintf(exactly, "1.0.0"), "deny  framework.withdrawn")
		a := s.wants("a challenge that was opened before", s.answer(1, path, s.present(s.amina, nonce, s.credentialOf(s.amina, copied, copiedURI, "1.0.0"))), "deny")
		if reasons := fmt.Sprint(a["reasons"]); !strings.Contains(reasons, "framework.withdrawn") {
			s.Errorf("its reasons are %s, want framework.withdrawn", reasons)
		}
		s.withdraw("1.0.0", `{"reason": "later", "date": "2027-01-01T00:00:00Z"}`, 409, "framework-withdrawn")
		s.houses[0].wants("publishing it again", s.houses[0].put(s.author, copiedPath+"1.0.0", copyOf(s, "1.0.0")), 200, "")
		s.wantsBoth(anyVersion, "deny  framework.withdrawn")
		list := s.houses[1].as(s.author, "GET", "/v1/frameworks/Second%20Camp", "")
		if !strings.Contains(string(list.body), `"withdrawal":{"date":"2026-05-17T12:05:00Z","reason":"an error"}`) {
			s.Errorf("the list says %s, want the withdrawal", list.body)
		}
	})
}

// Credentials of a withdrawn version are decided under its successor, and under
// that one's, as long as these are in force.
func TestSuccessor(t *testing.T) {
	withdrawals(t, func(s *withdrawalStory) {
		s.publish("1.1.0", "2.0.0")
		s.wantsBoth(fmt.Sprintf(exactly, "2.0.0"), "deny 2.0.0 framework.mixed")
		s.withdraw("1.0.0", `{"reason": "an error"}`, 201, "")
		s.wantsBoth(anyVersion, "deny 2.0.0 framework.withdrawn")
		s.withdraw("1.0.0", `{"reason": "an error", "successor": "1.1"}`, 201, "")
		s.wantsBoth(anyVersion, "permit 1.1.0 named 1.0.0")
		s.wantsBoth(fmt.Sprintf(exactly, "1.1.0"), "permit 1.1.0 named 1.0.0")
		s.wantsBoth(fmt.Sprintf(exactly, "2.0.0"), "deny 2.0.0 framework.mixed")
		s.wantsBoth(fmt.Sprintf(exactly, "1.0.0"), "deny  framework.withdrawn")
		s.withdraw("1.1.0", `{"reason": "another", "successor": "2.0.0"}`, 201, "")
		s.wantsBoth(anyVersion, "permit 2.0.0 named 1.0.0")
		s.withdraw("2.0.0", `{"reason": "the last"}`, 201, "")
		s.wantsBoth(anyVersion, "deny  framework.withdrawn")
	})
}

// askOf opens a challenge over a framework through the first process.
func (s *campStory) askOf(name string) (path, nonce string) {
	s.Helper()
	a := s.houses[0].call(server.RoleVerifier, "POST", "/v1/challenges", strings.Replace(lailas("school"), camp, name, 1))
	s.houses[0].wants("opening", a, http.StatusCreated, "")
	m := a.json(s.TB)
	return "/v1/challenges/" + m["id"].(string), m["nonce"].(string)
}

func TestWithdrawalsThatAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	author := h.tokens[server.RoleAuthor]
	rival, theirs := h.client(server.DefaultTenant, "rival", server.RoleAuthor), h.client(elsewhere, "author", server.RoleAuthor)
	for _, v := range []string{"1.0.0", "2.0.0"} {
		h.wants("publishing", h.put(author, copiedPath+v, copyOf(t, v)), 201, "")
	}
	for _, test := range []struct {
		token      server.Token
		path, body string
		status     int
		kind       string
	}{
		{rival, copiedPath + "1.0.0", `{"reason": "x"}`, 403, "framework-owner"},
		{theirs, copiedPath + "1.0.0", `{"reason": "x"}`, 404, "framework-unknown"},
		{author, campPath + "/1.0.0", `{"reason": "x"}`, 403, "framework-owner"},
		{theirs, campPath + "/1.0.0", `{"reason": "x"}`, 403, "framework-owner"},
		{author, copiedPath + "3.0.0", `{"reason": "x"}`, 404, "framework-unknown"},
		{author, copiedPath + "1.0.0", `{}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `[]`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": ""}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": 1}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": "` + strings.Repeat("x", 1025) + `"}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": "x", "until": "2027-01-01T00:00:00Z"}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": "x", "date": "tomorrow"}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": "x", "date": "2026-05-17T11:59:59Z"}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": "x", "successor": "1.0.0"}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": "x", "successor": "3.0.0"}`, 422, "invalid"},
		{author, copiedPath + "2.0.0", `{"reason": "x", "successor": "1.0.0"}`, 422, "invalid"},
		{author, copiedPath + "1.0.0", `{"reason": "x", "successor": "2.0.0"}`, 201, ""},
		{author, copiedPath + "1.0.0", `{"reason": "x"}`, 409, "framework-withdrawn"},
	} {
		h.wants(test.path+" "+test.body, h.as(test.token, "POST", test.path+"/withdrawal", test.body), test.status, test.kind)
	}
}

// A transferred name is its new owner's to publish under and to withdraw, and
// the former one's no longer.
func TestTransfer(t *testing.T) {
	pairs(t, func(t *testing.T, houses [2]*house) {
		h := houses[0]
		first, heir := h.tokens[server.RoleAuthor], h.client(server.DefaultTenant, "heir", server.RoleAuthor)
		foreign := h.client(elsewhere, "author", server.RoleAuthor)
		h.wants("publishing", h.put(first, "/v1/frameworks/Heirloom/1.0.0", written("Heirloom", "1.0.0")), 201, "")
		const path = "/v1/frameworks/Heirloom/transfer"
		to := func(token server.Token) string {
			c, err := h.store.ClientByToken(t.Context(), token.Digest())
			if err != nil {
				t.Fatal(err)
			}
			return `{"to": "` + c.ID + `"}`
		}
		for _, test := range []struct {
			path, body string
			status     int
		}{
			{path, to(foreign), 422}, {path, to(h.tokens[server.RoleVerifier]), 422}, {path, `{"to": "nobody"}`, 422}, {path, `{}`, 422},
			{path, `{"to": "procura"}`, 422}, {path, `[]`, 422},
			{"/v1/frameworks/None/transfer", to(heir), 404}, {campPath + "/transfer", to(heir), 403},
			{path, to(heir), 204},
		} {
			h.wants(test.path+" "+test.body, h.call(server.RoleAdmin, "POST", test.path, test.body), test.status, "")
		}
		for _, house := range houses {
			if err := house.catalogue.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		h = houses[1]
		h.wants("the former owner publishes", h.put(first, "/v1/frameworks/Heirloom/2.0.0", written("Heirloom", "2.0.0")), 403, "framework-owner")
		h.wants("the former owner withdraws", h.as(first, "POST", "/v1/frameworks/Heirloom/1.0.0/withdrawal", `{"reason": "x"}`), 403, "framework-owner")
		h.wants("the new owner publishes", h.put(heir, "/v1/frameworks/Heirloom/2.0.0", written("Heirloom", "2.0.0")), 201, "")
		h.wants("the new owner withdraws", h.as(heir, "POST", "/v1/frameworks/Heirloom/1.0.0/withdrawal", `{"reason": "x", "successor": "2.0.0"}`), 201, "")
	})
}

// What may become of a withdrawal (semantics 2.2: it cannot be undone).
func TestWithdrawalAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)
	held := func(w server.Withdrawal) []byte {
		raw, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	past, ahead := now.Add(-time.Hour), now.Add(time.Hour)
	for name, c := range map[string]struct {
		was  []byte
		next server.Withdrawal
		want string // successor and date; "same"; or the error
	}{
		"at once":                      {nil, server.Withdrawal{Reason: "x"}, now.String()},
		"later":                        {nil, server.Withdrawal{Reason: "x", Date: ahead}, ahead.String()},
		"of the past":                  {nil, server.Withdrawal{Reason: "x", Date: past}, "invalid"},
		"at once, again":               {held(server.Withdrawal{Reason: "x", Date: past}), server.Withdrawal{Reason: "x"}, "same"},
		"brought forward":              {held(server.Withdrawal{Reason: "x", Date: ahead}), server.Withdrawal{Reason: "x"}, now.String()},
		"put off":                      {held(server.Withdrawal{Reason: "x", Date: now}), server.Withdrawal{Reason: "x", Date: ahead}, "withdrawn"},
		"moved into the past":          {held(server.Withdrawal{Reason: "x", Date: ahead}), server.Withdrawal{Reason: "x", Date: past}, "invalid"},
		"a successor":                  {held(server.Withdrawal{Reason: "x", Date: past}), server.Withdrawal{Reason: "x", Successor: "2.0.0"}, past.String()},
		"another successor":            {held(server.Withdrawal{Reason: "x", Date: past, Successor: "2.0.0"}), server.Withdrawal{Reason: "x", Successor: "3.0.0"}, "withdrawn"},
		"a successor no more":          {held(server.Withdrawal{Reason: "x", Date: past, Successor: "2.0.0"}), server.Withdrawal{Reason: "x"}, "withdrawn"},
		"in another zone, the same":    {held(server.Withdrawal{Reason: "x", Date: ahead}), server.Withdrawal{Reason: "x", Date: ahead.In(time.FixedZone("", 3600))}, "same"},
		"what is stored is unreadable": {[]byte("{"), server.Withdrawal{Reason: "x"}, "error"},
	} {
		raw, err := c.next.After(c.was, now)
		got := "error"
		var w server.Withdrawal
		switch {
		case errors.Is(err, server.ErrWithdrawn):
			got = "withdrawn"
		case err != nil && strings.Contains(err.Error(), "/date"):
			got = "invalid"
		case err == nil && raw == nil:
			got = "same"
		case err == nil && json.Unmarshal(raw, &w) == nil:
			got = w.Date.String()
		}
		if got != c.want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, c.want)
		}
	}
}
