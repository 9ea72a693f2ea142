package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/wallet/lifecycle"
)

const listColumns = `tenant, id, profile, kind, purpose, size, messages, url, version, made`

// OpenList returns the list in which a profile's places are given.
func (s *Store) OpenList(ctx context.Context, tenant, profile, kind, purpose string) (*lifecycle.List, error) {
	if !storable(tenant, profile, kind, purpose) {
		return nil, lifecycle.ErrNoList
	}
	return scanList(s.pool.QueryRow(ctx, `SELECT `+listColumns+` FROM status_lists
		WHERE tenant = $1 AND profile = $2 AND kind = $3 AND purpose = $4 AND open`, tenant, profile, kind, purpose))
}

func scanList(r pgx.Row, rest ...any) (*lifecycle.List, error) {
	var l lifecycle.List
	var messages string
	var made int64
	err := r.Scan(append([]any{&l.Tenant, &l.ID, &l.Profile, &l.Kind, &l.Purpose, &l.Size, &messages, &l.URL, &l.Version, &made}, rest...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, lifecycle.ErrNoList
	}
	if err == nil {
		err = json.Unmarshal([]byte(messages), &l.Messages)
	}
	if err != nil {
		return nil, fmt.Errorf("reading status list: %w", err)
	}
	l.MadeAt = instant(made)
	return &l, nil
}

// AddList stores an open list. Of two at once one is there first.
func (s *Store) AddList(ctx context.Context, l *lifecycle.List) error {
	messages, err := json.Marshal(l.Messages)
	if err != nil {
		return fmt.Errorf("writing messages: %w", err)
	}
	_, err = s.pool.Exec(ctx, `INSERT INTO status_lists (`+listColumns+`, open, signed_version, signed_at, media, published)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true, -1, 0, '', '')`,
		l.Tenant, l.ID, l.Profile, l.Kind, l.Purpose, int64(l.Size), string(messages), l.URL, l.Version, l.MadeAt.UnixNano())
	if taken(err) {
		return lifecycle.ErrListOpen
	}
	if err != nil {
		return fmt.Errorf("storing status list: %w", err)
	}
	return nil
}

// CloseList gives no more places of a list.
func (s *Store) CloseList(ctx context.Context, tenant, id string) error {
	if _, err := s.pool.Exec(ctx, `UPDATE status_lists SET open = false WHERE tenant = $1 AND id = $2`, tenant, id); err != nil {
		return fmt.Errorf("closing status list: %w", err)
	}
	return nil
}

// Vacant returns the first of some indexes of an open list that nobody has.
func (s *Store) Vacant(ctx context.Context, tenant, list string, indexes []int) (int, bool, error) {
	wide := make([]int64, len(indexes))
	for i, index := range indexes {
		wide[i] = int64(index)
	}
	var index *int64
	err := s.pool.QueryRow(ctx, `SELECT (SELECT place FROM unnest($3::bigint[]) WITH ORDINALITY drawn (place, turn)
		WHERE NOT EXISTS (SELECT FROM status_places p WHERE p.tenant = l.tenant AND p.list = l.id AND p.place = drawn.place)
		ORDER BY turn LIMIT 1) FROM status_lists l WHERE l.tenant = $1 AND l.id = $2 AND l.open`, tenant, list, wide).Scan(&index)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, false, lifecycle.ErrNoList
	case err != nil:
		return 0, false, fmt.Errorf("looking for a place: %w", err)
	case index == nil:
		return 0, false, nil
	}
	return int(*index), true, nil
}

// Issue stores a credential with its places. Who draws a place that another
// transaction is about to take waits for it.
func (s *Store) Issue(ctx context.Context, i *lifecycle.Issued) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO issued (tenant, id, profile, name, proxied, type, digest, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			i.Tenant, i.ID, i.Profile, s.key.IssuedName(i.Tenant, i.Name), s.key.Proxied(i.Tenant, i.Proxied), i.Type, i.Digest[:], i.IssuedAt.UnixNano())
		if taken(err) {
			return lifecycle.ErrIssuedBefore
		}
		if err != nil {
			return fmt.Errorf("storing what was issued: %w", err)
		}
		for _, p := range i.Places {
			_, err := tx.Exec(ctx, `INSERT INTO status_places (tenant, list, place, credential, value) VALUES ($1, $2, $3, $4, 0)`, i.Tenant, p.List.ID, int64(p.Index), i.ID)
			if taken(err) {
				return lifecycle.ErrTaken
			}
			if err != nil {
				return fmt.Errorf("storing a place: %w", err)
			}
		}
		return nil
	})
}
