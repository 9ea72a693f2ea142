package verifier_test

import (
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// newSchool is the township whose town says who was trained; by what number people
// are known says one other.
func newSchool(t testing.TB) *township {
	t.Helper()
	s := newTownship(t)
	s.library = altered(t, nobodys, `
properties: [{name: training, issuers: [{by: registry, registry: towns}]}]
uniquePerson: {attribute: number, issuers: [{by: did, did: "`+s.mallory.DID()+`"}]}
issuers:`)
	return s
}

// about is what somebody says of a holder.
func about(t testing.TB, by, holder *proof.Key, format string, said map[string]any) any {
	t.Helper()
	subject := map[string]any{"id": holder.DID(), "colour": "red"}
	for name, v := range said {
		subject[name] = v
	}
	return signedBy(t, by, format, map[string]any{
		"@context": []any{vc.ContextV1}, "type": []any{"VerifiableCredential"}, "issuanceDate": "2026-01-01T00:00:00Z", "credentialSubject": subject,
	})
}

// trained is Amina's credential, which lets care whoever was trained.
func (s *township) trained(t testing.TB, format string) any {
	t.Helper()
	return signedBy(t, s.issuer, format, s.credential(s.amina, func(_, _, p map[string]any) {
		p["permissions"] = []any{map[string]any{"grant": []any{"routine-medical-care"}, "when": map[string]any{"training": []any{"first aid"}, "op": "contains"}}}
	}))
}

var firstAid = map[string]any{"training": []any{"first aid", "swimming"}}

// A property counts by whom the framework names for it, about the holder who presents
// it, in each form whose proof is over text.
func TestATrainingCounts(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	for _, format := range []string{vc.FormatVCJWT11, vc.FormatVCJOSE, vc.FormatJCS} {
		c := s.trained(t, format)
		wantDeny(t, s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, format, c)), "permission.ungranted")
		a := s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, format, c, about(t, s.town, s.amina, format, firstAid)))
		wantPermit(t, a)
		if told := a.Input.Presentations[0].Credentials[0].About; len(told) != 1 || len(told[0].Attributes) != 1 {
			t.Errorf("got %+v", told)
		}
	}
}

// What is said by others, of others, or elsewhere grants nothing.
func TestATrainingDoesNotCount(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	c := s.trained(t, jwtForm)
	for name, second := range map[string]any{
		"by a stranger":           about(t, s.stranger, s.amina, jwtForm, firstAid),
		"by herself":              about(t, s.amina, s.amina, jwtForm, firstAid),
		"by the camp":             about(t, s.issuer, s.amina, jwtForm, firstAid),
		"of another":              about(t, s.town, s.yusuf, jwtForm, firstAid),
		"of another training":     about(t, s.town, s.amina, jwtForm, map[string]any{"training": []any{"swimming"}}),
		"of too many words":       about(t, s.town, s.amina, jwtForm, map[string]any{"training": []any{"first aid", strings.Repeat("x", 4<<10)}}),
		"of too many numbers":     about(t, s.town, s.amina, jwtForm, map[string]any{"training": append(thousands(5000), "first aid")}),
		"of an object":            about(t, s.town, s.amina, jwtForm, map[string]any{"training": map[string]any{"0": "first aid"}}),
		"of what a holder says":   about(t, s.town, s.amina, jwtForm, map[string]any{"holder": firstAid}),
		"of a role, no training ": about(t, s.town, s.amina, jwtForm, map[string]any{"role": "first aid"}),
	} {
		a := s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, c, second))
		if a.Decision.Decision != "deny" {
			t.Errorf("%s: permitted", name)
		}
		if told := a.Input.Presentations[0].Credentials[0].About; (name == "of another" || name == "of an object" || name == "of too many numbers") && len(told) > 0 {
			t.Errorf("%s: the policy was told %+v", name, told)
		}
	}
	hers := about(t, s.town, s.amina, jwtForm, firstAid)
	wantDeny(t, s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, c), s.show(t, s.yusuf, jwtForm, hers)), "permission.ungranted")
	wantDeny(t, s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, hers)), "holder.no_credential")
}

// thousands are different numbers.
func thousands(n int) (out []any) {
	for i := range n {
		out = append(out, float64(i))
	}
	return out
}

// A property counts under whatever name is the same after NFKC.
func TestATrainingIsNamedAlike(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.library = altered(t, nobodys, "\nproperties: [{name: ｔraining, issuers: [{by: registry, registry: towns}]}]"+nobodys)
	a := s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, s.trained(t, jwtForm), about(t, s.town, s.amina, jwtForm, firstAid)))
	wantPermit(t, a)
}

// Two grandparents are two by the numbers that the town gives them.
func TestPeopleByNumber(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	both := func(a, b any) *verifier.Answer {
		show := func(holder *proof.Key, n any) verifier.Submitted {
			sent := []any{signedBy(t, s.issuer, jwtForm, s.credential(holder, nil))}
			if n != nil {
				sent = append(sent, about(t, s.mallory, holder, jwtForm, map[string]any{"number": n}))
			}
			return s.show(t, holder, jwtForm, sent...)
		}
		return s.decide(t, ask("light-travel"), show(s.amina, a), show(s.yusuf, b))
	}
	wantPermit(t, both("1", "2"))
	wantDeny(t, both("1", "1"), "permission.ungranted")
	wantDeny(t, both("1", nil), "permission.ungranted")
	wantDeny(t, both(nil, nil), "permission.ungranted")
}
