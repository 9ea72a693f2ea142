package procura.challenge

import data.procura.framework

# withdrawn are the versions of the framework that are in force no longer, and what
# is known of each. One whose beginning cannot be read is.
withdrawn[withdrawal.version] := withdrawal if {
	some withdrawal in withdrawals
	not to_come(withdrawal)
}

to_come(withdrawal) if input.derived.now < withdrawal.derived.from

# recognised holds for a credential of this version, or of one whose place it
# takes; its trustFrameworkURI is that of the version that it names (semantics
# 2.2).
recognised(credential) if {
	current
	withdrawn == {}
	credential.named == framework.version
	credential.trustFrameworkURI == framework.uri
} else if {
	current
	not withdrawn[framework.version]
	stands_for(credential.named)
	credential.trustFrameworkURI == uri_of(credential.named)
}

# stands_for holds where this version is the one named, or the first along its
# successors that is in force.
stands_for(named) if {
	steps := {version: {withdrawal.successor} | some version, withdrawal in withdrawn}
	framework.version in graph.reachable(object.union(steps, {framework.version: set()}), {named})
}

uri_of(version) := framework.uri if {
	version == framework.version
} else := withdrawn[version].uri

# withdrawals_ahead are the instants at which this version is to be in force no
# longer.
withdrawals_ahead := [withdrawal.derived.from |
	some withdrawal in withdrawals
	withdrawal.version == framework.version
]

# withdrawals are those that the input tells of. Where it does not say as of when,
# the bundle's are told, and what the input adds to them.
withdrawals := object.get(input, "withdrawn", []) if {
	input.withdrawalsAsOf
} else := array.concat(bundled, [withdrawal |
	some withdrawal in input.withdrawn
	not withdrawal.version in {known.version | some known in bundled}
])

# bundled are those of this framework that came with the bundle.
bundled := object.get(data.procura.withdrawals.of, framework.name, [])

# heard is when there was nothing more to tell: of the input, or of the bundle.
heard := input.derived.withdrawalsAsOf if {
	input.withdrawalsAsOf
} else := data.procura.withdrawals.asOf if {
	not input.withdrawalsAsOf
}

# current holds where withdrawals were heard of lately (semantics 2.2). What is said
# to be of the future says nothing about now.
current if {
	age := input.derived.now - heard
	age <= heard_for
	0 - age <= limits.clockSkew
	packed_lately
}

# current_until is when they must be heard of again.
current_until := [until |
	current
	some since in array.concat([heard], [packed | packed := input.derived.packedAt])
	until := since + heard_for
]

# obsolete is why it does not hold.
default obsolete := "framework.stale"

obsolete := "clock.behind" if {
	behind
} else := "offline.refused" if {
	input.offline
	not patient
}
