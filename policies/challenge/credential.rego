package procura.challenge

import data.procura.framework

# conforms holds for a credential of a variant that the challenge admits, which
# fits and whose chain, if it has one, holds.
conforms(credential) if {
	object.get(input.request.framework, "variant", credential.variant) == credential.variant
	fits(credential)
	lawful(credential)
}

# fits holds for a credential that the framework recognises, whose issuer
# may issue it, that is what its variant asks for, in force, and about the
# proxied identity of the request. One role that the variant does not list
# refuses the credential. It is one body over local values: it is asked of every
# credential, and of every one above.
fits(credential) if {
	matches(credential)
	live(credential, framework.variants[credential.variant].validity)
}

# matches holds for one that fits but for what status lists say of it.
matches(credential) if {
	recognised(credential)
	variant := framework.variants[credential.variant]
	credential.form == variant.form
	credential.holder.type == variant.holderType
	credential.proxied.type == variant.proxiedType

	derived := credential.derived
	not derived.problem
	is_array(derived.rules)
	is_object(derived.properties)
	count([1 | some role in derived.roles; variant.roles[role]]) == count(derived.roles)
	count(derived.roles) > 0

	justified(credential, variant)
	[framework.auditing.uri, credential.auditURI] != ["required", ""]
	[framework.appeal.uri, credential.appealURI] != ["required", ""]
	constrained(derived, variant.constraints)

	begun(credential, variant.validity.from)
	unexpired(credential, variant.validity.until)
	short_lived(derived, variant.validity)
	not hides_chain(credential)

	agrees(credential)
	identified(credential, variant.identification)
	issued(credential)
}

# hides_chain holds where what stands above a credential, with all its limits, may be
# withheld.
hides_chain(credential) if {
	credential.withheld
	not chained(credential)
	some issuer in framework.issuers
	issuer.by == "chain"
	concerns(issuer, credential.variant)
}

# A guardian's credential gives its rationale.
justified(credential, variant) if variant.rationales[credential.holder.rationaleURI]

justified(credential, variant) if {
	not credential.holder.rationaleURI
	variant.form != "G"
}

# constrained holds if every constraint is defined and readable, and those that
# the variant requires are given. Members are counted: a list that is absent
# would hold for want of them.
constrained(derived, required) if {
	derived.undefined == []
	names := {constraint.name | some constraint in derived.constraints; not constraint.problem}
	count(names) == count(derived.constraints)
	count([1 | some name in required; name in names]) == count(required)
}

# issued holds if the framework lists the issuer (semantics 3.3). What an issuer
# says about itself identifies nobody: under `delegator` the challenge names it, or
# another says who it is.
issued(credential) if {
	some issuer in framework.issuers
	issues(issuer.by, issuer, credential)
	concerns(issuer, credential.variant)
	named(issuer.by, credential)
}

# A credential with one above it counts by that alone: whoever may issue by
# another way gives up what hangs on the chain, its constraints among it.
issues("chain", _, credential) if chained(credential)

issues("did", issuer, credential) if {
	issuer.did == credential.issuer
	not chained(credential)
}

issues("registry", issuer, credential) if {
	issuer.registry in credential.issuerRegistries
	not chained(credential)
}

issues("delegator", _, credential) if {
	credential.proxied.id == credential.issuer
	not chained(credential)
}

issues("owner", _, credential) if {
	not chained(credential)
	some title in credential.ownership
	entitles(title, credential)
}

named("did", _)

named("registry", _)

named("chain", _)

named("delegator", credential) if credential.proxied.id == input.request.proxied.id

named("delegator", credential) if {
	some second in credential.identity
	vouches(second, credential)
}

# An owner's title says nothing of an id: what has one is named by attributes, too.
named("owner", credential) if {
	some title in credential.ownership
	entitles(title, credential)
	means(title, credential)
}

# An entry of issuers or attesters without variants concerns all of them.
concerns(party, _) if not party.variants

concerns(party, variant) if party.variants[variant]
