package verifier_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const campURI = "https://procura.dev/frameworks/refugee-camp-guardianship"

// everything that an SD-JWT VC has is disclosed.
func everything([]string) bool { return true }

// but withholds what stands at one of the paths.
func but(paths ...string) func([]string) bool {
	return func(path []string) bool { return !slices.Contains(paths, strings.Join(path, "/")) }
}

// sdClaims are those of an SD-JWT VC for a grandparent who holds key.
func (s *story) sdClaims(holder *proof.Key, change func(claims, holder, proxied map[string]any)) map[string]any {
	doc := s.credential(holder, nil)
	subject := doc["credentialSubject"].(map[string]any)
	claims := map[string]any{
		"iss": s.issuer.DID(), "iat": at.Unix(), "nbf": at.Unix() - 60, "exp": at.Unix() + 3600,
		"vct":               campURI + "#Proxy.G/Refugee%20Camp%20Guardianship/1.0.0/ChildGuardian",
		"trustFrameworkURI": campURI, "auditURI": "", "appealURI": "tel:+23566000001",
		"cnf":    map[string]any{"jwk": holder.Key.JWK()},
		"holder": subject["holder"], "proxied": subject["proxied"],
	}
	if change != nil {
		change(claims, subject["holder"].(map[string]any), subject["proxied"].(map[string]any))
	}
	return claims
}

// sdSigned signs claims of which what stands at the paths can be withheld.
func (s *story) sdSigned(t testing.TB, claims map[string]any, open ...string) string {
	t.Helper()
	var paths [][]string
	for _, path := range open {
		paths = append(paths, strings.Split(path, "/"))
	}
	issued, err := (&proof.Signer{Key: s.issuer, At: at}).SDJWT(claims, paths)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// sdIssued is the issuer's SD-JWT VC of a credential.
func (s *story) sdIssued(t testing.TB, doc map[string]any) string {
	t.Helper()
	c, err := (&proof.Signer{Key: s.issuer, At: at}).Credential(t.Context(), doc, vc.FormatSDJWT)
	if err != nil {
		t.Fatal(err)
	}
	return c.(string)
}

// bound presents of an SD-JWT VC what keep wants, with the holder's key binding.
func bound(t testing.TB, holder *proof.Key, e proof.Expect, issued string, keep func([]string) bool) verifier.Submitted {
	t.Helper()
	shown, err := proof.Disclose(issued, keep)
	if err != nil {
		t.Fatal(err)
	}
	p, err := (&proof.Signer{Key: holder, At: at}).Presentation(t.Context(), []any{shown}, vc.FormatSDJWT, e)
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Compact(p.(string))
}

var usual = proof.Expect{Nonce: nonce, Domain: domain}

func TestSDJWTPermits(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	issued := s.sdIssued(t, s.credential(s.amina, nil))
	wantPermit(t, s.decide(t, ask("routine-medical-care"), bound(t, s.amina, usual, issued, everything)))
	wantPermit(t, s.decide(t, ask("routine-medical-care"), bound(t, s.amina, usual, issued, but("proxied/lastName", "proxied/birthDate"))))
	wantDeny(t, s.decide(t, ask("routine-medical-care"), bound(t, s.stranger, usual, issued, everything)), "proof.invalid")
}

// Each field of RFC 0103's list that is withheld denies, and so does a part of
// one (semantics 3.2); what is not on the list may be withheld.
func TestSDJWTDisclosure(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	full := func(c, h, _ map[string]any) {
		h["constraints"] = map[string]any{"endTime": "2099-01-01", "startTime": "2026-01-01"}
		h["role"] = []any{"grandparent"}
	}
	fields := []string{
		"trustFrameworkURI", "auditURI", "appealURI", "holder", "proxied",
		"holder/type", "holder/role", "holder/rationaleURI", "holder/constraints", "proxied/type", "proxied/permissions",
	}
	inside := []string{
		"holder/constraints/endTime", "holder/role/0",
		"proxied/permissions/0", "proxied/permissions/0/when", "proxied/permissions/0/grant/0",
	}
	decide := func(t *testing.T, issued string, keep func([]string) bool) *verifier.Answer {
		return s.decide(t, ask("routine-medical-care"), bound(t, s.amina, usual, issued, keep))
	}
	for _, path := range append(fields, inside...) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			issued := s.sdSigned(t, s.sdClaims(s.amina, full), path)
			wantPermit(t, decide(t, issued, everything))
			wantDeny(t, decide(t, issued, but(path)), "disclosure.missing")
			if slices.Contains(fields, path) { // absent is withheld
				wantDeny(t, decide(t, s.sdSigned(t, without(s.sdClaims(s.amina, full), path)), everything), "disclosure.missing")
			}
		})
	}
	for _, path := range []string{"holder/id", "proxied/lastName", "proxied/birthDate", "nickname"} {
		issued := s.sdSigned(t, s.sdClaims(s.amina, func(c, h, p map[string]any) { full(c, h, p); c["nickname"] = "Mimi" }), path)
		wantPermit(t, decide(t, issued, but(path)))
	}
	// Who asks by attributes has them shown.
	q := ask("routine-medical-care")
	q.Request.Proxied = facts.ProxiedRequest{Attributes: map[string]facts.Comparable{"firstName": {Text: "Laila"}, "lastName": {Text: "Saleh"}, "birthDate": {Text: "2018-05-21"}}}
	birth := s.sdSigned(t, s.sdClaims(s.amina, full), "proxied/birthDate", "proxied/id")
	wantPermit(t, s.decide(t, q, bound(t, s.amina, usual, birth, but("proxied/id"))))
	wantDeny(t, s.decide(t, q, bound(t, s.amina, usual, birth, but("proxied/birthDate"))), "proxied.mismatch")
	// What the variant's schema requires is disclosed, and what identifies.
	for path, code := range map[string]string{"proxied/firstName": "schema.invalid", "proxied/id": "proxied.insufficient"} {
		wantDeny(t, decide(t, s.sdSigned(t, s.sdClaims(s.amina, full), path), but(path)), code)
	}
}

// without leaves out a claim, or a member of a party.
func without(claims map[string]any, path string) map[string]any {
	party, member, inside := strings.Cut(path, "/")
	if !inside {
		delete(claims, party)
		return claims
	}
	delete(claims[party].(map[string]any), member)
	return claims
}

// Whoever sends it, an SD-JWT VC that is not understood grants nothing.
func TestSDJWTRefused(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	claims := func(change func(c, h, p map[string]any)) verifier.Submitted {
		return bound(t, s.amina, usual, s.sdSigned(t, s.sdClaims(s.amina, change)), everything)
	}
	member := func(name string, value any) verifier.Submitted {
		return claims(func(c, _, _ map[string]any) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		})
	}
	kid := map[string]any{"kid": s.amina.ID}
	for name, c := range map[string]struct {
		code string
		sent verifier.Submitted
	}{
		"no key binding":                  {"proof.missing", verifier.Compact(s.sdSigned(t, s.sdClaims(s.amina, nil)))},
		"another nonce":                   {"nonce.mismatch", bound(t, s.amina, proof.Expect{Nonce: "x", Domain: domain}, s.sdSigned(t, s.sdClaims(s.amina, nil)), everything)},
		"another domain":                  {"domain.mismatch", bound(t, s.amina, proof.Expect{Nonce: nonce, Domain: "x"}, s.sdSigned(t, s.sdClaims(s.amina, nil)), everything)},
		"cnf of another than holder.id":   {"holder.unbound", member("cnf", map[string]any{"jwk": s.stranger.Key.JWK()})},
		"cnf names another DID":           {"holder.unbound", member("cnf", map[string]any{"kid": s.stranger.ID})},
		"cnf names no method of it":       {"did.unresolvable", member("cnf", map[string]any{"kid": s.amina.DID() + "#1"})},
		"cnf with a private key":          {"did.unresolvable", member("cnf", map[string]any{"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": s.amina.Key.JWK()["x"], "d": "AA"}})},
		"cnf with a key of no use":        {"did.unresolvable", member("cnf", map[string]any{"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": s.amina.Key.JWK()["x"], "key_ops": []any{"sign"}}})},
		"cnf of an algorithm not known":   {"algorithm.refused", member("cnf", map[string]any{"jwk": map[string]any{"kty": "RSA", "n": "AQAB", "e": "AQAB"}})},
		"cnf that is a shared secret":     {"algorithm.refused", member("cnf", map[string]any{"jwk": map[string]any{"kty": "oct", "k": "AAAA"}})},
		"nothing names the holder":        {"holder.unbound", claims(func(c, h, _ map[string]any) { delete(c, "cnf"); delete(h, "id") })},
		"no issuer":                       {"credential.malformed", member("iss", nil)},
		"an issuer of another DID":        {"issuer.unbound", member("iss", s.stranger.DID())},
		"no iat":                          {"credential.malformed", member("iat", nil)},
		"issued in the future":            {"credential.not_yet_valid", member("iat", at.Unix()+90)},
		"not valid yet":                   {"credential.not_yet_valid", member("nbf", at.Unix()+90)},
		"expired":                         {"credential.expired", member("exp", at.Unix())},
		"without an end":                  {"credential.undated", member("exp", nil)},
		"a status":                        {"status.unreachable", member("status", map[string]any{"status_list": map[string]any{"idx": 1, "uri": "https://x.example"}})},
		"a status of another mechanism":   {"status.unknown", member("status", map[string]any{"identifier_list": map[string]any{"id": "AA", "uri": "https://x.example"}})},
		"a status of no mechanism":        {"credential.malformed", member("status", map[string]any{})},
		"an empty chain":                  {"chain.malformed", member("provenanceProofs", []any{})},
		"no type":                         {"credential.malformed", member("vct", nil)},
		"a type that is no proxy's":       {"supporting.unsupported", member("vct", "https://x.example/identity")},
		"a type under another framework":  {"credential.malformed", member("vct", "https://x.example#Proxy.G/Refugee%20Camp%20Guardianship/1.0.0/ChildGuardian")},
		"a type spelled otherwise":        {"credential.malformed", member("vct", campURI+"#Proxy.G/Refugee%20Camp%20Guardianship/1.0.0/%43hildGuardian")},
		"a second type":                   {"credential.malformed", member("aka_vcts", []any{campURI + "#Proxy.G/Refugee%20Camp%20Guardianship/1.0.0/TribeChildGuardian"})},
		"contexts":                        {"credential.malformed", member("@context", []any{vc.ContextV2})},
		"a W3C date":                      {"credential.malformed", member("validUntil", "2099-01-01T00:00:00Z")},
		"a W3C status":                    {"credential.malformed", member("credentialStatus", map[string]any{})},
		"a status in a dotted name":       {"credential.malformed", member("status.status_list", map[string]any{})},
		"terms of use":                    {"credential.malformed", member("termsOfUse", map[string]any{})},
		"an audience":                     {"credential.malformed", member("aud", "https://bank.example")},
		"the framework under its alias":   {"credential.malformed", member("trustFramework", campURI)},
		"a holder's member dotted":        {"credential.malformed", member("holder.constraints", map[string]any{})},
		"constraints under their alias":   {"credential.malformed", claims(func(_, h, _ map[string]any) { h["constraint"] = map[string]any{} })},
		"a constraint in a dotted name":   {"credential.malformed", claims(func(_, h, _ map[string]any) { h["constraints.endTime"] = "2099-01-01" })},
		"a holder that is a text":         {"credential.malformed", member("holder", "x")},
		"roles beside role":               {"credential.malformed", claims(func(_, h, _ map[string]any) { h["roles"] = "tribal-leader" })},
		"nobody who is acted for":         {"credential.malformed", claims(func(_, _, p map[string]any) { clear(p); p["type"] = "x"; p["permissions"] = []any{} })},
		"a kid of cnf, and no holder":     {"", claims(func(c, h, _ map[string]any) { c["cnf"] = kid; delete(h, "id") })},
		"a key of holder.id, without cnf": {"", member("cnf", nil)},
		"Web Crypto's key":                {"", member("cnf", map[string]any{"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": s.amina.Key.JWK()["x"], "ext": true, "key_ops": []any{"verify"}}})},
		"the bare type":                   {"", member("vct", "Proxy.G/Refugee Camp Guardianship/1/ChildGuardian")},
		"a claim of its own":              {"", member("https://x.example/claim", "x")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.decide(t, ask("routine-medical-care"), c.sent)
			if c.code == "" {
				wantPermit(t, a)
				return
			}
			wantDeny(t, a, c.code)
		})
	}
}

// rebuilt takes a presentation apart and puts it together again: issuer's JWT,
// disclosures, key binding.
func rebuilt(p verifier.Submitted, change func(parts []string) []string) verifier.Submitted {
	return verifier.Compact(strings.Join(change(strings.Split(string(p.Raw), "~")), "~"))
}

// rebound signs the key binding anew, over what is presented, after a change.
func rebound(t *testing.T, key *proof.Key, p verifier.Submitted) verifier.Submitted {
	t.Helper()
	text := string(p.Raw)
	return bound(t, key, usual, text[:strings.LastIndexByte(text, '~')+1], everything)
}

// What a holder, or somebody on the way, can do to disclosures.
func TestSDJWTDisclosuresMoved(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	open := []string{"holder/id", "proxied/id", "proxied/lastName", "proxied/birthDate"}
	issued := s.sdSigned(t, s.sdClaims(s.amina, nil), open...)
	good := bound(t, s.amina, usual, issued, everything)
	wantPermit(t, s.decide(t, ask("routine-medical-care"), good))
	other := strings.Split(s.sdSigned(t, s.sdClaims(s.yusuf, func(c, _, p map[string]any) { p["id"] = "did:example:omar" }), open...), "~")
	disclosure := func(items ...any) string {
		raw, _ := json.Marshal(items)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	insert := func(text string) func([]string) []string {
		return func(parts []string) []string { return slices.Insert(parts, 1, text) }
	}
	for name, c := range map[string]struct {
		code   string
		change func(parts []string) []string
	}{
		"another's disclosure":    {"presentation.malformed", func(p []string) []string { p[1] = other[1]; return p }},
		"another's beside":        {"presentation.malformed", insert(other[1])},
		"one twice":               {"presentation.malformed", func(p []string) []string { return slices.Insert(p, 1, p[1]) }},
		"a second holder":         {"presentation.malformed", insert(disclosure("s", "holder", map[string]any{}))},
		"a second proxied":        {"presentation.malformed", insert(disclosure("s", "proxied", map[string]any{"id": laila}))},
		"a second permissions":    {"presentation.malformed", insert(disclosure("s", "permissions", []any{}))},
		"one left out on the way": {"proof.invalid", func(p []string) []string { return slices.Delete(p, 1, 2) }},
		"others in another order": {"proof.invalid", func(p []string) []string { p[1], p[2] = p[2], p[1]; return p }},
		"another's issuer's part": {"presentation.malformed", func(p []string) []string { p[0] = other[0]; return p }},
		"the binding left out":    {"proof.missing", func(p []string) []string { p[len(p)-1] = ""; return p }},
		"the signature left out":  {"proof.invalid", func(p []string) []string { p[0] = p[0][:strings.LastIndexByte(p[0], '.')+1]; return p }},
		"another binding": {"proof.invalid", func(p []string) []string {
			p[len(p)-1] = last(bound(t, s.amina, usual, s.sdSigned(t, s.sdClaims(s.amina, nil)), everything))
			return p
		}},
		"another's binding":        {"proof.invalid", func(p []string) []string { p[len(p)-1] = last(rebound(t, s.yusuf, good)); return p }},
		"a JWT VP for the binding": {"presentation.malformed", func(p []string) []string { p[len(p)-1] = string(s.grandparent(t, s.amina).Raw); return p }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantDeny(t, s.decide(t, ask("routine-medical-care"), rebuilt(good, c.change)), c.code)
		})
	}
	// The holder may order disclosures anew, and sign that.
	wantPermit(t, s.decide(t, ask("routine-medical-care"), rebound(t, s.amina, rebuilt(good, func(p []string) []string { p[1], p[2] = p[2], p[1]; return p }))))
	// An issuer's JWT whose signature is gone does not hold by a binding.
	bare := rebound(t, s.amina, rebuilt(good, func(p []string) []string { p[0] = p[0][:strings.LastIndexByte(p[0], '.')+1]; return p }))
	wantDeny(t, s.decide(t, ask("routine-medical-care"), bare), "proof.missing")
}

func last(p verifier.Submitted) string {
	return string(p.Raw[bytes.LastIndexByte(p.Raw, '~')+1:])
}

// A disclosure for the holder cannot stand in the proxied, nor the other way:
// its digest says where it belongs.
func TestSDJWTDisclosureKeepsItsPlace(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	claims := s.sdClaims(s.amina, func(_, h, p map[string]any) { h["birthDate"], p["birthDate"] = "1950-01-01", "2018-05-21" })
	issued := s.sdSigned(t, claims, "holder/birthDate", "proxied/birthDate")
	parsed, err := vc.ParseSDJWT(issued)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Claims["proxied"].(map[string]any)["birthDate"] != "2018-05-21" || parsed.Claims["holder"].(map[string]any)["birthDate"] != "1950-01-01" {
		t.Errorf("claims are %v", parsed.Claims)
	}
}

// Every byte of a presentation is covered: changing any one, it denies or is
// no presentation.
func TestSDJWTEveryByteCounts(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	good := bound(t, s.amina, usual, s.sdSigned(t, s.sdClaims(s.amina, nil), "holder/id", "proxied/id", "proxied/birthDate"), but("proxied/birthDate"))
	wantPermit(t, s.decide(t, ask("routine-medical-care"), good))
	for i := range good.Raw {
		raw := slices.Clone(good.Raw)
		raw[i] ^= 1
		for _, media := range []string{good.MediaType, verifier.MediaJWT} {
			a := s.decide(t, ask("routine-medical-care"), verifier.Submitted{MediaType: media, Raw: raw})
			if a.Decision.Decision != "deny" {
				t.Fatalf("byte %d changed: %s", i, a.Decision.Decision)
			}
		}
	}
}

// Holders whom their credentials name by a key alone may be one person: they
// count as one, also with different keys (semantics 4.2).
func TestKeysAloneCountAsOne(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	alone := func(key *proof.Key) verifier.Submitted {
		return bound(t, key, usual, s.sdSigned(t, s.sdClaims(key, nil), "holder/id"), but("holder/id"))
	}
	named := func(key *proof.Key) verifier.Submitted {
		return bound(t, key, usual, s.sdSigned(t, s.sdClaims(key, nil), "holder/id"), everything)
	}
	one := s.decide(t, ask("routine-medical-care"), alone(s.amina))
	wantPermit(t, one)
	if len(one.Principals) != 1 || len(one.Principals[0].Holder) != 0 {
		t.Errorf("principals are %+v, want one without an id", one.Principals)
	}
	wantDeny(t, s.decide(t, ask("light-travel"), alone(s.amina), alone(s.yusuf)), "permission.ungranted")
	wantDeny(t, s.decide(t, ask("light-travel"), alone(s.amina), named(s.amina)), "permission.ungranted")
	wantDeny(t, s.decide(t, ask("light-travel"), alone(s.amina), s.grandparent(t, s.amina)), "permission.ungranted")
	wantPermit(t, s.decide(t, ask("light-travel"), alone(s.amina), named(s.yusuf)))
	wantPermit(t, s.decide(t, ask("light-travel"), alone(s.amina), s.grandparent(t, s.yusuf)))
	wantPermit(t, s.decide(t, ask("light-travel"), named(s.amina), named(s.yusuf)))
}

// A key that the issuer bound stands alone, where nobody shows a DID: one whose
// document has another key by now is looked at where it is shown, or where the
// issuer named the key by it (semantics 3.5).
func TestAKeyAloneAndADIDThatDroppedIt(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	holder := as(s.amina, webDID)
	s.web(newSite(t, document(t, as(s.yusuf, webDID))))
	byJWK := s.sdSigned(t, s.sdClaims(holder, nil), "holder/id")
	byKid := s.sdSigned(t, s.sdClaims(holder, func(c, _, _ map[string]any) { c["cnf"] = map[string]any{"kid": holder.ID} }), "holder/id")
	show := func(issued string, keep func([]string) bool) *verifier.Answer {
		return s.decide(t, ask("routine-medical-care"), bound(t, holder, usual, issued, keep))
	}
	wantPermit(t, show(byJWK, but("holder/id")))
	wantDeny(t, show(byJWK, everything), "holder.unbound")
	wantDeny(t, show(byKid, but("holder/id")), "proof.invalid")
	wantDeny(t, show(byKid, everything), "proof.invalid")
}

// A DID with several keys may be behind a key alone, whichever it is: who
// withholds the id is not a second person beside it (semantics 4.2).
func TestAKeyAloneMayBeOneOfSeveral(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	id := "did:peer:2.V" + strings.TrimPrefix(s.amina.DID(), "did:key:") + ".V" + strings.TrimPrefix(s.yusuf.DID(), "did:key:")
	first, second := s.amina.As(id+"#key-1"), s.yusuf.As(id+"#key-2")
	shown := func(key *proof.Key, keep func([]string) bool) verifier.Submitted {
		return bound(t, key, usual, s.sdSigned(t, s.sdClaims(key, nil), "holder/id"), keep)
	}
	wantPermit(t, s.decide(t, ask("routine-medical-care"), shown(second, but("holder/id")), shown(first, everything)))
	wantDeny(t, s.decide(t, ask("light-travel"), shown(first, everything), shown(second, everything)), "permission.ungranted")
	wantDeny(t, s.decide(t, ask("light-travel"), shown(first, everything), shown(second, but("holder/id"))), "permission.ungranted")
	wantDeny(t, s.decide(t, ask("light-travel"), shown(first, but("holder/id")), shown(second, but("holder/id"))), "permission.ungranted")
}

// The same credential has the same digest, whatever of it is shown, and its
// holder is one principal.
func TestSDJWTShownTwice(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	issued := s.sdSigned(t, s.sdClaims(s.amina, nil), "holder/id", "proxied/birthDate")
	a := s.decide(t, ask("routine-medical-care"), bound(t, s.amina, usual, issued, everything), bound(t, s.amina, usual, issued, but("holder/id")))
	wantPermit(t, a)
	if len(a.Principals) != 1 || len(a.Credentials) != 2 || a.Credentials[0].Digest != a.Credentials[1].Digest || a.Credentials[0].Path != "/presentations/0" {
		t.Errorf("principals %+v, credentials %+v", a.Principals, a.Credentials)
	}
}

// A caller's nonce is good once for a holder, whatever is disclosed, however
// often the binding is signed, and in whichever form.
func TestSDJWTNonceIsGoodOnce(t *testing.T) {
	t.Parallel()
	s := kept(t)
	issued := s.sdSigned(t, s.sdClaims(s.amina, nil), "holder/id", "proxied/birthDate")
	evaluate := func(p verifier.Submitted) an {
		t.Helper()
		q := ask("routine-medical-care")
		e := &verifier.Evaluation{Question: *q, Presentations: []verifier.Submitted{p}, Body: p.Raw}
		raw, err := s.verifier.Evaluate(t.Context(), clinic, e)
		return read(t, raw, err)
	}
	first := evaluate(bound(t, s.amina, usual, issued, everything))
	if first.Decision != "permit" {
		t.Fatalf("%+v", first)
	}
	later := &proof.Signer{Key: s.amina, At: at.Add(1e9)}
	anew, err := later.Presentation(t.Context(), []any{issued}, vc.FormatSDJWT, usual)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]verifier.Submitted{
		"less disclosed":      bound(t, s.amina, usual, issued, but("proxied/birthDate")),
		"the id withheld":     bound(t, s.amina, usual, issued, but("holder/id")),
		"signed anew":         verifier.Compact(anew.(string)),
		"as a JWT":            s.grandparent(t, s.amina),
		"the same by its key": bound(t, s.amina, usual, s.sdSigned(t, s.sdClaims(s.amina, func(_, h, _ map[string]any) { delete(h, "id") })), everything),
	} {
		if a := evaluate(p); a.Decision != "deny" || a.Reasons[0].Code != "nonce.replayed" {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := evaluate(bound(t, s.yusuf, usual, s.sdSigned(t, s.sdClaims(s.yusuf, nil)), everything)); a.Decision != "permit" {
		t.Errorf("another holder: %+v", a)
	}
}

// At a challenge the same bytes get the stored answer; other disclosures are
// another presentation of the same person.
func TestSDJWTAtAChallenge(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "light-travel")
	e := proof.Expect{Nonce: c.Nonce, Domain: c.Domain}
	issued := s.sdSigned(t, s.sdClaims(s.amina, nil), "holder/id", "proxied/birthDate")
	all := bound(t, s.amina, e, issued, everything)
	first := s.submit(t, c, all)
	if again := s.submit(t, c, all); again.ID != first.ID || first.Decision != "deny" {
		t.Errorf("%+v, then %+v", first, again)
	}
	less := s.submit(t, c, bound(t, s.amina, e, issued, but("proxied/birthDate", "holder/id")))
	if less.ID == first.ID || less.Decision != "deny" {
		t.Errorf("the same person shown twice: %+v", less)
	}
	if a := s.submit(t, c, bound(t, s.yusuf, e, s.sdSigned(t, s.sdClaims(s.yusuf, nil)), everything)); a.Decision != "permit" {
		t.Errorf("a second grandparent: %+v", a)
	}
	if a := s.submit(t, c, all); a.Decision != "permit" {
		t.Errorf("the same bytes after the permit: %+v", a)
	}
}

// A presentation that lacks but a second person does not make room for
// forgeries, whichever its place.
func TestSDJWTKeepsItsRoom(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "light-travel")
	e := proof.Expect{Nonce: c.Nonce, Domain: c.Domain}
	forged := make([]verifier.Submitted, 63)
	for i := range forged {
		forged[i] = s.present(t, newKey(t), proof.Expect{Nonce: c.Nonce + "x", Domain: c.Domain})
	}
	s.submit(t, c, forged[0], bound(t, s.amina, e, s.sdSigned(t, s.sdClaims(s.amina, nil)), everything))
	s.submit(t, c, forged[1:]...)
	if a := s.submit(t, c, s.forChallenge(t, c, s.yusuf)); a.Decision != "permit" {
		t.Errorf("%+v", a)
	}
}

// The door for W3C credentials reads their members: of an SD-JWT VC it would
// not see the dates.
func TestSDJWTIsNotCheckedAsAW3CCredential(t *testing.T) {
	t.Parallel()
	s := kept(t)
	p := bound(t, s.amina, usual, s.sdSigned(t, s.sdClaims(s.amina, func(c, _, _ map[string]any) { c["exp"] = at.Unix() - 1 })), everything)
	if out, err := s.verifier.CheckPresentation(t.Context(), clinic, string(p.Raw), verifier.Against{Challenge: nonce, Domain: domain}); err == nil {
		t.Errorf("%+v", out)
	}
	if out, err := s.verifier.CheckCredential(t.Context(), clinic, string(p.Raw)); err == nil {
		t.Errorf("%+v", out)
	}
}

// Bodies that would be dear are refused before any signature is checked.
func TestSDJWTIsBounded(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	head, _, _ := strings.Cut(s.sdSigned(t, s.sdClaims(s.amina, nil)), "~")
	many := head + strings.Repeat("~WyJzIiwiYSIsImIiXQ", 50_000) + "~"
	long := head + "~" + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `["s","a",%s1%s]`, strings.Repeat("[", 60), strings.Repeat("]", 60))) + "~"
	for name, raw := range map[string]string{"disclosures": many, "depth": long, "tildes": strings.Repeat("~", 1<<20), "a megabyte": head + "~" + strings.Repeat("A", 1<<20) + "~"} {
		wantDeny(t, s.decide(t, ask("routine-medical-care"), verifier.Compact(raw)), "presentation.malformed")
		_ = name
	}
}
