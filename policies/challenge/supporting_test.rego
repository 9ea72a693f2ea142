package procura.challenge_test

import data.procura.challenge

second := {
	"issuer": "did:town",
	"issuerRegistries": ["towns"],
	"subject": "did:a",
	"derived": {"attributes": {"firstName": "1", "birthDate": "2"}},
}

first := {
	"variant": "Nurse",
	"issuer": "did:a",
	"proxied": {"id": "did:a"},
	"derived": {"requested": {"firstName": "1", "birthDate": "2"}},
	"identity": [second],
}

towns := object.union(data.fixture.framework, {"identityIssuers": [{"by": "registry", "registry": "towns"}]})

test_another_says_who_a_delegator_is if {
	challenge.named("delegator", first) with data.procura.framework as towns
		with input.request.proxied as {"attributes": {"firstName": "x", "birthDate": "y"}}
		with input.derived.now as 1
}

test_an_identity_without_a_member_says_nothing if {
	every member in ["issuer", "issuerRegistries", "subject", "derived"] {
		credential := object.union(first, {"identity": [object.remove(second, [member])]})
		not challenge.named("delegator", credential) with data.procura.framework as towns
			with input.request.proxied as {"attributes": {"firstName": "x", "birthDate": "y"}}
			with input.derived.now as 1
	}
}

test_nothing_is_asked_of_an_identity if {
	credential := json.patch(first, [{"op": "replace", "path": "/derived/requested", "value": {}}])
	not challenge.named("delegator", credential) with data.procura.framework as towns
		with input.request.proxied as {"attributes": {}}
		with input.derived.now as 1
}

test_no_framework_no_identity if {
	not challenge.named("delegator", first) with data.procura.framework as object.remove(towns, ["identityIssuers"])
		with input.request.proxied as {"attributes": {"firstName": "x", "birthDate": "y"}}
		with input.derived.now as 1
}

test_half_a_rule_says_nothing if {
	half := json.patch(first, [{"op": "remove", "path": "/derived/requested/birthDate"}])
	not challenge.named("delegator", half) with data.procura.framework as towns
		with input.request.proxied as {"attributes": {"firstName": "x"}}
		with input.derived.now as 1
}

title := {
	"issuer": "did:books",
	"issuerRegistries": ["books"],
	"subject": "did:owner",
	"derived": {"attributes": {"firstName": "1", "birthDate": "2"}},
}

owned := {
	"variant": "Nurse",
	"issuer": "did:owner",
	"proxied": {},
	"derived": {
		"requested": {"firstName": "1", "birthDate": "2"},
		"attributes": {"firstName": "1", "birthDate": "2"},
	},
	"ownership": [title],
}

books := object.union(data.fixture.framework, {"ownershipIssuers": [{"by": "registry", "registry": "books"}]})

test_another_says_who_an_owner_is if {
	challenge.issues("owner", {}, owned) with data.procura.framework as books with input.derived.now as 1
	challenge.named("owner", owned) with data.procura.framework as books
		with input.request.proxied as {"attributes": {"firstName": "x", "birthDate": "y"}}
		with input.derived.now as 1
}

test_a_title_without_a_member_says_nothing if {
	every member in ["issuer", "issuerRegistries", "subject", "derived"] {
		credential := object.union(owned, {"ownership": [object.remove(title, [member])]})
		not challenge.issues("owner", {}, credential) with data.procura.framework as books with input.derived.now as 1
	}
}

test_no_framework_no_title if {
	not challenge.issues("owner", {}, owned) with data.procura.framework as object.remove(books, ["ownershipIssuers"])
		with input.derived.now as 1
}

test_an_empty_rule_identifies_nothing if {
	nothing := {"variants": {"Nurse": {"identification": [[]]}}}
	not challenge.whole({"firstName"}, "Nurse") with data.procura.framework as nothing
	not challenge.whole(set(), "Nurse") with data.procura.framework as nothing
}
