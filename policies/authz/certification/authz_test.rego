package procura.authz_test

import data.procura.authz

alice := {"type": "user", "id": "alice", "properties": {}}

bob := {"type": "user", "id": "bob", "properties": {"role": "admin"}}

active := {"type": "record", "id": "record-1", "properties": {"status": "active"}}

archived := {"type": "record", "id": "record-2", "properties": {"status": "archived"}}

asked(subject, action, resource) := {"subject": subject, "action": action, "resource": resource}

test_readers if {
	authz.decision.decision with input as asked(alice, {"name": "read"}, active)
	authz.decision.decision with input as asked(bob, {"name": "read"}, active)
}

test_writers if {
	authz.decision.decision with input as asked(alice, {"name": "write"}, active)
	not authz.decision.decision with input as asked(bob, {"name": "write"}, active)
}

test_archived if {
	not authz.decision.decision with input as asked(alice, {"name": "write"}, archived)
	authz.decision.decision with input as asked(bob, {"name": "write"}, archived)
}

test_soft if {
	authz.decision.decision with input as asked(alice, {"name": "delete", "properties": {"soft": true}}, active)
	not authz.decision.decision with input as asked(alice, {"name": "delete", "properties": {"soft": false}}, active)
	not authz.decision.decision with input as asked(alice, {"name": "delete"}, active)
}

test_others if {
	not authz.decision.decision with input as asked(object.union(alice, {"type": "group"}), {"name": "read"}, active)
	not authz.decision.decision with input as asked(alice, {"name": "read"}, object.union(active, {"type": "book"}))
}
