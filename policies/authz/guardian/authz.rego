# METADATA
# title: Guardians in the camp
# description: |
#   A wallet that acts for a child: what it may do rests on a proxy challenge
#   under the camp's framework. The subject is the DID of whoever acts, the
#   resource the record of the child.
package procura.authz

import data.procura.proxy

default decision := {
	"decision": false,
	"reason_admin": {"guardian.unproved": "no proxy decision grants this to the subject"},
	"reason_user": {"403": "You have not shown that you may act for this child."},
}

decision := {"decision": true} if {
	input.resource.type == "child"
	input.subject.type == "person"
	input.proxy.framework.name == "Refugee Camp Guardianship"
	proxy.granted(input.proxy, permissions[input.action.name])
	proxy.acts_for(input.proxy, input.resource.id)
	proxy.alone(input.proxy, input.subject.id)
}

# permissions are what the camp's framework calls an action.
permissions := {"enrol": "school", "travel": "light-travel"}
