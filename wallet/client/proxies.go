package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// A Represented is one for whom the account keeps partitions, which are custodial,
// and what who proves to be a proxy may do there.
type Represented struct {
	ID         keys.ID              `json:"id"`
	Version    uint64               `json:"version"` // 0: not kept yet
	Begun      time.Time            `json:"begun,omitzero"`
	Proxied    facts.ProxiedRequest `json:"proxied"`
	Framework  facts.FrameworkName  `json:"framework"`
	Grants     map[string][]string  `json:"grants"` // permission of the framework → actions
	Duties     []string             `json:"duties"` // that come with a permit, and that others do
	Partitions []keys.ID            `json:"partitions"`
}

// Represented are those for whom the account keeps partitions.
func (s *Session) Represented(ctx context.Context) ([]*Represented, error) {
	var got struct{ Represented []*Represented }
	err := s.Do(ctx, http.MethodGet, "represented", nil, &got)
	return got.Represented, err
}

// Represent keeps for whom partitions are kept: a new one, or another version of the
// one that was read. Whoever acts for them must prove anew that they may.
func (s *Session) Represent(ctx context.Context, password string, r *Represented) error {
	if r.Version == 0 && r.ID == (keys.ID{}) {
		r.ID = keys.NewID()
	}
	body := map[string]any{"version": r.Version + 1, "proxied": r.Proxied, "framework": r.Framework, "grants": r.Grants, "partitions": r.Partitions}
	if len(r.Duties) > 0 {
		body["duties"] = r.Duties
	}
	err := s.DoAgain(ctx, password, http.MethodPut, "represented/"+text(r.ID), body, nil)
	if err == nil {
		r.Version++
	}
	return err
}

// RepresentNoMore ends that one is represented. Who acts for them acts no more.
func (s *Session) RepresentNoMore(ctx context.Context, r *Represented) error {
	return s.Do(ctx, http.MethodDelete, fmt.Sprintf("represented/%s?version=%d", text(r.ID), r.Version), nil, nil)
}

// A ProxyQuestion asks to act in another's account, for one who is represented there.
type ProxyQuestion struct {
	Account     string               `json:"account"` // its name
	Permissions []string             `json:"permissions"`
	Proxied     facts.ProxiedRequest `json:"proxied"`
	Framework   facts.FrameworkName  `json:"framework"`
}

// A ProxyChallenge is what a presentation must be over to answer it.
type ProxyChallenge struct {
	Nonce, Domain, Ticket string
	Random                b64
	Expires               time.Time
}

// ErrChallenge says that a nonce is not one for this session: signed, it would let
// somebody else act.
var ErrChallenge = errors.New("the server gave a nonce that is not for this session")

// AskProxy asks what must be presented. It refuses a nonce that is not made for this
// session of this account, or not for this server.
func (s *Session) AskProxy(ctx context.Context, a *Account, q *ProxyQuestion) (*ProxyChallenge, error) {
	c := &ProxyChallenge{}
	if err := s.Do(ctx, http.MethodPost, "proxies/challenges", q, c); err != nil {
		return nil, err
	}
	box, _ := a.Identity.Public()
	nonce, err := base64.RawURLEncoding.Strict().DecodeString(c.Nonce)
	if err != nil || len(c.Random) != 32 {
		return nil, ErrChallenge
	}
	want := channel.GuardianNonce([32]byte(c.Random), s.sid, box)
	if len(nonce) != len(want)+16 || !bytes.HasPrefix(nonce, want[:]) || c.Domain != s.client.Origin {
		return nil, ErrChallenge
	}
	return c, nil
}

// A ProxyDecision is what became of a presentation.
type ProxyDecision struct {
	Permit bool
	Raw    json.RawMessage // the decision, as of POST /v1/evaluations
	Guest  *Guest          // nil: it denied
}

// Present answers a challenge, once, with a presentation: text, or an object.
func (s *Session) Present(ctx context.Context, c *ProxyChallenge, presentation any) (*ProxyDecision, error) {
	var got struct {
		Decision json.RawMessage
		Proxy    *Guest
	}
	body := map[string]any{"ticket": c.Ticket, "presentation": presentation}
	if err := s.Do(ctx, http.MethodPost, "proxies", body, &got); err != nil {
		return nil, err
	}
	if got.Proxy != nil {
		got.Proxy.of(s)
	}
	return &ProxyDecision{got.Proxy != nil, got.Decision, got.Proxy}, nil
}

// Proxies are the accounts in which the session acts.
func (s *Session) Proxies(ctx context.Context) ([]*Guest, error) {
	var got struct{ Proxies []*Guest }
	err := s.Do(ctx, http.MethodGet, "proxies", nil, &got)
	for _, g := range got.Proxies {
		g.of(s)
	}
	return got.Proxies, err
}

// A Guest acts in another's account, while the decision by which it may holds. The
// server opens and seals for it: it has none of the wallet's keys.
type Guest struct {
	Account      keys.ID
	Name         string
	Begun, Until time.Time
	Partitions   []keys.ID // in which it may act

	session *Session // in that account
}

func (g *Guest) of(s *Session) {
	g.session = &Session{client: s.client, name: s.name, guestOf: s, in: &g.Account}
}

// Close ends that the session acts there.
func (g *Guest) Close(ctx context.Context) error {
	return g.session.guestOf.Do(ctx, http.MethodDelete, "proxies/"+text(g.Account), nil, nil)
}

// Do is [Session.Do] in the other's account.
func (g *Guest) Do(ctx context.Context, method, path string, body, answer any) error {
	return g.session.Do(ctx, method, path, body, answer)
}

// Profile is one of that account's, with what a proxy may see of it.
func (g *Guest) Profile(ctx context.Context, name string) (*Profile, error) {
	return g.session.Profile(ctx, name)
}

// A GuestItem is one that a guest reads or keeps.
type GuestItem struct {
	ID         keys.ID
	Kind       string
	Version    uint64
	Own        string   // its own id; not read back
	Collection string   // the own id of the collection that it is in; not read back
	Tags       []string // each field=value; not read back
	Content    []byte
}

// guestItem is one as the server gives it.
type guestItem struct {
	ID      keys.ID
	Kind    string
	Version uint64
	Content b64
}

func (i *guestItem) item() *GuestItem {
	return &GuestItem{ID: i.ID, Kind: i.Kind, Version: i.Version, Content: i.Content}
}

func itemsAt(partition keys.ID) string { return "partitions/" + text(partition) + "/items" }

// Get reads an item.
func (g *Guest) Get(ctx context.Context, partition, id keys.ID) (*GuestItem, error) {
	var got guestItem
	err := g.Do(ctx, http.MethodGet, itemsAt(partition)+"/"+text(id), nil, &got)
	return got.item(), err
}

// Items reads all of a kind, or of every kind, in a collection, or in none or any.
func (g *Guest) Items(ctx context.Context, partition keys.ID, kind, collection string) ([]*GuestItem, error) {
	q := url.Values{"most": {strconv.Itoa(page)}}
	for name, value := range map[string]string{"kind": kind, "collection": collection} {
		if value != "" {
			q.Set(name, value)
		}
	}
	out := []*GuestItem{}
	for {
		var got struct {
			Items []guestItem
			Next  *keys.ID
		}
		if err := g.Do(ctx, http.MethodGet, itemsAt(partition)+"?"+q.Encode(), nil, &got); err != nil {
			return nil, err
		}
		for i := range got.Items {
			out = append(out, got.Items[i].item())
		}
		if got.Next == nil {
			return out, nil
		}
		if q.Get("after") == text(*got.Next) {
			return nil, fmt.Errorf("%w: items come again", ErrServer)
		}
		q.Set("after", text(*got.Next))
	}
}

// Add keeps an item, whose id the server makes.
func (g *Guest) Add(ctx context.Context, partition keys.ID, i *GuestItem) error {
	var got guestItem
	err := g.Do(ctx, http.MethodPost, itemsAt(partition), i.body(), &got)
	if err == nil {
		i.ID, i.Version = got.ID, 1
	}
	return err
}

// Change keeps another content in the place of an item's, whose version is that which
// was read. Its own id and collection stay where none are given; its tags are those
// that are given.
func (g *Guest) Change(ctx context.Context, partition keys.ID, i *GuestItem) error {
	body := i.body()
	body["version"] = i.Version + 1
	err := g.Do(ctx, http.MethodPut, itemsAt(partition)+"/"+text(i.ID), body, nil)
	if err == nil {
		i.Version++
	}
	return err
}

func (i *GuestItem) body() map[string]any {
	body := map[string]any{"kind": i.Kind, "content": b64(i.Content), "tags": append([]string{}, i.Tags...)}
	if i.Own != "" {
		body["own"] = i.Own
	}
	if i.Collection != "" {
		body["collection"] = i.Collection
	}
	return body
}

// Remove removes an item, whose version is that which was read.
func (g *Guest) Remove(ctx context.Context, partition keys.ID, i *GuestItem) error {
	return g.Do(ctx, http.MethodDelete, fmt.Sprintf("%s/%s?version=%d", itemsAt(partition), text(i.ID), i.Version), nil, nil)
}
