package procura.authz_test

import data.procura.authz

asked := {
	"subject": {"type": "person", "id": "did:example:amina", "properties": {}},
	"action": {"name": "enrol", "properties": {}},
	"resource": {"type": "child", "id": "did:example:laila", "properties": {}},
	"context": {},
	"proxy": null,
}

granted := {
	"decision": "permit",
	"framework": {"name": "Refugee Camp Guardianship"},
	"permissions": [{"name": "school", "granted": true}],
	"request": {"proxied": {"id": "did:example:laila"}},
	"holders": ["did:example:amina"],
	"presented": 1,
}

with_proxy(changed) := object.union(asked, {"proxy": object.union(granted, changed)})

test_granted if authz.decision.decision with input as with_proxy({})

test_without_proxy if authz.decision.decision == false with input as asked

test_denied if {
	authz.decision.decision == false with input as with_proxy({"decision": "deny"})
	authz.decision.decision == false with input as with_proxy({"permissions": []})
	authz.decision.decision == false with input as with_proxy({"presented": 2})
	authz.decision.decision == false with input as with_proxy({"holders": ["did:example:yusuf"]})
	authz.decision.decision == false with input as with_proxy({"request": {"proxied": {"id": "did:example:omar"}}})
	authz.decision.decision == false with input as with_proxy({"framework": {"name": "Another"}})
}

test_action if {
	travels := object.union(with_proxy({}), {"action": {"name": "travel"}})
	authz.decision.decision == false with input as travels
}
