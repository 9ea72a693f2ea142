package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/wallet"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// A desk is somebody at work in their wallet.
type desk struct {
	*client.Session
	account *client.Account
	part    *client.Partition
}

func (h *house) desk(c *client.Client, name string) *desk {
	h.Helper()
	s, err := c.Login(h.Context(), name, secret, "")
	if err != nil {
		h.Fatal(err)
	}
	a, err := s.Open(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	return &desk{Session: s, account: a}
}

// withPartition is one with a partition too.
func (h *house) withPartition(name string) *desk {
	h.Helper()
	d := h.desk(h.registered(name), name)
	var err error
	if d.part, err = d.AddPartition(h.Context(), d.account); err != nil {
		h.Fatal(err)
	}
	return d
}

func credential(own string) *client.Item {
	return &client.Item{Item: keys.Item{Kind: "credential"}, Own: own, Content: []byte(`{"id": "` + own + `"}`)}
}

func TestWalletContents(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.withPartition("ann")
	box := &client.Item{Item: keys.Item{Kind: "collection"}, Own: "papers", Content: []byte("Papers")}
	one := credential("urn:1")
	one.Collection, one.Tags = "papers", []string{"issuer=did:example:a"}
	for _, i := range []*client.Item{box, one, credential("urn:2")} {
		if err := d.part.Add(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	again := h.desk(h.holder(server.DefaultTenant), "ann") // another session, as on another device
	parts, err := again.Partitions(t.Context(), again.account)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d partitions, %v", len(parts), err)
	}
	for want, f := range map[string]client.Find{
		"urn:1": {Own: "urn:1"}, "urn:1 by its collection": {Collection: "papers"}, "urn:1 by a tag": {Tag: "issuer=did:example:a"},
	} {
		list, err := parts[0].All(t.Context(), f)
		if err != nil || len(list) != 1 || !bytes.Equal(list[0].Content, one.Content) {
			t.Errorf("%s: %d items, %v", want, len(list), err)
		}
	}
	if list, err := parts[0].All(t.Context(), client.Find{Kind: "credential"}); err != nil || len(list) != 2 {
		t.Errorf("%d credentials, %v", len(list), err)
	}
	one.Content = []byte("changed")
	if err := d.part.Change(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	stale := *one
	stale.Version = 1
	if err := parts[0].Change(t.Context(), &stale); !errors.Is(err, client.Kind("version")) {
		t.Errorf("two devices that change at once: %v", err)
	}
	if got, err := parts[0].Get(t.Context(), one.ID); err != nil || string(got.Content) != "changed" {
		t.Errorf("got %+v, %v", got, err)
	}
	for kind, try := range map[string]func() error{
		"item-tag-exists":      func() error { return d.part.Add(t.Context(), credential("urn:2")) },
		"item-exists":          func() error { i := credential("urn:3"); i.ID = one.ID; return d.part.Add(t.Context(), i) },
		"collection-unknown":   func() error { i := credential("urn:3"); i.Collection = "none"; return d.part.Add(t.Context(), i) },
		"invalid":              func() error { i := credential("urn:3"); i.Kind = "cat"; return d.part.Add(t.Context(), i) },
		"item-unknown":         func() error { _, err := d.part.Get(t.Context(), keys.NewID()); return err },
		"collection-not-empty": func() error { return d.part.Remove(t.Context(), box) },
	} {
		if err := try(); !errors.Is(err, client.Kind(kind)) {
			t.Errorf("want %s, got %v", kind, err)
		}
	}
	if err := d.part.Remove(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if err := d.part.Remove(t.Context(), box); err != nil {
		t.Fatal(err)
	}
}

// What nobody but its holder can read is in no log, and not in the database.
func TestWalletShowsNothing(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	h := settled(t, s)
	d := h.withPartition("ann")
	canary := strings.Repeat("canary", 8)
	i := credential(canary)
	i.Collection = ""
	if err := d.part.Add(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(h.log.String(), "canary") || strings.Contains(h.log.String(), secret) {
		t.Error("the log shows what was sealed")
	}
	if said := fmt.Sprintf("%+v %v %#v", *d.Session, d.Session, d.Session); strings.ReplaceAll(said, "[session]", "") != "  " {
		t.Error("a session is shown with its keys")
	}
	list := h.contents(d)
	if strings.Contains(list, "canary") {
		t.Errorf("the server has what was sealed: %s", list)
	}
}

// contents is all that the server has of somebody's partition.
func (h *house) contents(d *desk) string {
	h.Helper()
	var all any
	id := d.part.ID()
	if err := d.Do(h.Context(), http.MethodGet, "partitions/"+b64url(id[:])+"/items", nil, &all); err != nil {
		h.Fatal(err)
	}
	return fmt.Sprint(all)
}

// Every operation, by another's session: nothing of the one is the other's.
func TestWalletsAreApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, ben := h.withPartition("ann"), h.withPartition("ben")
	i := credential("urn:1")
	if err := ann.part.Add(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	id := ann.part.ID()
	at := "partitions/" + b64url(id[:]) + "/items"
	for call, want := range map[string]string{
		"GET " + at + "/" + b64url(i.ID[:]):                   "item-unknown",
		"DELETE " + at + "/" + b64url(i.ID[:]) + "?version=1": "version",
	} {
		method, path, _ := strings.Cut(call, " ")
		if err := ben.Do(t.Context(), method, path, nil, nil); !errors.Is(err, client.Kind(want)) {
			t.Errorf("%s: %v, want %s", call, err, want)
		}
	}
	var got struct{ Items, Partitions, Devices, Entries []any }
	if err := ben.Do(t.Context(), http.MethodGet, at, nil, &got); err != nil || len(got.Items) != 0 {
		t.Errorf("another's items: %v, %v", got.Items, err)
	}
	for path, list := range map[string]*[]any{"partitions": &got.Partitions, "devices": &got.Devices} {
		if err := ben.Do(t.Context(), http.MethodGet, path, nil, &got); err != nil || len(*list) != 1 {
			t.Errorf("%s: %v, %v", path, *list, err)
		}
	}
}

func TestWalletSessionsEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.withPartition("ann")
	gone := func(what string) {
		t.Helper()
		if err := d.Do(t.Context(), http.MethodGet, "account", nil, nil); !errors.Is(err, client.Kind("session")) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := d.Do(t.Context(), http.MethodDelete, "session", nil, nil); err != nil {
		t.Fatal(err)
	}
	gone("closed")
	_ = d.Close(t.Context()) // the server knows it no more; the client forgets its keys
	if err := d.Do(t.Context(), http.MethodGet, "account", nil, nil); !errors.Is(err, client.ErrClosed) {
		t.Errorf("closed here: %v", err)
	}
	d = h.desk(h.holder(server.DefaultTenant), "ann")
	h.clock.move(9 * time.Minute)
	if err := d.Do(t.Context(), http.MethodGet, "account", nil, nil); err != nil {
		t.Error(err)
	}
	h.clock.move(9 * time.Minute)
	if err := d.Do(t.Context(), http.MethodGet, "account", nil, nil); err != nil {
		t.Errorf("a session in use: %v", err)
	}
	h.clock.move(10 * time.Minute)
	gone("idle")
	d = h.desk(h.holder(server.DefaultTenant), "ann")
	for range 12*6 + 2 {
		h.clock.move(9*time.Minute + 50*time.Second)
		if err := d.Do(t.Context(), http.MethodGet, "account", nil, nil); err != nil {
			break
		}
	}
	gone("after twelve hours")
}

// A stolen header alone does nothing, and what was said once says nothing again.
func TestChannelRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.registered("ann")
	tap := &tapped{over: c.HTTP.Transport}
	c.HTTP.Transport = tap
	d := h.desk(c, "ann")
	said, header := tap.last()
	send := func(tenant, header, media string, body []byte) *answer {
		return h.call("", http.MethodPost, "/v1/t/"+tenant+"/wallet/channel", string(body), "Content-Type", media, "Procura-Session", header)
	}
	const cbor = "application/cbor"
	h.wants("said again", send("default", header, cbor, said), http.StatusConflict, "channel-replayed")
	h.wants("to another tenant", send(elsewhere, header, cbor, said), http.StatusUnauthorized, "session")
	h.wants("without a session", send("default", "", cbor, said), http.StatusUnauthorized, "session")
	h.wants("of another session", send("default", strings.Repeat("A", 64), cbor, said), http.StatusUnauthorized, "session")
	stolen := []byte(header)
	stolen[40] ^= 1
	h.wants("with another key", send("default", string(stolen), cbor, said), http.StatusUnauthorized, "session")
	h.wants("nothing said", send("default", header, cbor, nil), http.StatusBadRequest, "channel-message")
	h.wants("garbage", send("default", header, cbor, []byte("garbage")), http.StatusBadRequest, "channel-message")
	h.wants("in the clear", send("default", header, "application/json", []byte(`{"method": "GET", "path": "/account"}`)), http.StatusUnsupportedMediaType, "unsupported-media-type")
	changed := bytes.Clone(said)
	changed[len(changed)-1] ^= 1
	h.wants("changed", send("default", header, cbor, changed), http.StatusBadRequest, "channel-message")
	other := h.desk(h.registered("ben"), "ben")
	if err := other.Do(t.Context(), http.MethodGet, "account", nil, nil); err != nil {
		t.Error(err)
	}
	if err := d.Do(t.Context(), http.MethodGet, "account", nil, nil); err != nil {
		t.Errorf("the session after all that: %v", err)
	}
	for range 2 {
		if err := d.Do(t.Context(), http.MethodGet, "nothing", nil, nil); !errors.Is(err, client.Kind("not-found")) {
			t.Errorf("what there is not: %v", err)
		}
	}
	h.wants("outside", h.call("", http.MethodGet, "/v1/t/default/wallet/account", ""), http.StatusNotFound, "not-found")
}

// tapped keeps what was sent through the channel.
type tapped struct {
	over http.RoundTripper
	mu   sync.Mutex
	body []byte
	head string
}

func (t *tapped) RoundTrip(r *http.Request) (*http.Response, error) {
	if head := r.Header.Get("Procura-Session"); head != "" {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		t.mu.Lock()
		t.body, _ = io.ReadAll(body)
		t.head = head
		t.mu.Unlock()
	}
	return t.over.RoundTrip(r)
}

func (t *tapped) last() ([]byte, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.body, t.head
}

// A retry, which has a new number and the same id, changes nothing twice; a
// message that reaches two replicas is heard by one.
func TestChannelDoesOnce(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	h := settled(t, s)
	second := build(t, s)
	c := h.registered("ann")
	tap := &tapped{over: c.HTTP.Transport}
	c.HTTP.Transport = tap
	d := h.desk(c, "ann")
	id := keys.NewID()
	ask := channel.Request{Method: http.MethodPost, Path: "/partitions", ContentType: "application/json", RequestID: "one",
		Body: []byte(`{"id": "` + b64url(id[:]) + `", "epoch": 1, "root": 1, "mode": "sealed", "key": "` + b64url(make([]byte, 113)) + `"}`)}
	for range 3 {
		got, err := d.Say(t.Context(), ask)
		if err != nil || got.Status >= 300 || !strings.Contains(string(got.Body), b64url(id[:])) {
			t.Errorf("%d %s, %v", got.Status, got.Body, err)
		}
	}
	var listed struct{ Partitions []any }
	if err := d.Do(t.Context(), http.MethodGet, "partitions", nil, &listed); err != nil || len(listed.Partitions) != 1 {
		t.Errorf("%d partitions, %v", len(listed.Partitions), err)
	}
	said, header := tap.last()
	for _, each := range []*house{h, second} {
		a := each.call("", http.MethodPost, "/v1/t/default/wallet/channel", string(said), "Content-Type", "application/cbor", "Procura-Session", header)
		each.wants("said again", a, http.StatusConflict, "channel-replayed")
	}
}

// Many requests of one session over two replicas: each is done once.
func TestChannelAtOnce(t *testing.T) {
	t.Parallel()
	s := openSQLite(t)
	h := settled(t, s)
	houses := []*house{h, build(t, s)}
	d := h.withPartition("ann")
	var done atomic.Int32
	var all sync.WaitGroup
	for n := range 8 {
		other := h.desk(houses[n%2].holder(server.DefaultTenant), "ann")
		parts, err := other.Partitions(t.Context(), other.account)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			for i := range 10 {
				if err := parts[0].Add(t.Context(), credential(fmt.Sprint("urn:", i))); err == nil {
					done.Add(1)
				} else if !errors.Is(err, client.Kind("item-tag-exists")) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if list, err := d.part.All(t.Context(), client.Find{}); err != nil || len(list) != 10 || done.Load() != 10 {
		t.Errorf("%d items, %d were said to be added, %v", len(list), done.Load(), err)
	}
}

// No operation without an action of the policy, and no action without one; and
// the document has them all.
func TestWalletActions(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/wallet-actions.md")
	if err != nil {
		t.Fatal(err)
	}
	set := string(wallet.Set().Rego["authz.rego"])
	_, actions, _ := strings.Cut(set, "actions := {")
	actions, _, _ = strings.Cut(actions, "}")
	var named []string
	for _, o := range server.WalletOperations() {
		named = append(named, o.Action)
		if !strings.Contains(actions, `"`+o.Action+`"`) {
			t.Errorf("%s %s: the policy knows no %s", o.Method, o.Path, o.Action)
		}
		_, strong, _ := strings.Cut(set, "strong := {")
		strong, _, _ = strings.Cut(strong, "}")
		if o.Strong != strings.Contains(strong, `"`+o.Action+`"`) {
			t.Errorf("%s needs the password again in one of policy and server alone", o.Action)
		}
		if row := "| `" + o.Method + " " + o.Path + "` | `" + o.Action + "` |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/wallet-actions.md lacks %s", row)
		}
	}
	administrative, _, _ := strings.Cut(set, "known if")
	for _, o := range server.AdminOperations() {
		if !strings.Contains(administrative, `"`+o.Action+`"`) {
			t.Errorf("%s %s: the policy knows no %s", o.Method, o.Path, o.Action)
		}
		if row := "| `" + o.Method + " " + o.Path + "` | `" + o.Action + "` |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/wallet-actions.md lacks %s", row)
		}
	}
	for _, line := range strings.Split(actions, ",") {
		if name := strings.Trim(strings.TrimSpace(line), `"`); name != "" && !slices.Contains(named, name) {
			t.Errorf("%s is an action of nothing", name)
		}
	}
}
