package verifier_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/timestamp"
	"github.com/procura-dev/procura/verifier/vc"
)

// Who issues a child signs over all that is above it. What that is, its own issuers
// sign: a parent that was changed puts the child out, in each form of proof.
func TestParentsThatWereChanged(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	for _, form := range []string{vc.FormatLD, vc.FormatJCS, proof.Ed25519Signature2018, proof.Ed25519Signature2020, proof.JsonWebSignature2020} {
		good := g.c1(t, form, nil).(map[string]any)
		other := g.c1(t, form, func(_, h, _ map[string]any) { h["name"] = "another" }).(map[string]any)
		child := func(above any) verifier.Submitted {
			return g.show(t, g.alice, jwtForm, g.c2(t, jwtForm, embedded(above), nil))
		}
		wantPermit(t, g.decide(t, "drive", child(good)))
		for name, c := range map[string]struct {
			member string
			value  any
			codes  []string
		}{
			"another's proof":   {"proof", other["proof"], []string{"proof.invalid"}},
			"another's subject": {"credentialSubject", other["credentialSubject"], []string{"proof.invalid"}},
			"a member more":     {"refreshService", map[string]any{"id": "https://x.example", "type": "X"}, []string{"proof.invalid", "context.refused"}},
			"another issuer":    {"issuer", g.alice.DID(), []string{"issuer.unbound"}},
			"a longer life":     {"expirationDate", "2027-11-20T18:00:00Z", []string{"proof.invalid"}},
			"two proofs":        {"proof", []any{good["proof"], other["proof"]}, []string{"proof.invalid"}},
			"no proof":          {"proof", []any{}, []string{"proof.missing"}},
		} {
			t.Run(form+" "+name, func(t *testing.T) {
				changed := maps.Clone(good)
				changed[c.member] = c.value
				wantDeny(t, g.decide(t, "drive", child(changed)), c.codes...)
			})
		}
	}
}

// A suspension in the middle of a chain ends what hangs below, also what would have
// outlived a revocation.
func TestASuspensionInTheMiddle(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	g.library = survives(t)
	d := &dinner{garage: g, authority: newAuthority(t)}
	roots, err := timestamp.ReadRoots(d.authority.Roots())
	if err != nil {
		t.Fatal(err)
	}
	list := func(by *proof.Key, name, purpose string, set ...int) http.HandlerFunc {
		doc := listOf(purpose, encoded(bits(1<<17, set...)))
		doc["id"] = listURL + name
		doc["credentialSubject"].(map[string]any)["revokedAt"] = map[string]any{"94567": told}
		return published(t, by, doc, vc.FormatVCJOSE)
	}
	pages := map[string]http.HandlerFunc{
		"free": list(g.company, "/free", "revocation"), "revoked": list(g.office, "/revoked", "revocation", place),
		"suspended": list(g.office, "/suspended", "suspension", place), "resumed": list(g.office, "/resumed", "suspension"),
	}
	c := hosted(t, func(w http.ResponseWriter, r *http.Request) {
		pages[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]](w, r)
	})
	now := func() time.Time { return at }
	g.verifier = verifier.New(verifier.Config{
		DIDs: &did.Resolver{}, Now: now, StatusLists: status.NewLists(status.Config{Fetch: c, Now: now}), TimestampRoots: roots,
	})
	under := func(purpose, name string) any {
		e := entry(purpose)
		e["statusListCredential"] = listURL + "/" + name
		return e
	}
	bearing := func(status any) edit { return func(d, _, _ map[string]any) { d["credentialStatus"] = status } }
	c1 := g.c1(t, jwtForm, bearing(under("revocation", "free")))
	for name, code := range map[string]string{"suspended": "status.suspended", "resumed": ""} {
		c2 := g.c2(t, jwtForm, embedded(c1), bearing([]any{under("revocation", "revoked"), under("suspension", name)}))
		c3 := g.c3(t, jwtForm, embedded(c2), nil).(string)
		a := d.comes(t, g.ben, c3, stampOf(t, d.authority, c3, revokedAt.Add(-2*time.Second)))
		if code == "" {
			wantPermit(t, a)
		} else {
			wantDeny(t, a, code)
		}
	}
}
