// Package analyze reads a trust framework for its author: what in a document
// that could be published is a slip of the pen, a question of Aries RFC 0103
// ("Proxy Trust Framework") without an answer, or a rule that grants nothing
// (semantics 2.1). It is pure, as package compile is.
//
// What a document must not say at all is refused by package trustframeworks,
// what cannot be compiled by package compile; neither is found here again.
package analyze

import (
	"golang.org/x/text/unicode/norm"

	"github.com/procura-dev/procura/policies/sgl"
	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// Compile compiles a source and finds all that is said of it at once: by
// Parse, by CompileWith and by Lint, in the published order, each with its
// level and advice. The document is nil where it has not the shape of one, the
// framework where Parse or CompileWith refuse; what to do about errors of the
// linter's is the caller's.
func Compile(s *trustframeworks.Source) (doc *trustframeworks.Document, f *compile.Framework, found []trustframeworks.Finding) {
	doc, found = trustframeworks.Read(s.Document)
	if doc.Sound() {
		f, found = compile.CompileWith(doc, s.Rego)
	} else {
		found = append(found, compile.CheckRego(s.Rego)...)
	}
	return doc, f, Advised(append(found, Lint(doc)...))
}

// Lint finds what is in a document that Parse or Read returned. What its author
// allows is left out. A nil document has no findings.
func Lint(doc *trustframeworks.Document) []trustframeworks.Finding {
	if doc == nil {
		return nil
	}
	l := newLinter(doc)
	for _, check := range []func(*linter){
		(*linter).questions, (*linter).texts, (*linter).unused, (*linter).issuers, (*linter).attesters,
		(*linter).persons, (*linter).spelling, (*linter).rules, (*linter).permissions, (*linter).ages, (*linter).allowances,
	} {
		check(l)
	}
	return Advised(l.found)
}

// A linter gathers findings in a document.
type linter struct {
	*trustframeworks.Document
	found []trustframeworks.Finding

	allow map[allowance]int // index into Document.Allow
	used  []bool            // of Document.Allow: it has kept a finding out
	left  int               // alternatives of rules that are still looked at

	world   *sgl.World            // what requires sees: holders of every variant
	worlds  map[string]*sgl.World // what a rule sees, by the variants that it lists
	most    map[string]int        // role → how many can hold it
	granted names                 // permissions that some rule grants to some group
}

// An allowance is of a code at a path; an empty path is everywhere.
type allowance struct{ code, path string }

// maxAlternatives bounds what the rules of a document that Parse refuses unfold
// to; in a sound one they are within.
const maxAlternatives = 100_000

func newLinter(doc *trustframeworks.Document) *linter {
	l := &linter{Document: doc, allow: map[allowance]int{}, used: make([]bool, len(doc.Allow)), left: maxAlternatives,
		worlds: map[string]*sgl.World{}, most: map[string]int{}, granted: names{}}
	for i, a := range doc.Allow {
		for _, path := range a.Paths {
			l.allow[allowance{a.Code, path}] = i
		}
		if len(a.Paths) == 0 {
			l.allow[allowance{a.Code, ""}] = i
		}
	}
	for _, r := range doc.Roles {
		l.most[norm.NFKC.String(r.Name)] = r.Max
	}
	var all []string
	for _, v := range doc.Variants {
		all = append(all, v.Name)
	}
	l.world = l.seen(all)
	return l
}

// add notes a finding, unless the author allows it.
func (l *linter) add(path, code, format string, args ...any) {
	if l.allowed(code, path) {
		return
	}
	l.found = append(l.found, l.Finding(path, code, format, args...))
}

func (l *linter) allowed(code, path string) bool {
	i, ok := l.allow[allowance{code, path}]
	if !ok {
		i, ok = l.allow[allowance{code, ""}]
	}
	if ok {
		l.used[i] = true
	}
	return ok
}

// allowances finds those that keep nothing out: the document has changed under
// them, or their code is none of the linter's.
func (l *linter) allowances() {
	for i, a := range l.Allow {
		if !l.used[i] {
			l.add(at("/allow/%d", i), CodeAllowUnused, "nothing is found that %q allows here", a.Code)
		}
	}
}
