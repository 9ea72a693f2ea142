package analyze

import (
	"math"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/procura-dev/procura/policies/sgl"
	"github.com/procura-dev/procura/trustframeworks"
)

// anything is what a supporting credential may assert.
var anything = sgl.Values{Text: true, Number: true, Boolean: true, Least: math.Inf(-1), Most: math.Inf(1),
	Items: &sgl.Values{Text: true, Number: true, Boolean: true, Least: math.Inf(-1), Most: math.Inf(1)}}

// seen is what a rule for some variants sees: the roles and properties of their
// holders, and what supporting credentials say.
func (l *linter) seen(variants []string) *sgl.World {
	key := strings.Join(variants, "/") // which stands in no name
	if w := l.worlds[key]; w != nil {
		return w
	}
	w := &sgl.World{Roles: map[string]bool{}, Properties: map[string][]sgl.Values{}}
	for _, name := range variants {
		v := l.Variant(name)
		if v == nil {
			continue
		}
		for _, role := range v.Roles {
			w.Roles[norm.NFKC.String(role)] = true
		}
		for _, member := range v.Holder.Members() {
			key := norm.NFKC.String(member)
			w.Properties[key] = append(w.Properties[key], v.Holder.Values(member))
		}
	}
	for _, p := range l.Properties {
		w.Properties[norm.NFKC.String(p.Name)] = []sgl.Values{anything}
	}
	l.worlds[key] = w
	return w
}

// rules finds rules that no group can meet, and those that ask for more
// matches than they list.
func (l *linter) rules() {
	for i, r := range l.Rules {
		tree, _ := r.Rule.(map[string]any)
		when := at("/rules/%d/rule/when", i)
		if l.possible(when, sgl.ParseRule, r.Rule, l.seen(r.Variants)) {
			l.granted.add(stringsIn(tree["grant"])...)
		}
		trustframeworks.Conditions(when, tree["when"], func(path string, condition map[string]any) {
			if n, of, ok := trustframeworks.AnyRepeats(condition); ok {
				l.add(path, trustframeworks.CodeAnyRepeats, "%d matches of %d conditions let one of them stand for all", n, of)
			}
		})
	}
}

// possible reports whether some group can meet a rule, and adds a finding where
// none can. A rule with a problem was found before.
func (l *linter) possible(path string, parse func(any) *sgl.Rule, rule any, w *sgl.World) bool {
	if l.left <= 0 {
		return true
	}
	r := parse(rule)
	l.left -= len(r.Alternatives)
	switch {
	case r.Problem(l.IsDisjoint()) != nil:
	case !r.Possible(l.IsDisjoint(), w):
		l.add(path, CodeImpossible, "no group can meet this condition")
		return false
	case !r.Possible(l.IsDisjoint(), &sgl.World{Roles: w.Roles, Most: l.most, Properties: w.Properties}):
		l.add(path, CodeOverMax, "this takes more holders of a role than can hold it (max)")
	}
	return true
}

// permissions finds those that nobody can be granted, and those that rest on
// whatever a credential says.
func (l *linter) permissions() {
	for i, p := range l.Permissions {
		path := at("/permissions/%d", i)
		reached := p.Requires == nil || l.possible(path+"/requires", sgl.ParseCondition, p.Requires, l.world)
		switch {
		case !reached:
		case l.anyGrants() && p.Requires == nil:
			l.add(path, CodeUnguarded, "any credential's own rule can grant %q, to whomever it names", p.Name)
		case !l.anyGrants() && !l.granted.has(p.Name):
			l.add(path, CodeUnreachable, "no rule that can be met grants %q: nobody can exercise it", p.Name)
		}
	}
}
