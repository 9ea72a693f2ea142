package server

import (
	"cmp"
	"context"
	"slices"

	"github.com/procura-dev/procura/policies/authz"
)

// A candidate is what a search may find, and the question whether it does.
type candidate struct {
	authz.Input
	found found
}

// candidates are all that a search goes through, by id or name, as they are now.
func (a *asking) candidates(ctx context.Context, q *search) ([]candidate, error) {
	if q.kind == "action" {
		return a.actions(ctx, q)
	}
	fixed := []*authz.Entity{&q.Resource}
	searched := func(in *authz.Input) *authz.Entity { return &in.Subject }
	if q.kind == "resource" {
		fixed, searched = []*authz.Entity{&q.Subject}, func(in *authz.Input) *authz.Entity { return &in.Resource }
	}
	if err := a.overlay(ctx, fixed...); err != nil {
		return nil, err
	}
	asked := searched(&q.Input)
	known, err := a.entitiesOf(ctx, asked.Type)
	if err != nil {
		return nil, err
	}
	list := make([]candidate, len(known))
	for i, e := range known {
		list[i] = candidate{q.Input, found{Type: e.Type, ID: e.ID}}
		e.Properties = overlay(e.Properties, asked.Properties)
		*searched(&list[i].Input) = e
	}
	return list, nil
}

// actions are those that the set's data lists.
func (a *asking) actions(ctx context.Context, q *search) ([]candidate, error) {
	if err := a.overlay(ctx, &q.Subject, &q.Resource); err != nil {
		return nil, err
	}
	var list []candidate
	for _, name := range a.set.engine.Actions() {
		c := candidate{q.Input, found{Name: name}}
		c.Action = authz.Action{Name: name}
		list = append(list, c)
	}
	return list, nil
}

// entitiesOf are all entities of a type, of the set's data and of the store, by
// id.
func (a *asking) entitiesOf(ctx context.Context, kind string) ([]authz.Entity, error) {
	stored, err := a.server.cfg.Entities.EntitiesOf(ctx, a.who.Tenant, kind, maxCandidates+1)
	if err != nil {
		return nil, err
	}
	ids := a.set.engine.IDs(kind)
	if len(stored)+len(ids) > maxCandidates {
		return nil, errSearch
	}
	for i := range stored {
		stored[i].Properties = overlay(a.set.engine.Properties(kind, stored[i].ID), stored[i].Properties)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(stored, func(e authz.Entity) bool { return e.ID == id }) {
			stored = append(stored, authz.Entity{Type: kind, ID: id, Properties: a.set.engine.Properties(kind, id)})
		}
	}
	slices.SortFunc(stored, func(x, y authz.Entity) int { return cmp.Compare(x.ID, y.ID) })
	return stored, nil
}
