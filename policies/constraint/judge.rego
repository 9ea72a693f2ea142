package procura.constraint

# judge decides from the circumstances themselves; undefined where it cannot.
# The start is inclusive, the end exclusive (RFC 0103 sample, "Timing"); null
# sorts before every instant.
judge("time_window", c, _, moment) := {"outcome": "holds", "missing": [], "until": c.values.endTime} if {
	is_number(moment.now)
	moment.now < c.values.endTime
	object.get(c.values, "startTime", null) <= moment.now
} else := {"outcome": "holds", "missing": []} if {
	is_number(moment.now)
	c.values.startTime <= moment.now
	not c.values.endTime
} else := {"outcome": "fails", "missing": []} if {
	is_number(moment.now)
	c.values != {}
}

judge("geo_radius", c, presentation, _) := {"outcome": "holds", "missing": []} if {
	presentation.circumstances.place.source in c.sources
	accuracy := presentation.circumstances.place.accuracyM
	accuracy >= 0
	c.values.distanceM + accuracy <= c.values.radiusM
} else := {"outcome": "fails", "missing": []} if {
	presentation.circumstances.place.source in c.sources
	accuracy := presentation.circumstances.place.accuracyM
	accuracy >= 0
	c.values.distanceM + accuracy > c.values.radiusM
}

judge("boundary", c, presentation, _) := {"outcome": "holds", "missing": []} if {
	presentation.circumstances.place.source in c.sources
	lines := presentation.derived.placeLines
	lines != []
	count({i | c.values.codes[lines[i][_]]}) == count(lines)
} else := {"outcome": "fails", "missing": []} if {
	presentation.circumstances.place.source in c.sources
	presentation.derived.placeLines != []
	c.values.codes
}

# An area holds where the whole circle of accuracy lies in it, which Go finds.
judge("boundary", c, presentation, _) := {"outcome": inside, "missing": []} if {
	c.values.area == true
	presentation.circumstances.place.source in c.sources
	inside := {true: "holds", false: "fails"}[c.values.inside]
}

judge("jurisdiction", c, presentation, _) := answer if {
	presentation.circumstances.jurisdiction.source in c.sources
	answer := member(c.values, presentation.derived.jurisdiction)
}

judge("function", c, presentation, _) := answer if {
	presentation.circumstances.function.source in c.sources
	answer := member(c.values, presentation.derived.function)
}

# What the clock on the wall shows lies in the window. It may hold no longer
# where the window ends, or earlier where the zone sets its clocks.
judge("recurring_time", c, _, moment) := {"outcome": "holds", "missing": [], "until": min(ends)} if {
	is_number(moment.now)
	ends := {moment.now + remaining(c.values)} | {instant | instant := c.values.local.changes}
} else := {"outcome": "fails", "missing": []} if {
	is_number(moment.now)
	is_number(c.values.local.time)
}

# Each of software and devices that the constraint lists must be known, and on
# its list.
judge("agent", c, presentation, _) := {"outcome": "holds", "missing": []} if {
	presentation.circumstances.agent.source in c.sources
	limited := {what | some what in ["software", "devices"]; c.values[what]}
	count(limited) > 0
	count({what | some what in limited; c.values[what][presentation.derived.agent[what]]}) == count(limited)
} else := {"outcome": "fails", "missing": []} if {
	presentation.circumstances.agent.source in c.sources
	some what in ["software", "devices"]
	listed := c.values[what]
	key := presentation.derived.agent[what]
	not listed[key]
}

# One of the ids, or of one of the types. It fails where both are known as far
# as the constraint lists them.
judge("relationship", c, presentation, _) := {"outcome": "holds", "missing": []} if {
	presentation.circumstances.counterparty.source in c.sources
	dealt(c.values, presentation)
} else := {"outcome": "fails", "missing": []} if {
	presentation.circumstances.counterparty.source in c.sources
	is_object(c.values)
	count([1 | c.values.ids; not presentation.circumstances.counterparty.id]) == 0
	count([1 | c.values.types; not presentation.derived.counterpartyTypes]) == 0
}

# The verifier's own request: nobody else can say what it asks.
judge("attributes", c, presentation, _) := {"outcome": "holds", "missing": []} if {
	"verifier" in c.sources
	asked := presentation.derived.attributesRequested
	count(asked) > 0
	count([1 | some name in asked; c.values.names[name]]) == count(asked)
} else := {"outcome": "fails", "missing": []} if {
	"verifier" in c.sources
	c.values.names
	count(presentation.derived.attributesRequested) > 0
}

# It holds as long as the latest capture that counts. None that counts is none:
# another may be taken.
judge("biometric_consent", c, presentation, moment) := {"outcome": "holds", "missing": [], "until": max(ends)} if {
	is_number(moment.now)
	ends := {end |
		some i, capture in presentation.circumstances.biometrics
		capture.source in c.sources
		capture.party == party(c.values.party, presentation)
		c.values.modality[presentation.derived.biometrics[i].modality]
		taken := presentation.derived.biometrics[i].capturedAt
		moment.now - taken <= c.values.maxAge
		taken - moment.now <= moment.skew
		end := taken + c.values.maxAge
	}
	ends != set()
}

# Oversight limits nothing: it comes back as a duty.
judge("oversight", c, _, _) := {"outcome": "holds", "missing": []} if c.values.text

# Who does not count the uses cannot say that one is left. Nothing that is
# supplied gives back what was used.
judge("usage", c, _, moment) := {"outcome": "holds", "missing": []} if {
	used(c, moment) < c.values.max
} else := {"outcome": "fails", "missing": [], "code": "usage.exhausted"} if {
	used(c, moment) >= c.values.max
} else := {"outcome": "unknown", "missing": [], "code": "usage.uncounted"} if c.values.max

# Who cooperates is decided over the group, by the caller, when all else is.
judge("cooperation", c, _, _) := {"outcome": "group", "missing": []} if is_object(c.values.condition)

# In every locale's list it holds, in none it fails; between the two the most
# restrictive reading is a person's to find.
member(values, key) := {"outcome": "holds", "missing": []} if {
	values.all[key]
} else := {"outcome": "fails", "missing": []} if {
	is_string(key)
	values.all
	not values.some[key]
}

# remaining is for how many ns the wall's clock stays in the window; undefined
# outside it. What begins in the evening of one day ends on the next.
remaining(values) := values.to - values.local.time if {
	values.from < values.to
	values.days[values.local.day]
	values.from <= values.local.time
	values.local.time < values.to
}

remaining(values) := (86400000000000 - values.local.time) + values.to if {
	values.to < values.from
	values.days[values.local.day]
	values.from <= values.local.time
}

remaining(values) := values.to - values.local.time if {
	values.to < values.from
	values.days[values.local.before]
	values.local.time < values.to
}

dealt(values, presentation) if values.ids[presentation.circumstances.counterparty.id]

dealt(values, presentation) if {
	some type in presentation.derived.counterpartyTypes
	values.types[type]
}

# used is how many permits count; undefined where that is not known.
used(c, moment) := max(counts) if {
	counts := {use.count | some use in moment.uses; use.constraint == c.name}
	count(counts) == 1
	count([1 | some n in counts; is_number(n); n >= 0]) == 1
}

# party is of whom a capture must be: what circumstances call the proxied
# identity, or the holder who presents.
party("proxied", _) := "proxied"

party("holder", presentation) := presentation.holder
