package procura.challenge

import data.procura.framework
import data.procura.sgl

# newcomers are the principals that a search for remedies may add: each passes a
# role, id or property test of a rule that would help. `part` is what is told,
# `variant` that of his credential; `class`, with an id, is how two are known
# to be one. `test` is the test of whoever is told by operator and operand, who may
# have any value that passes it. Of variants that differ in nothing that counts one is told.
newcomers := array.slice(sort(raw_newcomers), 0, 16)

# tests are the leaves of what is not met. Each search takes those of all.
tests contains leaf if {
	few_tests
	some options in unmet
	some option in options
	some leaf in option.rule.leaves
}

raw_newcomers contains newcomer if {
	some variant, people in arrivals
	some person in people
	not superseded(variant, person)
	part := object.union(person.part, {"kind": "principal", "variant": variant})
	newcomer := object.union(person, {"part": part, "variant": variant})
}

# superseded holds where another variant gives the same person to at least the
# same rules.
superseded(variant, person) if {
	some other, people in arrivals
	other != variant
	some alike in people
	alike.part == person.part
	missing := reach(variant) - reach(other)
	count(missing) == 0
	[count(reach(other)) == count(reach(variant)), other > variant] != [true, true]
}

reach(variant) := {i | some name in lacking; some i in framework.granting[name]; framework.rules[i].variants[variant]}

# arrivals are the people that could come by a credential of each variant.
arrivals[variant] := union({with_role(variant), with_id(variant), with_property(variant), with_nothing(variant)}) if {
	some variant in admitted
}

# admitted are the variants that the challenge admits, that somebody may issue,
# and whose credential can be about the proxied identity of the request.
admitted contains name if {
	count(tests) > 0
	some name, variant in framework.variants
	object.get(input.request.framework, "variant", name) == name
	some issuer in framework.issuers
	concerns(issuer, name)
	nameable(issuer.by, name, variant.identification)
	identifiable(variant.identification)
}

nameable(by, _, _) if named(by, {"proxied": {"id": object.get(input.request.proxied, "id", "")}})

# A title says nothing of an id.
nameable("owner", _, rules) if described(rules)

# Who a delegator is another may say.
nameable("delegator", variant, rules) if {
	described(rules)
	some issuer in framework.identityIssuers
	concerns(issuer, variant)
}

identifiable(_) if input.request.proxied.id

identifiable(rules) if described(rules)

# described holds where the request gives all attributes of an identification rule.
described(rules) if {
	some rule in rules
	count(rule) > 0
	every name in rule {
		input.request.proxied.attributes[name]
	}
}

bearing(role) := {"roles": {"list": true, "values": [["s", role]]}}

# Anybody else has an id that no rule names.
nobody_named := ["?"]

tested(role) if {
	some leaf in tests
	leaf.name == "roles"
	sgl.holds(leaf, {"ids": nobody_named, "properties": bearing(role)})
}

with_role(variant) := {{"part": {"role": role}, "ids": nobody_named, "properties": bearing(role)} |
	some role, _ in framework.variants[variant].roles
	tested(role)
}

# A rule that no accepted credential calls up may need no more than one that does.
with_nothing(variant) := {{"part": part, "ids": nobody_named, "properties": bearing(role)} |
	some role, part in guises(variant)
	calls_up(variant)
}

calls_up(variant) if {
	some options in unmet
	some option in options
	not relevant(option)
	option.variants[variant]
}

# Who comes by an id or a property has a role too: one that nothing tests, where
# the variant has such a one.
with_id(variant) := {{
	"part": object.union({"id": id}, part),
	"class": 64 + i,
	"ids": [id],
	"properties": bearing(role),
} |
	some role, part in guises(variant)
	some i, id in wanted_ids
}

wanted_ids := sort({value[1] |
	some leaf in tests
	leaf.name == "id"
	leaf.op in {"=", "in", "contains"}
	some value in leaf.values
	not value[1] in known_ids
})

known_ids contains id if {
	some member in members
	some id in member.ids
}

# An attester who joins the group attests no longer.
known_ids contains attestation.issuer if {
	some presentation in input.presentations
	some attestation in presentation.circumstances.attestations
}

with_property(variant) := {person |
	some role, part in guises(variant)
	some leaf in tests
	not leaf.name in {"id", "roles"}
	some value, told in witnesses(leaf)
	sgl.holds(leaf, {"ids": nobody_named, "properties": {leaf.name: value}})
	person := object.union(bearer(leaf, value, told), {
		"part": object.union(told, part),
		"ids": nobody_named,
		"properties": bearing(role),
	})
}

bearer(leaf, value, told) := {"properties": {leaf.name: value}} if {
	not told.op
} else := {"test": leaf}

# passes holds for a test that a newcomer passes, whatever he has beside what is
# told of him.
passes(leaf, newcomer) if sgl.holds(leaf, newcomer)

passes(leaf, newcomer) if {
	leaf.name == newcomer.test.name
	implies(newcomer.test, leaf)
}

# implies holds where every value that passes the one test passes the other.
implies(test, other) if {
	[test.op, test.list, test.values] == [other.op, other.list, other.values]
}

implies(test, other) if {
	test.values == other.values
	other.list == false
	[test.op, other.op] in {[">", ">="], [">", "!="], ["<", "<="], ["<", "!="]}
}

implies(test, other) if {
	[a, b] := bounds(test, other)
	test.op in {">", ">="}
	other.op in {">", ">=", "!="}
	a > b
}

implies(test, other) if {
	[a, b] := bounds(test, other)
	test.op in {"<", "<="}
	other.op in {"<", "<=", "!="}
	a < b
}

# bounds are the operands of two comparisons, where they are of one kind.
bounds(test, other) := [test.values[0][1], other.values[0][1]] if {
	other.list == false
	test.values[0][0] == other.values[0][0]
}

guises(variant) := {role: {"role": role} | some role, _ in framework.variants[variant].roles} if {
	count(untested_roles(variant)) == 0
} else := {min(untested_roles(variant)): {}}

untested_roles(variant) := {role | some role, _ in framework.variants[variant].roles; not tested(role)}

# witnesses are values that pass a test, and how the test is told: by the value
# where one alone passes, else by operator and operand.
witnesses(leaf) := {typed: test |
	some value in leaf.values
	typed := {"list": [leaf.op, leaf.list] == ["is", true], "values": [value]}
	test := {"property": leaf.name, "value": told_value(value)}
} if {
	leaf.op in {"=", "in", "is"}
} else := {typed: test |
	typed := {"list": true, "values": leaf.values}
	test := {"property": leaf.name, "value": [told_value(value) | some value in leaf.values]}
} if {
	leaf.op == "contains"
} else := {typed: test |
	not leaf.list
	typed := {"list": false, "values": [near(leaf.op, leaf.values[0])]}
	test := {"property": leaf.name, "op": leaf.op, "value": told_value(leaf.values[0])}
}

near(op, value) := value if op in {">=", "<="}

near(op, value) := above(value) if op in {">", "!=", "not in"}

near("<", value) := below(value)

above(value) := ["n", value[1] + 1] if value[0] == "n"

above(value) := ["s", concat("", [value[1], "~"])] if value[0] == "s"

above(value) := ["b", value[1] == false] if value[0] == "b"

above(value) := ["t", [value[1][0] + 1, value[1][1]]] if value[0] == "t"

below(value) := ["n", value[1] - 1] if value[0] == "n"

below(value) := ["t", [value[1][0] - 1, value[1][1]]] if value[0] == "t"

told_value(value) := value[1] if value[0] in {"s", "n", "b"}

# An instant is told to the nanosecond, where it has a year of four digits.
told_value(value) := instant if {
	value[0] == "t"
	[seconds, fraction] := value[1]
	abs(seconds) < 9000000000
	text := trim_suffix(time.format(seconds * 1000000000), "Z")
	instant := concat("", [text, {true: "", false: concat("", [".", fraction])}[fraction == ""], "Z"])
}

# obscure holds where a test may be passed in a way that no newcomer does, or by
# one who counts for more.
obscure if {
	faceless(members)
	some newcomer in raw_newcomers
	newcomer.ids == nobody_named
}

obscure if {
	some leaf in tests
	leaf.name != "roles"
	not leaf.op in {"=", "is"}
	count([1 | some newcomer in raw_newcomers; passes(leaf, newcomer)]) == 0
}
