package procura.challenge

import data.procura.framework
import data.procura.sgl

# remedies are the newcomers that would let the accepted group do what it may
# not: `found` holds sets of [part, k], of which each grants every permission that
# was asked; `complete` says that none was left out.
#
# What is lacked is a list of demands, each of which some of its options must
# meet. Newcomers only add candidates, so what meets all demands holds, for each,
# the least that meets it: so demands are mended one by one and then joined.
default remedies := {"found": set(), "complete": false}

remedies := {"found": set(), "complete": true} if {
	beyond_help
} else := {"found": {set()}, "complete": true} if {
	count(lacking) == 0
	count(unmet) == 0
} else := {"found": joined, "complete": exhausted} if {
	count(unmet) > 0
	raised_views == []
	combinations <= 256
	trustworthy
}

# No newcomer helps where nobody knows who is acted for, where the group is
# full, with a permission that is not defined, or under a version that is not, or
# may not be, in force.
beyond_help if ambiguous

beyond_help if not current

beyond_help if withdrawn[framework.version]

beyond_help if overfull

beyond_help if {
	some name in lacking
	not framework.permissions[name]
}

lacking contains input.derived.names[grant.name] if {
	some grant in grants
	grant.granted == false
}

# unmet are the demands that the group does not meet, each a list of options:
# those of what is asked, and those of who cooperates on a condition.
unmet := array.concat(ungranted_demands, uncooperative)

uncooperative := [[{"rule": condition, "people": principals}] |
	some entry in accepted
	entry.at in assumed.cooperating
	some condition in conditions(entry)
	not met(condition, principals)
]

ungranted_demands := [options |
	modest
	some options in demands
	count([1 | some option in options; relevant(option); met(option.rule, option.people)]) == 0
]

demands := [options |
	some name in lacking
	some source in sources[framework.credentialRules]
	options := options_of(source, name)
]

sources := {
	"none": ["requires", "framework"],
	"any": ["requires", "either"],
	"narrow": ["requires", "framework", "credentials"],
}

options_of("requires", name) := [{"rule": framework.permissions[name].requires, "people": principals}]

options_of("framework", name) := of_framework(name)

options_of("credentials", name) := of_credentials(name)

options_of("either", name) := array.concat(of_framework(name), of_credentials(name))

of_framework(name) := [{"rule": entry.rule, "variants": entry.variants, "people": seen_by(entry.variants, here)} |
	some i in framework.granting[name]
	entry := framework.rules[i]
]

of_credentials(name) := [{"rule": rule, "people": principals} |
	some entry in accepted
	count(entry.credential.derived.rules) <= 64
	some rule in entry.credential.derived.rules
	name in rule.grant
]

# marked is an option in which each test is whether a person bears its mark. So a
# newcomer passes what everybody passes who comes as he is told, and no more.
marked(option) := object.union(option, {
	"rule": object.union(option.rule, {"leaves": [bears | some i, _ in option.rule.leaves; bears := borne(i)]}),
	"people": [object.union(person, {"properties": marks}) |
		some person in option.people
		marks := {sprintf("%d", [i]): mark | some i, leaf in option.rule.leaves; sgl.holds(leaf, person)}
	],
	"figures": [figure(option, newcomer) | some newcomer in newcomers],
})

mark := {"list": false, "values": [["b", true]]}

borne(i) := {"name": sprintf("%d", [i]), "op": "in", "list": false, "values": [["b", true]]}

# figure is a newcomer as an option sees him.
figure(option, newcomer) := {
	"ids": newcomer.ids,
	"unique": true,
	"properties": {sprintf("%d", [i]): mark |
		some i, leaf in option.rule.leaves
		passes(leaf, shown_to(option, newcomer))
	},
}

shown_to(option, newcomer) := newcomer if {
	option.variants[newcomer.variant]
} else := newcomer if {
	not option.variants
} else := {"ids": newcomer.ids, "properties": {}}

# suffices holds where the group and newcomers, by index, meet a marked option.
suffices(option, extra) if {
	applies(option, extra)
	met(option.rule, array.concat(option.people, [person |
		some i, k in extra
		person := object.union(option.figures[k], {"class": class_beside(newcomers[k], i)})
	]))
}

# class_beside is what a newcomer counts as: one more, where two with one id are
# one. He may be a holder who is known by a key alone, as the group's may.
class_beside(newcomer, i) := faceless(members) if {
	elusive(newcomer)
} else := count(members) + object.get(newcomer, "class", i)

applies(option, _) if relevant(option)

applies(option, extra) if {
	some k in extra
	option.variants[newcomers[k].variant]
}

# relevant holds for an option that the accepted credentials alone call up.
relevant(option) if not option.variants

relevant(option) if {
	some variant in present
	option.variants[variant]
}

helpful(option) := [k |
	some k, newcomer in newcomers
	helps(option, newcomer, option.figures[k])
]

helps(_, _, figure) if count(figure.properties) > 0

helps(option, newcomer, _) if {
	option.variants[newcomer.variant]
	not relevant(option)
}

# most is how many newcomers an option can take, one of them to make it apply.
most(option) := largest(option.rule) if {
	relevant(option)
} else := 1 + largest(option.rule)

largest(rule) := max([sum([demand[1] | some demand in alternative]) | some alternative in rule.alternatives])

# trials are one search for each option: what is open, what met it, and whether
# it was cut short. Six newcomers are the most that it weighs.
trials := [[sixth |
	some seen in options
	option := marked(seen)
	limit := most(option)
	useful := helpful(option)
	first := extend(option, useful, limit - 1, {"open": [[]], "met": [], "cut": false})
	second := extend(option, useful, limit - 2, first)
	third := extend(option, useful, limit - 3, second)
	fourth := extend(option, useful, limit - 4, third)
	fifth := extend(option, useful, limit - 5, fourth)
	sixth := extend(option, useful, limit - 6, fifth)
] |
	affordable
	some options in unmet
]

# extend adds one newcomer to what is open; left is how many more may come.
extend(option, useful, left, state) := {
	"open": array.slice(open, 0, width),
	"met": array.concat(state.met, found),
	"cut": count([1 | some is_cut in [state.cut, count(open) > width]; is_cut == true]) > 0,
} if {
	left >= 0
	state.open != []
	tried := [array.concat(extra, [k]) | some extra in state.open; some k in useful; may_follow(k, extra)]
	found := [extra | some extra in tried; suffices(option, extra)]
	open := [extra | some extra in tried; not extra in found; left > 0]
} else := {"open": [], "met": state.met, "cut": state.cut}

may_follow(_, []) := true

may_follow(k, extra) if k > extra[count(extra) - 1]

may_follow(k, extra) if {
	k == extra[count(extra) - 1]
	not newcomers[k].class
}

# mended are the sets that meet each demand.
mended := [[bag |
	some bag in bags
	count([1 | some other in bags; other != bag; other - bag == set()]) == 0
] |
	some trial in trials
	bags := {tally(extra) | some result in trial; some extra in result.met}
]

tally(extra) := {[k, j] | some i, k in extra; j := count([1 | some h, other in extra; h < i; other == k])}

# joined takes, for every combination, one of the sets of each demand.
joined contains {[newcomers[k].part, j] |
	some d, bags in mended
	some [k, j] in bags[floor(n / strides[d]) % count(bags)]
} if {
	combinations > 0
	some n in numbers.range(0, combinations - 1)
}

strides := [product([count(bags) | some i, bags in mended; i < d]) | some d, _ in mended]

combinations := product([count(bags) | some bags in mended])

default exhausted := false

exhausted if {
	affordable
	count(raw_newcomers) == count(newcomers)
	not obscure
	not cut_short
}

cut_short if {
	some trial in trials
	some result in trial
	result.cut == true
}

cut_short if {
	some trial in trials
	some result in trial
	result.open != []
}

# Where one of several demands was not searched to its end, what is joined may
# hold more than is needed.
trustworthy if {
	affordable
	count(unmet) == 1
}

trustworthy if exhausted

# affordable bounds what a search costs before it begins: how many options and
# tests there are, and then how wide it may be.
affordable if {
	modest
	few_tests
	width >= 1
}

few_tests if count([1 | some options in unmet; some option in options; some _ in option.rule.leaves]) <= 128

# What is large is not even asked again.
modest if {
	every_option := [option | some options in demands; some option in options]
	count(every_option) <= 32
	sum([count(option.rule.leaves) | some option in every_option]) <= 128
	sum([count(option.rule.alternatives) | some option in every_option]) <= 1024
	count([1 | some option in every_option; option.rule.problems.disjoint]) == 0
}

width := floor(assumed.effort / (1 + sum([cost(option) |
	some options in unmet
	some option in options
])))

cost(option) := product([
	count(option.people) + 1,
	count(option.rule.leaves) + count(option.rule.alternatives),
	count(newcomers),
	min({6, most(option)}),
])
