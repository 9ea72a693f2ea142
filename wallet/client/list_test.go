package client

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// speaking is a session whose server says what it likes, under the right keys.
func speaking(t *testing.T, say func(channel.Request) channel.Answer) *Session {
	t.Helper()
	k, err := channel.Derive(make([]byte, 64))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		heard, err := k.Hear(raw)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = w.Write(heard.Answer(say(heard.Request)))
	}))
	t.Cleanup(s.Close)
	return newSession(&Client{Origin: s.URL, Tenant: "default"}, "ann", k, keys.Key{})
}

// A server that gives the same items for each page would have a client list for
// ever. One whose pages are too large to read is asked for smaller ones.
func TestListsOfHostileServers(t *testing.T) {
	t.Parallel()
	account := keys.Account{Tenant: "default", ID: keys.NewID()}
	k := keys.NewPartition(account)
	item := keys.Item{ID: keys.NewID(), Kind: contents.KindMetadata, Version: 1}
	sealed := k.Seal(item, []byte("x"))
	one := map[string]any{"id": b64(item.ID[:]), "kind": item.Kind, "epoch": 1, "version": 1, "key": b64(sealed.Key), "content": b64(sealed.Content)}
	page := func(times, padding int) []byte {
		list := make([]any, times)
		for i := range list {
			list[i] = one
		}
		raw, err := json.Marshal(map[string]any{"items": list, "padding": strings.Repeat("x", padding)})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for name, c := range map[string]struct {
		say   func(query string) []byte
		asked int
		fails error
	}{
		"one page":                {func(string) []byte { return page(1, 0) }, 1, nil},
		"a page that comes again": {func(string) []byte { return page(100, 0) }, 1, ErrServer},
		"pages that are too large": {func(query string) []byte {
			if strings.Contains(query, "most=25") {
				return page(1, 0)
			}
			return page(1, maxAnswer)
		}, 3, nil},
		"pages that stay too large": {func(string) []byte { return page(1, maxAnswer) }, 7, ErrServer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			s := speaking(t, func(r channel.Request) channel.Answer {
				asked++
				return channel.Answer{Status: http.StatusOK, ContentType: "application/json", Body: c.say(r.Query)}
			})
			p := &Partition{session: s, keys: k, epochs: map[uint64]*keys.Partition{1: k}}
			got, err := p.All(t.Context(), Find{})
			if c.fails != nil && !errors.Is(err, c.fails) || c.fails == nil && (err != nil || len(got) != 1) {
				t.Errorf("%d items, %v; want %v", len(got), err, c.fails)
			}
			if asked != c.asked {
				t.Errorf("asked %d times, want %d", asked, c.asked)
			}
		})
	}
}
