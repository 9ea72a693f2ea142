package procura.challenge

import data.procura.framework

# timely holds for a presentation signed shortly before it was received, and
# received within groupMaxAge: an older one is out, so that it blocks nobody.
timely(presentation) if {
	received := presentation.derived.receivedAt
	signed := signed_at(presentation)
	received - signed <= limits.presentationMaxAge
	signed - received <= limits.clockSkew
	age := input.derived.now - received
	age <= limits.groupMaxAge
	0 - age <= limits.clockSkew
}

# A presentation that says nothing was not signed before our challenge was open
# (semantics 3.5).
signed_at(presentation) := presentation.derived.signedAt

signed_at(presentation) := time.parse_rfc3339_ns(input.request.openedAt) if not presentation.signedAt

# The strictest limit of the requested permissions holds for the whole group: a
# decision permits all of them or none.
limits := framework.freshness["default"] if {
	own_limits == []
} else := {name: min([age | some permission in input.derived.names; age := limit_for(permission, name)]) |
	some name in ["clockSkew", "frameworkMaxAge", "groupMaxAge", "offlineMaxAge", "presentationMaxAge", "statusMaxAge"]
}

own_limits := [own | some permission in input.derived.names; own := framework.freshness.permissions[permission]]

limit_for(permission, name) := age if {
	age := framework.freshness.permissions[permission][name]
} else := framework.freshness["default"][name]

# clockSkew forgives a beginning, never an end (semantics 3.4).
begun(credential, mode) if {
	mode != "none"
	credential.validFrom
	credential.derived.validFrom - input.derived.now <= limits.clockSkew
}

begun(credential, mode) if {
	not credential.validFrom
	dispensable(credential, mode)
}

unexpired(credential, mode) if {
	mode != "none"
	credential.validUntil
	input.derived.now < credential.derived.validUntil
}

unexpired(credential, mode) if {
	not credential.validUntil
	dispensable(credential, mode)
}

# dispensable holds for a mode of validity in which a credential may lack the
# member. What is optional might be withheld, where something is (semantics 3.2).
dispensable(_, "none")

dispensable(credential, "optional") if not credential.withheld

short_lived(derived, validity) if derived.validUntil - derived.validFrom <= validity.maxLife

short_lived(_, validity) if not validity.maxLife
