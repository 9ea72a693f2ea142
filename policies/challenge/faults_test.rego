package procura.challenge_test

import data.procura.challenge

# What does not conform has a fault, whatever it is: see faults.
test_no_fault_of_what_conforms if {
	found := challenge.faults(data.fixture.input.presentations[0].credentials[0]) with input as data.fixture.input
		with data.procura.framework as data.fixture.framework
	found == set()
}

test_an_empty_credential_has_a_fault if {
	found := challenge.faults({}) with input as data.fixture.input with data.procura.framework as data.fixture.framework
	count(found) > 0
}

test_what_cannot_be_named_is_malformed if {
	decision := challenge.decision with input as put("derived/rules", "none")
		with data.procura.framework as data.fixture.framework
	"credential.malformed" in codes(decision)
}
