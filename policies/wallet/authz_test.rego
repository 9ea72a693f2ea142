package procura.authz_test

import data.procura.authz

asked := {
	"subject": {"type": "account", "id": "ann", "properties": {}},
	"action": {"name": "wallet.item.get", "properties": {}},
	"resource": {"type": "item", "id": "1", "properties": {"owner": "ann", "mode": "sealed"}},
	"context": {},
	"proxy": null,
}

grant := {
	"decision": "permit",
	"permissions": [{"name": "wallet-read", "granted": true}],
	"request": {"proxied": {"id": "did:example:ward"}},
	"presented": 1,
}

ward := {"owner": "ward", "mode": "custodial", "subject": "did:example:ward"}

another(properties, decision) := object.union(
	object.remove(asked, ["proxy"]),
	{"resource": {"properties": properties}, "proxy": decision},
)

named(name) := object.union(asked, {"action": {"name": name}})

test_owner if authz.decision.decision with input as asked

test_stranger if {
	authz.decision.decision == false with input as another({"owner": "ben"}, null)
	authz.decision.reason_admin["wallet.stranger"] with input as another({"owner": "ben"}, null)
}

test_nobodys if authz.decision.decision == false with input as object.remove(asked, ["resource"])

test_no_account if authz.decision.decision == false with input as object.union(asked, {"subject": {"type": "client"}})

test_unknown_action if authz.decision.reason_admin["wallet.unknown"] with input as named("wallet.item.burn")

test_every_action_of_the_owner if {
	every name in authz.actions {
		authz.decision.decision with input as object.union(named(name), {"context": {"stepUp": true}})
	}
}

test_strong_needs_the_password_again if {
	every name in authz.strong {
		every context in [{}, {"stepUp": false}, {"stepUp": null}, {"stepUp": "true"}] {
			refused := authz.decision with input as object.union(named(name), {"context": context})
			refused.decision == false
			refused.reason_admin["wallet.step-up"]
		}
	}
}

test_strangers_do_not_step_up if {
	every name in authz.strong {
		refused := authz.decision with input as object.union(another({"owner": "ben"}, null), {"action": {"name": name}})
		refused.decision == false
		refused.reason_admin["wallet.stranger"]
	}
}

test_proxy_on_custodial if authz.decision.decision with input as another(ward, grant)

test_proxy_not_on_sealed if {
	every mode in ["sealed", "served", null, ""] {
		authz.decision.decision == false with input as another(object.union(ward, {"mode": mode}), grant)
	}
}

test_proxy_without_a_mode if {
	authz.decision.decision == false with input as another(object.remove(ward, ["mode"]), grant)
}

test_proxy_for_another if {
	authz.decision.decision == false with input as another(object.union(ward, {"subject": "did:example:other"}), grant)
	authz.decision.decision == false with input as another(object.remove(ward, ["subject"]), grant)
}

test_proxy_that_grants_less if {
	every changed in [
		{"decision": "deny"},
		{"permissions": []},
		{"permissions": [{"name": "wallet-read", "granted": false}]},
		{"permissions": [{"name": "wallet-write", "granted": true}]},
		{"presented": 2},
	] {
		authz.decision.decision == false with input as another(ward, object.union(grant, changed))
	}
}

# What delegates may do with keys: sign and look, where the server may at any time.
test_proxy_signs if {
	every name, permission in {
		"wallet.credential.derive": "wallet-read", "wallet.credential.query": "wallet-read",
		"wallet.credential.issue": "wallet-sign", "wallet.credential.prove": "wallet-sign",
		"wallet.credential.resolve": "wallet-read", "wallet.credential.verify": "wallet-read",
		"wallet.jwt.sign": "wallet-sign", "wallet.jwt.verify": "wallet-read",
		"wallet.key.list": "wallet-read", "wallet.profile.get": "wallet-read", "wallet.profile.list": "wallet-read",
	} {
		granted := object.union(grant, {"permissions": [{"name": permission, "granted": true}]})
		said := object.union(another(ward, granted), {"action": {"name": name}})
		authz.decision.decision with input as said
		every mode in ["sealed", "served"] {
			closed := object.union(said, {"resource": {"properties": object.union(ward, {"mode": mode})}})
			authz.decision.decision == false with input as closed
		}
		other := object.union(granted, {"permissions": [{"name": "wallet-write", "granted": true}]})
		authz.decision.decision == false with input as object.union(said, {"proxy": other})
	}
}

# Never: what opens, closes, makes or removes.
test_proxy_only_signs if {
	every name in {
		"wallet.key.add",
		"wallet.kms.remove",
		"wallet.partition.change",
		"wallet.partition.close",
		"wallet.partition.open",
		"wallet.profile.add",
		"wallet.profile.change",
		"wallet.profile.close",
		"wallet.profile.open",
		"wallet.profile.remove",
	} {
		every permission in {"wallet-read", "wallet-write", "wallet-sign"} {
			granted := object.union(grant, {"permissions": [{"name": permission, "granted": true}]})
			authz.decision.decision == false with input as object.union(another(ward, granted), {"action": {"name": name}})
		}
	}
}

test_no_proxy if authz.decision.decision == false with input as another(ward, null)

test_proxy_does_not_own if {
	every name in {name | some name in authz.actions; not authz.permissions[name]} {
		said := object.union(another(ward, grant), {"action": {"name": name}})
		authz.decision.decision == false with input as said
	}
}
