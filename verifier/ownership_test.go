package verifier_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A motor pool is the garage whose company is on no list, and may appoint an office
// because the state's registry says that the car is the company's.
type motorPool struct {
	*garage
	state, thief *proof.Key
}

func newMotorPool(t testing.TB) *motorPool {
	t.Helper()
	return &motorPool{garage: newGarage(t), state: newKey(t), thief: newKey(t)}
}

// titleOf is an unsigned title.
func titleOf(owner *proof.Key, number string, change func(doc, subject map[string]any)) map[string]any {
	subject := map[string]any{"id": owner.DID(), "vin": number, "colour": "red"}
	doc := map[string]any{
		"@context": []any{vc.ContextV1}, "type": []any{"VerifiableCredential", "VehicleTitle"},
		"issuanceDate": "2026-01-01T00:00:00Z", "expirationDate": "2027-01-01T00:00:00Z", "credentialSubject": subject,
	}
	if change != nil {
		change(doc, subject)
	}
	return doc
}

// owning is the pair that holds titles.
func owning(titles ...any) []any {
	pair := embedded(titles...)
	pair[0].([]any)[0] = []any{"ownership"}
	return pair
}

// owningNamed refers to a title by id and digest.
func owningNamed(t testing.TB, id string, title any) []any {
	t.Helper()
	pair := referred(id, digestOf(t, title))
	pair[0].([]any)[0] = []any{"ownership"}
	return pair
}

func (g *motorPool) title(t testing.TB, by, owner *proof.Key, number string) any {
	t.Helper()
	return signedBy(t, by, jwtForm, titleOf(owner, number, nil))
}

// mandate is the office's credential, by whoever says to own the car.
func (g *motorPool) mandate(t testing.TB, by *proof.Key, format string, provenance []any, change edit) any {
	t.Helper()
	return g.sign(t, by, format, unsigned("Subsidiary", "regional_office", g.office, format, provenance, change))
}

// drive asks whether an office may drive the car.
func (g *motorPool) drive(t testing.TB, sent ...verifier.Submitted) *verifier.Answer {
	t.Helper()
	return g.ask(t, facts.ProxiedRequest{Attributes: map[string]facts.Comparable{"vin": {Text: vin}}}, sent...)
}

func (g *motorPool) ask(t testing.TB, car facts.ProxiedRequest, sent ...verifier.Submitted) *verifier.Answer {
	t.Helper()
	q := &verifier.Question{Nonce: nonce, Domain: domain, Request: facts.Request{
		Permissions: []string{"drive"}, Framework: facts.FrameworkName{Name: rental}, Proxied: car,
	}}
	a, err := g.verifier.Decide(t.Context(), g.library, q, sent, map[string][]string{"vehicle-registries": {g.state.DID()}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Whom the state calls the owner appoints, in every form; so do those below.
func TestAnOwnerAppoints(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	for _, format := range forms {
		for _, of := range []string{vc.FormatVCJWT11, vc.FormatVCJOSE, vc.FormatJCS} {
			t.Run(format+" with a title as "+of, func(t *testing.T) {
				t.Parallel()
				title := signedBy(t, g.state, of, titleOf(g.company, vin, nil))
				c1 := g.mandate(t, g.company, format, owning(title), nil)
				a := g.drive(t, g.show(t, g.office, format, c1))
				wantPermit(t, a)
				if len(a.Reasons) > 0 {
					t.Errorf("reasons of a permit: %+v", a.Reasons)
				}
				if format != vc.FormatSDJWT {
					wantPermit(t, g.drive(t, g.show(t, g.alice, format, g.c2(t, format, embedded(c1), nil))))
				}
			})
		}
	}
}

// The title can be sent beside, and is then no credential that is refused.
func TestATitleIsReferredTo(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	title := signedBy(t, g.state, jwtForm, titleOf(g.company, vin, func(d, _ map[string]any) { d["id"] = "urn:title" }))
	other := signedBy(t, g.state, jwtForm, titleOf(g.company, vin, func(d, s map[string]any) { d["id"], s["colour"] = "urn:title", "blue" }))
	c1 := g.mandate(t, g.company, jwtForm, owningNamed(t, "urn:title", title), nil)
	for _, sent := range [][]any{{c1, title}, {title, c1}} {
		a := g.drive(t, g.show(t, g.office, jwtForm, sent...))
		wantPermit(t, a)
		if len(a.Reasons) > 0 {
			t.Errorf("reasons of a permit: %+v", a.Reasons)
		}
	}
	wantDeny(t, g.drive(t, g.show(t, g.office, jwtForm, c1)), chain.Missing)
	wantDeny(t, g.drive(t, g.show(t, g.office, jwtForm, c1, other)), chain.Missing)
	wantDeny(t, g.drive(t, g.show(t, g.office, jwtForm, c1), g.show(t, g.carl, jwtForm, title)), chain.Missing)
}

// A title that the owner did not name was never given: whoever has it proves nothing.
func TestATitleThatWasNotGiven(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	title := g.title(t, g.state, g.company, vin)
	alone := g.mandate(t, g.company, jwtForm, nil, nil)
	wantDeny(t, g.drive(t, g.show(t, g.office, jwtForm, alone, title)), "issuer.refused")
	doc := g.mandate(t, g.company, vc.FormatJCS, nil, nil).(map[string]any)
	doc["provenanceProofs"] = owning(title)
	wantDeny(t, g.drive(t, g.show(t, g.office, vc.FormatJCS, doc)), "proof.invalid")
	forged := g.mandate(t, g.thief, jwtForm, owning(title), nil)
	wantDeny(t, g.drive(t, g.show(t, g.office, jwtForm, forged)), "chain.unlinked")
	forged = g.mandate(t, g.thief, jwtForm, owning(title, g.title(t, g.state, g.thief, "1HGES26721L024786")), nil)
	wantDeny(t, g.drive(t, g.show(t, g.office, jwtForm, forged)), "chain.unlinked")
}

// An owner may show a title in a presentation over this very credential.
func TestAnOwnerPresentsATitle(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	title := g.title(t, g.state, g.company, vin)
	child := func(plate string) map[string]any {
		d := unsigned("Subsidiary", "regional_office", g.office, jwtForm, nil, func(_, _, p map[string]any) { p["plate"] = plate })
		d["issuer"] = g.company.DID()
		return d
	}
	issue := func(by *proof.Key, over map[string]any) verifier.Submitted {
		n, err := chain.Nonce(over)
		if err != nil {
			t.Fatal(err)
		}
		p, err := (&proof.Signer{Key: by, At: at}).Presentation(t.Context(), []any{title}, vc.FormatVPJWT11, proof.Expect{Nonce: n, Domain: g.company.DID()})
		if err != nil {
			t.Fatal(err)
		}
		doc := child("A")
		doc["provenanceProofs"] = []any{[]any{[]any{"ownership"}, p}}
		return g.show(t, g.office, jwtForm, g.sign(t, g.company, jwtForm, doc))
	}
	wantPermit(t, g.drive(t, issue(g.company, child("A"))))
	wantDeny(t, g.drive(t, issue(g.company, child("B"))), "nonce.mismatch")
	wantDeny(t, g.drive(t, issue(g.office, child("A"))), "chain.unlinked")
}

// What does not say that the issuer owns the car denies, with a code.
func TestNoOwner(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	title := func(by, owner *proof.Key, change func(d, s map[string]any)) []any {
		return owning(signedBy(t, by, jwtForm, titleOf(owner, vin, change)))
	}
	member := func(name string, v any) []any {
		return title(g.state, g.company, func(d, _ map[string]any) { d[name] = v })
	}
	raw := g.title(t, g.state, g.company, vin).(string)
	overStatements := titleOf(g.company, vin, func(d, _ map[string]any) {
		d["issuer"] = g.state.DID()
		d["proof"] = map[string]any{"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofPurpose": "assertionMethod", "verificationMethod": g.state.DID() + "#x", "proofValue": "z1"}
	})
	for name, c := range map[string]struct {
		code       string
		provenance []any
	}{
		"none":                       {"issuer.refused", nil},
		"of another car":             {"proxied.mismatch", owning(g.title(t, g.state, g.company, "1HGES26721L024786"))},
		"of another owner":           {"chain.unlinked", title(g.state, g.thief, nil)},
		"of the proxy":               {"chain.unlinked", title(g.state, g.office, nil)},
		"by the owner":               {"issuer.refused", title(g.company, g.company, nil)},
		"by a stranger":              {"issuer.refused", title(g.thief, g.company, nil)},
		"by the proxy":               {"issuer.refused", title(g.office, g.company, nil)},
		"with a broken signature":    {"proof.invalid", owning(raw[:len(raw)-8] + "AAAAAAAA")},
		"expired":                    {"credential.expired", member("expirationDate", "2026-11-20T10:00:00Z")},
		"not yet valid":              {"credential.not_yet_valid", member("issuanceDate", "2026-11-20T10:01:01Z")},
		"with a status nowhere":      {"status.unreachable", member("credentialStatus", entry("revocation"))},
		"under a context":            {"context.refused", member("@context", []any{vc.ContextV1, "https://x.example/title/v1"})},
		"with provenance":            {vc.CredentialMalformed, member("provenanceProofs", owning("x"))},
		"a proxy credential":         {"context.refused", owning(g.mandate(t, g.state, jwtForm, nil, nil))},
		"of a proxy type":            {vc.CredentialMalformed, member("type", []any{"VerifiableCredential", rentalURI + "#Proxy.D/Car%20Rental%20Delegation/1.1.0/Subsidiary"})},
		"without the number":         {"proxied.mismatch", title(g.state, g.company, func(_, s map[string]any) { delete(s, "vin") })},
		"with a list of numbers":     {"proxied.mismatch", title(g.state, g.company, func(_, s map[string]any) { s["vin"] = []any{vin} })},
		"over statements, undefined": {"context.refused", owning(overStatements)},
		"of one that is good":        {"chain.unlinked", append(owning(raw), title(g.state, g.thief, nil)...)},
		"in the place of a parent":   {"supporting.unsupported", embedded(raw)},
		"beside a parent":            {chain.Unsupported, append(owning(raw), embedded(g.c1(t, jwtForm, nil))...)},
		"of a field unknown":         {chain.Unsupported, []any{[]any{[]any{"owner"}, embedded(raw)[0].([]any)[1]}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantDeny(t, g.drive(t, g.show(t, g.office, jwtForm, g.mandate(t, g.company, jwtForm, c.provenance, nil))), c.code)
		})
	}
}

// A title says nothing of an identifier that its owner alone gives the car.
func TestAnIDThatTheOwnerGives(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	const other = "did:example:another-car"
	c1 := g.mandate(t, g.company, jwtForm, owning(g.title(t, g.state, g.company, vin)), func(_, _, p map[string]any) { p["id"] = other })
	wantDeny(t, g.ask(t, facts.ProxiedRequest{ID: other}, g.show(t, g.office, jwtForm, c1)), "proxied.insufficient")
	both := facts.ProxiedRequest{ID: other, Attributes: map[string]facts.Comparable{"vin": {Text: vin}}}
	wantPermit(t, g.ask(t, both, g.show(t, g.office, jwtForm, c1)))
}

// Who owns a car may drive it, by whom the state calls so, and not by own word.
func TestAnOwnerWhoAppointsHimself(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	self := func(by *proof.Key) verifier.Submitted {
		doc := unsigned("Subsidiary", "regional_office", g.company, jwtForm, owning(g.title(t, by, g.company, vin)), nil)
		return g.show(t, g.company, jwtForm, g.sign(t, g.company, jwtForm, doc))
	}
	wantPermit(t, g.drive(t, self(g.state)))
	wantDeny(t, g.drive(t, self(g.company)), "issuer.refused")
}

// A title that was revoked or suspended is none.
func TestATitleIsRevoked(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	for name, c := range map[string]struct {
		set     []int
		purpose string
		by      *proof.Key
		code    string
	}{
		"in force":  {nil, "revocation", g.state, ""},
		"revoked":   {[]int{place}, "revocation", g.state, "status.revoked"},
		"suspended": {[]int{place}, "suspension", g.state, "status.suspended"},
		"another's": {nil, "revocation", g.company, "status.refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own, pool := *g, *g.garage
			w := newStory(t).ward(t, published(t, c.by, listOf(c.purpose, encoded(bits(1<<17, c.set...))), vc.FormatVCJOSE))
			own.garage, pool.verifier = &pool, w.verifier
			issued := func(by *proof.Key) verifier.Submitted {
				title := signedBy(t, by, jwtForm, titleOf(g.company, vin, func(d, _ map[string]any) { d["credentialStatus"] = entry(c.purpose) }))
				return g.show(t, g.office, jwtForm, g.mandate(t, g.company, jwtForm, owning(title), nil))
			}
			a := own.drive(t, issued(g.state))
			if c.code == "" {
				wantPermit(t, a)
			} else {
				wantDeny(t, a, c.code)
			}
			before := w.asked.Load()
			own.drive(t, issued(g.thief))
			if w.asked.Load() != before {
				t.Error("a list was fetched for a stranger's title")
			}
		})
	}
}

// The policy is told of a title by what it identifies, and no more.
func TestOfATitleIsToldWhatIdentifies(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	c1 := g.mandate(t, g.company, jwtForm, owning(g.title(t, g.state, g.company, vin)), nil)
	told := g.drive(t, g.show(t, g.office, jwtForm, c1)).Input.Presentations[0].Credentials[0].Ownership
	if len(told) != 1 || len(told[0].Attributes) != 1 || told[0].Attributes["vin"] != vin {
		t.Errorf("got %+v", told)
	}
}

// It is told besides by what the request names the car.
func TestOfATitleIsToldWhatIsAsked(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	title := signedBy(t, g.state, jwtForm, titleOf(g.company, vin, func(_, s map[string]any) { s["plate"] = "TX-1" }))
	c1 := g.mandate(t, g.company, jwtForm, owning(title), func(_, _, p map[string]any) { p["plate"] = "TX-1" })
	car := facts.ProxiedRequest{Attributes: map[string]facts.Comparable{"vin": {Text: vin}, "plate": {Text: "TX-1"}}}
	a := g.ask(t, car, g.show(t, g.office, jwtForm, c1))
	wantPermit(t, a)
	if told := a.Input.Presentations[0].Credentials[0].Ownership; len(told) != 1 || len(told[0].Attributes) != 2 {
		t.Errorf("got %+v", told)
	}
}

// Who shows titles of nobody's makes little work.
func TestStrangersTitlesAreNotVerified(t *testing.T) {
	t.Parallel()
	g := newMotorPool(t)
	g.signatures = &proof.Signatures{}
	g.verifier = verifier.New(verifier.Config{DIDs: &did.Resolver{}, Now: func() time.Time { return at }, Signatures: g.signatures})
	verified := func(by *proof.Key, n int) int {
		before := g.signatures.Verified()
		var titles []any
		for i := range n {
			titles = append(titles, signedBy(t, by, jwtForm, titleOf(g.thief, vin, func(d, _ map[string]any) { d["id"] = fmt.Sprintf("urn:%s:%d", by.DID(), i) })))
		}
		if a := g.drive(t, g.show(t, g.office, jwtForm, g.mandate(t, g.thief, jwtForm, owning(titles...), nil))); a.Decision.Decision != "deny" {
			t.Error("permitted")
		}
		return int(g.signatures.Verified() - before)
	}
	if n := verified(g.thief, 20); n != 0 {
		t.Errorf("%d signatures were verified, want none", n)
	}
	if n := verified(g.state, chain.MaxCredentials+1); n != 0 {
		t.Errorf("%d signatures were verified, want none of too many", n)
	}
}
