package policies

import (
	"encoding/json"
	"maps"
	"os"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/policies/sgl"
)

const (
	kinship = "https://camp.example/framework#kinship"
	parent  = "did:example:parent"
	clinic  = "did:example:clinic"
)

// fixture reads the small framework of the tests, as a map to change.
func fixture(t testing.TB) map[string]any {
	t.Helper()
	raw, err := os.ReadFile("testdata/framework.json")
	if err != nil {
		t.Fatal(err)
	}
	var framework map[string]any
	if err := json.Unmarshal(raw, &framework); err != nil {
		t.Fatal(err)
	}
	return framework
}

// sourceBundle is the library as it lies in the source tree over a framework
// whose rules are still SGL.
func sourceBundle(t testing.TB, framework map[string]any) Bundle {
	t.Helper()
	granting := map[string]any{}
	for i, entry := range framework["rules"].([]any) {
		entry := entry.(map[string]any)
		rule := sgl.Derive(entry["rule"])
		entry["rule"] = rule
		names, _ := rule["grant"].([]any)
		for _, name := range names {
			indexes, _ := granting[name.(string)].([]any)
			granting[name.(string)] = append(indexes, i)
		}
	}
	framework["granting"] = granting
	for _, permission := range framework["permissions"].(map[string]any) {
		permission := permission.(map[string]any)
		if requires, ok := permission["requires"]; ok {
			permission["requires"] = sgl.DeriveCondition(requires)
		}
	}
	data, err := json.Marshal(map[string]any{"framework": framework})
	if err != nil {
		t.Fatal(err)
	}
	files := Library()
	maps.Copy(files, map[string][]byte{"procura/data.json": data})
	return Bundle{Root: "procura/challenge", Digest: "test", Files: files}
}

func engineOf(t testing.TB, framework map[string]any) *Engine {
	t.Helper()
	engine, err := NewEngine(t.Context(), sourceBundle(t, framework))
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// base is one guardian with one credential of five rules and four constraints,
// who asks for what one of these rules grants.
func base() *facts.Input {
	return &facts.Input{
		Now: "2026-11-22T12:00:00Z",
		Request: facts.Request{
			Permissions: []string{"food"},
			Proxied:     facts.ProxiedRequest{Attributes: map[string]facts.Comparable{"firstName": {Text: "Mya"}, "birthDate": {Text: "2019-02-03"}}},
			Framework:   facts.FrameworkName{Name: "Camp", Version: "1.0.0"},
			OpenedAt:    "2026-11-22T11:58:00Z",
		},
		Presentations: []facts.Presentation{presentation(0, parent, guardian("parent"))},
		Refused:       []facts.Refused{},

		WithdrawalsAsOf: "2026-11-22T11:59:59Z",
	}
}

func presentation(i int, holder string, credentials ...facts.Credential) facts.Presentation {
	path := "/presentations/" + string(rune('0'+i))
	for c := range credentials {
		credentials[c].Path = path + "/verifiableCredential/" + string(rune('0'+c))
		credentials[c].Digest = "digest" + path[len(path)-1:] + string(rune('0'+c))
		credentials[c].Holder.ID = holder
	}
	lat, lon, accuracy := 14.05, 98.2, 10.0
	return facts.Presentation{
		Path: path, Holder: holder, Key: "key-of-" + holder,
		SignedAt: "2026-11-22T11:59:00Z", ReceivedAt: "2026-11-22T11:59:30Z",
		Circumstances: facts.Circumstances{
			Place:        &facts.Place{Lat: &lat, Lon: &lon, AccuracyM: &accuracy, Codes: []string{"TH-71"}, Source: "verifier"},
			Jurisdiction: &facts.Jurisdiction{Value: "TH", Source: "verifier"},
		},
		Credentials: credentials,
	}
}

func guardian(role string) facts.Credential {
	return facts.Credential{
		Form: "G", Named: "1.0.0", Variant: "ChildGuardian",
		Issuer: "did:example:camp", IssuerRegistries: []string{"camp-issuers"},
		ValidFrom: "2026-11-01T00:00:00Z", ValidUntil: "2027-01-01T00:00:00Z",
		TrustFrameworkURI: "https://camp.example/framework", AuditURI: "https://camp.example/audit",
		Holder: facts.Holder{
			Type: "Guardian", Roles: []string{role}, RationaleURI: kinship,
			Constraints: map[string]any{
				"startTime": "2026-11-01", "endTime": "2026-12-01",
				"boundary":      "TH",
				"pointOfOrigin": "@14.05,98.2,12z", "radiusKm": 20.0,
				"jurisdiction": "TH",
			},
			Properties: map[string]any{"years": 30.0},
		},
		Proxied: facts.Proxied{
			Type: "Child",
			Rules: []any{
				rule("travel", map[string]any{"roles": "nobody"}),
				rule("school", map[string]any{"roles": "grandparent", "n": 2.0}),
				rule("adopt", map[string]any{"all": []any{map[string]any{"roles": "parent"}, map[string]any{"roles": "judge"}}}),
				rule("surgery", map[string]any{"years": 40.0, "op": ">"}),
				rule("food", map[string]any{"any": []any{map[string]any{"roles": "parent"}, map[string]any{"roles": "grandparent"}}}),
			},
			Attributes: map[string]any{"firstName": "mya", "birthDate": "2019-02-03", "photo": "x"},
		},
	}
}

func nurse() facts.Credential {
	return facts.Credential{
		Form: "D", Named: "1.0.0", Variant: "Nurse", Issuer: clinic, IssuerRegistries: []string{},
		ValidUntil: "2027-01-01T00:00:00Z", TrustFrameworkURI: "https://camp.example/framework",
		AuditURI: "https://camp.example/audit",
		Holder:   facts.Holder{Type: "Person", Roles: []string{"nurse"}, Constraints: map[string]any{}, Properties: map[string]any{}},
		Proxied: facts.Proxied{
			Type:       "Child",
			Rules:      []any{rule("food", map[string]any{"roles": "nurse"})},
			Attributes: map[string]any{"firstName": "Mya", "birthDate": "2019-02-03"},
		},
	}
}

func rule(permission string, when map[string]any) map[string]any {
	return map[string]any{"grant": []any{permission}, "when": when}
}
