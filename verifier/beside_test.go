package verifier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// shown is what an answer says of each credential, by the end of its path.
func shown(a *verifier.Answer) []string {
	var out []string
	for _, c := range a.Credentials {
		text := strings.TrimPrefix(c.Path, "/presentations/")
		if c.Accepted {
			text += " accepted"
		}
		if c.Digest == "" {
			text += " unread"
		}
		out = append(out, text)
	}
	return out
}

func wantShown(t *testing.T, a *verifier.Answer, want ...string) {
	t.Helper()
	if got := shown(a); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The answer lists supporting credentials as it does others: accepted where an
// accepted one rests on them, and once.
func TestSupportingCredentialsAreListed(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	by := func(key *proof.Key, of *proof.Key) any { return signedBy(t, key, jwtForm, identityOf(of.DID(), nil)) }
	mandate, identity := s.mandate(t, s.laila, jwtForm), by(s.town, s.laila)
	a := s.decide(t, named(), s.show(t, s.amina, jwtForm, identity, mandate))
	wantPermit(t, a)
	wantShown(t, a, "0/verifiableCredential/1 accepted", "0/verifiableCredential/0 accepted")
	if n := len(a.Input.Presentations[0].Beside); n != 1 {
		t.Errorf("the input lists %d, want one", n)
	}
	a = s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, identity, by(s.town, s.mallory), by(s.stranger, s.laila)))
	wantShown(t, a, "0/verifiableCredential/0 accepted", "0/verifiableCredential/1 accepted", "0/verifiableCredential/2", "0/verifiableCredential/3 unread")
	named := named()
	named.Request.Proxied.ID = s.laila.DID()
	a = s.decide(t, named, s.show(t, s.amina, jwtForm, mandate, identity))
	wantPermit(t, a)
	wantShown(t, a, "0/verifiableCredential/0 accepted", "0/verifiableCredential/1")
	a = s.decide(t, named, s.show(t, s.amina, jwtForm, identity))
	wantShown(t, a, "0/verifiableCredential/0 unread") // no proxy credential names whose word counts
}

// So it does what says something of a holder, and not what says nothing that counts.
func TestCredentialsAboutHoldersAreListed(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	c := s.trained(t, jwtForm)
	a := s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, c, about(t, s.town, s.amina, jwtForm, firstAid), about(t, s.town, s.amina, jwtForm, map[string]any{"height": 1.0})))
	wantPermit(t, a)
	wantShown(t, a, "0/verifiableCredential/0 accepted", "0/verifiableCredential/1 accepted", "0/verifiableCredential/2")
	if told := a.Input.Presentations[0].Credentials[0].About; len(told) != 1 {
		t.Errorf("the policy was told %+v", told)
	}
}

// A title, and a credential above another, is listed where it was sent by itself.
func TestWhatIsReferredToIsListed(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	title := signedBy(t, g.state, jwtForm, titleOf(g.company, vin, func(d, _ map[string]any) { d["id"] = "urn:title" }))
	c1 := g.mandate(t, g.company, jwtForm, owningNamed(t, "urn:title", title), func(d, _, _ map[string]any) { d["id"] = "urn:c1" })
	for _, sent := range [][]any{{c1, title}, {title, c1}} {
		a := g.drive(t, g.show(t, g.office, jwtForm, sent...))
		wantPermit(t, a)
		i := slices.Index(sent, title)
		wantShown(t, a, "0/verifiableCredential/"+string(rune('1'-i))+" accepted", "0/verifiableCredential/"+string(rune('0'+i))+" accepted")
	}
	held := g.mandate(t, g.company, jwtForm, owning(title), nil)
	wantShown(t, g.drive(t, g.show(t, g.office, jwtForm, held)), "0/verifiableCredential/0 accepted")

	c2 := g.c2(t, jwtForm, referred("urn:c1", digestOf(t, c1)), nil)
	a := g.drive(t, g.show(t, g.alice, jwtForm, c2, c1, title))
	wantPermit(t, a)
	wantShown(t, a, "0/verifiableCredential/0 accepted", "0/verifiableCredential/1 accepted", "0/verifiableCredential/2 accepted")
	late := g.c2(t, jwtForm, referred("urn:c1", digestOf(t, c1)), func(d, _, _ map[string]any) { d["expirationDate"] = "2026-11-20T09:00:00Z" })
	wantShown(t, g.drive(t, g.show(t, g.alice, jwtForm, late, c1, title)), "0/verifiableCredential/0", "0/verifiableCredential/1", "0/verifiableCredential/2")
}

// Over statements it is no other.
func TestSupportingCredentialsOverStatementsAreListed(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	identity := attest(t, s.library, s.town, vc.FormatLD, identityUnder(s.laila.DID(), 1, nil))
	a := s.decide(t, named(), s.sentOver(t, s.amina, s.overStatements(t, vc.FormatLD, 1), identity))
	wantShown(t, a, "0/verifiableCredential/0 accepted", "0/verifiableCredential/1 accepted")
	if a.Credentials[1].Digest != statementsDigest(t, s.library, identity) || a.Decision.Decision != policies.Permit {
		t.Errorf("got %+v", a.Credentials[1])
	}
}

// A title whose issuer may also say who somebody is, is listed once, though it is one
// supporting credential too many.
func TestATitleIsListedOnce(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	g.library = relaxed(t, nobodys, "\nidentityIssuers: [{by: registry, registry: vehicle-registries}]"+nobodys)
	title := signedBy(t, g.state, jwtForm, titleOf(g.company, vin, func(d, _ map[string]any) { d["id"] = "urn:title" }))
	c1 := g.mandate(t, g.company, jwtForm, owningNamed(t, "urn:title", title), nil)
	wantShown(t, g.drive(t, g.show(t, g.office, jwtForm, c1, title)), "0/verifiableCredential/0 accepted", "0/verifiableCredential/1 accepted")
	sent := []any{c1}
	for range 8 {
		sent = append(sent, g.title(t, g.state, g.thief, vin))
	}
	a := g.drive(t, g.show(t, g.office, jwtForm, append(sent, title)...))
	wantPermit(t, a)
	if got := shown(a); len(got) != 10 {
		t.Errorf("got %q", got)
	}
}
