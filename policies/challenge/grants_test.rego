package procura.challenge_test

import data.procura.challenge

test_granted_by_the_credentials_rule if {
	granted := challenge.grants with input as data.fixture.input with data.procura.framework as data.fixture.framework
	granted == [{
		"name": "food",
		"granted": true,
		"rule": 4,
		"credential": "/presentations/0/verifiableCredential/0",
		"principals": [0],
	}]
}

test_the_frameworks_rule_is_first if {
	granted := challenge.grant("travel") with input as data.fixture.input
		with input.derived.names as {"travel": "travel"}
		with data.procura.framework as data.fixture.framework
	granted == {"name": "travel", "granted": true, "rule": 1, "principals": [0]}
}

test_a_framework_rule_sees_its_variants if {
	operation := {"op": "replace", "path": "/rules/1/variants", "value": {"Nurse": true}}
	framework := json.patch(data.fixture.framework, [operation])
	granted := challenge.grant("travel") with input as data.fixture.input
		with input.derived.names as {"travel": "travel"}
		with data.procura.framework as framework
	granted.granted == false
}

test_a_verdict_that_is_undefined_grants_nothing if {
	granted := challenge.grants with input as data.fixture.input with data.procura.framework as data.fixture.framework
		with data.procura.sgl.verdict as {"met": "true"}
	granted == [{"name": "food", "granted": false, "principals": []}]
}

test_disjoint_unless_the_framework_says_otherwise if {
	challenge.disjoint with data.procura.framework as {} with input as {}
	challenge.disjoint with data.procura.framework.disjoint as "false" with input as {}
	not challenge.disjoint with data.procura.framework.disjoint as false with input as {}
	challenge.disjoint with data.procura.framework.disjoint as false with input.request.disjoint as true
}

test_more_than_64_principals_are_not_asked if {
	granted := challenge.grants with input as data.fixture.input with data.procura.framework as data.fixture.framework
		with challenge.overfull as true
	granted[0].granted == false
}

test_a_level_above_that_is_undefined_is_missed if {
	not challenge.kept("food") with input as data.fixture.input
		with data.procura.framework as data.fixture.framework
		with challenge.hanging as [1]
		with challenge.raised_views as []
}
