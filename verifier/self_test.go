package verifier_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier/vc"
)

// The holder may be the proxied identity itself, under every proof: a guardian lets
// a ward act alone, and the ward presents it (semantics 6).
func TestAWardPresents(t *testing.T) {
	t.Parallel()
	for format := range over {
		if format == vc.FormatSDJWT {
			continue // the credential of the story below is written with a context
		}
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			g := newGarage(t)
			itself := g.c1(t, format, func(_, _, p map[string]any) { p["id"] = g.office.DID() })
			wantPermit(t, g.decide(t, "drive", g.show(t, g.office, format, itself)))
		})
	}
}

// Where holder and proxied are one node of the signed statements, whose type is
// whose stands in the members alone: only what the variant says counts.
func TestTypesOfOneWhoIsBoth(t *testing.T) {
	t.Parallel()
	g := newGarage(t)
	base := rentalURI + "/1.1.0/schemas/Subsidiary"
	signed := g.c1(t, vc.FormatLD, func(_, _, p map[string]any) { p["id"] = g.office.DID() }).(map[string]any)
	for name, change := range map[string]func(h, p map[string]any){
		"the other way round": func(h, p map[string]any) { h["type"], p["type"] = base+"#proxied", base+"#holder" },
		"both of the holder":  func(h, p map[string]any) { h["type"] = []any{base + "#holder", base + "#proxied"} },
		"both of both": func(h, p map[string]any) {
			h["type"], p["type"] = []any{base + "#holder", base + "#proxied"}, []any{base + "#holder", base + "#proxied"}
		},
		"one twice":          func(h, p map[string]any) { p["type"] = base + "#holder" },
		"none of the holder": func(h, _ map[string]any) { delete(h, "type") },
		"another":            func(_, p map[string]any) { p["type"] = base + "#other" },
		"members moved": func(h, p map[string]any) {
			p["name"] = h["name"]
			delete(h, "name")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forged := maps.Clone(signed)
			raw, err := json.Marshal(signed["credentialSubject"])
			if err != nil {
				t.Fatal(err)
			}
			var subject map[string]any
			if err := json.Unmarshal(raw, &subject); err != nil {
				t.Fatal(err)
			}
			change(subject["holder"].(map[string]any), subject["proxied"].(map[string]any))
			forged["credentialSubject"] = subject
			a := g.decide(t, "drive", g.show(t, g.office, vc.FormatLD, forged))
			if a.Decision.Decision != policies.Deny {
				t.Errorf("%s", a.Decision.Decision)
			}
		})
	}
}
