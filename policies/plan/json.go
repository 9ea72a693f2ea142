package plan

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// JSON is a value as encoding/json decodes it, numbers as text. Where given
// knows what states a value, it is what given says: that must not be changed.
func JSON(t *ast.Term, given func(Stated) (any, bool)) (any, error) {
	if from := Origin(t); from != nil {
		if v, ok := given(from); ok {
			return v, nil
		}
	}
	switch v := t.Value.(type) {
	case *list:
		return v.json(given)
	case *object:
		v.state()
		if v.named() {
			return v.json(given)
		}
	}
	out, err := ast.JSON(Plain(t).Value)
	if err != nil {
		return nil, fmt.Errorf("reading a value: %w", err)
	}
	return out, nil
}

func (l *list) json(given func(Stated) (any, bool)) (any, error) {
	out := make([]any, len(l.elems))
	for i, t := range l.all() {
		var err error
		if out[i], err = JSON(t, given); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// named says whether all keys are texts, as JSON has them.
func (o *object) named() bool {
	for _, k := range o.keys {
		if _, ok := k.Value.(ast.String); !ok {
			return false
		}
	}
	return true
}

func (o *object) json(given func(Stated) (any, bool)) (any, error) {
	out := make(map[string]any, len(o.keys))
	for i, k := range o.keys {
		v, err := JSON(o.values[i], given)
		if err != nil {
			return nil, err
		}
		out[string(k.Value.(ast.String))] = v
	}
	return out, nil
}
