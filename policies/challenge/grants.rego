package procura.challenge

import data.procura.framework
import data.procura.sgl

grants := [grant(permission) | some permission in input.request.permissions]

# grant says of one requested permission whether it is granted, by the first
# rule that does and by whom (semantics 8.2): to the group as it stands, and to
# whoever stands in its place at each level above (semantics 6). It is never
# undefined.
grant(permission) := granted if {
	not overfull
	name := input.derived.names[permission]
	kept(name)
	first := granted_in(here, name)
	granted := object.union(first, {"name": permission, "granted": true})
} else := {"name": permission, "granted": false, "principals": []}

# kept holds where those above could do it, too, at every level. Levels are counted:
# one that is undefined is missed.
kept(name) if count([1 | some seen in raised_views; granted_in(seen, name)]) == height

# granted_in is the first rule that grants a permission to a group, and who meets
# it with what the permission requires.
granted_in(seen, name) := object.union(first.rule, {"principals": meeting}) if {
	count(seen.members) <= 64
	required := requirement(framework.permissions[name], seen)
	first := granting(framework.credentialRules, name, seen)
	meeting := sort({i | some i in array.concat(first.principals, required)})
}

# requirement is who meets what a permission requires beside every rule that
# grants it; undefined where nobody does.
requirement(permission, _) := [] if not permission.requires

requirement(permission, seen) := met(permission.requires, seen.principals)

# granting is the first rule that grants, by the framework's way with rules of
# credentials.
granting("none", name, seen) := by_framework(name, seen)[0]

granting("any", name, seen) := first if {
	first := by_framework(name, seen)[0]
} else := by_credentials(name, seen)[0]

granting("narrow", name, seen) := both if {
	first := by_framework(name, seen)[0]
	second := by_credentials(name, seen)[0]
	both := {"rule": first.rule, "principals": array.concat(first.principals, second.principals)}
}

# A framework rule applies if a credential of its variants is accepted.
by_framework(name, seen) := [{"rule": {"rule": i}, "principals": people} |
	some i in framework.granting[name]
	entry := framework.rules[i]
	people := met_in(entry.variants, entry.rule, seen)
]

met_in(variants, rule, seen) := met(rule, seen_by(variants, seen)) if {
	some variant in seen.present
	variants[variant]
}

by_credentials(name, seen) := [{"rule": {"rule": i, "credential": entry.credential.path}, "principals": people} |
	some entry in seen.entries
	count(entry.credential.derived.rules) <= 64
	some i, rule in entry.credential.derived.rules
	name in rule.grant
	people := met(rule, seen.principals)
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
