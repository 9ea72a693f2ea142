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
package procura.constraint

default outcome(_, _, _, _) := {"outcome": "unknown", "missing": []}

# METADATA
# title: The outcome of one constraint
# description: |
#   `c` is one of `credential.derived.constraints`. The result is
#   `{"outcome": "holds"|"fails"|"unknown", "missing": [{"circumstance",
#   "parameters"}], "until": ns}`. `missing` is empty unless the outcome is
#   `unknown`; `until` is the first instant at which what holds may hold no
#   longer, absent where there is none. Never undefined.
# scope: document
outcome(c, presentation, credential, moment) := judge(c.type, c, presentation, moment) if {
	not c.problem
} else := vouched(c, presentation, credential, moment) if {
	not c.problem
} else := {"outcome": "unknown", "missing": [missing(c, credential)]} if {
	not c.problem
}

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
	a.credential == credential.digest
	object.get(a, "proxied", "") == object.get(credential.proxied, "id", "")
	i in moment.attestations
	timely(c.type, a, moment)
}

timely(type, a, moment) if {
	a.derived.issuedAt <= moment.now + moment.skew
	recent(type, a, moment)
	unexpired(a, moment)
}

# A trigger is attested once and does not age.
recent("trigger", _, _)

recent(type, a, moment) if {
	type != "trigger"
	moment.now - a.derived.issuedAt <= moment.maxAge
}

unexpired(a, _) if not a.expiresAt

unexpired(a, moment) if moment.now < a.derived.expiresAt

vouched(c, presentation, credential, moment) := lasting([u |
	some i in attestations(c, presentation, credential, moment)
	u := lapse(c.type, presentation.circumstances.attestations[i], moment)
]) if {
	vouchable(c)
}

# What holds by attestation: texts and places that only a person can judge,
# and whatever the framework lets attesters say.
vouchable(c) if c.values.attested

vouchable(c) if {
	circumstance[c.type]
	"attested" in c.sources
}

# The instant at which one attestation counts no longer: "never" sorts last.
lapse("trigger", a, _) := object.get(a.derived, "expiresAt", "never")

lapse(type, a, moment) := min({a.derived.issuedAt + moment.maxAge, object.get(a.derived, "expiresAt", "never")}) if {
	type != "trigger"
}

# It holds as long as the longest of them does.
lasting(lapses) := {"outcome": "holds", "missing": []} if {
	"never" in lapses
} else := {"outcome": "holds", "missing": [], "until": max(lapses)} if {
	count(lapses) > 0
}

verdict(true) := {"outcome": "holds", "missing": []}

verdict(false) := {"outcome": "fails", "missing": []}

# judge decides from the circumstances themselves; undefined where it cannot.
judge("time_window", c, _, moment) := window(c.values, moment.now) if is_number(moment.now)

judge("geo_radius", c, presentation, _) := verdict(reach <= c.values.radiusM) if {
	place := presentation.circumstances.place
	place.source in c.sources
	place.accuracyM >= 0
	reach := c.values.distanceM + place.accuracyM
}

judge("boundary", c, presentation, _) := verdict(outside == set()) if {
	presentation.circumstances.place.source in c.sources
	codes := c.values.codes
	lines := presentation.derived.placeLines
	count(lines) > 0
	outside := {i | some i, line in lines; not within(line, codes)}
}

judge("jurisdiction", c, presentation, _) := stated(c.values, presentation.derived.jurisdiction) if {
	presentation.circumstances.jurisdiction.source in c.sources
}

# The start is inclusive, the end exclusive (RFC 0103 sample, "Timing").
window(values, now) := verdict(false) if {
	now < values.startTime
} else := verdict(false) if {
	now >= values.endTime
} else := {"outcome": "holds", "missing": [], "until": values.endTime} if {
	is_number(values.endTime)
} else := verdict(true) if {
	is_number(values.startTime)
}

within(line, codes) if {
	some code in line
	codes[code]
}

# In every locale's list it holds, in none it fails; between the two the most
# restrictive reading is a person's to find.
stated(values, key) := verdict(true) if {
	values.all[key]
} else := verdict(false) if {
	is_object(values.all)
	not values.some[key]
}

# missing names the circumstance to supply, with what would hold as the
# constraint's own parameters.
missing(c, credential) := {
	"circumstance": "attestations",
	"parameters": object.union(c.parameters, subject(c, credential)),
} if {
	c.values.attested
} else := {"circumstance": circumstance[c.type], "parameters": c.parameters}

circumstance := {
	"geo_radius": "place",
	"boundary": "place.codes",
	"jurisdiction": "jurisdiction",
}

# subject is what an attestation must name.
subject(c, credential) := object.union(
	{"constraint": c.digest, "credential": credential.digest},
	{"proxied": id | id := credential.proxied.id},
)
