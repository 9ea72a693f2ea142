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
