package sgl

import (
	"regexp/syntax"
)

// anchor reads a pattern on its own and returns the form that matches only a
// whole value, and the size of the pattern. Rego cannot make that form: wrapped
// as text, `a)|(b` and `\Qp1` mean something else.
//
// A pattern that is valid alone has balanced groups and scopes its flags, so
// the only thing of it that can reach past its end is an open \Q.
// Anchored at both ends, a match exists exactly if the leftmost-longest match
// is the whole value.
func anchor(pattern string) (anchored string, size int, ok bool) {
	alone, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", 0, false
	}
	for _, end := range []string{`)\z`, `\E)\z`} {
		anchored = `\A(?:` + pattern + end
		if re, err := syntax.Parse(anchored, syntax.Perl); err == nil && enclosed(re) {
			return anchored, sizeOf(alone), true
		}
	}
	return "", 0, false
}

// enclosed reports whether the syntax tree is one sequence from \A to \z.
func enclosed(re *syntax.Regexp) bool {
	return re.Op == syntax.OpConcat && re.Sub[0].Op == syntax.OpBeginText &&
		re.Sub[len(re.Sub)-1].Op == syntax.OpEndText
}

// sizeOf counts the characters and operators of a pattern with its repetitions
// written out: about the steps that each byte of a value takes. Without a bound
// on it, 90 times `(?:a?){999}` over one value of 4 KiB takes ten seconds.
func sizeOf(re *syntax.Regexp) int {
	size := 1
	if re.Op == syntax.OpLiteral {
		size = len(re.Rune)
	}
	for _, sub := range re.Sub {
		size += sizeOf(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min+1, re.Max)
	}
	return min(size, MaxCount)
}
