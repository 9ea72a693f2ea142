package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

const secondCamp = "/bundles/Second%20Camp"

// A bundle is there for who may read its frameworks, and says that it is the same
// until something is another.
func TestBundleDoors(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	author := h.tokens[server.RoleAuthor]
	theirs := h.client(elsewhere, "author", server.RoleAuthor)
	for _, v := range []string{"1.0.0", "1.1.0"} {
		h.wants("publishing", h.put(author, copiedPath+v, copyOf(t, v)), 201, "")
	}
	for _, test := range []struct {
		token  server.Token
		path   string
		status int
	}{
		{author, "/bundles/all.tar.gz", 200},
		{author, secondCamp + ".tar.gz", 200},
		{author, secondCamp + ".tar.gz?range=1.0.0", 200},
		{author, secondCamp + ".tar.gz?range=%3E=2.0.0", 404},
		{author, secondCamp + ".tar.gz?range=%3F", 422},
		{author, secondCamp + "/1.0.0.tar.gz", 200},
		{author, secondCamp + "/1.0.tar.gz", 200},
		{author, secondCamp + "/3.0.0.tar.gz", 404},
		{author, secondCamp + "/x.tar.gz", 404},
		{author, secondCamp + "/1.0.0", 404},
		{author, secondCamp, 404},
		{theirs, secondCamp + ".tar.gz", 404},
		{theirs, secondCamp + "/1.0.0.tar.gz", 404},
		{"", secondCamp + ".tar.gz", 404},
		{"", "/public/default" + secondCamp + ".tar.gz", 404},
		{"", "/bundles/all.tar.gz", 200},
		{"", "/public/default/bundles/Refugee%20Camp%20Guardianship.tar.gz", 200},
		{"", "/public/default/bundles/Refugee%20Camp%20Guardianship/1.0.0.tar.gz", 200},
		{"", "/public/nobody/bundles/Refugee%20Camp%20Guardianship.tar.gz", 404},
		{"wrong", "/bundles/all.tar.gz", 401},
	} {
		a := h.as(test.token, "GET", test.path, "")
		if a.StatusCode != test.status {
			t.Errorf("%s: %d %.200s, want %d", test.path, a.StatusCode, a.body, test.status)
		}
		if tag := a.Header.Get("ETag"); test.status == 200 {
			if again := h.as(test.token, "GET", test.path, "", "If-None-Match", `"x", `+tag); again.StatusCode != http.StatusNotModified {
				t.Errorf("%s again: %d, want 304", test.path, again.StatusCode)
			}
		}
	}
	if all, ours := h.as(theirs, "GET", "/bundles/all.tar.gz", ""), h.as(author, "GET", "/bundles/all.tar.gz", ""); all.Header.Get("ETag") == ours.Header.Get("ETag") {
		t.Error("two tenants get one bundle")
	}
}

// The same frameworks, withdrawals and key give the same tag; another withdrawal,
// publication, hour or key another one.
func TestBundleTags(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	author := h.tokens[server.RoleAuthor]
	h.wants("publishing", h.put(author, copiedPath+"1.0.0", copyOf(t, "1.0.0")), 201, "")
	h.wants("publishing", h.put(author, copiedPath+"1.1.0", copyOf(t, "1.1.0")), 201, "")
	tagOf := func() string {
		t.Helper()
		a := h.as(author, "GET", secondCamp+"/1.0.0.tar.gz", "")
		h.wants("getting", a, 200, "")
		return a.Header.Get("ETag")
	}
	tag := tagOf()
	another := func(what string, want bool) {
		t.Helper()
		if now := tagOf(); (now != tag) != want {
			t.Errorf("%s: %s after %s", what, now, tag)
		} else {
			tag = now
		}
	}
	another("nothing changed", false)
	h.wants("publishing", h.put(author, "/v1/frameworks/Second%20Camp/1.2.0", copyOf(t, "1.2.0")), 201, "")
	another("another version of the name", false)
	h.wants("withdrawing", h.as(author, "POST", copiedPath+"1.1.0/withdrawal", `{"reason": "x"}`), 201, "")
	another("a withdrawal of the name", true)
	h.clock.move(59 * time.Minute)
	another("the same hour", false)
	h.clock.move(time.Minute)
	another("the next hour, of which nobody heard", false)
	if err := h.catalogue.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.clock.move(time.Hour)
	another("withdrawals told anew", true)
}

// Who waits is answered when there is another bundle, and not before.
func TestBundleWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	author := h.tokens[server.RoleAuthor]
	h.wants("publishing", h.put(author, copiedPath+"1.0.0", copyOf(t, "1.0.0")), 201, "")
	first := h.as(author, "GET", secondCamp+".tar.gz", "", "Prefer", "modes=snapshot,delta;wait=60")
	h.wants("at once", first, 200, "")
	if media := first.Header.Get("Content-Type"); media != "application/vnd.openpolicyagent.bundles" {
		t.Errorf("of %s: OPA does not wait", media)
	}
	tag := first.Header.Get("ETag")
	short := h.as(author, "GET", secondCamp+".tar.gz", "", "Prefer", "wait=1", "If-None-Match", tag)
	if short.StatusCode != http.StatusNotModified || short.Header.Get("ETag") != tag {
		t.Errorf("after a second: %d %s", short.StatusCode, short.Header.Get("ETag"))
	}
	waited := make(chan *answer, 1)
	go func() {
		waited <- h.as(author, "GET", secondCamp+".tar.gz", "", "Prefer", "modes=snapshot;wait=60", "If-None-Match", tag)
	}()
	h.wants("another name", h.put(author, "/v1/frameworks/Third%20Camp/1.0.0", []byte(strings.NewReplacer(copied, "Third Camp", copiedURI, "https://third.example").Replace(string(copyOf(t, "1.0.0"))))), 201, "")
	select {
	case a := <-waited:
		t.Fatalf("answered %d where nothing of it changed", a.StatusCode)
	default:
	}
	h.wants("withdrawing", h.as(author, "POST", copiedPath+"1.0.0/withdrawal", `{"reason": "x"}`), 201, "")
	if a := <-waited; a.StatusCode != 200 || a.Header.Get("ETag") == tag {
		t.Errorf("after the withdrawal: %d %s", a.StatusCode, a.Header.Get("ETag"))
	}
}

// What is withdrawn is listed for who may read it.
func TestWithdrawnList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	author := h.tokens[server.RoleAuthor]
	h.wants("publishing", h.put(author, copiedPath+"1.0.0", copyOf(t, "1.0.0")), 201, "")
	h.wants("withdrawing", h.as(author, "POST", copiedPath+"1.0.0/withdrawal", `{"reason": "a fault"}`), 201, "")
	for token, want := range map[server.Token]int{author: 1, h.client(elsewhere, "author", server.RoleAuthor): 0, "": 0} {
		list, _ := h.as(token, "GET", "/bundles/withdrawn.json", "").json(t)["withdrawn"].([]any)
		if len(list) != want {
			t.Errorf("%q reads %v, want %d", token, list, want)
		}
	}
}

// The bundle of one choice is held once, however its range is written.
func TestBundlesOfRanges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	author := h.tokens[server.RoleAuthor]
	for _, v := range []string{"1.0.0", "1.1.0"} {
		h.wants("publishing", h.put(author, copiedPath+v, copyOf(t, v)), 201, "")
	}
	for i := range 20 {
		h.wants("a range", h.as(author, "GET", fmt.Sprintf("%s.tar.gz?range=%%3C1.%d.0", secondCamp, i+2), ""), 200, "")
		h.wants("a range", h.as(author, "GET", fmt.Sprintf("%s.tar.gz?range=%%3C1.0.%d", secondCamp, i+1), ""), 200, "")
	}
	if n := h.server.BundlesHeld(); n != 2 {
		t.Errorf("%d bundles are held, want 2", n)
	}
}

// When the server stops, those who wait are answered.
func TestBundleWaitsEndWithTheServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tag := h.as("", "GET", "/bundles/all.tar.gz", "").Header.Get("ETag")
	waited := make(chan *answer, 1)
	go func() {
		waited <- h.as("", "GET", "/bundles/all.tar.gz", "", "Prefer", "wait=60", "If-None-Match", tag)
	}()
	server.Drain(h.server)
	if a := <-waited; a.StatusCode != http.StatusNotModified {
		t.Errorf("answered %d", a.StatusCode)
	}
}

// A bundle that takes long to make is made although nobody waits for it: who asks
// again finds it.
func TestBundlesAreMadeForWhoAsksAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server.Impatient(h.server)
	first := h.call("", "GET", "/bundles/all.tar.gz", "")
	h.wants("the first", first, http.StatusServiceUnavailable, "bundle-making")
	if first.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to ask again")
	}
	for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		again := h.call("", "GET", "/bundles/all.tar.gz", "")
		if again.StatusCode == http.StatusOK {
			return
		}
		h.wants("before it is made", again, http.StatusServiceUnavailable, "bundle-making")
		if time.Now().After(until) {
			t.Fatal("it is never made")
		}
	}
}

func TestPreferredWaits(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"": 0, "wait=5": 5 * time.Second, "modes=snapshot;wait=7": 7 * time.Second, "respond-async, wait=60": time.Minute,
		"wait=61": time.Minute, "wait=999999": time.Minute, "wait=9999999": 0, "wait=-1": 0, "wait=x": 0, "await=5": 0,
	} {
		if got := server.Preferred(header); got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
	}
}
