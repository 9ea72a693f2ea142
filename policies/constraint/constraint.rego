# METADATA
# title: Constraints against circumstances
# description: |
#   Decides one constraint of one credential in the circumstances of one
#   presentation (docs: semantics 5). The answer has three values: `holds`,
#   `fails`, and `unknown`, which denies and says what to supply.
#   What it cannot read or does not know is `unknown`, never `holds`.
#
#   It asks nothing but its arguments. `moment` is made by the caller:
#   - `now`: the verifier's clock, ns since 1970
#   - `maxAge`: ns; how old an attestation's `iat` may be (presentationMaxAge)
#   - `skew`: ns; how far in the future an `iat` may lie (clockSkew)
#   - `attestations`: the indexes (set or array) into
#     `presentation.circumstances.attestations` whose attester the framework
#     allows and who is no principal of the group. Who they are is not judged
#     here; whether they speak of this constraint is.
#   - `uses`: the counts of the constraints that limit use, `{"constraint": name,
#     "count"}`; absent where nobody counts
package procura.constraint

import data.procura.dispatch

default outcome(_, _, _, _) := {"outcome": "unknown", "missing": []}

# METADATA
# title: The outcome of one constraint
# description: |
#   `c` is one of `credential.derived.constraints`. The result is
#   `{"outcome": "holds"|"fails"|"unknown"|"group", "missing": [{"circumstance",
#   "parameters"}], "until": ns, "code"}`. `missing` is empty unless the outcome
#   is `unknown`; `until` is the first instant at which what holds may hold no
#   longer, absent where there is none; `code` is the reason where it is not that
#   of the outcome; `group` leaves it to the group as a whole. Never undefined.
# scope: document
outcome(c, presentation, credential, moment) := answer if {
	not c.problem
	answer := judge(c.type, c, presentation, moment)
	not attestable(c, answer)
} else := {"outcome": answer, "missing": []} if {
	not c.problem
	answer := dispatch.outcome(c.type, c.parameters, admitted(c, presentation))
	answer in {"holds", "fails"}
} else := answer if {
	not c.problem
	vouchable(c)
	answer := vouched(c, presentation, credential, moment)
} else := answer if {
	not c.problem
	judge(c.type, c, presentation, moment)
	answer := vouched(c, presentation, credential, moment)
} else := {"outcome": "unknown", "missing": missing(c, presentation, credential, moment)} if {
	not c.problem
}

# attestable holds for what is as the constraint says and must be attested too.
attestable(c, answer) if {
	answer.outcome == "holds"
	c.values.attestation == true
}

# admitted are the circumstances of the presentation that come from a source that
# the framework lets count. Attestations are no part of them: they name others.
# What is asked of the proxied only the verifier knows.
admitted(c, presentation) := object.union_n([
	{name: value | some name, value in presentation.circumstances; value.source in c.sources},
	{name: list |
		some name, values in presentation.circumstances
		is_array(values)
		list := [value | some value in values; value.source in c.sources]
		list != []
	},
	{"attributesRequested": presentation.circumstances.attributesRequested | "verifier" in c.sources},
])

# METADATA
# title: The attestations that speak of this constraint
# description: |
#   The set of indexes into `presentation.circumstances.attestations` that count
#   for `c` now: allowed (`moment.attestations`), of this constraint, this
#   credential and this proxied identity, not expired, not of the future, and
#   recent unless `c` is a trigger.
# scope: document
attestations(c, presentation, credential, moment) := {i |
	some i, a in presentation.circumstances.attestations
	a.constraint == c.digest
	concerns(a, credential)
	i in moment.attestations
	lapse(c.type, a.derived, moment)
}

# It holds as long as the longest of its attestations: "never" sorts last.
vouched(c, presentation, credential, moment) := until(max([instant |
	some i, a in presentation.circumstances.attestations
	a.constraint == c.digest
	concerns(a, credential)
	i in moment.attestations
	instant := lapse(c.type, a.derived, moment)
]))

concerns(a, credential) if {
	a.credential == credential.digest
	object.get(a, "proxied", "") == object.get(credential.proxied, "id", "")
}

until("never") := {"outcome": "holds", "missing": []}

until(end) := {"outcome": "holds", "missing": [], "until": end} if is_number(end)

# lapse is the instant at which an attestation counts no longer, "never" where
# there is none; undefined where it does not count now. A trigger is attested
# once and does not age.
lapse("trigger", derived, moment) := end if {
	end := object.get(derived, "expiresAt", "never")
	moment.now < end
	derived.issuedAt <= moment.now + moment.skew
}

lapse(type, derived, moment) := min([end, derived.issuedAt + moment.maxAge]) if {
	type != "trigger"
	end := object.get(derived, "expiresAt", "never")
	moment.now < end
	moment.now - derived.issuedAt <= moment.maxAge
	derived.issuedAt <= moment.now + moment.skew
}

# What holds by attestation: texts and places that only a person can judge, and
# those circumstances that the framework lets attesters state.
vouchable(c) if c.values.attested

vouchable(c) if {
	circumstance[c.type]
	"attested" in c.sources
}

# missing names each circumstance to supply, with what would hold as the
# constraint's own parameters.
missing(c, presentation, credential, moment) := array.concat(
	[{"circumstance": "attestations", "parameters": object.union(c.parameters, subject(c, credential))} |
		attests(c)
		not vouched(c, presentation, credential, moment)
	],
	[{"circumstance": name, "parameters": object.union(c.parameters, whose(c, presentation))} |
		not c.values.attested
		not judge(c.type, c, presentation, moment)
		name := supplied(c)
	],
)

attests(c) if c.values.attested

attests(c) if c.values.attestation == true

supplied(c) := "place" if {
	c.values.area
} else := circumstance[c.type]

circumstance := {
	"geo_radius": "place",
	"boundary": "place.codes",
	"jurisdiction": "jurisdiction",
	"function": "function",
	"agent": "agent",
	"relationship": "counterparty",
	"attributes": "attributesRequested",
	"biometric_consent": "biometrics",
}

# whose says of whom a capture must be.
whose(c, presentation) := {"party": of | of := party(c.values.party, presentation)}

# subject is what an attestation must name.
subject(c, credential) := object.union(
	{"constraint": c.digest, "credential": credential.digest},
	{"proxied": id | id := credential.proxied.id},
)
