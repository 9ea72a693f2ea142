package library_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
)

// Semantics 8.2: who supplies an alternative of a denial's needs and asks again
// is permitted, and is not where any one part is left out. People who come are
// those of the framework's tests that permit, as somebody new.
func TestNeedsOfDeniedTestsPermit(t *testing.T) {
	t.Parallel()
	for name := range shipped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := house{d: document(t, name)}
			h.f = compiled(t, h.d)
			for i, r := range h.run(t, h.d.Tests...) {
				for _, need := range r.Decision.Needs {
					h.tryNeed(t, h.d.Tests[i], need.Parts)
				}
			}
		})
	}
}

// A house is one framework, and its document.
type house struct {
	d *trustframeworks.Document
	f *verifier.Framework
}

func (h house) run(t *testing.T, tests ...trustframeworks.Test) []verifier.TestResult {
	t.Helper()
	d, f := *h.d, *h.f
	d.Tests, f.Document = tests, &d
	results, err := verifier.TestFramework(t.Context(), &f)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// tryNeed supplies an alternative in each way that the tests which permit know.
func (h house) tryNeed(t *testing.T, denied trustframeworks.Test, parts []policies.NeedPart) {
	t.Helper()
	var failures []string
	for _, donor := range h.d.Tests {
		if donor.Expect.Decision != policies.Permit {
			continue
		}
		whole, ok := h.supply(t, denied, donor, parts)
		if !ok {
			continue
		}
		if r := h.run(t, whole)[0]; r.Decision == nil || r.Decision.Decision.Decision != policies.Permit {
			failures = append(failures, donor.Name+": "+r.Failure)
			continue
		}
		for i := range parts {
			less, _ := h.supply(t, denied, donor, slices.Delete(slices.Clone(parts), i, i+1))
			if r := h.run(t, less)[0]; r.Decision == nil || r.Decision.Decision.Decision == policies.Permit {
				t.Errorf("%s: permits without part %d of %+v (%s)", denied.Name, i, parts, r.Failure)
			}
		}
		return
	}
	t.Errorf("%s: nobody could supply %+v:\n%s", denied.Name, parts, strings.Join(failures, "\n"))
}

// supply adds the parts to a test, false where the donor has not what they ask.
func (h house) supply(t *testing.T, denied, donor trustframeworks.Test, parts []policies.NeedPart) (trustframeworks.Test, bool) {
	t.Helper()
	out := again(t, denied)
	out.Expect = trustframeworks.Expect{Decision: policies.Permit}
	if out.Registries == nil {
		out.Registries = map[string][]string{}
	}
	for _, p := range parts {
		ok := false
		switch p.Kind {
		case "principal":
			ok = h.come(t, &out, donor, p)
		case "circumstance":
			ok = tell(&out, donor, p)
		case "status":
			ok = refresh(&out, p.List)
		}
		if !ok {
			return out, false
		}
	}
	return out, true
}

// refresh has a list signed now.
func refresh(out *trustframeworks.Test, list string) (found bool) {
	for i := range out.Statuses {
		if s := &out.Statuses[i]; s.List == list {
			s.SignedAt, found = "", true
		}
	}
	return found
}

func again[T any](t *testing.T, v T) (out T) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// come presents a credential of the donor's in somebody new's name, with what
// was attested of it.
func (h house) come(t *testing.T, out *trustframeworks.Test, donor trustframeworks.Test, part policies.NeedPart) bool {
	t.Helper()
	for i, p := range donor.Presentations {
		for j, c := range p.Credentials {
			if !serves(c, part) {
				continue
			}
			at := len(out.Presentations)
			holder := fmt.Sprintf("did:example:newcomer%d", at)
			out.Presentations = append(out.Presentations, trustframeworks.TestPresentation{Holder: holder, Credentials: []map[string]any{h.renamed(t, c, out, part.Role, at)}})
			meet(out, donor)
			for _, a := range donor.Circumstances.Attestations {
				if a.Presentation == i && a.Credential == j {
					a.Issuer, a.Presentation, a.Credential = listed(out, donor, a.Issuer), at, 0
					out.Circumstances.Attestations = append(out.Circumstances.Attestations, a)
				}
			}
			return true
		}
	}
	return false
}

func serves(credential map[string]any, part policies.NeedPart) bool {
	types, _ := credential["type"].([]any)
	return slices.ContainsFunc(types, func(v any) bool { s, _ := v.(string); return strings.HasSuffix(s, "/"+part.Variant) })
}

// meet has the newcomer say what those who were there did not.
func meet(out *trustframeworks.Test, donor trustframeworks.Test) {
	if len(donor.Circumstances.Place) > 0 {
		place := maps.Clone(donor.Circumstances.Place)
		maps.Copy(place, out.Circumstances.Place)
		out.Circumstances.Place = place
	}
}

// renamed is a credential of somebody new, in a role, for whom the group acts.
// Where any credential's rules grant, it brings none: the framework's have to do.
func (h house) renamed(t *testing.T, credential map[string]any, test *trustframeworks.Test, role string, at int) map[string]any {
	t.Helper()
	out := again(t, credential)
	subject := out["credentialSubject"].(map[string]any)
	who := subject["holder"].(map[string]any)
	who["id"] = fmt.Sprintf("did:example:newcomer%d", at)
	if role != "" {
		who["role"] = role
	}
	proxied := subject["proxied"].(map[string]any)
	for name, v := range test.Presentations[0].Credentials[0]["credentialSubject"].(map[string]any)["proxied"].(map[string]any) {
		if name != "type" && name != "permissions" {
			proxied[name] = v
		}
	}
	for name, raw := range test.Request.Proxied.Attributes {
		if v, ok := again[any](t, raw).(string); ok {
			proxied[name] = v
		}
	}
	if test.Request.Proxied.ID != "" {
		proxied["id"] = test.Request.Proxied.ID
	}
	if u := h.d.UniquePerson; u != nil {
		if number, ok := who[u.Attribute].(string); ok {
			who[u.Attribute] = number[:len(number)-1] + fmt.Sprint((int(number[len(number)-1]-'0')+at+3)%10)
		}
	}
	if h.d.CredentialRules == "any" {
		proxied["permissions"] = []any{}
	}
	return out
}

// tell adds the circumstance that a part misses as its parameters have it, or
// as the donor does; what is attested, by somebody new.
func tell(out *trustframeworks.Test, donor trustframeworks.Test, part policies.NeedPart) bool {
	to, from := &out.Circumstances, donor.Circumstances
	switch part.Circumstance {
	case "place", "place.codes":
		to.Place = from.Place
		return from.Place != nil
	case "function":
		to.Function = map[string]any{"value": part.Parameters["functions"].([]any)[0]}
	case "agent":
		to.Agent = from.Agent
		return from.Agent != nil
	case "biometrics":
		to.Biometrics = from.Biometrics
		return from.Biometrics != nil
	case "attestations":
		i := slices.IndexFunc(from.Attestations, func(a trustframeworks.TestAttestation) bool { return a.Constraint == part.Constraint })
		if i < 0 {
			return false
		}
		a := from.Attestations[i]
		a.Issuer = listed(out, donor, a.Issuer)
		_, err := fmt.Sscanf(part.Credential, "/presentations/%d/verifiableCredential/%d", &a.Presentation, &a.Credential)
		to.Attestations = append(to.Attestations, a)
		return err == nil
	default:
		return false
	}
	return true
}

// listed is somebody new whom the lists name that name somebody of the donor's.
func listed(out *trustframeworks.Test, donor trustframeworks.Test, old string) string {
	const somebody = "did:example:attester"
	for name, dids := range donor.Registries {
		if slices.Contains(dids, old) {
			out.Registries[name] = append(slices.Clone(out.Registries[name]), somebody)
		}
	}
	return somebody
}
