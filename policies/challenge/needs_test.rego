package procura.challenge_test

import data.procura.challenge

test_irreducible_alone if {
	a := {"kind": "principal", "role": "a"}
	b := {"kind": "principal", "role": "b"}
	c := {"kind": "principal", "role": "c"}
	needs := challenge.needs with challenge.sufficient as {{a, b}, {a}, {b, c}, {a, b, c}}
	needs == [{"parts": [a]}, {"parts": [b, c]}]
}

test_at_most_five if {
	needs := challenge.needs with challenge.sufficient as {{n} | some n in numbers.range(1, 9)}
	count(needs) == 5
}

test_unknown_without_a_remedy_is_not_suppliable if {
	challenge.suppliable({"outcome": "holds"})
	challenge.suppliable({"outcome": "unknown", "missing": [{"circumstance": "place"}]})
	not challenge.suppliable({"outcome": "unknown", "missing": []})
	not challenge.suppliable({"outcome": "fails", "missing": []})
}

test_no_search_in_a_crowd if {
	not challenge.searchable with input.presentations as numbers.range(1, 9)
		with challenge.subsets as [[]]
		with challenge.others as {1}
}
