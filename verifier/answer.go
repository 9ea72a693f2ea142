package verifier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
)

// An Answer is a decision as callers see it (semantics 8.2).
type Answer struct {
	ID        string `json:"id"` // 32 hex characters
	Challenge string `json:"challenge,omitempty"`
	Revision  int    `json:"revision"`
	*policies.Decision
	Framework      *FrameworkRef `json:"framework,omitempty"` // absent where the request fixed none
	EvaluatedAt    string        `json:"evaluatedAt"`         // RFC 3339, UTC
	BundleRevision string        `json:"bundleRevision,omitempty"`
	InputDigest    string        `json:"inputDigest,omitempty"` // SHA-256, hex, of the compact JSON of input
	Input          *facts.Input  `json:"input,omitempty"`       // only where asked for
}

// A FrameworkRef names what was decided under.
type FrameworkRef struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Digest  string `json:"digest"` // SHA-256, hex
}

// answer writes an outcome down. With input the replayable input goes with it.
func answer(o *outcome, id string, at time.Time, input bool) (*Answer, error) {
	a := &Answer{ID: id, Decision: o.decision, EvaluatedAt: stamp(at)}
	if o.framework == nil {
		return a, nil
	}
	doc := o.framework.Document
	a.Framework = &FrameworkRef{Name: doc.Name, Version: doc.Version, Digest: o.framework.Digest}
	a.BundleRevision = o.framework.Digest
	raw, err := json.Marshal(o.input)
	if err != nil {
		return nil, fmt.Errorf("writing the input down: %w", err)
	}
	sum := sha256.Sum256(raw)
	a.InputDigest = hex.EncodeToString(sum[:])
	if input {
		a.Input = o.input
	}
	return a, nil
}

// public is what is stored and sent: without what is kept for ourselves.
func (a Answer) public() (json.RawMessage, error) {
	d := *a.Decision
	d.Counted = nil
	a.Decision = &d
	raw, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("writing the answer: %w", err)
	}
	return raw, nil
}

// onFile are the triggers that counted in a permit.
func onFile(o *outcome) []Trigger {
	var out []Trigger
	for _, counted := range o.decision.Counted {
		for _, p := range o.input.Presentations {
			for _, a := range p.Circumstances.Attestations {
				if a.Credential == counted.Credential && a.Constraint == counted.Constraint &&
					a.Issuer == counted.Issuer && a.IssuedAt == counted.IssuedAt && !a.OnFile {
					out = append(out, Trigger{Credential: a.Credential, Constraint: a.Constraint, Attestation: a})
				}
			}
		}
	}
	return out
}
