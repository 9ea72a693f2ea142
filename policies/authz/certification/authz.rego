# METADATA
# title: Certification fixture
# description: |
#   The policy of the certification scenario of the AuthZEN Authorization API
#   1.0 ("Required Policy Behaviour").
package procura.authz

default decision := {"decision": false}

decision := {"decision": true} if {
	input.subject.type == "user"
	input.resource.type == "record"
	permitted
}

permitted if {
	input.action.name == "read"
	input.subject.id in readers[input.resource.id]
}

permitted if {
	input.action.name == "write"
	not archived
	input.subject.id in writers[input.resource.id]
}

permitted if {
	input.action.name == "write"
	archived
	input.subject.properties.role == "admin"
}

permitted if {
	input.action.name == "delete"
	input.action.properties.soft == true
	input.subject.id in writers[input.resource.id]
}

archived if input.resource.properties.status == "archived"

readers := {
	"record-1": ["alice", "bob"],
	"record-2": ["alice", "bob"],
}

writers := {"record-1": ["alice"]}
