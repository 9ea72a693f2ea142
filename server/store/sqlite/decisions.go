package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/verifier"
)

// CommitDecision stores a decision, its triggers, its nonce and what it uses up
// in one transaction.
func (s *Store) CommitDecision(ctx context.Context, d *verifier.StoredDecision) error {
	triggers, err := s.triggers(d)
	if err != nil {
		return err
	}
	answer := s.key.Answer(d) // sealed here: others wait for the steps below
	return s.write.decide(ctx, func(tx statements) error {
		if err := current(tx, d); err != nil {
			return err
		}
		if err := unused(tx, d); err != nil {
			return err
		}
		return unchanged(tx, d)
	}, func(tx statements) error {
		if err := decideChallenge(tx, d); err != nil {
			return err
		}
		if err := useNonce(tx, d); err != nil {
			return err
		}
		if err := insertDecision(tx, d, answer); err != nil {
			return err
		}
		if err := fileTriggers(tx, d, triggers); err != nil {
			return err
		}
		return countUses(tx, d)
	})
}

// current refuses a decision that is not the first one of its challenge's
// revision, or comes when that is over.
func current(tx statements, d *verifier.StoredDecision) error {
	if d.Challenge == "" {
		return nil
	}
	var state string
	var revision, decided int
	var expires int64
	err := tx.row(`SELECT state, expires_at, revision, EXISTS (SELECT 1 FROM decisions WHERE challenge = ?1 AND revision = ?3)
		FROM challenges WHERE id = ?1 AND tenant = ?2`, d.Challenge, d.Tenant, d.Revision).Scan(&state, &expires, &revision, &decided)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("challenge %q: %w", d.Challenge, verifier.ErrUnknownChallenge)
	case err != nil:
		return fmt.Errorf("reading challenge: %w", err)
	case revision != d.Revision || decided != 0:
		return fmt.Errorf("challenge %q at %d: %w", d.Challenge, d.Revision, verifier.ErrRevision)
	case state != verifier.Open || expires <= d.EvaluatedAt.UnixNano():
		return fmt.Errorf("challenge %q: %w", d.Challenge, verifier.ErrChallengeClosed)
	}
	return nil
}

// decideChallenge moves the challenge on.
func decideChallenge(tx statements, d *verifier.StoredDecision) error {
	if d.Challenge == "" {
		return nil
	}
	state := verifier.Open
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

func insertDecision(tx statements, d *verifier.StoredDecision, answer []byte) error {
	var challenge, body any
	if d.Challenge != "" {
		challenge = d.Challenge
	}
	if d.Nonce != nil {
		body = d.Nonce.Body[:]
	}
	_, err := tx.exec(`INSERT INTO decisions (id, tenant, client, challenge, revision, evaluated_at, permit, answer, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, d.Tenant, d.Client, challenge, d.Revision, d.EvaluatedAt.UnixNano(), d.Permit, answer, body)
	if err != nil {
		return fmt.Errorf("storing decision: %w", err)
	}
	return nil
}

// A trigger is what is stored of one.
type trigger struct {
	digest [32]byte
	sealed []byte
}

// triggers seals those of d, in its order.
func (s *Store) triggers(d *verifier.StoredDecision) ([]trigger, error) {
	out := make([]trigger, len(d.OnFile))
	for i := range d.OnFile {
		var err error
		if out[i].sealed, out[i].digest, err = s.key.Attestation(d.Tenant, &d.OnFile[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fileTriggers(tx statements, d *verifier.StoredDecision, triggers []trigger) error {
	for i := range triggers {
		_, err := tx.exec(`INSERT INTO triggers (tenant, credential, constraint_digest, digest, sealed) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			d.Tenant, d.OnFile[i].Credential, d.OnFile[i].Constraint, triggers[i].digest[:], triggers[i].sealed)
		if err != nil {
			return fmt.Errorf("filing trigger: %w", err)
		}
	}
	return nil
}

const (
	bodyDecided = `EXISTS (SELECT 1 FROM decisions WHERE tenant = ?1 AND client = ?2 AND body = ?3 AND evaluated_at >= ?4)`
	nonceUsed   = `EXISTS (SELECT 1 FROM nonces WHERE tenant = ?1 AND key = ?5 AND expires > ?6 AND NOT (client = ?2 AND (content = ?7 AND permit = 0 OR batch = ?8 AND batch <> '')))`
)

// unused refuses a nonce that is on file and may not come again, and a body that
// the client got a decision on. Most have one use: the two are looked for at once.
func unused(tx statements, d *verifier.StoredDecision) error {
	n := d.Nonce
	if n == nil {
		return nil
	}
	uses := n.Uses
	if len(uses) == 0 {
		uses = make([]verifier.NonceUse, 1) // nobody's, for the body alone
	}
	for _, use := range uses {
		var used bool
		err := tx.row(`SELECT `+bodyDecided+` OR `+nonceUsed,
			d.Tenant, n.Client, n.Body[:], n.Since.UnixNano(), use.Key[:], n.At.UnixNano(), use.Content[:], n.Batch).Scan(&used)
		switch {
		case err != nil:
			return fmt.Errorf("looking for a nonce: %w", err)
		case used:
			return verifier.ErrNonceReplayed
		}
	}
	return nil
}

// useNonce remembers each use. What permitted in a batch has permitted, whatever
// its next question got.
func useNonce(tx statements, d *verifier.StoredDecision) error {
	n := d.Nonce
	if n == nil {
		return nil
	}
	for _, use := range n.Uses {
		_, err := tx.exec(`INSERT INTO nonces (tenant, key, client, content, permit, expires, batch) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT (tenant, key) DO UPDATE SET client = ?3, content = ?4, expires = max(expires, ?6), batch = ?7,
				permit = CASE WHEN batch = ?7 AND batch <> '' THEN max(permit, ?5) ELSE ?5 END`,
			d.Tenant, use.Key[:], n.Client, use.Content[:], d.Permit, n.Expires.UnixNano(), n.Batch)
		if err != nil {
			return fmt.Errorf("remembering nonce: %w", err)
		}
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
