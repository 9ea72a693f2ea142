package verifier_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const (
	rental    = "Car Rental Delegation"
	rentalURI = "https://procura.dev/frameworks/car-rental-delegation"
	vin       = "1HGES26721L024785"
)

// A garage plays the story of RFC 0104 with signatures: a company, its office in
// Houston, Alice who rents and a valet.
type garage struct {
	library                           *verifier.Library
	verifier                          *verifier.Verifier
	signatures                        *proof.Signatures
	company, office, alice, ben, carl *proof.Key
}

func newGarage(t testing.TB) *garage {
	t.Helper()
	g := &garage{library: unlisted(t), verifier: verifier.New(verifier.Config{DIDs: &did.Resolver{}, Now: func() time.Time { return at }})}
	for _, key := range []**proof.Key{&g.company, &g.office, &g.alice, &g.ben, &g.carl} {
		*key = newKey(t)
	}
	return g
}

// unlisted is the car's framework without status lists.
func unlisted(t testing.TB) *verifier.Library {
	t.Helper()
	return relaxed(t)
}

// relaxed is the same with further replacements in the document.
func relaxed(t testing.TB, replacing ...string) *verifier.Library {
	t.Helper()
	return replaced(t, append(replacing, "status: required", "status: none", "{statusMaxAge: PT12H, ", "{")...)
}

// replaced is the car's framework with replacements in the document.
func replaced(t testing.TB, replacing ...string) *verifier.Library {
	t.Helper()
	for _, source := range library.All() {
		if source.Name != "car" {
			continue
		}
		raw := strings.NewReplacer(replacing...).Replace(string(source.Raw))
		raw, _, _ = strings.Cut(raw, "\ntests:")
		doc, findings := trustframeworks.Parse([]byte(raw))
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		compiled, findings := compile.Compile(doc)
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		f, err := verifier.NewFramework(t.Context(), compiled)
		if err != nil {
			t.Fatal(err)
		}
		l, err := verifier.NewLibrary(f.Release())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	t.Fatal("no such framework ships")
	return nil
}

type edit func(doc, holder, proxied map[string]any)

// unsigned is a credential for the holder, below others, in the data model of a form.
func unsigned(variant, role string, holder *proof.Key, format string, above []any, change edit) map[string]any {
	base := rentalURI + "/1.1.0/schemas/" + variant
	h := map[string]any{"id": holder.DID(), "type": base + "#holder", "role": role, "name": "somebody", "constraints": map[string]any{}}
	p := map[string]any{
		"type": base + "#proxied", "vin": vin,
		"permissions": []any{map[string]any{"grant": []any{"drive", "unlock", "delegate"}, "when": map[string]any{"roles": role}}},
	}
	doc := map[string]any{
		"@context": []any{
			vc.ContextV1, "https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control", rentalURI + "/1.1.0/context.jsonld",
		},
		"type":         []any{"VerifiableCredential", rentalURI + "#Proxy.D/Car%20Rental%20Delegation/1.1.0/" + variant},
		"issuanceDate": "2026-11-20T08:00:00Z", "expirationDate": "2026-11-20T18:00:00Z",
		"trustFrameworkURI": rentalURI, "auditURI": "https://wheels.example/audit", "appealURI": "https://wheels.example/appeal",
		"credentialSubject": map[string]any{"type": variant + "Subject", "holder": h, "proxied": p},
	}
	if variant != "Subsidiary" {
		h["constraints"] = map[string]any{"startTime": "2026-11-20T08:00:00Z", "endTime": "2026-11-20T18:00:00Z"}
	}
	if variant == "Valet" {
		maps.Copy(h["constraints"].(map[string]any), map[string]any{"pointOfOrigin": "@29.7690295,-95.5293445,12z", "radiusKm": 0.1})
		p["permissions"] = []any{map[string]any{"grant": []any{"drive", "unlock"}, "when": map[string]any{"roles": role}}}
	}
	if format == vc.FormatVCJOSE {
		doc["@context"].([]any)[0] = vc.ContextV2
		doc["validFrom"], doc["validUntil"] = doc["issuanceDate"], doc["expirationDate"]
		delete(doc, "issuanceDate")
		delete(doc, "expirationDate")
	}
	if len(above) > 0 {
		doc["provenanceProofs"] = above
	}
	if change != nil {
		change(doc, h, p)
	}
	return doc
}

// embedded is the pair that holds credentials without a proof of who holds them.
func embedded(credentials ...any) []any {
	return []any{[]any{[]any{"authorization"}, map[string]any{"type": []any{"VerifiablePresentation"}, "verifiableCredential": credentials}}}
}

func (g *garage) sign(t testing.TB, issuer *proof.Key, format string, doc map[string]any) any {
	t.Helper()
	c, err := (&proof.Signer{Key: issuer, Contexts: g.library.Context, At: at.Add(-time.Hour)}).Credential(t.Context(), doc, format)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (g *garage) c1(t testing.TB, format string, change edit) any {
	return g.sign(t, g.company, format, unsigned("Subsidiary", "regional_office", g.office, format, nil, change))
}

func (g *garage) c2(t testing.TB, format string, above []any, change edit) any {
	return g.sign(t, g.office, format, unsigned("Renter", "renter", g.alice, format, above, change))
}

func (g *garage) c3(t testing.TB, format string, above []any, change edit) any {
	return g.sign(t, g.alice, format, unsigned("Valet", "valet", g.ben, format, above, change))
}

// over is a presentation's form for a credential's.
var over = map[string]string{
	vc.FormatVCJWT11: vc.FormatVPJWT11, vc.FormatVCJOSE: vc.FormatVPJOSE,
	vc.FormatLD: vc.FormatLD, vc.FormatJCS: vc.FormatJCS, vc.FormatSDJWT: vc.FormatSDJWT,
}

// show presents credentials of one form.
func (g *garage) show(t testing.TB, holder *proof.Key, format string, credentials ...any) verifier.Submitted {
	t.Helper()
	p, err := (&proof.Signer{Key: holder, Contexts: g.library.Context, At: at}).Presentation(t.Context(), credentials, over[format], proof.Expect{Nonce: nonce, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := p.(string); ok {
		media := verifier.MediaJWT
		if format == vc.FormatSDJWT {
			media = verifier.MediaSDJWT
		}
		return verifier.Submitted{MediaType: media, Raw: []byte(text)}
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return verifier.Submitted{MediaType: verifier.MediaLD, Raw: raw}
}

func (g *garage) decide(t testing.TB, permission string, p ...verifier.Submitted) *verifier.Answer {
	t.Helper()
	a, err := g.verifier.Decide(t.Context(), g.library, asks(permission), p, g.companies())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// again checks a permit of an instant again.
func (g *garage) again(t testing.TB, then time.Time, p ...verifier.Submitted) *verifier.Answer {
	t.Helper()
	a, err := g.verifier.Recheck(t.Context(), g.library, asks("drive"), p, g.companies(), then)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (g *garage) companies() map[string][]string {
	return map[string][]string{"car-companies": {g.company.DID()}}
}

// asks is whether somebody may do something with the car.
func asks(permission string) *verifier.Question {
	return &verifier.Question{
		Request: facts.Request{
			Permissions: []string{permission},
			Proxied:     facts.ProxiedRequest{Attributes: map[string]facts.Comparable{"vin": {Text: vin}}},
			Framework:   facts.FrameworkName{Name: rental},
		},
		Nonce: nonce, Domain: domain,
		Circumstances: json.RawMessage(`{"place": {"lat": 29.7691, "lon": -95.5293, "accuracyM": 5}}`),
	}
}

var forms = []string{vc.FormatVCJWT11, vc.FormatVCJOSE, vc.FormatLD, vc.FormatJCS, vc.FormatSDJWT}

// Every form may stand above every other, but an SD-JWT VC, which nobody presents
// there.
func TestEveryPairOfFormsChains(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	for _, below := range forms {
		for _, above := range forms {
			t.Run(fmt.Sprint(below, " under ", above), func(t *testing.T) {
				t.Parallel()
				a := g.decide(t, "drive", g.show(t, g.alice, below, g.c2(t, below, embedded(g.c1(t, above, nil)), nil)))
				if above == vc.FormatSDJWT {
					wantDeny(t, a, vc.CredentialMalformed, chain.Malformed)
					return
				}
				wantPermit(t, a)
			})
		}
	}
}

const jwtForm = vc.FormatVCJWT11

// The story of RFC 0104: Alice drives, and so does the valet.
func TestTheValetDrives(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	c2 := g.c2(t, jwtForm, embedded(g.c1(t, jwtForm, nil)), nil)
	wantPermit(t, g.decide(t, "drive", g.show(t, g.alice, jwtForm, c2)))
	a := g.decide(t, "drive", g.show(t, g.ben, jwtForm, g.c3(t, jwtForm, embedded(c2), nil)))
	wantPermit(t, a)
	if want := "2026-11-20T11:00:00Z"; a.ValidUntil == "" || a.ValidUntil > "2026-11-20T18:00:00Z" {
		t.Errorf("validUntil is %s, want about %s", a.ValidUntil, want)
	}
}

// digestOf is the digest of a JWT, by which others refer to it.
func digestOf(t testing.TB, jwt any) string {
	t.Helper()
	j, err := vc.ParseJWT(jwt.(string))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(j.Signed)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func referred(id, digest string) []any {
	return []any{[]any{[]any{"authorization"}, map[string]any{"id": id, "digest": digest}}}
}

// What stands above can be sent beside, once for all who refer to it.
func TestParentsAreReferredTo(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	named := func(id string) edit { return func(d, _, _ map[string]any) { d["id"] = id } }
	c1 := g.c1(t, jwtForm, named("urn:c1"))
	c2 := g.c2(t, jwtForm, referred("urn:c1", digestOf(t, c1)), named("urn:c2"))
	c3 := g.c3(t, jwtForm, referred("urn:c2", digestOf(t, c2)), nil)
	a := g.decide(t, "drive", g.show(t, g.ben, jwtForm, c3, c2, c1))
	wantPermit(t, a)
	if len(a.Reasons) > 0 {
		t.Errorf("reasons of a chain that holds: %+v", a.Reasons)
	}
	other := g.c1(t, jwtForm, func(d, h, _ map[string]any) { d["id"], h["name"] = "urn:c1", "another" })
	wantDeny(t, g.decide(t, "drive", g.show(t, g.ben, jwtForm, c3, c2, other)), chain.Missing)
	wantDeny(t, g.decide(t, "drive", g.show(t, g.ben, jwtForm, c3, c2)), chain.Missing)
	wantDeny(t, g.decide(t, "drive", g.show(t, g.ben, jwtForm, c2, c1)), "holder.unbound")
}

// Two who hold a permission together let a third have it, each over this child
// and no other.
func TestAGroupAgreesToAChild(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	joint := func(_, _, p map[string]any) {
		p["permissions"] = []any{map[string]any{"grant": []any{"drive", "delegate"}, "when": map[string]any{"roles": "regional_office", "n": 2.0}}}
	}
	houston := g.c1(t, jwtForm, joint)
	dallas := g.sign(t, g.company, jwtForm, unsigned("Subsidiary", "regional_office", g.carl, jwtForm, nil, joint))
	child := func(plate string) map[string]any {
		d := unsigned("Renter", "renter", g.alice, jwtForm, nil, func(_, _, p map[string]any) { p["plate"] = plate })
		d["issuer"] = g.office.DID()
		return d
	}
	agree := func(key *proof.Key, c any, to map[string]any) any {
		n, err := chain.Nonce(to)
		if err != nil {
			t.Fatal(err)
		}
		p, err := (&proof.Signer{Key: key, At: at}).Presentation(t.Context(), []any{c}, vc.FormatVPJWT11, proof.Expect{Nonce: n, Domain: g.office.DID()})
		if err != nil {
			t.Fatal(err)
		}
		return []any{[]any{"authorization"}, p}
	}
	issue := func(above ...any) verifier.Submitted {
		doc := child("A")
		doc["provenanceProofs"] = above
		return g.show(t, g.alice, jwtForm, g.sign(t, g.office, jwtForm, doc))
	}
	own := embedded(houston)[0]
	wantPermit(t, g.decide(t, "drive", issue(own, agree(g.carl, dallas, child("A")))))
	wantPermit(t, g.decide(t, "drive", issue(agree(g.office, houston, child("A")), agree(g.carl, dallas, child("A")))))
	wantDeny(t, g.decide(t, "drive", issue(own)), "chain.undelegated")
	wantDeny(t, g.decide(t, "drive", issue(own, agree(g.carl, dallas, child("B")))), "nonce.mismatch")
	wantDeny(t, g.decide(t, "drive", issue(own, agree(g.company, dallas, child("A")))), "chain.unlinked")
	wantDeny(t, g.decide(t, "drive", issue(agree(g.carl, dallas, child("A")))), "chain.unlinked")
	wantDeny(t, g.decide(t, "drive", issue(own, embedded(dallas)[0])), "chain.unlinked")
}

// Nothing of a chain is taken on trust.
func TestChainsThatDoNotHold(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	c1 := g.c1(t, jwtForm, nil)
	c2 := g.c2(t, jwtForm, embedded(c1), nil)
	valet := func(above []any, change edit) verifier.Submitted {
		return g.show(t, g.ben, jwtForm, g.c3(t, jwtForm, above, change))
	}
	ownC1 := g.sign(t, g.alice, jwtForm, unsigned("Subsidiary", "regional_office", g.office, jwtForm, nil, nil))
	carls := g.sign(t, g.office, jwtForm, unsigned("Renter", "renter", g.carl, jwtForm, embedded(c1), nil))
	raw := c2.(string)
	broken := raw[:len(raw)-8] + "AAAAAAAA"
	for name, c := range map[string]struct {
		code string
		sent verifier.Submitted
	}{
		"no chain":                       {"issuer.refused", valet(nil, nil)},
		"another's parent":               {"chain.unlinked", valet(embedded(carls), nil)},
		"a parent that nobody signed":    {"proof.invalid", valet(embedded(broken), nil)},
		"a root by who is not listed":    {"issuer.refused", valet(embedded(g.c2(t, jwtForm, embedded(ownC1), nil)), nil)},
		"a parent without its own chain": {chain.Missing, valet(embedded(g.c2(t, jwtForm, nil, nil)), nil)},
		"a grandparent for a parent":     {"chain.unlinked", valet(embedded(c1), nil)},
		"an empty chain":                 {chain.Malformed, valet([]any{[]any{[]any{"authorization"}, map[string]any{"verifiableCredential": []any{}}}}, nil)},
		"a parent that has expired":      {"credential.expired", valet(embedded(g.c2(t, jwtForm, embedded(c1), func(d, _, _ map[string]any) { d["expirationDate"] = "2026-11-20T09:00:00Z" })), nil)},
		"a minute longer":                {"chain.validity", valet(embedded(c2), func(d, _, _ map[string]any) { d["expirationDate"] = "2026-11-20T18:01:00Z" })},
		"a minute before":                {"chain.validity", valet(embedded(c2), func(d, _, _ map[string]any) { d["issuanceDate"] = "2026-11-20T07:59:00Z" })},
		"one permission more": {"permission.ungranted", valet(embedded(c2), func(_, _, p map[string]any) {
			p["permissions"] = []any{map[string]any{"grant": []any{"park"}, "when": map[string]any{"roles": "valet"}}}
		})},
		"without a constraint above": {"constraint.fails", valet(embedded(g.c2(t, jwtForm, embedded(c1), func(_, h, _ map[string]any) {
			h["constraints"].(map[string]any)["endTime"] = "2026-11-20T10:00:00Z"
		})), nil)},
		"of another car":             {"proxied.mismatch", valet(embedded(g.c2(t, jwtForm, embedded(c1), func(_, _, p map[string]any) { p["vin"] = "2HGES26721L024785" })), nil)},
		"a parent of another schema": {"schema.invalid", valet(embedded(g.c2(t, jwtForm, embedded(c1), func(_, _, p map[string]any) { p["colour"] = "red" })), nil)},
		"a parent of another framework": {"framework.unknown", valet(embedded(g.sign(t, g.office, jwtForm, func() map[string]any {
			d := unsigned("Renter", "renter", g.alice, jwtForm, embedded(c1), nil)
			d["trustFrameworkURI"] = "https://procura.dev/frameworks/company-board-signing"
			d["type"] = []any{"VerifiableCredential", "Proxy.D/Company Board Signing/1.0/Mandate"}
			return d
		}())), nil)},
		"provenance in the subject": {chain.Malformed, valet(nil, func(d, _, _ map[string]any) {
			d["credentialSubject"].(map[string]any)["provenanceProofs"] = embedded(c2)
		})},
		"the child of a chain, presented by who is above": {"holder.unbound", g.show(t, g.alice, jwtForm, g.c3(t, jwtForm, embedded(c2), nil))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantDeny(t, g.decide(t, "drive", c.sent), c.code)
		})
	}
}

// Every byte of a chain is covered: changing any one, it denies.
func TestEveryByteOfAChainCounts(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	good := g.show(t, g.ben, jwtForm, g.c3(t, jwtForm, embedded(g.c2(t, jwtForm, embedded(g.c1(t, jwtForm, nil)), nil)), nil))
	for i := 0; i < len(good.Raw); i += 13 {
		raw := slices.Clone(good.Raw)
		raw[i] ^= 1
		if a := g.decide(t, "drive", verifier.Submitted{MediaType: good.MediaType, Raw: raw}); a.Decision.Decision != policies.Deny {
			t.Fatalf("byte %d changed: %s", i, a.Decision.Decision)
		}
	}
}

// Those whom nobody presents are sent for others: they are proved once, and no
// fault of who presents them, in whichever order they come.
func TestReferredParentsComeInAnyOrder(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	named := func(id string) edit { return func(d, _, _ map[string]any) { d["id"] = id } }
	c1 := g.c1(t, jwtForm, named("urn:c1"))
	c2 := g.c2(t, jwtForm, referred("urn:c1", digestOf(t, c1)), named("urn:c2"))
	c3 := g.c3(t, jwtForm, referred("urn:c2", digestOf(t, c2)), nil)
	for _, sent := range [][]any{{c1, c2, c3}, {c3, c1, c2}, {c2, c3, c1}} {
		a := g.decide(t, "drive", g.show(t, g.ben, jwtForm, sent...))
		wantPermit(t, a)
		if len(a.Reasons) > 0 {
			t.Errorf("reasons of a chain that holds: %+v", a.Reasons)
		}
	}
}

// A parent that many hang below is verified once.
func TestARepeatedParentIsVerifiedOnce(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	g.signatures = &proof.Signatures{}
	g.verifier = verifier.New(verifier.Config{DIDs: &did.Resolver{}, Now: func() time.Time { return at }, Signatures: g.signatures})
	c1 := g.c1(t, jwtForm, nil)
	var shown []verifier.Submitted
	for range 10 {
		key := newKey(t)
		shown = append(shown, g.show(t, key, jwtForm, g.sign(t, g.office, jwtForm, unsigned("Renter", "renter", key, jwtForm, embedded(c1), nil))))
	}
	wantPermit(t, g.decide(t, "drive", shown...))
	if n := g.signatures.Verified(); n != 11 {
		t.Errorf("%d signatures of credentials were verified, want 11: ten, and one above them", n)
	}
}

// BenchmarkJWTChain is bytes to decision for a chain of four JWT credentials,
// nothing remembered. Its ratio is to the five Ed25519 verifications that it needs,
// over the same bytes, and the policy's decision on the same facts. Garbage lies
// as long as in procura serve.
func BenchmarkJWTChain(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	g := newGarage(b)
	g.library = relaxed(b, "maxDepth: 3", "maxDepth: 4", "renter: [valet]}", "renter: [valet], valet: [valet]}",
		"grant: [unlock, drive, park]", "grant: [unlock, drive, park, delegate]")
	b.Run("embedded", func(b *testing.B) {
		all := g.four(b, func(c any, _ string) []any { return embedded(c) })
		g.benchmark(b, all[3])
	})
	b.Run("referred", func(b *testing.B) {
		all := g.four(b, func(c any, id string) []any { return referred(id, digestOf(b, c)) })
		g.benchmark(b, all[3], all[2], all[1], all[0])
	})
}

// four are the credentials of a chain, each above the next.
func (g *garage) four(b *testing.B, above func(c any, id string) []any) []any {
	named := func(id string) edit {
		return func(d, _, p map[string]any) {
			d["id"] = id
			p["permissions"].([]any)[0].(map[string]any)["grant"] = []any{"drive", "delegate"}
		}
	}
	c1 := g.c1(b, jwtForm, named("urn:c1"))
	c2 := g.c2(b, jwtForm, above(c1, "urn:c1"), named("urn:c2"))
	c3 := g.c3(b, jwtForm, above(c2, "urn:c2"), named("urn:c3"))
	return []any{c1, c2, c3, g.sign(b, g.ben, jwtForm, unsigned("Valet", "valet", g.carl, jwtForm, above(c3, "urn:c3"), nil))}
}

func (g *garage) benchmark(b *testing.B, credentials ...any) {
	shown := g.show(b, g.carl, jwtForm, credentials...)
	var answer *verifier.Answer
	decide := func() {
		if answer = g.decide(b, "drive", shown); answer.Decision.Decision != policies.Permit {
			b.Fatalf("%+v", answer.Reasons)
		}
	}
	decide()
	f, err := g.library.All()[0].Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	judge := func() {
		if d, err := f.Engine.Decide(b.Context(), answer.Input); err != nil || d.Decision != policies.Permit {
			b.Fatal(d, err)
		}
	}
	verify := verifications(b, string(shown.Raw))
	limit, took, judged := time.Hour, time.Hour, time.Hour
	for b.Loop() {
		limit, took, judged = min(limit, round(verify)), min(took, round(decide)), min(judged, round(judge))
	}
	b.ReportMetric(float64(took.Nanoseconds()), "ns/op")
	b.ReportMetric(float64(judged.Nanoseconds()), "ns/decision")
	b.ReportMetric(float64(limit.Nanoseconds()), "ns/verifications")
	b.ReportMetric(float64(took)/float64(limit+judged), "x-both")
}

// verifications verifies every JWT that stands in one, as bytes alone: the key
// is another, of the same kind, and so is the signature.
func verifications(b *testing.B, outer string) func() {
	b.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	var messages, signatures [][]byte
	for found := []string{outer}; len(found) > 0; {
		j, err := vc.ParseJWT(found[0])
		if err != nil {
			b.Fatal(err)
		}
		found = append(found[1:], jwtsIn(j.Payload)...)
		messages, signatures = append(messages, j.Signed), append(signatures, ed25519.Sign(private, j.Signed))
	}
	if len(messages) != 5 {
		b.Fatalf("%d signatures, want 5", len(messages))
	}
	return func() {
		for i, m := range messages {
			if !ed25519.Verify(public, m, signatures[i]) {
				panic("a good signature does not verify")
			}
		}
	}
}

func jwtsIn(v any) (out []string) {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "eyJ") {
			out = append(out, v)
		}
	case []any:
		for _, e := range v {
			out = append(out, jwtsIn(e)...)
		}
	case map[string]any:
		for _, e := range v {
			out = append(out, jwtsIn(e)...)
		}
	}
	return out
}
