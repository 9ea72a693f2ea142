package policies

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
)

// copyOf is a copy of an input by way of its JSON.
func copyOf(t *testing.T, in *facts.Input) *facts.Input {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	out := new(facts.Input)
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// A supplier gives what needs ask for, under the framework of the fixture or
// one like it. Whoever comes for an id or a property has the role that it names
// for each variant; whoever is to pass a test has the value that is so far from
// its operand, or, for the next who comes, so far as the next in order.
type supplier struct {
	roles map[string]string
	far   []float64
}

// supply returns the input with parts supplied.
func (s supplier) supply(t *testing.T, in *facts.Input, parts []NeedPart) *facts.Input {
	t.Helper()
	out := copyOf(t, in)
	for i, p := range parts {
		switch p.Kind {
		case "circumstance":
			given(t, out, p)
		case "status":
			fresher(out, p.List)
		case "obligation":
			out.Request.SupportedObligations = append(out.Request.SupportedObligations, p.Action)
		case "principal":
			out.Presentations = append(out.Presentations, s.newcomer(len(out.Presentations), i, p))
		default:
			t.Fatalf("nobody can supply %+v", p)
		}
	}
	return out
}

// fresher gives a status list anew, as of now, wherever it is named.
func fresher(in *facts.Input, list string) {
	renew := func(all []facts.Status) {
		for i := range all {
			if all[i].List == list {
				all[i].SignedAt, all[i].ValidUntil = in.Now, ""
			}
		}
	}
	for i := range in.Presentations {
		for j := range in.Presentations[i].Credentials {
			leaf := &in.Presentations[i].Credentials[j]
			carriers := []*facts.Credential{leaf}
			for k := range leaf.Ancestors {
				carriers = append(carriers, &leaf.Ancestors[k])
			}
			for _, c := range carriers {
				renew(c.Status)
				for s := range c.Supports() {
					renew(s.Status)
				}
			}
		}
	}
}

// given puts a circumstance that holds into the credential's presentation.
func given(t *testing.T, in *facts.Input, part NeedPart) {
	t.Helper()
	i := slices.IndexFunc(in.Presentations, func(p facts.Presentation) bool { return strings.HasPrefix(part.Credential, p.Path+"/") })
	c := &in.Presentations[i].Circumstances
	switch part.Circumstance {
	case "place":
		place := presentation(0, "x").Circumstances.Place
		if place.Codes = nil; c.Place != nil {
			place.Codes = c.Place.Codes
		}
		c.Place = place
	case "place.codes":
		if c.Place == nil {
			c.Place = &facts.Place{Source: "verifier"}
		}
		c.Place.Codes = []string{"TH-71"}
	case "jurisdiction":
		c.Jurisdiction = &facts.Jurisdiction{Value: part.Parameters["codes"].(string), Source: "verifier"}
	case "attestations":
		c.Attestations = append(c.Attestations, facts.Attestation{
			Issuer: "did:key:elder", Registries: []string{"camp-attesters"}, Key: "key-of-elder", IssuedAt: in.Now,
			Constraint: part.Parameters["constraint"].(string), Credential: part.Parameters["credential"].(string),
		})
	case "function":
		c.Function = &facts.Function{Value: only(part.Parameters["functions"]), Source: "verifier"}
	case "agent":
		c.Agent = &facts.Agent{Software: only(part.Parameters["software"]), Device: only(part.Parameters["devices"]), Source: "verifier"}
	case "counterparty":
		c.Counterparty = &facts.Counterparty{ID: only(part.Parameters["ids"]), Types: []string{only(part.Parameters["types"])}, Source: "verifier"}
	case "attributesRequested":
		c.AttributesRequested = []string{only(part.Parameters["attributes"])}
	case "biometrics":
		c.Biometrics = append(c.Biometrics, facts.Capture{
			Party: only(part.Parameters["party"]), Modality: only(part.Parameters["modality"]), CapturedAt: in.Now, Source: "verifier",
		})
	default:
		t.Fatalf("nobody can supply %+v", part)
	}
}

// only is a parameter that is one name, or the first of several.
func only(parameter any) string {
	if list, ok := parameter.([]any); ok {
		parameter = list[0]
	}
	s, _ := parameter.(string)
	return s
}

// newcomer presents a credential as the part asks for.
func (s supplier) newcomer(at, i int, part NeedPart) facts.Presentation {
	c := nurse()
	if part.Variant == "ChildGuardian" {
		c = guardian("parent")
	}
	c.Proxied.Rules = []any{}
	c.Holder.Roles = []string{s.roles[part.Variant]}
	if part.Role != "" {
		c.Holder.Roles = []string{part.Role}
	}
	c.Holder.Properties = map[string]any{"ssn": fmt.Sprint("newcomer", i)}
	if part.Property != "" {
		c.Holder.Properties[part.Property] = s.passing(part.Op, part.Value, i)
	}
	holder := fmt.Sprintf("did:example:newcomer%d", i)
	if part.ID != "" {
		holder = part.ID
	}
	p := presentation(0, holder, c)
	p.Path = fmt.Sprintf("/presentations/%d", at)
	p.Credentials[0].Path, p.Credentials[0].Digest = p.Path+"/verifiableCredential/0", fmt.Sprint("newcomer", i)
	return p
}

// passing is a value that stands in the relation op to another.
func (s supplier) passing(op string, value any, i int) any {
	switch v := value.(type) {
	case json.Number:
		n, _ := v.Float64()
		return n + step(op, s.far[i%len(s.far)])
	case string:
		if op == ">" || op == "!=" {
			return v + "~"
		}
	case bool:
		return v == (op != "!=")
	}
	return value
}

// step is how far a number lies from an operand whose test it passes.
func step(op string, far float64) float64 {
	switch op {
	case ">":
		return max(1, math.Abs(far))
	case "<":
		return -max(1, math.Abs(far))
	case ">=":
		return math.Abs(far)
	case "<=":
		return -math.Abs(far)
	case "!=":
		return cmp.Or(far, 1)
	}
	return 0
}

// suppliers are the ways in which a newcomer's role and value may fall out where
// the part leaves them open. The distances reach from each operand of the rules
// to the other, and beyond.
var suppliers = []supplier{
	{map[string]string{"ChildGuardian": "parent", "Nurse": "nurse"}, []float64{0, 1000, -1000}},
	{map[string]string{"ChildGuardian": "grandparent", "Nurse": "nurse"}, []float64{20, -1, -20}},
	{map[string]string{"ChildGuardian": "aunt", "Nurse": "porter"}, []float64{-20, 0, 20}},
	{map[string]string{"ChildGuardian": "aunt", "Nurse": "porter"}, []float64{-1000}},
}

// permits tells whether an alternative permits, whoever supplies it.
func permits(t *testing.T, engine *Engine, in *facts.Input, parts []NeedPart) bool {
	t.Helper()
	return !slices.ContainsFunc(suppliers, func(s supplier) bool {
		return decide(t, engine, s.supply(t, in, parts)).Decision != Permit
	})
}

// smallFramework is the fixture with roles that no rule names, and some rules.
func smallFramework(t *testing.T, r *rand.Rand) map[string]any {
	t.Helper()
	f := fixture(t)
	f["credentialRules"] = pick(r, "any", "none", "narrow")
	f["disjoint"] = r.IntN(3) > 0
	if r.IntN(3) == 0 {
		f["uniquePerson"] = map[string]any{"attribute": "ssn", "issuers": []any{map[string]any{"by": "registry", "registry": "camp-issuers"}, map[string]any{"by": "did", "did": clinic}}}
	}
	variants := f["variants"].(map[string]any)
	variants["ChildGuardian"].(map[string]any)["roles"] = map[string]any{"parent": true, "grandparent": true, "aunt": true}
	variants["Nurse"].(map[string]any)["roles"] = map[string]any{"nurse": true, "porter": true}
	for _, name := range []string{"travel", "food"} {
		if r.IntN(4) == 0 {
			f["permissions"].(map[string]any)[name].(map[string]any)["requires"] = smallCondition(r, 1)
		}
	}
	rules := []any{}
	for range 1 + r.IntN(3) {
		rules = append(rules, map[string]any{
			"variants": pick(r, map[string]any{"ChildGuardian": true}, map[string]any{"ChildGuardian": true, "Nurse": true}),
			"rule":     rule(pick(r, "travel", "food"), smallCondition(r, 2)),
		})
	}
	f["rules"] = rules
	return f
}

func smallCondition(r *rand.Rand, depth int) map[string]any {
	if depth > 0 && r.IntN(2) == 0 {
		list := []any{smallCondition(r, depth-1), smallCondition(r, depth-1)}
		return map[string]any{pick(r, "all", "any"): list}
	}
	return pick(r,
		map[string]any{"roles": pick(r, "parent", "grandparent", "nurse"), "n": float64(1 + r.IntN(2))},
		map[string]any{"roles": []any{"parent", "nurse"}, "op": "in"},
		map[string]any{"id": pick(r, "did:example:p0", "did:example:x", "did:key:y")},
		map[string]any{"years": pick(r, 30.0, 50.0), "op": pick(r, ">", ">=", "=", "!=", "<")},
		map[string]any{"member": true},
	)
}

// smallGroup is up to three people, some of whom lack a circumstance, or more.
func smallGroup(r *rand.Rand) *facts.Input {
	in := asked(pick(r, "travel", "food", "food"))
	if r.IntN(4) == 0 {
		in.Request.Permissions = []string{"travel", "food"}
	}
	if r.IntN(4) == 0 {
		in.Request.SupportedObligations = pick(r, []string{}, []string{"record"})
	}
	for i := range r.IntN(4) {
		c := pick(r, guardian("parent"), guardian("grandparent"), guardian("aunt"), nurse())
		c.Holder.Properties = map[string]any{"ssn": fmt.Sprint("s", i), "years": pick(r, 30.0, 60.0)}
		c.Proxied.Rules = []any{}
		if r.IntN(2) == 0 {
			c.Proxied.Rules = []any{rule(pick(r, "travel", "food"), smallCondition(r, 1))}
		}
		if c.Variant == "ChildGuardian" && r.IntN(6) == 0 {
			c.Holder.Constraints["trigger"] = "when rain falls"
		}
		p := presentation(i, fmt.Sprintf("did:example:p%d", i), c)
		switch r.IntN(6) {
		case 0:
			p.Circumstances.Place = nil
		case 1:
			p.Circumstances.Jurisdiction = nil
		case 2:
			p.Credentials[0].ValidUntil = "2026-11-22T11:00:00Z"
		}
		if r.IntN(8) == 0 {
			p = faceless(p)
		}
		in.Presentations = append(in.Presentations, p)
	}
	return in
}

// Each alternative that is given permits where it is supplied, by whomever, and
// denies where any part is left out. (semantics 8.2)
func TestNeedsAreSufficientAndIrreducible(t *testing.T) {
	t.Parallel()
	kinds := map[string]int{}
	randomly(t, 10, []uint64{50, 90, 136}, func(t *testing.T, r *rand.Rand) {
		framework := smallFramework(t, r)
		engine := engineOf(t, framework)
		for range 8 {
			in := smallGroup(r)
			for _, need := range decide(t, engine, in).Needs {
				exact(t, engine, in, need.Parts)
				for _, p := range need.Parts {
					kinds[p.Kind]++
				}
			}
		}
		if t.Failed() {
			t.Logf("%s\n%s", asText(t, framework["rules"]), asText(t, framework["permissions"]))
		}
	})
	t.Log(kinds)
	for _, kind := range []string{"principal", "circumstance", "obligation"} {
		if kinds[kind] == 0 && explored == "" && !testing.Short() {
			t.Errorf("no %s in %v", kind, kinds)
		}
	}
}

// exact holds that all parts permit, and without any one of them do not.
func exact(t *testing.T, engine *Engine, in *facts.Input, parts []NeedPart) {
	t.Helper()
	if !permits(t, engine, in, parts) {
		t.Errorf("does not permit: %s\n%s", asText(t, parts), asText(t, in))
	}
	for i := range parts {
		if permits(t, engine, in, slices.Delete(slices.Clone(parts), i, i+1)) {
			t.Errorf("part %d is not needed: %s\n%s", i, asText(t, parts), asText(t, in))
		}
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Where the needs are complete, no two newcomers, circumstances or duties
// permit without one of the alternatives in them.
func TestNeedsAreComplete(t *testing.T) {
	t.Parallel()
	compared := 0
	randomly(t, 8, nil, func(t *testing.T, r *rand.Rand) {
		framework := smallFramework(t, r)
		engine := engineOf(t, framework)
		for range 3 {
			in := smallGroup(r)
			d := decide(t, engine, in)
			if d.Decision == Permit || !*d.NeedsComplete {
				continue
			}
			compared++
			for _, parts := range pairs(universe(in)) {
				if permits(t, engine, in, parts) && !slices.ContainsFunc(d.Needs, func(n Need) bool { return within(n.Parts, parts) }) {
					t.Fatalf("%s permits, needs are %s\n%s\n%s\n%s", asText(t, parts), asText(t, d.Needs), asText(t, framework["rules"]), asText(t, framework["permissions"]), asText(t, in))
				}
			}
		}
	})
	if compared == 0 && explored == "" {
		t.Error("nothing was compared")
	}
	t.Log(compared)
}

// universe is what can be supplied one by one.
func universe(in *facts.Input) []NeedPart {
	all := []NeedPart{
		{Kind: "principal", Role: "parent", Variant: "ChildGuardian"}, {Kind: "principal", Role: "grandparent", Variant: "ChildGuardian"},
		{Kind: "principal", Role: "nurse", Variant: "Nurse"}, {Kind: "principal", ID: "did:example:x", Variant: "ChildGuardian"},
		{Kind: "principal", Property: "member", Value: true, Variant: "ChildGuardian"},
		{Kind: "obligation", Action: "record"},
	}
	if !slices.ContainsFunc(in.Presentations, func(p facts.Presentation) bool { return p.Holder == "did:example:p0" }) {
		all = append(all, NeedPart{Kind: "principal", ID: "did:example:p0", Variant: "ChildGuardian"})
	}
	for _, p := range in.Presentations {
		at := p.Path + "/verifiableCredential/0"
		all = append(all, NeedPart{Kind: "circumstance", Circumstance: "place", Credential: at}, NeedPart{Kind: "circumstance", Circumstance: "place.codes", Credential: at},
			NeedPart{Kind: "circumstance", Circumstance: "jurisdiction", Constraint: "law", Credential: at, Parameters: map[string]any{"codes": "TH"}})
	}
	return all
}

// pairs are all lists of one part or two.
func pairs(all []NeedPart) [][]NeedPart {
	var out [][]NeedPart
	for i, a := range all {
		out = append(out, []NeedPart{a})
		for _, b := range all[i:] {
			if a.Kind == "principal" && a.ID == "" || !same(a, b) {
				out = append(out, []NeedPart{a, b})
			}
		}
	}
	return out
}

// within tells whether each part of a need is among those supplied.
func within(need, supplied []NeedPart) bool {
	left := slices.Clone(supplied)
	for _, part := range need {
		i := slices.IndexFunc(left, func(p NeedPart) bool { return serves(p, part) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// serves tells whether what is supplied is what a part asks for; one that names
// a variant alone asks for anybody.
func serves(supplied, part NeedPart) bool {
	anybody := part.Kind == "principal" && part.Role+part.ID+part.Property == ""
	return same(supplied, part) || anybody && supplied.Variant == part.Variant
}

func same(a, b NeedPart) bool {
	return a.Kind == b.Kind && a.Role == b.Role && a.ID == b.ID && a.Property == b.Property && a.Action == b.Action &&
		a.Circumstance == b.Circumstance && a.Credential == b.Credential
}
