package procura.dispatch_test

import data.procura.dispatch

test_a_type_that_nobody_brings_is_unknown if {
	dispatch.outcome("exclusion", {"codes": []}, {}) == "unknown"
}
