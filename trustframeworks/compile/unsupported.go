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
func unsupported(d *trustframeworks.Document, types map[string]*ast.Module) []trustframeworks.Finding {
	u := &refusals{Document: d}
	for i, c := range d.Constraints {
		_, ours := types[c.Type]
		if facts.Parameters()[c.Type] == nil && !ours {
			u.found = append(u.found, u.Finding(fmt.Sprintf("/constraints/%d/type", i), trustframeworks.CodeUnsupported,
				"no constraint type %q is built in, and no %s.rego stands beside the document", c.Type, c.Type))
		}
		if ours && slices.Contains(c.Sources, "attested") {
			u.add(fmt.Sprintf("/constraints/%d/sources", i), "attesting a type of the framework's own")
		}
	}
	if len(d.Properties) > 0 {
		u.add("/properties", "supporting credentials")
	}
	return u.found
}

type refusals struct {
	*trustframeworks.Document
	found []trustframeworks.Finding
}

func (u *refusals) add(path, format string, args ...any) {
	u.found = append(u.found, u.Finding(path, trustframeworks.CodeUnsupported, "%s: not built yet", fmt.Sprintf(format, args...)))
}
