package procura.challenge_test

import data.procura.challenge

test_base_is_accepted if {
	count(challenge.accepted) == 1 with input as data.fixture.input with data.procura.framework as data.fixture.framework
}

test_four_constraints_hold if {
	found := challenge.judged[0].outcomes with input as data.fixture.input
		with data.procura.framework as data.fixture.framework
	[outcome.outcome | some outcome in found] == ["holds", "holds", "holds", "holds"]
}

test_outcomes_that_are_undefined_are_missed if {
	entry := {"at": [0, 0], "outcomes": [], "credential": {"derived": {"constraints": [{}]}}}
	not challenge.holds(entry) with data.procura.framework as data.fixture.framework
}

test_constraints_that_are_absent_do_not_hold if {
	not challenge.holds({"at": [0, 0], "outcomes": [], "credential": {"derived": {}}})
}

test_nothing_is_assumed if challenge.assumed == {"credentials": [], "cooperating": [], "effort": 0}

test_nobody_attests_without_attesters if {
	framework := object.union(data.fixture.framework, {"attesters": []})
	attestation := {"issuer": "did:example:elder", "registries": ["camp-attesters"], "key": "k"}
	not challenge.attests(attestation, "ChildGuardian") with input as data.fixture.input
		with data.procura.framework as framework
}

test_a_party_does_not_attest if {
	attestation := {"issuer": "did:example:parent", "registries": ["camp-attesters"], "key": "k"}
	not challenge.attests(attestation, "ChildGuardian") with input as data.fixture.input
		with data.procura.framework as data.fixture.framework
}
