package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/verifier"
)

// OpenChallenge stores a new challenge.
func (s *Store) OpenChallenge(ctx context.Context, c *verifier.Challenge) error {
	sealed, err := s.key.Challenge(c)
	if err != nil {
		return err
	}
	return s.write.change(ctx, func(tx statements) error {
		_, err := tx.exec(`INSERT INTO challenges (id, tenant, client, opened_at, expires_at, state, revision, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			c.ID, c.Tenant, c.Client, c.OpenedAt.UnixNano(), c.ExpiresAt.UnixNano(), c.State, c.Revision, sealed)
		if err != nil {
			return fmt.Errorf("storing challenge: %w", err)
		}
		return s.storePresentations(tx, c, nil)
	})
}

// Challenge loads one with its presentations, by order of receipt.
func (s *Store) Challenge(ctx context.Context, tenant, id string) (c *verifier.Challenge, err error) {
	err = s.read.view(ctx, func(tx statements) error {
		c, err = s.load(tx, tenant, id)
		return err
	})
	return c, err
}

// Progress tells how far a challenge is.
func (s *Store) Progress(ctx context.Context, tenant, id string) (p verifier.Progress, err error) {
	if err := ctx.Err(); err != nil {
		return p, err
	}
	var expires int64
	err = s.read.now().row(`SELECT state, revision, coalesce(decision, ''), expires_at FROM challenges WHERE id = ? AND tenant = ?`, id, tenant).
		Scan(&p.State, &p.Revision, &p.DecisionID, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("challenge %q: %w", id, verifier.ErrUnknownChallenge)
	}
	if err != nil {
		return p, fmt.Errorf("reading challenge: %w", err)
	}
	p.ExpiresAt = instant(expires)
	return p, nil
}

// Change applies f to the challenge under the file's write lock.
func (s *Store) Change(ctx context.Context, tenant, id string, f func(*verifier.Challenge) (bool, error)) error {
	return s.write.change(ctx, func(tx statements) error {
		c, err := s.load(tx, tenant, id)
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
		return s.storeChange(tx, c, revision, before)
	})
}

func (s *Store) storeChange(tx statements, c *verifier.Challenge, revision int, before map[string]place) error {
	sealed, err := s.key.Challenge(c)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE challenges SET state = ?, revision = ?, sealed = ? WHERE id = ?`, c.State, revision, sealed, c.ID)
	if err != nil {
		return fmt.Errorf("storing challenge: %w", err)
	}
	if err := s.storePresentations(tx, c, before); err != nil || c.State == verifier.Open {
		return err
	}
	return forget(tx, c.ID)
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
func (s *Store) storePresentations(tx statements, c *verifier.Challenge, before map[string]place) error {
	for i := range c.Presentations {
		p := &c.Presentations[i]
		was, stored := before[p.ID]
		delete(before, p.ID)
		var err error
		switch {
		case !stored:
			_, err = tx.exec(`INSERT INTO presentations (challenge, id, place, digest, media_type, sealed, circumstances, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				c.ID, p.ID, i, p.Digest[:], p.MediaType, s.key.Presentation(c.Tenant, c.ID, p), s.key.Circumstances(c.Tenant, c.ID, p), p.ReceivedAt.UnixNano())
		case was.at != i || !bytes.Equal(was.circumstances, p.Circumstances):
			_, err = tx.exec(`UPDATE presentations SET place = ?, circumstances = ? WHERE challenge = ? AND id = ?`,
				i, s.key.Circumstances(c.Tenant, c.ID, p), c.ID, p.ID)
		}
		if err != nil {
			return fmt.Errorf("storing presentation: %w", err)
		}
	}
	for id := range before {
		if _, err := tx.exec(`DELETE FROM presentations WHERE challenge = ? AND id = ?`, c.ID, id); err != nil {
			return fmt.Errorf("removing presentation: %w", err)
		}
	}
	return nil
}

// forget deletes what a challenge asked, and what was presented to it but the
// digests.
func forget(tx statements, challenge string) error {
	if _, err := tx.exec(`UPDATE challenges SET sealed = x'' WHERE id = ?`, challenge); err != nil {
		return fmt.Errorf("deleting what was asked: %w", err)
	}
	if _, err := tx.exec(`UPDATE presentations SET sealed = NULL, circumstances = NULL WHERE challenge = ?`, challenge); err != nil {
		return fmt.Errorf("deleting what was presented: %w", err)
	}
	return nil
}

// Sweep closes challenges that expired by now, so that what they asked and what
// was presented to them is deleted, and forgets nonces that expired.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	return s.write.change(ctx, func(tx statements) error {
		_, err := tx.exec(`UPDATE presentations SET sealed = NULL, circumstances = NULL
			WHERE challenge IN (SELECT id FROM challenges WHERE state = 'open' AND expires_at <= ?)`, now.UnixNano())
		if err != nil {
			return fmt.Errorf("sweeping presentations: %w", err)
		}
		// The revision grows, so that no decision under way is committed to it.
		_, err = tx.exec(`UPDATE challenges SET state = 'closed', revision = revision + 1, sealed = x'' WHERE state = 'open' AND expires_at <= ?`, now.UnixNano())
		if err != nil {
			return fmt.Errorf("sweeping challenges: %w", err)
		}
		_, err = tx.exec(`DELETE FROM nonces WHERE expires <= ?`, now.UnixNano())
		if err != nil {
			return fmt.Errorf("sweeping nonces: %w", err)
		}
		if _, err = tx.exec(`DELETE FROM nonce_uses WHERE expires <= ?`, now.UnixNano()); err != nil {
			return fmt.Errorf("sweeping uses of nonces: %w", err)
		}
		if _, err = tx.exec(`DELETE FROM searches WHERE expires <= ?`, now.UnixNano()); err != nil {
			return fmt.Errorf("sweeping searches: %w", err)
		}
		if _, err = tx.exec(`DELETE FROM edge_reports WHERE expires <= ?`, now.UnixNano()); err != nil {
			return fmt.Errorf("sweeping reports: %w", err)
		}
		if _, err = tx.exec(`DELETE FROM usage_permits WHERE expires <= ?`, now.UnixNano()); err != nil {
			return fmt.Errorf("sweeping uses: %w", err)
		}
		if _, err = tx.exec(`DELETE FROM usage_counts WHERE expires <= ?`, now.UnixNano()); err != nil {
			return fmt.Errorf("sweeping uses: %w", err)
		}
		if err = sweepWallets(tx, now); err != nil {
			return err
		}
		return nil
	})
}

func (s *Store) load(tx statements, tenant, id string) (*verifier.Challenge, error) {
	c := &verifier.Challenge{ID: id, Tenant: tenant}
	var opened, expires int64
	var sealed []byte
	err := tx.row(`SELECT client, opened_at, expires_at, state, revision, coalesce(decision, ''), decided, sealed FROM challenges WHERE id = ? AND tenant = ?`, id, tenant).
		Scan(&c.Client, &opened, &expires, &c.State, &c.Revision, &c.DecisionID, &c.Decided, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("challenge %q: %w", id, verifier.ErrUnknownChallenge)
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
	return c, s.loadPresentations(tx, c)
}

func (s *Store) loadPresentations(tx statements, c *verifier.Challenge) error {
	rows, err := tx.query(`SELECT id, digest, media_type, sealed, circumstances, received_at FROM presentations WHERE challenge = ? ORDER BY place`, c.ID)
	if err != nil {
		return fmt.Errorf("reading presentations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p verifier.StoredPresentation
		var digest, raw, circumstances []byte
		var received int64
		if err := rows.Scan(&p.ID, &digest, &p.MediaType, &raw, &circumstances, &received); err != nil {
			return fmt.Errorf("reading presentation: %w", err)
		}
		p.Digest, p.ReceivedAt = [32]byte(digest), instant(received)
		if err := s.key.OpenPresentation(raw, circumstances, c.Tenant, c.ID, &p); err != nil {
			return err
		}
		c.Presentations = append(c.Presentations, p)
	}
	return rows.Err()
}
