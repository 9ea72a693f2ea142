package analyze

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/procura-dev/procura/policies/sgl"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// The codes of the linter's findings.
const (
	CodeUnanswered      = "question.unanswered"
	CodeOpen            = "question.open"
	CodeBlank           = "text.blank"
	CodeLocale          = "text.locale"
	CodeUnending        = "variant.unending"
	CodeNoIssuer        = "variant.no_issuer"
	CodeRoleUnused      = "role.unused"
	CodeRationaleUnused = "rationale.unused"
	CodeProcedureUnused = "procedure.unused"
	CodeRoleSpelling    = "role.spelling"
	CodeSelfAppointed   = "issuer.self_appointed"
	CodeNoAttester      = "constraint.no_attester"
	CodeNoPerson        = "person.no_member"
	CodeImpossible      = "rule.impossible"
	CodeOverMax         = "rule.over_max"
	CodeUnguarded       = "permission.unguarded"
	CodeUnreachable     = "permission.unreachable"
	CodeAllowUnused     = "allow.unused"
	CodeShortAge        = "freshness.short"
)

// The codes of findings of who publishes.
const (
	CodeTest = "test.failed"
	CodePath = "path.differs"
	CodeSlow = "framework.too_slow"
)

// A Code is one row of the published table of findings.
type Code struct {
	Code   string
	Level  trustframeworks.Level
	Lint   bool   // found by Lint; what else there is, is found by reading and compiling
	About  string // what is found
	Advice string // what to do about it
}

const (
	refuses = trustframeworks.Error
	tells   = trustframeworks.Advice
)

// Codes is the table, in the order of codes.
var Codes = slices.SortedFunc(slices.Values([]Code{
	{CodeUnanswered, refuses, true, "A question of RFC 0103 has no answer: no rationale where there are guardians or controllers (3), no age in `freshness.default` (10).",
		"Answer it; where the answer is the default, write the default."},
	{CodeOpen, tells, true, "A question of RFC 0103 is answered by nothing: nothing is required of proxy, issuer or verifier (4), or nothing can limit a proxy (6).",
		"Say what is required of each party, and define the constraints that a credential may bear."},
	{CodeBlank, refuses, true, "A text holds white space alone.", "Write it, or leave its language out everywhere."},
	{CodeLocale, tells, true, "A text is not written in each language of `scope.text`, which are those that the framework declares.", "Translate it."},
	{CodeUnending, tells, true, "Credentials of a variant have no status and no longest life.", "Give `validity.maxLife`, so that a short life stands in the place of revocation."},
	{CodeNoIssuer, refuses, true, "Nobody may issue credentials of a variant.", "Name the variant in `issuers`, or take it out."},
	{CodeRoleUnused, tells, true, "A role that no variant allows, or, where credentials cannot grant by themselves, that no condition asks for.", "Take it out, or let a variant and a rule name it."},
	{CodeRationaleUnused, tells, true, "A rationale that no variant allows.", "Take it out, or let a variant name it."},
	{CodeProcedureUnused, tells, true, "A procedure that no permission asks for.", "Take it out, or let a permission name it."},
	{CodeRoleSpelling, tells, true, "A condition writes `role`, as RFC 0104 does, where SGL has `roles`.", "Write `roles`: other readers of SGL know no `role`."},
	{CodeSelfAppointed, refuses, true, "`by: delegator` for guardians or controllers: whoever keeps the key of the ward or the thing can appoint themselves.", "List the registry or DID that appoints, and keep `delegator` for variants of form D."},
	{CodeNoAttester, refuses, true, "A constraint holds by attestation alone, and there are no `attesters`.", "List who attests, or take the constraint out."},
	{CodeNoPerson, tells, true, "`uniquePerson.attribute` is a member of no holder schema: people can be told apart by supporting credentials alone.", "Add the member to the holders that are people, or say in `conduct` that whoever comes brings such a credential."},
	{CodeImpossible, refuses, true, "A rule or `requires` that no group can meet: roles that no variant of the rule allows, more than 64 people, an id that is no DID, one DID twice, values that no holder's schema allows, `like` on roles.", "Mend the condition, or take the rule out."},
	{CodeOverMax, tells, true, "A condition takes more holders of a role than its `max`, which nothing enforces.", "Ask for fewer, or raise `max`."},
	{CodeUnguarded, tells, true, "Under `credentialRules: any`, a permission without `requires`: the rule of any accepted credential grants it to whomever it likes.", "Say in `requires` who must be there at least, or use `credentialRules: narrow` with rules of the framework."},
	{CodeUnreachable, refuses, true, "Under `credentialRules: none` or `narrow`, a permission that no rule that can be met grants.", "Add a rule that grants it, or take it out."},
	{CodeShortAge, tells, true, "`frameworkMaxAge` below ten minutes: whoever pulls bundles would be denied between two of them now and then.", "Allow ten minutes or more."},
	{CodeAllowUnused, tells, true, "An entry of `allow` that keeps nothing out.", "Take it out, or mend its code and paths."},
	{trustframeworks.CodeAnyRepeats, refuses, true, "An `any` asks for more matches than it lists, so that one condition can stand for all. In `requires` it cannot be allowed.", "Raise no `n` past the list: list each condition as often as it may match."},

	{trustframeworks.CodeTooLarge, refuses, false, "The document has more bytes, values or depth than is read.", "Make it smaller; JSON may be longer than YAML."},
	{trustframeworks.CodeSyntax, refuses, false, "Neither JSON nor the part of YAML that is read.", "Mend it at this place; anchors, tags and merge keys are not read."},
	{trustframeworks.CodeDuplicate, refuses, false, "A member, or a language, is given twice.", "Take one of them out."},
	{trustframeworks.CodeSchema, refuses, false, "Not as the published JSON Schema says: among others a question of RFC 0103 whose member is missing, and a constraint without `members`.", "Hold the document against the schema; `procura framework new` prints one that is complete."},
	{trustframeworks.CodeName, refuses, false, "A name that is none.", "Use 1 to 128 characters in NFC, without / and without control characters."},
	{trustframeworks.CodeTaken, refuses, false, "Two things of one kind have one name.", "Rename one."},
	{trustframeworks.CodeVersion, refuses, false, "Not a version of semver 2.0.0 in full.", "Write it as 1.0.0, without build metadata."},
	{trustframeworks.CodeURI, refuses, false, "Not an absolute address of the framework's own.", "Use https, without query, fragment or slash at the end."},
	{trustframeworks.CodeReference, refuses, false, "A role, permission, rationale, constraint, procedure, variant or parameter that is not defined, or a parameter that its constraint type needs and that no member gives.", "Define it, or mend the name."},
	{trustframeworks.CodeDuration, refuses, false, "Not an ISO 8601 duration, or one beyond its limit.", "Write weeks, days, hours, minutes or seconds: P2W, PT5M."},
	{trustframeworks.CodePartySchema, refuses, false, "A holder or proxied schema that is open, or refers out.", "Close it: additionalProperties false, and a type for each member."},
	{trustframeworks.CodeContext, refuses, false, "A listed context that does more than give names to IRIs, or gives one to an IRI that is not its own.",
		"Leave prefixes, `@vocab`, `@container`, `@import` and nested contexts out: `@protected`, and for each name an absolute https IRI, with `@id` or a datatype of texts as its `@type` at the most."},
	{trustframeworks.CodeContextDigest, refuses, false, "A listed context whose document has another digest.", "Compare the document with what its publisher has; if it is meant, write the digest that the message says."},
	{trustframeworks.CodeMeaning, refuses, false, "Well formed, and could never take effect.", "Do what the message says."},
	{trustframeworks.CodeUnsupported, refuses, false, "This program does not decide it yet.", "Mend its name, or leave it out until a version of the program does."},
	{trustframeworks.CodeArchive, refuses, false, "Not an archive that is read.", "Put framework.yaml or framework.json and *.rego at its top, and nothing else."},
	{sgl.Invalid, refuses, false, "A rule that is not SGL.", "Mend the rule at the place that the message gives."},
	{sgl.TooLarge, refuses, false, "A rule beyond the limits of SGL.", "Split the rule."},
	{sgl.TooComplex, refuses, false, "A rule, or all rules together, with more alternatives than can be decided exactly.", "Split the rule, or lower its n."},
	{compile.CodeInternal, refuses, false, "The document cannot be compiled.", "Report it: this is a fault of the program."},
	{compile.CodeRegoMalformed, refuses, false, "OPA does not read or compile the Rego.", "Mend it; `opa check` says the same."},
	{compile.CodeRegoRefused, refuses, false, "Rego that does what a constraint type must not.", "Decide by parameters and circumstances alone."},
	{CodePath, refuses, false, "Name or version are not those of the path under which the document is published.", "Publish it under its own name and version."},
	{CodeSlow, refuses, false, "Compiling the framework and running its tests takes too long.", "Make rules, Rego or tests smaller."},
	{CodeTest, refuses, false, "One of the document's own tests does not go as it expects.", "Run `procura framework test`; mend the document, or the test."},
}), func(a, b Code) int { return strings.Compare(a.Code, b.Code) })

// Advised gives findings their level and advice by the table, and sorts them. Of
// more than an answer takes, advice is left out before errors.
func Advised(found []trustframeworks.Finding) []trustframeworks.Finding {
	var told []trustframeworks.Finding
	for _, f := range found {
		f.Level, f.Advice = refuses, ""
		if i := slices.IndexFunc(Codes, func(c Code) bool { return c.Code == f.Code }); i >= 0 {
			f.Level, f.Advice = Codes[i].Level, Codes[i].Advice
		}
		told = append(told, f)
	}
	errors := trustframeworks.SortFindings(trustframeworks.Errors(told))
	advice := trustframeworks.SortFindings(slices.DeleteFunc(told, func(f trustframeworks.Finding) bool { return f.Level == refuses }))
	return trustframeworks.SortFindings(slices.Concat(errors, advice[:min(len(advice), max(0, trustframeworks.MaxFindings-len(errors)))]))
}

// CodesDocument is docs/lint.md.
func CodesDocument() []byte {
	var out bytes.Buffer
	out.WriteString(aboutCodes)
	section(&out, "What the linter finds", true)
	section(&out, "What reading, compiling and publishing finds", false)
	return out.Bytes()
}

func section(out *bytes.Buffer, title string, lint bool) {
	fmt.Fprintf(out, "\n## %s\n\n| code | level | what is found | what to do |\n| --- | --- | --- | --- |\n", title)
	for _, c := range Codes {
		if c.Lint == lint {
			fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", c.Code, c.Level, c.About, c.Advice)
		}
	}
}

const aboutCodes = "# What is found in a framework document\n\n" +
	"`procura framework lint FILE…` tells all of it at once, each with file, line, column, JSON Pointer, and what to do. A finding\n" +
	"of level *error* refuses the document: it cannot be published (422). *Advice* is told, and refuses nothing.\n\n" +
	"What the linter finds can be allowed by who means it, in the document itself, so that its readers see it too:\n\n" +
	"```yaml\nallow:\n  - code: sgl.any_repeats\n    paths: [/rules/2/rule/when] # left out: wherever it is found\n" +
	"    reason: {en: Three of the board or its auditors, in any mixture.}\n```\n\n" +
	"What reading, compiling and publishing finds cannot be allowed. This page is written by\n" +
	"`go test ./trustframeworks/analyze -run TestCodesDocument -update`.\n"
