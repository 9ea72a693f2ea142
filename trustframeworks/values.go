package trustframeworks

import (
	"math"

	"github.com/procura-dev/procura/policies/sgl"
)

// Values bounds what a member that the variant adds can be. It is as wide as
// the member's type, enum, minimum and maximum are: what else the schema says
// is not looked at.
func (p *Party) Values(member string) sgl.Values {
	own, _ := p.Schema["properties"].(map[string]any)
	return p.values(own[member], true)
}

func (p *Party) values(v any, lists bool) sgl.Values {
	schema := p.follow(v)
	out := sgl.Values{Least: bound(schema["minimum"], math.Inf(-1)), Most: bound(schema["maximum"], math.Inf(1))}
	if constant, ok := schema["const"]; ok {
		out.Listed = []any{constant}
		return out
	}
	if out.Listed, _ = schema["enum"].([]any); out.Listed != nil {
		return out
	}
	kinds, _ := p.kinds(schema)
	out.Text, out.Boolean = kinds["string"], kinds["boolean"]
	out.Number = kinds["number"] || kinds["integer"]
	if kinds["array"] && lists { // no value is a list of lists
		items := p.values(schema["items"], false)
		out.Items = &items
	}
	return out
}

func bound(v any, none float64) float64 {
	if n, ok := v.(float64); ok {
		return n
	}
	return none
}
