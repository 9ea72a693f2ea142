# METADATA
# title: Proxy challenge
# description: |
#   Decides whether a group may exercise permissions on one proxied identity
#   (semantics 8.1, steps 3 to 11).
#
#   Acceptance is positive: a credential counts if all that is asked of it holds,
#   so what is undefined, also by a built-in that fails, leaves it out. Faults
#   say why; they decide nothing.
#
#   An entry is one credential under way: `at` (indexes of presentation and
#   credential), `presentation`, `credential`, and from step 8 on `outcomes`.
package procura.challenge

import data.procura.constraint
import data.procura.framework

# sound are the credentials that pass steps 3 to 5.
sound := [{"at": [p, c], "presentation": presentation, "credential": credential} |
	some p, presentation in input.presentations
	timely(presentation)
	some c, credential in presentation.credentials
	conforms(credential)
]

# judged are these with what each constraint comes to, in the credential's order.
# burdens are the constraints with the credential that bears each: of a chain every
# one counts (semantics 6).
judged := [{
	"at": entry.at,
	"presentation": entry.presentation,
	"credential": entry.credential,
	"burdens": burdens(entry.credential),
	"outcomes": inherited(entry.presentation, entry.credential),
} |
	some entry in sound
]

burdens(credential) := [[limitation, bearer] |
	some bearer in carriers(credential)
	some limitation in bearer.derived.constraints
]

# carriers are a credential and all above it.
carriers(credential) := [credential] if {
	not credential.ancestors
} else := array.concat([credential], credential.ancestors)

# inherited are the outcomes of all burdens, in their order. What a credential
# above says of its holder is said of that one.
inherited(presentation, credential) := outcomes(presentation, credential) if {
	not credential.ancestors
} else := array.concat(outcomes(presentation, credential), [outcome |
	some ancestor in credential.ancestors
	some outcome in outcomes(object.union(presentation, {"holder": ancestor.holder.id}), ancestor)
])

outcomes(presentation, credential) := found if {
	then := moment(presentation, credential)
	found := [outcome |
		some limitation in credential.derived.constraints
		outcome := constraint.outcome(limitation, presentation, credential, then)
	]
}

# holding are the sound credentials whose constraints all hold.
holding := cooperating([entry |
	some entry in judged
	holds(entry)
])

# holds is true of a credential whose status is fresh, as that of what its issuer
# needs, and whose constraints hold, but for what its group decides. Outcomes are
# counted: one that is undefined must be missed.
holds(entry) if {
	all_fresh(entry.credential)
	all_backed(entry.credential)
	held := [1 | some outcome in entry.outcomes; outcome.outcome in {"holds", "group"}]
	count(held) == count(entry.burdens)
}

holds(entry) if entry.at in assumed.credentials

# accepted are those of steps 2 to 9: none, where they do not agree on who is
# acted for.
accepted := [] if {
	ambiguous
} else := holding

# assumed is nothing. The search for needs puts in its place the credentials whose
# constraints would hold, those for whose cooperation it searches newcomers, and the
# status lists that would be fresh, and asks this same policy again.
assumed := {"credentials": [], "cooperating": [], "lists": [], "effort": 0}

# moment is what the constraints of a credential are judged at.
moment(presentation, credential) := {
	"now": input.derived.now,
	"maxAge": limits.presentationMaxAge,
	"skew": limits.clockSkew,
	"attestations": allowed(presentation, credential),
	"uses": object.get(credential, "uses", []),
}

# allowed are the attestations, by index, whose attester the framework lists
# and who is no principal of the group.
allowed(presentation, _) := [] if {
	not presentation.circumstances.attestations
}

allowed(presentation, credential) := [i |
	some i, attestation in presentation.circumstances.attestations
	attests(attestation, credential.variant)
] if {
	presentation.circumstances.attestations
}

attests(attestation, variant) if {
	not attestation.issuer in party_ids
	not attestation.key in party_keys
	not hidden(attestation.issuer)
	some attester in framework.attesters
	concerns(attester, variant)
	speaks(attester.by, attester, attestation)
}

# hidden holds where an attester may be a party by another of his keys.
hidden(attester) if {
	several_keys(attester)
	some entry in sound
	not entry.credential.holder.id
}

speaks("did", attester, attestation) if attester.did == attestation.issuer

speaks("registry", attester, attestation) if attester.registry in attestation.registries

# Parties are those who would be principals if their constraints held: whether
# an attester is one cannot wait for what he attests.
party_ids contains entry.presentation.holder if some entry in sound

party_ids contains holder.id if {
	some entry in sound
	some holder in [carrier.holder | some carrier in carriers(entry.credential)]
}

party_keys contains entry.presentation.key if some entry in sound

party_keys contains ancestor.holderKey if {
	some entry in sound
	some ancestor in ancestors(entry.credential)
}
