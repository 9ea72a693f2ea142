package trustframeworks_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
)

// skeleton is a sound document; the cases below break it in one place each.
var skeleton = string(trustframeworks.New("Way home"))

func TestNewIsSound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Way home", `A "quoted" {brace} \ 'name'`, "Ünïcode 家路", "#: - [x]", "!tag &anchor *alias"} {
		d, found := trustframeworks.Parse(trustframeworks.New(name))
		for _, f := range found {
			t.Errorf("%q: %v", name, f)
		}
		if d != nil && (d.Name != name || len(d.Tests) != 1) {
			t.Errorf("got name %q and %d tests, want %q and one", d.Name, len(d.Tests), name)
		}
	}
}

func TestParseJSONAndYAMLAlike(t *testing.T) {
	t.Parallel()
	fromYAML, found := trustframeworks.Parse([]byte(skeleton))
	if len(found) > 0 {
		t.Fatal(found)
	}
	raw, err := json.MarshalIndent(fromYAML.Tree(), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, found := trustframeworks.Parse(raw)
	if len(found) > 0 {
		t.Fatal(found)
	}
	got, _ := json.Marshal(fromJSON.Tree())
	want, _ := json.Marshal(fromYAML.Tree())
	if string(got) != string(want) {
		t.Errorf("JSON gives another document than the YAML that says the same:\n%s\n%s", got, want)
	}
}

// at gives the line of the first place of a text in a source.
func at(source, text string) int {
	i := strings.Index(source, text)
	if i < 0 {
		return 0
	}
	return strings.Count(source[:i], "\n") + 1
}

func TestFindings(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		old, new string // what is replaced in the skeleton, once
		code     string
		path     string
		where    string // a text on the finding's line
	}{
		{"unknown member", "scope:\n", "scpoe: 1\nscope:\n", trustframeworks.CodeSchema, "/scpoe", "scpoe"},
		{"unknown member inside", "    strength: 1\n", "    strength: 1\n    wieght: 2\n", trustframeworks.CodeSchema, "/rationales/0/wieght", "wieght"},
		{"member missing", "appeal:\n  uri: optional\n", "appeal:\n", trustframeworks.CodeSchema, "/appeal", "appeal:"},
		{"question unanswered", "appeal:\n  uri: optional\n  text: {en: The school board hears whoever was refused.}\n", "", trustframeworks.CodeSchema, "", "name:"},
		{"member twice", "forms: [D]\n", "forms: [D]\nforms: [G]\n", trustframeworks.CodeDuplicate, "/forms", "forms: [G]"},
		{"member twice in braces", "{roles: companion}}\ncred", "{roles: companion, roles: x}}\ncred", trustframeworks.CodeDuplicate, "/rules/0/rule/when/roles", "roles: x"},
		{"wrong kind", "strength: 1", "strength: strong", trustframeworks.CodeSchema, "/rationales/0/strength", "strength: strong"},
		{"number in another base", "strength: 1", "strength: 0x1", trustframeworks.CodeSyntax, "/rationales/0/strength", "0x1"},
		{"version as a number", "version: 1.0.0", "version: 1.0", trustframeworks.CodeSchema, "/version", "version: 1.0"},
		{"version short", "version: 1.0.0", `version: "1.0"`, trustframeworks.CodeVersion, "/version", "version:"},
		{"version with build", "version: 1.0.0", "version: 1.0.0+7", trustframeworks.CodeVersion, "/version", "version:"},
		{"version with leading zero", "version: 1.0.0", "version: 1.01.0", trustframeworks.CodeVersion, "/version", "version:"},
		{"name reserved", `name: "Way home"`, "name: Keys", trustframeworks.CodeName, "/name", "name: Keys"},
		{"name with slash", `name: "Way home"`, "name: a/b", trustframeworks.CodeName, "/name", "name: a/b"},
		{"name with space at its end", `name: "Way home"`, `name: "a "`, trustframeworks.CodeName, "/name", "name:"},
		{"name not NFC", `name: "Way home"`, `name: "e\u0301"`, trustframeworks.CodeName, "/name", "name:"},
		{"name with control character", `name: "Way home"`, `name: "a\tb"`, trustframeworks.CodeName, "/name", "name:"},
		{"text with escape character", "en: A parent chose", `en: "\x1b[2J"` + " #", trustframeworks.CodeSyntax, "/rationales/0/definition/en", `\x1b`},
		{"uri not https", "uri: https://example.org/frameworks/way-home\n", "uri: http://example.org/x\n", trustframeworks.CodeURI, "/uri", "http:"},
		{"uri with slash at its end", "uri: https://example.org/frameworks/way-home\n", "uri: https://example.org/x/\n", trustframeworks.CodeURI, "/uri", "example.org/x/"},
		{"uri with fragment", "uri: https://example.org/frameworks/way-home\n", "uri: https://example.org/x#y\n", trustframeworks.CodeURI, "/uri", "#y"},
		{"uri with query", "uri: https://example.org/frameworks/way-home\n", "uri: https://example.org/x?y\n", trustframeworks.CodeURI, "/uri", "?y"},
		{"context of others", "scope:\n", "contextURI: https://www.w3.org/2018/credentials/v1\nscope:\n", trustframeworks.CodeURI, "/contextURI", "contextURI"},
		{"permission's uri relative", "uri: https://example.org/frameworks/way-home/permissions/collect", "uri: collect", trustframeworks.CodeURI, "/permissions/0/uri", "uri: collect"},
		{"language twice", "{en: The school keeps", "{en: x, EN: The school keeps", trustframeworks.CodeDuplicate, "/auditing/text/en", "EN:"},
		{"no language", "{en: The school keeps", "{en_GB: The school keeps", trustframeworks.CodeSchema, "/auditing/text/en_GB", "en_GB"},
		{"duration with months", "presentationMaxAge: PT5M", "presentationMaxAge: P1M", trustframeworks.CodeDuration, "/freshness/default/presentationMaxAge", "P1M"},
		{"presentations older than a day", "presentationMaxAge: PT5M", "presentationMaxAge: PT24H1S", trustframeworks.CodeDuration, "/freshness/default/presentationMaxAge", "PT24H1S"},
		{"duration too long", "maxLife: P28D", "maxLife: P999999999D", trustframeworks.CodeDuration, "/variants/0/validity/maxLife", "P999999999D"},
		{"life without dates", "until: required, status", "until: optional, status", trustframeworks.CodeMeaning, "/variants/0/validity/maxLife", "maxLife"},
		{"role unknown", "    roles: [companion]\n", "    roles: [uncle]\n", trustframeworks.CodeReference, "/variants/0/roles/0", "[uncle]"},
		{"role of a rule unknown", "rule: {grant: [collect], when: {roles: companion}}", "rule: {grant: [collect], when: {roles: uncle}}", trustframeworks.CodeReference, "/rules/0/rule/when/roles", "roles: uncle"},
		{"permission of a rule unknown", "rule: {grant: [collect]", "rule: {grant: [fly]", trustframeworks.CodeReference, "/rules/0/rule/grant/0", "[fly]"},
		{"variant of a rule unknown", "  - variants: [WayHome]", "  - variants: [WayOut]", trustframeworks.CodeReference, "/rules/0/variants/0", "WayOut"},
		{"procedure unknown", "procedures: [photo-match]", "procedures: [iris-match]", trustframeworks.CodeReference, "/permissions/0/procedures/0", "iris-match"},
		{"rationale unknown", "rationales: [parents-choice]", "rationales: [whim]", trustframeworks.CodeReference, "/variants/0/rationales/0", "whim"},
		{"constraint unknown", "constraints: [period]", "constraints: [radius]", trustframeworks.CodeReference, "/variants/0/constraints/0", "[radius]"},
		{"form not listed", "    form: D", "    form: C", trustframeworks.CodeReference, "/variants/0/form", "form: C"},
		{"guardian without rationale", "    form: D\n    roles: [companion]\n    rationales: [parents-choice]", "    form: G\n    roles: [companion]\n    rationales: []", trustframeworks.CodeMeaning, "/variants/0/rationales", "rationales: []"},
		{"attribute unknown", "- [pupilNumber]", "- [pupilName]", trustframeworks.CodeReference, "/variants/0/identification/1/0", "pupilName"},
		{"parameter unknown", "startTime: [startTime]", "beginTime: [startTime]", trustframeworks.CodeReference, "/constraints/0/members/beginTime", "beginTime"},
		{"member of two parameters", "endTime: [endTime]", "endTime: [startTime]", trustframeworks.CodeTaken, "/constraints/0/members/startTime/0", "startTime: [startTime]"},
		{"issuer without its registry", "{by: registry, registry: schools}", "{by: registry}", trustframeworks.CodeSchema, "/issuers/0", "{by: registry}"},
		{"issuer with two ways", "{by: registry, registry: schools}", "{by: delegator, registry: schools}", trustframeworks.CodeSchema, "/issuers/0/registry", "delegator"},
		{"attester by delegation", "rules:\n  - var", "attesters: [{by: delegator}]\nrules:\n  - var", trustframeworks.CodeSchema, "/attesters/0/by", "attesters"},
		{"rule of two forms", "when: {roles: companion}}\ncred", "when: {roles: companion, age: 3}}\ncred", "sgl.invalid", "/rules/0/rule", "age: 3"},
		{"rule with a further member", "when: {roles: companion}}\ncred", "when: {roles: companion}, unless: {id: a}}\ncred", "sgl.invalid", "/rules/0/rule", "unless"},
		{"requires that repeats", "    procedures: [photo-match]", "    requires: {any: [{roles: companion}], n: 2}", "sgl.any_repeats", "/permissions/0/requires", "requires"},
		{"test without reasons", "decision: permit", "decision: deny", trustframeworks.CodeMeaning, "/tests/0/expect/reasons", "reasons: []"},
		{"test grants what is not asked", "granted: [collect]", "granted: [fly]", trustframeworks.CodeReference, "/tests/0/expect/granted/0", "[fly]"},
		{"test without a time", `at: "2026-03-02T15:00:00Z"`, "at: soon", trustframeworks.CodeSchema, "/tests/0/at", "at: soon"},
		{"anchor", "forms: [D]", "forms: &f [D]", trustframeworks.CodeSyntax, "", "&f"},
		{"tag", "forms: [D]", "forms: !!seq [D]", trustframeworks.CodeSyntax, "", "!!seq"},
		{"merge key", "forms: [D]", "forms: [D]\n<<: {a: b}", trustframeworks.CodeSyntax, "", "<<"},
		{"two documents", "# 2.", "---\n# 2.", trustframeworks.CodeSyntax, "", "# A trust"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(skeleton, c.old) {
				t.Fatalf("the skeleton does not hold %q", c.old)
			}
			source := strings.Replace(skeleton, c.old, c.new, 1)
			want := fmt.Sprintf("%s at %q, line %d", c.code, c.path, at(source, c.where))
			d, found := trustframeworks.Parse([]byte(source))
			if d != nil {
				t.Errorf("a document came back beside the findings")
			}
			for _, f := range found {
				if got := fmt.Sprintf("%s at %q, line %d", f.Code, f.Path, f.Line); got == want {
					return
				}
			}
			t.Errorf("got %v, want %s", found, want)
		})
	}
}
