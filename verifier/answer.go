package verifier

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
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
	var err error
	if a.InputDigest, err = inputDigest(o.input); err != nil {
		return nil, fmt.Errorf("writing the input down: %w", err)
	}
	if input {
		a.Input = o.input
	}
	return a, nil
}

// public is what is sent: without what is kept for ourselves.
func (a Answer) public() (json.RawMessage, error) {
	d := *a.Decision
	d.Counted, d.Used = nil, nil
	a.Decision = &d
	raw, err := writeAnswer(&a)
	if err != nil {
		return nil, fmt.Errorf("writing the answer: %w", err)
	}
	return raw, nil
}

// filed is what is kept of an answer, and given later: without the replayable
// input, and with keyed digests for the identifiers that were presented.
// Semantics 8.4: "identifiers as presented only where the framework's audit
// rule says so".
func (v *Verifier) filed(tenant string, a Answer, o *outcome) (json.RawMessage, error) {
	a.Input = nil
	if !o.audited() {
		d := *a.Decision
		name := func(id string) string { return v.pseudonym(tenant, id) }
		d.Principals, d.Needs = pseudonymous(d.Principals, name), unnamed(d.Needs, name)
		a.Decision = &d
	}
	return a.public()
}

// audited reports whether the framework demands an audit of a permission that
// was requested.
func (o *outcome) audited() bool {
	if o.framework == nil {
		return false
	}
	return slices.ContainsFunc(o.framework.Document.Permissions, func(p trustframeworks.Permission) bool {
		return p.Audit == "required" && slices.ContainsFunc(o.input.Request.Permissions, func(name string) bool {
			return facts.Name(name) == facts.Name(p.Name)
		})
	})
}

// pseudonym stands for an identifier in what is kept: the same in all of a
// tenant's decisions, and nobody's without the key.
func (v *Verifier) pseudonym(tenant, id string) string {
	d := v.digest("identifier in a decision", []byte(tenant), []byte(id))
	return "hmac-sha256:" + base64.RawURLEncoding.EncodeToString(d[:])
}

// pseudonymous copies principals, with other names for their identifiers.
func pseudonymous(principals []policies.Principal, name func(id string) string) []policies.Principal {
	out := slices.Clone(principals)
	for i := range out {
		out[i].Holder = slices.Clone(out[i].Holder)
		for j, id := range out[i].Holder {
			out[i].Holder[j] = name(id)
		}
	}
	return out
}

// unnamed copies needs, with another name for whom an attestation must be about.
func unnamed(needs []policies.Need, name func(id string) string) []policies.Need {
	out := slices.Clone(needs)
	for i := range out {
		out[i].Parts = slices.Clone(out[i].Parts)
		for j := range out[i].Parts {
			part := &out[i].Parts[j]
			if id, ok := part.Parameters["proxied"].(string); ok {
				part.Parameters = maps.Clone(part.Parameters)
				part.Parameters["proxied"] = name(id)
			}
		}
	}
	return out
}

// onFile are the triggers that counted in a decision and are not on file yet.
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
