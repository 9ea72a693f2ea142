package procura.challenge

import data.procura.framework

# obligations come with what is granted: procedures for a person, the audit
# that a permission demands, and what the framework binds every verifier to.
default obligations := []

obligations := sort(duties) if all_granted

all_granted if {
	count(grants) > 0
	count([1 | some grant in grants; grant.granted == true]) == count(input.request.permissions)
}

duties contains {
	"id": sprintf("%s/%s", [procedure, permission]),
	"action": procedure,
	"text": object.get(framework.procedures, [procedure, "definition"], procedure),
	"permission": permission,
} if {
	some permission in input.request.permissions
	some procedure in framework.permissions[input.derived.names[permission]].procedures
}

duties contains {
	"id": sprintf("audit/%s", [permission]),
	"action": "audit",
	"text": object.get(framework.auditing, "text", "audit"),
	"permission": permission,
} if {
	some permission in input.request.permissions
	framework.permissions[input.derived.names[permission]].audit == "required"
}

duties contains {"id": rule.obligation, "action": rule.obligation, "text": rule.text} if {
	some rule in framework.conduct.verifier
	rule.level == "required"
}

# What was permitted without a network is decided again with one (semantics 7).
duties contains {
	"id": "re-check",
	"action": "re-check",
	"text": "Decide this again as soon as there is a network: procura recheck says whether it stands.",
} if {
	input.offline
}

# Who must be told of what rests on a credential under oversight, and by when.
# A credential that nothing rests on binds nobody: it cannot block a group.
duties contains object.union(
	{
		"id": sprintf("report/%s%s", [limitation.name, bearer.path]),
		"action": "report",
		"text": limitation.values.text,
	},
	{"by": time.format(min([never, input.derived.now + within])) | within := limitation.values.within},
) if {
	some entry in accepted
	entry.credential.path in rested_on
	some [limitation, bearer] in entry.burdens
	limitation.type == "oversight"
}

# rested_on are the accepted credentials of the principals who satisfy what is
# granted, and those whose rules grant it.
rested_on contains entry.credential.path if {
	some grant in grants
	some i in grant.principals
	some entry in members[i].entries
}

rested_on contains grant.credential if some grant in grants

# unsupported duties turn a permit into a denial: a verifier that cannot
# perform one must deny (semantics 8.3).
unsupported := [] if {
	not input.request.supportedObligations
} else := [duty | some duty in obligations; not duty.action in input.request.supportedObligations]
