# METADATA
# title: Stay out of places
# description: |
#   `parameters.codes` are codes of places that the proxy must stay out of, as
#   `TD` or `TD-ND`. It holds where the place is known and lies in none of them.
package procura.types.exclusion

outcome(parameters, circumstances) := "fails" if {
	some place in circumstances.place.codes
	some code in parameters.codes
	inside(place, code)
} else := "holds" if {
	count(circumstances.place.codes) > 0
	every code in parameters.codes {
		regex.match(`^[A-Z]+(-[A-Z0-9]+)?$`, code)
	}
}

# A code lies inside itself and, as TD-ND in TD, inside what it goes on from.
inside(place, code) if place == code

inside(place, code) if {
	startswith(place, code)
	regex.match(`^[-:]`, trim_prefix(place, code))
}
