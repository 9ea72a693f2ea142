package procura.challenge

import data.procura.framework

# needs are what would turn the denial into a permit (semantics 8.2): at most
# five alternatives, shortest first, each irreducible.
#
# An alternative is a set of [part, k]: the k-th of equal parts. Its parts are
# circumstances and fresher status lists for credentials that lack nothing else, newcomers (remedies), and
# the duties that the verifier would have to support.
needs := array.slice([{"parts": [part | some [part, _] in sort(parts)]} | some [_, parts] in irreducible], 0, 5)

irreducible contains [count(parts), parts] if {
	some parts in sufficient
	count([1 | some other in sufficient; count(other) < count(parts); other - parts == set()]) == 0
}

# sufficient are the sets of parts that would permit. Where a search with less
# stopped early, what was found with more may hold too much.
sufficient contains (circumstances(places) | people) | supports if {
	some places, search in searches
	count([1 | some less, other in searches; other.complete == false; less != places; subset(less, places)]) == 0
	some people in search.found
}

subset(some_places, places) if count({at | some at in some_places} - {at | some at in places}) == 0

# searches are what each choice of circumstances leaves to newcomers: this same
# policy, asked under another assumption.
searches[places] := search if {
	some places, assumption in assumptions

	# regal ignore:with-outside-test-context,line-length
	search := remedies with data.procura.challenge.tests as every_test with data.procura.challenge.assumed as assumption
}

assumptions[places] := {
	"credentials": [entry.at | some entry in mendable; follows(entry, circumstances(places))],
	"cooperating": places,
	"lists": [part.list | some [part, _] in circumstances(places); part.kind == "status"],
	"effort": floor(16384 / count(choices)),
} if {
	some places in choices
}

# every_test is common to all searches, so that each tells newcomers alike: what
# one finds shows that another needs less.
every_test := tests if {
	count(choices) == 1
} else := {test |
	some assumption in assumptions

	# regal ignore:with-outside-test-context
	some test in tests with data.procura.challenge.assumed as assumption
}

# needs_complete says that the search left no candidate out.
default needs_complete := false

needs_complete if hopeless

needs_complete if {
	count(irreducible) <= 5
	count(mendable) + count(stale_tales) == count(items)
	count([1 | some entry in mendable; some carrier in carriers(entry.credential); several_ways(carrier)]) == 0
	count([1 | some search in searches; search.complete == true]) == count(choices)
}

# No candidate mends a permission that no rule grants.
hopeless if {
	some permission in input.request.permissions
	not conceivable(input.derived.names[permission])
}

conceivable(name) if {
	framework.permissions[name]
	count(framework.granting[name]) > 0
}

conceivable(name) if {
	framework.permissions[name]
	framework.credentialRules == "any"
}

# mendable are sound credentials that lack nothing but circumstances and fresher
# status lists.
mendable := [entry |
	some entry in judged
	not entry.at in holding_at
	count([1 | some outcome in entry.outcomes; suppliable(outcome)]) == count(entry.burdens)
	count([1 |
		some i, outcome in entry.outcomes
		some missing in outcome.missing
		unheard(missing, entry.burdens[i][1])
	]) == 0
]

# unheard holds where an attestation is missing that nobody may give.
unheard(missing, credential) if {
	missing.circumstance == "attestations"
	count([1 | some attester in framework.attesters; concerns(attester, credential.variant); free(attester)]) == 0
}

# free holds for an attester who is no party, or for a list, which may have one.
free(attester) if attester.by == "registry"

free(attester) if {
	attester.by == "did"
	not attester.did in party_ids
	not hidden(attester.did)
}

holding_at contains entry.at if some entry in holding

suppliable(outcome) if outcome.outcome in {"holds", "group"}

suppliable(outcome) if {
	outcome.outcome == "unknown"
	count(outcome.missing) > 0
}

# A choice is a set of mendable credentials, by place, and of lists by which others say
# too little of holders. Each is a decision more: where decisions are dear, fewer are
# weighed.
choices := [[item | some i, item in items; bits.and(k, bits.lsh(1, i)) != 0] |
	some k in numbers.range(0, bits.lsh(1, count(items)) - 1)
]

default items := []

items := array.slice(mending, 0, 4) if {
	crowd <= 48
} else := array.slice(mending, 0, 2) if {
	crowd <= 192
}

mending := array.concat([entry.at | some entry in mendable], sort(stale_tales))

# stale_tales are the lists too old for what others say of holders whose credentials
# hold, or could.
stale_tales contains list if some [list, _] in stale_tellers

stale_tellers contains [list, second.path] if {
	some entry in array.concat(holding, mendable)
	some second in entry.credential.about
	tellable(second, entry.credential)
	telling(second, entry.credential.variant)
	some list in stale(second)
}

crowd := (4 * count(sound)) + count([1 | some entry in sound; some _ in entry.credential.derived.rules])

circumstances(places) := {[part, 0] |
	some entry in mendable
	entry.at in places
	some part in lacked(entry)
} | {[part, 0] |
	some list in stale_tales
	list in places
	teller := min({path | some [other, path] in stale_tellers; other == list})
	part := {"kind": "status", "list": list, "credential": teller}
}

lacked(entry) := (wanted(entry) | {part |
	some list in all_stale(entry.credential)
	part := {"kind": "status", "list": list, "credential": entry.credential.path}
}) | {part |
	some list in (unbacked(entry.credential) - all_stale(entry.credential))
	part := {"kind": "status", "list": list, "credential": backer_of(list, entry.credential)}
}

# unbacked are the lists that must be fresher for each issuer to have the word of one
# who vouches: of several the one who needs fewest.
unbacked(credential) := {list |
	some carrier in carriers(credential)
	not backed(carrier)
	[_, _, lists] := min(ways(carrier))
	some list in lists
}

ways(carrier) := {[count(lists), second.path, lists] |
	some second in backers(carrier)
	lists := stale(second)
}

several_ways(carrier) if {
	not backed(carrier)
	count(ways(carrier)) > 1
}

backer_of(list, credential) := min({path |
	some carrier in carriers(credential)
	not backed(carrier)
	[_, path, lists] := min(ways(carrier))
	list in lists
})

wanted(entry) := {part |
	some i, outcome in entry.outcomes
	some missing in outcome.missing
	part := {
		"kind": "circumstance",
		"circumstance": missing.circumstance,
		"constraint": entry.burdens[i][0].name,
		"credential": entry.credential.path,
		"parameters": missing.parameters,
	}
}

# A credential follows where all that it lacks is supplied to its presentation,
# be it for another; a fresher list is one for all.
follows(entry, supplied) if {
	own := {[part.circumstance, part.parameters] | some part in wanted(entry)}
	siblings := {other.credential.path | some other in mendable; other.at[0] == entry.at[0]}
	given := {[part.circumstance, part.parameters] | some [part, _] in supplied; part.credential in siblings}
	own - given == set()
	lists := {part.list | some [part, _] in supplied}
	(all_stale(entry.credential) | unbacked(entry.credential)) - lists == set()
}

# supports are the duties that the verifier does not support: every permit
# comes with them.
supports contains [{"kind": "obligation", "action": duty.action}, 0] if {
	some duty in duties
	unsupportive(duty.action)
}

# Whether a permit would rest on a credential under oversight is not known before.
supports contains [{"kind": "obligation", "action": "report"}, 0] if {
	unsupportive("report")
	some entry in array.concat(accepted, mendable)
	some [limitation, _] in entry.burdens
	limitation.type == "oversight"
}

unsupportive(action) if {
	supported := input.request.supportedObligations
	not action in supported
}
