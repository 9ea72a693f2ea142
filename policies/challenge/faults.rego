package procura.challenge

import data.procura.framework

# absent says why a presentation adds nobody to the group.
absent(presentation) := object.union(
	{"holder.no_credential": "no credential of this holder counts"},
	{code: message |
		some code, message in {
			"presentation.undated": "the presentation does not say when it was signed",
			"presentation.future": "the presentation is of the future",
			"presentation.stale": "the presentation was signed too long before it was received",
			"group.stale": "the presentation was received too long ago",
		}
		late(code, presentation)
	},
)

late("presentation.undated", presentation) if not signed_at(presentation)

late("presentation.future", presentation) if {
	signed_at(presentation) - presentation.derived.receivedAt > limits.clockSkew
}

late("presentation.future", presentation) if {
	presentation.derived.receivedAt - input.derived.now > limits.clockSkew
}

late("presentation.stale", presentation) if {
	presentation.derived.receivedAt - signed_at(presentation) > limits.presentationMaxAge
}

late("group.stale", presentation) if input.derived.now - presentation.derived.receivedAt > limits.groupMaxAge

# faults_at says why the credential at some place does not count.
faults_at(at) := {["proxied.ambiguous", "the credentials do not agree on who is acted for"]} if {
	at in {entry.at | some entry in holding}
} else := union({unheld(limitation, entry.outcomes[i], entry) |
	some entry in judged
	entry.at == at
	some i, [limitation, _] in entry.burdens
}) | outdated(at) if {
	at in {entry.at | some entry in judged}
} else := faults(input.presentations[at[0]].credentials[at[1]])

outdated(at) := {["status.stale", "the status list is over, or older than the framework allows"] |
	some entry in judged
	entry.at == at
	not all_fresh(entry.credential)
}

unheld(limitation, outcome, _) := {[code, message]} if {
	outcome.outcome == "fails"
	code := object.get(outcome, "code", "constraint.fails")
	message := sprintf("the constraint %q does not hold", [limitation.name])
}

unheld(limitation, outcome, entry) := {["constraint.fails", message]} if {
	outcome.outcome == "group"
	holds(entry)
	message := sprintf("the group does not meet the condition of the constraint %q", [limitation.name])
}

unheld(limitation, outcome, entry) := {[code, message]} | refused_attestations(limitation, entry) if {
	outcome.outcome == "unknown"
	code := object.get(outcome, "code", "constraint.unknown")
	message := sprintf("whether the constraint %q holds is not known", [limitation.name])
}

refused_attestations(limitation, entry) := {["attestation.refused", message] |
	some [own, bearer] in entry.burdens
	own == limitation
	some i, attestation in entry.presentation.circumstances.attestations
	attestation.constraint == limitation.digest
	not i in allowed(entry.presentation, bearer)
	message := sprintf("an attestation for the constraint %q is by nobody who may attest", [limitation.name])
}

# faults are what a credential does not conform in. Of one that the framework
# does not recognise nothing else is said. Where nothing is found but it does
# not conform, a member is not what it should be.
faults(credential) := found if {
	found := {[code, message] | some code, message in unrecognised; strange(code, credential)}
	found != set()
} else := found if {
	variant := framework.variants[credential.variant]
	found := misfits(credential, variant) | chain_faults(credential)
	found != set()
} else := {["credential.malformed", unfit["credential.malformed"]]} if {
	not conforms(credential)
} else := set()

# faults_above are those of a credential that stands above another. A challenge
# that admits one variant says nothing of it.
faults_above(credential) := found if {
	found := {[code, message] | some code, message in unrecognised; code != "variant.refused"; strange(code, credential)}
	found != set()
} else := misfits(credential, framework.variants[credential.variant])

misfits(credential, variant) := found | status_faults(credential, variant) if {
	found := {[code, message] | some code, message in unfit; faulty(code, credential, variant)}
}

unrecognised := {
	"clock.behind": "the clock is earlier than when something was signed that the decision rests on",
	"framework.mismatch": "trustFrameworkURI is not the framework's",
	"framework.mixed": "the credential is of another version of the framework",
	"framework.stale": "withdrawals were heard of too long ago",
	"offline.refused": "the framework lets nobody decide without a network",
	"framework.withdrawn": "the version is withdrawn, and no other takes its place",
	"variant.undefined": "the framework does not define this variant",
	"variant.refused": "the challenge does not admit this variant",
}

strange("framework.mismatch", credential) if not credential.trustFrameworkURI == uri_of(credential.named)

strange(code, _) if {
	not current
	code == obsolete
}

strange("framework.withdrawn", _) if withdrawn[framework.version]

strange("framework.withdrawn", credential) if {
	withdrawn[credential.named]
	not stands_for(credential.named)
}

strange("framework.mixed", credential) if {
	not stands_for(credential.named)
	not withdrawn[credential.named]
}

strange("variant.undefined", credential) if {
	not framework.variants[credential.variant].form == credential.form
}

strange("variant.refused", credential) if {
	credential.variant != input.request.framework.variant
}

# chain_faults say why the chain of a credential does not hold. What is wrong with
# one above is told of that one.
chain_faults(credential) := {[code, message] |
	chained(credential)
	some code, message in unlawful
	wrong(code, credential)
}

unlawful := {
	"chain.malformed": "what is said of those above cannot be read",
	"chain.refused": "a credential above does not count",
	"chain.too_long": "the chain is longer than the framework allows",
	"chain.unlinked": "a credential is not by whom the one above it is for",
	"chain.form": "credentials of these forms do not stand above one another",
	"chain.role": "a role above may not appoint the one below",
	"chain.validity": "a credential is valid before or after the one above it",
	"chain.proxied": "the credentials of the chain differ on whom they are about",
	"chain.undelegated": "those above were not granted the permission to hand on",
}

wrong("chain.malformed", credential) if not credential.parents

wrong("chain.malformed", credential) if not credential.ancestors

wrong("chain.refused", credential) if {
	above := ancestors(credential)
	links := array.concat([credential], above)
	count([1 | some i, ancestor in above; not upholds(ancestor, i, links)]) > 0
}

wrong("chain.too_long", credential) if count(credential.derived.levels) >= depth

wrong("chain.unlinked", credential) if {
	some [link, above] in joints(credential)
	not link.issuer in {parent.holder.id | some parent in above}
}

wrong("chain.form", credential) if {
	some [link, above] in joints(credential)
	some parent in above
	not descends[link.form][parent.form]
}

wrong("chain.role", credential) if {
	some [link, above] in joints(credential)
	some parent in above
	not appointed(link.derived.roles, parent.derived.roles)
}

wrong("chain.validity", credential) if {
	some [link, above] in joints(credential)
	some parent in above
	not within(link.derived, parent.derived)
}

wrong("chain.proxied", credential) if not one_identity(carriers(credential))

wrong("chain.undelegated", credential) if {
	levels := levels_of(carriers(credential), ancestors(credential))
	some [link, _] in joints(credential)
	not delegated(link, levels)
}

# joints are the credentials of a chain that have others above them, with these.
joints(credential) := [[link, [ancestors(credential)[i] | some i in link.parents]] |
	some link in carriers(credential)
	chained(link)
]

unfit := {
	"credential.malformed": "a member cannot be read",
	"issuer.refused": "the framework does not let this issuer issue this variant",
	"disclosure.missing": "a date, a status or a chain that the variant leaves open may be withheld",
	"holder.type": "the holder is not of the variant's type",
	"proxied.type": "the proxied is not of the variant's type",
	"role.refused": "the variant does not allow this role",
	"rationale.missing": "a guardian's credential must give its rationale",
	"rationale.refused": "the variant does not allow this rationale",
	"audit.missing": "the framework demands an auditURI",
	"appeal.missing": "the framework demands an appealURI",
	"schema.invalid": "the variant has no such date",
	"credential.undated": "a date that the variant demands is absent",
	"credential.not_yet_valid": "the credential is not valid yet",
	"credential.expired": "the credential is valid no longer",
	"credential.too_long": "the credential is valid for longer than the variant allows",
	"constraint.undefined": "the framework defines no constraint that takes some member",
	"constraint.malformed": "the parameters of a constraint cannot be read",
	"constraint.missing": "a constraint that the variant requires is absent",
	"proxied.mismatch": "the credential is about another identity than the request",
	"proxied.insufficient": "request and credential do not identify the proxied sufficiently",
}

faulty("credential.malformed", credential, _) if credential.derived.problem

faulty("issuer.refused", credential, _) if not listed(credential)

faulty("proxied.insufficient", credential, _) if {
	listed(credential)
	not issued(credential)
}

faulty("proxied.insufficient", credential, variant) if {
	agrees(credential)
	not identified(credential, variant.identification)
}

faulty("proxied.mismatch", credential, _) if not agrees(credential)

faulty("disclosure.missing", credential, variant) if {
	credential.withheld
	some member, mode in {"validFrom": variant.validity.from, "validUntil": variant.validity.until}
	mode == "optional"
	not credential[member]
}

faulty("disclosure.missing", credential, _) if hides_chain(credential)

faulty("disclosure.missing", credential, variant) if concealable(credential, variant.validity.status)

faulty("holder.type", credential, variant) if not credential.holder.type == variant.holderType

faulty("proxied.type", credential, variant) if not credential.proxied.type == variant.proxiedType

faulty("role.refused", credential, _) if credential.derived.roles == []

faulty("role.refused", credential, variant) if {
	some role in credential.derived.roles
	not variant.roles[role]
}

faulty("rationale.missing", credential, variant) if {
	not credential.holder.rationaleURI
	not justified(credential, variant)
}

faulty("rationale.refused", credential, variant) if {
	credential.holder.rationaleURI
	not justified(credential, variant)
}

faulty("audit.missing", credential, _) if [framework.auditing.uri, credential.auditURI] == ["required", ""]

faulty("appeal.missing", credential, _) if [framework.appeal.uri, credential.appealURI] == ["required", ""]

faulty("schema.invalid", credential, variant) if {
	some member, mode in {"validFrom": variant.validity.from, "validUntil": variant.validity.until}
	mode == "none"
	credential[member]
}

faulty("credential.undated", credential, variant) if {
	some member, mode in {"validFrom": variant.validity.from, "validUntil": variant.validity.until}
	mode == "required"
	not credential[member]
}

faulty("credential.undated", credential, variant) if {
	variant.validity.maxLife
	some member in ["validFrom", "validUntil"]
	not credential[member]
}

faulty("credential.not_yet_valid", credential, _) if {
	credential.derived.validFrom - input.derived.now > limits.clockSkew
}

faulty("credential.expired", credential, _) if input.derived.now >= credential.derived.validUntil

faulty("credential.too_long", credential, variant) if lifetime(credential) > variant.validity.maxLife

faulty("constraint.undefined", credential, _) if count(credential.derived.undefined) > 0

faulty("constraint.malformed", credential, _) if {
	some constraint in credential.derived.constraints
	constraint.problem
}

faulty("constraint.missing", credential, variant) if {
	names := {constraint.name | some constraint in credential.derived.constraints}
	some name in variant.constraints
	not name in names
}

# listed holds where the framework lists the issuer, though the challenge may
# not name of whom it speaks.
listed(credential) if {
	some issuer in framework.issuers
	issues(issuer.by, issuer, credential)
	concerns(issuer, credential.variant)
}

lifetime(credential) := credential.derived.validUntil - credential.derived.validFrom
