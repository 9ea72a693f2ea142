package verifier_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// listed serves a list in which nothing stands, and which is over, or is not.
func (s *township) listed(t testing.TB, by *proof.Key, over bool) *township {
	t.Helper()
	list := listOf("revocation", encoded(bits(1<<17)))
	list["validUntil"] = at.Add(time.Hour).Format(time.RFC3339)
	if over {
		list["validUntil"] = at.Format(time.RFC3339)
	}
	own := *s
	own.story = s.ward(t, published(t, by, list, vc.FormatVCJOSE)).story
	return &own
}

// wantFresher holds that a denial needs a fresher list for a credential, first of all.
func wantFresher(t *testing.T, a *verifier.Answer, path string) {
	t.Helper()
	wantDeny(t, a, "status.stale")
	if len(a.Needs) == 0 || len(a.Needs[0].Parts) != 1 || a.Needs[0].Parts[0].List != listURL || a.Needs[0].Parts[0].Credential != path {
		raw, _ := json.Marshal(a.Needs)
		t.Errorf("needs are %s", raw)
	}
}

// A fresher list is what an identity, a training or a title needs whose list is over;
// with it the same is permitted, and rests on them.
func TestSupportingCredentialsNeedAFresherList(t *testing.T) {
	t.Parallel()
	s := newRegistry(t)
	for format, model := range map[string]int{vc.FormatLD: 2, vc.FormatVCJOSE: 2} {
		identity := attested(t, s, format, identityUnder(s.laila.DID(), model, func(d, _ map[string]any) { d["credentialStatus"] = entry("revocation") }))
		sent := s.show(t, s.amina, jwtForm, s.mandate(t, s.laila, jwtForm), identity)
		wantFresher(t, s.listed(t, s.town, true).decide(t, named(), sent), "/presentations/0/verifiableCredential/1")
		a := s.listed(t, s.town, false).decide(t, named(), sent)
		wantPermit(t, a)
		wantShown(t, a, "0/verifiableCredential/0 accepted", "0/verifiableCredential/1 accepted")
	}
	school := newSchool(t)
	training := signedBy(t, school.town, jwtForm, map[string]any{
		"@context": []any{vc.ContextV1}, "type": []any{"VerifiableCredential"}, "issuanceDate": "2026-01-01T00:00:00Z", "credentialStatus": entry("revocation"),
		"credentialSubject": map[string]any{"id": school.amina.DID(), "training": firstAid["training"]},
	})
	sent := school.show(t, school.amina, jwtForm, school.trained(t, jwtForm), training)
	wantFresher(t, school.listed(t, school.town, true).decide(t, ask("routine-medical-care"), sent), "/presentations/0/verifiableCredential/1")
	wantPermit(t, school.listed(t, school.town, false).decide(t, ask("routine-medical-care"), sent))

	g := newMotorPool(t)
	title := signedBy(t, g.state, jwtForm, titleOf(g.company, vin, func(d, _ map[string]any) { d["credentialStatus"] = entry("revocation") }))
	shown := g.show(t, g.office, jwtForm, g.mandate(t, g.company, jwtForm, owning(title), nil))
	for over, want := range map[bool]string{true: "deny", false: "permit"} {
		own, pool := *g, *g.garage
		pool.verifier = s.listed(t, g.state, over).verifier
		own.garage = &pool
		a := own.drive(t, shown)
		if a.Decision.Decision != want {
			t.Errorf("over %v: %s %+v", over, a.Decision.Decision, a.Reasons)
		}
		if over {
			wantFresher(t, a, "/presentations/0/verifiableCredential/0/provenanceProofs/0/1/verifiableCredential/0")
		}
	}
}

// attested is signed over text or statements.
func attested(t testing.TB, s *township, format string, doc map[string]any) any {
	t.Helper()
	if format == vc.FormatLD {
		return attest(t, s.library, s.town, format, doc)
	}
	return signedBy(t, s.town, format, doc)
}
