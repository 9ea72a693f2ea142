package compile

import (
	"math"

	"github.com/open-policy-agent/opa/v1/ast"
)

// OPA takes time without bound for what is nested deeply, and cannot be stopped.
const (
	maxNesting = 10 // of brackets: nested comprehensions take exponential time
	maxRules   = 128
	maxChain   = 32 // of operators in one expression, and of else in one rule
	maxTypes   = 16 // log₂ of how large the type of what a file makes may become
)

// depth is how deep brackets are nested in Rego, but in texts and comments.
func depth(rego []byte) (deepest int) {
	open := 0
	for i := 0; i < len(rego); i++ {
		switch rego[i] {
		case '(', '[', '{':
			open++
			deepest = max(deepest, open)
		case ')', ']', '}':
			open--
		case '"', '`', '#':
			i = skip(rego, i)
		}
	}
	return deepest
}

// skip goes to the end of the text or comment that begins at i.
func skip(rego []byte, i int) int {
	end := rego[i]
	if end == '#' {
		end = '\n'
	}
	for i++; i < len(rego) && rego[i] != end; i++ {
		if rego[i] == '\\' && end == '"' {
			i++
		}
	}
	return i
}

// deep refuses chains, which nest without a bracket.
func (f *typeFile) deep(r *ast.Rule) {
	n := 0
	for e := r; e != nil; e = e.Else {
		n++
	}
	if n > maxChain {
		f.add(r.Location, CodeRegoRefused, "more than %d else in one rule", maxChain)
	}
	ast.WalkExprs(r, func(e *ast.Expr) bool {
		if calls(e) > maxChain {
			f.add(e.Location, CodeRegoRefused, "more than %d operators and calls in one expression", maxChain)
		}
		return false
	})
	if t := r.Head.Value; t != nil && calls(t) > maxChain {
		f.add(r.Location, CodeRegoRefused, "more than %d operators and calls in one expression", maxChain)
	}
}

// calls counts the calls in a term or expression.
func calls(x any) (n int) {
	ast.WalkTerms(x, func(t *ast.Term) bool {
		if _, ok := t.Value.(ast.Call); ok {
			n++
		}
		return false
	})
	return n
}

// types refuses what could make types that double: OPA's checker writes them
// out. Each list, set, object or comprehension can multiply what stands in it,
// by as many as it has parts and by one more where a rule has two definitions.
func (f *typeFile) types() {
	if f.size() > maxTypes {
		f.add(nil, CodeRegoRefused, "too many lists, sets, objects and comprehensions are made of others")
	}
}

// size is log₂ of how large the type of what the file makes may become.
func (f *typeFile) size() (size float64) {
	ast.WalkTerms(f.module, func(t *ast.Term) bool {
		size += math.Log2(float64(parts(t) + 1))
		return false
	})
	return size
}

// parts counts what in a composite is no constant.
func parts(t *ast.Term) (n int) {
	count := func(t *ast.Term) {
		if !ast.IsConstant(t.Value) {
			n++
		}
	}
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(count)
	case ast.Set:
		v.Foreach(count)
	case ast.Object:
		v.Foreach(func(key, value *ast.Term) { count(key); count(value) })
	case *ast.ArrayComprehension, *ast.SetComprehension:
		n = 1
	case *ast.ObjectComprehension:
		n = 2
	}
	return n
}
