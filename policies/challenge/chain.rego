package procura.challenge

import data.procura.framework

# Chains (Aries RFC 0104; semantics 6). `ancestors` are all credentials above
# one that is presented, `parents` those directly above one, by their places
# there; `derived.levels` is who stands in its place at each level, nearest first.

# chained holds for a credential that says of others that they are above it. What
# is no list of them is a chain, too, and holds nowhere.
chained(credential) if object.get(credential, "parents", []) != []

chained(credential) if object.get(credential, "ancestors", []) != []

ancestors(credential) := object.get(credential, "ancestors", [])

# lawful holds for a credential that stands alone, and for one whose chain holds.
# What holds is counted: one that is undefined is missed.
lawful(credential) if not chained(credential)

lawful(credential) if {
	count(credential.parents) > 0
	count(credential.ancestors) > 0
	count(credential.derived.levels) < depth
	above := credential.ancestors
	links := array.concat([credential], above)
	count([1 | some i, ancestor in above; upholds(ancestor, i, links)]) == count(above)
	levels := levels_of(links, above)
	count([1 | some link in links; hangs(link, above, levels)]) == count(links)
	one_identity(links)
}

# upholds holds for a credential above others that fits, or that outlived what was
# revoked of it.
upholds(ancestor, _, _) if fits(ancestor)

upholds(ancestor, i, links) if outlived(ancestor, i, links)

# outlived holds for a credential above others that fits but for being revoked, where
# the framework lets what holders of all its roles issued survive that, and each
# credential directly below was signed before: as a time-stamp shows, which who was
# revoked cannot make alone (semantics 6).
outlived(ancestor, i, links) if {
	matches(ancestor)
	roles := ancestor.derived.roles
	count([1 | some role in roles; framework.delegation.survivesRevocation[role]]) == count(roles)
	validity := framework.variants[ancestor.variant].validity
	validity.status != "none"
	not unrevocable(ancestor, validity)
	below := [link | some link in links; i in object.get(link, "parents", [])]
	count(below) > 0
	count([1 | some status in ancestor.status; spares(status, ancestor, below)]) == count(ancestor.status)
}

# spares holds for a status that takes nothing from the credentials below.
spares(status, credential, _) if passes(status, credential)

spares(status, credential, below) if {
	not status.problem
	published(status, credential)
	begun_list(status)
	status.purpose == "revocation"
	status.value in revoking(status)
	count([1 | some link in below; link.derived.stampedAt < status.derived.revokedAt]) == count(below)
}

default depth := 0

depth := framework.delegation.maxDepth

# hangs holds for a root, and for a credential that those directly above it could
# issue: they are there, one of them issued it, they could appoint it, and the
# permission to delegate was theirs at every level.
hangs(link, _, _) if not chained(link)

hangs(link, above, levels) if {
	parents := [parent | some i in link.parents; parent := above[i]]
	count(parents) > 0
	count(parents) == count(link.parents)
	link.issuer in {parent.holder.id | some parent in parents}
	count([1 | some parent in parents; stands_below(link, parent)]) == count(parents)
	delegated(link, levels)
}

# stands_below holds for a credential that may stand directly below another, whose
# holder is known.
stands_below(link, parent) if {
	parent.holder.id != ""
	parent.holderKey != ""
	descends[link.form][parent.form]
	appointed(link.derived.roles, parent.derived.roles)
	within(link.derived, parent.derived)
}

# descends gives, by form, the forms it may stand below.
descends := {
	"D": {"D": true, "G": true, "C": true},
	"G": {"G": true},
	"C": {"C": true},
}

# A duty is delegated, a guardian's or controller's role handed on.
power := {
	"D": framework.delegation.delegate,
	"G": framework.delegation.successor,
	"C": framework.delegation.successor,
}

# appointed holds if each role is one that some role above may appoint.
appointed(roles, above) if {
	appointable := {role | some by in above; some role in framework.delegation.appoints[by]}
	count([1 | some role in roles; role in appointable]) == count(roles)
}

# within holds if a credential is in force only while the one above it is.
within(derived, parent) if {
	begins_within(derived, parent)
	ends_within(derived, parent)
}

begins_within(_, parent) if not parent.validFrom

begins_within(derived, parent) if parent.validFrom <= derived.validFrom

ends_within(_, parent) if not parent.validUntil

ends_within(derived, parent) if derived.validUntil <= parent.validUntil

# delegated holds if those directly above were granted the permission to hand on,
# they alone, and so was whoever stands in their place at each level above them.
delegated(link, levels) if {
	above := link.derived.levels
	count(above) > 0
	count([1 | some level in above; granted_in(levels[level], power[link.form])]) == count(above)
}

# levels_of are the views of all levels of a chain, each once.
levels_of(links, above) := {level: view([ascended(above, i) | some i in level]) |
	some link in links
	some level in link.derived.levels
}

# ascended is a credential above as one that stands for itself. Its holder is
# known by the key that was proved when the one below was issued.
ascended(above, i) := {
	"at": [above[i].digest, i],
	"presentation": {"key": above[i].holderKey},
	"credential": above[i],
	"above": [above[j] | some j in {j | some level in object.get(above[i].derived, "levels", []); some j in level}],
}

# one_identity holds if no two credentials of a chain disagree on who is acted for.
# That each is about whom the request names is asked of each.
one_identity(links) if {
	count({link.proxied.id | some link in links}) < 2
	names := {name |
		some link in links
		some rule in framework.variants[link.variant].identification
		some name in rule
	}
	count([1 | some name in names; count({value | some link in links; value := link.derived.attributes[name]}) > 1]) == 0
}

# raised_views are the views of the group at each level but its own: everybody who hangs
# below another is replaced by who stands above, all at once. Where a chain is
# shorter its root stays.
raised_views := [] if {
	hanging == []
} else := [view(raised) |
	some k in numbers.range(0, height - 1)
	raised := [up | some entry in accepted; some up in risen(entry, k)]
]

# height is how many levels there are above the group.
height := max(array.concat([0], hanging))

# hanging are how many levels each accepted chain has above it.
hanging := [count(entry.credential.derived.levels) | some entry in accepted; chained(entry.credential)]

risen(entry, _) := [entry] if not chained(entry.credential)

risen(entry, k) := [ascended(entry.credential.ancestors, i) | some i in levels[min([k, count(levels) - 1])]] if {
	chained(entry.credential)
	levels := entry.credential.derived.levels
}
