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

# unsupported duties turn a permit into a denial: a verifier that cannot
# perform one must deny (semantics 8.3).
unsupported := [] if {
	not input.request.supportedObligations
} else := [duty | some duty in obligations; not duty.action in input.request.supportedObligations]
