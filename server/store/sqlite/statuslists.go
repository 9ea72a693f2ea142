package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/procura-dev/procura/wallet/lifecycle"
)

const listColumns = `tenant, id, profile, kind, purpose, size, messages, url, version, made`

// OpenList returns the list in which a profile's places are given.
func (s *Store) OpenList(ctx context.Context, tenant, profile, kind, purpose string) (*lifecycle.List, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return scanList(s.read.now().row(`SELECT `+listColumns+` FROM status_lists
		WHERE tenant = ? AND profile = ? AND kind = ? AND purpose = ? AND open = 1`, tenant, profile, kind, purpose))
}

func scanList(r row, rest ...any) (*lifecycle.List, error) {
	var l lifecycle.List
	var messages string
	var made int64
	err := r.Scan(append([]any{&l.Tenant, &l.ID, &l.Profile, &l.Kind, &l.Purpose, &l.Size, &messages, &l.URL, &l.Version, &made}, rest...)...)
	if errors.Is(err, sql.ErrNoRows) {
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

// AddList stores an open list.
func (s *Store) AddList(ctx context.Context, l *lifecycle.List) error {
	messages, err := json.Marshal(l.Messages)
	if err != nil {
		return fmt.Errorf("writing messages: %w", err)
	}
	return s.write.change(ctx, func(tx statements) error {
		_, err := tx.exec(`INSERT INTO status_lists (`+listColumns+`, open, signed_version, signed_at, media, published)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, -1, 0, '', x'')`,
			l.Tenant, l.ID, l.Profile, l.Kind, l.Purpose, l.Size, string(messages), l.URL, l.Version, l.MadeAt.UnixNano())
		if taken(err) {
			return lifecycle.ErrListOpen
		}
		if err != nil {
			return fmt.Errorf("storing status list: %w", err)
		}
		return nil
	})
}

// CloseList gives no more places of a list.
func (s *Store) CloseList(ctx context.Context, tenant, id string) error {
	return s.write.change(ctx, func(tx statements) error {
		if _, err := tx.exec(`UPDATE status_lists SET open = 0 WHERE tenant = ? AND id = ?`, tenant, id); err != nil {
			return fmt.Errorf("closing status list: %w", err)
		}
		return nil
	})
}

// Vacant returns the first of some indexes of an open list that nobody has.
func (s *Store) Vacant(ctx context.Context, tenant, list string, indexes []int) (int, bool, error) {
	if err := ctx.Err(); err != nil {
		return 0, false, err
	}
	for _, index := range indexes {
		var had bool
		err := s.read.now().row(`SELECT EXISTS (SELECT 1 FROM status_places p WHERE p.tenant = l.tenant AND p.list = l.id AND p.place = ?3)
			FROM status_lists l WHERE l.tenant = ?1 AND l.id = ?2 AND l.open = 1`, tenant, list, index).Scan(&had)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return 0, false, lifecycle.ErrNoList
		case err != nil:
			return 0, false, fmt.Errorf("looking for a place: %w", err)
		case !had:
			return index, true, nil
		}
	}
	return 0, false, nil
}

// Issue stores a credential with its places.
func (s *Store) Issue(ctx context.Context, i *lifecycle.Issued) error {
	return s.write.change(ctx, func(tx statements) error {
		_, err := tx.exec(`INSERT INTO issued (tenant, id, profile, name, proxied, type, digest, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			i.Tenant, i.ID, i.Profile, s.key.IssuedName(i.Tenant, i.Name), s.key.Proxied(i.Tenant, i.Proxied), i.Type, i.Digest[:], i.IssuedAt.UnixNano())
		if taken(err) {
			return lifecycle.ErrIssuedBefore
		}
		if err != nil {
			return fmt.Errorf("storing what was issued: %w", err)
		}
		for _, p := range i.Places {
			_, err := tx.exec(`INSERT INTO status_places (tenant, list, place, credential, value) VALUES (?, ?, ?, ?, 0)`, i.Tenant, p.List.ID, p.Index, i.ID)
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
