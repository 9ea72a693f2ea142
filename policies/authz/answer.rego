# METADATA
# title: The answer to a wallet server
# description: |
#   Turns what a policy set decides into an answer of the AuthZEN Authorization
#   API 1.0. What is undefined or malformed denies; the duties of a proxy
#   decision go with every permit (semantics 8.3).
package procura.authzen

import data.procura.authz

# METADATA
# description: The answer, an object with decision and, where there is something to say, context.
# entrypoint: true
default answer := {
	"decision": false,
	"context": {"reason_admin": {"authz.undefined": "the policy set gives no decision"}},
}

answer := {"decision": said.decision} if {
	bare
} else := {
	"decision": false,
	"context": {"reason_admin": {"authz.malformed": "what the policy set gives is not a decision"}},
} if {
	said != null
	not well_formed
} else := {
	"decision": false,
	"context": object.union(
		told,
		{"reason_admin": object.union(
			object.get(said, "reason_admin", {}),
			{"obligation.unsupported": "a duty that comes with the permit is one that the caller does not support"},
		)},
	),
} if {
	well_formed
	count(unsupported) > 0
} else := object.union(
	{"decision": said.decision},
	{"context": context | context := object.union(told, bound); count(context) > 0},
) if {
	well_formed
}

# bare is what most sets give most often, a decision and nothing with it: the
# rules below would find the same, after many steps.
bare if {
	is_object(said)
	object.keys(said) == {"decision"}
	is_boolean(said.decision)
	due == []
}

# said is what the set gives, whatever that is: the checker of types, which looks
# into the set, would refuse to compile what asks a text for its members.
said := object.get({"said": authz.decision}, "said", null)

well_formed if {
	is_object(said)
	members := {"decision", "context", "obligations", "reason_admin", "reason_user"}
	count(object.keys(said) - members) == 0
	is_boolean(said.decision)
	is_object(object.get(said, "context", {}))
	is_object(object.get(said, "reason_admin", {}))
	is_object(object.get(said, "reason_user", {}))
	count(object.keys(object.get(said, "context", {})) & members) == 0
	count(duties) == count(due)
	count(obligations) == count({duty.id | some duty in obligations})
	count(obligations) == count([1 | some duty in obligations; performable(duty)])
}

# told is what goes with the answer, permit or denial.
told := object.union(
	object.get(said, "context", {}),
	{name: said[name] | some name in ["reason_admin", "reason_user"]},
)

default bound := {}

bound := {"obligations": obligations} if count(obligations) > 0

# obligations are those of the set and, on a permit, those that the proxy
# decision binds whoever acts on it to.
obligations := array.concat(own, duties)

# What is no list is one of nothing that can be performed.
default own := [null]

own := object.get(said, "obligations", []) if is_array(object.get(said, "obligations", []))

duties := [obligation(duty) | some duty in due]

default due := []

due := input.proxy.obligations if {
	said.decision == true
	input.proxy.decision == "permit"
}

# obligation states a duty in the terms of the obligations profile.
obligation(duty) := {
	"id": duty.id,
	"type": "notification",
	"properties": {"to": spoken(duty.text), "topic": duty.id, "body": spoken(duty.text)},
} if {
	duty.action == "report"
} else := {
	"id": duty.id,
	"type": "step-up",
	"properties": {"acr_value": spoken(duty.text)},
} if {
	duty.action == "re-authentication"
} else := {
	"id": duty.id,
	"type": "custom",
	"properties": object.union({"vendor": "procura"}, object.remove(duty, ["id"])),
}

# spoken is one text of a duty: English, else the first of its languages.
spoken(text) := text if {
	is_string(text)
} else := text.en if {
	is_string(text.en)
} else := text[min(object.keys(text))]

# performable is an obligation of the profile, whole.
performable(duty) if {
	object.keys(duty) == {"id", "type", "properties"}
	is_string(duty.id)
	is_object(duty.properties)
	demanded := required[duty.type]
	count(demanded) == count([1 | some name in demanded; is_string(duty.properties[name])])
}

# required are the types that are issued here, with the texts that each needs.
required := {
	"custom": [],
	"notification": ["to", "body"],
	"session_termination": ["subject"],
	"step-up": ["acr_value"],
}

# unsupported are what stands in the way of a permit: a caller that says which
# types it supports must support each. What it says of types that are not issued
# here says nothing.
default unsupported := set()

unsupported := {duty.type | some duty in obligations; not duty.type in supported} if {
	said.decision == true
	_ := input.context.supported_obligations
}

default supported := []

supported := input.context.supported_obligations if is_array(input.context.supported_obligations)
