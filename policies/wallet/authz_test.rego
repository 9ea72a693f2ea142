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

office := {"client": "office", "custody": "custodial", "did": "did:example:camp", "revokers": []}

profile := {
	"subject": {"type": "client", "id": "office"},
	"action": {"name": "wallet.credential.issue"},
	"resource": {"type": "profile", "id": "camp", "properties": office},
	"context": {},
	"proxy": null,
}

as_profile(properties) := object.union(profile, {"resource": {"properties": properties}})

changing(context, properties) := object.union(as_profile(properties), {
	"subject": {"id": "desk"},
	"action": {"name": "wallet.credential.status"},
	"context": context,
})

test_client_of_the_profile if {
	every name in authz.issuing {
		authz.decision.decision with input as object.union(profile, {"action": {"name": name}})
	}
}

test_another_client if {
	every name in authz.issuing {
		every properties in [{"client": "other"}, {"client": ""}, {"client": null}] {
			asks := object.union(as_profile(properties), {"action": {"name": name}})
			authz.decision.decision == false with input as asks
		}
	}
}

test_no_client if {
	authz.decision.decision == false with input as object.union(profile, {"subject": {"type": "account"}})
	authz.decision.decision == false with input as object.remove(profile, ["subject"])
}

test_no_profile if {
	authz.decision.decision == false with input as object.union(profile, {"resource": {"type": "wallet"}})
	authz.decision.decision == false with input as object.remove(profile, ["resource"])
}

test_attended_profile if authz.decision.decision == false with input as as_profile({"custody": "local"})

test_client_in_a_wallet if {
	wallet := object.union(profile, {"resource": {"type": "wallet"}})
	every name in authz.actions {
		authz.decision.decision == false with input as object.union(wallet, {"action": {"name": name}})
	}
	every name in authz.actions - authz.issuing {
		authz.decision.decision == false with input as object.union(profile, {"action": {"name": name}})
	}
}

test_owner_does_not_issue_here if {
	every name in authz.issuing {
		asks := object.union(asked, {"action": {"name": name}, "subject": {"id": "ben"}})
		authz.decision.decision == false with input as asks
	}
}

test_issuer_revokes if {
	authz.decision.decision with input as changing({"holder": "did:example:camp"}, {})
}

test_authority_revokes if {
	named_authority := {"revokers": ["proxied", "did:example:authority"]}
	authz.decision.decision with input as changing({"holder": "did:example:authority"}, named_authority)
	authz.decision.decision == false with input as changing({"holder": "did:example:other"}, named_authority)
	authz.decision.decision == false with input as changing({"holder": "proxied"}, named_authority)
}

test_proxied_revokes_own if {
	every about in [false, null, "true", 1] {
		refused := changing({"holder": "did:example:child", "about": about}, {"revokers": ["proxied"]})
		authz.decision.decision == false with input as refused
	}
	own := {"holder": "did:example:child", "about": true}
	authz.decision.decision with input as changing(own, {"revokers": ["proxied"]})
	authz.decision.decision == false with input as changing(own, {"revokers": []})
}

test_unproved_revokes if {
	authz.decision.decision == false with input as changing({}, {"revokers": ["proxied"]})
}

test_nobody_revokes if {
	every holder in ["", null, false] {
		refused := changing({"holder": holder, "about": true}, {"did": holder, "revokers": ["proxied", holder]})
		authz.decision.decision == false with input as refused
	}
}

test_others_issue_nothing if {
	every name in ["wallet.credential.issue", "wallet.presentation.prove"] {
		refused := object.union(
			changing({"holder": "did:example:camp", "about": true}, {"revokers": ["proxied"]}),
			{"action": {"name": name}},
		)
		authz.decision.decision == false with input as refused
	}
}
