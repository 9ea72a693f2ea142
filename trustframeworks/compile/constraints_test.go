package compile_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
)

// A framework of every built type compiles, and its example bears a constraint
// of each that can be read.
func TestEveryTypeOfConstraint(t *testing.T) {
	t.Parallel()
	for kind, parameters := range facts.Parameters() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			members := make([]string, len(parameters))
			for i, p := range parameters {
				members[i] = fmt.Sprintf("%s: [my_%s]", p, p)
			}
			f := compiled(t, withConstraint(t, kind, members))
			example := bound(t, f.Examples)
			fw, err := facts.ParseFramework([]byte(`{"constraints": {"c": {"type": "` + kind + `", "members": ` + listed(t, parameters) + `}},
				"issuers": [{"by": "did", "did": "did:example:i"}]}`))
			if err != nil {
				t.Fatal(err)
			}
			in := &facts.Input{Now: "2026-01-02T00:00:00Z", Presentations: []facts.Presentation{{
				Credentials: []facts.Credential{{Issuer: "did:example:i", Holder: facts.Holder{Constraints: example}}},
			}}}
			if err := facts.Derive(in, fw); err != nil {
				t.Fatal(err)
			}
			got := in.Presentations[0].Credentials[0].Derived.Constraints
			if len(got) != 1 || got[0].Problem != "" || got[0].Values == nil {
				t.Errorf("%v: got %+v", example, got)
			}
		})
	}
}

// withConstraint is the skeleton with its required constraint of another type.
func withConstraint(t *testing.T, kind string, members []string) []byte {
	t.Helper()
	source := string(trustframeworks.New("Way home"))
	source = strings.Replace(source, "type: time_window", "type: "+kind, 1)
	const old = "      startTime: [startTime]\n      endTime: [endTime]\n"
	if !strings.Contains(source, old) {
		t.Fatalf("the skeleton has no %q", old)
	}
	return []byte(strings.Replace(source, old, "      "+strings.Join(members, "\n      ")+"\n", 1))
}

// bound are the constraints of the one example that has some.
func bound(t *testing.T, examples map[string][]byte) map[string]any {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		var doc struct {
			CredentialSubject struct {
				Holder struct {
					Constraints map[string]any `json:"constraints"`
				} `json:"holder"`
			} `json:"credentialSubject"`
		}
		if err := json.Unmarshal(examples[name], &doc); err != nil {
			t.Fatal(err)
		}
		if c := doc.CredentialSubject.Holder.Constraints; len(c) > 0 {
			return c
		}
	}
	t.Fatal("no example bears a constraint")
	return nil
}

func listed(t *testing.T, parameters []string) string {
	t.Helper()
	members := map[string][]string{}
	for _, p := range parameters {
		members[p] = []string{"my_" + p}
	}
	raw, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
