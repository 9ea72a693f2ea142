package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/procura-dev/procura/wallet/lifecycle"
)

// Find returns what each ref names.
func (s *Store) Find(ctx context.Context, tenant string, refs []lifecycle.Ref, about string) ([]lifecycle.Found, error) {
	found := make([]lifecycle.Found, len(refs))
	is := s.key.Proxied(tenant, about)
	err := s.read.view(ctx, func(tx statements) error {
		for i, r := range refs {
			var proxied []byte
			err := s.named(tx, tenant, r).Scan(&found[i].ID, &found[i].Profile, &found[i].Type, &proxied)
			if errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("credential %d: %w", i, lifecycle.ErrUnknownIssued)
			}
			if err != nil {
				return fmt.Errorf("reading what was issued: %w", err)
			}
			found[i].About = is != nil && bytes.Equal(is, proxied)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (s *Store) named(tx statements, tenant string, r lifecycle.Ref) row {
	if r.List == "" {
		return tx.row(`SELECT id, profile, type, proxied FROM issued WHERE tenant = ? AND name = ?`, tenant, s.key.IssuedName(tenant, r.Name))
	}
	return tx.row(`SELECT i.id, i.profile, i.type, i.proxied FROM status_places p JOIN issued i ON i.tenant = p.tenant AND i.id = p.credential
		WHERE p.tenant = ? AND p.list = ? AND p.place = ?`, tenant, r.List, r.Index)
}

// Apply makes a change.
func (s *Store) Apply(ctx context.Context, c *lifecycle.Change) (n int, err error) {
	err = s.write.change(ctx, func(tx statements) error {
		held, purposes, err := places(tx, c)
		if err != nil {
			return err
		}
		changed, err := c.Plan(held, purposes)
		if err != nil {
			return err
		}
		n, err = s.set(tx, c, changed)
		return err
	})
	return n, err
}

// places are all of a change's credentials, and the purpose of each list.
func places(tx statements, c *lifecycle.Change) ([]lifecycle.Held, map[string]string, error) {
	ids, err := json.Marshal(c.IDs)
	if err != nil {
		return nil, nil, fmt.Errorf("writing ids: %w", err)
	}
	rows, err := tx.query(`SELECT p.credential, p.list, p.place, p.value, l.purpose
		FROM status_places p JOIN status_lists l ON l.tenant = p.tenant AND l.id = p.list
		WHERE p.tenant = ?1 AND p.credential IN (SELECT value FROM json_each(?2))`, c.Tenant, string(ids))
	if err != nil {
		return nil, nil, fmt.Errorf("reading places: %w", err)
	}
	defer rows.Close()
	var held []lifecycle.Held
	purposes := map[string]string{}
	for rows.Next() {
		var h lifecycle.Held
		var purpose string
		if err := rows.Scan(&h.Credential, &h.List, &h.Index, &h.Value, &purpose); err != nil {
			return nil, nil, fmt.Errorf("reading places: %w", err)
		}
		held, purposes[h.List] = append(held, h), purpose
	}
	return held, purposes, rows.Err()
}

// set gives places their values, lists their next version, and each credential
// that became another an event.
func (s *Store) set(tx statements, c *lifecycle.Change, changed []lifecycle.Held) (int, error) {
	sealed, err := s.key.StatusEvent(c)
	if err != nil {
		return 0, err
	}
	credentials, lists := map[string]bool{}, map[string]bool{}
	for _, h := range changed {
		_, err := tx.exec(`UPDATE status_places SET value = ? WHERE tenant = ? AND list = ? AND place = ?`, h.Next, c.Tenant, h.List, h.Index)
		if err != nil {
			return 0, fmt.Errorf("setting a status: %w", err)
		}
		if credentials[h.Credential] {
			continue
		}
		credentials[h.Credential] = true
		_, err = tx.exec(`INSERT INTO status_events (tenant, credential, action, at, sealed) VALUES (?, ?, ?, ?, ?)`,
			c.Tenant, h.Credential, c.Action, c.At.UnixNano(), sealed(h.Credential))
		if err != nil {
			return 0, fmt.Errorf("storing an event: %w", err)
		}
	}
	for _, h := range changed {
		if lists[h.List] {
			continue
		}
		lists[h.List] = true
		if _, err := tx.exec(`UPDATE status_lists SET version = version + 1 WHERE tenant = ? AND id = ?`, c.Tenant, h.List); err != nil {
			return 0, fmt.Errorf("changing a status list: %w", err)
		}
	}
	return len(credentials), nil
}

// History returns what became of a credential.
func (s *Store) History(ctx context.Context, tenant, id string) ([]lifecycle.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT action, at, sealed FROM status_events WHERE tenant = ? AND credential = ? ORDER BY seq`, tenant, id)
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	defer rows.Close()
	var list []lifecycle.Event
	for rows.Next() {
		var e lifecycle.Event
		var at int64
		var sealed []byte
		if err := rows.Scan(&e.Action, &at, &sealed); err != nil {
			return nil, fmt.Errorf("reading events: %w", err)
		}
		e.At = instant(at)
		if err := s.key.OpenStatusEvent(sealed, tenant, id, &e); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// Shelved returns a list and its publication.
func (s *Store) Shelved(ctx context.Context, tenant, id string) (*lifecycle.List, *lifecycle.Publication, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var p lifecycle.Publication
	var at int64
	l, err := scanList(s.read.now().row(`SELECT `+listColumns+`, signed_version, signed_at, media, published FROM status_lists WHERE tenant = ? AND id = ?`, tenant, id),
		&p.Version, &at, &p.Media, &p.Body)
	if err != nil {
		return nil, nil, err
	}
	if p.Version < 0 {
		return l, nil, nil
	}
	p.SignedAt = instant(at)
	return l, &p, nil
}

// Sets returns a list's version and the places that are not 0 at it.
func (s *Store) Sets(ctx context.Context, tenant, id string) (version int64, sets []lifecycle.Set, err error) {
	err = s.read.view(ctx, func(tx statements) error {
		if err := tx.row(`SELECT version FROM status_lists WHERE tenant = ? AND id = ?`, tenant, id).Scan(&version); err != nil {
			return fmt.Errorf("reading status list: %w", err)
		}
		rows, err := tx.query(`SELECT place, value FROM status_places WHERE tenant = ? AND list = ? AND value <> 0`, tenant, id)
		if err != nil {
			return fmt.Errorf("reading places: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var one lifecycle.Set
			if err := rows.Scan(&one.Index, &one.Value); err != nil {
				return fmt.Errorf("reading places: %w", err)
			}
			sets = append(sets, one)
		}
		return rows.Err()
	})
	return version, sets, err
}

// Shelve keeps a publication, unless a later one is there.
func (s *Store) Shelve(ctx context.Context, tenant, id string, p *lifecycle.Publication) error {
	return s.write.change(ctx, func(tx statements) error {
		_, err := tx.exec(`UPDATE status_lists SET signed_version = ?1, signed_at = ?2, media = ?3, published = ?4
			WHERE tenant = ?5 AND id = ?6 AND (signed_version < ?1 OR signed_version = ?1 AND signed_at < ?2)`,
			p.Version, p.SignedAt.UnixNano(), p.Media, p.Body, tenant, id)
		if err != nil {
			return fmt.Errorf("keeping a status list: %w", err)
		}
		return nil
	})
}
