package facts

import (
	"errors"

	"github.com/procura-dev/procura/policies/sgl"
)

// cooperation reads an SGL condition on the group. What it takes counts with the
// rules of its presentation.
func cooperation(v any, s *scene) (map[string]any, error) {
	if !s.admitted {
		return nil, nil
	}
	condition, alternatives := sgl.DeriveConditionWithin(v, s.budget.alternatives)
	s.budget.alternatives -= alternatives
	if message, unusable := condition["message"].(string); unusable {
		return nil, errors.New(message)
	}
	if condition["problems"] != nil {
		return nil, errors.New("the condition is too complex to be decided")
	}
	return map[string]any{"condition": condition}, nil
}
