package procura.challenge_test

import data.procura.challenge

# Each removes what acceptance asks of: undefined leaves the credential out.
test_what_is_absent_does_not_conform if {
	every path in [
		"trustFrameworkURI", "named", "variant", "form", "holder", "holder/type", "proxied", "proxied/type",
		"derived", "derived/roles", "derived/rules", "derived/properties", "derived/undefined",
		"derived/constraints", "derived/attributes", "derived/requested", "issuerRegistries",
		"validFrom", "validUntil", "derived/validFrom", "derived/validUntil", "auditURI",
	] {
		decision := challenge.decision with input as without(path)
			with data.procura.framework as data.fixture.framework
		decision.decision == "deny"
		decision.credentials[0].accepted == false
	}
}

# So does what is null, or of another kind.
test_what_is_of_another_kind_does_not_conform if {
	every path in [
		"trustFrameworkURI", "named", "variant", "form", "holder/type", "proxied/type", "derived/roles",
		"derived/rules", "derived/undefined", "derived/constraints",
		"derived/attributes", "derived/requested", "issuerRegistries", "derived/validUntil",
	] {
		every value in [null, false, 0, "x", {"x": "y"}, ["x"]] {
			decision := challenge.decision with input as put(path, value)
				with data.procura.framework as data.fixture.framework
			decision.decision == "deny"
		}
	}
}

test_a_variant_without_a_member_admits_nothing if {
	parts := ["form", "holderType", "proxiedType", "roles", "rationales", "constraints", "identification", "validity"]
	every member in parts {
		operation := {"op": "remove", "path": concat("/", ["variants/ChildGuardian", member])}
		framework := json.patch(data.fixture.framework, [operation])
		decision := challenge.decision with input as data.fixture.input with data.procura.framework as framework
		decision.decision == "deny"
	}
}

test_a_framework_without_a_member_permits_nothing if {
	parts := ["uri", "version", "variants", "issuers", "credentialRules", "permissions", "freshness", "auditing", "appeal"]
	every member in parts {
		framework := object.remove(data.fixture.framework, [member])
		decision := challenge.decision with input as data.fixture.input with data.procura.framework as framework
		decision.decision == "deny"
	}
}

test_a_delegator_is_named_by_the_challenge if {
	credential := {"variant": "Nurse", "issuer": "did:a", "proxied": {"id": "did:a"}}
	challenge.issued(credential) with input.request.proxied.id as "did:a"
		with data.procura.framework as data.fixture.framework
	not challenge.issued(credential) with input.request.proxied.id as "did:b"
		with data.procura.framework as data.fixture.framework
}

test_a_party_without_variants_concerns_all if {
	challenge.concerns({"by": "did"}, "X")
	challenge.concerns({"variants": {"X": true}}, "X")
	not challenge.concerns({"variants": {}}, "X")
	not challenge.concerns({"variants": {"Y": true}}, "X")
}

# left_open is the framework with a variant's validity changed.
left_open(member) := json.patch(data.fixture.framework, [{
	"op": "replace",
	"path": concat("/", ["variants/ChildGuardian/validity", member]),
	"value": "optional",
}])

test_a_status_that_may_be_withheld_denies if {
	decision := challenge.decision with input as put("withheld", true) with data.procura.framework as left_open("status")
	decision.decision == "deny"
	"disclosure.missing" in codes(decision)
}

test_a_date_that_may_be_withheld_denies if {
	hiding := asked([
		{"op": "add", "path": "withheld", "value": true},
		{"op": "remove", "path": "validUntil"},
		{"op": "remove", "path": "derived/validUntil"},
	])
	decision := challenge.decision with input as hiding
		with data.procura.framework as left_open("until")
	"disclosure.missing" in codes(decision)
}

test_what_is_withheld_and_decides_nothing_permits if {
	decision := challenge.decision with input as put("withheld", true)
		with data.procura.framework as data.fixture.framework
	decision.decision == "permit"
}
