package procura.challenge_test

import data.procura.challenge

named(id) := {"proxied": {"id": id}, "derived": {"attributes": {}, "requested": {}}}

nameless(attributes, requested) := {"proxied": {}, "derived": {"attributes": attributes, "requested": requested}}

test_ids_agree if {
	challenge.agrees(named("a")) with input.request.proxied as {"id": "a"}
	challenge.agrees(named("a")) with input.request.proxied as {"attributes": {}}
	challenge.agrees(nameless({}, {})) with input.request.proxied as {"id": "a"}
	not challenge.agrees(named("a")) with input.request.proxied as {"id": "b"}
}

test_each_attribute_of_the_request_is_disclosed_and_equal if {
	request := {"attributes": {"x": "1", "y": "2"}}
	challenge.agrees(nameless({"x": "1", "y": "2", "z": "3"}, {"x": "1", "y": "2"})) with input.request.proxied as request
	not challenge.agrees(nameless({"x": "1", "y": "3"}, {"x": "1", "y": "2"})) with input.request.proxied as request
	not challenge.agrees(nameless({"x": "1"}, {"x": "1", "y": "2"})) with input.request.proxied as request
	not challenge.agrees(nameless({"x": "1"}, {"x": "1"})) with input.request.proxied as request
	not challenge.agrees({"proxied": {}, "derived": {}}) with input.request.proxied as request
}

test_identified_by_id_or_by_one_whole_rule if {
	challenge.identified(named("a"), []) with input.request.proxied.id as "a"
	not challenge.identified(named("a"), []) with input.request.proxied as {}
	challenge.identified(nameless({}, {"x": "1", "y": "2"}), [["z"], ["x", "y"]]) with input.request.proxied as {}
	not challenge.identified(nameless({}, {"x": "1"}), [["z"], ["x", "y"]]) with input.request.proxied as {}
	not challenge.identified(nameless({}, {"x": "1"}), [[]]) with input.request.proxied as {}
	not challenge.identified(nameless({}, {"x": "1"}), []) with input.request.proxied as {}
}

entry(variant, id, attributes) := {"credential": {
	"variant": variant,
	"proxied": {"id": id},
	"derived": {"attributes": attributes},
}}

test_two_identities_are_ambiguous if {
	every case in [
		[entry("Nurse", "x", {}), entry("Nurse", "x", {}), false],
		[entry("Nurse", "x", {}), entry("Nurse", "y", {}), true],
		[entry("Nurse", "x", {"firstName": "1"}), entry("Nurse", "x", {"firstName": "2"}), true],
		[entry("Nurse", "x", {"firstName": "1"}), entry("Nurse", "x", {}), false],
		[entry("Nurse", "x", {"height": "1"}), entry("Nurse", "x", {"height": "2"}), false],
	] {
		[a, b, want] := case
		got := [1 |
			challenge.ambiguous with challenge.holding as [a, b]
				with data.procura.framework as data.fixture.framework
		]
		count(got) == 1 == want
	}
}
