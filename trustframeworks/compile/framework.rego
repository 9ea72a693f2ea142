# METADATA
# title: One trust framework as policy
# description: |
#   What decides is the shared library below `lib`, over the data below
#   `framework`: names in one form, durations in nanoseconds, rules in their
#   alternatives. Beside it stands, for whoever reads a decision, what of the
#   document grants or limits, as its author wrote it. Nothing reads that.
package procura.own

import data.procura.challenge

# METADATA
# title: The answer
# description: |
#   Of the input (facts about presentations, circumstances and clock), semantics
#   8.2. It is an object on a permit and on a denial; undefined permits nothing.
# entrypoint: true
decision := challenge.decision
