package procura.challenge_test

import data.procura.challenge

held(variant, role, properties) := {
	"at": [0, 0],
	"presentation": {"path": "/presentations/0", "key": "k"},
	"credential": {
		"variant": variant,
		"holder": {"id": "a"},
		"derived": {"roles": [role], "properties": properties},
	},
}

scalar(value) := {"list": false, "values": [["s", value]]}

test_roles_are_united_and_a_conflict_is_absent if {
	group := [held("A", "r", {"x": scalar("1"), "y": scalar("1")}), held("B", "s", {"x": scalar("2")})]
	principals := challenge.principals with challenge.accepted as group with data.procura.framework as {}
	principals[0].properties == {"roles": {"list": true, "values": [["s", "r"], ["s", "s"]]}, "y": scalar("1")}
}

test_a_framework_rule_sees_its_variants_alone if {
	group := [held("A", "r", {"x": scalar("1")}), held("B", "s", {"y": scalar("2")})]
	people := seen_by_b with challenge.accepted as group with data.procura.framework as {}
	people[0].properties == {"roles": {"list": true, "values": [["s", "s"]]}, "y": scalar("2")}
}

test_one_of_whom_nothing_is_seen_has_no_roles if {
	group := [held("A", "r", {})]
	people := seen_by_b with challenge.accepted as group with data.procura.framework as {}
	people[0].properties == {}
	people[0].ids == ["a"]
}

test_a_conflict_is_absent_in_every_view if {
	group := [held("A", "r", {"x": scalar("1")}), held("B", "s", {"x": scalar("2")})]
	people := seen_by_b with challenge.accepted as group with data.procura.framework as {}
	people[0].properties == {"roles": {"list": true, "values": [["s", "s"]]}}
}

seen_by_b := challenge.seen_by({"B": true}, challenge.here)
