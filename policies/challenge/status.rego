package procura.challenge

import data.procura.framework

# live holds for a credential that was neither revoked nor suspended, as far as
# the lists that it names say: every one must say so (semantics 7). Those that say
# so are counted, so that one which is undefined is missed.
live(credential, validity) if {
	not concealable(credential, validity.status)
	statuses := object.get(credential, "status", [])
	[validity.status, count(statuses) > 0] != ["none", true]
	count([1 | some status in statuses; passes(status, credential)]) == count(statuses)
	not unrevocable(credential, validity)
}

# concealable holds where a status that the variant leaves open may be withheld.
concealable(credential, "optional") if {
	credential.withheld
	not credential.status
}

# unrevocable holds where the framework demands that a credential can be revoked,
# or that it lives no longer than a status may be old.
unrevocable(credential, validity) if {
	validity.status == "required"
	not revocable(credential)
}

unrevocable(credential, _) if {
	limits.statusMaxAge
	not revocable(credential)
	not fleeting(credential)
}

revocable(credential) if {
	some status in credential.status
	revokes(status)
}

revokes(status) if status.type == "status_list"

revokes(status) if status.purpose == "revocation"

fleeting(credential) if lifetime(credential) <= limits.statusMaxAge

# read_at is when the lists were read. Where an earlier decision is checked again,
# what they say by now counts, whenever it came to pass.
read_at := input.derived.now if not input.checkedAt

read_at := input.derived.checkedAt if input.checkedAt

# passes holds for a status that is known, of a list by somebody who may publish
# it, and does not stand against the credential. Whether it is too old is asked
# apart: a fresher one mends that.
passes(status, credential) if {
	not status.problem
	published(status, credential)
	begun_list(status)
	harmless(status, status.value)
}

# published holds for a list of the credential's issuer, or of one whom the framework
# lists for its variant. A delegator is no such one.
published(status, credential) if status.issuer == credential.issuer

published(status, credential) if {
	some issuer in framework.issuers
	concerns(issuer, credential.variant)
	publishes(issuer.by, issuer, status)
}

publishes("did", issuer, status) if issuer.did == status.issuer

publishes("registry", issuer, status) if issuer.registry in status.issuerRegistries

begun_list(status) if {
	beginnings := [begin |
		some name in ["signedAt", "validFrom"]
		begin := status.derived[name]
		begin - read_at > limits.clockSkew
	]
	beginnings == []
}

# harmless are the values that take nothing from a credential. That it can be had
# anew (refresh) does not: of a message nobody knows what it says.
harmless(status, 0) if status.type == "status_list"

harmless(status, 0) if status.purpose in {"revocation", "suspension", "message"}

harmless(status, value) if {
	status.purpose == "refresh"
	value >= 0
}

# fresh holds for a credential none of whose lists is over, or older than the
# framework allows.
fresh(credential) if {
	statuses := object.get(credential, "status", [])
	count([1 | some status in statuses; young(status)]) == count(statuses)
}

# all_fresh and all_stale are of a credential with all above it.
all_fresh(credential) if {
	own := carriers(credential)
	count([1 | some carrier in own; fresh(carrier)]) == count(own)
}

all_stale(credential) := {list | some carrier in carriers(credential); some list in stale(carrier)}

young(status) if {
	lasts(status)
	recent(status)
}

lasts(status) if {
	not status.validUntil
	not status.derived.validUntil
}

lasts(status) if read_at < status.derived.validUntil

recent(_) if {
	not input.offline
	not limits.statusMaxAge
}

recent(status) if {
	not input.offline
	read_at - status.derived.signedAt <= limits.statusMaxAge
}

recent(status) if {
	input.offline
	patient
	read_at - told_at(status) <= limits.offlineMaxAge
}

# lapses are the instants at which a status serves no longer.
lapses(credential) := array.concat(
	[status.derived.validUntil | some status in credential.status; status.validUntil],
	[end | some status in credential.status; end := lapse(status)],
)

lapse(status) := status.derived.signedAt + limits.statusMaxAge if not input.offline

lapse(status) := told_at(status) + limits.offlineMaxAge if input.offline

# status_faults says why a credential is not live. Of one that nobody who may issue it
# has issued, nothing was looked up.
status_faults(credential, variant) := {fault |
	issued(credential)
	some fault in about_status(credential, variant.validity)
}

about_status(credential, validity) := union({
	{["schema.invalid", "the variant has no status"] |
		validity.status == "none"
		credential.status
	},
	{["status.absent", "the credential can be revoked by no status, and may live too long without"] |
		unrevocable(credential, validity)
	},
	{fault |
		some status in credential.status
		some fault in against(status, credential)
	},
})

against(status, credential) := {[status.problem, object.get(status, "message", "")]} if {
	status.problem
} else := {["status.refused", "the status list is by nobody who may publish it for this credential"]} if {
	not published(status, credential)
} else := {["status.invalid", "the status list is of the future"]} if {
	status.derived.validFrom - read_at > limits.clockSkew
} else := {["clock.behind", "the clock is earlier than when the status list was signed"]} if {
	not begun_list(status)
} else := {["status.revoked", "the credential is revoked"]} if {
	status.value in revoking(status)
} else := {["status.suspended", "the credential is suspended"]} if {
	status.value in suspending(status)
} else := {["status.unknown", "the status says what is not understood"]} if {
	not harmless(status, status.value)
} else := set()

# Of one bit or more, all values but 0 say that it is so (Bitstring Status List v1.0,
# "Validate Algorithm").
any_value := numbers.range(1, 255)

default revoking(_) := []

revoking(status) := [1] if status.type == "status_list"

revoking(status) := any_value if status.purpose == "revocation"

default suspending(_) := []

suspending(status) := [2] if status.type == "status_list"

suspending(status) := any_value if status.purpose == "suspension"

# stale are the lists, each once, that keep a credential out as they are, and whose
# successors would not.
stale(credential) := {status.list | some status in credential.status; not young(status)}
