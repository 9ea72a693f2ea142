package sgl

import (
	"regexp"
	"regexp/syntax"
)

// anchor compiles a pattern on its own and returns the form that matches only a
// whole value. Rego cannot make it: wrapped as text, `a)|(b` and `\Qp1` mean
// something else.
//
// A pattern that is valid alone has balanced groups and scopes its flags, so
// the only thing of it that can reach past its end is an open \Q.
// Anchored at both ends, a match exists exactly if the leftmost-longest match
// is the whole value.
func anchor(pattern string) (string, bool) {
	if _, err := regexp.Compile(pattern); err != nil {
		return "", false
	}
	for _, end := range []string{`)\z`, `\E)\z`} {
		anchored := `\A(?:` + pattern + end
		if re, err := syntax.Parse(anchored, syntax.Perl); err == nil && enclosed(re) {
			_, err := regexp.Compile(anchored)
			return anchored, err == nil
		}
	}
	return "", false
}

// enclosed reports whether the syntax tree is one sequence from \A to \z.
func enclosed(re *syntax.Regexp) bool {
	return re.Op == syntax.OpConcat && re.Sub[0].Op == syntax.OpBeginText &&
		re.Sub[len(re.Sub)-1].Op == syntax.OpEndText
}
