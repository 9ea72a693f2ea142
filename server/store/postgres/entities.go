package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/server"
)

// PutEntities stores all or none.
func (s *Store) PutEntities(ctx context.Context, tenant string, list []authz.Entity) error {
	batch := &pgx.Batch{}
	for i := range list {
		sealed, err := s.key.Entity(tenant, &list[i])
		if err != nil {
			return err
		}
		batch.Queue(`INSERT INTO entities (tenant, type, id, sealed) VALUES ($1, $2, $3, $4)
			ON CONFLICT (tenant, type, id) DO UPDATE SET sealed = excluded.sealed`, tenant, list[i].Type, list[i].ID, sealed)
	}
	return s.change(ctx, func(tx pgx.Tx) error {
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("storing entities: %w", err)
		}
		return nil
	})
}

// EntitiesNamed returns those that there are.
func (s *Store) EntitiesNamed(ctx context.Context, tenant string, names []authz.Entity) ([]authz.Entity, error) {
	var types, ids []string
	for _, n := range names {
		if storable(tenant, n.Type, n.ID) {
			types, ids = append(types, n.Type), append(ids, n.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.entities(ctx, tenant, `SELECT type, id, sealed FROM entities
		WHERE tenant = $1 AND (type, id) IN (SELECT * FROM unnest($2::text[], $3::text[])) ORDER BY type, id`, tenant, types, ids)
}

// EntitiesOf returns entities of a type by id.
func (s *Store) EntitiesOf(ctx context.Context, tenant, kind string, most int) ([]authz.Entity, error) {
	if !storable(tenant, kind) {
		return nil, nil
	}
	return s.entities(ctx, tenant, `SELECT type, id, sealed FROM entities WHERE tenant = $1 AND type = $2 ORDER BY id LIMIT $3`, tenant, kind, most)
}

func (s *Store) entities(ctx context.Context, tenant, text string, args ...any) ([]authz.Entity, error) {
	rows, err := s.pool.Query(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("reading entities: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (e authz.Entity, err error) {
		var sealed []byte
		if err := r.Scan(&e.Type, &e.ID, &sealed); err != nil {
			return e, fmt.Errorf("reading entity: %w", err)
		}
		return e, s.key.OpenEntity(sealed, tenant, &e)
	})
}

// KeepSearch stores what a search found.
func (s *Store) KeepSearch(ctx context.Context, k *server.KeptSearch) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO searches (tenant, id, expires, sealed) VALUES ($1, $2, $3, $4)`, k.Tenant, k.ID, k.Expires.UnixNano(), s.key.Search(k.Content, k.Tenant, k.ID))
	if err != nil {
		return fmt.Errorf("storing search: %w", err)
	}
	return nil
}

// KeptSearch returns what a search found.
func (s *Store) KeptSearch(ctx context.Context, tenant, id string, now time.Time) (*server.KeptSearch, error) {
	if !storable(tenant, id) {
		return nil, server.ErrUnknownSearch
	}
	k := &server.KeptSearch{Tenant: tenant, ID: id}
	var expires int64
	var sealed []byte
	err := s.pool.QueryRow(ctx, `SELECT expires, sealed FROM searches WHERE tenant = $1 AND id = $2 AND expires > $3`, tenant, id, now.UnixNano()).Scan(&expires, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, server.ErrUnknownSearch
	}
	if err != nil {
		return nil, fmt.Errorf("reading search: %w", err)
	}
	k.Expires = instant(expires)
	k.Content, err = s.key.OpenSearch(sealed, tenant, id)
	return k, err
}
