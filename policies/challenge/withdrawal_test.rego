package procura.challenge_test

import data.procura.challenge

# told is the base input with withdrawals; its framework is in version 1.0.0.
told(withdrawals) := object.union(data.fixture.input, {"withdrawn": withdrawals})

# gone is a withdrawal that began before the base input's instant.
gone(version, successor) := {
	"version": version,
	"uri": data.fixture.framework.uri,
	"successor": successor,
	"derived": {"from": 1},
}

test_a_withdrawn_version_permits_nothing if {
	every withdrawal in [
		gone(data.fixture.framework.version, ""),
		gone(data.fixture.framework.version, "9.0.0"),
		gone(data.fixture.framework.version, data.fixture.framework.version),
		object.remove(gone(data.fixture.framework.version, ""), ["successor"]),
		object.remove(gone(data.fixture.framework.version, ""), ["derived"]),
		object.union(gone(data.fixture.framework.version, ""), {"derived": {"from": data.fixture.input.derived.now}}),
	] {
		decision := challenge.decision with input as told([withdrawal])
			with data.procura.framework as data.fixture.framework
		decision.decision == "deny"
		decision.credentials[0].accepted == false
		"framework.withdrawn" in codes(decision)
	}
}

test_one_that_is_to_be_withdrawn_permits_until_then if {
	ahead := data.fixture.input.derived.now + 1000000000
	withdrawal := object.union(gone(data.fixture.framework.version, ""), {"derived": {"from": ahead}})
	decision := challenge.decision with input as told([withdrawal]) with data.procura.framework as data.fixture.framework
	decision.decision == "permit"
	time.parse_rfc3339_ns(decision.validUntil) == ahead
}

test_another_that_is_withdrawn_changes_nothing if {
	decision := challenge.decision with input as told([gone("0.9.0", "")])
		with data.procura.framework as data.fixture.framework
	decision.decision == "permit"
	not decision.credentials[0].named
}

# named_as is the base input whose credential names another version, at another uri.
named_as(version, withdrawals) := object.union(
	asked([
		{"op": "add", "path": "named", "value": version},
		{"op": "add", "path": "trustFrameworkURI", "value": "https://former.example"},
	]),
	{"withdrawn": withdrawals},
)

former(version, successor) := object.union(gone(version, successor), {"uri": "https://former.example"})

test_the_successor_decides if {
	every withdrawals in [
		[former("0.9.0", data.fixture.framework.version)],
		[former("0.9.0", "0.9.5"), gone("0.9.5", data.fixture.framework.version)],
	] {
		decision := challenge.decision with input as named_as("0.9.0", withdrawals)
			with data.procura.framework as data.fixture.framework
		decision.decision == "permit"
		decision.credentials[0].named == "0.9.0"
	}
}

test_no_other_takes_the_place if {
	ahead := object.union(former("0.9.0", data.fixture.framework.version), {"derived": {"from": 9000000000000000000}})
	every code, withdrawals in {
		"framework.withdrawn": [former("0.9.0", "")],
		"framework.mixed": [ahead],
		"framework.mismatch": [gone("0.9.0", data.fixture.framework.version)],
	} {
		decision := challenge.decision with input as named_as("0.9.0", withdrawals)
			with data.procura.framework as data.fixture.framework
		decision.decision == "deny"
		code in codes(decision)
	}
}

test_a_chain_of_successors_that_does_not_lead_here_permits_nothing if {
	every withdrawals in [
		[former("0.9.0", "0.9.5")],
		[former("0.9.0", "0.9.5"), gone("0.9.5", "0.9.0")],
		[
			former("0.9.0", "0.9.5"),
			gone("0.9.5", data.fixture.framework.version),
			gone(data.fixture.framework.version, "2.0.0"),
		],
	] {
		decision := challenge.decision with input as named_as("0.9.0", withdrawals)
			with data.procura.framework as data.fixture.framework
		decision.decision == "deny"
		"framework.withdrawn" in codes(decision)
	}
}
