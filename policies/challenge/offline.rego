package procura.challenge

# Without a network offlineMaxAge stands in the place of statusMaxAge and
# frameworkMaxAge (semantics 7). A framework that gives none lets nobody decide so.
patient if limits.offlineMaxAge > 0

heard_for := limits.frameworkMaxAge if not input.offline

heard_for := limits.offlineMaxAge if {
	input.offline
	patient
}

# packed_lately holds for a pack that is not too old: frameworks and contexts, which
# bear no signed time of their own, take that of their pack.
packed_lately if not input.offline.packedAt

packed_lately if {
	age := input.derived.now - input.derived.packedAt
	age <= limits.offlineMaxAge
	0 - age <= limits.clockSkew
}

# behind holds where the clock is earlier than what was signed: then every age that
# it gives is wrong.
behind if heard - input.derived.now > limits.clockSkew

behind if input.derived.packedAt - input.derived.now > limits.clockSkew

# told_at is when a list was signed, or else the pack that it came in.
told_at(status) := status.derived.signedAt

told_at(status) := input.derived.packedAt if not status.signedAt
