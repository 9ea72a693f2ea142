package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/procura-dev/procura/trustframeworks"
)

// at writes a JSON Pointer whose parts need no escape.
func at(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// questions finds which of the ten questions of RFC 0103 ("Proxy Trust
// Framework") a document of the published shape leaves without an answer: 1, 2,
// 5, 7, 8 and 9 have one wherever the texts say something.
func (l *linter) questions() {
	if len(l.Rationales) == 0 && slices.ContainsFunc(l.Forms, func(form string) bool { return form != "D" }) {
		// "mostly irrelevant to delegation"; controllership "has a basis", too.
		l.add("/rationales", CodeUnanswered, "question 3, on what ground guardians and controllers are appointed, has no answer")
	}
	if l.Freshness.Default == (trustframeworks.Ages{}) {
		l.add("/freshness/default", CodeUnanswered, "question 10, how old a presentation may be, has no answer")
	}
	for party, list := range map[string][]trustframeworks.Behaviour{"proxy": l.Conduct.Proxy, "issuer": l.Conduct.Issuer, "verifier": l.Conduct.Verifier} {
		if !slices.ContainsFunc(list, func(b trustframeworks.Behaviour) bool { return b.Level == "required" }) {
			l.add("/conduct/"+party, CodeOpen, "question 4, how they behave, requires nothing of the %s", party)
		}
	}
	if len(l.Constraints) == 0 {
		l.add("/constraints", CodeOpen, "question 6, what can limit a proxy, is answered by: nothing")
	}
	for i, v := range l.Variants {
		if v.Validity.Status == "none" && v.Validity.MaxLife == "" {
			l.add(at("/variants/%d/validity", i), CodeUnending, "credentials of %s can be neither revoked nor do they end within a known time", v.Name)
		}
	}
}

// texts finds texts that say nothing, and those that lack a language of the
// framework's own: the ones that scope.text is written in.
func (l *linter) texts() {
	declared := languages(l.Scope.Text)
	l.eachText(func(path string, t trustframeworks.Text) {
		for _, tag := range t.Tags() {
			if strings.TrimSpace(t[tag]) == "" {
				l.add(strings.TrimSuffix(path+"/"+tag, "/"), CodeBlank, "the text says nothing")
			}
		}
		var missing []string
		for _, tag := range declared {
			if !slices.Contains(languages(t), tag) {
				missing = append(missing, tag)
			}
		}
		if len(missing) > 0 {
			l.add(path, CodeLocale, "the text is not written in %s", strings.Join(missing, ", "))
		}
	})
}

// languages are the tags of a text, in lower case, in order.
func languages(t trustframeworks.Text) (tags []string) {
	for _, tag := range t.Tags() {
		if tag != "" {
			tags = append(tags, strings.ToLower(tag))
		}
	}
	return tags
}

// eachText visits every text that a person reads.
func (l *linter) eachText(visit func(path string, t trustframeworks.Text)) {
	visit("/scope/text", l.Scope.Text)
	visit("/auditing/text", l.Auditing.Text)
	visit("/appeal/text", l.Appeal.Text)
	eachOf(visit, "/rationales/%d/definition", l.Rationales, func(r trustframeworks.Rationale) trustframeworks.Text { return r.Definition })
	eachOf(visit, "/roles/%d/definition", l.Roles, func(r trustframeworks.Role) trustframeworks.Text { return r.Definition })
	eachOf(visit, "/permissions/%d/definition", l.Permissions, func(p trustframeworks.Permission) trustframeworks.Text { return p.Definition })
	eachOf(visit, "/constraints/%d/definition", l.Constraints, func(c trustframeworks.Constraint) trustframeworks.Text { return c.Definition })
	eachOf(visit, "/procedures/%d/definition", l.Procedures, func(p trustframeworks.Procedure) trustframeworks.Text { return p.Definition })
	behaviour := func(b trustframeworks.Behaviour) trustframeworks.Text { return b.Text }
	eachOf(visit, "/conduct/proxy/%d/text", l.Conduct.Proxy, behaviour)
	eachOf(visit, "/conduct/issuer/%d/text", l.Conduct.Issuer, behaviour)
	eachOf(visit, "/conduct/verifier/%d/text", l.Conduct.Verifier, behaviour)
	eachOf(visit, "/allow/%d/reason", l.Allow, func(a trustframeworks.Allowance) trustframeworks.Text { return a.Reason })
}

func eachOf[T any](visit func(string, trustframeworks.Text), path string, list []T, text func(T) trustframeworks.Text) {
	for i, v := range list {
		visit(at(path, i), text(v))
	}
}
