package constraint_test

import (
	"encoding/json"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/procura-dev/procura/policies/facts"
)

const sampleFramework = `{"constraints": {
	"boundary": {"type": "boundary", "members": {"codes": ["boundaries"]}},
	"circumstances": {"type": "circumstance_text", "members": {"text": ["circumstances"]}, "sources": ["attested"]},
	"jurisdictions": {"type": "jurisdiction", "members": {"codes": ["jurisdictions"]}},
	"radius": {"type": "geo_radius", "members": {"pointOfOrigin": ["point_of_origin"], "radiusKm": ["radius_km"]}},
	"timing": {"type": "time_window", "members": {"startTime": ["startTime"], "endTime": ["endTime"]}}
}}`

// RFC 0103's sample framework, its constraints as it writes them, from the
// credential's members to the outcome.
func TestSample(t *testing.T) {
	t.Parallel()
	const attested = `{"attestations": [{"issuedAt": "2019-07-25T18:00:00Z", "credential": "cred", "constraint": "DIGEST"}]}`
	fw, err := facts.ParseFramework([]byte(sampleFramework))
	if err != nil {
		t.Fatal(err)
	}
	decide := outcomes(t)
	for _, tt := range []struct{ name, constraints, now, circumstances, want string }{
		{"begins", `{"startTime": "2019-07-01T18:00"}`, "2019-07-01T18:00:00Z", `{}`, "holds"},
		{"not yet", `{"startTime": "2019-07-01T18:00"}`, "2019-07-01T17:59:59.999999999Z", `{}`, "fails"},
		{"last instant", `{"endTime": "2019-08-01"}`, "2019-07-31T23:59:59.999999999Z", `{}`, "holds"},
		{"end is exclusive", `{"endTime": "2019-08-01"}`, "2019-08-01T00:00:00Z", `{}`, "fails"},
		{"near", `{"point_of_origin": "@40.4043328,-111.7761829,15z", "radius_km": 10}`, "", `{"place": {"source": "verifier", "lat": 40.41, "lon": -111.78, "accuracyM": 30}}`, "holds"},
		{"near by a bad receiver", `{"point_of_origin": "@40.4043328,-111.7761829,15z", "radius_km": 10}`, "", `{"place": {"source": "verifier", "lat": 40.41, "lon": -111.78, "accuracyM": 9990}}`, "fails"},
		{"far", `{"point_of_origin": "@40.4043328,-111.7761829,15z", "radius_km": 10}`, "", `{"place": {"source": "verifier", "lat": 41, "lon": -111.78, "accuracyM": 0}}`, "fails"},
		{"near a landmark", `{"point_of_origin": "|en: Red Crescent Sunrise Camp", "radius_km": 10}`, "", `{"place": {"source": "verifier", "lat": 40.41, "lon": -111.78, "accuracyM": 30}}`, "unknown"},
		{"near a landmark, attested", `{"point_of_origin": "|en: Red Crescent Sunrise Camp", "radius_km": 10}`, "", attested, "holds"},
		{"prose", `{"boundaries": "|en: West side of Euphrates river|fr: côté ouest de l'Euphrate"}`, "", `{"place": {"source": "verifier", "codes": ["IQ"]}}`, "unknown"},
		{"prose, attested", `{"boundaries": "|en: West side of Euphrates river|fr: côté ouest de l'Euphrate"}`, "", attested, "holds"},
		{"below a code", `{"boundaries": "USA:TX"}`, "", `{"place": {"source": "verifier", "codes": ["USA:TX:Houston"]}}`, "holds"},
		{"above a code", `{"boundaries": "USA:TX"}`, "", `{"place": {"source": "verifier", "codes": ["USA"]}}`, "fails"},
		{"on a border", `{"boundaries": "USA:TX"}`, "", `{"place": {"source": "verifier", "codes": ["USA:TX", "MEX"]}}`, "fails"},
		{"beside what is no code", `{"boundaries": "USA:TX"}`, "", `{"place": {"source": "verifier", "codes": ["USA:TX", "somewhere"]}}`, "fails"},
		{"jurisdiction", `{"jurisdictions": "|en: EU, India, Bangladesh"}`, "", `{"jurisdiction": {"source": "verifier", "value": "India"}}`, "holds"},
		{"another", `{"jurisdictions": "|en: EU, India, Bangladesh"}`, "", `{"jurisdiction": {"source": "verifier", "value": "Nepal"}}`, "fails"},
		{"circumstances", `{"circumstances": "|en: While a parent is unavailable"}`, "", `{}`, "unknown"},
		{"circumstances, attested", `{"circumstances": "|en: While a parent is unavailable"}`, "", attested, "holds"},
		{"circumstances, attested an hour ago", `{"circumstances": "|en: While a parent is unavailable"}`, "2019-07-25T19:00:00Z", attested, "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.now == "" {
				tt.now = "2019-07-25T18:03:26Z"
			}
			if got := decide(t, sampleInput(t, fw, tt.now, tt.constraints, tt.circumstances)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func sampleInput(t *testing.T, fw facts.Framework, now, constraints, circumstances string) *facts.Input {
	t.Helper()
	p := facts.Presentation{Credentials: []facts.Credential{{Digest: "cred"}}}
	if err := json.Unmarshal([]byte(circumstances), &p.Circumstances); err != nil {
		t.Fatal(err)
	}
	c := &p.Credentials[0]
	if err := json.Unmarshal([]byte(constraints), &c.Holder.Constraints); err != nil {
		t.Fatal(err)
	}
	in := &facts.Input{Now: now, Presentations: []facts.Presentation{p}}
	if err := facts.Derive(in, fw); err != nil {
		t.Fatal(err)
	}
	for i := range p.Circumstances.Attestations {
		a := &in.Presentations[0].Circumstances.Attestations[i]
		a.Constraint = in.Presentations[0].Credentials[0].Derived.Constraints[0].Digest
	}
	return in
}

// outcomes asks for the outcome of an input's only constraint.
func outcomes(t *testing.T) func(*testing.T, *facts.Input) string {
	t.Helper()
	const query = `p := input.presentations[0]; c := p.credentials[0]
		m := {"now": input.derived.now, "maxAge": 300000000000, "skew": 60000000000, "attestations": {0}}
		x := data.procura.constraint.outcome(c.derived.constraints[0], p, c, m).outcome`
	options := []func(*rego.Rego){rego.Query(query), rego.SetRegoVersion(ast.RegoV1)}
	for _, m := range modules(t) {
		options = append(options, rego.ParsedModule(m))
	}
	prepared, err := rego.New(options...).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, in *facts.Input) string {
		t.Helper()
		results, err := prepared.Eval(t.Context(), rego.EvalInput(in))
		if err != nil || len(results) != 1 {
			t.Fatalf("got %v, %v, want one outcome", results, err)
		}
		outcome, _ := results[0].Bindings["x"].(string)
		return outcome
	}
}
