package verifier_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
)

// afterTrigger is a signed credential that is in force once a trigger happened.
func (s *story) afterTrigger(t *testing.T, holder *proof.Key, text string) any {
	t.Helper()
	return s.signed(t, s.credential(holder, func(_, h, _ map[string]any) { h["constraints"] = map[string]any{"trigger": "|en: " + text} }))
}

// asked presents a credential to a new challenge, with circumstances.
func (s *story) asked(t *testing.T, permission string, credential any, circumstances string) json.RawMessage {
	t.Helper()
	c := s.open(t, permission)
	sub := &verifier.Submission{Presentations: []verifier.Submitted{s.present(t, s.amina, proof.Expect{Nonce: c.Nonce, Domain: c.Domain}, credential)}}
	if circumstances != "" {
		sub.Circumstances = json.RawMessage(circumstances)
	}
	raw, err := s.verifier.Present(t.Context(), clinic, c.ID, sub)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// attestsTrigger writes what a denial says is missing, as a listed attester.
func (s *story) attestsTrigger(t *testing.T, denial json.RawMessage) string {
	t.Helper()
	p, _ := identifiers(t, denial)
	for _, need := range p.Needs {
		for _, part := range need.Parts {
			constraint, _ := part.Parameters["constraint"].(string)
			credential, _ := part.Parameters["credential"].(string)
			if constraint == "" || credential == "" {
				continue
			}
			a, err := (&proof.Signer{Key: s.stranger, At: at}).Attestation(proof.Attested{IssuedAt: at, Constraint: constraint, Credential: credential, Proxied: laila})
			if err != nil {
				t.Fatal(err)
			}
			return `{"attestations": ["` + a + `"]}`
		}
	}
	t.Fatalf("no need of an attestation: %s", denial)
	return ""
}

// A trigger that counted once, be it in a denial, stays on file for its
// credential and for no other (semantics 5).
func TestATriggerStaysOnFile(t *testing.T) {
	t.Parallel()
	s, store := keptWith(t, verifier.Config{Now: func() time.Time { return at }})
	if err := store.PutRegistry(t.Context(), clinic.Tenant, "camp-attesters", []string{s.stranger.DID()}); err != nil {
		t.Fatal(err)
	}
	const care, alone = "routine-medical-care", "light-travel" // which one grandparent may not alone
	mine, other := s.afterTrigger(t, s.amina, "Death of the parents."), s.afterTrigger(t, s.amina, "Flight of the parents.")
	decided := func(raw json.RawMessage) string { return read(t, raw, nil).Decision }
	before := s.asked(t, care, mine, "")
	if decided(before) != "deny" {
		t.Fatalf("before it happened: %s", before)
	}
	attested := s.attestsTrigger(t, before)
	if raw := s.asked(t, alone, mine, attested); decided(raw) != "deny" {
		t.Errorf("alone: %s", raw)
	}
	for range 2 {
		if raw := s.asked(t, care, mine, ""); decided(raw) != "permit" {
			t.Errorf("it is on file: %s", raw)
		}
	}
	if raw := s.asked(t, care, mine, attested); decided(raw) != "permit" {
		t.Errorf("on file, and attested: %s", raw)
	}
	if raw := s.asked(t, care, other, ""); decided(raw) != "deny" {
		t.Errorf("another credential: %s", raw)
	}
}
