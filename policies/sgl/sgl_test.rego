package procura.sgl_test

import data.procura.sgl

# person makes a principal with roles.
person(class, roles) := {
	"ids": [sprintf("did:%v", [class])],
	"class": class,
	"unique": true,
	"properties": {"roles": {"list": true, "values": [["s", role] | some role in roles]}},
}

role(name) := {"name": "roles", "op": "in", "list": false, "values": [["s", name]]}

single(leaf, n) := {"leaves": [leaf], "alternatives": [[[0, n]]], "single": [0, n], "plural": n > 1}

# An all of two roles.
both := {
	"leaves": [role("employee"), role("investor")],
	"alternatives": [[[0, 1], [1, 1]]],
	"tree": {"leaves": [[0, 1], [1, 1]], "levels": [[{"node": 2, "need": 2, "of": [0, 1]}]]},
	"plural": true,
}

denied := {"met": false, "principals": []}

test_role_is_held if {
	group := [person(0, ["friend"]), person(1, ["parent", "friend"])]
	sgl.verdict(single(role("parent"), 1), group, true, false) == {"met": true, "principals": [1]}
}

test_role_is_not_held if {
	sgl.verdict(single(role("parent"), 1), [person(0, ["friend"])], true, false) == denied
}

test_empty_group_is_denied if {
	sgl.verdict(single(role("parent"), 1), [], true, false) == denied
	sgl.verdict(both, [], true, false) == denied
	sgl.verdict(both, [], false, false) == denied
}

test_counts_classes if {
	rule := single(role("parent"), 2)
	sgl.verdict(rule, [person(0, ["parent"]), person(0, ["parent"])], true, false) == denied
	two := [person(0, ["parent"]), person(1, ["parent"])]
	sgl.verdict(rule, two, true, false) == {"met": true, "principals": [0, 1]}
}

test_disjoint_takes_two_people if {
	one := [person(0, ["employee", "investor"])]
	sgl.verdict(both, one, true, false) == denied
	sgl.verdict(both, one, false, false) == {"met": true, "principals": [0]}
	two := [person(0, ["employee", "investor"]), person(1, ["investor"])]
	sgl.verdict(both, two, true, false) == {"met": true, "principals": [0, 1]}
}

test_without_a_unique_value_counts_alone if {
	group := [object.union(person(0, ["parent"]), {"unique": false}), person(1, ["parent"])]
	sgl.verdict(single(role("parent"), 1), group, true, true) == {"met": true, "principals": [0, 1]}
	sgl.verdict(single(role("parent"), 2), group, true, true) == denied
	sgl.verdict(single(role("parent"), 2), group, true, false) == {"met": true, "principals": [0, 1]}
}

# Three demands of which every two could be served: Hall's test beyond pairs.
test_three_demands_of_two_people if {
	rule := {
		"leaves": [role("a"), role("b"), role("c")],
		"alternatives": [[[0, 1], [1, 1], [2, 1]]],
		"plural": true,
	}
	two := [person(0, ["a", "b", "c"]), person(1, ["a", "b", "c"])]
	sgl.verdict(rule, two, true, false) == denied
	three := array.concat(two, [person(2, ["c"])])
	sgl.verdict(rule, three, true, false) == {"met": true, "principals": [0, 1, 2]}
}

test_first_met_alternative_names_the_principals if {
	rule := {
		"leaves": [role("a"), role("b"), role("c")],
		"alternatives": [[[0, 1]], [[1, 1]], [[2, 1]]],
		"plural": false,
	}
	group := [person(0, ["c"]), person(1, ["b"]), person(2, ["b", "c"])]
	sgl.verdict(rule, group, true, false) == {"met": true, "principals": [1, 2]}
}

test_repeated_leaf_matches_with_others_each_time if {
	rule := {
		"leaves": [role("a"), role("b")],
		"alternatives": [],
		"tree": {"leaves": [[0, 2], [1, 1]], "levels": [[{"node": 2, "need": 3, "of": [0, 1], "times": true}]]},
		"plural": true,
	}
	three := [person(i, ["a"]) | some i in numbers.range(0, 2)]
	sgl.verdict(rule, array.concat(three, [person(3, ["b"])]), false, false) == denied
	sgl.verdict(rule, array.concat(three, [person(3, ["b"]), person(4, ["b"])]), false, false).met
}

test_problem_is_never_met if {
	group := [person(0, ["parent"])]
	broken := object.union(both, {"problem": "sgl.invalid", "message": "m"})
	sgl.verdict(broken, group, true, false) == denied
	sgl.verdict(broken, group, false, false) == denied
	sgl.verdict(object.union(single(role("parent"), 1), {"problem": "sgl.invalid"}), group, true, false) == denied
	sgl.problem(broken, true) == {"code": "sgl.invalid", "message": "m"}
}

test_problem_of_one_way_leaves_the_other if {
	found := {"code": "sgl.too_complex", "message": "m"}
	rule := object.union(both, {"problems": {"disjoint": found}})
	two := [person(0, ["employee"]), person(1, ["investor"])]
	sgl.verdict(rule, two, true, false) == denied
	sgl.verdict(rule, two, false, false).met
	sgl.problem(rule, true) == found
	not sgl.problem(rule, false)
}

test_group_above_64_is_denied if {
	group := [person(i, ["parent"]) | some i in numbers.range(0, 64)]
	sgl.verdict(single(role("parent"), 1), group, true, false) == denied
	sgl.verdict(single(role("parent"), 1), array.slice(group, 0, 64), true, false).met
}

test_undefined_is_denied if {
	sgl.verdict({}, [person(0, ["parent"])], true, false) == denied
	sgl.verdict(single(role("parent"), 1), [{}], true, false) == denied
	sgl.verdict(single(role("parent"), 1), null, true, false) == denied
	sgl.verdict(null, [person(0, ["parent"])], true, false) == denied
	sgl.verdict(both, [person(0, ["employee"]), person(1, ["investor"])], null, false) == denied
}

test_bad_pattern_is_denied if {
	leaf := {"name": "x", "op": "like", "list": false, "values": [["s", "("]], "like": "("}
	principal := {"ids": [], "class": 0, "unique": true, "properties": {"x": {"list": false, "values": [["s", "a"]]}}}
	not sgl.holds(leaf, principal)
}

test_kinds_never_compare if {
	principal := {"ids": [], "class": 0, "unique": true, "properties": {"x": {"list": false, "values": [["s", "1"]]}}}
	every op in ["=", "!=", "<", "<=", ">", ">=", "in", "not in", "is"] {
		not sgl.holds({"name": "x", "op": op, "list": false, "values": [["n", 1]]}, principal)
	}
}

test_candidates_are_indexes if {
	group := [person(0, ["parent"]), person(1, []), object.union(person(2, ["parent"]), {"unique": false})]
	sgl.candidates(role("parent"), group, false) == {0, 2}
	sgl.candidates(role("parent"), group, true) == {0}
}
