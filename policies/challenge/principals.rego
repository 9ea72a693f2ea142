package procura.challenge

import data.procura.framework

# parties are the presentations with an accepted credential. Others add nobody.
parties contains entry.at[0] if some entry in accepted

# members are the distinct people of the group (semantics 4.2, "Same"), by the
# first presentation of each.
members := merged(accepted)

# merged are the distinct people of whom some credentials are.
merged(entries) := [member(entries)] if {
	count({entry.at[0] | some entry in entries}) == 1
} else := classed(people) if {
	people := [member([entry | some entry in entries; entry.at[0] in part]) |
		some part in sort({part | some part in same(entries)})
	]
}

# A holder known by a key alone has no id.
member(entries) := {
	"entries": entries,
	"ids": sort({entry.credential.holder.id | some entry in entries}),
	"roles": sort({role | some entry in entries; some role in entry.credential.derived.roles}),
	"unique": count(persons(entries)) == 1,
}

# persons are the unique-person values that count for some credentials.
persons(_) := set() if not framework.uniquePerson

persons(entries) := {value.values[0] |
	some entry in entries
	some value in personal(entry.credential)
	value.list == false
} if {
	framework.uniquePerson
}

# personal are the values of what tells people apart by whom the framework lists for
# it: in a credential, and in others of the same presentation about its holder.
personal(credential) := {value |
	vouched(credential)
	value := credential.derived.properties[framework.uniquePerson.attribute]
} | {value |
	some second in credential.about
	tells(second, credential)
	may_tell(framework.uniquePerson.issuers, second, credential.variant)
	value := second.derived.properties[framework.uniquePerson.attribute]
}

vouched(credential) if {
	some issuer in framework.uniquePerson.issuers
	issuer.by != "delegator"
	concerns(issuer, credential.variant)
	issues(issuer.by, issuer, credential)
}

# same are, for each presentation, those of the same person: holders that share
# an id or a key are one, and then those with one and the same unique-person
# value, each transitively.
same(entries) := people if {
	labels := labelled(entries)
	holders := object.union(labels, bearers(labels))
	own := {p: with_person(label, persons([entry | some entry in entries; entry.at[0] in reached(holders, labels, p)])) |
		some p, label in labels
	}
	edges := object.union(own, bearers(own))
	people := {p: reached(edges, labels, p) | some p, _ in labels}
}

# reached are the presentations among those labelled that edges lead to.
reached(edges, labels, p) := {q | some q in graph.reachable(edges, {p}); labels[q]}

# labelled are what a holder is known by, for each presentation.
labelled(entries) := {p: {label | some [q, label] in pairs; q == p} | some [p, _] in pairs} if {
	pairs := {[entry.at[0], label] | some entry in entries; some label in known_by(entry)}
}

known_by(entry) := {["key", entry.presentation.key]} | {["id", id] | id := entry.credential.holder.id}

# Two values of one holder are none.
with_person(own, values) := own | {["person", value] | some value in values; count(values) == 1}

bearers(labelled_by) := {label: {p | some p, own in labelled_by; label in own} |
	some found in labelled_by
	some label in found
}
