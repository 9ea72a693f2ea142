package procura.authz_test

import data.procura.authz

asked := {
	"subject": {"type": "account", "id": "ann", "properties": {}},
	"action": {"name": "wallet.item.get", "properties": {}},
	"resource": {"type": "item", "id": "1", "properties": {"owner": "ann", "mode": "sealed"}},
	"context": {},
	"proxy": null,
}

laila := {"id": "did:example:laila", "attributes": {"firstName": "Laila"}}

# A guardian's session in the account of a ward.
grant := {
	"decision": "permit",
	"permissions": [{"name": "school", "granted": true}],
	"request": {"proxied": laila},
	"presented": 1,
}

ward := {
	"owner": "ward",
	"partition": "p",
	"mode": "served",
	"custody": "custodial",
	"represented": {"proxied": laila, "grants": {"school": ["wallet.item.get"], "contracts": ["wallet.jwt.sign"]}},
}

letting(names) := object.union(ward, {"represented": {"grants": {"school": names}}})

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

test_proxy_does_what_the_owner_lets if {
	every name in authz.proxiable {
		lets := object.union(another(letting([name]), grant), {"action": {"name": name}})
		authz.decision.decision with input as lets
		every other in authz.actions - {name} {
			refused := authz.decision with input as object.union(lets, {"action": {"name": other}})
			refused.decision == false
		}
	}
}

test_proxy_not_on_sealed if {
	every closed in [
		{"mode": "sealed", "custody": "none"},
		{"mode": "served", "custody": "none"},
		{"mode": "sealed", "custody": "custodial"},
		{"mode": "served", "custody": "escrowed"},
		{"mode": "custodial", "custody": "custodial"},
		{"mode": null, "custody": null},
	] {
		refused := authz.decision with input as another(object.union(ward, closed), grant)
		refused.decision == false
		refused.reason_admin["wallet.proxy-sealed"]
	}
}

test_proxy_without_a_mode if {
	every name in ["mode", "custody", "represented"] {
		authz.decision.decision == false with input as another(object.remove(ward, [name]), grant)
	}
}

test_proxy_for_another if {
	every other in [
		{"id": "did:example:other", "attributes": {"firstName": "Laila"}},
		{"id": "did:example:laila", "attributes": {"firstName": "Lina"}},
		{"id": "did:example:laila"},
		{"attributes": {"firstName": "Laila"}},
		{},
		null,
	] {
		decision := object.union(object.remove(grant, ["request"]), {"request": {"proxied": other}})
		authz.decision.decision == false with input as another(ward, decision)
	}
}

test_proxy_for_nobody if {
	authz.decision.decision == false with input as another(ward, object.remove(grant, ["request"]))
}

test_proxy_that_grants_less if {
	every changed in [
		{"decision": "deny"},
		{"permissions": []},
		{"permissions": [{"name": "school", "granted": false}]},
		{"permissions": [{"name": "contracts", "granted": true}]},
		{"presented": 2},
		{"presented": 0},
	] {
		authz.decision.decision == false with input as another(ward, object.union(grant, changed))
	}
}

# What an owner lets be done that no proxy can have is let to nobody.
test_proxy_never if {
	every name in authz.actions - authz.proxiable {
		said := object.union(another(letting([name]), grant), {"action": {"name": name}, "context": {"stepUp": true}})
		refused := authz.decision with input as said
		refused.decision == false
		refused.reason_admin["wallet.proxy-action"]
	}
}

test_proxies_step_nothing_up if count(authz.proxiable & authz.strong) == 0

test_proxiable_are_actions if count(authz.proxiable - authz.actions) == 0

test_no_proxy if {
	authz.decision.decision == false with input as another(ward, null)
	authz.decision.reason_admin["wallet.stranger"] with input as another(ward, null)
}

test_client_is_no_proxy if {
	said := object.union(another(ward, grant), {"subject": {"type": "client"}})
	authz.decision.decision == false with input as said
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

test_listed_issuer_revokes if {
	listed := {"holder": "did:example:other", "about": false, "listed": true}
	authz.decision.decision with input as changing(listed, {"revokers": ["issuers"]})
	authz.decision.decision == false with input as changing(listed, {"revokers": ["proxied"]})
	unlisted := object.union(listed, {"listed": false})
	authz.decision.decision == false with input as changing(unlisted, {"revokers": ["issuers"]})
	authz.decision.decision == false with input as changing({"listed": true}, {"revokers": ["issuers"]})
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

administrator := {
	"subject": {"type": "administrator", "id": "root"},
	"action": {"name": "wallet.admin.get"},
	"resource": {"type": "wallet", "id": "ann", "properties": {
		"owner": "ann",
		"mode": "served",
		"custody": "custodial",
		"asked": "other",
		"approved": "",
	}},
	"proxy": null,
}

administering(name, properties) := object.union(administrator, {
	"action": {"name": name},
	"resource": {"properties": properties},
})

test_administrator if {
	every name in authz.administrative | authz.inspecting {
		authz.decision.decision with input as administering(name, {})
	}
	overseen := object.union(administrator, {"resource": {"type": "tenant"}})
	every name in authz.overseeing {
		authz.decision.decision with input as object.union(overseen, {"action": {"name": name}})
	}
}

# Never what the owner does, also in a wallet of their own name.
test_administrator_in_a_wallet if {
	every name in authz.actions | authz.issuing {
		authz.decision.decision == false with input as administering(name, {"owner": "root"})
	}
}

test_administrator_not_of_the_tenant if {
	every name in authz.overseeing {
		authz.decision.decision == false with input as administering(name, {})
	}
	overseen := object.union(administrator, {"resource": {"type": "tenant"}})
	every name in authz.administrative | authz.inspecting {
		authz.decision.decision == false with input as object.union(overseen, {"action": {"name": name}})
	}
}

test_inspection_of_custodial_alone if {
	every name in authz.inspecting {
		every mode in ["sealed", "custodial", "", null] {
			authz.decision.decision == false with input as administering(name, {"mode": mode})
		}
		every custody in ["none", "escrowed", "", null] {
			authz.decision.decision == false with input as administering(name, {"custody": custody})
		}
	}
}

test_inspection_takes_two if {
	own := administering("wallet.admin.inspection.approve", {"asked": "root"})
	authz.decision.decision == false with input as own
	authz.decision.decision with input as administering("wallet.admin.inspection.read", {"asked": "root"})
}

test_nobody_else_administers if {
	every name in (authz.administrative | authz.inspecting) | authz.overseeing {
		every type in ["account", "client", "", null] {
			asks := object.union(administering(name, {}), {"subject": {"type": type, "id": "ann"}})
			authz.decision.decision == false with input as asks
		}
		every type in ["wallet", "tenant"] {
			asks := object.union(administering(name, {}), {
				"subject": {"type": "account", "id": "ann"},
				"resource": {"type": type},
				"context": {"stepUp": true},
			})
			authz.decision.decision == false with input as asks
		}
	}
}
