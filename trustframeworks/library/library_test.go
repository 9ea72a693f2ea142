package library_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/Masterminds/semver/v3"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/library"
)

const (
	camp = "Refugee Camp Guardianship"
	car  = "Car Rental Delegation"
)

// shipped are the frameworks, and the languages that each is written in.
var shipped = map[string][]string{
	camp:                            {"ar", "en", "es"},
	car:                             {"en", "es"},
	"AI Agent Mandate":              {"en", "fr"},
	"Bank Staff Delegation":         {"en", "fr"},
	"Bank Staff Delegation 1.1.0":   {"en", "fr"},
	"Company Board Signing":         {"de", "en"},
	"Company Board Signing 1.0.0":   {"de", "en"},
	"Lasting Power of Attorney":     {"de", "en"},
	"Research Drone Controllership": {"en", "es"},
	"Power of Attorney Between Natural Persons": {"de", "en", "fr"},
}

// documents reads what ships, by the frameworks' names; an earlier version of one by
// its name and version.
func documents(t *testing.T) map[string]*trustframeworks.Document {
	t.Helper()
	all := map[string]*trustframeworks.Document{}
	for _, s := range library.All() {
		d, found := trustframeworks.Parse(s.Raw)
		for _, f := range found {
			t.Errorf("%s:%d:%d: %s %s: %s", s.Name, f.Line, f.Column, f.Code, f.Path, f.Message)
		}
		if d != nil {
			keep(all, d)
		}
	}
	return all
}

func keep(all map[string]*trustframeworks.Document, d *trustframeworks.Document) {
	if other := all[d.Name]; other == nil {
		all[d.Name] = d
	} else if semver.MustParse(other.Version).LessThan(semver.MustParse(d.Version)) {
		all[d.Name], all[other.Name+" "+other.Version] = d, other
	} else {
		all[d.Name+" "+d.Version] = d
	}
}

func document(t *testing.T, name string) *trustframeworks.Document {
	t.Helper()
	d := documents(t)[name]
	if d == nil {
		t.Fatalf("no framework %q ships", name)
	}
	return d
}

func TestFrameworksThatShip(t *testing.T) {
	t.Parallel()
	got := slices.Sorted(maps.Keys(documents(t)))
	if want := slices.Sorted(maps.Keys(shipped)); !slices.Equal(got, want) {
		t.Errorf("frameworks that ship: %q, want %q", got, want)
	}
}

// RFC 0103, "Proxy Trust Framework": the ten questions.
func TestFrameworksAnswerTheTenQuestions(t *testing.T) {
	t.Parallel()
	for name, d := range documents(t) {
		answers := map[string]bool{
			"1 name, version, URI":     d.Name != "" && d.Version != "" && d.URI != "",
			"2 geos and jurisdictions": len(d.Scope.Text) > 0, // without geos: everywhere
			"3 rationales":             len(d.Rationales) > 0,
			"4 conduct":                len(d.Conduct.Proxy) > 0 && len(d.Conduct.Issuer) > 0 && len(d.Conduct.Verifier) > 0,
			"5 permissions":            len(d.Permissions) > 0,
			"6 constraints":            len(d.Constraints) > 0,
			"7 auditing":               len(d.Auditing.Text) > 0,
			"8 appeal":                 len(d.Appeal.Text) > 0,
			"9 procedures":             len(d.Procedures) > 0,
			"10 freshness":             d.Freshness.Default.PresentationMaxAge != "",
		}
		for question, answered := range answers {
			if !answered {
				t.Errorf("%s: question %s has no answer", name, question)
			}
		}
	}
}

// Nobody is trusted until an operator says whom, and credentials that cannot
// be revoked live for a short time.
func TestFrameworksTrustNobodyForLong(t *testing.T) {
	t.Parallel()
	for name, d := range documents(t) {
		for _, a := range d.Issuers {
			if a.By == "did" {
				t.Errorf("%s: an issuer by its DID", name)
			}
		}
		for _, a := range slices.Concat(d.Attesters, d.IdentityIssuers, d.OwnershipIssuers) {
			if a.By != "registry" {
				t.Errorf("%s: an authority by %q, want registry", name, a.By)
			}
		}
		for _, v := range d.Variants {
			if v.Validity.Until != "required" || v.Validity.Status == "optional" || v.Validity.MaxLife == "" {
				t.Errorf("%s: variant %s has validity %+v, want a required end, a status or none, and a maxLife", name, v.Name, v.Validity)
			}
			if v.Validity.Status == "required" && d.Freshness.Default.StatusMaxAge == "" {
				t.Errorf("%s: variant %s has a status, which may be of any age", name, v.Name)
			}
		}
	}
}

func TestTextsAreLocalised(t *testing.T) {
	t.Parallel()
	for name, tags := range shipped {
		for at, text := range texts(document(t, name)) {
			if got := text.Tags(); !slices.Equal(got, tags) {
				t.Errorf("%s: %s is in %q, want %q", name, at, got, tags)
			}
			for tag, s := range text {
				if s == "" {
					t.Errorf("%s: %s is empty in %q", name, at, tag)
				}
			}
		}
	}
}

// texts gives what a person reads, by what it is about.
func texts(d *trustframeworks.Document) map[string]trustframeworks.Text {
	all := map[string]trustframeworks.Text{"scope": d.Scope.Text, "auditing": d.Auditing.Text, "appeal": d.Appeal.Text}
	for _, r := range d.Rationales {
		all["rationale "+r.Name] = r.Definition
	}
	for _, r := range d.Roles {
		all["role "+r.Name] = r.Definition
	}
	for _, p := range d.Permissions {
		all["permission "+p.Name] = p.Definition
	}
	for _, p := range d.Procedures {
		all["procedure "+p.Name] = p.Definition
	}
	for _, c := range d.Constraints {
		all["constraint "+c.Name] = c.Definition
	}
	for _, b := range slices.Concat(d.Conduct.Proxy, d.Conduct.Issuer, d.Conduct.Verifier) {
		all["conduct "+b.Text.In("en")] = b.Text
	}
	return all
}

// A rule or requirement that names what nobody can be is a slip of the pen.
func TestRulesNameDefinedRoles(t *testing.T) {
	t.Parallel()
	for name, d := range documents(t) {
		roles := map[string]bool{}
		for _, r := range d.Roles {
			roles[r.Name] = true
		}
		for _, p := range d.Permissions {
			checkRoles(t, name+" "+p.Name, p.Requires, roles)
		}
		for _, r := range d.Rules {
			checkRoles(t, name+" rules", r.Rule, roles)
		}
	}
}

func checkRoles(t *testing.T, where string, condition any, roles map[string]bool) {
	t.Helper()
	raw, err := json.Marshal(condition)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range namedRoles(t, raw) {
		if !roles[role] {
			t.Errorf("%s: the role %q is not defined", where, role)
		}
	}
}

// namedRoles gives the values of every member "roles", however deep.
func namedRoles(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	var object map[string]json.RawMessage
	var list []json.RawMessage
	var named []string
	if json.Unmarshal(raw, &object) == nil {
		for name, v := range object {
			if name == "roles" {
				named = append(named, roleValues(t, v)...)
				continue
			}
			named = append(named, namedRoles(t, v)...)
		}
	} else if json.Unmarshal(raw, &list) == nil {
		for _, v := range list {
			named = append(named, namedRoles(t, v)...)
		}
	}
	return named
}

// roleValues reads one role or a list.
func roleValues(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []string
	if err := json.Unmarshal(raw, &many); err != nil {
		t.Fatalf("roles are %s, want a string or a list", raw)
	}
	return many
}
