package procura.challenge_test

import data.procura.challenge

test_nobody_helps_where_it_is_unclear_who_is_acted_for if {
	challenge.remedies == {"found": set(), "complete": true} with challenge.ambiguous as true
}

test_a_search_that_cannot_be_paid_finds_nothing if {
	not challenge.affordable with challenge.modest as true with challenge.width as 0
	not challenge.affordable with challenge.modest as false with challenge.width as 1
}

test_equal_newcomers_are_counted if {
	challenge.tally([1, 1, 2]) == {[1, 0], [1, 1], [2, 0]}
}

test_one_id_comes_once if {
	people := [{"ids": ["?"]}, {"ids": ["a"], "class": 64}]
	challenge.may_follow(0, [0]) with challenge.newcomers as people
	not challenge.may_follow(1, [0, 1]) with challenge.newcomers as people
	not challenge.may_follow(0, [1]) with challenge.newcomers as people
}
