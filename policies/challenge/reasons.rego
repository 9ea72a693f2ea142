package procura.challenge

import data.procura.framework

# reasons are sorted by code, path and permission.
reasons := [object.union(
	{"code": code, "path": path, "message": message},
	{key: value | some key, value in {"permission": permission, "credential": credential}; value != ""},
) |
	some [code, path, permission, credential, message] in sort(told)
]

# What fell before the policy was asked.
told contains [refused.code, refused.path, "", object.get(refused, "credential", ""), refused.message] if {
	some refused in input.refused
}

told contains [code, "", "", "", message] if {
	not current
	some code, message in unrecognised
	code == obsolete
}

told contains [code, presentation.path, "", "", message] if {
	some p, presentation in input.presentations
	not p in parties
	some code, message in absent(presentation)
}

told contains [code, credential.path, "", credential.path, message] if {
	some [p, c] in out
	credential := input.presentations[p].credentials[c]
	some [code, message] in faults_at([p, c])
}

told contains [code, ancestor.path, "", credential.path, message] if {
	some [p, c] in out
	credential := input.presentations[p].credentials[c]
	some ancestor in ancestors(credential)
	some [code, message] in faults_above(ancestor)
}

told contains [code, path, "", path, message] if {
	some [p, c] in out
	some carrier in carriers(input.presentations[p].credentials[c])
	some [path, [code, message]] in all_doubts(carrier)
}

told contains [code, path, "", path, message] if {
	some presentation in input.presentations
	some credential in presentation.credentials
	some [path, [code, message]] in disbelief(credential)
}

told contains ["property.conflict", path, "", "", message] if {
	some [i, name] in conflicts
	path := members[i].entries[0].presentation.path
	message := sprintf("the property %q is given with different values", [name])
}

told contains [code, path, "", path, message] if {
	some entry in accepted
	path := entry.credential.path
	some [code, message] in rule_faults(entry.credential.derived.rules)
}

told contains ["permission.undefined", entry.credential.path, name, entry.credential.path, message] if {
	some entry in accepted
	named := {name | some rule in entry.credential.derived.rules; some name in rule.grant}
	some name in named
	not framework.permissions[name]
	message := "a rule grants a permission that the framework does not define"
}

told contains ["sgl.too_large", "/presentations", "", "", "more than 64 principals"] if overfull

told contains [reason.code, sprintf("/permissions/%d", [i]), grant.name, "", reason.message] if {
	some i, grant in grants
	grant.granted == false
	reason := ungranted(input.derived.names[grant.name])
}

told contains ["obligation.unsupported", "", object.get(duty, "permission", ""), "", message] if {
	some duty in unsupported
	message := sprintf("the verifier cannot perform %q", [duty.action])
}

ungranted(name) := {"code": "permission.undefined", "message": "the framework does not define this permission"} if {
	not framework.permissions[name]
} else := {"code": "permission.requires", "message": "what this permission requires beside its rules is not met"} if {
	granting(framework.credentialRules, name, here)
	not granted_in(here, name)
} else := {"code": "chain.widened", "message": "those above in a chain could not do this in place of the group"} if {
	granted_in(here, name)
} else := {"code": "permission.ungranted", "message": "no rule grants this permission to the group"}

# out are the credentials that do not count.
out := {[p, c] | some p, presentation in input.presentations; some c, _ in presentation.credentials} - accepted_at

rule_faults(rules) := {["sgl.too_large", "more than 64 rules"]} if count(rules) > 64

rule_faults(rules) := {[problem.code, sprintf("rule %d: %s", [i, problem.message])] |
	some i, rule in rules
	problem := problem_of(rule)
} if {
	count(rules) <= 64
}

problem_of(rule) := {"code": rule.problem, "message": object.get(rule, "message", "unusable")}

problem_of(rule) := rule.problems.disjoint if disjoint

problem_of(rule) := rule.problems.shared if not disjoint
