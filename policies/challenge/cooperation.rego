package procura.challenge

# Cooperation is decided last (semantics 5): of those whose other constraints
# hold each is dropped whose condition the group does not meet, all at once, and
# again with those who are left, until nothing changes.
#
# Rego has no recursion, so that 64 rounds are six doublings of one. Each stops
# where nothing changed.

cooperating(entries) := entries if {
	not bound(entries)
} else := left if {
	left := rounds_64(entries)
	count(willing(left)) == count(left)
} else := [entry | some entry in entries; conditions(entry) == []]

# bound holds if a credential among them depends on the group.
bound(entries) if {
	some entry in entries
	some outcome in entry.outcomes
	outcome.outcome == "group"
}

# willing are those of some credentials whose conditions the group of all of
# them meets.
willing(entries) := [entry | some entry in entries; meets(entry, group)] if {
	group := people(merged(entries))
}

meets(entry, group) if {
	wanted := conditions(entry)
	count([1 | some condition in wanted; met(condition, group)]) == count(wanted)
}

meets(entry, _) if entry.at in assumed.cooperating

conditions(entry) := [limitation.values.condition |
	some [limitation, _] in entry.burdens
	limitation.type == "cooperation"
]

rounds_2(entries) := twice if {
	once := willing(entries)
	count(once) < count(entries)
	twice := willing(once)
} else := entries

rounds_4(entries) := twice if {
	once := rounds_2(entries)
	count(once) < count(entries)
	twice := rounds_2(once)
} else := entries

rounds_8(entries) := twice if {
	once := rounds_4(entries)
	count(once) < count(entries)
	twice := rounds_4(once)
} else := entries

rounds_16(entries) := twice if {
	once := rounds_8(entries)
	count(once) < count(entries)
	twice := rounds_8(once)
} else := entries

rounds_32(entries) := twice if {
	once := rounds_16(entries)
	count(once) < count(entries)
	twice := rounds_16(once)
} else := entries

rounds_64(entries) := twice if {
	once := rounds_32(entries)
	count(once) < count(entries)
	twice := rounds_32(once)
} else := entries
