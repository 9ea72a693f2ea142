package verifier_test

import (
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// holding are the forms of presentations that hold an SD-JWT VC, by those of the
// proxy credentials beside it.
var holding = []string{vc.FormatVCJWT11, vc.FormatVCJOSE, vc.FormatJCS}

// sdIdentity is the SD-JWT VC that says who a DID is, of which what stands at the
// paths open can be withheld.
func sdIdentity(t testing.TB, by *proof.Key, id string, change func(claims map[string]any), open ...[]string) string {
	t.Helper()
	claims := map[string]any{
		"iss": by.DID(), "iat": at.Unix() - 60, "exp": at.Unix() + 3600, "vct": "https://towns.example/identity", "sub": id,
		"firstName": "Laila", "lastName": "Saleh", "birthDate": "2018-05-21", "height": 120,
	}
	if change != nil {
		change(claims)
	}
	issued, err := (&proof.Signer{Key: by, At: at}).SDJWT(claims, open)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// An SD-JWT VC says who a delegator is, shown whole or in part, in every presentation
// whose proof is over text.
func TestADelegatorIsIdentifiedBySDJWT(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	for _, format := range holding {
		mandate := s.mandate(t, s.laila, format)
		for _, identity := range []string{
			sdIdentity(t, s.town, s.laila.DID(), nil),
			sdIdentity(t, s.town, s.laila.DID(), nil, []string{"sub"}, []string{"firstName"}, []string{"lastName"}, []string{"birthDate"}),
		} {
			a := s.decide(t, named(), s.show(t, s.amina, format, mandate, identity))
			wantPermit(t, a)
			if len(a.Reasons) > 0 {
				t.Errorf("reasons of a permit: %+v", a.Reasons)
			}
		}
	}
}

// What is withheld, bound to another, or not to be read says nothing.
func TestAnSDJWTDoesNotIdentify(t *testing.T) {
	t.Parallel()
	s := newTownship(t)
	mandate := s.mandate(t, s.laila, jwtForm)
	of := func(change func(claims map[string]any)) string { return sdIdentity(t, s.town, s.laila.DID(), change) }
	with := func(name string, v any) string { return of(func(claims map[string]any) { claims[name] = v }) }
	hidden := sdIdentity(t, s.town, s.laila.DID(), nil, []string{"height"})
	less, err := proof.Disclose(hidden, but("height"))
	if err != nil {
		t.Fatal(err)
	}
	presented, err := (&proof.Signer{Key: s.laila, At: at}).Presentation(t.Context(), []any{of(nil)}, vc.FormatSDJWT, proof.Expect{Nonce: nonce, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	endless, err := proof.Disclose(sdIdentity(t, s.town, s.laila.DID(), func(claims map[string]any) {
		delete(claims, "exp")
		claims["status"] = map[string]any{"status_list": map[string]any{"idx": 1, "uri": "https://x.example"}}
	}, []string{"height"}), but("height"))
	if err != nil {
		t.Fatal(err)
	}
	whole := of(nil)
	for name, c := range map[string]struct{ code, second string }{
		"by a stranger":             {"issuer.refused", sdIdentity(t, s.stranger, s.laila.DID(), nil)},
		"by the delegator":          {"issuer.refused", sdIdentity(t, s.laila, s.laila.DID(), nil)},
		"about another":             {"proxied.insufficient", sdIdentity(t, s.town, s.mallory.DID(), nil)},
		"about nobody":              {"credential.malformed", of(func(claims map[string]any) { delete(claims, "sub") })},
		"about nobody that is text": {"credential.malformed", with("sub", 1)},
		"with a broken signature":   {"proof.invalid", strings.Replace(whole, "~", "AAAA~", 1)},
		"with another name":         {"proxied.mismatch", with("firstName", "Leila")},
		"with a name in parts":      {"proxied.mismatch", with("firstName", map[string]any{"first": "Laila"})},
		"expired":                   {"credential.expired", with("exp", at.Unix()-1)},
		"of the future":             {"credential.not_yet_valid", with("iat", at.Unix()+120)},
		"of no time":                {"credential.malformed", of(func(claims map[string]any) { delete(claims, "iat") })},
		"with a status nowhere":     {"status.unreachable", with("status", map[string]any{"status_list": map[string]any{"idx": 1, "uri": "https://x.example"}})},
		"with a status unknown":     {"status.unknown", with("status", map[string]any{"other": 1})},
		"with provenance":           {"credential.malformed", with("provenanceProofs", []any{})},
		"with terms of use":         {"credential.malformed", with("termsOfUse", []any{})},
		"for an audience":           {"credential.malformed", with("aud", "somebody")},
		"with a proxy type":         {"credential.malformed", with("vct", campURI+"#Proxy.G/Refugee%20Camp%20Guardianship/1.0.0/ChildGuardian")},
		"with a second, proxy type": {"credential.malformed", with("aka_vcts", []any{campURI + "#Proxy.G/Refugee%20Camp%20Guardianship/1.0.0/ChildGuardian"})},
		"for the delegator's key":   {"holder.unbound", with("cnf", map[string]any{"jwk": s.laila.Key.JWK()})},
		"for the delegator's DID":   {"holder.unbound", with("cnf", map[string]any{"kid": s.laila.DID() + "#" + strings.TrimPrefix(s.laila.DID(), "did:key:")})},
		"with what may be withheld": {"disclosure.missing", less},
		"with an end withheld":      {"disclosure.missing", endless},
		"with a key binding":        {"credential.malformed", presented.(string)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, c.second))
			wantDeny(t, a, c.code)
			wantDeny(t, a, "proxied.insufficient")
		})
	}
	wantPermit(t, s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate, whole)))
	alone := s.decide(t, named(), s.show(t, s.amina, jwtForm, mandate), bound(t, s.laila, usual, with("cnf", map[string]any{"jwk": s.laila.Key.JWK()}), everything))
	wantDeny(t, alone, "supporting.unsupported")
	wantDeny(t, alone, "proxied.insufficient")
}

// A property of which a part is withheld is absent, and one bound to the holder's
// key counts in the holder's presentation alone.
func TestATrainingCountsBySDJWT(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	sd := func(change func(claims map[string]any), open ...[]string) string {
		return sdIdentity(t, s.town, s.amina.DID(), func(claims map[string]any) {
			claims["training"], claims["status"] = []any{"first aid", "swimming"}, nil
			delete(claims, "status")
			if change != nil {
				change(claims)
			}
		}, open...)
	}
	key := func(of *proof.Key) func(claims map[string]any) {
		return func(claims map[string]any) { claims["cnf"] = map[string]any{"jwk": of.Key.JWK()} }
	}
	kid := func(of *proof.Key) func(claims map[string]any) {
		return func(claims map[string]any) {
			claims["cnf"] = map[string]any{"kid": of.DID() + "#" + strings.TrimPrefix(of.DID(), "did:key:")}
		}
	}
	part, err := proof.Disclose(sd(nil, []string{"training", "1"}), but("training/1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range holding {
		c := s.trained(t, format)
		for _, second := range []string{sd(nil), sd(key(s.amina)), sd(kid(s.amina))} {
			wantPermit(t, s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, format, c, second)))
		}
		wantDeny(t, s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, format, c, part)), "permission.ungranted")
		for _, second := range []string{sd(key(s.yusuf)), sd(kid(s.yusuf))} {
			wantDeny(t, s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, format, c, second)), "holder.unbound")
		}
	}
}

// A title can be an SD-JWT VC, bound to the key of the owner who gives it.
func TestATitleIsAnSDJWT(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	title := func(change func(claims map[string]any), open ...[]string) []any {
		return owning(sdIdentity(t, g.state, g.company.DID(), func(claims map[string]any) {
			claims["vin"] = vin
			if change != nil {
				change(claims)
			}
		}, open...))
	}
	bind := func(to *proof.Key) func(claims map[string]any) {
		return func(claims map[string]any) { claims["cnf"] = map[string]any{"jwk": to.Key.JWK()} }
	}
	for _, format := range forms {
		for _, provenance := range [][]any{title(nil), title(bind(g.company)), title(nil, []string{"vin"})} {
			wantPermit(t, g.drive(t, g.show(t, g.office, format, g.mandate(t, g.company, format, provenance, nil))))
		}
		wantDeny(t, g.drive(t, g.show(t, g.office, format, g.mandate(t, g.company, format, title(bind(g.office)), nil))), "holder.unbound")
		wantDeny(t, g.drive(t, g.show(t, g.office, format, g.mandate(t, g.thief, format, title(nil), nil))), "chain.unlinked")
	}
}

// Which key of several a holder's proof is by is not kept: one that the issuer names by
// a kid counts only where the DID is that key.
func TestSupportingKidOfSeveralMethods(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	peer := "did:peer:2.V" + strings.TrimPrefix(s.amina.DID(), "did:key:")
	s.amina = s.amina.As(peer + "#key-1")
	c := s.trained(t, jwtForm)
	sd := func(cnf map[string]any) string {
		return sdIdentity(t, s.town, peer, func(claims map[string]any) { claims["training"], claims["cnf"] = []any{"first aid", "swimming"}, cnf })
	}
	show := func(second string) *verifier.Answer {
		return s.decide(t, ask("routine-medical-care"), s.show(t, s.amina, jwtForm, c, second))
	}
	wantPermit(t, show(sd(map[string]any{"jwk": s.amina.Key.JWK()})))
	wantDeny(t, show(sd(map[string]any{"kid": s.amina.ID})), "holder.unbound")
}
