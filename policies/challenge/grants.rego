package procura.challenge

import data.procura.framework
import data.procura.sgl

grants := [grant(permission) | some permission in input.request.permissions]

# grant says of one requested permission whether it is granted, by the first
# rule that does and by whom (semantics 8.2). It is never undefined.
grant(permission) := granted if {
	not overfull
	name := input.derived.names[permission]
	required := requirement(framework.permissions[name])
	first := granting(framework.credentialRules, name)
	granted := object.union(first.rule, {
		"name": permission,
		"granted": true,
		"principals": sort({i | some i in array.concat(first.principals, required)}),
	})
} else := {"name": permission, "granted": false, "principals": []}

# requirement is who meets what a permission requires beside every rule that
# grants it; undefined where nobody does.
requirement(permission) := [] if not permission.requires

requirement(permission) := met(permission.requires, principals)

# granting is the first rule that grants, by the framework's way with rules of
# credentials.
granting("none", name) := by_framework(name)[0]

granting("any", name) := first if {
	first := by_framework(name)[0]
} else := by_credentials(name)[0]

granting("narrow", name) := {"rule": first.rule, "principals": array.concat(first.principals, second.principals)} if {
	first := by_framework(name)[0]
	second := by_credentials(name)[0]
}

# A framework rule applies if a credential of its variants is accepted.
by_framework(name) := [{"rule": {"rule": i}, "principals": people} |
	some i in framework.granting[name]
	entry := framework.rules[i]
	people := met_in(entry.variants, entry.rule)
]

met_in(variants, rule) := met(rule, seen_by(variants)) if {
	some variant in present
	variants[variant]
}

by_credentials(name) := [{"rule": {"rule": i, "credential": entry.credential.path}, "principals": people} |
	some entry in accepted
	count(entry.credential.derived.rules) <= 64
	some i, rule in entry.credential.derived.rules
	name in rule.grant
	people := met(rule, principals)
]

# met is who meets a rule, by index; undefined where nobody does.
met(rule, people) := verdict.principals if {
	verdict := sgl.verdict(rule, people, disjoint, person_named)
	verdict.met == true
}

# Disjoint unless the framework says otherwise; a caller can only narrow.
default disjoint := true

disjoint := false if {
	framework.disjoint == false
	not input.request.disjoint
}

default person_named := false

person_named if framework.uniquePerson
