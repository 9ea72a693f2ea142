# METADATA
# title: What an edge OPA does not log
# description: |
#   Facts about people, which the input is, and who they are, which a decision
#   names (semantics 8.4). Of what is not a decision of a framework nothing is logged.
#   OPA asks for data.system.log.mask by default; who may keep the inputs, so that
#   they can be replayed, has it ask for another rule: decision_logs.mask_decision.
package system.log

mask contains "/input"

mask contains "/nd_builtin_cache"

mask contains "/result" if not decided

mask contains sprintf("/result/principals/%d/holder", [i]) if {
	decided
	some i, _ in input.result.principals
}

decided if regex.match(`^/?procura/f/[0-9a-f]{32}/decision$`, input.path)
