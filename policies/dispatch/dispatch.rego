# METADATA
# title: Constraint types of a framework's own
# description: |
#   A framework may bring constraint types of its own, each a function of
#   (parameters, circumstances) that says `holds`, `fails` or `unknown`. In the
#   bundle of such a framework there stands here, for each, a rule that asks it.
#   It is `unknown` for a type that the framework does not bring, and where its
#   function is undefined. Whoever asks must take no other answer than the three.
package procura.dispatch

# regal ignore:argument-always-wildcard
default outcome(_, _, _) := "unknown"
