package procura.challenge

# used are the digests of the credentials with a limit on use on which a permit
# rests (semantics 5, "usage"; 8.2): those of the principals who satisfy what is
# granted, those whose rules grant it, and all above them. The host counts one for
# each, in the transaction that stores the permit.
used := sort({bearer.digest |
	some entry in accepted
	entry.credential.path in rested_on
	some [limitation, bearer] in entry.burdens
	limitation.type == "usage"
})
