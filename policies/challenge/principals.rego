package procura.challenge

import data.procura.framework

# parties are the presentations with an accepted credential. Others add nobody.
parties contains entry.at[0] if some entry in accepted

# members are the distinct people of the group (semantics 4.2, "Same"), by the
# first presentation of each.
members := [member(accepted)] if {
	count(parties) == 1
} else := [member([entry | some entry in accepted; entry.at[0] in part]) |
	some part in sort({part | some part in same})
]

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
	vouched(entry.credential)
	value := entry.credential.derived.properties[framework.uniquePerson.attribute]
	value.list == false
} if {
	framework.uniquePerson
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
same[p] := reached(person_edges, p) if some p in parties

same_holder[p] := reached(holder_edges, p) if some p in parties

reached(edges, p) := graph.reachable(edges, {p}) & parties

holder_edges := object.union(labels, bearers(labels))

labels[entry.at[0]] contains ["key", entry.presentation.key] if some entry in accepted

labels[entry.at[0]] contains ["id", entry.credential.holder.id] if some entry in accepted

person_edges := object.union(person_labels, bearers(person_labels))

# Two values of one holder are none.
person_labels[p] := own | found if {
	some p, own in labels
	values := persons([entry | some entry in accepted; entry.at[0] in same_holder[p]])
	found := {["person", value] | some value in values; count(values) == 1}
}

bearers(labelled) := {label: {p | some p, own in labelled; label in own} |
	some found in labelled
	some label in found
}
