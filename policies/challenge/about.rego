package procura.challenge

import data.procura.framework

# Supporting credentials about a holder, in a presentation of its own (semantics 4.2).

# given are the properties that a credential gives its holder, and those that others of
# the same presentation do by whom the framework names for each (semantics 4.2).
given(credential) := {[name, value] | some name, value in credential.derived.properties} | {[name, value] |
	some second in credential.about
	tells(second, credential)
	some name, value in second.derived.properties
	may_tell(framework.properties[name], second, credential.variant)
}

# tells holds for a credential in force by another than its subject, about the holder
# of one that is presented with it, whose lists are fresh.
tells(second, credential) if {
	tellable(second, credential)
	statuses := object.get(second, "status", [])
	count([1 | some status in statuses; taken_as_young(status)]) == count(statuses)
}

# tellable holds for one whose lists may be too old.
tellable(second, credential) if {
	second.subject == credential.holder.id
	second.issuer != second.subject
	serves(second)
}

taken_as_young(status) if young(status)

taken_as_young(status) if status.list in assumed.lists

may_tell(issuers, second, variant) if {
	some issuer in issuers
	concerns(issuer, variant)
	publishes(issuer.by, issuer, second)
}

# telling holds for one that may tell anything that it does.
telling(second, variant) if {
	some name, _ in second.derived.properties
	may_tell(framework.properties[name], second, variant)
}

telling(second, variant) if {
	second.derived.properties[framework.uniquePerson.attribute]
	may_tell(framework.uniquePerson.issuers, second, variant)
}

# disbelief says of those about a holder why they do not serve.
disbelief(credential) := {[second.path, fault] |
	some second in credential.about
	telling(second, credential.variant)
	some fault in disbelieved(second)
}

disbelieved(second) := ({[code, message] |
	some code, message in object.remove(doubtful, ["issuer.refused", "proxied.mismatch"])
	doubted(code, second, {})
} | {fault |
	some status in second.status
	some fault in against(status, second)
}) | {["issuer.refused", "nobody says of himself what he is like"] |
	second.issuer == second.subject
}
