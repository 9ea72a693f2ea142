package policies

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/procura-dev/procura/policies/facts"
)

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// randomFramework is the fixture in another of its ways.
func randomFramework(t *testing.T, r *rand.Rand) map[string]any {
	f := fixture(t)
	f["credentialRules"] = pick(r, "any", "none", "narrow")
	f["disjoint"] = r.IntN(3) > 0
	if r.IntN(2) == 0 {
		f["uniquePerson"] = map[string]any{"attribute": "ssn", "issuers": []any{map[string]any{"by": "registry", "registry": "camp-issuers"}}}
	}
	permissions := f["permissions"].(map[string]any)
	for _, name := range []string{"travel", "food", "school"} {
		if r.IntN(4) == 0 {
			permissions[name].(map[string]any)["requires"] = randomCondition(r, 2)
		}
	}
	rules := f["rules"].([]any)
	for range r.IntN(4) {
		rules = append(rules, map[string]any{
			"variants": pick(r, map[string]any{"ChildGuardian": true}, map[string]any{"Nurse": true}, map[string]any{"ChildGuardian": true, "Nurse": true}),
			"rule":     randomRule(r),
		})
	}
	f["rules"] = rules
	for _, variant := range f["variants"].(map[string]any) {
		validity := variant.(map[string]any)["validity"].(map[string]any)
		if r.IntN(2) == 0 {
			validity["until"], validity["status"] = pick(r, "optional", "required"), pick(r, "optional", "optional", "none")
			delete(validity, "maxLife")
		}
	}
	if r.IntN(3) == 0 {
		f["freshness"].(map[string]any)["default"].(map[string]any)["statusMaxAge"] = pick(r, 3600e9, 86_400e9*400)
	}
	return f
}

// asSDJWT makes a presentation that of one SD-JWT VC, of which something may be
// withheld: the credential is the presentation, and its holder may be known by
// a key alone.
func asSDJWT(r *rand.Rand, p *facts.Presentation) {
	p.Credentials = p.Credentials[:1]
	c := &p.Credentials[0]
	c.Path, c.Withheld = p.Path, r.IntN(3) == 0
	if r.IntN(2) == 0 {
		c.Holder.ID, p.Holder = "", "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"+p.Key
	}
	if r.IntN(3) == 0 {
		c.ValidUntil = ""
	}
}

// randomStatus is mostly one that passes.
func randomStatus(r *rand.Rand, issuer string) []facts.Status {
	var out []facts.Status
	for i := range 1 + r.IntN(2) {
		value := pick(r, 0, 0, 0, 0, 1, 2, 3)
		s := facts.Status{
			Path: fmt.Sprintf("/credentialStatus/%d", i), Type: "BitstringStatusListEntry", Purpose: pick(r, "revocation", "revocation", "suspension", "refresh", "message"),
			List: fmt.Sprintf("https://lists.example/%d", r.IntN(3)), Value: &value, Issuer: pick(r, issuer, issuer, issuer, "did:example:x"),
			SignedAt: pick(r, "2026-11-22T11:30:00Z", "2026-11-22T11:30:00Z", "2026-11-22T10:59:59Z", "2026-11-22T12:02:00Z", ""),
		}
		switch r.IntN(8) {
		case 0:
			s.Type, s.Purpose = "status_list", ""
		case 1:
			s.ValidUntil = pick(r, "2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z", "soon")
		case 2:
			s.ValidFrom = pick(r, "2026-11-22T12:00:00Z", "2026-11-22T12:03:00Z", "soon")
		case 3:
			s.Value, s.Issuer, s.SignedAt, s.Problem, s.Message = nil, "", "", "status.unreachable", "no list"
		case 4:
			s.IssuerRegistries = []string{"camp-issuers"}
		}
		out = append(out, s)
	}
	return out
}

func randomRule(r *rand.Rand) map[string]any {
	out := map[string]any{"grant": []any{pick(r, "travel", "ｆood", "school", "surgery", "nothing")}, "when": randomCondition(r, 3)}
	if r.IntN(20) == 0 {
		out["unless"] = true
	}
	return out
}

func randomCondition(r *rand.Rand, depth int) map[string]any {
	if depth > 0 && r.IntN(3) == 0 {
		var list []any
		for range 1 + r.IntN(3) {
			list = append(list, randomCondition(r, depth-1))
		}
		if r.IntN(2) == 0 {
			return map[string]any{"all": list}
		}
		return map[string]any{"any": list, "n": float64(1 + r.IntN(3))}
	}
	c := map[string]any{}
	name := pick(r, "roles", "role", "id", "years", "ssn", "tags", "ｙears")
	op := pick(r, "", "", "=", "!=", "<", ">=", "in", "not in", "contains", "like")
	c[name] = pick[any](r, "parent", "grandparent", "ｐarent", "nurse", "did:example:p1", "did:example:p2", 30.0, 2.0, true, "2020-01-01T00:00:00Z",
		"2020-01-01T01:00:00+01:00", "s1", ".*", "p.*", []any{"parent", "grandparent"}, []any{"x", 1.0, true}, []any{"x"}, []any{})
	if op != "" {
		c["op"] = op
	}
	if n := r.IntN(4); n > 0 {
		c["n"] = float64(n)
	}
	return c
}

func randomGroup(r *rand.Rand) *facts.Input {
	in := base()
	in.Request.Permissions = nil
	for _, p := range r.Perm(5)[:1+r.IntN(2)] {
		in.Request.Permissions = append(in.Request.Permissions, []string{"travel", "food", "school", "surgery", "ｔravel"}[p])
	}
	in.Request.Disjoint = r.IntN(4) == 0
	in.Request.SupportedObligations = pick(r, nil, nil, nil, []string{}, []string{"record"}, []string{"record", "photo-match", "audit"})
	in.Presentations = nil
	people := 1 + r.IntN(5)
	if r.IntN(25) == 0 {
		people = 62 + r.IntN(5)
	}
	for i := range people {
		holder := fmt.Sprintf("did:example:p%d", r.IntN(people+1))
		if people > 60 {
			holder = fmt.Sprintf("did:example:p%d", i)
		}
		var credentials []facts.Credential
		for range 1 + r.IntN(2) {
			c := pick(r, guardian, guardian, func(string) facts.Credential { return nurse() })(pick(r, "parent", "grandparent", "ｐarent", "judge"))
			if r.IntN(3) == 0 {
				c.Holder.Roles = []string{"parent", "grandparent"}
			}
			c.Holder.Properties = map[string]any{}
			for _, name := range []string{"years", "ssn", "ｓsn", "tags"} {
				if r.IntN(3) == 0 {
					c.Holder.Properties[name] = pick[any](r, 30.0, 2.0, math.Copysign(0, -1), true, "s1", "s2", "ｓ1", "2020-01-01T00:00:00.0Z", []any{"x"}, []any{"x", "x", 1.0, true}, []any{}, nil, map[string]any{})
				}
			}
			for range r.IntN(4) {
				c.Proxied.Rules = append(c.Proxied.Rules, randomRule(r))
			}
			if r.IntN(15) == 0 {
				c.Proxied.ID = pick(r, "did:example:clinic", "x", "y")
			}
			if r.IntN(10) == 0 {
				c.ValidUntil = pick(r, "2026-11-22T12:00:00Z", "2026-11-22T12:00:00.000000001Z", "2026-11-22t12:00:00Z", "2262-05-01T00:00:00Z", "", "2026-11-22T24:00:00Z")
			}
			if r.IntN(10) == 0 {
				c.Holder.Constraints["trigger"] = pick[any](r, "x", "|en: x|es: y", map[string]any{"en": "x"})
			}
			randomLimits(r, &c)
			if r.IntN(5) == 0 {
				c.Status = randomStatus(r, c.Issuer)
			}
			credentials = append(credentials, c)
		}
		p := presentation(i%10, holder, credentials...)
		p.Path = fmt.Sprintf("/presentations/%d", i)
		for j := range p.Credentials {
			p.Credentials[j].Path = fmt.Sprintf("%s/verifiableCredential/%d", p.Path, j)
			p.Credentials[j].Digest = fmt.Sprintf("digest%d.%d", i, j)
		}
		p.Circumstances = randomCircumstances(r, p.Circumstances)
		if r.IntN(6) == 0 {
			p.Key = "key-of-did:example:p1"
		}
		if r.IntN(4) == 0 {
			asSDJWT(r, &p)
		}
		if r.IntN(8) == 0 {
			p.ReceivedAt = pick(r, "2026-11-22T11:00:00Z", "2026-11-22T10:59:59Z", "2026-11-22T12:01:00Z", "2026-11-22T12:01:00.000000001Z")
			p.SignedAt = p.ReceivedAt
		}
		if r.IntN(4) == 0 {
			digest, _ := facts.Digest(map[string]any{"trigger": "x"})
			p.Circumstances.Attestations = append(p.Circumstances.Attestations, facts.Attestation{
				Issuer: pick(r, "did:example:a", "did:example:p1"), Registries: pick(r, []string{"camp-attesters"}, []string{}), Key: "k", IssuedAt: pick(r, "2026-11-22T11:59:00Z", "2026-11-22T12:30:00Z", "2025-11-22T12:30:00Z"),
				Constraint: digest, Credential: fmt.Sprintf("digest%d.0", i),
			})
		}
		randomMoment(r, &p.Circumstances)
		in.Presentations = append(in.Presentations, p)
	}
	return in
}

// randomCircumstances are now and then others, or fewer, than those that hold.
func randomCircumstances(r *rand.Rand, c facts.Circumstances) facts.Circumstances {
	switch r.IntN(12) {
	case 0:
		c.Place = nil
	case 1:
		c.Place.AccuracyM = nil
	case 2:
		c.Place.Codes = pick(r, nil, []string{"MM"}, []string{"TH", "TH-71"}, []string{"TH", "MM"}, []string{"?"})
	case 3:
		*c.Place.Lat = pick(r, 14.05, 14.3, 15, 90)
	case 4:
		c.Jurisdiction = pick(r, nil, &facts.Jurisdiction{Value: "MM", Source: "verifier"}, &facts.Jurisdiction{Value: "TH", Source: "device"})
	}
	return c
}

// Over random frameworks and groups the engine decides exactly as OPA does from
// the recorded JSON, in permits and denials, reasons, needs and obligations.
func TestRandomGroupsAreDecidedAlike(t *testing.T) {
	t.Parallel()
	counts, codes := map[string]int{}, map[string]int{}
	randomly(t, 8, nil, func(t *testing.T, r *rand.Rand) {
		framework := randomFramework(t, r)
		bundle := sourceBundle(t, framework)
		engine, err := NewEngine(t.Context(), bundle)
		if err != nil {
			t.Fatal(err)
		}
		query := prepared(t, bundle)
		for range 25 {
			in := randomGroup(r)
			if err := facts.Derive(in, engine.framework); err != nil {
				t.Fatal(err)
			}
			results, err := query.Eval(t.Context(), rego.EvalInput(recorded(t, in)))
			if err != nil || len(results) != 1 {
				raw, _ := json.Marshal(in)
				t.Fatalf("OPA: %v\n%s", err, raw)
			}
			decision, err := engine.Decide(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			counts[decision.Decision]++
			for _, reason := range decision.Reasons {
				codes[reason.Code]++
			}
			alike(t, engine, in, results[0].Expressions[0].Value)
			if t.Failed() {
				raw, _ := json.Marshal(in)
				t.Fatalf("%s", raw)
			}
		}
	})
	t.Log(counts, codes)
	if codes["disclosure.missing"] == 0 && explored == "" {
		t.Error("nothing was withheld")
	}
	for _, code := range []string{"status.revoked", "status.suspended", "status.stale", "status.absent", "status.refused", "status.unreachable"} {
		if codes[code] == 0 && explored == "" && !testing.Short() { // a short run has two seeds
			t.Errorf("nothing was %s", code)
		}
	}
}
