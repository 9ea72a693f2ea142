package procura.challenge_test

import data.procura.challenge

holder(p, id, key) := {
	"at": [p, 0],
	"presentation": {"path": sprintf("/presentations/%d", [p]), "key": key},
	"credential": {
		"path": "c",
		"variant": "V",
		"holder": {name: id | name := "id"; id != ""},
		"derived": {"roles": ["r"], "properties": {}},
	},
}

people(entries) := [member.ids |
	# regal ignore:with-outside-test-context
	some member in challenge.members with challenge.accepted as entries with data.procura.framework as {}
]

test_nobody if people([]) == []

test_one if people([holder(0, "a", "k")]) == [["a"]]

test_two if people([holder(0, "a", "k"), holder(1, "b", "l")]) == [["a"], ["b"]]

test_one_id if people([holder(0, "a", "k"), holder(1, "a", "l")]) == [["a"]]

test_one_key if people([holder(0, "a", "k"), holder(1, "b", "k")]) == [["a", "b"]]

test_transitively if {
	people([holder(0, "a", "k"), holder(1, "b", "l"), holder(2, "c", "m"), holder(3, "b", "k")]) == [["a", "b"], ["c"]]
}

test_by_a_key_alone if people([holder(0, "", "k"), holder(1, "", "l")]) == [[], []]

test_keys_alone_are_one_class if {
	by_itself := {"did:key:a": [0, 1, 1], "did:jwk:a": [0, 1, 1], "did:peer:0a": [0, 1, 1]}
	cases := object.union(by_itself, {"did:peer:2.Va": [0, 0, 0], "did:web:a": [0, 0, 0]})
	every id, classes in cases {
		group := [holder(0, id, "j"), holder(1, "", "k"), holder(2, "", "l")]
		principals := challenge.principals with challenge.accepted as group with data.procura.framework as {}
		[person.class | some person in principals] == classes
	}
}

test_several_keys_without_a_key_alone_are_no_class if {
	group := [holder(0, "did:web:a", "j"), holder(1, "did:web:b", "k")]
	principals := challenge.principals with challenge.accepted as group with data.procura.framework as {}
	[person.class | some person in principals] == [0, 1]
}
