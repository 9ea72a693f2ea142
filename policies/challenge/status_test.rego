package procura.challenge_test

import data.procura.challenge

hour := 60 * minute

now := data.fixture.input.derived.now

# statuses are the base input with what is known of its credential's status.
statuses(entries) := put("status", entries)

# revocation is what a list of the credential's issuer says, signed a minute ago.
revocation(value) := {
	"path": "/credentialStatus",
	"type": "BitstringStatusListEntry",
	"purpose": "revocation",
	"list": "https://lists.example/1",
	"value": value,
	"issuer": data.fixture.input.presentations[0].credentials[0].issuer,
	"derived": {"signedAt": now - minute},
}

token(value) := object.union(object.remove(revocation(value), ["purpose"]), {"type": "status_list"})

but(entry, changes) := object.union(entry, changes)

# asking is the fixture's framework, of which every variant has a status, not older
# than an hour.
asking(mode) := json.patch(data.fixture.framework, array.concat(
	[{"op": "replace", "path": sprintf("/variants/%s/validity/status", [name]), "value": mode} |
		some name, _ in data.fixture.framework.variants
	],
	[{"op": "add", "path": "/freshness/default/statusMaxAge", "value": hour}],
))

test_what_passes if {
	passing := [
		[revocation(0)],
		[token(0)],
		[revocation(0), but(revocation(0), {"purpose": "suspension"})],
		[revocation(0), but(revocation(1), {"purpose": "refresh"})],
		[revocation(0), but(revocation(0), {"purpose": "message"})],
		[but(revocation(0), {"derived": {"signedAt": now - hour}})],
		[but(revocation(0), {"validUntil": "x", "derived": {"signedAt": now, "validUntil": now + 1}})],
		[but(revocation(0), {"derived": {"signedAt": now + minute}})],
	]
	every entries in passing {
		decision := challenge.decision with input as statuses(entries)
			with data.procura.framework as asking("required")
		decision.decision == "permit"
	}
}

test_what_does_not if {
	refused := [
		["status.revoked", [revocation(1)]],
		["status.revoked", [revocation(255)]],
		["status.revoked", [token(1)]],
		["status.suspended", [token(2)]],
		["status.suspended", [revocation(0), but(revocation(3), {"purpose": "suspension"})]],
		["status.unknown", [token(3)]],
		["status.unknown", [revocation(0), but(revocation(1), {"purpose": "message"})]],
		["status.unknown", [revocation(0), but(revocation(0), {"purpose": "mood"})]],
		["status.unknown", [but(revocation(0), {"value": "0"})]],
		["status.refused", [but(revocation(0), {"issuer": "did:example:other"})]],
		["status.range", [object.union(revocation(0), {"problem": "status.range"})]],
		["status.invalid", [but(revocation(0), {"derived": {"signedAt": now, "validFrom": (now + minute) + 1}})]],
		["status.stale", [but(revocation(0), {"derived": {"signedAt": (now - hour) - 1}})]],
		["status.stale", [object.union(object.remove(revocation(0), ["derived"]), {"derived": {}})]],
		["status.stale", [but(revocation(0), {"validUntil": "x", "derived": {"signedAt": now, "validUntil": now}})]],
		["status.stale", [but(revocation(0), {"derived": {"signedAt": now, "validUntil": 0}})]],
		["status.absent", []],
		["status.absent", [but(revocation(0), {"purpose": "suspension"})]],
	]
	every case in refused {
		[code, entries] := case
		decision := challenge.decision with input as statuses(entries)
			with data.procura.framework as asking("required")
		decision.decision == "deny"
		{found | some found in codes(decision); startswith(found, "status.")} == {code}
	}
}

test_a_list_of_the_future_says_that_the_clock_is_behind if {
	ahead := but(revocation(0), {"derived": {"signedAt": (now + minute) + 1}})
	decision := challenge.decision with input as statuses([ahead])
		with data.procura.framework as asking("required")
	decision.decision == "deny"
	{found | some found in codes(decision); startswith(found, "status.")} == set()
	"clock.behind" in codes(decision)
}

test_an_entry_without_anything_does_not_pass if {
	entries := [{}, {"value": 0}, object.remove(revocation(0), ["value"]), object.remove(revocation(0), ["issuer"])]
	every entry in entries {
		decision := challenge.decision with input as statuses([entry])
			with data.procura.framework as asking("required")
		decision.decision == "deny"
	}
}

test_a_variant_without_status if {
	decision := challenge.decision with input as statuses([revocation(0)])
		with data.procura.framework as asking("none")
	decision.decision == "deny"
	"schema.invalid" in codes(decision)
}

# Without a status a credential lives no longer than one may be old.
test_a_short_life_needs_no_status if {
	cases := [[hour, set()], [hour + 1, {"status.absent"}]]
	every case in cases {
		[life, want] := case
		lived := {"validFrom": now, "validUntil": now + life}
		credential := {"derived": lived}
		found := {code |
			some [code, _] in challenge.about_status(credential, {"status": "optional"}) with input as data.fixture.input
				with data.procura.framework as asking("optional")
		}
		found == want
	}
}

# What may be withheld is not taken to be absent.
test_a_status_that_may_be_withheld if {
	credential := {"withheld": true}
	challenge.concealable(credential, "optional")
	not challenge.concealable(credential, "required")
	not challenge.concealable({"withheld": true, "status": [revocation(0)]}, "optional")
	not challenge.live(credential, {"status": "optional"}) with input as data.fixture.input
		with data.procura.framework as data.fixture.framework
}
