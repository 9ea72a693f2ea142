package procura.challenge_test

import data.procura.challenge

day := 86400000000000

# heard_at is the base input where withdrawals were heard of some ns before its instant.
heard_at(age) := json.patch(data.fixture.input, [{
	"op": "replace",
	"path": "/derived/withdrawalsAsOf",
	"value": data.fixture.input.derived.now - age,
}])

# unheard is the base input, which does not say when withdrawals were heard of.
unheard := json.patch(data.fixture.input, [
	{"op": "remove", "path": "/withdrawalsAsOf"},
	{"op": "remove", "path": "/derived/withdrawalsAsOf"},
])

test_withdrawals_are_heard_of_within_the_age if {
	minute_ns := 60000000000
	every case in [
		[0, "permit", set()],
		[day, "permit", set()],
		[day + 1, "deny", {"framework.stale"}],
		[0 - minute_ns, "permit", set()],
		[-1 - minute_ns, "deny", {"clock.behind"}],
	] {
		[age, want, found] := case
		decision := challenge.decision with input as heard_at(age) with data.procura.framework as data.fixture.framework
		decision.decision == want
		codes(decision) & {"framework.stale", "clock.behind"} == found
	}
}

test_what_is_stale_has_no_remedy if {
	decision := challenge.decision with input as heard_at(day + 1) with data.procura.framework as data.fixture.framework
	decision.needs == []
	decision.needsComplete == true
	{[reason.code, reason.path] | some reason in decision.reasons; reason.code == "framework.stale"} == {
		["framework.stale", ""],
		["framework.stale", data.fixture.input.presentations[0].credentials[0].path],
	}
}

test_a_permit_ends_when_withdrawals_must_be_heard_again if {
	decision := challenge.decision with input as heard_at(day - 1000000000)
		with data.procura.framework as data.fixture.framework
	decision.decision == "permit"
	time.parse_rfc3339_ns(decision.validUntil) == data.fixture.input.derived.now + 1000000000
}

test_what_cannot_be_read_was_not_heard if {
	decision := challenge.decision with input as json.remove(data.fixture.input, ["/derived/withdrawalsAsOf"])
		with data.procura.framework as data.fixture.framework
		with data.procura.withdrawals as bundled([], data.fixture.input.derived.now)
	decision.decision == "deny"
	"framework.stale" in codes(decision)
}

# bundled is what a bundle tells.
bundled(list, as_of) := {"asOf": as_of, "of": {data.fixture.framework.name: list}}

test_the_bundle_tells_where_the_input_does_not if {
	now := data.fixture.input.derived.now
	version := data.fixture.framework.version
	every case in [
		[bundled([], now), "permit", set()],
		[bundled([], now - day), "permit", set()],
		[bundled([], (now - day) - 1), "deny", {"framework.stale"}],
		[{}, "deny", {"framework.stale"}],
		[bundled([gone(version, "")], now), "deny", {"framework.withdrawn"}],
		[bundled([gone("0.9.0", "")], now), "permit", set()],
	] {
		[told_by, want, found] := case
		decision := challenge.decision with input as unheard
			with data.procura.framework as data.fixture.framework
			with data.procura.withdrawals as told_by
		decision.decision == want
		codes(decision) & {"framework.stale", "framework.withdrawn"} == found
	}
}

test_what_the_input_adds_counts_beside_the_bundle if {
	version := data.fixture.framework.version
	told_by := bundled([gone("0.9.0", "")], data.fixture.input.derived.now)
	told_here := object.union(unheard, {"withdrawn": [gone(version, ""), gone("0.9.0", "")]})
	decision := challenge.decision with input as told_here
		with data.procura.framework as data.fixture.framework
		with data.procura.withdrawals as told_by
	decision.decision == "deny"
	"framework.withdrawn" in codes(decision)
}

test_the_bundle_adds_nothing_to_what_the_input_tells if {
	told_by := bundled([gone(data.fixture.framework.version, "")], 0)
	decision := challenge.decision with input as data.fixture.input
		with data.procura.framework as data.fixture.framework
		with data.procura.withdrawals as told_by
	decision.decision == "permit"
}
