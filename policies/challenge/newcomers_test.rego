package procura.challenge_test

import data.procura.challenge

leaf(op, value) := {"name": "x", "op": op, "list": false, "values": [value]}

test_witnesses_pass_their_test if {
	some op in ["=", "!=", "<", "<=", ">", ">=", "in", "is"]
	some typed, told in challenge.witnesses(leaf(op, ["n", 2]))
	data.procura.sgl.holds(leaf(op, ["n", 2]), {"ids": [], "properties": {"x": typed}})
	told.value == 2
}

test_an_instant_is_told_as_text if {
	challenge.told_value(["t", [1577836800, ""]]) == "2020-01-01T00:00:00Z"
	challenge.told_value(["t", [1577836800, "25"]]) == "2020-01-01T00:00:00.25Z"
	not challenge.told_value(["t", [9000000000, ""]])
}

test_a_test_implies_what_every_value_passes if {
	every pair in [
		[">", 3, ">", 3], [">", 3, ">=", 3], [">", 3, "!=", 3], [">", 3, ">", 2], [">", 3, ">=", 2], [">", 3, "!=", 2],
		[">=", 3, ">", 2], ["<", 3, "<=", 3], ["<", 3, "<", 4], ["<=", 3, "!=", 4],
		["!=", 3, "!=", 3], ["not in", 3, "not in", 3],
	] {
		[op, n, other, m] := pair
		challenge.implies(leaf(op, ["n", n]), leaf(other, ["n", m]))
	}
}

test_a_test_implies_nothing_of_another_kind if {
	not challenge.implies(leaf(">", ["n", 3]), leaf(">", ["s", "2"]))
	not challenge.implies(leaf(">", ["n", 3]), object.union(leaf("!=", ["n", 2]), {"list": true}))
}

test_a_test_implies_nothing_else if {
	every pair in [
		[">", 3, ">", 4], [">", 3, "!=", 4], [">=", 3, ">", 3], [">=", 3, "!=", 3], [">", 3, "<", 9], ["<", 3, "<", 2],
		["!=", 3, ">", 3], ["!=", 3, "!=", 4], [">", 3, "not in", 2], [">", 3, "in", 4],
	] {
		[op, n, other, m] := pair
		not challenge.implies(leaf(op, ["n", n]), leaf(other, ["n", m]))
	}
}

test_who_may_have_any_value_passes_no_other_test if {
	newcomer := {"ids": ["?"], "properties": {}, "test": leaf(">", ["n", 3])}
	challenge.passes(leaf(">", ["n", 2]), newcomer)
	not challenge.passes(leaf(">", ["n", 4]), newcomer)
	not challenge.passes(object.union(leaf(">", ["n", 2]), {"name": "y"}), newcomer)
}
