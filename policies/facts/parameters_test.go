package facts

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// schemas are those of the parameters, by type.
var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	if err := c.AddResource("parameters.json", bytes.NewReader(ParametersSchema)); err != nil {
		return nil, err
	}
	out := map[string]*jsonschema.Schema{}
	for kind := range parameters {
		var err error
		if out[kind], err = c.Compile("parameters.json#/$defs/" + kind); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// unsaid is what the reader refuses and no schema can.
var unsaid = []string{
	"is given by two members",                     // of one constraint
	"is no zone of the IANA time zone database",   // spelled like one
	"is no RFC 3339 date-time",                    // a day that its month does not have
	"lies outside the years 1678 to 2262",         // nanoseconds in 64 bits
	"is no point: lat",                            // degrees as text
	"is no GeoJSON Polygon or MultiPolygon",       // positions, rings
	"cross",                                       // lines
	"an outer ring runs counterclockwise",         // their order
	"holds what is neither a URI nor a name",      // characters that nobody sees
	"from and to are the same",                    // whole days
	"is no ISO 8601 duration",                     // beyond 292 years
	"is neither a text nor an object of texts",    // one locale twice in "|en: …|en: …"
	"is neither a list of 1 to 256 texts nor one", // locales where names are listed
	"condition", // SGL has a grammar of its own
	"rule",      //
}

// agrees holds the schema of a built-in type to what was made of parameters.
func agrees(t testing.TB, c Constraint) {
	t.Helper()
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	schema := all[c.Type]
	if schema == nil {
		return // a type of somebody's own
	}
	refused := schema.Validate(c.Parameters)
	is := func(said string) bool { return strings.Contains(c.Problem, said) }
	switch {
	case c.Problem == "" && refused != nil:
		t.Errorf("%s of %v can be read, and its schema refuses it: %v", c.Type, c.Parameters, refused)
	case c.Problem != "" && refused == nil && !slices.ContainsFunc(unsaid, is):
		t.Errorf("%s of %v: its schema takes it, and the reader says: %s", c.Type, c.Parameters, c.Problem)
	}
}

func TestEachTypeHasASchema(t *testing.T) {
	t.Parallel()
	var doc struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(ParametersSchema, &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc.Defs, "parameter") // what they share
	if got, want := slices.Sorted(maps.Keys(doc.Defs)), slices.Sorted(maps.Keys(parameters)); !slices.Equal(got, want) {
		t.Errorf("there are schemas of %v, want %v", got, want)
	}
	for kind, raw := range doc.Defs {
		var schema struct {
			Properties map[string]any   `json:"properties"`
			Examples   []map[string]any `json:"examples"`
		}
		if err := json.Unmarshal(raw, &schema); err != nil {
			t.Fatal(err)
		}
		if len(schema.Properties) > 0 && !slices.Equal(slices.Sorted(maps.Keys(schema.Properties)), slices.Sorted(slices.Values(parameters[kind]))) {
			t.Errorf("%s: the schema has %v, want %v", kind, schema.Properties, parameters[kind])
		}
		if len(schema.Examples) == 0 {
			t.Errorf("%s has no example", kind)
		}
		for _, example := range schema.Examples {
			c := Constraint{Type: kind, Parameters: example}
			if _, err := values(kind, example, &scene{presentation: &Presentation{}, budget: share(1), admitted: true}); err != nil {
				t.Errorf("%s: its example %v cannot be read: %v", kind, example, err)
			}
			agrees(t, c)
		}
	}
}

// Whatever can be read, of whichever type, its schema takes.
func FuzzParameters(f *testing.F) {
	kinds := slices.Sorted(maps.Keys(parameters))
	for i := range kinds {
		for _, seed := range []string{
			`{"codes": "|en: a|es: b"}`, `{"startTime": "2019-07-01T18:00+02:00", "timeZone": "Asia/Tehran"}`, `{"pointOfOrigin": "@1, 2,3z", "radiusKm": 0.5}`,
			`{"days": ["mo", "Sunday"], "from": "22:00", "to": "24:00"}`, `{"modality": "face, iris", "maxAge": "P1DT12H"}`, `{"who": ["x"], "within": "PT0.5S"}`,
			`{"max": 3, "period": "P2W"}`, `{"condition": {"roles": "a", "n": 2}}`, `{"software": ["x"], "attestation": true}`, `{"ids": "did:a, did:b"}`,
		} {
			f.Add(uint8(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, text string) {
		c := Constraint{Type: kinds[int(kind)%len(kinds)]}
		if json.Unmarshal([]byte(text), &c.Parameters) != nil || c.Parameters == nil {
			t.Skip("no object")
		}
		_, err := values(c.Type, c.Parameters, &scene{presentation: &Presentation{}, budget: share(1), admitted: true})
		if err == nil {
			agrees(t, c)
		}
	})
}
