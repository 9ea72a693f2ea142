package library_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
)

// RFC 0103's sample framework: "Permissions", and "Best Practices" for what a
// person checks; "Auditing" leaves out school and necessaries.
func TestCampHasTheSamplesPermissions(t *testing.T) {
	t.Parallel()
	photo, biometric := []string{"photo-match"}, []string{"biometric-match", "two-witnesses"}
	want := []trustframeworks.Permission{
		{Name: "routine-medical-care", Audit: "recommended", Procedures: photo},
		{Name: "do-not-resuscitate", Audit: "recommended", Procedures: photo},
		{Name: "school", Audit: "none"},
		{Name: "necessaries", Audit: "none"},
		{Name: "gender-identity", Audit: "recommended", Procedures: photo},
		{Name: "religious-observance", Audit: "recommended"},
		{Name: "light-travel", Audit: "recommended", Procedures: photo},
		{Name: "extended-travel", Audit: "recommended", Procedures: biometric},
		{Name: "unenroll", Audit: "recommended", Procedures: biometric},
		{Name: "contracts", Audit: "recommended", Procedures: biometric},
		{Name: "marriage-family-planning", Audit: "recommended", Procedures: biometric},
		{Name: "delegate", Audit: "recommended"},
		{Name: "successor", Audit: "recommended"},
		{Name: "authorize", Audit: "recommended"},
	}
	got := document(t, camp).Permissions
	if len(got) != len(want) {
		t.Fatalf("%d permissions, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Name != w.Name || g.Audit != w.Audit || !slices.Equal(g.Procedures, w.Procedures) {
			t.Errorf("permission %d is %s (audit %s, procedures %q), want %s (%s, %q)", i, g.Name, g.Audit, g.Procedures, w.Name, w.Audit, w.Procedures)
		}
	}
}

// The same, "Rationales for Guardianship": grounds and kinship from the
// strongest to the weakest; kinship weaker than first-cousin is no ground.
func TestCampHasTheSamplesGrounds(t *testing.T) {
	t.Parallel()
	d := document(t, camp)
	var grounds, roles []string
	for i, r := range d.Rationales {
		grounds = append(grounds, r.Name)
		if r.Strength != i+1 {
			t.Errorf("rationale %s has strength %d, want %d", r.Name, r.Strength, i+1)
		}
	}
	if want := []string{"dependent-appointment", "kinship", "adjudicated", "self"}; !slices.Equal(grounds, want) {
		t.Errorf("rationales are %q, want %q", grounds, want)
	}
	for _, r := range d.Roles {
		roles = append(roles, r.Name)
	}
	want := []string{
		"biological-parent", "step-parent", "sibling", "grandparent",
		"aunt-or-uncle", "first-cousin", "indirect-relative", "tribe-adult",
	}
	if !slices.Equal(roles, want) {
		t.Errorf("roles are %q, want %q", roles, want)
	}
	for _, v := range d.Variants {
		if slices.Contains(v.Rationales, "kinship") && !slices.Equal(v.Roles, want[:6]) {
			t.Errorf("variant %s takes kinship of %q, want %q", v.Name, v.Roles, want[:6])
		}
	}
}

// The same, "Constraints", in the spellings of the text and of schema.json.
func TestCampTakesTheSamplesConstraints(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"boundary": "boundary", "boundaries": "boundary",
		"pointOfOrigin": "geo_radius", "point_of_origin": "geo_radius",
		"radiusKm": "geo_radius", "radiusKM": "geo_radius", "radius_km": "geo_radius",
		"jurisdiction": "jurisdiction", "jurisdictions": "jurisdiction",
		"trigger": "trigger", "circumstances": "circumstance_text",
		"startTime": "time_window", "endTime": "time_window",
	}
	if got := members(document(t, camp)); !maps.Equal(got, want) {
		t.Errorf("constraint members are %v, want %v", got, want)
	}
}

// RFC 0104, "Sample credentials": roles, constraints, and what the subsidiary,
// the renter and the valet are granted.
func TestCarHasTheStorysTerms(t *testing.T) {
	t.Parallel()
	d := document(t, car)
	roles := map[string]bool{}
	for _, r := range d.Roles {
		roles[r.Name] = true
	}
	permissions := map[string]bool{}
	for _, p := range d.Permissions {
		permissions[p.Name] = true
	}
	for _, name := range []string{"regional_office", "renter", "valet"} {
		if !roles[name] {
			t.Errorf("the role %q is not defined", name)
		}
	}
	for _, name := range []string{"rent", "maintain", "sell", "drive", "delegate"} {
		if !permissions[name] {
			t.Errorf("the permission %q is not defined", name)
		}
	}
	taken := members(d)
	for _, name := range []string{"startTime", "endTime", "boundary", "pointOfOrigin", "radiusKm"} {
		if taken[name] == "" {
			t.Errorf("no constraint takes the member %q", name)
		}
	}
}

// members gives the type of the constraint that takes each member.
func members(d *trustframeworks.Document) map[string]string {
	taken := map[string]string{}
	for _, c := range d.Constraints {
		for _, names := range c.Members {
			for _, name := range names {
				taken[name] = c.Type
			}
		}
	}
	return taken
}
