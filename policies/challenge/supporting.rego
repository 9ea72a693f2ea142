package procura.challenge

import data.procura.framework

# Supporting credentials (semantics 3.1, 3.3). They grant nothing. `identity` of a
# credential are those of the same presentation about who issued it: they say who the
# delegator is. `ownership` are those that the credential itself names: they say what
# its issuer owns. `about` are those of the same presentation about its holder: they say
# what the holder is like, and who.

# vouches holds for a second credential by one of the identityIssuers about whom
# the first is for, that gives all by which the request names that identity: one
# whole identification rule of the variant at the least.
vouches(second, credential) if {
	second.subject == credential.proxied.id
	second.issuer != second.subject
	may_vouch(second, credential.variant)
	serves(second)
	means(second, credential)
}

# means holds for a supporting credential that gives all attributes by which the
# request names who or what is acted for: one whole identification rule at the least.
means(second, credential) if {
	agreed := {name | some name, digest in credential.derived.requested; second.derived.attributes[name] == digest}
	count(agreed) == count(object.get(input.request.proxied, "attributes", {}))
	whole(agreed, credential.variant)
}

# whole holds for attributes that are one whole identification rule of a variant, or
# more.
whole(names, variant) if {
	some rule in framework.variants[variant].identification
	count(rule) > 0
	count([1 | some name in rule; name in names]) == count(rule)
}

may_vouch(second, variant) if {
	some issuer in framework.identityIssuers
	concerns(issuer, variant)
	publishes(issuer.by, issuer, second)
}

# serves holds for a supporting credential that is in force and neither revoked nor
# suspended, as far as every list that it names says. Whether these are too old is
# asked apart: fresher ones mend that.
serves(second) if {
	not second.derived.problem
	begun(second, "optional")
	unexpired(second, "optional")
	not unrevocable(second, {"status": "optional"})
	statuses := object.get(second, "status", [])
	count([1 | some status in statuses; passes(status, second)]) == count(statuses)
}

# backed holds for a credential whose issuer needs nobody's word, or has that of one
# whose lists are fresh.
backed(credential) if {
	not credential.identity
	not credential.ownership
}

backed(credential) if {
	some issuer in framework.issuers
	issues(issuer.by, issuer, credential)
	concerns(issuer, credential.variant)
	unaided(issuer.by, credential)
}

backed(credential) if {
	some second in backers(credential)
	fresh(second)
}

all_backed(credential) if {
	own := carriers(credential)
	count([1 | some carrier in own; backed(carrier)]) == count(own)
}

unaided(by, _) if by in {"did", "registry", "chain"}

unaided("delegator", credential) if credential.proxied.id == input.request.proxied.id

# backers are the supporting credentials any of which lets the issuer issue.
backers(credential) := {second |
	some second in credential.identity
	may_issue("delegator", credential)
	vouches(second, credential)
} | {title |
	some title in credential.ownership
	may_issue("owner", credential)
	entitles(title, credential)
	means(title, credential)
}

may_issue(by, credential) if {
	some issuer in framework.issuers
	issuer.by == by
	issues(by, issuer, credential)
	concerns(issuer, credential.variant)
}

# vouching_until are the instants at which what says who a delegator is, what an
# owner has, or what a holder is like stops holding.
vouching_until(credential) := [end |
	some second in believed(credential)
	some end in array.concat(
		[at | some name, at in second.derived; name in {"validUntil", "provedUntil"}],
		lapses(second),
	)
]

believed(credential) := ({second |
	some second in credential.identity
	vouches(second, credential)
	fresh(second)
} | {title |
	some title in credential.ownership
	entitles(title, credential)
	fresh(title)
}) | {second |
	some second in credential.about
	tells(second, credential)
	telling(second, credential.variant)
}

# all_doubts say of each supporting credential of one why it does not serve.
all_doubts(credential) := {[second.path, fault] |
	some second in credential.identity
	some fault in doubts(second, credential)
} | {[title.path, fault] |
	some title in credential.ownership
	some fault in title_doubts(title, credential)
}

# doubts say why a second credential does not say who a delegator is.
doubts(second, credential) := {[code, message] |
	some code, message in doubtful
	doubted(code, second, credential)
} | {fault |
	may_vouch(second, credential.variant)
	some status in second.status
	some fault in against(status, second)
}

doubtful := {
	"issuer.refused": "the framework does not let this issuer say who somebody is",
	"credential.malformed": "a member cannot be read",
	"credential.not_yet_valid": "the credential is not valid yet",
	"credential.expired": "the credential is valid no longer",
	"proxied.mismatch": "the credential does not say of its subject what the request does",
	"status.absent": "the credential can be revoked by no status, and may live too long without",
	"status.stale": "the status list is over, or older than the framework allows",
}

doubted("issuer.refused", second, credential) if not may_vouch(second, credential.variant)

doubted("issuer.refused", second, _) if second.issuer == second.subject

doubted("credential.malformed", second, _) if second.derived.problem

doubted("credential.not_yet_valid", second, _) if second.derived.validFrom - input.derived.now > limits.clockSkew

doubted("credential.expired", second, _) if input.derived.now >= second.derived.validUntil

doubted("proxied.mismatch", second, credential) if {
	some name, digest in credential.derived.requested
	not second.derived.attributes[name] == digest
}

doubted("status.absent", second, _) if unrevocable(second, {"status": "optional"})

doubted("status.stale", second, _) if not fresh(second)
