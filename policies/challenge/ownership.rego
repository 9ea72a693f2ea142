package procura.challenge

import data.procura.framework

# Titles (semantics 3.3): supporting credentials that a proxy credential names, by which
# its issuer owns what it is about.

# entitles holds for a credential by one of the ownershipIssuers that says that the
# issuer of another owns what that one is about, and of no other thing.
entitles(title, credential) if {
	title.subject == credential.issuer
	title.issuer != title.subject
	may_entitle(title, credential.variant)
	serves(title)
	shared := {name | some name, digest in title.derived.attributes; credential.derived.attributes[name] == digest}
	whole(shared, credential.variant)
	differing(title, credential) == set()
}

# differing are the identifying attributes that both disclose, and otherwise.
differing(title, credential) := {name |
	some rule in framework.variants[credential.variant].identification
	some name in rule
	credential.derived.attributes[name] != title.derived.attributes[name]
}

may_entitle(title, variant) if {
	some issuer in framework.ownershipIssuers
	concerns(issuer, variant)
	publishes(issuer.by, issuer, title)
}

# title_doubts say why a credential does not say what an issuer owns.
title_doubts(title, credential) := {[code, message] |
	some code, message in object.union(doubtful, untitled)
	disowned(code, title, credential)
} | {fault |
	may_entitle(title, credential.variant)
	some status in title.status
	some fault in against(status, title)
}

untitled := {
	"chain.unlinked": "the issuer is not who owns what this credential speaks of",
	"issuer.refused": "the framework does not let this issuer say who owns something",
	"proxied.mismatch": "the credential does not speak of what the other is about",
}

disowned("chain.unlinked", title, credential) if not title.subject == credential.issuer

disowned("issuer.refused", title, credential) if not may_entitle(title, credential.variant)

disowned("proxied.mismatch", title, credential) if differing(title, credential) != set()

disowned(code, title, credential) if {
	not code in {"chain.unlinked", "issuer.refused"}
	doubted(code, title, credential)
}

disowned("issuer.refused", title, _) if title.issuer == title.subject
