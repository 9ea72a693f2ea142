package verifier_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/status"
	"github.com/procura-dev/procura/verifier/timestamp"
	"github.com/procura-dev/procura/verifier/vc"
)

// revokedAt is when the office revoked what it gave to Alice.
var revokedAt = at.Add(-10 * time.Minute)

// A dinner is a garage whose office has revoked Alice's credential, under a framework
// that lets what renters signed before outlive that.
type dinner struct {
	*garage
	authority *timestamp.Authority
	c2, c3    string
}

// survives is the car's framework in which renters' signatures survive, as the
// document with a replacement says.
func survives(t testing.TB, replacing ...string) *verifier.Library {
	t.Helper()
	return replaced(t, append(replacing, "  maxDepth: 3\n", "  maxDepth: 3\n  survivesRevocation: [renter]\n")...)
}

func newAuthority(t testing.TB) *timestamp.Authority {
	t.Helper()
	a, err := timestamp.NewAuthority(at.AddDate(-1, 0, 0), at.AddDate(100, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// newDinner has since in the list that revokes Alice's credential; empty: it does not
// say when.
func newDinner(t testing.TB, l *verifier.Library, since string) *dinner {
	t.Helper()
	d := &dinner{garage: newGarage(t), authority: newAuthority(t)}
	d.library = l
	offices, renters := listOf("revocation", encoded(bits(1<<17))), listOf("revocation", encoded(bits(1<<17, place)))
	offices["id"] = listURL + "/offices"
	if since != "" {
		renters["credentialSubject"].(map[string]any)["revokedAt"] = map[string]any{"94567": since}
	}
	officesPage, rentersPage := published(t, d.company, offices, vc.FormatVCJOSE), published(t, d.office, renters, vc.FormatVCJOSE)
	c := hosted(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/offices") {
			officesPage(w, r)
			return
		}
		rentersPage(w, r)
	})
	now := func() time.Time { return at }
	roots, err := timestamp.ReadRoots(d.authority.Roots())
	if err != nil {
		t.Fatal(err)
	}
	d.verifier = verifier.New(verifier.Config{
		DIDs: &did.Resolver{}, Now: now, StatusLists: status.NewLists(status.Config{Fetch: c, Now: now}), TimestampRoots: roots,
	})
	c1 := d.c1(t, jwtForm, func(doc, _, _ map[string]any) {
		e := entry("revocation")
		e["statusListCredential"] = listURL + "/offices"
		doc["credentialStatus"] = e
	})
	d.c2 = d.garage.c2(t, jwtForm, embedded(c1), func(doc, _, _ map[string]any) { doc["credentialStatus"] = entry("revocation") }).(string)
	d.c3 = d.garage.c3(t, jwtForm, embedded(d.c2), nil).(string)
	return d
}

// comes presents a credential with time-stamps.
func (d *dinner) comes(t testing.TB, who *proof.Key, credential string, tokens ...[]byte) *verifier.Answer {
	t.Helper()
	return d.decide(t, "drive", d.stamped(t, who, credential, tokens...))
}

func (d *dinner) stamped(t testing.TB, who *proof.Key, credential string, tokens ...[]byte) verifier.Submitted {
	t.Helper()
	signer := &proof.Signer{Key: who, At: at, TimeStamps: tokens}
	p, err := signer.Presentation(t.Context(), []any{credential}, over[jwtForm], proof.Expect{Nonce: nonce, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte(p.(string))}
}

func stampOf(t testing.TB, a *timestamp.Authority, text string, made time.Time) []byte {
	t.Helper()
	token, err := a.Stamp([]byte(text), made)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

const told = "2026-11-20T09:50:00Z" // revokedAt, as a list says it

// The valet's credential outlives the renter's, whose own is revoked.
func TestWhatWasSignedBeforeSurvives(t *testing.T) {
	t.Parallel()
	d := newDinner(t, survives(t), told)
	before := revokedAt.Add(-2 * time.Second)
	wantPermit(t, d.comes(t, d.ben, d.c3, stampOf(t, d.authority, d.c3, before)))
	wantPermit(t, d.comes(t, d.ben, d.c3, stampOf(t, d.authority, d.c2, before), stampOf(t, d.authority, d.c3, before)))
	wantDeny(t, d.comes(t, d.alice, d.c2, stampOf(t, d.authority, d.c2, before)), "status.revoked")
	wantPermit(t, d.again(t, at, d.stamped(t, d.ben, d.c3, stampOf(t, d.authority, d.c3, before))))
	wantDeny(t, d.again(t, at, d.stamped(t, d.ben, d.c3)), "status.revoked")
}

// Stock OPA finds alike what survives a revocation, from what was recorded.
func TestStockOPADecidesAlikeWhatSurvives(t *testing.T) {
	t.Parallel()
	d := newDinner(t, survives(t), told)
	f, err := d.library.All()[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := serveBundle(t, stockOPA(t), f)
	for made, want := range map[time.Time]string{revokedAt.Add(-2 * time.Second): policies.Permit, revokedAt.Add(-time.Second): policies.Deny} {
		a := d.comes(t, d.ben, d.c3, stampOf(t, d.authority, d.c3, made))
		if a.Decision.Decision != want {
			t.Errorf("stamped at %s: %s, want %s", made, a.Decision.Decision, want)
		}
		if got, want := ask(t, a.Input), canonical(t, a.Decision); !bytes.Equal(got, want) {
			t.Errorf("stamped at %s:\nopa  %s\nours %s", made, got, want)
		}
	}
}

func TestWhatDoesNotSurvive(t *testing.T) {
	t.Parallel()
	before := revokedAt.Add(-2 * time.Second)
	own := func(d *dinner, t *testing.T) [][]byte { return [][]byte{stampOf(t, d.authority, d.c3, before)} }
	silent := replaced(t)
	others := replaced(t, "  maxDepth: 3\n", "  maxDepth: 3\n  survivesRevocation: [regional_office, valet]\n")
	kept := survives(t)
	for name, c := range map[string]struct {
		library *verifier.Library
		since   string
		tokens  func(d *dinner, t *testing.T) [][]byte
		codes   []string
	}{
		"a framework that does not say so":        {silent, told, own, nil},
		"a framework that says so of other roles": {others, told, own, nil},
		"a list that does not say since when":     {kept, "", own, nil},
		"a list that says so of no instant":       {kept, "yesterday", own, nil},
		"no time-stamp":                           {kept, told, func(*dinner, *testing.T) [][]byte { return nil }, nil},
		"one by nobody who is listed": {kept, told, func(d *dinner, t *testing.T) [][]byte {
			return [][]byte{stampOf(t, newAuthority(t), d.c3, before)}
		}, []string{"timestamp.invalid"}},
		"one over other bytes": {kept, told, func(d *dinner, t *testing.T) [][]byte {
			return [][]byte{stampOf(t, d.authority, d.c2, before)}
		}, nil},
		"one over what is not signed yet": {kept, told, func(d *dinner, t *testing.T) [][]byte {
			return [][]byte{stampOf(t, d.authority, d.c3[:strings.LastIndex(d.c3, ".")], before)}
		}, nil},
		"one after the revocation": {kept, told, func(d *dinner, t *testing.T) [][]byte {
			return [][]byte{stampOf(t, d.authority, d.c3, revokedAt.Add(time.Second))}
		}, nil},
		"one at the instant of the revocation, by its accuracy": {kept, told, func(d *dinner, t *testing.T) [][]byte {
			return [][]byte{stampOf(t, d.authority, d.c3, revokedAt.Add(-time.Second))}
		}, nil},
		"garbage": {kept, told, func(*dinner, *testing.T) [][]byte { return [][]byte{{0x30, 0x80}} }, []string{"timestamp.invalid"}},
		"too many": {kept, told, func(d *dinner, t *testing.T) [][]byte {
			token := own(d, t)[0]
			many := make([][]byte, 17)
			for i := range many {
				many[i] = token
			}
			return many
		}, []string{"timestamp.invalid"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDinner(t, c.library, c.since)
			a := d.comes(t, d.ben, d.c3, c.tokens(d, t)...)
			wantDeny(t, a, "status.revoked")
			wantDeny(t, a, "chain.refused")
			for _, code := range c.codes {
				wantDeny(t, a, code)
			}
		})
	}
}
