package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
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
func (s *Store) EntitiesNamed(ctx context.Context, tenant string, names []authz.Entity) (list []authz.Entity, err error) {
	for some := range slices.Chunk(names, namedMost) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if list, err = s.entitiesNamed(list, tenant, some); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// A statement asks for so many entities: of one question, or of a batch. There
// are two, so that they are prepared once, and what is left over asks for its
// last again.
const (
	namedFew  = 2
	namedMost = 64
)

var (
	selectFew  = selectNamed(namedFew)
	selectMost = selectNamed(namedMost)
)

func selectNamed(n int) string {
	return `SELECT type, id, sealed FROM entities WHERE tenant = ? AND (type, id) IN (VALUES (?, ?)` + strings.Repeat(", (?, ?)", n-1) + `)`
}

// entitiesNamed adds those that there are of namedMost names or fewer.
func (s *Store) entitiesNamed(list []authz.Entity, tenant string, names []authz.Entity) ([]authz.Entity, error) {
	text, n := selectMost, namedMost
	if len(names) <= namedFew {
		text, n = selectFew, namedFew
	}
	args := []any{tenant}
	for i := range n {
		e := &names[min(i, len(names)-1)]
		args = append(args, e.Type, e.ID)
	}
	rows, err := s.read.now().query(text, args...)
	if err != nil {
		return nil, fmt.Errorf("reading entities: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e authz.Entity
		var sealed []byte
		if err := rows.Scan(&e.Type, &e.ID, &sealed); err != nil {
			return nil, fmt.Errorf("reading entity: %w", err)
		}
		if err := s.key.OpenEntity(sealed, tenant, &e); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
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
