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
#   unique: the framework names a unique-person attribute; whoever lacks it counts
#   only where one principal is enough.
#   Gives {"met": bool, "principals": [index]}: ascending, the candidates of the
#   first alternative that is met, or of any leaf where parts share principals.
#   Not met, never undefined, for a rule with a problem or a group above 64.
default verdict(_, _, _, _) := {"met": false, "principals": []}

# Most rules: one test, passed by so many.
verdict(rule, principals, disjoint, unique) := {"met": true, "principals": [i | some i in who]} if {
	not rule.problem
	[leaf, n] := rule.single
	who := candidates(rule.leaves[leaf], principals, [unique, n > 1] == [true, true])
	count({principals[i].class | some i in who}) >= n
	count(principals) <= 64
} else := {"met": true, "principals": who} if {
	disjoint == true
	not rule.single
	not problem(rule, true)
	count(principals) <= 64
	who := _apart(rule, principals, unique)
} else := {"met": true, "principals": who} if {
	disjoint == false
	not rule.single
	not problem(rule, false)
	count(principals) <= 64
	who := _shared(rule, principals, [unique, rule.plural] == [true, true])
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
candidates(leaf, principals, false) := {i |
	some i, principal in principals
	some value in principal.properties[leaf.name].values
	value in leaf.values
} if {
	leaf.op == "in"
	leaf.name != "id"
} else := {i |
	some i, principal in principals
	holds(leaf, principal)
}

candidates(leaf, principals, true) := {i |
	some i, principal in principals
	principal.unique
	holds(leaf, principal)
}

# METADATA
# title: holds
# description: |
#   Whether a principal passes the test of a leaf. One that lacks the property
#   passes none, != and not in included.
holds(leaf, principal) if {
	leaf.name != "id"
	_relates(leaf.op, leaf, principal.properties[leaf.name])
} else if {
	leaf.name == "id"
	_identifies(leaf.op, leaf, principal.ids)
}

# The id is the list of the principal's DIDs: =, in and like hold if one does,
# != and not in if all do.
_identifies(op, leaf, ids) if {
	not op in {"!=", "not in", "contains"}
	some did in ids
	_relates(op, leaf, {"list": false, "values": [["s", did]]})
} else if {
	op in {"!=", "not in"}
	count(ids) > 0
	every did in ids {
		_relates(op, leaf, {"list": false, "values": [["s", did]]})
	}
} else if {
	op == "contains"
	_relates(op, leaf, {"list": true, "values": [["s", did] | some did in ids]})
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
_apart(rule, principals, false) := who if {
	tally := [candidates(leaf, principals, false) | some leaf in rule.leaves]
	classes := [{principals[i].class | some i in found} | some found in tally]
	met := [alternative |
		some alternative in rule.alternatives
		_assignable(alternative, classes)
	]
	first := met[0]
	who := _union([tally[demand[0]] | some demand in first])
}

# Whoever lacks a unique-person value counts in alternatives of rank 0 alone.
_apart(rule, principals, true) := who if {
	tallies := [[candidates(leaf, principals, unique) | some leaf in rule.leaves] | some unique in [false, true]]
	classes := [[{principals[i].class | some i in found} | some found in tally] | some tally in tallies]
	met := [alternative |
		some alternative in rule.alternatives
		_assignable(alternative, classes[_rank(alternative)])
	]
	first := met[0]
	tally := tallies[_rank(first)]
	who := _union([tally[demand[0]] | some demand in first])
}

_union(sets) := [i | some i in union({set | some set in sets})]

# 0 for an alternative that takes one principal, 1 for one that takes several.
_rank(alternative) := 0 if {
	count(alternative) == 1
	alternative[0][1] == 1
} else := 1

# Hall's theorem: every demand can have candidates of its own if and only if
# every set of demands has together at least as many candidates as it counts.
# First the sets of one, which decide most.
_assignable([[leaf, n]], classes) if count(classes[leaf]) >= n

_assignable([[a, n], [b, m]], classes) if {
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
_shared(rule, principals, unique) := _union(tally) if {
	tally := [candidates(leaf, principals, unique) | some leaf in rule.leaves]
	classes := [count({principals[i].class | some i in found}) | some found in tally]
	leaves := [floor(classes[leaf] / n) | some [leaf, n] in rule.tree.leaves]
	counted := _up(rule.tree.levels, leaves)
	counted[count(counted) - 1] > 0
}

# As many levels as there are; most rules have one or two.
_up(levels, leaves) := _level(levels, 0, leaves) if {
	count(levels) == 1
} else := _level(levels, 1, _level(levels, 0, leaves)) if {
	count(levels) == 2
} else := l15 if {
	l3 := _level(levels, 2, _level(levels, 1, _level(levels, 0, leaves)))
	l6 := _level(levels, 5, _level(levels, 4, _level(levels, 3, l3)))
	l9 := _level(levels, 8, _level(levels, 7, _level(levels, 6, l6)))
	l12 := _level(levels, 11, _level(levels, 10, _level(levels, 9, l9)))
	l15 := _level(levels, 14, _level(levels, 13, _level(levels, 12, l12)))
}

_level(levels, i, counted) := array.concat(counted, [_node(node, counted) | some node in levels[i]]) if {
	i < count(levels)
} else := counted

_node(node, counted) := 1 if {
	not node.times
	count([child | some child in node.of; counted[child] > 0]) >= node.need
} else := 1 if {
	node.times
	sum([counted[child] | some child in node.of]) >= node.need
} else := 0
