package compile

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
)

// ConstraintsSchema is a JSON Schema of holder.constraints under a framework: which
// members there are, and what each constraint's type takes in them. It is for
// issuers, before they sign; no decision looks at it. What types of the framework's
// own take it does not say.
func ConstraintsSchema(d *trustframeworks.Document) ([]byte, error) {
	var types struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(facts.ParametersSchema, &types); err != nil {
		return nil, fmt.Errorf("reading the schema of parameters: %w", err)
	}
	properties, dependent := map[string]any{}, map[string]any{}
	for _, c := range d.Constraints {
		s := typeSchema{}
		if raw, ok := types.Defs[c.Type]; ok {
			if err := json.Unmarshal(raw, &s); err != nil {
				return nil, fmt.Errorf("reading the schema of %s: %w", c.Type, err)
			}
		}
		for parameter, members := range c.Members {
			for _, m := range members {
				properties[m] = map[string]any{"title": c.Name, "allOf": []any{s.of(parameter)}}
				dependent[m] = map[string]any{"allOf": s.beside(c.Members, parameter, m)}
			}
		}
	}
	return json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": d.URI + "/" + d.Version + "/constraints",
		"type": "object", "properties": properties, "additionalProperties": false, "dependentSchemas": dependent,
		"$defs": map[string]any{"parameter": types.Defs["parameter"]},
	}, "", "  ")
}

// A typeSchema is what is read of the schema of a type.
type typeSchema struct {
	Properties           map[string]json.RawMessage `json:"properties"`
	AdditionalProperties json.RawMessage            `json:"additionalProperties"` // of a type with one parameter, under any name
	Required             []string                   `json:"required"`
	DependentRequired    map[string][]string        `json:"dependentRequired"`
	AnyOf                []struct {
		Required []string `json:"required"`
	} `json:"anyOf"`
}

// of is the schema of one parameter.
func (s *typeSchema) of(parameter string) any {
	switch {
	case s.Properties[parameter] != nil:
		return s.Properties[parameter]
	case s.Properties == nil && s.AdditionalProperties != nil:
		return s.AdditionalProperties
	}
	return true
}

// beside is what must stand beside a member of a parameter, and what may not: the
// same parameter under another name.
func (s *typeSchema) beside(members map[string][]string, parameter, member string) []any {
	out := []any{}
	for _, other := range members[parameter] {
		if other != member {
			out = append(out, map[string]any{"not": requires(other)})
		}
	}
	for _, needed := range slices.Concat(s.Required, s.DependentRequired[parameter]) {
		if needed != parameter {
			out = append(out, anyOf(members[needed]))
		}
	}
	if len(s.AnyOf) > 0 {
		var enough []string
		for _, group := range s.AnyOf {
			for _, name := range group.Required {
				enough = append(enough, members[name]...)
			}
		}
		out = append(out, anyOf(enough))
	}
	return append(out, true) // an empty list is no schema
}

func requires(member string) any { return map[string]any{"required": []string{member}} }

func anyOf(members []string) any {
	list := []any{}
	for _, m := range members {
		list = append(list, requires(m))
	}
	if len(list) == 0 {
		return false // the framework gives the parameter no member
	}
	return map[string]any{"anyOf": list}
}
