package compile_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
)

// constraintsOf compiles the schema of holder.constraints of a framework that ships.
func constraintsOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	for _, source := range library.All() {
		if source.Name != name {
			continue
		}
		d, findings := trustframeworks.Parse(source.Raw)
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		raw, err := compile.ConstraintsSchema(d)
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		c.Draft = jsonschema.Draft2020
		if err := c.AddResource("c.json", bytes.NewReader(raw)); err != nil {
			t.Fatal(err)
		}
		s, err := c.Compile("c.json")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Fatal("no such framework ships")
	return nil
}

func TestConstraintsSchema(t *testing.T) {
	t.Parallel()
	car := constraintsOf(t, "car")
	for constraints, want := range map[string]bool{
		`{}`: true,
		`{"startTime": "2026-05-20T14:00Z", "endTime": "2026-05-27"}`: true,
		`{"startTime": "soon"}`: false,
		`{"pointOfOrigin": "@29.7690295,-95.5293445,12z", "radius_km": 0.1}`: true,
		`{"point_of_origin": {"lat": 1, "lon": 2}, "radiusKM": 3}`:           true,
		`{"pointOfOrigin": "@29.7690295,-95.5293445,12z"}`:                   false, // no radius
		`{"radiusKm": 1}`: false,
		`{"pointOfOrigin": "@1,2", "radiusKm": 1, "radius_km": 1}`:                      false, // twice
		`{"boundary": "USA:TX"}`:                                                        true,
		`{"boundary": "USA:TX", "boundaries": "USA:TX"}`:                                false,
		`{"boundary": {"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}}`: true,
		`{"boundary": {"type": "Point", "coordinates": [0, 0]}}`:                        false,
		`{"jurisdictions": ["IND", "US-TX"]}`:                                           true,
		`{"moon": "full"}`:                                                              false,
	} {
		var tree any
		if err := json.Unmarshal([]byte(constraints), &tree); err != nil {
			t.Fatal(err)
		}
		if err := car.Validate(tree); (err == nil) != want {
			t.Errorf("%s: %v", constraints, err)
		}
	}
}

// Every credential that the tests of the shipped frameworks accept fits.
func TestConstraintsSchemaTakesWhatShips(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, source := range library.All() {
		d, findings := trustframeworks.Parse(source.Raw)
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		schema := constraintsOf(t, source.Name)
		for _, test := range d.Tests {
			if test.Expect.Decision != "permit" {
				continue
			}
			raw, err := json.Marshal(test.Presentations)
			if err != nil {
				t.Fatal(err)
			}
			var presentations []struct {
				Credentials []struct {
					CredentialSubject struct {
						Holder struct {
							Constraints any `json:"constraints"`
						} `json:"holder"`
					} `json:"credentialSubject"`
				} `json:"credentials"`
			}
			if err := json.Unmarshal(raw, &presentations); err != nil {
				t.Fatal(err)
			}
			for _, p := range presentations {
				for _, c := range p.Credentials {
					if constraints := c.CredentialSubject.Holder.Constraints; constraints != nil {
						seen++
						if err := schema.Validate(constraints); err != nil {
							t.Errorf("%s, %s: %v", source.Name, test.Name, err)
						}
					}
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d were looked at", seen)
	}
}
