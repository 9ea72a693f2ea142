package procura.challenge_test

import data.procura.challenge

test_irreducible_alone if {
	a := [{"kind": "principal", "role": "a"}, 0]
	b := [{"kind": "principal", "role": "b"}, 0]
	c := [{"kind": "principal", "role": "b"}, 1]
	needs := challenge.needs with challenge.sufficient as {{a, b}, {a}, {b, c}, {a, b, c}}
	needs == [{"parts": [a[0]]}, {"parts": [b[0], c[0]]}]
}

test_at_most_five if {
	needs := challenge.needs with challenge.sufficient as {{[n, 0]} | some n in numbers.range(1, 9)}
	count(needs) == 5
}

test_unknown_without_a_remedy_is_not_suppliable if {
	challenge.suppliable({"outcome": "holds"})
	challenge.suppliable({"outcome": "unknown", "missing": [{"circumstance": "place"}]})
	not challenge.suppliable({"outcome": "unknown", "missing": []})
	not challenge.suppliable({"outcome": "fails", "missing": []})
}

test_what_more_gives_is_left_out_where_less_was_not_searched if {
	part := {"kind": "principal", "role": "a"}
	searches := {
		[]: {"found": set(), "complete": false},
		[[0, 0]]: {"found": {{[part, 0]}}, "complete": true},
	}
	found := challenge.sufficient with challenge.searches as searches
		with challenge.mendable as []
		with challenge.supports as set()
	found == set()
}

test_no_search_in_a_crowd if {
	challenge.items == [] with challenge.crowd as 193 with challenge.mending as [1, 2, 3]
	challenge.items == [1, 2] with challenge.crowd as 192 with challenge.mending as [1, 2, 3]
}

test_nobody_may_attest_where_each_attester_is_a_party if {
	missing := {"circumstance": "attestations"}
	attesters := [{"by": "did", "did": "did:key:a"}, {"by": "did", "did": "did:web:b.example"}]
	credential := {"variant": "v"}
	challenge.unheard(missing, credential) with data.procura.framework as {"attesters": attesters}
		with challenge.party_ids as {"did:key:a", "did:web:b.example"}
	not challenge.unheard(missing, credential) with data.procura.framework as {"attesters": attesters}
		with challenge.party_ids as {"did:key:a"}
		with challenge.sound as []
	challenge.unheard(missing, credential) with data.procura.framework as {"attesters": attesters}
		with challenge.party_ids as {"did:key:a"}
		with challenge.sound as [{"credential": {"holder": {}}}]
	not challenge.unheard(missing, credential) with data.procura.framework as {"attesters": [{"by": "registry"}]}
		with challenge.party_ids as {"did:key:a"}
	not challenge.unheard({"circumstance": "place"}, credential) with data.procura.framework as {"attesters": []}
}
