package seal

import (
	"encoding/json"
	"fmt"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier"
)

// challengeRecord is what is sealed of a challenge: what it asks, and of whom.
type challengeRecord struct {
	Nonce         string               `json:"nonce"`
	Domain        string               `json:"domain"`
	Request       facts.Request        `json:"request"`
	Attributes    map[string]attribute `json:"attributes"`
	Supported     []string             `json:"supported"`               // null and [] differ: all, none
	Circumstances []byte               `json:"circumstances,omitempty"` // as given, to the byte
}

// attribute is a facts.Comparable with both its fields written.
type attribute facts.Comparable

// Challenge seals what c asks.
func (k *Key) Challenge(c *verifier.Challenge) ([]byte, error) {
	r := challengeRecord{
		Nonce: c.Nonce, Domain: c.Domain, Request: c.Request,
		Supported: c.Request.SupportedObligations, Circumstances: c.Circumstances,
	}
	r.Request.Proxied.Attributes, r.Request.SupportedObligations = nil, nil
	if len(c.Request.Proxied.Attributes) > 0 {
		r.Attributes = make(map[string]attribute, len(c.Request.Proxied.Attributes))
	}
	for name, value := range c.Request.Proxied.Attributes {
		r.Attributes[name] = attribute(value)
	}
	return k.record(r, "challenge", c.Tenant, c.ID)
}

// OpenChallenge fills in what [Key.Challenge] sealed; ID and Tenant are set.
func (k *Key) OpenChallenge(sealed []byte, c *verifier.Challenge) error {
	var r challengeRecord
	if err := k.openRecord(sealed, &r, "challenge", c.Tenant, c.ID); err != nil {
		return err
	}
	c.Nonce, c.Domain, c.Request, c.Circumstances = r.Nonce, r.Domain, r.Request, r.Circumstances
	c.Request.SupportedObligations = r.Supported
	if len(r.Attributes) > 0 {
		c.Request.Proxied.Attributes = make(map[string]facts.Comparable, len(r.Attributes))
	}
	for name, value := range r.Attributes {
		c.Request.Proxied.Attributes[name] = facts.Comparable(value)
	}
	return nil
}

// Presentation seals the bytes of p, presented to the challenge.
func (k *Key) Presentation(tenant, challenge string, p *verifier.StoredPresentation) []byte {
	return k.Seal(p.Raw, "presentation", tenant, challenge, p.ID)
}

// Circumstances seals what came with p; nil stays nil.
func (k *Key) Circumstances(tenant, challenge string, p *verifier.StoredPresentation) []byte {
	if p.Circumstances == nil {
		return nil
	}
	return k.Seal(p.Circumstances, "circumstances", tenant, challenge, p.ID)
}

// OpenPresentation fills in bytes and circumstances; nil stays nil.
func (k *Key) OpenPresentation(raw, circumstances []byte, tenant, challenge string, p *verifier.StoredPresentation) (err error) {
	if raw != nil {
		if p.Raw, err = k.Open(raw, "presentation", tenant, challenge, p.ID); err != nil {
			return err
		}
	}
	if circumstances != nil {
		p.Circumstances, err = k.Open(circumstances, "circumstances", tenant, challenge, p.ID)
	}
	return err
}

// Answer seals the answer of d.
func (k *Key) Answer(d *verifier.StoredDecision) []byte {
	return k.Seal(d.Answer, "answer", d.Tenant, d.ID)
}

// OpenAnswer fills it in; ID and Tenant are set.
func (k *Key) OpenAnswer(sealed []byte, d *verifier.StoredDecision) (err error) {
	d.Answer, err = k.Open(sealed, "answer", d.Tenant, d.ID)
	return err
}

// Attestation seals a trigger's attestation. The digest tells two apart.
func (k *Key) Attestation(tenant string, t *verifier.Trigger) (sealed []byte, digest [32]byte, err error) {
	a := t.Attestation
	a.OnFile, a.Registries = false, nil
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, digest, fmt.Errorf("writing attestation: %w", err)
	}
	place := []string{"attestation", tenant, t.Credential, t.Constraint}
	return k.Seal(plain, place...), k.digest(plain, place...), nil
}

// OpenAttestation fills it in, as one that is on file; its digests are set.
func (k *Key) OpenAttestation(sealed []byte, tenant string, t *verifier.Trigger) error {
	if err := k.openRecord(sealed, &t.Attestation, "attestation", tenant, t.Credential, t.Constraint); err != nil {
		return err
	}
	t.Attestation.OnFile = true
	return nil
}

func (k *Key) record(v any, place ...string) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", place[0], err)
	}
	return k.Seal(plain, place...), nil
}

func (k *Key) openRecord(sealed []byte, v any, place ...string) error {
	plain, err := k.Open(sealed, place...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("reading %s: %w", place[0], err)
	}
	return nil
}
