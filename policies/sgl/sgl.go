// Package sgl decides rules of the Simple Grant Language as a proxy credential
// or a trust framework carries them (evernym/sgl docs/reference.md; RFC 0103
// "proxied.permissions").
//
// A rule is read strictly into a normal form (ParseRule), written down as a derived
// fact (Derive), and decided over a group (Verdict). The file sgl.rego decides
// the same derived facts in stock OPA, and a test holds the two equal.
//
// Conditions that mix forms, as {"id": …, "roles": …}, and members that the
// reference does not name are refused: the reference implementation ignores
// them, which turns a restriction into a wider grant. The package is not for
// merging holders into principals: that is the challenge's.
package sgl

// Limits of one rule and one group; beyond them the answer is sgl.too_large.
const (
	MaxRules      = 64        // rules of a credential
	MaxConditions = 256       // conditions of a rule, inner ones included
	MaxDepth      = 16        // nesting of conditions; the root is 1
	MaxList       = 256       // members of any list
	MaxString     = 4 << 10   // bytes of any string, as written
	MaxPattern    = 1 << 10   // bytes of a pattern of like, as written
	MaxPatterns   = 8 << 10   // characters and operators of a rule's patterns, repetitions written out
	MaxPrincipals = 64        // principals of a group, after merging
	MaxCount      = 1<<31 - 1 // the largest n
)

// Caps of disjoint evaluation; beyond them the answer is sgl.too_complex.
const (
	MaxAlternatives = 8192   // alternatives of a rule
	MaxCost         = 131072 // sum over alternatives of 2^(number of demands)
)

// The codes of a Problem.
const (
	Invalid    = "sgl.invalid"
	TooLarge   = "sgl.too_large"
	TooComplex = "sgl.too_complex"
)

// A Problem says why a rule or group grants nothing. It is a refusal, not a
// failure: the rule beside it may still grant.
type Problem struct {
	Code    string // Invalid, TooLarge or TooComplex
	Message string // for a person; names no principal
}

// Error makes a Problem an error for those who want one.
func (p *Problem) Error() string { return p.Code + ": " + p.Message }

// A Rule is one rule, or one bare condition, in normal form.
//
// Disjoint evaluation reads Alternatives; evaluation that lets parts share
// principals reads Tree. Each may be closed by its own problem.
type Rule struct {
	Grant []string // NFKC, in order, different; empty for a condition
	ID    string   // as written; HasID tells whether there was one
	HasID bool

	Leaves       []Leaf     // different ones, in order of appearance
	Alternatives [][]Demand // at most MaxAlternatives; any one of them suffices
	Tree         []Node     // children before parents; the last is the root
	Plural       bool       // has an all, or an n above 1
	Repeats      bool       // has an any whose n is beyond its list

	notApart, notShared *Problem // disjoint and not; nil where it can be evaluated
}

// A Demand asks for Count different candidates of one leaf.
type Demand struct {
	Leaf  int // index into Rule.Leaves
	Count int // 1 or more
}

// A Node is a condition of Rule.Tree. A node without Of is a leaf: it holds if
// Count candidates of Leaf are there. Another holds if Count of its children
// hold, or, where Times is set (its children are then leaves), if they match
// Count times together.
type Node struct {
	Leaf  int
	Count int
	Of    []int // indexes into Rule.Tree, all below this one's
	Times bool
}

// Problem returns why the rule grants nothing, or nil. A rule may be usable in
// one way of evaluation alone: complexity binds the disjoint one, and repeated
// matches of inner conditions have no meaning in the other.
func (r *Rule) Problem(disjoint bool) *Problem {
	if disjoint {
		return r.notApart
	}
	return r.notShared
}
