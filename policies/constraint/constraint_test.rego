package procura.constraint_test

import data.procura.constraint

second := 1000000000

now := 1800000000000000000

moment := {"now": now, "maxAge": 300 * second, "skew": 60 * second, "attestations": {0, 1, 2}}

credential := {"digest": "cred", "proxied": {"id": "did:example:mya"}}

nothing := {"circumstances": {}, "derived": {}}

limit(type, values) := {
	"name": "limit", "type": type, "sources": ["verifier"], "digest": "limit",
	"parameters": {"p": 1}, "values": values,
}

outcome(c, presentation) := constraint.outcome(c, presentation, credential, moment)

is(got, want) if got.outcome == want

# Time

test_time_window_start_is_inclusive if {
	is(outcome(limit("time_window", {"startTime": now}), nothing), "holds")
	is(outcome(limit("time_window", {"startTime": now + 1}), nothing), "fails")
}

test_time_window_end_is_exclusive if {
	outcome(limit("time_window", {"endTime": now + 1}), nothing) == {"outcome": "holds", "missing": [], "until": now + 1}
	is(outcome(limit("time_window", {"endTime": now}), nothing), "fails")
}

test_time_window_both_ends if {
	is(outcome(limit("time_window", {"startTime": now - 1, "endTime": now + 1}), nothing), "holds")
	is(outcome(limit("time_window", {"startTime": now + 1, "endTime": now + 2}), nothing), "fails")
	is(outcome(limit("time_window", {"startTime": now - 2, "endTime": now - 1}), nothing), "fails")
}

test_time_window_without_ends_or_clock_is_unknown if {
	is(outcome(limit("time_window", {}), nothing), "unknown")
	every clock in [{}, {"now": null}, {"now": "1800000000000000000"}, {"now": true}] {
		is(constraint.outcome(limit("time_window", {"startTime": 0}), nothing, credential, clock), "unknown")
	}
}

# Circle

at(place) := {"circumstances": {"place": object.union({"source": "verifier"}, place)}, "derived": {}}

circle(distance) := limit("geo_radius", {"lat": 0, "lon": 0, "radiusM": 1000, "distanceM": distance})

test_geo_radius_counts_accuracy if {
	is(outcome(circle(900), at({"accuracyM": 100})), "holds")
	is(outcome(circle(900), at({"accuracyM": 100.001})), "fails")
}

test_geo_radius_without_accuracy_is_unknown if {
	got := outcome(circle(900), at({"lat": 0, "lon": 0}))
	got == {"outcome": "unknown", "missing": [{"circumstance": "place", "parameters": {"p": 1}}]}
	is(outcome(circle(900), at({"accuracyM": -1000})), "unknown")
}

test_geo_radius_without_place_is_unknown if {
	is(outcome(circle(900), nothing), "unknown")
	is(outcome(limit("geo_radius", {"lat": 0, "lon": 0, "radiusM": 1000}), at({"accuracyM": 1})), "unknown")
}

test_only_named_sources_count if {
	device := at({"accuracyM": 1, "source": "device"})
	is(outcome(circle(1), device), "unknown")
	is(outcome(object.union(circle(1), {"sources": ["device"]}), device), "holds")
	is(outcome(object.union(circle(1), {"sources": ["device"]}), at({"accuracyM": 1})), "unknown")
	is(outcome(object.union(circle(1), {"sources": null}), at({"accuracyM": 1})), "unknown")
}

# Boundary

inside(lines) := object.union(at({}), {"derived": {"placeLines": lines}})

texas := limit("boundary", {"codes": {"US-TX": true}})

test_boundary_equal_or_below if {
	is(outcome(texas, inside([["US", "US-TX"]])), "holds")
	is(outcome(texas, inside([["US", "US-TX", "US-TX:HOUSTON"]])), "holds")
	is(outcome(texas, inside([["US"]])), "fails")
	is(outcome(texas, inside([["US", "US-OK"]])), "fails")
}

test_boundary_every_line_of_descent if {
	is(outcome(texas, inside([["US", "US-TX"], ["MX"]])), "fails")
	is(outcome(limit("boundary", {"codes": {"US-TX": true, "MX": true}}), inside([["US", "US-TX"], ["MX"]])), "holds")
}

test_boundary_without_codes_is_unknown if {
	outcome(texas, nothing).missing == [{"circumstance": "place.codes", "parameters": {"p": 1}}]
	is(outcome(texas, inside([])), "unknown")
	is(outcome(texas, at({"lat": 1, "lon": 1, "accuracyM": 1})), "unknown")
}

# Jurisdiction

under(key, source) := {
	"circumstances": {"jurisdiction": {"value": key, "source": source}},
	"derived": {"jurisdiction": key},
}

test_jurisdiction_is_one_of_them if {
	c := limit("jurisdiction", {"all": {"IN": true, "eu": true}, "some": {}})
	is(outcome(c, under("IN", "verifier")), "holds")
	is(outcome(c, under("BD", "verifier")), "fails")
	is(outcome(c, under("IN", "device")), "unknown")
	outcome(c, nothing).missing == [{"circumstance": "jurisdiction", "parameters": {"p": 1}}]
}

test_jurisdiction_in_some_locales_only_is_a_persons_to_say if {
	c := limit("jurisdiction", {"all": {"IN": true}, "some": {"eu": true, "ue": true}, "attested": true})
	is(outcome(c, under("IN", "verifier")), "holds")
	is(outcome(c, under("eu", "verifier")), "unknown")
	is(outcome(c, under("BD", "verifier")), "fails")
}

# Attestations

statement := {
	"constraint": "limit", "credential": "cred", "proxied": "did:example:mya",
	"derived": {"issuedAt": now - second},
}

attested(list) := {"circumstances": {"attestations": list}, "derived": {}}

text := limit("circumstance_text", {"attested": true, "text": "While ill"})

trigger := limit("trigger", {"attested": true, "text": "Death of parent"})

test_attestation_holds_while_recent if {
	got := outcome(text, attested([statement]))
	got == {"outcome": "holds", "missing": [], "until": (now - second) + (300 * second)}
}

test_attestation_of_another_thing_does_not_count if {
	every change in [
		{"constraint": "other"},
		{"credential": "other"},
		{"proxied": "did:example:other"},
		{"proxied": ""},
		{"derived": {"issuedAt": (now - (300 * second)) - 1}},
		{"derived": {"issuedAt": (now + (60 * second)) + 1}},
		{"expiresAt": "x", "derived": {"expiresAt": now}},
	] {
		is(outcome(text, attested([object.union(statement, change)])), "unknown")
	}
}

test_attestation_edges_count if {
	every change in [
		{"derived": {"issuedAt": now - (300 * second)}},
		{"derived": {"issuedAt": now + (60 * second)}},
		{"expiresAt": "x", "derived": {"expiresAt": now + 1}},
	] {
		is(outcome(text, attested([object.union(statement, change)])), "holds")
	}
}

test_attestation_with_unreadable_times_does_not_count if {
	is(outcome(text, attested([object.union(object.remove(statement, ["derived"]), {"derived": {}})])), "unknown")
	is(outcome(trigger, attested([object.union(object.remove(statement, ["derived"]), {"derived": {}})])), "unknown")
	is(outcome(text, attested([object.remove(statement, ["derived"])])), "unknown")
}

test_attestation_names_the_proxied_identity_only_where_there_is_one if {
	nobody := {"digest": "cred", "proxied": {}}
	bare := object.remove(statement, ["proxied"])
	is(constraint.outcome(text, attested([bare]), nobody, moment), "holds")
	is(constraint.outcome(text, attested([statement]), nobody, moment), "unknown")
	is(outcome(text, attested([bare])), "unknown")
}

test_only_allowed_attesters_count if {
	allowed := object.union(moment, {"attestations": {1}})
	is(constraint.outcome(text, attested([statement]), credential, allowed), "unknown")
	is(constraint.outcome(text, attested([{}, statement]), credential, allowed), "holds")
	is(constraint.outcome(text, attested([statement]), credential, object.remove(moment, ["attestations"])), "unknown")
}

test_longest_attestation_decides_until_when if {
	short := object.union(statement, {"expiresAt": "x", "derived": {"expiresAt": now + 5}})
	long := object.union(statement, {"expiresAt": "x", "derived": {"expiresAt": now + 9}})
	outcome(text, attested([short, long])).until == now + 9
}

test_trigger_does_not_age if {
	old := object.union(statement, {"derived": {"issuedAt": 1}})
	outcome(trigger, attested([old])) == {"outcome": "holds", "missing": []}
	is(outcome(text, attested([old])), "unknown")
	is(outcome(trigger, attested([object.union(statement, {"derived": {"issuedAt": now * 2}})])), "unknown")
}

test_trigger_expires if {
	last := object.union(statement, {"expiresAt": "x", "derived": {"expiresAt": now + 1}})
	outcome(trigger, attested([last])).until == now + 1
	over := object.union(statement, {"expiresAt": "x", "derived": {"expiresAt": now}})
	is(outcome(trigger, attested([over])), "unknown")
}

test_missing_attestation_says_what_to_sign if {
	got := outcome(text, nothing)
	wanted := {"constraint": "limit", "credential": "cred", "proxied": "did:example:mya", "p": 1}
	got.missing == [{"circumstance": "attestations", "parameters": wanted}]
	nobody := constraint.outcome(text, nothing, {"digest": "cred", "proxied": {}}, moment)
	not nobody.missing[0].parameters.proxied
}

test_attested_source_makes_any_place_attestable if {
	c := object.union(circle(5000), {"sources": ["verifier", "attested"]})
	is(outcome(c, attested([statement])), "holds")
	is(outcome(circle(5000), attested([statement])), "unknown")
	known := object.union(attested([statement]), {"circumstances": {"place": {"source": "verifier", "accuracyM": 1}}})
	is(outcome(c, known), "fails")
}

test_attestation_never_moves_the_clock if {
	c := object.union(limit("time_window", {"endTime": now}), {"sources": ["verifier", "attested"]})
	is(outcome(c, attested([statement])), "fails")
	is(outcome(object.remove(c, ["values"]), attested([statement])), "unknown")
}

# What cannot be read

test_problem_is_unknown if {
	broken := {"problem": "no"}
	every c in [limit("time_window", {"startTime": 0}), circle(1), text] {
		outcome(object.union(c, broken), attested([statement])) == {"outcome": "unknown", "missing": []}
	}
}

test_unknown_type_is_unknown if {
	is(outcome(limit("phase_of_moon", {}), nothing), "unknown")
	is(outcome({}, nothing), "unknown")
	is(outcome({"type": 7}, {}), "unknown")
	is(outcome("x", "y"), "unknown")
	is(constraint.outcome(null, null, null, null), "unknown")
}
