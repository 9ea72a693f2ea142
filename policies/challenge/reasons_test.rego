package procura.challenge_test

import data.procura.challenge

test_sorted_by_code_path_permission if {
	reasons := challenge.reasons with challenge.told as {
		["b", "/1", "", "", "m"],
		["a", "/2", "p", "/2", "m"],
		["a", "/1", "q", "", "m"],
		["a", "/1", "p", "", "n"],
	}
	reasons == [
		{"code": "a", "path": "/1", "permission": "p", "message": "n"},
		{"code": "a", "path": "/1", "permission": "q", "message": "m"},
		{"code": "a", "path": "/2", "permission": "p", "credential": "/2", "message": "m"},
		{"code": "b", "path": "/1", "message": "m"},
	]
}
