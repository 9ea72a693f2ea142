# METADATA
# title: Simple Grant Language
# description: |
#   Decides one SGL rule over a group of principals, from what Go derived of the
#   rule (policies/sgl, Derive): typed leaves, alternatives, and the tree of
#   conditions level by level, because Rego has no recursion.
#   Exact, and the same as Verdict in Go; a test holds the two equal.
# related_resources:
#   - description: SGL reference
#     ref: https://github.com/evernym/sgl/blob/master/docs/reference.md
package procura.sgl

# METADATA
# title: verdict
# description: |
#   Says whether a group meets a rule, and by whom.
#   rule: what Derive or DeriveCondition made.
#   principals: [{"ids": [did], "class": scalar, "unique": bool, "properties": {name: typed value}}];
#   those of one class count as one.
#   disjoint: principals that satisfy one part are not used for another.
#   unique: the framework names a unique-person attribute.
#   Gives {"met": bool, "principals": [index]}: ascending, the candidates of the
#   first alternative that is met, or of any leaf where parts share principals.
#   Not met, never undefined, for a rule with a problem or a group above 64.
default verdict(_, _, _, _) := {"met": false, "principals": []}

# One test of one kind of principal: most rules.
verdict(rule, principals, _, unique) := {"met": true, "principals": [i | some i in who]} if {
	[leaf, n] := rule.single
	count(principals) <= 64
	who := candidates(rule.leaves[leaf], principals, _needs_unique(unique, n > 1))
	count({principals[i]["class"] | some i in who}) >= n
}

verdict(rule, principals, true, unique) := {"met": true, "principals": who} if {
	not rule.single
	not problem(rule, true)
	count(principals) <= 64
	who := _apart(rule, principals, unique)
}

verdict(rule, principals, false, unique) := {"met": true, "principals": who} if {
	not rule.single
	not problem(rule, false)
	count(principals) <= 64
	who := _shared(rule, principals, _needs_unique(unique, rule.plural))
}

# METADATA
# title: problem
# description: |
#   Why a rule grants nothing in one way of evaluation: {"code", "message"}.
#   Undefined where it can be evaluated.
problem(rule, _) := {"code": rule.problem, "message": rule.message}

problem(rule, true) := rule.problems.disjoint

problem(rule, false) := rule.problems.shared

# METADATA
# title: candidates
# description: |
#   The indexes of the principals that pass the test of a leaf. With unique,
#   those without a unique-person value are none.
candidates(leaf, principals, unique) := {i |
	some i, principal in principals
	_counts(principal, unique)
	holds(leaf, principal)
}

_counts(_, false)

_counts(principal, true) if principal.unique

# Whoever lacks a unique-person value counts only where one principal is enough.
default _needs_unique(_, _) := false

_needs_unique(true, true) := true

# METADATA
# title: holds
# description: |
#   Whether a principal passes the test of a leaf. One that lacks the property
#   passes none, != and not in included.
holds(leaf, principal) if {
	leaf.name != "id"
	_relates(leaf.op, leaf, principal.properties[leaf.name])
}

# The id is the list of the principal's DIDs: =, in and like hold if one does,
# != and not in if all do.
holds(leaf, principal) if {
	leaf.name == "id"
	not leaf.op in {"!=", "not in", "contains"}
	some did in principal.ids
	_relates(leaf.op, leaf, {"list": false, "values": [["s", did]]})
}

holds(leaf, principal) if {
	leaf.name == "id"
	leaf.op in {"!=", "not in"}
	count(principal.ids) > 0
	every did in principal.ids {
		_relates(leaf.op, leaf, {"list": false, "values": [["s", did]]})
	}
}

holds(leaf, principal) if {
	leaf.name == "id"
	leaf.op == "contains"
	_relates("contains", leaf, {"list": true, "values": [["s", did] | some did in principal.ids]})
}

_relates("is", leaf, have) if {
	have.list
	_meets(leaf, have)
}

_relates("is", leaf, have) if {
	not have.list
	not leaf.list
	have.values[0] == leaf.values[0]
}

_relates("in", leaf, have) if _meets(leaf, have)

# Some pair of members has one kind, and in does not hold.
_relates("not in", leaf, have) if {
	count({v[0] | some v in have.values} & {v[0] | some v in leaf.values}) > 0
	not _meets(leaf, have)
}

_relates("contains", leaf, have) if {
	have.list
	every v in leaf.values {
		v in have.values
	}
}

_relates("like", leaf, have) if {
	not have.list
	have.values[0][0] == "s"
	regex.match(leaf.like, have.values[0][1])
}

_relates("=", leaf, have) if {
	not leaf.list
	_scalar(have) == leaf.values[0]
}

_relates("!=", leaf, have) if {
	[a, b] := _pair(leaf, have)
	a != b
}

_relates("<", leaf, have) if {
	[a, b] := _ordered(leaf, have)
	a < b
}

_relates("<=", leaf, have) if {
	[a, b] := _ordered(leaf, have)
	a <= b
}

_relates(">", leaf, have) if {
	[a, b] := _ordered(leaf, have)
	a > b
}

_relates(">=", leaf, have) if {
	[a, b] := _ordered(leaf, have)
	a >= b
}

_meets(leaf, have) if {
	some v in have.values
	v in leaf.values
}

# What a comparison sees: of a list its size. Its members differ already.
_scalar(have) := have.values[0] if not have.list

_scalar(have) := ["n", count({v | some v in have.values})] if have.list

# The two values of a comparison, where they are of one kind; an instant is
# [seconds, fraction], which compares as instants do.
_pair(leaf, have) := [scalar[1], leaf.values[0][1]] if {
	not leaf.list
	scalar := _scalar(have)
	scalar[0] == leaf.values[0][0]
}

# Booleans are only equal or not.
_ordered(leaf, have) := _pair(leaf, have) if leaf.values[0][0] != "b"

# Disjoint evaluation: the first alternative whose every demand can have
# candidates of its own.
_apart(rule, principals, unique) := who if {
	one := [candidates(leaf, principals, false) | some leaf in rule.leaves]
	several := _several(rule, principals, unique, one)
	classes := [[_classes(who, principals) | some who in tally] | some tally in [one, several]]
	met := [alternative |
		some alternative in rule.alternatives
		_assignable(alternative, classes[_rank(alternative)])
	]
	first := met[0]
	tally := [one, several][_rank(first)]
	who := [i | some i in union({tally[demand[0]] | some demand in first})]
}

_several(_, _, false, one) := one

_several(rule, principals, true, _) := [candidates(leaf, principals, true) | some leaf in rule.leaves]

_classes(who, principals) := {principals[i]["class"] | some i in who}

# 0 for an alternative that takes one principal, 1 for one that takes several.
default _rank(_) := 1

_rank(alternative) := 0 if {
	count(alternative) == 1
	alternative[0][1] == 1
}

# Hall's theorem: every demand can have candidates of its own if and only if
# every set of demands has together at least as many candidates as it counts.
# First the sets of one, which decide most.
_assignable(alternative, classes) if {
	count(alternative) == 1
	[leaf, n] := alternative[0]
	count(classes[leaf]) >= n
}

_assignable(alternative, classes) if {
	count(alternative) == 2
	[[a, n], [b, m]] := alternative
	count(classes[a]) >= n
	count(classes[b]) >= m
	count(classes[a] | classes[b]) >= n + m
}

_assignable(alternative, classes) if {
	count(alternative) > 2
	every demand in alternative {
		count(classes[demand[0]]) >= demand[1]
	}

	# From the scarcest to the most plentiful: a demand with as many candidates
	# as it and all before it count can always be served last, and so can those
	# behind it if they are such.
	slots := sort([[count(classes[demand[0]]), demand[1], demand[0]] | some demand in alternative])
	tight := [i |
		some i, slot in slots
		slot[0] < sum([before[1] | some j, before in slots; j <= i])
	]
	_served(slots, tight, classes)
}

_served(_, [], _)

_served(slots, tight, classes) if {
	count(tight) > 0
	end := tight[count(tight) - 1] + 1
	half := floor(end / 2)
	low := _subsets(array.slice(slots, 0, half), classes)
	high := _subsets(array.slice(slots, half, end), classes)
	not _short(low, high)
}

# Some subset of the one half and some of the other have together fewer
# candidates than they count. The sizes of the two decide most pairs.
_short(low, high) if {
	some [need, size, who] in low
	some [more, other, others] in high
	need + more > size
	need + more > other
	need + more > count(who | others)
}

# Every subset of up to nine slots: [what it counts, size, candidates].
_subsets(slots, classes) := [[need, count(who), who] |
	some members in _members(count(slots))
	need := sum([slots[i][1] | some i in members])
	who := union({classes[slots[i][2]] | some i in members})
]

_members(n) := [[i | some i in numbers.range(0, n - 1); bits.and(set, bits.lsh(1, i)) != 0] |
	some set in numbers.range(0, bits.lsh(1, n) - 1)
]

# Evaluation in which parts may share principals. Counted is how often each node
# of the tree holds; a leaf that is repeated takes different principals each time.
_shared(rule, principals, unique) := [i | some i in union({who | some who in tally})] if {
	tally := [candidates(leaf, principals, unique) | some leaf in rule.leaves]
	classes := [count(_classes(who, principals)) | some who in tally]
	levels := rule.tree.levels
	leaves := [floor(classes[leaf] / n) | some [leaf, n] in rule.tree.leaves]
	l1 := _level(levels, 0, leaves)
	l2 := _level(levels, 1, l1)
	l3 := _level(levels, 2, l2)
	l4 := _level(levels, 3, l3)
	l5 := _level(levels, 4, l4)
	l6 := _level(levels, 5, l5)
	l7 := _level(levels, 6, l6)
	l8 := _level(levels, 7, l7)
	l9 := _level(levels, 8, l8)
	l10 := _level(levels, 9, l9)
	l11 := _level(levels, 10, l10)
	l12 := _level(levels, 11, l11)
	l13 := _level(levels, 12, l12)
	l14 := _level(levels, 13, l13)
	l15 := _level(levels, 14, l14)
	l15[count(l15) - 1] > 0
}

_level(levels, i, counted) := counted if i >= count(levels)

_level(levels, i, counted) := array.concat(counted, [_node(node, counted) | some node in levels[i]]) if {
	i < count(levels)
}

default _node(_, _) := 0

_node(node, counted) := 1 if {
	not node.times
	count([child | some child in node.of; counted[child] > 0]) >= node.need
}

_node(node, counted) := 1 if {
	node.times
	sum([counted[child] | some child in node.of]) >= node.need
}
