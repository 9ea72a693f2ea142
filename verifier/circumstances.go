package verifier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// The members that a caller may state. time is the verifier's own clock.
var circumstanceMembers = []string{
	"place", "jurisdiction", "function", "agent", "counterparty", "attributesRequested", "biometrics", "attestations",
}

// maxAttestations bounds what one presentation makes us verify.
const maxAttestations = 64

const maxCaptures = 64

// ReadCircumstances checks a caller's circumstances and returns them as JSON,
// to be stored beside the presentation they came with.
func ReadCircumstances(tree any) (json.RawMessage, error) {
	r := &reader{}
	raw := r.circumstancesRaw("/circumstances", map[string]any{"circumstances": tree})
	return raw, r.err()
}

func (r *reader) circumstancesRaw(path string, m map[string]any) json.RawMessage {
	v, ok := m["circumstances"]
	if !ok {
		return nil
	}
	if o, isObject := v.(map[string]any); isObject && o["time"] != nil {
		r.fault(path+"/time", "is the verifier's clock and cannot be given")
		return nil
	}
	o := r.object(path, v, circumstanceMembers...)
	r.circumstances(path, o)
	raw, err := json.Marshal(v)
	if err != nil {
		r.fault(path, "cannot be kept")
	}
	return raw
}

// circumstances reads all but the attestations' signatures.
func (r *reader) circumstances(path string, o map[string]any) (c facts.Circumstances, attestations []string) {
	r.whereabouts(path, o, &c)
	r.act(path, o, &c)
	if v, ok := o["biometrics"]; ok {
		c.Biometrics = r.captures(path+"/biometrics", v)
	}
	if v, ok := o["attestations"]; ok {
		attestations = r.texts(path+"/attestations", v, maxAttestations)
	}
	return c, attestations
}

func (r *reader) whereabouts(path string, o map[string]any, c *facts.Circumstances) {
	if v, ok := o["place"]; ok {
		c.Place = r.place(path+"/place", v)
	}
	if v, ok := o["jurisdiction"]; ok {
		m := r.object(path+"/jurisdiction", v, "value", "source")
		c.Jurisdiction = &facts.Jurisdiction{Value: r.required(path+"/jurisdiction", m, "value"), Source: r.source(path+"/jurisdiction", m)}
	}
}

// act is what is done, through what, with whom and about what.
func (r *reader) act(path string, o map[string]any, c *facts.Circumstances) {
	if v, ok := o["function"]; ok {
		m := r.object(path+"/function", v, "value", "source")
		c.Function = &facts.Function{Value: r.required(path+"/function", m, "value"), Source: r.source(path+"/function", m)}
	}
	if v, ok := o["agent"]; ok {
		c.Agent = r.agent(path+"/agent", v)
	}
	if v, ok := o["counterparty"]; ok {
		c.Counterparty = r.counterparty(path+"/counterparty", v)
	}
	if v, ok := o["attributesRequested"]; ok {
		c.AttributesRequested = r.texts(path+"/attributesRequested", v, 256)
	}
}

func (r *reader) agent(path string, v any) *facts.Agent {
	m := r.object(path, v, "software", "device", "source")
	a := &facts.Agent{Software: r.text(path, m, "software"), Device: r.text(path, m, "device"), Source: r.source(path, m)}
	if m["software"] == nil && m["device"] == nil {
		r.fault(path, "must name the software, the device or both")
	}
	return a
}

func (r *reader) counterparty(path string, v any) *facts.Counterparty {
	m := r.object(path, v, "id", "types", "source")
	c := &facts.Counterparty{ID: r.text(path, m, "id"), Source: r.source(path, m)}
	if types, ok := m["types"]; ok {
		c.Types = r.texts(path+"/types", types, 64)
	}
	if m["id"] == nil && m["types"] == nil {
		r.fault(path, "must name the id, the types or both")
	}
	return c
}

func (r *reader) captures(path string, v any) []facts.Capture {
	list, ok := v.([]any)
	if !ok || len(list) == 0 || len(list) > maxCaptures {
		r.fault(path, "must be a list of 1 to %d captures", maxCaptures)
		return nil
	}
	out := make([]facts.Capture, len(list))
	for i, item := range list {
		out[i] = r.capture(fmt.Sprintf("%s/%d", path, i), item)
	}
	return out
}

func (r *reader) capture(path string, v any) facts.Capture {
	m := r.object(path, v, "party", "modality", "capturedAt", "source")
	c := facts.Capture{
		Party: r.required(path, m, "party"), Modality: r.required(path, m, "modality"),
		CapturedAt: r.required(path, m, "capturedAt"), Source: r.source(path, m),
	}
	if c.Party != "proxied" && !strings.HasPrefix(c.Party, "did:") {
		r.fault(path+"/party", `must be "proxied" or the DID of a holder`)
	}
	if _, err := facts.Instant(c.CapturedAt); err != nil {
		r.fault(path+"/capturedAt", "%v", err)
	}
	return c
}

func (r *reader) place(path string, v any) *facts.Place {
	m := r.object(path, v, "lat", "lon", "accuracyM", "codes", "source")
	p := &facts.Place{
		Lat:       r.number(path, m, "lat", -90, 90),
		Lon:       r.number(path, m, "lon", -180, 180),
		AccuracyM: r.number(path, m, "accuracyM", 0, 2.1e7),
		Source:    r.source(path, m),
	}
	if codes, ok := m["codes"]; ok {
		p.Codes = r.texts(path+"/codes", codes, 64)
	}
	if (p.Lat == nil) != (p.Lon == nil) {
		r.fault(path, "takes lat and lon together")
	}
	return p
}

// source is who says so. What an attester says comes as an attestation only.
func (r *reader) source(path string, m map[string]any) string {
	switch s := r.text(path, m, "source"); s {
	case "", "verifier":
		return "verifier"
	case "device":
		return s
	default:
		r.fault(path+"/source", `must be "verifier" or "device"`)
		return ""
	}
}

// overlay lays a presentation's circumstances over the challenge's, member by
// member. Both were read before.
func overlay(defaults, own json.RawMessage) (map[string]any, error) {
	merged := map[string]any{}
	for _, raw := range []json.RawMessage{defaults, own} {
		if len(raw) == 0 {
			continue
		}
		tree, err := vc.ParseJSON(raw)
		if err != nil {
			return nil, fmt.Errorf("reading stored circumstances: %w", err)
		}
		m, _ := tree.(map[string]any)
		for k, v := range m {
			merged[k] = v
		}
	}
	return merged, nil
}

// moment reads one presentation's circumstances and verifies its attestations;
// one that does not hold is reported and left out.
func (d *decider) moment(ctx context.Context, proofs *proof.Verifier, path string, defaults, own json.RawMessage) (facts.Circumstances, error) {
	merged, err := overlay(defaults, own)
	if err != nil {
		return facts.Circumstances{}, err
	}
	r := &reader{}
	c, attestations := r.circumstances(path, merged)
	if err := r.err(); err != nil {
		return c, err
	}
	for i, jws := range attestations {
		a, err := proofs.Attestation(ctx, jws)
		if err != nil {
			r, ok := errors.AsType[*vc.Refusal](err)
			if !ok {
				return c, err
			}
			d.refuse("attestation.invalid", r.Message, fmt.Sprintf("%s/attestations/%d", path, i))
			continue
		}
		c.Attestations = append(c.Attestations, attested(a))
	}
	return c, nil
}

func attested(a proof.Attested) facts.Attestation {
	f := facts.Attestation{
		Issuer: a.Issuer, Key: a.Key, IssuedAt: stamp(a.IssuedAt),
		Constraint: a.Constraint, Credential: a.Credential, Proxied: a.Proxied,
		Registries: []string{},
	}
	if !a.ExpiresAt.IsZero() {
		f.ExpiresAt = stamp(a.ExpiresAt)
	}
	return f
}

// earlier is the earlier of two instants, zero meaning never.
func earlier(a, b time.Time) string {
	switch {
	case a.IsZero() && b.IsZero():
		return ""
	case b.IsZero() || !a.IsZero() && a.Before(b):
		return stamp(a)
	}
	return stamp(b)
}

// stamp writes an instant as facts carry it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
