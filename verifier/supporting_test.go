package verifier_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A town says who Laila is, who appoints those who act for her.
type township struct {
	*story
	laila, town, mallory *proof.Key
}

// By these towns say who somebody is.
const (
	nobodys = "\nissuers:"
	towns   = "\nidentityIssuers: [{by: registry, registry: towns}]\nissuers:\n  - {variants: [ChildGuardian], by: delegator}"
)

func newTownship(t testing.TB) *township {
	t.Helper()
	s := &township{story: newStory(t), laila: newKey(t), town: newKey(t), mallory: newKey(t)}
	s.library = altered(t, nobodys, towns)
	return s
}

// named asks by attributes alone.
func named() *verifier.Question {
	q := ask("routine-medical-care")
	q.Request.Proxied = facts.ProxiedRequest{Attributes: map[string]facts.Comparable{
		"firstName": {Text: "Laila"}, "lastName": {Text: "Saleh"}, "birthDate": {Text: "2018-05-21"},
	}}
	return q
}

func (s *township) decide(t testing.TB, q *verifier.Question, p ...verifier.Submitted) *verifier.Answer {
	t.Helper()
	registries := maps.Clone(s.registries())
	registries["towns"] = []string{s.town.DID()}
	a, err := s.verifier.Decide(t.Context(), s.library, q, p, registries)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// inModel gives a credential the dates and the context of a form's data model.
func inModel(doc map[string]any, format string) map[string]any {
	if format != vc.FormatVCJOSE && format != vc.FormatJCS {
		return doc
	}
	doc["@context"].([]any)[0] = vc.ContextV2
	for old, name := range map[string]string{"issuanceDate": "validFrom", "expirationDate": "validUntil"} {
		if v, ok := doc[old]; ok {
			doc[name] = v
			delete(doc, old)
		}
	}
	return doc
}

// identityOf is an unsigned credential that says who a DID is.
func identityOf(id string, change func(doc, subject map[string]any)) map[string]any {
	subject := map[string]any{"id": id, "type": "Person", "firstName": "Laila", "lastName": "Saleh", "birthDate": "2018-05-21", "height": 120.0}
	doc := map[string]any{
		"@context": []any{vc.ContextV1}, "type": []any{"VerifiableCredential", "IdentityCredential"},
		"issuanceDate": "2026-01-01T00:00:00Z", "expirationDate": "2027-01-01T00:00:00Z", "credentialSubject": subject,
	}
	if change != nil {
		change(doc, subject)
	}
	return doc
}

func signedBy(t testing.TB, key *proof.Key, format string, doc map[string]any) any {
	t.Helper()
	c, err := (&proof.Signer{Key: key, At: at}).Credential(t.Context(), inModel(doc, format), format)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mandate is Amina's credential, which some delegator issues about itself.
func (s *township) mandate(t testing.TB, by *proof.Key, format string) any {
	t.Helper()
	return signedBy(t, by, format, s.credential(s.amina, func(_, _, p map[string]any) { p["id"] = by.DID() }))
}

func (s *township) show(t testing.TB, holder *proof.Key, format string, credentials ...any) verifier.Submitted {
	t.Helper()
	p, err := (&proof.Signer{Key: holder, At: at}).Presentation(t.Context(), credentials, over[format], proof.Expect{Nonce: nonce, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := p.(string); ok {
		return verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte(text)}
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Submitted{MediaType: verifier.MediaLD, Raw: raw}
}

// A delegator is named by the challenge, or by another's credential, in each form
// whose proof is over text.
func TestADelegatorIsIdentified(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	for _, format := range []string{vc.FormatVCJWT11, vc.FormatVCJOSE, vc.FormatJCS} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			mandate, identity := s.mandate(t, s.laila, format), signedBy(t, s.town, format, identityOf(s.laila.DID(), nil))
			wantDeny(t, s.decide(t, named(), s.show(t, s.amina, format, mandate)), "proxied.insufficient")
			for _, both := range [][]any{{mandate, identity}, {identity, mandate}} {
				a := s.decide(t, named(), s.show(t, s.amina, format, both...))
				wantPermit(t, a)
				if len(a.Reasons) > 0 {
					t.Errorf("reasons of a permit: %+v", a.Reasons)
				}
			}
			q := named()
			q.Request.Proxied.ID = s.laila.DID()
			wantPermit(t, s.decide(t, q, s.show(t, s.amina, format, mandate, identity)))
		})
	}
}

// What does not say who the delegator is denies, with a code.
func TestADelegatorIsNotIdentified(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	id := s.laila.DID()
	mandate := s.mandate(t, s.laila, jwtForm)
	by := func(key *proof.Key, change func(d, s map[string]any)) any {
		return signedBy(t, key, jwtForm, identityOf(id, change))
	}
	member := func(name string, v any) any {
		return by(s.town, func(d, _ map[string]any) { d[name] = v })
	}
	says := func(name string, v any) any {
		return by(s.town, func(_, subject map[string]any) { subject[name] = v })
	}
	raw := by(s.town, nil).(string)
	for name, c := range map[string]struct {
		code   string
		second any
	}{
		"by a stranger":               {"issuer.refused", by(s.stranger, nil)},
		"by the holder":               {"issuer.refused", by(s.amina, nil)},
		"by the delegator":            {"issuer.refused", by(s.laila, nil)},
		"by an issuer of proxies":     {"issuer.refused", by(s.issuer, nil)},
		"with a broken signature":     {"proof.invalid", raw[:len(raw)-8] + "AAAAAAAA"},
		"about another":               {"proxied.insufficient", signedBy(t, s.town, jwtForm, identityOf(s.mallory.DID(), nil))},
		"about nobody":                {"credential.malformed", by(s.town, func(_, subject map[string]any) { delete(subject, "id") })},
		"about several":               {"credential.malformed", member("credentialSubject", []any{map[string]any{"id": id}})},
		"by a dotted name":            {"credential.malformed", member("credentialSubject.firstName", "Laila")},
		"expired":                     {"credential.expired", member("expirationDate", "2026-11-20T10:00:00Z")},
		"not yet valid":               {"credential.not_yet_valid", member("issuanceDate", "2026-11-20T10:01:01Z")},
		"with dates of two models":    {"credential.malformed", member("validUntil", "2030-01-01T00:00:00Z")},
		"with a status unknown":       {"status.unknown", member("credentialStatus", map[string]any{"id": "https://x.example/1", "type": "RevocationList2020Status"})},
		"with a status nowhere":       {"status.unreachable", member("credentialStatus", entry("revocation"))},
		"under a context":             {"context.refused", member("@context", []any{vc.ContextV1, "https://x.example/identity/v1"})},
		"under RFC 0103's context":    {"context.refused", member("@context", []any{vc.ContextV1, "https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control"})},
		"under an own context":        {"context.refused", member("@context", []any{vc.ContextV1, map[string]any{"firstName": "https://x.example/lastName"}})},
		"with terms of use":           {"credential.malformed", member("termsOfUse", []any{})},
		"with provenance":             {"credential.malformed", member("provenanceProofs", []any{})},
		"with a proxy type":           {"credential.malformed", member("type", []any{"VerifiableCredential", "Proxy.G/" + camp + "/1.0.0/ChildGuardian"})},
		"with a proxy type of a kind": {"credential.malformed", member("type", []any{"VerifiableCredential", "https://x.example#Proxy.G"})},
		"with another name":           {"proxied.mismatch", says("firstName", "Leila")},
		"with another birth date":     {"proxied.mismatch", says("birthDate", "2018-05-22")},
		"with a look-alike":           {"proxied.mismatch", says("firstName", "L\u0430ila")},
		"with a list of names":        {"proxied.mismatch", says("firstName", []any{"Laila"})},
		"with a name too long":        {"proxied.mismatch", says("firstName", "Laila"+strings.Repeat(" ", 4<<10))},
		"with no name":                {"proxied.mismatch", says("firstName", "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, c.second))
			wantDeny(t, a, c.code)
			wantDeny(t, a, "proxied.insufficient")
		})
	}
}

// The status of a token counts, too.
func TestAnIdentityHasATokensStatus(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	identity := signedBy(t, s.town, vc.FormatVCJOSE, identityOf(s.laila.DID(), func(d, _ map[string]any) {
		d["status"] = map[string]any{"status_list": map[string]any{"idx": 1, "uri": "https://x.example"}}
	}))
	wantDeny(t, s.decide(t, named(), s.show(t, s.amina, vc.FormatVCJOSE, s.mandate(t, s.laila, vc.FormatVCJOSE), identity)), "status.unreachable")
}

// A text of 4 KiB counts, a longer one does not.
func TestAnIdentityOfManyWords(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	const short, longer = "maxLength: 200, examples: [Saleh]", "maxLength: 9000, examples: [Saleh]"
	s.library = altered(t, nobodys, towns, short, longer, short, longer)
	for size, permits := range map[int]bool{4 << 10: true, 4<<10 + 1: false} {
		long := strings.Repeat("a", size)
		q := named()
		q.Request.Proxied.Attributes["lastName"] = facts.Comparable{Text: long}
		mandate := signedBy(t, s.laila, jwtForm, s.credential(s.amina, func(_, _, p map[string]any) { p["id"], p["lastName"] = s.laila.DID(), long }))
		identity := signedBy(t, s.town, jwtForm, identityOf(s.laila.DID(), func(_, subject map[string]any) { subject["lastName"] = long }))
		a := s.decide(t, q, s.show(t, s.amina, jwtForm, mandate, identity))
		if !permits {
			wantDeny(t, a, "proxied.insufficient")
		} else {
			wantPermit(t, a)
		}
	}
}

// The policy is told of an identity what the request asks for, and nothing where it
// names the delegator.
func TestOfAnIdentityIsToldWhatIsAsked(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	sent := s.show(t, s.amina, jwtForm, s.mandate(t, s.laila, jwtForm), signedBy(t, s.town, jwtForm, identityOf(s.laila.DID(), nil)))
	told := s.decide(t, named(), sent).Input.Presentations[0].Credentials[0].Identity
	if len(told) != 1 || len(told[0].Attributes) != 3 {
		t.Errorf("got %+v", told)
	}
	q := named()
	q.Request.Proxied.ID = s.laila.DID()
	if told = s.decide(t, q, sent).Input.Presentations[0].Credentials[0].Identity; len(told) > 0 {
		t.Errorf("got %+v", told)
	}
}

// Mallory, who claims Laila's name and birth date, is not Laila; and what is said
// of her in another's presentation counts nowhere.
func TestAClaimIsNoIdentity(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	laila := signedBy(t, s.town, jwtForm, identityOf(s.laila.DID(), nil))
	mallory := signedBy(t, s.town, jwtForm, identityOf(s.mallory.DID(), func(_, subject map[string]any) {
		subject["firstName"], subject["lastName"] = "Mallory", "Moore"
	}))
	claim := s.mandate(t, s.mallory, jwtForm)
	for name, sent := range map[string][]any{"alone": {claim}, "with her own": {claim, mallory}, "with another's": {claim, laila}, "with both": {claim, laila, mallory}} {
		wantDeny(t, s.decide(t, named(), s.show(t, s.amina, jwtForm, sent...)), "proxied.insufficient")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	mandate := s.mandate(t, s.laila, jwtForm)
	wantDeny(t, s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate), s.show(t, s.yusuf, jwtForm, laila)), "proxied.insufficient")
	wantDeny(t, s.decide(t, named(), s.show(t, s.amina, jwtForm, laila)), "issuer.refused")
}

// The proxy credential itself says what the request does, whoever vouches.
func TestAnIdentityGrantsNothing(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	identity := signedBy(t, s.town, jwtForm, identityOf(s.laila.DID(), func(_, subject map[string]any) {
		subject["holder"] = map[string]any{"id": s.amina.DID(), "role": "grandparent"}
		subject["role"], subject["permissions"] = "grandparent", []any{map[string]any{"grant": []any{"routine-medical-care"}, "when": map[string]any{"roles": "grandparent"}}}
	}))
	wantDeny(t, s.decide(t, named(), s.show(t, s.amina, jwtForm, identity)), "holder.no_credential")
	other := signedBy(t, s.laila, jwtForm, s.credential(s.amina, func(_, _, p map[string]any) { p["id"], p["firstName"] = s.laila.DID(), "Leila" }))
	wantDeny(t, s.decide(t, named(), s.show(t, s.amina, jwtForm, other, identity)), "proxied.mismatch")
}

// Revoked and suspended are told apart, and a list that says neither lets it count.
func TestAnIdentityIsRevoked(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	for name, c := range map[string]struct {
		set     []int
		purpose string
		by      *proof.Key
		code    string
	}{
		"in force":  {nil, "revocation", s.town, ""},
		"revoked":   {[]int{place}, "revocation", s.town, "status.revoked"},
		"suspended": {[]int{place}, "suspension", s.town, "status.suspended"},
		"another's": {nil, "revocation", s.stranger, "status.refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := *s
			w := s.ward(t, published(t, c.by, listOf(c.purpose, encoded(bits(1<<17, c.set...))), vc.FormatVCJOSE))
			own.story = w.story
			identity := signedBy(t, s.town, jwtForm, identityOf(s.laila.DID(), func(d, _ map[string]any) { d["credentialStatus"] = entry(c.purpose) }))
			a := own.decide(t, named(), s.show(t, s.amina, jwtForm, s.mandate(t, s.laila, jwtForm), identity))
			if c.code == "" {
				wantPermit(t, a)
				return
			}
			wantDeny(t, a, c.code)
			stranger := signedBy(t, s.stranger, jwtForm, identityOf(s.laila.DID(), func(d, _ map[string]any) { d["credentialStatus"] = entry(c.purpose) }))
			before := w.asked.Load()
			own.decide(t, named(), s.show(t, s.amina, jwtForm, s.mandate(t, s.laila, jwtForm), stranger))
			if w.asked.Load() != before {
				t.Error("a list was fetched for a stranger's credential")
			}
		})
	}
}

// Who sends supporting credentials of nobody's, or many, makes little work.
func TestStrangersIdentitiesAreNotVerified(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	memory := s.counting()
	mandate := s.mandate(t, s.laila, jwtForm)
	verified := func(by *proof.Key, n int) int {
		before, sent := memory.Verified(), []any{mandate}
		for i := range n {
			sent = append(sent, signedBy(t, by, jwtForm, identityOf(s.laila.DID(), func(d, _ map[string]any) { d["id"] = fmt.Sprintf("urn:%s:%d", by.DID(), i) })))
		}
		s.decide(t, named(), s.show(t, s.amina, jwtForm, sent...))
		return int(memory.Verified() - before)
	}
	if n := verified(s.stranger, 20); n != 1 {
		t.Errorf("%d signatures were verified, want the delegator's alone", n)
	}
	if n := verified(s.town, 20); n != 8 {
		t.Errorf("%d signatures were verified, want those of 8 supporting credentials", n)
	}
}
