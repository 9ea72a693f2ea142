package server_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/fetch"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
)

const (
	revocable    = "Revocable Camp Guardianship"
	revocableURI = "https://procura.dev/frameworks/revocable-camp-guardianship"
)

// A listHost serves one status list, of which it says that it lives for a day.
type listHost struct {
	host  string
	list  atomic.Pointer[string]
	asked atomic.Int32
	fetch *fetch.Client
}

func newListHost(t *testing.T, host string) *listHost {
	t.Helper()
	l := &listHost{host: host}
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		l.asked.Add(1)
		w.Header().Set("Content-Type", "application/vc+jwt")
		w.Header().Set("Cache-Control", "max-age=86400")
		_, _ = w.Write([]byte(*l.list.Load()))
	}))
	a := newAuthority(t)
	a.hosts = []string{host}
	web.TLS = &tls.Config{Certificates: []tls.Certificate{a.issue(nil, time.Now().Add(time.Hour), x509.ExtKeyUsageServerAuth)}}
	web.StartTLS()
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	l.fetch = fetch.New(fetch.Config{Allow: []fetch.Allowance{{Host: host, Address: netip.MustParseAddrPort(web.Listener.Addr().String()), Roots: roots}}})
	return l
}

func (l *listHost) url() string { return "https://" + l.host + "/lists/1" }

// publish has the list say of index 5 whether it is revoked.
func (l *listHost) publish(t *testing.T, by *proof.Key, at time.Time, revoked bool) {
	t.Helper()
	values := make([]byte, 1<<14)
	if revoked {
		values[0] = 0x80 >> 5
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(values)
	_ = z.Close()
	c, err := (&proof.Signer{Key: by, At: at}).Credential(t.Context(), map[string]any{
		"@context": []any{vc.ContextV2}, "id": l.url(), "type": []any{"VerifiableCredential", "BitstringStatusListCredential"},
		"validFrom": at.UTC().Format(time.RFC3339),
		"credentialSubject": map[string]any{
			"id": l.url() + "#list", "type": "BitstringStatusList", "statusPurpose": "revocation",
			"encodedList": "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes()),
		},
	}, vc.FormatVCJOSE)
	if err != nil {
		t.Fatal(err)
	}
	text := c.(string)
	l.list.Store(&text)
}

// watched is a house that fetches lists from a host, with a framework whose
// credentials can be revoked.
func watched(t *testing.T, l *listHost) *house {
	t.Helper()
	s := openSQLite(t)
	h := settled(t, s, func(c *server.Config) {
		c.Verifier = verifier.New(verifier.Config{
			Store: s, DIDs: &did.Resolver{}, Key: testKey.Derive("verifier"), Now: c.Now,
			StatusLists: status.NewLists(status.Config{Fetch: l.fetch, Now: c.Now}),
		})
		c.Catalogue.Verifier = c.Verifier
	})
	for _, source := range library.All() {
		text := string(source.Raw)
		if !strings.Contains(text, "\nname: "+camp+"\n") {
			continue
		}
		text = strings.ReplaceAll(strings.ReplaceAll(text, camp, revocable), campURI, revocableURI)
		text = strings.Replace(text, "status: none, maxLife: P31D}", "status: required, maxLife: P31D}", 1)
		text, _, _ = strings.Cut(text, "\ntests:") // whose credentials have no status
		if err := server.Offer(t.Context(), h.catalogue, server.Draft{Tenant: server.DefaultTenant, Owner: server.BuiltIn, Public: true, Name: revocable, Version: "1.0.0", Source: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// A guardian's credential that is revoked while she is there: by a list of our own
// she is refused five seconds later, by another's a minute later, however long they
// say that they live.
func TestProxyWhoseCredentialIsRevoked(t *testing.T) {
	t.Parallel()
	for host, within := range map[string]time.Duration{"wallet.example": 5 * time.Second, "lists.example": time.Minute} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			l := newListHost(t, host)
			h := watched(t, l)
			n := newNursery(t, [2]*house{h, h})
			l.publish(t, n.issuer, h.clock.now(), false)
			n.terms.Framework.Name = revocable
			n.represent()
			q := about("laila", "did:example:laila")
			q.Framework.Name = revocable
			g := n.entersBy(q, n.revocable(l))
			read := func(what, kind string) {
				t.Helper()
				_, err := g.Items(t.Context(), n.papers.ID(), "", "")
				wantsKind(t, what, err, kind)
				if err != nil && kind == "proxy-denied" && !strings.Contains(err.Error(), "status.revoked") {
					t.Errorf("%s: told %v", what, err)
				}
			}
			read("at once", "")
			h.clock.move(time.Second)
			l.publish(t, n.issuer, h.clock.now(), true)
			read("while it is not asked for", "")
			h.clock.move(within)
			read("in time", "proxy-denied")
			h.clock.move(11 * time.Second)
			l.publish(t, n.issuer, h.clock.now(), false)
			h.clock.move(within + time.Second)
			read("in force again", "")
			if n := l.asked.Load(); n != 3 {
				t.Errorf("the list was asked for %d times", n)
			}
		})
	}
}

// revocable is Amina's credential with its place in the list.
func (n *nursery) revocable(l *listHost) any {
	n.t.Helper()
	return n.credentialOf(n.amina, revocable, revocableURI, "1.0.0", map[string]any{"credentialStatus": map[string]any{
		"id": l.url() + "#5", "type": status.Bitstring, "statusPurpose": "revocation", "statusListIndex": "5", "statusListCredential": l.url(),
	}})
}

// A credential that runs out while she is there ends it on time, whatever is
// remembered of a permit.
func TestProxyWhoseCredentialRunsOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNursery(t, [2]*house{h, h})
	end := h.clock.now().Add(3 * time.Minute)
	g := n.entersBy(about("laila", "did:example:laila"), n.credentialOf(n.amina, camp, campURI, "1.0.0", map[string]any{"expirationDate": end.Format(time.RFC3339)}))
	h.clock.move(3*time.Minute - time.Second)
	_, err := g.Items(t.Context(), n.papers.ID(), "", "")
	wantsKind(t, "before its end", err, "")
	h.clock.move(time.Second)
	_, err = g.Items(t.Context(), n.papers.ID(), "", "")
	wantsKind(t, "at its end", err, "proxy-denied")

	c := n.challenged(n.guest, about("laila", "did:example:laila"))
	over := n.credentialOf(n.amina, camp, campURI, "1.0.0", map[string]any{"expirationDate": end.Format(time.RFC3339)})
	got, err := n.guest.Present(t.Context(), c, n.shows(n.amina, c, over))
	if err != nil || got.Permit || !strings.Contains(string(got.Raw), `"credential.expired"`) {
		t.Errorf("%s, %v", got.Raw, err)
	}
}

// Tenants are apart: who acts in one acts in no other, whatever names and people are
// the same.
func TestProxyOfAnotherTenant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := newNursery(t, [2]*house{h, h})
	ctx := t.Context()
	register := func(name string) *desk {
		t.Helper()
		c := h.holder(elsewhere)
		if _, err := c.Register(ctx, name, secret, h.wallet.Server.SealInvitation(elsewhere, name, h.clock.now().Add(time.Hour))); err != nil {
			t.Fatal(err)
		}
		return h.desk(c, name)
	}
	theirs, twin := register("amina"), register("laila")
	part := twin.partIn(t, contents.Custodial)
	terms := *n.terms
	terms.Version, terms.Partitions = 0, append(terms.Partitions[:0:0], part.ID())
	wantsKind(t, "the same terms elsewhere", twin.Represent(ctx, secret, &terms), "")
	h.wants("listing there", h.as(h.client(elsewhere, "admin", server.RoleAdmin), http.MethodPut, "/v1/registries/"+campRegistry, `{"dids": ["`+n.issuer.DID()+`"]}`), http.StatusNoContent, "")

	c := n.challenged(theirs, about("laila", "did:example:laila"))
	_, err := n.guest.Present(ctx, c, n.shows(n.amina, c, n.credential(n.amina)))
	wantsKind(t, "a ticket of another tenant", err, "ticket")
	var g *client.Guest
	if got, err := theirs.Present(ctx, c, n.shows(n.amina, c, n.credential(n.amina))); err != nil || !got.Permit {
		t.Fatalf("there: %+v, %v", got, err)
	} else {
		g = got.Guest
	}
	_, err = g.Items(ctx, part.ID(), "", "")
	wantsKind(t, "there", err, "")
	_, err = g.Items(ctx, n.papers.ID(), "", "")
	wantsKind(t, "the partition here", err, "wallet-policy")
	papers := n.papers.ID()
	wantsKind(t, "the account here", theirs.Do(ctx, http.MethodGet, in("partitions/"+b64url(papers[:])+"/items", n.laila.account.ID), nil, nil), "proxy-none")
}
