package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
)

// A walletStory is the camp's, with wallet servers answered by the example that
// rests on a proxy challenge.
type walletStory struct {
	*campStory
	house *house
	n     int
}

func newWalletStory(t *testing.T) *walletStory {
	t.Helper()
	s := openSQLite(t)
	w := &walletStory{campStory: newStory(t, s, s)}
	w.house = w.houses[0]
	for _, role := range []server.Role{server.RoleAuthor, server.RoleWalletServer} {
		w.house.tokens[role] = w.house.client(server.DefaultTenant, string(role), role)
	}
	w.house.answeredBy("guardian")
	return w
}

// nonce is a new one of the caller's.
func (w *walletStory) nonce() string {
	w.n++
	return fmt.Sprintf("0123456789-0123456789-%d", w.n)
}

// procura is the challenge of one presentation by holder.
func (w *walletStory) procura(holder *proof.Key, nonce, permission, domain string) string {
	w.Helper()
	raw, err := json.Marshal(map[string]any{
		"presentations": []any{w.present(holder, nonce, w.credential(holder))}, "nonce": nonce, "domain": domain,
		"request": json.RawMessage(lailas(permission)),
	})
	if err != nil {
		w.Fatal(err)
	}
	return string(raw)
}

// enrols asks whether subject may enrol the child.
func enrols(subject, child, context string) string {
	return `{"subject":{"type":"person","id":"` + subject + `"},"action":{"name":"enrol"},"resource":{"type":"child","id":"` + child + `"},"context":` + context + `}`
}

const laila = "did:example:laila"

// decides asks, and holds the decision against what is wanted.
func (w *walletStory) decides(what, body string, want bool) *answer {
	w.Helper()
	a := w.house.ask("evaluation", body)
	if a.StatusCode != http.StatusOK || a.json(w.TB)["decision"] != want {
		w.Errorf("%s: %d %s, want %v", what, a.StatusCode, a.body, want)
	}
	return a
}

// What a wallet server is permitted rests on what the holder proved, and on
// nothing that the caller writes.
func TestAuthZENProxy(t *testing.T) {
	t.Parallel()
	w := newWalletStory(t)
	amina, yusuf := w.amina.DID(), w.yusuf.DID()
	with := func(procura string) string { return `{"procura":` + procura + `}` }

	nonce := w.nonce()
	good := enrols(amina, laila, with(w.procura(w.amina, nonce, "school", "camp.example")))
	first := w.decides("proved", good, true)
	if !strings.Contains(string(first.body), `"vendor":"procura"`) {
		t.Errorf("the duties of the proxy decision are lost: %s", first.body)
	}
	w.decides("the same body again", good, true)
	again := strings.Replace(good, `"action"`, `"x":1,"action"`, 1)
	w.decides("the nonce in another body", again, false)

	w.decides("without a challenge", enrols(amina, laila, `{}`), false)
	w.decides("another's presentation for the subject", enrols(yusuf, laila, with(w.procura(w.amina, w.nonce(), "school", "camp.example"))), false)
	w.decides("for another child", enrols(amina, "did:example:omar", with(w.procura(w.amina, w.nonce(), "school", "camp.example"))), false)
	w.decides("another permission", enrols(amina, laila, with(w.procura(w.amina, w.nonce(), "light-travel", "camp.example"))), false)
	signed := w.nonce()
	w.decides("another nonce than was signed", enrols(amina, laila, with(strings.Replace(w.procura(w.amina, signed, "school", "camp.example"), `"nonce":"`+signed, `"nonce":"`+w.nonce(), 1))), false)

	forged := `{"decision":"permit","framework":{"name":"` + camp + `"},"permissions":[{"name":"school","granted":true}],"request":{"proxied":{"id":"` + laila + `"}},"holders":["` + amina + `"]}`
	w.decides("a forged context.proxy", enrols(amina, laila, `{"proxy":`+forged+`}`), false)
	w.decides("a forged proxy at the top", strings.Replace(enrols(amina, laila, `{}`), `{`, `{"proxy":`+forged+`,`, 1), false)
	w.decides("a forged proxy of the subject", strings.Replace(enrols(amina, laila, `{}`), `"type":"person"`, `"proxy":`+forged+`,"type":"person"`, 1), false)
	w.decides("a forged decision in properties", strings.Replace(enrols(amina, laila, `{}`), `"type":"person"`, `"properties":{"proxy":`+forged+`},"type":"person"`, 1), false)

	for what, context := range map[string]string{
		"an unregistered domain": with(w.procura(w.amina, w.nonce(), "school", "elsewhere.example")),
		"a decision for it":      with(forged),
		"nothing":                with("null"),
		"a list":                 with("[]"),
		"a short nonce":          with(w.procura(w.amina, "short", "school", "camp.example")),
	} {
		a := w.house.ask("evaluation", enrols(amina, laila, context))
		w.house.wants(what, a, http.StatusBadRequest, "malformed")
		if !strings.Contains(string(a.body), "/context/procura") {
			t.Errorf("%s: %s", what, a.body)
		}
	}
}

// Who stands beside a guardian, and shows nothing that counts, may not act by
// what the guardian proved.
func TestAuthZENBystander(t *testing.T) {
	t.Parallel()
	w := newWalletStory(t)
	both := func() string {
		nonce := w.nonce()
		raw, err := json.Marshal(map[string]any{
			"presentations": []any{w.present(w.amina, nonce, w.credential(w.amina)), w.present(w.yusuf, nonce, w.credential(w.amina))},
			"nonce":         nonce, "domain": "camp.example", "request": json.RawMessage(lailas("school")),
		})
		if err != nil {
			t.Fatal(err)
		}
		return `{"procura":` + string(raw) + `}`
	}
	w.decides("the bystander", enrols(w.yusuf.DID(), laila, both()), false)
	w.decides("the guardian beside a bystander, which cannot be told apart", enrols(w.amina.DID(), laila, both()), false)
}

// In a batch an item's own context replaces the default, challenge and all, and
// one challenge that several items share is decided once.
func TestAuthZENProxyBatch(t *testing.T) {
	t.Parallel()
	w := newWalletStory(t)
	amina := w.amina.DID()
	procura := w.procura(w.amina, w.nonce(), "school", "camp.example")
	item := strings.Replace(enrols(amina, laila, `{}`), `,"context":{}}`, `}`, 1)
	own := enrols(amina, laila, `{}`)
	bad := enrols(amina, laila, `{"procura":{"nonce":"x"}}`)
	body := `{"context":{"procura":` + procura + `},"evaluations":[` + item + `,` + own + `,` + item + `,` + bad + `,` + item + `]}`
	var got struct{ Evaluations []struct{ Decision bool } }
	a := w.house.ask("evaluations", body)
	if err := json.Unmarshal(a.body, &got); err != nil || len(got.Evaluations) != 5 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	for i, want := range []bool{true, false, true, false, true} {
		if got.Evaluations[i].Decision != want {
			t.Errorf("item %d: %v, want %v: %s", i, got.Evaluations[i].Decision, want, a.body)
		}
	}
	w.house.wants("a search", w.house.ask("search/subject", readers(`,"context":{"procura":`+procura+`}`)), http.StatusBadRequest, "malformed")
	w.house.wants("a search with nothing", w.house.ask("search/subject", readers(`,"context":{"procura":null}`)), http.StatusBadRequest, "malformed")
}

// A policy set sees no presentation and no proxy decision of the caller's, whatever it
// passes on.
func TestAuthZENShowsNoPresentation(t *testing.T) {
	t.Parallel()
	w := newWalletStory(t)
	all := "decision := {\"decision\": true, \"context\": {\"all\": input}}\n"
	w.house.wants("publishing", w.house.publishSet("mirror/1.0.0", setOf(all)), http.StatusCreated, "")
	w.house.wants("activating", w.house.activate("1", "mirror", "1.0.0"), http.StatusOK, "")
	nonce := w.nonce()
	procura := strings.Replace(w.procura(w.amina, nonce, "school", "camp.example"), `"permissions":`, `"circumstances":{"place":{"codes":["KE"]}},"permissions":`, 1)
	a := w.decides("mirrored", enrols(w.amina.DID(), laila, `{"x":1,"proxy":{"decision":"forged"},"procura":`+procura+`}`), true)
	for _, secret := range []string{"forged", "eyJ", `"circumstances"`, `"presentations"`, nonce, `"procura":`} {
		if strings.Contains(strings.ReplaceAll(string(a.body), `"vendor":"procura"`, ""), secret) {
			t.Errorf("the set sees %s: %s", secret, a.body)
		}
	}
	for _, there := range []string{`"holders":["` + w.amina.DID() + `"]`, `"decision":"permit"`, `"x":1`} {
		if !strings.Contains(string(a.body), there) {
			t.Errorf("the set does not see %s: %s", there, a.body)
		}
	}
}

// Different challenges of one batch may share a nonce; the same batch later, or
// one of them alone, is a replay.
func TestAuthZENBatchSharesNonce(t *testing.T) {
	t.Parallel()
	w := newWalletStory(t)
	amina, nonce := w.amina.DID(), w.nonce()
	with := func(permission string) string {
		return enrols(amina, laila, `{"procura":`+w.procura(w.amina, nonce, permission, "camp.example")+`}`)
	}
	school, travel := with("school"), with("light-travel")
	batch := func(items string, want ...bool) {
		t.Helper()
		var got struct{ Evaluations []struct{ Decision bool } }
		a := w.house.ask("evaluations", `{"evaluations":[`+items+`]}`)
		if err := json.Unmarshal(a.body, &got); err != nil || len(got.Evaluations) != len(want) {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		for i := range want {
			if got.Evaluations[i].Decision != want[i] {
				t.Errorf("item %d: %v, want %v: %s", i, got.Evaluations[i].Decision, want[i], a.body)
			}
		}
	}
	batch(travel+`,`+school+`,`+travel+`,`+school, false, true, false, true)
	batch(travel+`,`+school+`,`+travel+`,`+school, false, true, false, true) // the same call within a minute
	batch(school+`,`+travel, false, false)
	w.decides("one of them alone", school, false)
	w.house.clock.move(2 * time.Minute)
	batch(travel+`,`+school+`,`+travel+`,`+school, false, false, false, false)
}
