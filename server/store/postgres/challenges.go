package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/verifier"
)

// OpenChallenge stores a new challenge.
func (s *Store) OpenChallenge(ctx context.Context, c *verifier.Challenge) error {
	sealed, err := s.key.Challenge(c)
	if err != nil {
		return err
	}
	return s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO challenges (id, tenant, client, opened_at, expires_at, state, revision, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			c.ID, c.Tenant, c.Client, c.OpenedAt.UnixNano(), c.ExpiresAt.UnixNano(), c.State, c.Revision, sealed)
		if err != nil {
			return fmt.Errorf("storing challenge: %w", err)
		}
		return s.storePresentations(ctx, tx, c, nil)
	})
}

// Challenge loads one with its presentations, by order of receipt.
func (s *Store) Challenge(ctx context.Context, tenant, id string) (c *verifier.Challenge, err error) {
	err = s.view(ctx, func(tx pgx.Tx) error {
		c, err = s.load(ctx, tx, tenant, id, ``)
		return err
	})
	return c, err
}

// Progress tells how far a challenge is.
func (s *Store) Progress(ctx context.Context, tenant, id string) (p verifier.Progress, err error) {
	unknown := fmt.Errorf("challenge %q: %w", id, verifier.ErrUnknownChallenge)
	if !storable(tenant, id) {
		return p, unknown
	}
	var expires int64
	err = s.pool.QueryRow(ctx, `SELECT state, revision, coalesce(decision, ''), expires_at FROM challenges WHERE id = $1 AND tenant = $2`, id, tenant).
		Scan(&p.State, &p.Revision, &p.DecisionID, &expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, unknown
	}
	if err != nil {
		return p, fmt.Errorf("reading challenge: %w", err)
	}
	p.ExpiresAt = instant(expires)
	return p, nil
}

// Change applies f to the challenge under a lock on its row.
func (s *Store) Change(ctx context.Context, tenant, id string, f func(*verifier.Challenge) (bool, error)) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		c, err := s.load(ctx, tx, tenant, id, `FOR UPDATE`)
		if err != nil {
			return err
		}
		if c.State != verifier.Open {
			return fmt.Errorf("challenge %q: %w", id, verifier.ErrChallengeClosed)
		}
		before, revision := kept(c), c.Revision
		grew, err := f(c)
		if err != nil {
			return err
		}
		if grew {
			revision++
		}
		return s.storeChange(ctx, tx, c, revision, before)
	})
}

func (s *Store) storeChange(ctx context.Context, tx pgx.Tx, c *verifier.Challenge, revision int, before map[string]place) error {
	sealed, err := s.key.Challenge(c)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE challenges SET state = $2, revision = $3, sealed = $4 WHERE id = $1`, c.ID, c.State, revision, sealed)
	if err != nil {
		return fmt.Errorf("storing challenge: %w", err)
	}
	if err := s.storePresentations(ctx, tx, c, before); err != nil || c.State == verifier.Open {
		return err
	}
	return forget(ctx, tx, c.ID)
}

// place is where a stored presentation stands, and with what.
type place struct {
	at            int
	circumstances []byte
}

func kept(c *verifier.Challenge) map[string]place {
	m := make(map[string]place, len(c.Presentations))
	for i, p := range c.Presentations {
		m[p.ID] = place{i, bytes.Clone(p.Circumstances)}
	}
	return m
}

// storePresentations brings the rows from what they were to what c holds. A
// presentation's bytes never change.
func (s *Store) storePresentations(ctx context.Context, tx pgx.Tx, c *verifier.Challenge, before map[string]place) error {
	batch := &pgx.Batch{}
	for i := range c.Presentations {
		p := &c.Presentations[i]
		was, stored := before[p.ID]
		delete(before, p.ID)
		switch {
		case !stored:
			batch.Queue(`INSERT INTO presentations (challenge, id, place, digest, media_type, sealed, circumstances, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				c.ID, p.ID, i, p.Digest[:], p.MediaType, s.key.Presentation(c.Tenant, c.ID, p), s.key.Circumstances(c.Tenant, c.ID, p), p.ReceivedAt.UnixNano())
		case was.at != i || !bytes.Equal(was.circumstances, p.Circumstances):
			batch.Queue(`UPDATE presentations SET place = $3, circumstances = $4 WHERE challenge = $1 AND id = $2`,
				c.ID, p.ID, i, s.key.Circumstances(c.Tenant, c.ID, p))
		}
	}
	for id := range before {
		batch.Queue(`DELETE FROM presentations WHERE challenge = $1 AND id = $2`, c.ID, id)
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storing presentations: %w", err)
	}
	return nil
}

// forget deletes what a challenge asked, and what was presented to it but the
// digests.
func forget(ctx context.Context, tx pgx.Tx, challenge string) error {
	if _, err := tx.Exec(ctx, `UPDATE challenges SET sealed = '' WHERE id = $1`, challenge); err != nil {
		return fmt.Errorf("deleting what was asked: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE presentations SET sealed = NULL, circumstances = NULL WHERE challenge = $1`, challenge); err != nil {
		return fmt.Errorf("deleting what was presented: %w", err)
	}
	return nil
}

// Sweep closes challenges that expired by now, so that what they asked and what
// was presented to them is deleted, and forgets nonces that expired. What
// another process holds is left for the next time.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	// The revision grows, so that no decision under way is committed to it.
	_, err := s.pool.Exec(ctx, `WITH expired AS (
			SELECT id FROM challenges WHERE state = 'open' AND expires_at <= $1 FOR UPDATE SKIP LOCKED
		), closed AS (
			UPDATE challenges SET state = 'closed', revision = revision + 1, sealed = '' WHERE id IN (SELECT id FROM expired)
		)
		UPDATE presentations SET sealed = NULL, circumstances = NULL WHERE challenge IN (SELECT id FROM expired)`, now.UnixNano())
	if err != nil {
		return fmt.Errorf("sweeping challenges: %w", err)
	}
	_, err = s.pool.Exec(ctx, `DELETE FROM nonces WHERE (tenant, key) IN (
			SELECT tenant, key FROM nonces WHERE expires <= $1 FOR UPDATE SKIP LOCKED)`, now.UnixNano())
	if err != nil {
		return fmt.Errorf("sweeping nonces: %w", err)
	}
	_, err = s.pool.Exec(ctx, `DELETE FROM nonce_uses WHERE (tenant, key) IN (
			SELECT tenant, key FROM nonce_uses WHERE expires <= $1 FOR UPDATE SKIP LOCKED)`, now.UnixNano())
	if err != nil {
		return fmt.Errorf("sweeping uses of nonces: %w", err)
	}
	_, err = s.pool.Exec(ctx, `DELETE FROM searches WHERE (tenant, id) IN (
			SELECT tenant, id FROM searches WHERE expires <= $1 FOR UPDATE SKIP LOCKED)`, now.UnixNano())
	if err != nil {
		return fmt.Errorf("sweeping searches: %w", err)
	}
	_, err = s.pool.Exec(ctx, `DELETE FROM edge_reports WHERE seq IN (
			SELECT seq FROM edge_reports WHERE expires <= $1 FOR UPDATE SKIP LOCKED)`, now.UnixNano())
	if err != nil {
		return fmt.Errorf("sweeping reports: %w", err)
	}
	_, err = s.pool.Exec(ctx, `DELETE FROM usage_permits WHERE expires <= $1`, now.UnixNano())
	if err != nil {
		return fmt.Errorf("sweeping uses: %w", err)
	}
	_, err = s.pool.Exec(ctx, `DELETE FROM usage_counts WHERE (tenant, key) IN (
			SELECT tenant, key FROM usage_counts WHERE expires <= $1 FOR UPDATE SKIP LOCKED)`, now.UnixNano())
	if err != nil {
		return fmt.Errorf("sweeping counts of uses: %w", err)
	}
	return s.sweepWallets(ctx, now)
}

// load reads a challenge; lock is FOR UPDATE or empty.
func (s *Store) load(ctx context.Context, tx pgx.Tx, tenant, id, lock string) (*verifier.Challenge, error) {
	unknown := fmt.Errorf("challenge %q: %w", id, verifier.ErrUnknownChallenge)
	if !storable(tenant, id) {
		return nil, unknown
	}
	c := &verifier.Challenge{ID: id, Tenant: tenant}
	var opened, expires int64
	var sealed []byte
	err := tx.QueryRow(ctx, `SELECT client, opened_at, expires_at, state, revision, coalesce(decision, ''), decided, sealed FROM challenges WHERE id = $1 AND tenant = $2 `+lock, id, tenant).
		Scan(&c.Client, &opened, &expires, &c.State, &c.Revision, &c.DecisionID, &c.Decided, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("reading challenge: %w", err)
	}
	c.OpenedAt, c.ExpiresAt = instant(opened), instant(expires)
	if len(sealed) > 0 || c.State == verifier.Open { // else it was deleted when the challenge closed
		if err := s.key.OpenChallenge(sealed, c); err != nil {
			return nil, err
		}
	}
	return c, s.loadPresentations(ctx, tx, c)
}

func (s *Store) loadPresentations(ctx context.Context, tx pgx.Tx, c *verifier.Challenge) error {
	rows, err := tx.Query(ctx, `SELECT id, digest, media_type, sealed, circumstances, received_at FROM presentations WHERE challenge = $1 ORDER BY place`, c.ID)
	if err != nil {
		return fmt.Errorf("reading presentations: %w", err)
	}
	c.Presentations, err = pgx.AppendRows(c.Presentations, rows, func(r pgx.CollectableRow) (p verifier.StoredPresentation, err error) {
		var digest, raw, circumstances []byte
		var received int64
		if err := r.Scan(&p.ID, &digest, &p.MediaType, &raw, &circumstances, &received); err != nil {
			return p, fmt.Errorf("reading presentation: %w", err)
		}
		p.Digest, p.ReceivedAt = [32]byte(digest), instant(received)
		return p, s.key.OpenPresentation(raw, circumstances, c.Tenant, c.ID, &p)
	})
	return err
}
