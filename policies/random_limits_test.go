package policies

import (
	"maps"
	"math/rand/v2"

	"github.com/procura-dev/procura/policies/facts"
)

// square is a GeoJSON ring around the place of the fixture, so many degrees wide.
func square(half float64) []any {
	const lon, lat = 98.2, 14.05
	at := func(x, y float64) any { return []any{lon + x*half, lat + y*half} }
	return []any{at(-1, -1), at(1, -1), at(1, 1), at(-1, 1), at(-1, -1)}
}

// randomLimits gives a credential some of every other type of constraint, at
// their edges and beyond.
func randomLimits(r *rand.Rand, c *facts.Credential) {
	for _, add := range []func() map[string]any{
		func() map[string]any {
			return map[string]any{
				"days":     pick[any](r, "SU", []any{"Sunday", "MO"}, "Saturday", "Sun, Mon"),
				"from":     pick(r, "12:00", "11:59", "12:00:01", "18:00", "22:00"),
				"to":       pick[any](r, "12:01", "24:00", "19:00:01", "06:00", "25:00"),
				"timeZone": pick(r, "UTC", "Asia/Bangkok", "Pacific/Kiritimati", "Local"),
			}
		},
		func() map[string]any {
			return map[string]any{"function": pick[any](r, "medical", []any{"legal", "ｍedical"}, "|en: medical |fr: médical", "legal", []any{})}
		},
		func() map[string]any {
			out := map[string]any{"software": pick[any](r, "wallet", []any{"wallet", "other"}, "x")}
			if r.IntN(2) == 0 {
				out["devices"] = pick[any](r, "phone", []any{"tablet"})
			}
			if r.IntN(2) == 0 {
				out["attestation"] = pick[any](r, true, false, "yes")
			}
			return out
		},
		func() map[string]any { return map[string]any{"dealWith": pick[any](r, "did:example:bank", []any{"x"})} },
		func() map[string]any {
			return map[string]any{"dealWith": "y", "dealWithTypes": pick[any](r, "bank", []any{"school"})}
		},
		func() map[string]any {
			return map[string]any{"attributes": pick[any](r, "birthDate", []any{"birthDate", "name"}, []any{"name"})}
		},
		func() map[string]any {
			return map[string]any{"modality": pick[any](r, "face", []any{"iris", "face"}, "voice"), "maxAge": pick(r, "PT1M", "PT1H", "P1Y"), "party": pick(r, "proxied", "holder")}
		},
		func() map[string]any {
			rings := []any{square(pick(r, 0.1, 0.0001, 0.00001))}
			if r.IntN(4) == 0 {
				rings = append(rings, square(0.01)) // a hole the wrong way round
			}
			return map[string]any{"boundary": map[string]any{"type": "Polygon", "coordinates": rings}}
		},
		func() map[string]any { return map[string]any{"together": randomCondition(r, 2)} },
		func() map[string]any { return map[string]any{"together": randomCondition(r, 1)} },
		func() map[string]any {
			return map[string]any{"tell": pick[any](r, "|en: the court|fr: le tribunal", []any{"did:example:court"}), "within": pick(r, "P1D", "PT1H", "P200000W")}
		},
		func() map[string]any { return map[string]any{"most": pick(r, 1.0, 0.5), "period": "P1D"} },
	} {
		if r.IntN(20) == 0 {
			maps.Copy(c.Holder.Constraints, add())
		}
	}
}

// randomMoment gives a presentation some of every circumstance.
func randomMoment(r *rand.Rand, c *facts.Circumstances) {
	source := func() string { return pick(r, "verifier", "verifier", "verifier", "device") }
	if r.IntN(3) > 0 {
		c.Function = &facts.Function{Value: pick(r, "medical", "legal", "a\u200bb"), Source: source()}
	}
	if r.IntN(3) > 0 {
		c.Agent = &facts.Agent{Software: pick(r, "wallet", "x", ""), Device: pick(r, "phone", "tablet", ""), Source: source()}
	}
	if r.IntN(3) > 0 {
		c.Counterparty = &facts.Counterparty{ID: pick(r, "did:example:bank", "y", ""), Types: pick(r, nil, []string{"bank"}, []string{"school", "church"}), Source: source()}
	}
	if r.IntN(3) > 0 {
		c.AttributesRequested = pick(r, []string{"birthDate"}, []string{"birthDate", "name"}, []string{"photo"})
	}
	for range r.IntN(3) {
		c.Biometrics = append(c.Biometrics, facts.Capture{
			Party: pick(r, "proxied", "proxied", "did:example:p0", "did:example:p1"), Modality: pick(r, "face", "voice"), Source: source(),
			CapturedAt: pick(r, "2026-11-22T12:00:00Z", "2026-11-22T11:59:00Z", "2026-11-22T11:58:59.999999999Z", "2026-11-22T12:01:00Z", "2026-11-22T12:01:00.000000001Z", "noon"),
		})
	}
}
