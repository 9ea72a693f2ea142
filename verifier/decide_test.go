package verifier_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
)

func TestAGrandmotherConsents(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	wantPermit(t, s.decide(t, ask("routine-medical-care"), s.grandparent(t, s.amina)))
}

func TestTwoGrandparentsTravel(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	amina, yusuf := s.grandparent(t, s.amina), s.grandparent(t, s.yusuf)
	wantPermit(t, s.decide(t, ask("light-travel"), amina, yusuf))
	wantDeny(t, s.decide(t, ask("light-travel"), amina), "permission.ungranted")
	wantDeny(t, s.decide(t, ask("light-travel"), amina, amina), "permission.ungranted")
}

// Whoever sends it, what is not understood grants nothing.
func TestRefusedPresentations(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	good := proof.Expect{Nonce: nonce, Domain: domain}
	own := s.signed(t, s.credential(s.amina, nil))
	change := func(f func(doc, holder, proxied map[string]any)) verifier.Submitted {
		return s.present(t, s.amina, good, s.signed(t, s.credential(s.amina, f)))
	}
	for name, c := range map[string]struct {
		code string
		sent verifier.Submitted
	}{
		"nonce of another challenge": {"nonce.mismatch", s.present(t, s.amina, proof.Expect{Nonce: nonce + "x", Domain: domain}, own)},
		"another verifier's domain":  {"domain.mismatch", s.present(t, s.amina, proof.Expect{Nonce: nonce, Domain: "https://bank.example"}, own)},
		"a stolen credential":        {"holder.unbound", s.present(t, s.stranger, good, own)},
		"no credential":              {"holder.no_credential", s.present(t, s.amina, good)},
		"a broken presentation":      {"presentation.malformed", verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte("a.b.c")}},
		"an issuer that is not listed": {"issuer.refused", func() verifier.Submitted {
			c, err := (&proof.Signer{Key: s.stranger, At: at}).Credential(t.Context(), s.credential(s.amina, nil), "vc-jwt")
			if err != nil {
				t.Fatal(err)
			}
			return s.present(t, s.amina, good, c)
		}()},
		"another child":               {"proxied.mismatch", change(func(_, _, p map[string]any) { p["id"] = "did:example:omar" })},
		"a role of no variant":        {"role.refused", change(func(_, h, _ map[string]any) { h["role"] = "tribe-adult" })},
		"a rationale of no variant":   {"rationale.refused", change(func(_, h, _ map[string]any) { h["rationaleURI"] = "https://x.example/r" })},
		"an unknown constraint":       {"constraint.undefined", change(func(_, h, _ map[string]any) { h["constraints"] = map[string]any{"mood": "good"} })},
		"a constraint that has ended": {"constraint.fails", change(func(_, h, _ map[string]any) { h["constraints"] = map[string]any{"endTime": "2026-11-20"} })},
		"a place that nobody gave": {"constraint.unknown", change(func(_, h, _ map[string]any) {
			h["constraints"] = map[string]any{"pointOfOrigin": "@13.2,22.3", "radiusKm": 10.0}
		})},
		"expired":                 {"credential.expired", change(func(d, _, _ map[string]any) { d["expirationDate"] = "2026-11-20T10:00:00Z" })},
		"not yet valid":           {"credential.not_yet_valid", change(func(d, _, _ map[string]any) { d["issuanceDate"] = "2026-11-20T10:02:00Z" })},
		"a life too long":         {"credential.too_long", change(func(d, _, _ map[string]any) { d["expirationDate"] = "2027-12-10T08:00:00Z" })},
		"another framework's URI": {"framework.mismatch", change(func(d, _, _ map[string]any) { d["trustFrameworkURI"] = "https://x.example" })},
		"a version never published": {"framework.unknown", change(func(d, _, _ map[string]any) {
			d["type"] = []any{"VerifiableCredential", "Proxy.G/" + camp + "/9.0.0/ChildGuardian"}
		})},
		"a variant never defined": {"variant.undefined", change(func(d, _, _ map[string]any) {
			d["type"] = []any{"VerifiableCredential", "Proxy.G/" + camp + "/1.0.0/Ghost"}
		})},
		"a status nobody can check": {"status.unknown", change(func(d, _, _ map[string]any) {
			d["credentialStatus"] = map[string]any{"id": "https://x.example/1", "type": "RevocationList2020Status"}
		})},
		"a status without a list": {"credential.malformed", change(func(d, _, _ map[string]any) {
			d["credentialStatus"] = map[string]any{"id": "https://x.example/1", "type": "BitstringStatusListEntry"}
		})},
		"a status hidden by a dotted name": {"credential.malformed", change(func(d, _, _ map[string]any) {
			d["credentialStatus.id"], d["credentialStatus.type"] = "https://x.example/1", "BitstringStatusListEntry"
		})},
		"an empty chain":          {"chain.malformed", change(func(d, _, _ map[string]any) { d["provenanceProofs"] = []any{} })},
		"a supporting credential": {"context.refused", change(func(d, _, _ map[string]any) { d["type"] = []any{"VerifiableCredential"} })},
		"a status in the subject": {"credential.malformed", change(func(d, _, _ map[string]any) {
			d["credentialSubject"].(map[string]any)["credentialStatus"] = map[string]any{"id": "https://x.example/1"}
		})},
		"terms of use":                {"credential.malformed", change(func(d, _, _ map[string]any) { d["termsOfUse"] = []any{} })},
		"no permissions":              {"permission.ungranted", change(func(_, _, p map[string]any) { p["permissions"] = []any{} })},
		"a member outside the schema": {"schema.invalid", change(func(_, h, _ map[string]any) { h["rank"] = "captain" })},
		"a rule with a member too many": {"sgl.invalid", change(func(_, _, p map[string]any) {
			p["permissions"] = []any{map[string]any{"grant": []any{"routine-medical-care"}, "when": map[string]any{"roles": "grandparent"}, "unless": true}}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantDeny(t, s.decide(t, ask("routine-medical-care"), c.sent), c.code)
		})
	}
}

// A broken presentation blocks nobody.
func TestBrokenBesideGood(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	broken := s.grandparent(t, s.yusuf)
	broken.Raw = []byte(strings.Replace(string(broken.Raw), ".", ".A", 1))
	a := s.decide(t, ask("routine-medical-care"), broken, s.grandparent(t, s.amina))
	wantPermit(t, a)
	if len(a.Reasons) == 0 {
		t.Error("the broken one is not reported")
	}
}

// Every byte of a presentation is covered: changing any one, it denies or is
// no presentation.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	good := s.grandparent(t, s.amina)
	for i := range good.Raw {
		raw := append([]byte{}, good.Raw...)
		raw[i] ^= 1
		a := s.decide(t, ask("routine-medical-care"), verifier.Submitted{MediaType: good.MediaType, Raw: raw})
		if a.Decision.Decision != "deny" {
			t.Fatalf("byte %d changed: %s", i, a.Decision.Decision)
		}
	}
}

// A question that names an identity by attributes that do not suffice.
func TestInsufficientIdentity(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	q := ask("routine-medical-care")
	q.Request.Proxied = facts.ProxiedRequest{Attributes: map[string]facts.Comparable{"firstName": {Text: "Laila"}}}
	wantDeny(t, s.decide(t, q, s.grandparent(t, s.amina)), "proxied.insufficient")
}

// Of a member that does not fit, the path is told and never the value.
func TestValuesStandInNoMessage(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	doc := s.credential(s.amina, func(_, h, _ map[string]any) { h["birthDate"] = "born in secret" })
	a := s.decide(t, ask("routine-medical-care"), s.present(t, s.amina, proof.Expect{Nonce: nonce, Domain: domain}, s.signed(t, doc)))
	wantDeny(t, a, "schema.invalid")
	for _, r := range a.Reasons {
		if strings.Contains(r.Message, "secret") {
			t.Errorf("told: %s", r.Message)
		}
		if r.Code == "schema.invalid" && !strings.HasSuffix(r.Path, "/credentialSubject/holder/birthDate") {
			t.Errorf("path is %s", r.Path)
		}
	}
}

// A presentation that falls is no credential that falls.
func TestManyPresentations(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	sent := []verifier.Submitted{s.grandparent(t, s.amina)}
	for range 10 {
		sent = append(sent, verifier.Submitted{MediaType: verifier.MediaJWT, Raw: []byte("a.b")})
	}
	a := s.decide(t, ask("routine-medical-care"), sent...)
	wantPermit(t, a)
	if len(a.Credentials) != 1 {
		t.Errorf("credentials: %v", a.Credentials)
	}
}

// One decision is under one framework: what belongs to another adds nothing.
func TestTwoFrameworksInOneGroup(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	car := s.credential(s.yusuf, func(d, _, _ map[string]any) {
		d["type"] = []any{"VerifiableCredential", "Proxy.D/Car Rental Delegation/1.1.0/Renter"}
	})
	other := s.present(t, s.yusuf, proof.Expect{Nonce: nonce, Domain: domain}, s.signed(t, car))
	a := s.decide(t, ask("light-travel"), s.grandparent(t, s.amina), other)
	wantDeny(t, a, "framework.mixed")
}

// A permit lasts no longer than the credential that it rests on.
func TestAPermitEndsWithItsCredential(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	end := at.Add(5 * time.Minute)
	doc := s.credential(s.amina, func(d, _, _ map[string]any) {
		d["expirationDate"] = end.Format(time.RFC3339)
	})
	a := s.decide(t, ask("routine-medical-care"), s.present(t, s.amina, proof.Expect{Nonce: nonce, Domain: domain}, s.signed(t, doc)))
	wantPermit(t, a)
	if a.ValidUntil != end.Format(time.RFC3339) {
		t.Errorf("validUntil is %s, want %s", a.ValidUntil, end.Format(time.RFC3339))
	}
}

// Who leaves gets no more credentials looked at: a challenge may hold thousands.
func TestNobodyIsDecidedForWhoLeft(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	opened := 0
	var list []*verifier.Release
	for _, r := range s.library.All() {
		own := *r
		own.Open = func(ctx context.Context) (*verifier.Framework, error) { opened++; return r.Open(ctx) }
		list = append(list, &own)
	}
	l, err := verifier.NewLibrary(list...)
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err = s.verifier.Decide(gone, l, ask("routine-medical-care"), []verifier.Submitted{s.grandparent(t, s.amina)}, s.registries())
	if !errors.Is(err, context.Canceled) || opened > 0 {
		t.Errorf("%d frameworks were opened for who left, %v", opened, err)
	}
}
