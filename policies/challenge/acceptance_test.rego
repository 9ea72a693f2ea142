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

test_nothing_is_assumed if challenge.assumed == {"credentials": [], "cooperating": [], "lists": [], "effort": 0}

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

# The one party is known by a key alone, which may be another key of the attester.
test_a_party_known_by_a_key_alone_does_not_attest if {
	unknown := json.patch(data.fixture.input, [
		{"op": "remove", "path": "/presentations/0/credentials/0/holder/id"},
		{"op": "replace", "path": "/presentations/0/holder", "value": "urn:ietf:params:oauth:jwk-thumbprint:sha-256:k"},
	])
	cases := {"did:web:elder.example": 0, "did:peer:2.Vz6.Az6": 0, "did:key:z6": 1, "did:jwk:eyJ": 1, "did:peer:0z6": 1}
	every issuer, attests in cases {
		attestation := {"issuer": issuer, "registries": ["camp-attesters"], "key": "k"}
		counted := [1 | challenge.attests(attestation, "ChildGuardian")] with input as unknown
			with data.procura.framework as data.fixture.framework
		count(counted) == attests
	}
}
