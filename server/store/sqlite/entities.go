package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/server"
)

// PutEntities stores all or none.
func (s *Store) PutEntities(ctx context.Context, tenant string, list []authz.Entity) error {
	return s.write.change(ctx, func(tx statements) error {
		for i := range list {
			sealed, err := s.key.Entity(tenant, &list[i])
			if err != nil {
				return err
			}
			_, err = tx.exec(`INSERT INTO entities (tenant, type, id, sealed) VALUES (?, ?, ?, ?)
				ON CONFLICT (tenant, type, id) DO UPDATE SET sealed = excluded.sealed`, tenant, list[i].Type, list[i].ID, sealed)
			if err != nil {
				return fmt.Errorf("storing entity: %w", err)
			}
		}
		return nil
	})
}

// EntitiesNamed returns those that there are.
func (s *Store) EntitiesNamed(ctx context.Context, tenant string, names []authz.Entity) ([]authz.Entity, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var list []authz.Entity
	for _, n := range names {
		e := authz.Entity{Type: n.Type, ID: n.ID}
		var sealed []byte
		err := s.read.now().row(`SELECT sealed FROM entities WHERE tenant = ? AND type = ? AND id = ?`, tenant, e.Type, e.ID).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading entity: %w", err)
		}
		if err := s.key.OpenEntity(sealed, tenant, &e); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// EntitiesOf returns entities of a type by id.
func (s *Store) EntitiesOf(ctx context.Context, tenant, kind string, most int) ([]authz.Entity, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, sealed FROM entities WHERE tenant = ? AND type = ? ORDER BY id LIMIT ?`, tenant, kind, most)
	if err != nil {
		return nil, fmt.Errorf("listing entities: %w", err)
	}
	defer rows.Close()
	var list []authz.Entity
	for rows.Next() {
		e := authz.Entity{Type: kind}
		var sealed []byte
		if err := rows.Scan(&e.ID, &sealed); err != nil {
			return nil, fmt.Errorf("reading entity: %w", err)
		}
		if err := s.key.OpenEntity(sealed, tenant, &e); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// KeepSearch stores what a search found.
func (s *Store) KeepSearch(ctx context.Context, k *server.KeptSearch) error {
	return s.write.change(ctx, func(tx statements) error {
		_, err := tx.exec(`INSERT INTO searches (tenant, id, expires, sealed) VALUES (?, ?, ?, ?)`, k.Tenant, k.ID, k.Expires.UnixNano(), s.key.Search(k.Content, k.Tenant, k.ID))
		if err != nil {
			return fmt.Errorf("storing search: %w", err)
		}
		return nil
	})
}

// KeptSearch returns what a search found.
func (s *Store) KeptSearch(ctx context.Context, tenant, id string, now time.Time) (*server.KeptSearch, error) {
	k := &server.KeptSearch{Tenant: tenant, ID: id}
	var expires int64
	var sealed []byte
	err := s.read.QueryRowContext(ctx, `SELECT expires, sealed FROM searches WHERE tenant = ? AND id = ? AND expires > ?`, tenant, id, now.UnixNano()).Scan(&expires, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, server.ErrUnknownSearch
	}
	if err != nil {
		return nil, fmt.Errorf("reading search: %w", err)
	}
	k.Expires = instant(expires)
	k.Content, err = s.key.OpenSearch(sealed, tenant, id)
	return k, err
}
