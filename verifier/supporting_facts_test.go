package verifier_test

import (
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// provedFor lets a token's proof end some minutes after the story's instant.
func provedFor(minutes int) func(d, s map[string]any) {
	return func(d, _ map[string]any) { d["exp"] = float64(at.Add(time.Duration(minutes) * time.Minute).Unix()) }
}

// shownUntil is a presentation as a token that ends some minutes after the instant.
func (s *township) shownUntil(t testing.TB, minutes int, credentials ...any) verifier.Submitted {
	t.Helper()
	var list []any
	for _, c := range credentials {
		list = append(list, map[string]any{"@context": vc.ContextV2, "id": "data:application/vc+jwt," + c.(string), "type": "EnvelopedVerifiableCredential"})
	}
	p, err := (&proof.Signer{Key: s.amina, At: at}).JWT(vc.FormatVPJOSE, "", map[string]any{
		"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "holder": s.amina.DID(), "verifiableCredential": list,
		"iss": s.amina.DID(), "nonce": nonce, "aud": domain, "iat": at.Unix(), "exp": at.Add(time.Duration(minutes) * time.Minute).Unix(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte(p)}
}

// What vouches holds as long as its own proof and the presentation's; so does a title.
func TestSupportingCredentialsHoldUntil(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	mandate := s.mandate(t, s.laila, vc.FormatVCJOSE)
	identity := signedBy(t, s.town, vc.FormatVCJOSE, identityOf(s.laila.DID(), provedFor(5)))
	for minutes, want := range map[int]string{3: "2026-11-20T10:03:00Z", 9: "2026-11-20T10:05:00Z"} {
		a := s.decide(t, named(), s.shownUntil(t, minutes, mandate, identity))
		wantPermit(t, a)
		if got := a.Input.Presentations[0].Credentials[0].Identity[0].ProvedUntil; got != want || a.ValidUntil != want {
			t.Errorf("the presentation ends after %d minutes: the identity is proved until %s, the permit holds until %s, want %s", minutes, got, a.ValidUntil, want)
		}
	}
	g := newMotorPool(t)
	title := signedBy(t, g.state, vc.FormatVCJOSE, titleOf(g.company, vin, provedFor(5)))
	a := g.drive(t, g.show(t, g.office, jwtForm, g.mandate(t, g.company, jwtForm, owning(title), nil)))
	if got := a.Input.Presentations[0].Credentials[0].Ownership[0].ProvedUntil; got != "2026-11-20T10:05:00Z" || a.ValidUntil != got {
		t.Errorf("the title is proved until %s, the permit holds until %s", got, a.ValidUntil)
	}
}

// A status that cannot be read is no status that passes.
func TestSupportingCredentialsOfAnOddStatus(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	mandate := s.mandate(t, s.laila, jwtForm)
	for name, status := range map[string]any{"of no entry": []any{}, "of too many": make([]any, 100), "of texts": []any{"x"}} {
		identity := signedBy(t, s.town, jwtForm, identityOf(s.laila.DID(), func(d, _ map[string]any) { d["credentialStatus"] = status }))
		wantDeny(t, s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, identity)), vc.CredentialMalformed)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// The policy is told of nobody else than the delegator who issued, and of nobody by
// whom the framework lists to issue.
func TestOfOthersNothingIsTold(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	identity := func(of *proof.Key) any { return signedBy(t, s.town, jwtForm, identityOf(of.DID(), nil)) }
	told := func(sent ...any) []facts.Supporting {
		return s.decide(t, named(), s.show(t, s.amina, jwtForm, sent...)).Input.Presentations[0].Credentials[0].Identity
	}
	if got := told(s.mandate(t, s.laila, jwtForm), identity(s.laila), identity(s.mallory)); len(got) != 1 || got[0].Subject != s.laila.DID() {
		t.Errorf("of a delegator's mandate: %+v", got)
	}
	appointed := signedBy(t, s.stranger, jwtForm, s.credential(s.amina, func(_, _, p map[string]any) { p["id"] = s.laila.DID() }))
	if got := told(appointed, identity(s.laila)); len(got) > 0 {
		t.Errorf("of another's: %+v", got)
	}
}
