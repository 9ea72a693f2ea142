package analyze_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/analyze"
)

// skeleton is a document in which nothing is found.
var skeleton = string(trustframeworks.New("Way home"))

// The places of the skeleton that the cases change.
const (
	rule       = "    rule: {grant: [collect], when: {roles: companion}}\n"
	role       = "    definition: {en: Somebody whom the parents know well.}\n"
	permission = "    procedures: [photo-match]\n"
	period     = "    members:\n      startTime: [startTime]\n      endTime: [endTime]\n"
	kind       = "    type: time_window\n"
	narrow     = "credentialRules: narrow\n"
	listed     = "    roles: [companion]\n"
	issuers    = "issuers:\n  - {by: registry, registry: schools}\n"
	rationales = "rationales:\n  - name: parents-choice\n    uri: https://example.org/frameworks/way-home/rationales/parents-choice\n    strength: 1\n    definition:\n      en: A parent chose this person and told the school.\n"
	member     = "          name: {type: string, minLength: 1"
)

func when(condition string) string {
	return "    rule: {grant: [collect], when: " + condition + "}\n"
}

// aunt is a second role.
const aunt = role + "  - name: aunt\n    uri: https://example.org/roles/aunt\n    definition: {en: An aunt.}\n"

// Each code is shown by one change of the skeleton, and not by another of the
// same place.
var cases = []struct {
	name      string
	old       string
	bad, good string
	level     string
	code      string
	path      string
	where     string   // a text on the line of the finding
	also      []string // what is changed in both: old, new, …
}{
	{"question 1: no version", "version: 1.0.0\n", "", "version: 1.0.1\n", "error", "document.schema", "", "name:", nil},
	{"question 3: no rationale for controllers", rationales, "rationales: []\n", rationales, "error", "question.unanswered", "/rationales", "rationales: []\n", []string{"forms: [D]", "forms: [C]", "    form: D\n", "    form: C\n", "    rationales: [parents-choice]", "    rationales: []"}},
	{"question 4: nothing required", "    - level: required\n      text: {en: Let no child", "    - level: recommended\n      text: {en: Let no child", "    - level: required\n      text: {en: Let nobody",
		"advice", "question.open", "/conduct/verifier", "verifier:", nil},
	{"question 7: no text", "text: {en: The school keeps a book of who collected whom.}", `text: {en: " \n "}`, "text: {en: None.}", "error", "text.blank", "/auditing/text/en", `" \n "`, nil},
	{"question 8: missing", "appeal:\n  uri: optional\n  text: {en: The school board hears whoever was refused.}\n", "", "appeal: {uri: required, text: {en: The court.}}\n", "error", "document.schema", "", "name:", nil},
	{"question 10: no ages", "  default:\n    presentationMaxAge: PT5M\n    groupMaxAge: PT1H\n    clockSkew: PT1M\n", "  default: {}\n", "  default: {groupMaxAge: PT1H}\n", "error", "question.unanswered", "/freshness/default", "default: {}", nil},
	{"credentials without end", "status: none, maxLife: P28D}", "status: none}", "status: none, maxLife: P1D}", "advice", "variant.unending", "/variants/0/validity", "status: none}", nil},
	{"text in one language of two", "    en: Day schools,", "    de: Schulen\n    en: Day schools,", "    en: Schools,", "advice", "text.locale", "/roles/0/definition", "Somebody", nil},
	{"text in no language", "definition: {en: Somebody whom the parents know well.}", "definition: Somebody.", "definition: {EN: Somebody.}", "advice", "text.locale", "/roles/0/definition", "definition: Somebody", nil},

	{"role undefined", rule, when("{roles: uncle}"), when("{roles: [companion], op: in}"), "error", "reference.undefined", "/rules/0/rule/when/roles", "uncle", nil},
	{"permission undefined", rule, "    rule: {grant: [collect, fly], when: {roles: companion}}\n", "    rule: {grant: collect, when: {roles: companion}}\n", "error", "reference.undefined", "/rules/0/rule/grant/1", "fly", nil},
	{"rationale undefined", "rationales: [parents-choice]", "rationales: [parents-choice, whim]", "rationales: [\"parents-choice\"]", "error", "reference.undefined", "/variants/0/rationales/1", "whim", nil},
	{"role that no variant allows", role, aunt, role + "    max: 9\n", "advice", "role.unused", "/roles/1", "name: aunt", nil},
	{"role that no rule asks for", rule, rule, when("{roles: companion, op: not in}"), "advice", "role.unused", "/roles/1", "name: aunt", []string{role, aunt, listed, "    roles: [companion, aunt]\n"}},
	{"identifier that is none", rule, when("{id: Bob}"), when("{id: \"did:example:bob\"}"), "error", "rule.impossible", "/rules/0/rule/when", "id: Bob", nil},
	{"rationale unused", "rationales: [parents-choice]", "rationales: []", "rationales: [parents-choice]", "advice", "rationale.unused", "/rationales/0", "name: parents-choice", nil},
	{"procedure unused", permission, "", permission, "advice", "procedure.unused", "/procedures/0", "name: photo-match\n", nil},
	{"permission that nothing grants", permission, permission + "  - {name: fly, uri: https://example.org/fly, definition: {en: Fly.}, audit: none}\n", "    procedures: [photo-match]\n    requires: {roles: companion}\n",
		"error", "permission.unreachable", "/permissions/1", "name: fly", nil},
	{"permission that credentials alone grant", narrow, "credentialRules: any\n", "credentialRules: none\n", "advice", "permission.unguarded", "/permissions/0", "name: collect", nil},
	{"way of granting not said", narrow, "", narrow, "advice", "permission.unguarded", "/permissions/0", "name: collect", nil},

	{"more than a group can be", rule, when("{roles: companion, n: 65}"), when("{roles: companion, n: 64}"), "error", "rule.impossible", "/rules/0/rule/when", "n: 65", nil},
	{"more together than a group can be", rule, when("{all: [{roles: companion, n: 40}, {id: \"did:example:a\", op: \"!=\", n: 25}]}"), when("{all: [{roles: companion, n: 40}, {id: \"did:example:a\", op: \"!=\", n: 24}]}"), "error", "rule.impossible", "/rules/0/rule/when", "n: 40", nil},
	{"one identifier twice", rule, when("{id: \"did:example:a\", n: 2}"), when("{id: [\"did:example:a\", \"did:example:b\"], op: in, n: 2}"), "error", "rule.impossible", "/rules/0/rule/when", "did:example:a", nil},
	{"pattern over roles", rule, when("{roles: comp.*, op: like}"), when("{name: comp.*, op: like}"), "error", "rule.impossible", "/rules/0/rule/when", "comp.*", nil},
	{"number of roles", rule, when("{roles: 2, op: \">=\"}"), when("{roles: 1, op: \">=\"}"), "error", "rule.impossible", "/rules/0/rule/when", "roles: 2", nil},
	{"property that no holder has", rule, when("{age: 18}"), when("{name: Nour}"), "error", "rule.impossible", "/rules/0/rule/when", "age: 18", nil},
	{"property of another kind", rule, when("{name: 18}"), when("{name: \"18\"}"), "error", "rule.impossible", "/rules/0/rule/when", "name: 18", nil},
	{"comparison beyond the schema", rule, when("{age: 120, op: \">\"}"), when("{age: 119, op: \">\"}"), "error", "rule.impossible", "/rules/0/rule/when", "age: 120,",
		[]string{member, "          age: {type: integer, minimum: 0, maximum: 120, examples: [40]}\n" + member}},
	{"requires impossible", permission, "    requires: {name: 3}\n" + permission, "    requires: {name: x}\n" + permission, "error", "rule.impossible", "/permissions/0/requires", "requires", nil},
	{"more holders than there can be", rule, when("{roles: companion, n: 3}"), when("{roles: companion, n: 2}"), "advice", "rule.over_max", "/rules/0/rule/when", "n: 3", []string{role, role + "    max: 2\n"}},
	{"any that repeats", rule, when("{any: [{roles: companion}, {name: Nour}], n: 3}"), when("{any: [{roles: companion}, {name: Nour}], n: 2}"), "error", "sgl.any_repeats", "/rules/0/rule/when", "n: 3", nil},
	{"any that repeats, inside", rule, when("{all: [{any: [{roles: companion}], n: 2}]}"), when("{all: [{any: [{roles: companion}], n: 1}]}"), "error", "sgl.any_repeats", "/rules/0/rule/when/all/0", "n: 2", nil},
	{"any that repeats, in requires", permission, "    requires: {any: [{roles: companion}], n: 2}\n" + permission, "    requires: {any: [{roles: companion}]}\n" + permission, "error", "sgl.any_repeats", "/permissions/0/requires", "requires", nil},
	{"role for roles", rule, when("{role: companion}"), rule, "advice", "role.spelling", "/rules/0/rule/when/role", "role: companion", nil},

	{"constraint without parameters", period, "    members: {}\n", "    members: {endTime: [endTime]}\n", "error", "document.schema", "/constraints/0/members", "members: {}", nil},
	{"constraint without the ones it needs", period, "    members: {timeZone: [zone]}\n", "    members: {startTime: [from], timeZone: [zone]}\n", "error", "reference.undefined", "/constraints/0/members", "timeZone", nil},
	{"trigger that nobody attests", issuers, issuers, issuers + "attesters: [{by: registry, registry: clerks}]\n", "error", "constraint.no_attester", "/constraints/0", "name: period", []string{"type: time_window", "type: trigger", period, "    members: {text: [when]}\n"}},
	{"place that nobody attests", kind, "    type: jurisdiction\n    sources: [attested]\n", "    type: time_window\n    sources: [attested]\n", "error", "constraint.no_attester", "/constraints/0", "name: period", []string{period, "    members: {codes: [where]}\n"}},
	{"issuer that is its own proxy", issuers, "issuers: [{by: delegator}]\n", issuers, "error", "issuer.self_appointed", "/issuers/0", "by: delegator", []string{"forms: [D]", "forms: [G]", "    form: D\n", "    form: G\n"}},
	{"variant that nobody issues", issuers, "issuers: []\n", "issuers: [{by: delegator, variants: [WayHome]}]\n", "error", "variant.no_issuer", "/variants/0", "name: WayHome", nil},
	{"persons by a member that nobody has", narrow, narrow + "uniquePerson: {attribute: nationalNumber, issuers: [{by: registry, registry: schools}]}\n", narrow + "uniquePerson: {attribute: name, issuers: [{by: registry, registry: schools}]}\n",
		"advice", "person.no_member", "/uniquePerson/attribute", "nationalNumber", nil},
	{"age of withdrawals too short to pull", "    clockSkew: PT1M\n", "    clockSkew: PT1M\n    frameworkMaxAge: PT599S\n", "    clockSkew: PT1M\n    frameworkMaxAge: PT10M\n", "advice", "freshness.short", "/freshness/default/frameworkMaxAge", "PT599S", nil},
	{"age of withdrawals too short to pull, of one permission", "    clockSkew: PT1M\n", "    clockSkew: PT1M\n  permissions:\n    collect: {frameworkMaxAge: PT599S}\n", "    clockSkew: PT1M\n  permissions:\n    collect: {frameworkMaxAge: PT10M}\n", "advice", "freshness.short", "/freshness/permissions/collect/frameworkMaxAge", "PT599S", nil},
	{"allowance of nothing", narrow, narrow + "allow: [{code: role.unused, reason: {en: x}}]\n", narrow + "allow: []\n", "advice", "allow.unused", "/allow/0", "code: role.unused", nil},
}

// changed puts a text in the place of another, which stands once: old, new, …
func changed(t *testing.T, source string, edits ...string) string {
	t.Helper()
	for ; len(edits) > 0; edits = edits[2:] {
		if strings.Count(source, edits[0]) != 1 {
			t.Fatalf("the document does not hold %q once", edits[0])
		}
		source = strings.Replace(source, edits[0], edits[1], 1)
	}
	return source
}

// line is that of the first place of a text.
func line(source, text string) int {
	before, _, _ := strings.Cut(source, text)
	return strings.Count(before, "\n") + 1
}

// found gives what is found in a document, by level, code, path and line.
func found(t *testing.T, source string) (all []string) {
	t.Helper()
	_, _, found := analyze.Compile(&trustframeworks.Source{Document: []byte(source)})
	for _, f := range found {
		if f.Advice == "" || f.Line == 0 || f.Column == 0 {
			t.Errorf("%v has no advice or no place", f)
		}
		all = append(all, fmt.Sprintf("%v %s at %q, line %d", f.Level, f.Code, f.Path, f.Line))
	}
	return all
}

func TestEachFindingIsShownAndNotShown(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bad := changed(t, skeleton, append([]string{c.old, c.bad}, c.also...)...)
			want := fmt.Sprintf("%s %s at %q, line %d", c.level, c.code, c.path, line(bad, c.where))
			if got := found(t, bad); !slices.Contains(got, want) {
				t.Errorf("got %q, want %s among them", got, want)
			}
			for _, got := range found(t, changed(t, skeleton, append([]string{c.old, c.good}, c.also...)...)) {
				if strings.Contains(got, " "+c.code+" ") {
					t.Errorf("where it should not be: %s", got)
				}
			}
		})
	}
}

// An author allows what the linter finds, somewhere or everywhere, and nothing
// that reading or compiling does.
func TestAllowances(t *testing.T) {
	t.Parallel()
	repeats := when("{any: [{roles: companion}], n: 2}")
	for _, c := range []struct{ name, rule, allow, want string }{
		{"at its place", repeats, "code: sgl.any_repeats, paths: [/rules/0/rule/when]", ""},
		{"everywhere", repeats, "code: sgl.any_repeats", ""},
		{"elsewhere", repeats, "code: sgl.any_repeats, paths: [/rules/1/rule/when]", "sgl.any_repeats allow.unused"},
		{"another code", repeats, "code: rule.impossible", "sgl.any_repeats allow.unused"},
		{"what Parse finds", when("{roles: companion, n: 0}"), "code: sgl.invalid", "sgl.invalid allow.unused"},
	} {
		source := changed(t, skeleton, rule, c.rule, narrow, narrow+"allow: [{"+c.allow+", reason: {en: So it is meant.}}]\n")
		_, _, found := analyze.Compile(&trustframeworks.Source{Document: []byte(source)})
		var codes []string
		for _, f := range found {
			codes = append(codes, f.Code)
		}
		if got := strings.Join(codes, " "); got != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
}

// Of more findings than an answer takes, the errors are kept.
func TestErrorsGoBeforeAdvice(t *testing.T) {
	t.Parallel()
	var roles strings.Builder
	for i := range trustframeworks.MaxFindings + 10 {
		fmt.Fprintf(&roles, "  - {name: role%d, uri: https://example.org/roles/%d, definition: {en: A role.}}\n", i, i)
	}
	source := changed(t, skeleton, role, role+roles.String(), rule, when("{roles: companion, n: 65}"))
	got := found(t, source)
	if n := len(got); n != trustframeworks.MaxFindings || !strings.Contains(got[n-1], "error rule.impossible") {
		t.Errorf("%d findings, the last %q; want %d, and the error at the end of the document among them", n, got[n-1], trustframeworks.MaxFindings)
	}
}
