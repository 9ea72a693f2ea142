package procura.constraint_test

import data.procura.constraint

hours := 3600 * second

days(names) := {name: true | some name in names}

weekly(from, to, names, local) := limit("recurring_time", values) if {
	values := {"from": from * hours, "to": to * hours, "days": days(names), "local": local}
}

wall(day, before, hour) := {"day": day, "before": before, "time": hour * hours}

vouched_now := attested([object.union(statement, {"derived": {"issuedAt": now}})])

# Recurring time

test_recurring_time_start_is_inclusive_and_end_exclusive if {
	c := weekly(9, 17, ["Monday"], wall("Monday", "Sunday", 9))
	outcome(c, nothing) == {"outcome": "holds", "missing": [], "until": now + (8 * hours)}
	is(outcome(weekly(9, 17, ["Monday"], wall("Monday", "Sunday", 17)), nothing), "fails")
	is(outcome(weekly(9, 17, ["Monday"], wall("Monday", "Sunday", 8)), nothing), "fails")
	is(outcome(weekly(9, 17, ["Sunday"], wall("Monday", "Sunday", 9)), nothing), "fails")
}

test_recurring_time_past_midnight_belongs_to_the_day_it_began if {
	night := weekly(22, 6, ["Friday"], wall("Friday", "Thursday", 23))
	outcome(night, nothing) == {"outcome": "holds", "missing": [], "until": now + (7 * hours)}
	outcome(weekly(22, 6, ["Friday"], wall("Saturday", "Friday", 5)), nothing).until == now + hours
	is(outcome(weekly(22, 6, ["Friday"], wall("Saturday", "Friday", 6)), nothing), "fails")
	is(outcome(weekly(22, 6, ["Friday"], wall("Friday", "Thursday", 5)), nothing), "fails")
	is(outcome(weekly(22, 6, ["Friday"], wall("Saturday", "Friday", 23)), nothing), "fails")
}

test_recurring_time_until_midnight if {
	c := weekly(22, 0, ["Friday"], wall("Friday", "Thursday", 23))
	outcome(c, nothing).until == now + hours
	is(outcome(weekly(22, 0, ["Friday"], wall("Saturday", "Friday", 0)), nothing), "fails")
	is(outcome(weekly(0, 24, ["Friday"], wall("Friday", "Thursday", 23)), nothing), "holds")
}

test_recurring_time_lasts_until_the_clock_is_set if {
	local := object.union(wall("Sunday", "Saturday", 1), {"changes": now + second})
	outcome(weekly(0, 24, ["Sunday"], local), nothing).until == now + second
}

test_recurring_time_without_clock_or_wall_is_unknown if {
	c := weekly(0, 24, ["Sunday"], wall("Sunday", "Saturday", 1))
	is(constraint.outcome(c, nothing, credential, {}), "unknown")
	is(constraint.outcome(c, nothing, credential, {"now": "1"}), "unknown")
	is(outcome(limit("recurring_time", {"from": 0, "to": 1, "days": {}}), nothing), "unknown")
}

# Area

test_area_as_go_finds_it if {
	is(outcome(limit("boundary", {"area": true, "inside": true}), at({})), "holds")
	is(outcome(limit("boundary", {"area": true, "inside": false}), at({})), "fails")
	is(outcome(limit("boundary", {"area": true, "inside": true}), at({"source": "device"})), "unknown")
	is(outcome(limit("boundary", {"area": true, "inside": "yes"}), at({})), "unknown")
	outcome(limit("boundary", {"area": true}), nothing).missing == [{"circumstance": "place", "parameters": {"p": 1}}]
}

# Function

doing(key, source) := {
	"circumstances": {"function": {"value": key, "source": source}},
	"derived": {"function": key},
}

test_function_is_one_of_them if {
	c := limit("function", {"all": {"medical": true}, "some": {}})
	is(outcome(c, doing("medical", "verifier")), "holds")
	is(outcome(c, doing("legal", "verifier")), "fails")
	is(outcome(c, doing("medical", "device")), "unknown")
	is(outcome(c, doing(null, "verifier")), "unknown")
	outcome(c, nothing) == {"outcome": "unknown", "missing": [{"circumstance": "function", "parameters": {"p": 1}}]}
	is(outcome(limit("function", {}), doing("medical", "verifier")), "unknown")
}

test_function_in_some_locales_is_a_persons_to_say if {
	c := limit("function", {"all": {}, "some": {"medical": true}, "attested": true})
	got := outcome(c, doing("medical", "verifier"))
	[is(got, "unknown"), got.missing[0].circumstance] == [true, "attestations"]
}

# Agent

using(derived) := {"circumstances": {"agent": {"source": "verifier"}}, "derived": {"agent": derived}}

test_agent_software_and_device_must_both_match if {
	c := limit("agent", {"software": {"wallet": true}, "devices": {"phone": true}})
	is(outcome(c, using({"software": "wallet", "devices": "phone"})), "holds")
	is(outcome(c, using({"software": "wallet", "devices": "tablet"})), "fails")
	is(outcome(c, using({"software": "wallet"})), "unknown")
	is(outcome(c, using({})), "unknown")
	outcome(c, nothing).missing == [{"circumstance": "agent", "parameters": {"p": 1}}]
	is(outcome(limit("agent", {}), using({"software": "wallet"})), "unknown")
}

test_agent_source if {
	c := limit("agent", {"software": {"wallet": true}})
	device := {"circumstances": {"agent": {"source": "device"}}, "derived": {"agent": {"software": "wallet"}}}
	is(outcome(c, device), "unknown")
	is(outcome(object.union(c, {"sources": ["device"]}), device), "holds")
}

test_agent_that_must_be_attested if {
	c := limit("agent", {"software": {"wallet": true}, "attestation": true})
	proved := object.union(using({"software": "wallet"}), vouched_now)
	outcome(c, proved) == {"outcome": "holds", "missing": [], "until": now + (300 * second)}
	[missing.circumstance | some missing in outcome(c, using({"software": "wallet"})).missing] == ["attestations"]
	[missing.circumstance | some missing in outcome(c, nothing).missing] == ["attestations", "agent"]
	[missing.circumstance | some missing in outcome(c, vouched_now).missing] == ["agent"]
	is(outcome(c, object.union(using({"software": "other"}), vouched_now)), "fails")
	free := limit("agent", {"software": {"wallet": true}, "attestation": false})
	is(outcome(free, using({"software": "wallet"})), "holds")
}

# Relationship

facing(id, types) := {
	"circumstances": {"counterparty": object.union({"source": "verifier"}, {"id": id | id != ""})},
	"derived": {"counterpartyTypes": types | types != []},
}

test_relationship_by_id_or_type if {
	c := limit("relationship", {"ids": {"did:example:bank": true}, "types": {"school": true}})
	is(outcome(c, facing("did:example:bank", [])), "holds")
	is(outcome(c, facing("", ["church", "school"])), "holds")
	is(outcome(c, facing("did:example:x", ["church"])), "fails")
	is(outcome(c, facing("did:example:x", [])), "unknown")
	is(outcome(c, facing("", ["church"])), "unknown")
	outcome(c, nothing).missing == [{"circumstance": "counterparty", "parameters": {"p": 1}}]
}

test_relationship_by_one_of_them_only if {
	is(outcome(limit("relationship", {"ids": {"a": true}}), facing("b", [])), "fails")
	is(outcome(limit("relationship", {"types": {"a": true}}), facing("", ["b"])), "fails")
	is(outcome(limit("relationship", {"types": {"a": true}}), facing("a", [])), "unknown")
	is(outcome(limit("relationship", null), facing("a", ["a"])), "unknown")
}

# Attributes

requesting(names) := {"circumstances": {}, "derived": {"attributesRequested": names}}

test_attributes_are_a_subset if {
	c := limit("attributes", {"names": {"name": true, "age": true}})
	is(outcome(c, requesting(["name"])), "holds")
	is(outcome(c, requesting(["age", "name"])), "holds")
	is(outcome(c, requesting(["name", "photo"])), "fails")
	is(outcome(c, requesting(["name", ""])), "fails")
	is(outcome(c, requesting([])), "unknown")
	outcome(c, nothing).missing == [{"circumstance": "attributesRequested", "parameters": {"p": 1}}]
	is(outcome(object.union(c, {"sources": ["device"]}), requesting(["name"])), "unknown")
}

# Biometric consent

consent(party) := limit("biometric_consent", {"modality": {"face": true}, "maxAge": 60 * second, "party": party})

captured(party, modality, at) := {
	"holder": "did:example:kin",
	"circumstances": {"biometrics": [{"party": party, "source": "verifier"}]},
	"derived": {"biometrics": [{"modality": modality, "capturedAt": at}]},
}

test_biometric_consent_at_its_edges if {
	c := consent("proxied")
	outcome(c, captured("proxied", "face", now)) == {"outcome": "holds", "missing": [], "until": now + (60 * second)}
	is(outcome(c, captured("proxied", "face", now - (60 * second))), "holds")
	is(outcome(c, captured("proxied", "face", (now - (60 * second)) - 1)), "unknown")
	is(outcome(c, captured("proxied", "face", now + (60 * second))), "holds")
	is(outcome(c, captured("proxied", "face", (now + (60 * second)) + 1)), "unknown")
	undated := json.remove(captured("proxied", "face", 0), ["derived/biometrics/0/capturedAt"])
	is(outcome(c, undated), "unknown")
	is(outcome(c, captured("proxied", "voice", now)), "unknown")
}

test_biometric_consent_of_the_named_party if {
	is(outcome(consent("proxied"), captured("did:example:kin", "face", now)), "unknown")
	is(outcome(consent("holder"), captured("did:example:kin", "face", now)), "holds")
	is(outcome(consent("holder"), captured("did:example:other", "face", now)), "unknown")
	is(outcome(consent("holder"), captured("proxied", "face", now)), "unknown")
	is(outcome(consent("holder"), captured("holder", "face", now)), "unknown")
	is(outcome(consent(null), captured(null, "face", now)), "unknown")
	got := outcome(consent("holder"), object.union(nothing, {"holder": "did:example:kin"}))
	got.missing == [{"circumstance": "biometrics", "parameters": {"p": 1, "party": "did:example:kin"}}]
}

test_biometric_consent_counts_the_latest if {
	taken := [["verifier", now - 2], ["verifier", now - 1], ["device", now]]
	presentation := {
		"circumstances": {"biometrics": [{"party": "proxied", "source": source} | some [source, _] in taken]},
		"derived": {"biometrics": [{"modality": "face", "capturedAt": at} | some [_, at] in taken]},
	}
	outcome(consent("proxied"), presentation).until == (now - 1) + (60 * second)
}

# Oversight and usage

test_oversight_always_holds if {
	outcome(limit("oversight", {"text": "the court"}), nothing) == {"outcome": "holds", "missing": []}
	is(outcome(limit("oversight", {}), nothing), "unknown")
}

test_usage_is_not_counted if {
	c := limit("usage", {"max": 3, "period": second})
	outcome(c, nothing) == {"outcome": "unknown", "missing": [], "code": "usage.uncounted"}
	is(outcome(object.union(c, {"sources": ["attested"]}), vouched_now), "unknown")
}

# What attesters may state in the place of a circumstance, and what not.
test_attested_sources if {
	every type in ["function", "agent", "relationship", "attributes", "biometric_consent"] {
		is(outcome(object.union(limit(type, {}), {"sources": ["attested"]}), vouched_now), "holds")
		is(outcome(limit(type, {}), vouched_now), "unknown")
	}
	every type in ["recurring_time", "time_window", "oversight", "usage", "cooperation"] {
		is(outcome(object.union(limit(type, {}), {"sources": ["attested"]}), vouched_now), "unknown")
	}
}

# A use at the end of the count is none; what is no count, or is given twice, counts for nobody.
test_usage_is_counted if {
	c := limit("usage", {"max": 3, "period": second})
	cases := [
		[[0], "holds"], [[2], "holds"], [[3], "fails"], [[4], "fails"], [[2, 2], "holds"],
		[[1, 2], "unknown"], [[-1], "unknown"], [["0"], "unknown"], [[null], "unknown"], [[], "unknown"],
	]
	every case in cases {
		found := after([{"constraint": "limit", "count": n} | some n in case[0]], c)
		found.outcome == case[1]
		found.missing == []
	}
}

test_usage_tells_why if {
	c := limit("usage", {"max": 3, "period": second})
	after([{"constraint": "limit", "count": 3}], c).code == "usage.exhausted"
	not after([{"constraint": "limit", "count": 2}], c).until
	after([{"constraint": "another", "count": 0}], c).code == "usage.uncounted"
	is(after([{"constraint": "limit", "count": 0}], limit("usage", {})), "unknown")
}

after(uses, c) := constraint.outcome(c, nothing, credential, object.union(moment, {"uses": uses}))
