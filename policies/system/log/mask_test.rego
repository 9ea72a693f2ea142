package system.log_test

import data.system.log

path := "procura/f/0123456789abcdef0123456789abcdef/decision"

test_a_decision_is_logged_without_people if {
	masked := log.mask with input as {
		"path": path,
		"input": {"presentations": []},
		"result": {"decision": "permit", "principals": [{"holder": "did:example:a"}, {"holder": "did:example:b"}]},
	}
	masked == {"/input", "/nd_builtin_cache", "/result/principals/0/holder", "/result/principals/1/holder"}
}

test_what_is_no_decision_is_not_logged if {
	every other in ["procura/f/0123456789abcdef0123456789abcdef/framework", "", concat("/", [path, "principals"])] {
		masked := log.mask with input as {"path": other, "result": {"principals": [{"holder": "did:example:a"}]}}
		masked == {"/input", "/nd_builtin_cache", "/result"}
	}
	masked := log.mask with input as {"query": "data", "result": {}}
	masked == {"/input", "/nd_builtin_cache", "/result"}
}
