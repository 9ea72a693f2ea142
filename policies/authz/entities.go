package authz

import (
	"fmt"
	"maps"
	"slices"
)

// An Entity is a subject or a resource, with what is known of it.
type Entity struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Properties map[string]any `json:"properties"`
}

// entitiesOf reads entities of a set's data: {type: {id: {properties}}}.
func entitiesOf(v any) (map[string]map[string]map[string]any, error) {
	types, err := object(v, "entities")
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]map[string]any{}
	for kind, ids := range types {
		of, err := object(ids, "entities/"+kind)
		if err != nil {
			return nil, err
		}
		out[kind] = map[string]map[string]any{}
		for id, properties := range of {
			if out[kind][id], err = object(properties, "entities/"+kind+"/"+id); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// object reads an object of a set's data; nothing there is an empty one.
func object(v any, where string) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, fmt.Errorf("%s is no object: %w", where, ErrData)
	}
	return m, nil
}

func actionsOf(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok && v != nil {
		return nil, fmt.Errorf("actions are no list: %w", ErrData)
	}
	names := make([]string, len(list))
	for i, item := range list {
		name, ok := item.(string)
		if !ok || name == "" {
			return nil, fmt.Errorf("actions/%d is no name: %w", i, ErrData)
		}
		names[i] = name
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Properties are what the set's data says of an entity; nil: nothing. The
// caller must not change them.
func (e *Engine) Properties(kind, id string) map[string]any { return e.entities[kind][id] }

// IDs are the entities of a type that the set's data holds, sorted.
func (e *Engine) IDs(kind string) []string { return slices.Sorted(maps.Keys(e.entities[kind])) }

// Actions are the names that the set's data lists, sorted. The caller must not
// change them.
func (e *Engine) Actions() []string { return e.actions }
