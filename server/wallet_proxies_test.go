package server_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// A nursery is Laila's wallet, and Amina, her grandmother, with one of her own.
type nursery struct {
	*campStory
	t      *testing.T
	laila  *acting
	papers *client.Partition // custodial, as that of her keys
	key    *client.Key
	terms  *client.Represented
	guest  *desk // Amina's, through the other process
}

// everything is what an owner can let a proxy do.
func everything() (out []string) {
	for _, o := range server.WalletOperations() {
		if server.Proxiable(o.Action) && !slices.Contains(out, o.Action) {
			out = append(out, o.Action)
		}
	}
	return out
}

func newNursery(t *testing.T, h [2]*house) *nursery {
	t.Helper()
	n := &nursery{t: t, campStory: &campStory{TB: t, houses: h}}
	for _, key := range []**proof.Key{&n.issuer, &n.amina, &n.yusuf} {
		var err error
		if *key, err = proof.GenerateKey(proof.Ed25519); err != nil {
			t.Fatal(err)
		}
	}
	n.list(n.issuer.DID())
	n.laila = h[0].acting(t, "laila", contents.Custodial)
	n.papers = n.laila.partIn(t, contents.Custodial)
	n.key = n.laila.made(t, proof.Ed25519)
	n.terms = &client.Represented{
		Proxied:    facts.ProxiedRequest{ID: "did:example:laila", Attributes: firstName},
		Framework:  facts.FrameworkName{Name: camp, Range: "^1.0.0"},
		Grants:     map[string][]string{"school": everything()},
		Duties:     []string{"guardian-present"},
		Partitions: []keys.ID{n.papers.ID(), n.laila.kms.ID()},
	}
	n.represent()
	n.guest = h[1].desk(h[1].registered("amina"), "amina")
	return n
}

// represent puts the terms in force.
func (n *nursery) represent() {
	n.t.Helper()
	if err := n.laila.Represent(n.t.Context(), secret, n.terms); err != nil {
		n.t.Fatal(err)
	}
}

// firstName is by what else she is known.
var firstName = map[string]facts.Comparable{"firstName": {Text: "Laila"}}

// about is what Amina asks.
func about(account, id string) *client.ProxyQuestion {
	return &client.ProxyQuestion{Account: account, Permissions: []string{"school"}, Proxied: facts.ProxiedRequest{ID: id, Attributes: firstName}, Framework: facts.FrameworkName{Name: camp}}
}

// challenged has a guest ask.
func (n *nursery) challenged(guest *desk, q *client.ProxyQuestion) *client.ProxyChallenge {
	n.t.Helper()
	c, err := guest.AskProxy(n.t.Context(), guest.account, q)
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// shows is a holder's presentation for a challenge.
func (n *nursery) shows(holder *proof.Key, c *client.ProxyChallenge, credential any) string {
	n.t.Helper()
	signer := &proof.Signer{Key: holder, At: n.houses[1].clock.now()}
	p, err := signer.Presentation(n.t.Context(), []any{credential}, vc.FormatVPJWT11, proof.Expect{Nonce: c.Nonce, Domain: c.Domain})
	if err != nil {
		n.t.Fatal(err)
	}
	return p.(string)
}

// enters is Amina in Laila's wallet.
func (n *nursery) enters() *client.Guest {
	n.t.Helper()
	return n.entersBy(about("laila", "did:example:laila"), n.credential(n.amina))
}

func (n *nursery) entersBy(q *client.ProxyQuestion, credential any) *client.Guest {
	n.t.Helper()
	c := n.challenged(n.guest, q)
	got, err := n.guest.Present(n.t.Context(), c, n.shows(n.amina, c, credential))
	if err != nil || !got.Permit {
		n.t.Fatalf("%s, %v", got.Raw, err)
	}
	return got.Guest
}

// in is what a session says to do something in an account.
func in(path string, account keys.ID) string {
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	return path + sign + "in=" + b64url(account[:])
}

func note(text string) *client.GuestItem {
	return &client.GuestItem{Kind: contents.KindMetadata, Content: []byte(text)}
}

// What the owner lets a guardian do in custodial partitions, she does: the owner
// reads what she wrote, she reads what the owner wrote, and both audits say so.
func TestProxyActsInCustodialPartitions(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx, n := t.Context(), newNursery(t, h)
		g, part := n.enters(), n.papers.ID()
		box := &client.Item{Item: keys.Item{Kind: contents.KindCollection}, Own: "school", Content: []byte("{}")}
		report := &client.Item{Item: keys.Item{Kind: contents.KindMetadata}, Own: "report", Collection: "school", Content: []byte("well done")}
		for _, i := range []*client.Item{box, report} {
			if err := n.papers.Add(ctx, i); err != nil {
				t.Fatal(err)
			}
		}
		got, err := g.Get(ctx, part, report.ID)
		if err != nil || string(got.Content) != "well done" {
			t.Fatalf("%+v, %v", got, err)
		}
		got.Content = []byte("very well done")
		if err := g.Change(ctx, part, got); err != nil {
			t.Fatal(err)
		}
		own, err := n.papers.Get(ctx, report.ID)
		if err != nil || string(own.Content) != "very well done" || own.Version != 2 {
			t.Fatalf("%+v, %v", own, err)
		}
		if in, err := n.papers.All(ctx, client.Find{Collection: "school"}); err != nil || len(in) != 1 {
			t.Errorf("in the collection: %d, %v", len(in), err)
		}
		second := note("a second")
		second.Own, second.Collection, second.Tags = "second", "school", []string{"year=2026"}
		if err := g.Add(ctx, part, second); err != nil {
			t.Fatal(err)
		}
		if found, err := n.papers.All(ctx, client.Find{Tag: "year=2026"}); err != nil || len(found) != 1 || string(found[0].Content) != "a second" {
			t.Errorf("by its tag: %v, %v", found, err)
		}
		wantsKind(t, "the same own id", g.Add(ctx, part, second), "item-tag-exists")
		lost := note("lost")
		lost.Collection = "nowhere"
		wantsKind(t, "no such collection", g.Add(ctx, part, lost), "collection-unknown")
		if list, err := g.Items(ctx, part, contents.KindMetadata, "school"); err != nil || len(list) != 2 {
			t.Errorf("listed: %d, %v", len(list), err)
		}
		wantsKind(t, "removing", g.Remove(ctx, part, second), "")

		p, err := g.Profile(ctx, "work")
		if err != nil || len(p.KMS) != 1 {
			t.Fatalf("%+v, %v", p, err)
		}
		if list, err := p.Keys(ctx, 0); err != nil || len(list) != 1 {
			t.Errorf("keys: %d, %v", len(list), err)
		}
		token, err := p.SignJWT(ctx, n.key.KID, "JWT", map[string]any{"sub": "laila"})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := n.laila.VerifyJWT(ctx, token); err != nil || c.Signer != n.key.DID {
			t.Errorf("%+v, %v", c, err)
		}
		n.audited()
		wantsKind(t, "closed", g.Close(ctx), "")
		_, err = g.Get(ctx, part, report.ID)
		wantsKind(t, "once it is closed", err, "proxy-none")
	})
}

// A said entry is one of an audit as it is given.
type saidEntry struct {
	N                         int64
	Action, Result, By, In    string
	Decision, RequestID, Hash string
}

func (n *nursery) audit(d *desk) []saidEntry {
	n.t.Helper()
	var got struct{ Entries []saidEntry }
	if err := d.Do(n.t.Context(), http.MethodGet, "audit?most=500", nil, &got); err != nil {
		n.t.Fatal(err)
	}
	return got.Entries
}

// audited: what the guardian did stands in both accounts, with its decision.
func (n *nursery) audited() {
	n.t.Helper()
	ward, guest := n.laila.account.ID, n.guest.account.ID
	hers := map[string]saidEntry{}
	for _, e := range n.audit(n.guest) {
		if e.In != "" {
			hers[e.RequestID] = e
		}
	}
	both := 0
	for _, e := range n.audit(n.laila.desk) {
		if e.By == "" {
			continue
		}
		own := hers[e.RequestID]
		if e.By != b64url(guest[:]) || own.In != b64url(ward[:]) || own.Action != e.Action || own.Result != e.Result || own.Decision != e.Decision || e.Decision == "" {
			n.t.Errorf("in the wallet's %+v, in the guardian's %+v", e, own)
		}
		both++
	}
	if both < 8 || both != len(hers) {
		n.t.Errorf("%d entries in the wallet's audit, %d in the guardian's", both, len(hers))
	}
}

// Only what the owner lets, by the permission that was granted.
func TestProxyDoesNoMoreThanTheOwnerLets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNursery(t, [2]*house{h, h})
	ctx, part := t.Context(), n.papers.ID()
	kept := &client.Item{Item: keys.Item{Kind: contents.KindMetadata}, Content: []byte("kept")}
	if err := n.papers.Add(ctx, kept); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(*client.Guest) error{
		"wallet.item.get":  func(g *client.Guest) error { _, err := g.Get(ctx, part, kept.ID); return err },
		"wallet.item.list": func(g *client.Guest) error { _, err := g.Items(ctx, part, "", ""); return err },
		"wallet.item.add":  func(g *client.Guest) error { return g.Add(ctx, part, note("x")) },
		"wallet.item.change": func(g *client.Guest) error {
			now, err := n.papers.Get(ctx, kept.ID)
			if err != nil {
				return err
			}
			return g.Change(ctx, part, &client.GuestItem{ID: now.ID, Kind: now.Kind, Version: now.Version, Content: []byte("y")})
		},
		"wallet.item.remove": func(g *client.Guest) error { return g.Remove(ctx, part, &client.GuestItem{ID: kept.ID, Version: 99}) },
		"wallet.profile.get": func(g *client.Guest) error { _, err := g.Profile(ctx, "work"); return err },
		"wallet.key.list":    func(g *client.Guest) error { return g.Do(ctx, http.MethodGet, "profiles/work/keys", nil, nil) },
		"wallet.jwt.sign": func(g *client.Guest) error {
			return g.Do(ctx, http.MethodPost, "profiles/work/jwts", map[string]any{"key": n.key.KID, "claims": map[string]any{}}, nil)
		},
		"wallet.credential.query": func(g *client.Guest) error {
			return g.Do(ctx, http.MethodPost, "profiles/work/query", map[string]any{"request": named("x")}, nil)
		},
		"wallet.credential.issue": func(g *client.Guest) error {
			return g.Do(ctx, http.MethodPost, "profiles/work/credentials", map[string]any{"key": n.key.KID, "request": map[string]any{}}, nil)
		},
		"wallet.credential.prove": func(g *client.Guest) error {
			return g.Do(ctx, http.MethodPost, "profiles/work/presentations", map[string]any{"key": n.key.KID, "request": map[string]any{}}, nil)
		},
	}
	refused := func(err error) bool { return errors.Is(err, client.Kind("wallet-policy")) }
	for _, let := range everything() {
		n.terms.Grants = map[string][]string{"school": {let}, "contracts": everything()} // contracts is not asked for
		n.represent()
		g := n.enters()
		for action, call := range calls {
			if err := call(g); refused(err) == (action == let) {
				t.Errorf("%s, where %s is let: %v", action, let, err)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(calls)); !slices.Equal(got, slices.Sorted(slices.Values(everything()))) {
		t.Errorf("tried: %v", got)
	}
	n.terms.Grants, n.terms.Partitions = map[string][]string{"school": everything()}, []keys.ID{part}
	n.represent()
	if err := calls["wallet.jwt.sign"](n.enters()); !refused(err) {
		t.Errorf("signed by a key in a partition that is not let: %v", err)
	}
}

// Who has not proved to be a proxy for just this account does nothing in it.
func TestProxyRefused(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx, n := t.Context(), newNursery(t, h)
		ward, part := n.laila.account.ID, n.papers.ID()
		list := in("partitions/"+b64url(part[:])+"/items", ward)
		closed := func(what string, d *desk) {
			t.Helper()
			wantsKind(t, what, d.Do(ctx, http.MethodGet, list, nil, nil), "proxy-none")
		}
		closed("before anything was asked", n.guest)
		q := about("laila", "did:example:laila")
		c := n.challenged(n.guest, q)
		closed("before it was answered", n.guest)

		denies := func(what, code string, c *client.ProxyChallenge, presentation any) {
			t.Helper()
			got, err := n.guest.Present(ctx, c, presentation)
			if err != nil || got.Permit || !strings.Contains(string(got.Raw), `"`+code+`"`) {
				t.Errorf("%s: %+v %s, %v", what, got, got.Raw, err)
			}
			closed(what, n.guest)
			_, err = n.guest.Present(ctx, c, presentation)
			wantsKind(t, what+", once more", err, "ticket-used")
		}
		good := n.credential(n.amina)
		denies("a credential of another", "holder.unbound", c, n.shows(n.yusuf, c, good))
		forged := &campStory{TB: t, houses: h, issuer: n.yusuf}
		c = n.challenged(n.guest, q)
		denies("by an issuer who is none", "issuer.refused", c, n.shows(n.amina, c, forged.credential(n.amina)))
		c = n.challenged(n.guest, q)
		denies("over another challenge", "nonce.mismatch", c, n.shows(n.amina, n.challenged(n.guest, q), good))
		c = n.challenged(n.guest, about("laila", "did:example:other"))
		denies("for another", "proxied.mismatch", c, n.shows(n.amina, c, good))
		c = n.challenged(n.guest, &client.ProxyQuestion{Account: "laila", Permissions: []string{"school", "light-travel"}, Proxied: q.Proxied, Framework: q.Framework})
		denies("for more than is granted", "permission.ungranted", c, n.shows(n.amina, c, good))

		// A permit opens no account but one that is for just whom it is about.
		omar := h[0].acting(t, "omar", contents.Custodial)
		own := &client.Represented{Proxied: facts.ProxiedRequest{ID: "did:example:omar"}, Framework: n.terms.Framework, Grants: n.terms.Grants, Duties: n.terms.Duties, Partitions: []keys.ID{omar.kms.ID()}}
		wantsKind(t, "omar's", omar.Represent(ctx, secret, own), "")
		for _, account := range []string{"omar", "nobody", "amina"} {
			c = n.challenged(n.guest, about(account, "did:example:laila"))
			_, err := n.guest.Present(ctx, c, n.shows(n.amina, c, good))
			wantsKind(t, "a permit for "+account, err, "proxy-other")
			closed("for "+account, n.guest)
		}

		c = n.challenged(n.guest, &client.ProxyQuestion{Account: "laila", Permissions: q.Permissions, Proxied: facts.ProxiedRequest{ID: "did:example:laila"}, Framework: q.Framework})
		_, err := n.guest.Present(ctx, c, n.shows(n.amina, c, good))
		wantsKind(t, "by less than she is known by", err, "proxy-other")
		closed("by less", n.guest)

		g := n.enters()
		wantsKind(t, "with a permit", n.guest.Do(ctx, http.MethodGet, list, nil, nil), "")
		closed("another session of the same account", h[0].desk(h[0].holder(server.DefaultTenant), "amina"))
		closed("another account", omar.desk)
		wantsKind(t, "in another account", n.guest.Do(ctx, http.MethodGet, in("account", omar.account.ID), nil, nil), "proxy-none")
		wantsKind(t, "in its own", n.guest.Do(ctx, http.MethodGet, in("account", n.guest.account.ID), nil, nil), "proxy-none")
		wantsKind(t, "in nobody's", n.guest.Do(ctx, http.MethodGet, "account?in=x", nil, nil), "invalid")
		wantsKind(t, "another's partition", g.Do(ctx, http.MethodGet, "partitions/"+b64url(make([]byte, 16))+"/items", nil, nil), "wallet-policy")
		wantsKind(t, "the session ended", n.guest.Close(ctx), "")
		closed("in a new session", h[1].desk(h[1].holder(server.DefaultTenant), "amina"))
	})
}

// A ticket is for its session, for a while, and a presentation for one.
func TestProxyAnswersOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNursery(t, [2]*house{h, h})
	ctx, q := t.Context(), about("laila", "did:example:laila")
	c := n.challenged(n.guest, q)
	shown := n.shows(n.amina, c, n.credential(n.amina))
	thief := h.desk(h.registered("thief"), "thief")
	_, err := thief.Present(ctx, c, shown)
	wantsKind(t, "in another account's session", err, "ticket")
	again := h.desk(h.holder(server.DefaultTenant), "amina")
	_, err = again.Present(ctx, c, shown)
	wantsKind(t, "in another session", err, "ticket")
	own := n.challenged(thief, q)
	got, err := thief.Present(ctx, own, shown)
	if err != nil || got.Permit || !strings.Contains(string(got.Raw), `"nonce.mismatch"`) {
		t.Errorf("another's presentation: %s, %v", got.Raw, err)
	}
	if got, err := n.guest.Present(ctx, c, shown); err != nil || !got.Permit {
		t.Fatalf("once: %+v, %v", got, err)
	}
	_, err = n.guest.Present(ctx, c, shown)
	wantsKind(t, "twice", err, "ticket-used")
	late := n.challenged(n.guest, q)
	h.clock.move(9*time.Minute + 59*time.Second)
	if _, err := n.guest.Present(ctx, late, n.shows(n.yusuf, late, n.credential(n.amina))); err != nil {
		t.Errorf("just in time: %v", err)
	}
	late = n.challenged(n.guest, q)
	h.clock.move(9 * time.Minute)
	n.guest.Do(ctx, http.MethodGet, "proxies", nil, nil) // lets the session last
	h.clock.move(time.Minute)
	_, err = n.guest.Present(ctx, late, n.shows(n.amina, late, n.credential(n.amina)))
	wantsKind(t, "late", err, "ticket")
}

// What is made to be signed here is worth nothing at any other door.
func TestProxyNoncesAreRefusedElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *server.Config) {})
	n := newNursery(t, [2]*house{h, h})
	c := n.challenged(n.guest, about("laila", "did:example:laila"))
	c.Domain = "camp.example" // a verifier's, who would use it
	shown := n.shows(n.amina, c, n.credential(n.amina))
	raw, err := json.Marshal(map[string]any{"request": json.RawMessage(lailas("school")), "presentations": []string{shown}, "nonce": c.Nonce, "domain": c.Domain})
	if err != nil {
		t.Fatal(err)
	}
	a := h.call(server.RoleVerifier, http.MethodPost, "/v1/evaluations", string(raw))
	if got := a.json(t); got["decision"] != "deny" || !strings.Contains(string(a.body), `"nonce.mismatch"`) {
		t.Errorf("evaluated: %s", a.body)
	}
	path, _ := n.ask("school")
	if a := n.answer(0, path, shown); a.json(t)["decision"] != "deny" {
		t.Errorf("presented: %s", a.body)
	}
	raw, err = json.Marshal(map[string]any{"verifiablePresentation": shown, "options": map[string]any{"challenge": c.Nonce, "domain": c.Domain}})
	if err != nil {
		t.Fatal(err)
	}
	if a := h.call(server.RoleVerifier, http.MethodPost, "/presentations/verify", string(raw)); a.json(t)["verified"] != false || !strings.Contains(string(a.body), "nonce.mismatch") {
		t.Errorf("verified: %s", a.body)
	}
}

// Sealed partitions, and those that are served to their owner, are closed to
// proxies, whatever the owner said of them before.
func TestProxyNotInSealedPartitions(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx, n := t.Context(), newNursery(t, h)
		for _, mode := range []string{contents.Sealed, contents.Served} {
			terms := *n.terms
			terms.ID, terms.Version, terms.Partitions = keys.ID{}, 0, []keys.ID{n.laila.partIn(t, mode).ID()}
			wantsKind(t, "represented in one that is "+mode, n.laila.Represent(ctx, secret, &terms), "proxy-sealed")
		}
		kept := &client.Item{Item: keys.Item{Kind: contents.KindMetadata}, Content: []byte("kept")}
		if err := n.papers.Add(ctx, kept); err != nil {
			t.Fatal(err)
		}
		g := n.enters()
		for _, mode := range []string{contents.Sealed, contents.Served, contents.Sealed} {
			wantsKind(t, "to "+mode, n.papers.SetMode(ctx, mode), "")
			wantsKind(t, "keys to "+mode, n.laila.kms.SetMode(ctx, mode), "")
			n.refusesAll(g, mode, kept.ID, "proxy-sealed")
		}
		wantsKind(t, "open to its owner", n.papers.SetMode(ctx, contents.Served), "")
		wantsKind(t, "and opened", n.papers.Open(ctx), "")
		n.refusesAll(g, "open to its owner", kept.ID, "proxy-sealed")
		wantsKind(t, "to custodial", n.papers.SetMode(ctx, contents.Custodial), "")
		if _, err := g.Get(ctx, n.papers.ID(), kept.ID); err != nil {
			t.Errorf("custodial again: %v", err)
		}
	})
}

// A query goes through the partitions that are let, and through no other that it, or
// the profile, names.
func TestProxyQueriesWhatIsLet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNursery(t, [2]*house{h, h})
	ctx := t.Context()
	others, served := n.laila.partIn(t, contents.Custodial), n.laila.partIn(t, contents.Served)
	wantsKind(t, "opening", served.Open(ctx), "")
	wantsKind(t, "contents", n.laila.profile.SetContents(ctx, n.papers, others), "")
	keeps(t, n.papers, alumni(t, vc.FormatJCS, "Alumni"))
	keeps(t, others, alumni(t, vc.FormatJCS, "Alumni"))
	p, err := n.enters().Profile(ctx, "work")
	if err != nil || len(p.Contents) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	got, err := p.Query(ctx, named("Alumni"))
	if err != nil || len(got.Answers) != 1 || len(got.Answers[0].Matches[0].Candidates) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	g := n.enters()
	for kind, part := range map[string]*client.Partition{"": n.papers, "wallet-policy": others, "proxy-sealed": served} {
		id := part.ID()
		body := map[string]any{"request": named("Alumni"), "partitions": []string{b64url(id[:])}}
		wantsKind(t, "of "+part.Mode, g.Do(ctx, http.MethodPost, "profiles/work/query", body, nil), kind)
	}
}

// refusesAll tries what a proxy can be let do in the papers and with the keys.
func (n *nursery) refusesAll(g *client.Guest, what string, item keys.ID, kind string) {
	n.t.Helper()
	ctx, part := n.t.Context(), n.papers.ID()
	_, err := g.Get(ctx, part, item)
	wantsKind(n.t, what+": get", err, kind)
	_, err = g.Items(ctx, part, "", "")
	wantsKind(n.t, what+": list", err, kind)
	wantsKind(n.t, what+": add", g.Add(ctx, part, note("x")), kind)
	wantsKind(n.t, what+": change", g.Change(ctx, part, &client.GuestItem{ID: item, Kind: contents.KindMetadata, Version: 1, Content: []byte("x")}), kind)
	wantsKind(n.t, what+": remove", g.Remove(ctx, part, &client.GuestItem{ID: item, Version: 1}), kind)
	for _, path := range []string{"profiles/work/jwts", "profiles/work/query", "profiles/work/credentials", "profiles/work/presentations"} {
		wantsKind(n.t, what+": "+path, g.Do(ctx, http.MethodPost, path, map[string]any{"key": n.key.KID, "request": map[string]any{}, "claims": map[string]any{}}, nil), kind)
	}
	_, err = g.Profile(ctx, "work")
	wantsKind(n.t, what+": profile", err, kind)
}

// A session against another account's wallet on every operation: without a permit
// it does nothing, and with one nothing that no proxy may.
func TestProxyOnEveryOperation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNursery(t, [2]*house{h, h})
	stranger := h.desk(h.registered("ben"), "ben")
	part, item, ward := n.papers.ID(), keys.NewID(), n.laila.account.ID
	fill := strings.NewReplacer(":partition", b64url(part[:]), ":item", b64url(item[:]), ":profile", "work", ":generation", "1",
		":device", b64url(item[:]), ":represented", b64url(n.terms.ID[:]), ":account", b64url(ward[:]))
	try := func(d *desk, o server.WalletOperation, strong bool) error {
		path := strings.TrimPrefix(fill.Replace(o.Path), "/") + "?version=1&lose=0"
		if strong {
			return d.DoAgain(t.Context(), secret, o.Method, in(path, ward), map[string]any{}, nil)
		}
		return d.Do(t.Context(), o.Method, in(path, ward), map[string]any{}, nil)
	}
	for _, o := range server.WalletOperations() {
		wantsKind(t, "a stranger's "+o.Action, try(stranger, o, false), "proxy-none")
	}
	n.enters()
	tried := 0
	for _, o := range server.WalletOperations() {
		if server.Proxiable(o.Action) {
			continue
		}
		wantsKind(t, "a guardian's "+o.Action, try(n.guest, o, false), "proxy-action")
		if o.Strong {
			h.clock.move(20 * time.Minute / 20)
			wantsKind(t, "with the password again "+o.Action, try(n.guest, o, true), "proxy-action")
		}
		tried++
	}
	if tried < 30 {
		t.Errorf("%d operations were tried", tried)
	}
	if _, err := n.laila.Partitions(t.Context(), n.laila.account); err != nil {
		t.Errorf("the wallet afterwards: %v", err)
	}
}

// Beneath the policy the server holds what none can permit.
func TestProxyBeneathThePolicy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNursery(t, [2]*house{h, h})
	ctx, g := t.Context(), n.enters()
	h.gatedBy("decision := {\"decision\": true}\n")
	for _, o := range server.WalletOperations() {
		if !server.Proxiable(o.Action) {
			part := n.papers.ID()
			path := strings.TrimPrefix(strings.NewReplacer(":partition", b64url(part[:]), ":profile", "work", ":generation", "1").Replace(o.Path), "/")
			wantsKind(t, o.Action, g.Do(ctx, o.Method, path, map[string]any{}, nil), "proxy-action")
		}
	}
	others := n.laila.partIn(t, contents.Custodial).ID()
	_, err := g.Items(ctx, others, "", "")
	wantsKind(t, "a partition that is kept for nobody", err, "wallet-policy")
	for _, mode := range []string{contents.Sealed, contents.Served} {
		wantsKind(t, "to "+mode, n.papers.SetMode(ctx, mode), "")
		_, err = g.Items(ctx, n.papers.ID(), "", "")
		wantsKind(t, mode, err, "proxy-sealed")
	}
	wantsKind(t, "back", n.papers.SetMode(ctx, contents.Custodial), "")
	n.terms.Grants = map[string][]string{"school": {"wallet.item.get"}}
	n.represent()
	_, err = n.enters().Items(ctx, n.papers.ID(), "", "")
	wantsKind(t, "what the owner does not let", err, "wallet-policy")
	stranger := h.desk(h.registered("ben"), "ben")
	part := n.papers.ID()
	wantsKind(t, "a stranger", stranger.Do(ctx, http.MethodGet, in("partitions/"+b64url(part[:])+"/items", n.laila.account.ID), nil, nil), "proxy-none")
}

// Each call is decided anew: what is revoked is refused five seconds later, and so is
// what has run out.
func TestProxyIsDecidedAnew(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx, n := t.Context(), newNursery(t, h)
		g := n.enters()
		move := func(d time.Duration) { h[0].clock.move(d); h[1].clock.move(d) }
		read := func(what, kind string) error {
			t.Helper()
			_, err := g.Items(ctx, n.papers.ID(), "", "")
			wantsKind(t, what, err, kind)
			return err
		}
		read("at once", "")
		n.list("did:example:somebody") // the issuer is struck off
		move(4999 * time.Millisecond)
		read("within five seconds", "")
		move(time.Millisecond)
		if err := read("after five seconds", "proxy-denied"); err == nil || !strings.Contains(err.Error(), "issuer.refused") {
			t.Errorf("told: %v", err)
		}
		n.list(n.issuer.DID())
		read("listed again", "")
		for range 6 {
			move(9*time.Minute + 50*time.Second)
			read("while it lasts", "")
		}
		move(time.Minute)
		read("after an hour", "proxy-none")
	})
}

// What the owner changes holds at once.
func TestProxyEndsAsTheOwnerSays(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx, n := t.Context(), newNursery(t, h)
		g := n.enters()
		_, err := g.Items(ctx, n.papers.ID(), "", "")
		wantsKind(t, "before", err, "")
		n.represent()
		_, err = g.Items(ctx, n.papers.ID(), "", "")
		wantsKind(t, "once it was said anew", err, "proxy-none")
		g = n.enters()
		list, err := n.guest.Proxies(ctx)
		if err != nil || len(list) != 1 || list[0].Account != n.laila.account.ID || list[0].Name != "laila" || len(list[0].Partitions) != 2 {
			t.Errorf("%+v, %v", list, err)
		}
		wantsKind(t, "no more", n.laila.RepresentNoMore(ctx, n.terms), "")
		_, err = g.Items(ctx, n.papers.ID(), "", "")
		wantsKind(t, "once nobody is represented", err, "proxy-none")
		if got, err := n.laila.Represented(ctx); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// Keys that sign are no items: nobody but the owner's client reads one.
func TestProxyReadsNoKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNursery(t, [2]*house{h, h})
	ctx, g, part := t.Context(), n.enters(), n.laila.kms.ID()
	all, err := n.laila.kms.All(ctx, client.Find{})
	if err != nil || len(all) != 1 || all[0].Kind != contents.KindKey {
		t.Fatalf("%v, %v", all, err)
	}
	_, err = g.Get(ctx, part, all[0].ID)
	wantsKind(t, "get", err, "item-unknown")
	for _, kind := range []string{"", contents.KindKey} {
		if list, err := g.Items(ctx, part, kind, ""); err != nil || len(list) != 0 {
			t.Errorf("listed: %d, %v", len(list), err)
		}
	}
	wantsKind(t, "remove", g.Remove(ctx, part, &client.GuestItem{ID: all[0].ID, Version: 1}), "item-unknown")
	wantsKind(t, "change", g.Change(ctx, part, &client.GuestItem{ID: all[0].ID, Kind: contents.KindMetadata, Version: 1}), "item-unknown")
	wantsKind(t, "add", g.Add(ctx, part, &client.GuestItem{Kind: contents.KindKey}), "invalid")
}
