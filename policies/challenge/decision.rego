package procura.challenge

import data.procura.constraint
import data.procura.framework

# METADATA
# title: Decision
# description: |
#   The JSON of policies.Decision. It denies unless everything below it is
#   defined.
# entrypoint: true
# scope: document
default decision := {
	"decision": "deny",
	"permissions": [],
	"principals": [],
	"credentials": [],
	"reasons": [{"code": "policy.failed", "message": "the policy could not decide", "path": ""}],
	"needsComplete": false,
	"obligations": [],
	"explain": {"holder": "No decision could be made on what you presented."},
}

decision := object.union(
	{
		"decision": "permit",
		"permissions": grants,
		"principals": principals_shown,
		"credentials": credentials_shown,
		"reasons": reasons,
		"obligations": obligations,
		"validUntil": time.format(valid_until),
		"counted": counted,
		"used": used,
		"explain": {"holder": "You may do what was asked."},
	},
	dated,
) if {
	permitted
} else := {
	"decision": "deny",
	"permissions": grants,
	"principals": principals_shown,
	"credentials": credentials_shown,
	"reasons": reasons,
	"needs": needs,
	"needsComplete": needs_complete,
	"obligations": obligations,
	"counted": counted,
	"explain": {"holder": told_to_holder},
}

# dated says of a permit that it was given without a network.
default dated := {}

dated := {"freshness": "offline"} if input.offline

permitted if {
	all_granted
	unsupported == []
}

principals_shown := [{
	"holder": member.ids,
	"roles": member.roles,
	"credentials": [entry.credential.path | some entry in member.entries],
} |
	some member in members
]

accepted_at contains entry.at if some entry in accepted

credentials_shown := array.concat(array.concat(proxies_shown, beside_shown), sort(refused_credentials))

proxies_shown := [object.union(shown, {"named": credential.named | credential.named != framework.version}) |
	some p, presentation in input.presentations
	some c, credential in presentation.credentials
	shown := {"path": credential.path, "digest": credential.digest, "accepted": [p, c] in accepted_at}
]

# beside_shown are the supporting credentials, and those to which others refer, that
# were presented by themselves: accepted where one that is accepted rests on them.
beside_shown := [{"path": reference.path, "digest": reference.digest, "accepted": reference.path in relied_on} |
	some presentation in input.presentations
	some reference in presentation.beside
]

relied_on contains path if {
	some entry in accepted
	some carrier in carriers(entry.credential)
	some path in array.concat([carrier.path], [second.path | some second in believed(carrier)])
}

refused_credentials contains {
	"path": refused.credential,
	"digest": object.get(refused, "digest", ""),
	"accepted": false,
} if {
	some refused in input.refused
	refused.credential != ""
}

# valid_until is the earliest instant at which an accepted credential, a proof
# of it, one of its constraints, its presentation, the framework's version or what is
# known of withdrawals stops holding.
valid_until := min(array.concat(array.concat(withdrawals_ahead, current_until), [ending |
	some entry in accepted
	some ending in endings(entry)
]))

endings(entry) := array.concat(
	[
		entry.presentation.derived.receivedAt + limits.groupMaxAge,
		min([object.get(carrier.derived, "validUntil", never) | some carrier in carriers(entry.credential)]),
		min([object.get(carrier.derived, "provedUntil", never) | some carrier in carriers(entry.credential)]),
	],
	array.concat(
		[outcome.until | some outcome in entry.outcomes],
		[end |
			some carrier in carriers(entry.credential)
			some end in array.concat(lapses(carrier), vouching_until(carrier))
		],
	),
)

# The last instant that fits 64 bits of nanoseconds, in 2262.
never := 9223372036854775807

# counted are the triggers on which accepted credentials rest: they are on file
# once the decision is stored, and age no longer.
counted := sort({{
	"credential": bearer.digest,
	"constraint": limitation.digest,
	"issuer": attestation.issuer,
	"issuedAt": attestation.issuedAt,
} |
	some entry in accepted
	some [limitation, bearer] in entry.burdens
	limitation.type == "trigger"
	then := moment(entry.presentation, bearer)
	some i in constraint.attestations(limitation, entry.presentation, bearer, then)
	attestation := entry.presentation.circumstances.attestations[i]
})

# told_to_holder is one sentence that names nobody.
default told_to_holder := "Nothing that you presented could be accepted for this request."

told_to_holder := "More must be known about the circumstances before you may do what was asked." if {
	count(mendable) > 0
} else := "What you presented counts, but it does not suffice for what was asked." if {
	count(accepted) > 0
}
