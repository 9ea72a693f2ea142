package procura.challenge

import data.procura.framework

# What rules of SGL see of the group: a rule of a credential every role and
# property, a rule of the framework those from credentials of its variants.

# More principals than SGL takes: no rule is asked (semantics 4.1).
overfull if count(members) > 64

principals := people(members)

# people are the members of a group as SGL takes them.
people(group) := [principal(group, i, member.entries) | some i, member in group]

principal(group, i, entries) := {
	"ids": group[i].ids,
	"class": class(group, i),
	"unique": group[i].unique,
	"properties": object.union(properties(group[i], entries), roles(entries)),
}

# One of whom no role is seen lacks the property: it has no empty list of them.
roles([]) := {}

roles(entries) := {"roles": {"list": true, "values": sort({["s", role] |
	some entry in entries
	some role in entry.credential.derived.roles
})}} if {
	count(entries) > 0
}

class(group, i) := group[i].class if {
	group[i].class >= 0
} else := faceless(group) if {
	elusive(group[i])
} else := i

# classed says of people of whom some hang below others who counts as one with
# whom: all below one count as one with him and with each other, transitively
# (semantics 6).
classed(people) := people if {
	count([1 | some member in people; some entry in member.entries; overhung(entry) != []]) == 0
} else := [object.union(member, {"class": min(reached(edges, tokens, i))}) | some i, member in people] if {
	tokens := {i: known_as(people, i) | some i, _ in people}
	edges := object.union(tokens, bearers(tokens))
}

# overhung are those above one entry of a group.
overhung(entry) := object.get(entry, "above", ancestors(entry.credential))

# known_as is what a member is known by, and those above him. Those known by a key
# alone share a name.
known_as(people, i) := union({
	{label | some entry in people[i].entries; some label in known_by(entry)},
	{["person", value] | some value in persons(people[i].entries)},
	{label | some entry in people[i].entries; not separate(entry.credential); some label in above_him(entry)},
	{["faceless", k] | elusive(people[i]); k := faceless(people)},
})

above_him(entry) := {label |
	some ancestor in overhung(entry)
	some label in union({
		{["key", key] | key := ancestor.holderKey},
		{["id", id] | id := ancestor.holder.id},
		{["person", value] | some value in persons([{"credential": ancestor}])},
	})
}

# separate holds for a credential whose every role the framework counts apart.
separate(credential) if {
	apart := framework.delegation.countsSeparately
	count([1 | some role in credential.derived.roles; apart[role]]) == count(credential.derived.roles)
}

# Holders known by a key alone may be one person, and any whose DID may have
# further keys, that one among them: where there is one they count as one.
faceless(group) := min([k | some k, member in group; elusive(member)]) if {
	some member in group
	member.ids == []
}

elusive(member) if member.ids == []

elusive(member) if {
	some id in member.ids
	several_keys(id)
}

# several_keys holds for a DID that is not the name of its one key.
several_keys(id) if not strings.any_prefix_match(id, ["did:key:", "did:jwk:", "did:peer:0"])

properties(member, entries) := entries[0].credential.derived.properties if {
	count(member.entries) == 1
	count(entries) == 1
	not entries[0].credential.about
} else := {name: value |
	some entry in entries
	some [name, value] in given(entry.credential)
	not conflicting(member, name)
}

# A property that is given with two different values is absent.
conflicting(member, name) if {
	count({pair[1] | some entry in member.entries; some pair in given(entry.credential); pair[0] == name}) > 1
}

# conflicts are pairs [member, property] of such.
conflicts contains [i, name] if {
	some i, member in members
	told_twice(member)
	some name in {name | some entry in member.entries; some [name, _] in given(entry.credential)}
	conflicting(member, name)
}

# told_twice holds for one who has further credentials, or others about him: of nobody
# else can two values be given.
told_twice(member) if count(member.entries) > 1

told_twice(member) if {
	some entry in member.entries
	entry.credential.about
}

# present are the variants of accepted credentials.
present contains entry.credential.variant if some entry in accepted

# A view is a group as rules are asked of it: here as it stands.
here := {"entries": accepted, "members": members, "principals": principals, "present": present}

view(entries) := {
	"entries": entries,
	"members": group,
	"principals": people(group),
	"present": {entry.credential.variant | some entry in entries},
} if {
	group := merged(entries)
}

# seen_by is the group of a view as a framework rule for some variants sees it.
seen_by(variants, seen) := seen.principals if {
	count([1 | some variant in seen.present; variants[variant]]) == count(seen.present)
} else := [principal(seen.members, i, entries) |
	some i, member in seen.members
	entries := [entry | some entry in member.entries; variants[entry.credential.variant]]
]
