package compile

import (
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
)

// unsupported refuses what a document may say and this program does not decide
// yet. A framework that promises it would be decided without.
func unsupported(d *trustframeworks.Document, types map[string]*ast.Module) (found []trustframeworks.Finding) {
	for i, c := range d.Constraints {
		_, ours := types[c.Type]
		if facts.Parameters()[c.Type] == nil && !ours {
			found = append(found, d.Finding(fmt.Sprintf("/constraints/%d/type", i), trustframeworks.CodeUnsupported,
				"no constraint type %q is built in, and no %s.rego stands beside the document", c.Type, c.Type))
		}
		if ours && slices.Contains(c.Sources, "attested") {
			found = append(found, d.Finding(fmt.Sprintf("/constraints/%d/sources", i), trustframeworks.CodeUnsupported,
				"attesting a type of the framework's own: not built yet"))
		}
	}
	return found
}
