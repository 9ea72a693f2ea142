package procura.challenge

import data.procura.framework

# agrees holds unless the credential says otherwise than the request: every
# attribute of the request is disclosed and equal, and so is an id where both
# have one. Digests of canonical texts are compared.
agrees(credential) if {
	ids := {object.get(credential.proxied, "id", ""), object.get(input.request.proxied, "id", "")}
	count(ids - {""}) < 2
	object.subset(credential.derived.attributes, credential.derived.requested)
	count(credential.derived.requested) == count(object.get(input.request.proxied, "attributes", {}))
}

# identified holds if credential and request share an id, or one whole
# identification rule of the variant.
identified(credential, rules) if {
	some rule in rules
	count(rule) > 0
	count([1 | some name in rule; credential.derived.requested[name]]) == count(rule)
}

identified(credential, _) if credential.proxied.id == input.request.proxied.id

# ambiguous holds where two credentials that hold disclose different values of
# one identifying attribute, the id included: nobody knows who is acted for.
ambiguous if {
	count(holding) > 1
	some name in identifying
	count({value | some carrier in carried; value := carrier.derived.attributes[name]}) > 1
}

ambiguous if {
	count(holding) > 1
	count({carrier.proxied.id | some carrier in carried}) > 1
}

# carried are the credentials that hold with all above them.
carried := [carrier | some entry in holding; some carrier in carriers(entry.credential)]

identifying contains name if {
	some carrier in carried
	some rule in framework.variants[carrier.variant].identification
	some name in rule
}
