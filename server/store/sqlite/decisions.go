package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/verifier"
)

// CommitDecision stores a decision, its triggers and its nonce in one
// transaction.
func (s *Store) CommitDecision(ctx context.Context, d *verifier.StoredDecision) error {
	return s.write.change(ctx, func(tx statements) error {
		if err := decideChallenge(tx, d); err != nil {
			return err
		}
		if err := useNonce(tx, d); err != nil {
			return err
		}
		if err := s.insertDecision(tx, d); err != nil {
			return err
		}
		return s.fileTriggers(tx, d)
	})
}

// decideChallenge moves the challenge on, if the decision is of its revision.
func decideChallenge(tx statements, d *verifier.StoredDecision) error {
	if d.Challenge == "" {
		return nil
	}
	var state string
	var revision, decided int
	err := tx.row(`SELECT state, revision, EXISTS (SELECT 1 FROM decisions WHERE challenge = ?1 AND revision = ?3)
		FROM challenges WHERE id = ?1 AND tenant = ?2`, d.Challenge, d.Tenant, d.Revision).Scan(&state, &revision, &decided)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("challenge %q: %w", d.Challenge, verifier.ErrUnknownChallenge)
	case err != nil:
		return fmt.Errorf("reading challenge: %w", err)
	case revision != d.Revision || decided != 0:
		return fmt.Errorf("challenge %q at %d: %w", d.Challenge, d.Revision, verifier.ErrRevision)
	case state != verifier.Open:
		return fmt.Errorf("challenge %q: %w", d.Challenge, verifier.ErrChallengeClosed)
	}
	if d.Permit {
		state = verifier.Permitted
		if err := forget(tx, d.Challenge); err != nil {
			return err
		}
	}
	if _, err := tx.exec(`UPDATE challenges SET state = ?, decision = ?, decided = ? WHERE id = ?`, state, d.ID, d.Revision, d.Challenge); err != nil {
		return fmt.Errorf("storing challenge: %w", err)
	}
	return nil
}

func (s *Store) insertDecision(tx statements, d *verifier.StoredDecision) error {
	var challenge, body any
	if d.Challenge != "" {
		challenge = d.Challenge
	}
	if d.Nonce != nil {
		body = d.Nonce.Body[:]
	}
	_, err := tx.exec(`INSERT INTO decisions (id, tenant, client, challenge, revision, evaluated_at, permit, answer, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, d.Tenant, d.Client, challenge, d.Revision, d.EvaluatedAt.UnixNano(), d.Permit, s.key.Answer(d), body)
	if err != nil {
		return fmt.Errorf("storing decision: %w", err)
	}
	return nil
}

func (s *Store) fileTriggers(tx statements, d *verifier.StoredDecision) error {
	for i := range d.OnFile {
		t := &d.OnFile[i]
		sealed, digest, err := s.key.Attestation(d.Tenant, t)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO triggers (tenant, credential, constraint_digest, digest, sealed) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			d.Tenant, t.Credential, t.Constraint, digest[:], sealed)
		if err != nil {
			return fmt.Errorf("filing trigger: %w", err)
		}
	}
	return nil
}

// useNonce remembers each use. One on file that may not come again keeps its
// row as it is: no row changes.
func useNonce(tx statements, d *verifier.StoredDecision) error {
	n := d.Nonce
	if n == nil {
		return nil
	}
	for _, use := range n.Uses {
		r, err := tx.exec(`INSERT INTO nonces (tenant, key, client, content, permit, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (tenant, key) DO UPDATE SET client = ?3, content = ?4, permit = ?5, expires = max(expires, ?6)
			WHERE expires <= ?7 OR (client = ?3 AND content = ?4 AND permit = 0)`,
			d.Tenant, use.Key[:], n.Client, use.Content[:], d.Permit, n.Expires.UnixNano(), n.At.UnixNano())
		if err != nil {
			return fmt.Errorf("remembering nonce: %w", err)
		}
		if changed, err := r.RowsAffected(); err != nil || changed == 0 {
			return errors.Join(err, verifier.ErrNonceReplayed)
		}
	}
	return firstOfBody(tx, d)
}

// firstOfBody fails where the client got a decision on the same body: its uses
// of the nonce, remembered just before, let none come in between.
func firstOfBody(tx statements, d *verifier.StoredDecision) error {
	var decided bool
	err := tx.row(`SELECT EXISTS (SELECT 1 FROM decisions WHERE tenant = ? AND client = ? AND body = ? AND evaluated_at >= ?)`,
		d.Tenant, d.Nonce.Client, d.Nonce.Body[:], d.Nonce.Since.UnixNano()).Scan(&decided)
	if err != nil {
		return fmt.Errorf("looking for the same body: %w", err)
	}
	if decided {
		return verifier.ErrNonceReplayed
	}
	return nil
}

const decisionColumns = `id, tenant, client, coalesce(challenge, ''), revision, evaluated_at, permit, answer`

// Decision loads one.
func (s *Store) Decision(ctx context.Context, tenant, id string) (*verifier.StoredDecision, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.scanDecision(s.read.now().row(`SELECT `+decisionColumns+` FROM decisions WHERE tenant = ? AND id = ?`, tenant, id))
}

// ReplayedBody returns the first decision since an instant that the client got
// for this body.
func (s *Store) ReplayedBody(ctx context.Context, tenant, client string, body [32]byte, since time.Time) (*verifier.StoredDecision, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.scanDecision(s.read.now().row(`SELECT `+decisionColumns+` FROM decisions
		WHERE tenant = ? AND client = ? AND body = ? AND evaluated_at >= ? ORDER BY evaluated_at LIMIT 1`, tenant, client, body[:], since.UnixNano()))
}

func (s *Store) scanDecision(r row) (*verifier.StoredDecision, error) {
	var d verifier.StoredDecision
	var at int64
	var answer []byte
	err := r.Scan(&d.ID, &d.Tenant, &d.Client, &d.Challenge, &d.Revision, &at, &d.Permit, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, verifier.ErrUnknownDecision
	}
	if err != nil {
		return nil, fmt.Errorf("reading decision: %w", err)
	}
	d.EvaluatedAt = instant(at)
	return &d, s.key.OpenAnswer(answer, &d)
}

// Triggers returns what is on file for the credentials given, by digest.
func (s *Store) Triggers(ctx context.Context, tenant string, credentials []string) ([]verifier.Trigger, error) {
	listed, list, err := oneOf(credentials)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT credential, constraint_digest, sealed FROM triggers
		WHERE tenant = ? AND credential `+listed+` ORDER BY credential, constraint_digest, digest`, tenant, list)
	if err != nil {
		return nil, fmt.Errorf("reading triggers: %w", err)
	}
	defer rows.Close()
	var out []verifier.Trigger
	for rows.Next() {
		var t verifier.Trigger
		var sealed []byte
		if err := rows.Scan(&t.Credential, &t.Constraint, &sealed); err != nil {
			return nil, fmt.Errorf("reading trigger: %w", err)
		}
		if err := s.key.OpenAttestation(sealed, tenant, &t); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}
