package procura.challenge_test

import data.procura.challenge

minute := 60000000000

at(signed, received) := {"signedAt": "x", "derived": {"signedAt": signed, "receivedAt": received}}

test_timely_bounds if {
	now := data.fixture.input.derived.now
	cases := [
		[now, now, true],
		[now - (5 * minute), now, true],
		[(now - (5 * minute)) - 1, now, false],
		[now + minute, now, true],
		[(now + minute) + 1, now, false],
		[now + minute, now + minute, true],
		[(now + minute) + 1, (now + minute) + 1, false],
		[now - (60 * minute), now - (60 * minute), true],
		[(now - (60 * minute)) - 1, (now - (60 * minute)) - 1, false],
	]
	every case in cases {
		[signed, received, want] := case
		got := [1 |
			challenge.timely(at(signed, received)) with input as data.fixture.input
				with data.procura.framework as data.fixture.framework
		]
		count(got) == 1 == want
	}
}

test_the_strictest_limit_holds if {
	limits := challenge.limits with input as {"derived": {"names": {"food": "food", "surgery": "surgery"}}}
		with data.procura.framework as data.fixture.framework
	limits == {
		"clockSkew": minute,
		"frameworkMaxAge": 1440 * minute,
		"groupMaxAge": 60 * minute,
		"presentationMaxAge": minute,
	}
}

test_what_says_nothing_was_signed_when_the_challenge_opened if {
	challenge.signed_at({"derived": {}}) == 1795348680000000000 with input.request.openedAt as "2026-11-22T11:58:00Z"
	not challenge.signed_at({"derived": {}}) with input.request as {}
	not challenge.signed_at({"signedAt": "soon", "derived": {}}) with input.request.openedAt as "2026-11-22T11:58:00Z"
}

test_dates_by_mode if {
	cases := [
		["required", {"validUntil": "x", "derived": {"validUntil": 2}}, true],
		["optional", {"validUntil": "x", "derived": {"validUntil": 2}}, true],
		["none", {"validUntil": "x", "derived": {"validUntil": 2}}, false],
		["required", {"validUntil": "x", "derived": {"validUntil": 1}}, false],
		["required", {"derived": {}}, false],
		["optional", {"derived": {}}, true],
		["none", {"derived": {}}, true],
		["optional", {"validUntil": "x", "derived": {}}, false],
	]
	every case in cases {
		[mode, credential, want] := case
		got := [1 | challenge.unexpired(credential, mode) with input.derived.now as 1]
		count(got) == 1 == want
	}
}

# What is optional might be withheld: with a digest that nothing discloses at
# the top level it is demanded.
test_withheld_is_not_absent if {
	dated := {"withheld": true, "validFrom": "x", "validUntil": "x", "derived": {"validFrom": 1, "validUntil": 2}}
	cases := [
		["optional", {"withheld": true, "derived": {}}, false],
		["none", {"withheld": true, "derived": {}}, true],
		["optional", dated, true],
	]
	every case in cases {
		[mode, credential, want] := case
		got := [1 |
			challenge.unexpired(credential, mode) with input.derived.now as 1
			challenge.begun(credential, mode) with input.derived.now as 1 with challenge.limits as {"clockSkew": 0}
		]
		count(got) == 1 == want
	}
}
