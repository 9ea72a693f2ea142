package procura.challenge

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

class(group, i) := faceless(group) if {
	elusive(group[i])
} else := i

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
} else := {name: value |
	some entry in entries
	some name, value in entry.credential.derived.properties
	not conflicting(member, name)
}

# A property that is given with two different values is absent.
conflicting(member, name) if {
	count({value | some entry in member.entries; value := entry.credential.derived.properties[name]}) > 1
}

# conflicts are pairs [member, property] of such.
conflicts contains [i, name] if {
	some i, member in members
	count(member.entries) > 1
	some name in {name | some entry in member.entries; some name, _ in entry.credential.derived.properties}
	conflicting(member, name)
}

# present are the variants of accepted credentials.
present contains entry.credential.variant if some entry in accepted

# seen_by is the group as a framework rule for some variants sees it.
seen_by(variants) := principals if {
	count([1 | some variant in present; variants[variant]]) == count(present)
} else := [principal(members, i, entries) |
	some i, member in members
	entries := [entry | some entry in member.entries; variants[entry.credential.variant]]
]
