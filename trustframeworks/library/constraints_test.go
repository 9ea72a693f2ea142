package library_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/trustframeworks"
)

// A limit is a constraint that the first credential of one of a framework's
// tests gets besides, and what follows from circumstances (JSON) that are added.
type limit struct {
	framework, base string // a test that permits without it
	constraint      string // its name in the document
	members         string // of the holder's constraints, as JSON
	cases           map[string]string
}

const (
	holds, fails, unknown = "", "constraint.fails", "constraint.unknown"
	doctorNow             = `{"attestations": [{"issuer": "did:example:dr-okafor", "constraint": "incapacity"}, {"issuer": "did:example:dr-okafor", "constraint": "circumstances"}]}`
	doctorBefore          = `{"attestations": [{"issuer": "did:example:dr-okafor", "constraint": "incapacity"}, {"issuer": "did:example:dr-okafor", "constraint": "circumstances", "issuedAt": "2026-05-12T09:00:00Z"}]}`
	registrarBefore       = `{"attestations": [{"issuer": "did:example:camp-registrar", "constraint": "trigger", "issuedAt": "2026-05-12T09:00:00Z"}]}`
	aunt                  = `{"attestations": [{"issuer": "did:example:amina", "constraint": "trigger"}]}`
	neighbour             = `{"attestations": [{"issuer": "did:example:dr-okafor", "constraint": "incapacity"}, {"issuer": "did:example:neighbour", "constraint": "circumstances"}]}`
)

// limits are the constraints that no test in the documents uses, or by which none denies or permits.
var limits = []limit{
	{"Refugee Camp Guardianship", "A grandmother agrees to a vaccination", "boundary", `{"boundary": "TD"}`,
		map[string]string{`{"place": {"codes": ["TD-OD"]}}`: holds, `{"place": {"codes": ["SD-DN"]}}`: fails, `{}`: unknown}},
	{"Refugee Camp Guardianship", "A grandmother agrees to a vaccination", "jurisdictions", `{"jurisdictions": "|en: TD, SD"}`, jurisdictions("SD", "ET")},
	{"Refugee Camp Guardianship", "A trigger, attested last week", "trigger", `{"trigger": "|en: Death of the parents"}`,
		map[string]string{registrarBefore: holds, aunt: unknown, `{"attestations": []}`: unknown}},
	{"Car Rental Delegation", "Ana drives in Texas", "jurisdiction", `{"jurisdiction": ["US-TX"]}`, jurisdictions("US-TX", "US-LA")},
	{"Lasting Power of Attorney", "Ruth consents, a doctor having said that her mother cannot", "circumstances",
		`{"circumstances": "While she is in hospital."}`,
		map[string]string{doctorNow: holds, doctorBefore: unknown, neighbour: unknown, `{}`: unknown}},
	{"Lasting Power of Attorney", "Tom pays the bills from the first day", "jurisdictions",
		`{"jurisdictions": ["GB-ENG"]}`, jurisdictions("GB-ENG", "DE")},
	{"Research Drone Controllership", "Inti flies over the glacier", "radius",
		`{"pointOfOrigin": {"lat": -50.95, "lon": -73.5}, "radiusKm": 1}`,
		map[string]string{`{}`: holds, `{"place": {"lat": -50.98, "lon": -73.5, "accuracyM": 15}}`: fails}},
	{"Research Drone Controllership", "Inti flies over the glacier", "jurisdiction", `{"jurisdiction": ["CL"]}`, jurisdictions("CL", "AR")},
	{"Research Drone Controllership", "Inti flies over the glacier", "station", `{"groundStations": ["urn:station:1"]}`,
		map[string]string{`{"agent": {"device": "urn:station:1"}}`: holds, `{"agent": {"device": "urn:station:2"}}`: fails, `{}`: unknown}},
	{"Bank Staff Delegation", "Cathy issues one on a Wednesday morning", "timing", `{"startTime": "2026-09-16", "endTime": "2026-09-17"}`, map[string]string{`{}`: holds}},
	{"Bank Staff Delegation", "Cathy issues one on a Wednesday morning", "timing", `{"startTime": "2026-09-17"}`, map[string]string{`{}`: fails}},
	{"Bank Staff Delegation", "Cathy issues one on a Wednesday morning", "task", `{"tasks": ["urn:task:hire"]}`, functions("urn:task:hire")},
	{"Bank Staff Delegation", "Cathy issues one on a Wednesday morning", "report", `{"reportTo": "The works council", "reportWithin": "P7D"}`, map[string]string{`{}`: holds}},
	{"Company Board Signing", "A director signs an ordinary contract alone", "jurisdiction", `{"jurisdiction": ["DE"]}`, jurisdictions("DE", "FR")},
	{"Company Board Signing", "A director signs an ordinary contract alone", "counterparty", `{"counterparties": ["did:example:yard"]}`, counterparties("did:example:yard")},
	{"Company Board Signing", "A director signs an ordinary contract alone", "jointly", `{"jointly": {"roles": "managing-director", "n": 2}}`, map[string]string{`{}`: fails}},
	{"Company Board Signing", "A signatory beside a director does", "jointly", `{"jointly": {"roles": "managing-director"}}`, map[string]string{`{}`: holds}},
	{"Company Board Signing", "A director signs an ordinary contract alone", "report", `{"reportTo": "The board", "reportWithin": "P7D"}`, map[string]string{`{}`: holds}},
	{"Power of Attorney Between Natural Persons", "Gábor files his mother's tax return", "matters", `{"matters": ["urn:matter:tax"]}`, functions("urn:matter:tax")},
	{"Power of Attorney Between Natural Persons", "Gábor files his mother's tax return", "jurisdictions", `{"jurisdictions": ["HU"]}`, jurisdictions("HU", "AT")},
	{"Power of Attorney Between Natural Persons", "Gábor files his mother's tax return", "jointly", `{"jointly_with": {"roles": "representative"}}`, map[string]string{`{}`: holds}},
	{"Power of Attorney Between Natural Persons", "Gábor files his mother's tax return", "jointly", `{"jointly_with": {"roles": "representative", "n": 2}}`, map[string]string{`{}`: fails}},
	{"AI Agent Mandate", "The agent books a table", "services", `{"services": ["did:example:inn"]}`, counterparties("did:example:inn")},
	{"AI Agent Mandate", "The agent books a table", "report", `{"tell": "Noa", "tellWithin": "P1D"}`, map[string]string{`{}`: holds}},
}

func jurisdictions(one, other string) map[string]string {
	return map[string]string{`{"jurisdiction": {"value": "` + one + `"}}`: holds, `{"jurisdiction": {"value": "` + other + `"}}`: fails, `{}`: unknown}
}

func functions(one string) map[string]string {
	return map[string]string{`{"function": {"value": "` + one + `"}}`: holds, `{"function": {"value": "urn:other"}}`: fails, `{}`: unknown}
}

func counterparties(one string) map[string]string {
	return map[string]string{`{"counterparty": {"id": "` + one + `"}}`: holds, `{"counterparty": {"id": "did:example:other"}}`: fails, `{}`: unknown}
}

// Each constraint narrows a credential that permits without it, and permits
// where it holds; who has to be told is told with the permit.
func TestConstraintsNarrow(t *testing.T) {
	t.Parallel()
	houses := map[string]house{}
	for name, d := range documents(t) {
		houses[name] = house{d: d, f: compiled(t, d)}
	}
	for _, l := range limits {
		h := houses[l.framework]
		for circumstances, want := range l.cases {
			r := h.run(t, limited(t, h.d, l, circumstances))[0]
			if r.Decision == nil || !decided(r.Decision.Reasons, want, r.Decision.Decision.Decision) {
				t.Errorf("%s, %s with %s: %s %+v, want %q", l.framework, l.constraint, circumstances, r.Failure, r.Decision, want)
				continue
			}
			if l.constraint == "report" && !slices.ContainsFunc(r.Decision.Obligations, func(o policies.Obligation) bool { return o.Action == "report" }) {
				t.Errorf("%s: a permit with obligations %+v, want a report", l.framework, r.Decision.Obligations)
			}
		}
	}
}

// decided tells whether a decision is a permit (want holds), or a denial for
// the code that is wanted.
func decided(reasons []policies.Reason, want, decision string) bool {
	if want == holds {
		return decision == policies.Permit
	}
	return decision == policies.Deny && slices.ContainsFunc(reasons, func(r policies.Reason) bool { return r.Code == want })
}

// limited is a copy of the base test with the limit in its first credential.
func limited(t *testing.T, d *trustframeworks.Document, l limit, circumstances string) trustframeworks.Test {
	t.Helper()
	at := slices.IndexFunc(d.Tests, func(test trustframeworks.Test) bool { return test.Name == l.base })
	if at < 0 || d.Tests[at].Expect.Decision != policies.Permit {
		t.Fatalf("%s: no test %q that permits", l.framework, l.base)
	}
	var test trustframeworks.Test
	copied(t, d.Tests[at], &test)
	if err := json.Unmarshal([]byte(circumstances), &test.Circumstances); err != nil {
		t.Fatal(err)
	}
	subject := test.Presentations[0].Credentials[0]["credentialSubject"].(map[string]any)
	maps.Copy(subject["holder"].(map[string]any)["constraints"].(map[string]any), l.given(t))
	return test
}

func copied(t *testing.T, from, to any) {
	t.Helper()
	raw, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, to); err != nil {
		t.Fatal(err)
	}
}

func (l limit) given(t *testing.T) (members map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(l.members), &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// Each constraint that a document defines is in a credential of its own tests,
// or among the limits above.
func TestEveryConstraintIsTried(t *testing.T) {
	t.Parallel()
	for name, d := range documents(t) {
		tried := triedMembers(t, d)
		for _, c := range d.Constraints {
			ofIt := func(member string) bool { return tried[member] }
			if !slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(c.Members))...), ofIt) {
				t.Errorf("%s: nothing tries the constraint %s", name, c.Name)
			}
		}
	}
}

// triedMembers are the members of constraints in a framework's tests and limits.
func triedMembers(t *testing.T, d *trustframeworks.Document) map[string]bool {
	t.Helper()
	tried := map[string]bool{}
	add := func(members any) {
		given, _ := members.(map[string]any)
		for m := range given {
			tried[m] = true
		}
	}
	for _, l := range limits {
		if l.framework == d.Name {
			add(l.given(t))
		}
	}
	for _, test := range d.Tests {
		for _, p := range test.Presentations {
			for _, c := range p.Credentials {
				subject, _ := c["credentialSubject"].(map[string]any)
				holder, _ := subject["holder"].(map[string]any)
				add(holder["constraints"])
			}
		}
	}
	return tried
}
