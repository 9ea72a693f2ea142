package policies

import (
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies/facts"
)

func statedFacts(in *facts.Input) (ast.Value, error) { return ast.InterfaceToValue(in) }
