package procura.challenge_test

# asked is the base input with a patch to its one credential.
asked(patch) := json.patch(data.fixture.input, [object.union(operation, {"path": path}) |
	some operation in patch
	path := concat("/", ["presentations/0/credentials/0", operation.path])
])

# put replaces or adds one member of the credential.
put(path, value) := asked([{"op": "add", "path": path, "value": value}])

without(path) := asked([{"op": "remove", "path": path}])

codes(decision) := {reason.code | some reason in decision.reasons}
