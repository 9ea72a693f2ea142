package procura.challenge_test

import data.procura.challenge

test_what_binds_every_verifier if {
	found := challenge.obligations with input as data.fixture.input with data.procura.framework as data.fixture.framework
	[duty.id | some duty in found] == ["record"]
}

test_no_obligations_without_a_grant if {
	found := challenge.obligations with input as data.fixture.input
		with data.procura.framework as data.fixture.framework
		with challenge.grants as []
	found == []
}

test_unsupported if {
	every case in [[["record"], 0], [["other"], 1], [[], 1]] {
		[supported, want] := case
		found := challenge.unsupported with input as data.fixture.input
			with input.request.supportedObligations as supported
			with data.procura.framework as data.fixture.framework
		count(found) == want
	}
}
