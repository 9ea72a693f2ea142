package server_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// partIn is one in a mode.
func (d *desk) partIn(t *testing.T, mode string) *client.Partition {
	t.Helper()
	p, err := d.AddPartitionIn(t.Context(), d.account, mode)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// again is the same partition in another session, as that sees it.
func (h *house) again(name string, id keys.ID) (*desk, *client.Partition) {
	h.Helper()
	d := h.desk(h.holder(server.DefaultTenant), name)
	list, err := d.Partitions(h.Context(), d.account)
	if err != nil {
		h.Fatal(err)
	}
	n := slices.IndexFunc(list, func(p *client.Partition) bool { return p.ID() == id })
	if n < 0 {
		h.Fatalf("%s has no such partition", name)
	}
	return d, list[n]
}

// wantsKind reports a refusal that is not of a kind; empty: none.
func wantsKind(t *testing.T, what string, err error, kind string) {
	t.Helper()
	if kind == "" && err != nil || kind != "" && !errors.Is(err, client.Kind(kind)) {
		t.Errorf("%s: got %v, want %q", what, err, kind)
	}
}

// Open and close are of one session: what another of the same account, on another
// replica, has open is its own.
func TestWalletPartitionsOpenAndClose(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		d := h[0].desk(h[0].registered("ann"), "ann")
		p := d.partIn(t, contents.Served)
		other, same := h[1].again("ann", p.ID())
		if same.Mode != contents.Served || same.IsOpen {
			t.Errorf("seen by another session: %s, open %v", same.Mode, same.IsOpen)
		}
		wantsKind(t, "closed before it was open", p.Close(ctx), "")
		wantsKind(t, "open", p.Open(ctx), "")
		err := p.Open(ctx)
		wantsKind(t, "open again", err, "already-unlocked")
		if err == nil || !strings.Contains(err.Error(), "Profile already unlocked") {
			t.Errorf("told as %v", err)
		}
		wantsKind(t, "open in another session", same.Open(ctx), "")
		wantsKind(t, "closed", p.Close(ctx), "")
		wantsKind(t, "closed again", p.Close(ctx), "")
		wantsKind(t, "still open in the other session", same.Open(ctx), "already-unlocked")
		id := p.ID()
		all := "partitions/" + b64url(id[:]) + "/close?all=true"
		wantsKind(t, "closed everywhere, without the password", d.Do(ctx, http.MethodPost, all, nil, nil), "step-up-required")
		wantsKind(t, "open once more", p.Open(ctx), "")
		list, err := other.Partitions(ctx, other.account)
		if err != nil || len(list) != 1 || !list[0].IsOpen {
			t.Errorf("after it was closed elsewhere: %v, %v", list, err)
		}
		wantsKind(t, "closed everywhere", p.CloseAll(ctx, secret), "")
		for name, in := range map[string]*desk{"this session": d, "the other": other} {
			if list, err := in.Partitions(ctx, in.account); err != nil || len(list) != 1 || list[0].IsOpen {
				t.Errorf("in %s afterwards: %v, %v", name, list, err)
			}
		}
	})
}

func TestWalletPartitionsModes(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		d := h[0].desk(h[0].registered("ann"), "ann")
		p, custodial := d.partIn(t, contents.Sealed), d.partIn(t, contents.Custodial)
		wantsKind(t, "a sealed one is opened", p.Open(ctx), "partition-mode")
		wantsKind(t, "a custodial one is opened", custodial.Open(ctx), "already-unlocked")
		wantsKind(t, "to served", p.SetMode(ctx, contents.Served), "")
		wantsKind(t, "and opened", p.Open(ctx), "")
		_, same := h[1].again("ann", p.ID())
		wantsKind(t, "opened elsewhere", same.Open(ctx), "")
		wantsKind(t, "sealed again", p.SetMode(ctx, contents.Sealed), "")
		wantsKind(t, "to served again", p.SetMode(ctx, contents.Served), "")
		wantsKind(t, "what was open before the change is not", same.Open(ctx), "")
		wantsKind(t, "to custodial", p.SetMode(ctx, contents.Custodial), "")
		wantsKind(t, "to no mode", p.SetMode(ctx, "open"), "invalid")
		for mode, want := range map[string]string{contents.Sealed: "invalid", contents.Served: "invalid", "": "invalid"} {
			id := keys.NewID()
			body := map[string]any{"id": b64url(id[:]), "epoch": 1, "root": 1, "mode": mode, "key": b64url(make([]byte, 113))}
			if mode == contents.Sealed {
				body["serve"] = b64url(make([]byte, 32)) // of a sealed one the server is to learn nothing
			}
			wantsKind(t, "a partition "+mode, d.Do(ctx, http.MethodPost, "partitions", body, nil), want)
		}
	})
}

// A server that is given another key than before says so, rather than sealing
// under it what its holder could not open.
func TestWalletPartitionsKeepTheirKey(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		d := h[0].desk(h[0].registered("ann"), "ann")
		p := d.partIn(t, contents.Served)
		id := p.ID()
		at := "partitions/" + b64url(id[:])
		wrong := map[string]any{"epoch": 1, "key": b64url(make([]byte, 32))}
		wantsKind(t, "opened with another key", d.Do(ctx, http.MethodPost, at+"/open", map[string]any{"keys": []any{wrong}}, nil), "partition-key")
		wantsKind(t, "served under another key", d.Do(ctx, http.MethodPut, at, map[string]any{"mode": contents.Custodial, "keys": []any{wrong}}, nil), "partition-key")
		next := map[string]any{"epoch": 2, "key": b64url(make([]byte, 32))}
		wantsKind(t, "with an epoch that there is not", d.Do(ctx, http.MethodPost, at+"/open", map[string]any{"keys": []any{wrong, next}}, nil), "version")
		wantsKind(t, "that epoch alone", d.Do(ctx, http.MethodPost, at+"/open", map[string]any{"keys": []any{next}}, nil), "version")
		wantsKind(t, "an epoch twice", d.Do(ctx, http.MethodPut, at, map[string]any{"mode": contents.Custodial, "keys": []any{wrong, wrong}}, nil), "version")
		for _, bad := range []any{nil, []any{}, []any{1}, []any{map[string]any{"epoch": 1}}, []any{map[string]any{"epoch": 1, "key": "AAAA"}}, []any{map[string]any{"epoch": 0, "key": wrong["key"]}}, slices.Repeat([]any{wrong}, 65)} {
			wantsKind(t, "keys that are none", d.Do(ctx, http.MethodPost, at+"/open", map[string]any{"keys": bad}, nil), "invalid")
		}
		added := map[string]any{"id": b64url(id[:]), "epoch": 2, "root": 1, "mode": contents.Sealed, "key": b64url(make([]byte, 113))}
		wantsKind(t, "an epoch in another mode", d.Do(ctx, http.MethodPost, "partitions", added, nil), "partition-mode")
	})
}

// A new epoch closes what was open: without its key nothing more is done.
func TestWalletPartitionsEndWithTheirEpoch(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		d := h[0].desk(h[0].registered("ann"), "ann")
		p := d.partIn(t, contents.Served)
		wantsKind(t, "opened", p.Open(ctx), "")
		id := p.ID()
		k := keys.Served(d.account.Account, id, 2, keys.New())
		serve := k.Serve()
		body := map[string]any{"id": b64url(id[:]), "epoch": 2, "root": 1, "mode": contents.Served, "key": b64url(d.account.Root.Partition(k)), "serve": b64url(serve[:])}
		wantsKind(t, "a new epoch", d.Do(ctx, http.MethodPost, "partitions", body, nil), "")
		_, same := h[1].again("ann", id)
		wantsKind(t, "opened in both epochs", same.Open(ctx), "")
		wantsKind(t, "with the key of the first alone", p.Open(ctx), "version")
		list, err := d.Partitions(ctx, d.account)
		if err != nil || len(list) != 1 || list[0].IsOpen {
			t.Errorf("in its new epoch it is open: %v, %v", list, err)
		}
	})
}

// Many requests of one session that open at once all do, on two replicas.
func TestWalletPartitionsOpenAtOnce(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		c := h[0].registered("ann")
		d := h[0].desk(c, "ann")
		var parts []*client.Partition
		for range 8 {
			parts = append(parts, d.partIn(t, contents.Served))
		}
		tap := &held{over: c.HTTP.Transport}
		c.HTTP.Transport = tap
		for _, p := range parts {
			_ = p.Open(ctx) // said, and held back
		}
		c.HTTP.Transport = tap.over
		var all sync.WaitGroup
		for i, r := range tap.said {
			all.Go(func() {
				a := h[i%2].call("", http.MethodPost, "/v1/t/default/wallet/channel", r.body, "Content-Type", "application/cbor", "Procura-Session", r.header)
				if a.StatusCode != http.StatusOK {
					t.Errorf("%d %s", a.StatusCode, a.body)
				}
			})
		}
		all.Wait()
		list, err := d.Partitions(ctx, d.account)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if !p.IsOpen {
				t.Error("one is not open")
			}
		}
	})
}

// A retry of what was done is told that it was, though it could not be done now.
func TestWalletOpenIsRetried(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		d := h[0].desk(h[0].registered("ann"), "ann")
		id, key := keys.NewID(), b64url(make([]byte, 32))
		body := map[string]any{"id": b64url(id[:]), "epoch": 1, "root": 1, "mode": contents.Served, "key": b64url(make([]byte, 113)), "serve": key}
		wantsKind(t, "a partition", d.Do(t.Context(), http.MethodPost, "partitions", body, nil), "")
		ask := channel.Request{Method: http.MethodPost, Path: "/partitions/" + b64url(id[:]) + "/open", ContentType: "application/json", RequestID: "one",
			Body: []byte(`{"keys": [{"epoch": 1, "key": "` + key + `"}]}`)}
		for range 2 {
			if got, err := d.Say(t.Context(), ask); err != nil || got.Status != http.StatusOK {
				t.Errorf("%d %s, %v", got.Status, got.Body, err)
			}
		}
		ask.RequestID = "two"
		if got, err := d.Say(t.Context(), ask); err != nil || got.Status != http.StatusConflict {
			t.Errorf("another that opens it: %d %s, %v", got.Status, got.Body, err)
		}
	})
}

// With its session what it had open ends.
func TestWalletOpenEndsWithItsSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	p := d.partIn(t, contents.Served)
	wantsKind(t, "opened", p.Open(t.Context()), "")
	h.clock.move(10 * time.Minute)
	wantsKind(t, "idle", p.Close(t.Context()), "session")
	_, same := h.again("ann", p.ID())
	if same.IsOpen {
		t.Error("the next session has it open")
	}
}

func TestWalletOpensAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.desk(h.registered("ann"), "ann")
	for range channel.MaxOpened {
		wantsKind(t, "one more", d.partIn(t, contents.Served).Open(t.Context()), "")
	}
	wantsKind(t, "one too many", d.partIn(t, contents.Served).Open(t.Context()), "too-many-open")
}

// Another's, of this tenant or another: as if there were none.
func TestWalletPartitionsOfOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, ben := h.desk(h.registered("ann"), "ann"), h.desk(h.registered("ben"), "ben")
	id := ann.partIn(t, contents.Served).ID()
	at := "partitions/" + b64url(id[:])
	given := map[string]any{"keys": []any{map[string]any{"epoch": 1, "key": b64url(make([]byte, 32))}}}
	for call, body := range map[string]any{
		"POST " + at + "/open": given, "POST " + at + "/close": nil,
		"PUT " + at: map[string]any{"mode": contents.Sealed},
	} {
		method, path, _ := strings.Cut(call, " ")
		wantsKind(t, call, ben.Do(t.Context(), method, path, body, nil), "partition-unknown")
	}
}

// held holds back what is said through the channel.
type held struct {
	over http.RoundTripper
	said []struct{ header, body string }
}

func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	tap := &tapped{over: refusing{}}
	_, _ = tap.RoundTrip(r)
	body, header := tap.last()
	h.said = append(h.said, struct{ header, body string }{header, string(body)})
	return nil, errors.New("held back")
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }
