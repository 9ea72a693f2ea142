package procura.challenge

import data.procura.framework

# needs are what would turn the denial into a permit (semantics 8.2): at most
# five alternatives, shortest first.
#
# Each candidate is put in place of assumed and this same policy asked again, so
# that what is proposed permits. Candidates are the missing circumstances of
# credentials that lack nothing else, and one more principal by role.
needs := array.slice([{"parts": sort(parts)} | some [_, parts] in sort(irreducible)], 0, 5)

irreducible contains [count(parts), parts] if {
	some parts in sufficient
	count([1 | some other in sufficient; other != parts; other - parts == set()]) == 0
}

# sufficient are the sets of parts that would permit.
sufficient contains circumstances(pairs) | person_part(other.role) if {
	searchable
	some pairs in subsets
	some other in others

	# What is searched is the decision itself, under another assumption.
	# regal ignore:with-outside-test-context
	permitted with data.procura.challenge.assumed as {
		"credentials": pairs,
		"role": other.role,
		"variant": other.variant,
	}
}

# needs_complete says that the search left no candidate out: none can mend a
# permission that no rule grants.
default needs_complete := false

needs_complete if {
	some permission in input.request.permissions
	not conceivable(input.derived.names[permission])
}

conceivable(name) if name in framework.rules[_].rule.grant

conceivable(name) if {
	framework.credentialRules == "any"
	framework.permissions[name]
}

# A search is one decision a candidate: it is left out where decisions are dear.
searchable if {
	count([1 | some _ in input.presentations]) <= 8
	count(subsets) * count(others) <= 128
	not dear
}

dear if {
	some rule in rules_asked
	count(rule.alternatives) > 64
}

# mendable are sound credentials that lack nothing but circumstances.
mendable := [entry |
	some entry in judged
	not holds(entry)
	count([1 | some outcome in entry.outcomes; suppliable(outcome)]) == count(entry.credential.derived.constraints)
]

suppliable(outcome) if outcome.outcome == "holds"

suppliable(outcome) if {
	outcome.outcome == "unknown"
	count(outcome.missing) > 0
}

# subsets of the first four of them, by place.
subsets := [[entry.at | some i, entry in first; bits.and(k, bits.lsh(1, i)) != 0] |
	first := array.slice(mendable, 0, 4)
	some k in numbers.range(0, bits.lsh(1, count(first)) - 1)
]

circumstances(pairs) := {part |
	some entry in judged
	entry.at in pairs
	some i, outcome in entry.outcomes
	some missing in outcome.missing
	part := {
		"kind": "circumstance",
		"circumstance": missing.circumstance,
		"constraint": entry.credential.derived.constraints[i].name,
		"credential": entry.credential.path,
		"parameters": missing.parameters,
	}
}

person_part("") := set()

person_part(role) := {{"kind": "principal", "role": role}} if role != ""

# others are nobody, and one more principal for each role that a rule asked
# names and an admitted variant allows.
others contains {"role": "", "variant": ""}

others contains {"role": role, "variant": name} if {
	some role in roles_named
	some name, variant in framework.variants
	variant.roles[role]
	object.get(input.request.framework, "variant", name) == name
}

roles_named contains value[1] if {
	some rule in rules_asked
	some leaf in rule.leaves
	leaf.name == "roles"
	some value in leaf.values
	value[0] == "s"
}

# rules_asked are those that grant, or that a requested permission requires.
rules_asked contains entry.rule if {
	some entry in framework.rules
	some name in input.derived.names
	name in entry.rule.grant
}

rules_asked contains requirement if {
	some name in input.derived.names
	requirement := framework.permissions[name].requires
}

rules_asked contains rule if {
	some entry in sound
	some rule in entry.credential.derived.rules
	some name in input.derived.names
	name in rule.grant
}
