package procura.challenge_test

import data.procura.challenge

test_base_permits if {
	decision := challenge.decision with input as data.fixture.input with data.procura.framework as data.fixture.framework
	decision.decision == "permit"
	decision.validUntil == "2026-11-22T12:59:30Z"
	decision.reasons == []
}

test_nothing_denies if {
	decision := challenge.decision with input as {} with data.procura.framework as data.fixture.framework
	decision.decision == "deny"
}

test_any_other_input_denies if {
	every value in [null, true, 1, "permit", [], [data.fixture.input], {"request": null}, {"presentations": {}}] {
		decision := challenge.decision with input as value with data.procura.framework as data.fixture.framework
		decision.decision == "deny"
	}
}

test_what_was_refused_is_told if {
	refused := [{"code": "proof.invalid", "message": "m", "path": "/presentations/9", "credential": "/presentations/9/c"}]
	decision := challenge.decision with input as object.union(data.fixture.input, {"refused": refused})
		with data.procura.framework as data.fixture.framework
	decision.decision == "permit"
	codes(decision) == {"proof.invalid"}
	decision.credentials[1] == {"path": "/presentations/9/c", "digest": "", "accepted": false}
}

test_the_earliest_end if {
	until := challenge.valid_until with challenge.accepted as [{
		"presentation": {"derived": {"receivedAt": 10}},
		"credential": {"derived": {"validUntil": 50}},
		"outcomes": [{"until": 30}, {}],
	}]
		with challenge.limits as {"groupMaxAge": 100}
	until == 30
}
