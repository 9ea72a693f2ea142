package procura.challenge

import data.procura.framework

# withdrawn are the versions of the framework that are in force no longer, and what
# is known of each. One whose beginning cannot be read is.
withdrawn[withdrawal.version] := withdrawal if {
	some withdrawal in input.withdrawn
	not to_come(withdrawal)
}

to_come(withdrawal) if input.derived.now < withdrawal.derived.from

# recognised holds for a credential of this version, or of one whose place it
# takes; its trustFrameworkURI is that of the version that it names (semantics
# 2.2).
recognised(credential) if {
	withdrawn == {}
	credential.named == framework.version
	credential.trustFrameworkURI == framework.uri
} else if {
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
	some withdrawal in input.withdrawn
	withdrawal.version == framework.version
]
