package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/wallet/lifecycle"
)

// Find returns what each ref names.
func (s *Store) Find(ctx context.Context, tenant string, refs []lifecycle.Ref, about string) ([]lifecycle.Found, error) {
	found := make([]lifecycle.Found, len(refs))
	is := s.key.Proxied(tenant, about)
	err := s.view(ctx, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for i, r := range refs {
			s.name(batch, tenant, r).QueryRow(func(row pgx.Row) error {
				var proxied []byte
				err := row.Scan(&found[i].ID, &found[i].Profile, &found[i].Type, &proxied)
				if errors.Is(err, pgx.ErrNoRows) {
					return fmt.Errorf("credential %d: %w", i, lifecycle.ErrUnknownIssued)
				}
				found[i].About = is != nil && bytes.Equal(is, proxied)
				return err
			})
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return nil, fmt.Errorf("reading what was issued: %w", err)
	}
	return found, nil
}

func (s *Store) name(batch *pgx.Batch, tenant string, r lifecycle.Ref) *pgx.QueuedQuery {
	if r.List == "" {
		return batch.Queue(`SELECT id, profile, type, proxied FROM issued WHERE tenant = $1 AND name = $2`, tenant, s.key.IssuedName(tenant, r.Name))
	}
	list := r.List
	if !storable(list) {
		list = "" // no list's id
	}
	return batch.Queue(`SELECT i.id, i.profile, i.type, i.proxied FROM status_places p JOIN issued i ON i.tenant = p.tenant AND i.id = p.credential
		WHERE p.tenant = $1 AND p.list = $2 AND p.place = $3`, tenant, list, int64(r.Index))
}

// Apply makes a change. Two that change one place wait for each other, in one
// order.
func (s *Store) Apply(ctx context.Context, c *lifecycle.Change) (n int, err error) {
	err = s.change(ctx, func(tx pgx.Tx) error {
		held, purposes, err := places(ctx, tx, c)
		if err != nil {
			return err
		}
		changed, err := c.Plan(held, purposes)
		if err != nil {
			return err
		}
		n, err = s.set(ctx, tx, c, changed)
		return err
	})
	return n, err
}

// places are all of a change's credentials, locked, and the purpose of each list.
func places(ctx context.Context, tx pgx.Tx, c *lifecycle.Change) ([]lifecycle.Held, map[string]string, error) {
	rows, err := tx.Query(ctx, `SELECT p.credential, p.list, p.place, p.value, l.purpose
		FROM status_places p JOIN status_lists l ON l.tenant = p.tenant AND l.id = p.list
		WHERE p.tenant = $1 AND p.credential = ANY ($2) ORDER BY p.list, p.place FOR UPDATE OF p`, c.Tenant, c.IDs)
	if err != nil {
		return nil, nil, fmt.Errorf("reading places: %w", err)
	}
	var held []lifecycle.Held
	purposes := map[string]string{}
	var h lifecycle.Held
	var purpose string
	_, err = pgx.ForEachRow(rows, []any{&h.Credential, &h.List, &h.Index, &h.Value, &purpose}, func() error {
		held, purposes[h.List] = append(held, h), purpose
		return nil
	})
	return held, purposes, err
}

// set gives places their values, lists their next version, and each credential
// that became another an event. Lists are changed in one order, so that two who
// change several do not wait for each other for ever.
func (s *Store) set(ctx context.Context, tx pgx.Tx, c *lifecycle.Change, changed []lifecycle.Held) (int, error) {
	var lists []string
	var indexes, values []int64
	var events [][]byte
	var whose []string
	sealed, err := s.key.StatusEvent(c)
	if err != nil {
		return 0, err
	}
	met := map[string]bool{}
	for _, h := range changed {
		lists, indexes, values = append(lists, h.List), append(indexes, int64(h.Index)), append(values, int64(h.Next))
		if !met[h.Credential] {
			met[h.Credential] = true
			whose, events = append(whose, h.Credential), append(events, sealed(h.Credential))
		}
	}
	_, err = tx.Exec(ctx, `UPDATE status_lists SET version = version + 1 WHERE tenant = $1 AND id IN
		(SELECT id FROM status_lists WHERE tenant = $1 AND id = ANY ($2) ORDER BY id FOR UPDATE)`, c.Tenant, lists)
	if err != nil {
		return 0, fmt.Errorf("changing status lists: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE status_places p SET value = n.value FROM unnest($2::text[], $3::bigint[], $4::bigint[]) n (list, place, value)
		WHERE p.tenant = $1 AND p.list = n.list AND p.place = n.place`, c.Tenant, lists, indexes, values)
	if err != nil {
		return 0, fmt.Errorf("setting statuses: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO status_events (tenant, credential, action, at, sealed)
		SELECT $1, e.credential, $2, $3, e.sealed FROM unnest($4::text[], $5::bytea[]) e (credential, sealed)`,
		c.Tenant, c.Action, c.At.UnixNano(), whose, events)
	if err != nil {
		return 0, fmt.Errorf("storing events: %w", err)
	}
	return len(whose), nil
}

// History returns what became of a credential.
func (s *Store) History(ctx context.Context, tenant, id string) ([]lifecycle.Event, error) {
	if !storable(tenant, id) {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT action, at, sealed FROM status_events WHERE tenant = $1 AND credential = $2 ORDER BY seq`, tenant, id)
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (e lifecycle.Event, err error) {
		var at int64
		var sealed []byte
		if err := r.Scan(&e.Action, &at, &sealed); err != nil {
			return e, fmt.Errorf("reading event: %w", err)
		}
		e.At = instant(at)
		return e, s.key.OpenStatusEvent(sealed, tenant, id, &e)
	})
}

// Shelved returns a list and its publication.
func (s *Store) Shelved(ctx context.Context, tenant, id string) (*lifecycle.List, *lifecycle.Publication, error) {
	if !storable(tenant, id) {
		return nil, nil, lifecycle.ErrNoList
	}
	var p lifecycle.Publication
	var at int64
	l, err := scanList(s.pool.QueryRow(ctx, `SELECT `+listColumns+`, signed_version, signed_at, media, published FROM status_lists WHERE tenant = $1 AND id = $2`, tenant, id),
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
	err = s.view(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT version FROM status_lists WHERE tenant = $1 AND id = $2`, tenant, id).Scan(&version); err != nil {
			return fmt.Errorf("reading status list: %w", err)
		}
		rows, err := tx.Query(ctx, `SELECT place, value FROM status_places WHERE tenant = $1 AND list = $2 AND value <> 0`, tenant, id)
		if err != nil {
			return fmt.Errorf("reading places: %w", err)
		}
		var one lifecycle.Set
		_, err = pgx.ForEachRow(rows, []any{&one.Index, &one.Value}, func() error {
			sets = append(sets, one)
			return nil
		})
		return err
	})
	return version, sets, err
}

// Shelve keeps a publication, unless a later one is there.
func (s *Store) Shelve(ctx context.Context, tenant, id string, p *lifecycle.Publication) error {
	_, err := s.pool.Exec(ctx, `UPDATE status_lists SET signed_version = $1, signed_at = $2, media = $3, published = $4
		WHERE tenant = $5 AND id = $6 AND (signed_version < $1 OR signed_version = $1 AND signed_at < $2)`,
		p.Version, p.SignedAt.UnixNano(), p.Media, p.Body, tenant, id)
	if err != nil {
		return fmt.Errorf("keeping a status list: %w", err)
	}
	return nil
}
