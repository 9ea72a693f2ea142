package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/verifier"
)

// CommitDecision stores a decision, its triggers, its nonce and what it uses up
// in one transaction.
func (s *Store) CommitDecision(ctx context.Context, d *verifier.StoredDecision) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		if err := decideChallenge(ctx, tx, d); err != nil {
			return err
		}
		if err := useNonce(ctx, tx, d); err != nil {
			return err
		}
		if err := s.insertDecision(ctx, tx, d); err != nil {
			return err
		}
		if err := s.fileTriggers(ctx, tx, d); err != nil {
			return err
		}
		return countUses(ctx, tx, d)
	})
}

// decideChallenge moves the challenge on, if the decision is of its revision.
// It holds the challenge's row until the transaction ends.
func decideChallenge(ctx context.Context, tx pgx.Tx, d *verifier.StoredDecision) error {
	if d.Challenge == "" {
		return nil
	}
	if err := current(ctx, tx, d); err != nil {
		return err
	}
	state := verifier.Open
	if d.Permit {
		state = verifier.Permitted
		if err := forget(ctx, tx, d.Challenge); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE challenges SET state = $2, decision = $3, decided = $4 WHERE id = $1`, d.Challenge, state, d.ID, d.Revision); err != nil {
		return fmt.Errorf("storing challenge: %w", err)
	}
	return nil
}

// current checks that the challenge is open at the decision's revision, and
// undecided there, and not over. The second question is asked under the lock: in one
// statement it would be answered as of before the wait for it.
func current(ctx context.Context, tx pgx.Tx, d *verifier.StoredDecision) error {
	unknown := fmt.Errorf("challenge %q: %w", d.Challenge, verifier.ErrUnknownChallenge)
	if !storable(d.Challenge, d.Tenant) {
		return unknown
	}
	var state string
	var revision int
	var expires int64
	err := tx.QueryRow(ctx, `SELECT state, revision, expires_at FROM challenges WHERE id = $1 AND tenant = $2 FOR UPDATE`, d.Challenge, d.Tenant).Scan(&state, &revision, &expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return unknown
	}
	if err != nil {
		return fmt.Errorf("reading challenge: %w", err)
	}
	var decided bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM decisions WHERE challenge = $1 AND revision = $2)`, d.Challenge, d.Revision).Scan(&decided)
	switch {
	case err != nil:
		return fmt.Errorf("reading decisions: %w", err)
	case revision != d.Revision || decided:
		return fmt.Errorf("challenge %q at %d: %w", d.Challenge, d.Revision, verifier.ErrRevision)
	case state != verifier.Open || expires <= d.EvaluatedAt.UnixNano():
		return fmt.Errorf("challenge %q: %w", d.Challenge, verifier.ErrChallengeClosed)
	}
	return nil
}

func (s *Store) insertDecision(ctx context.Context, tx pgx.Tx, d *verifier.StoredDecision) error {
	var challenge *string
	var body []byte
	if d.Challenge != "" {
		challenge = &d.Challenge
	}
	if d.Nonce != nil {
		body = d.Nonce.Body[:]
	}
	_, err := tx.Exec(ctx, `INSERT INTO decisions (id, tenant, client, challenge, revision, evaluated_at, permit, answer, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		d.ID, d.Tenant, d.Client, challenge, d.Revision, d.EvaluatedAt.UnixNano(), d.Permit, s.key.Answer(d), body)
	if err != nil {
		return fmt.Errorf("storing decision: %w", err)
	}
	return nil
}

// fileTriggers files each in one order, so that two commits never wait for
// each other.
func (s *Store) fileTriggers(ctx context.Context, tx pgx.Tx, d *verifier.StoredDecision) error {
	type row struct {
		credential, constraint string
		digest                 [32]byte
		sealed                 []byte
	}
	rows := make([]row, len(d.OnFile))
	for i := range d.OnFile {
		t := &d.OnFile[i]
		sealed, digest, err := s.key.Attestation(d.Tenant, t)
		if err != nil {
			return err
		}
		rows[i] = row{t.Credential, t.Constraint, digest, sealed}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.credential, b.credential), cmp.Compare(a.constraint, b.constraint), bytes.Compare(a.digest[:], b.digest[:]))
	})
	for _, r := range rows {
		_, err := tx.Exec(ctx, `INSERT INTO triggers (tenant, credential, constraint_digest, digest, sealed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			d.Tenant, r.credential, r.constraint, r.digest[:], r.sealed)
		if err != nil {
			return fmt.Errorf("filing trigger: %w", err)
		}
	}
	return nil
}

// useNonce remembers each use. One on file that may not come again keeps its
// row as it is: no row changes. Keys are taken in one order, so that two
// commits never wait for each other. What permitted in a batch has permitted,
// whatever its next question got.
func useNonce(ctx context.Context, tx pgx.Tx, d *verifier.StoredDecision) error {
	n := d.Nonce
	if n == nil {
		return nil
	}
	uses := slices.SortedFunc(slices.Values(n.Uses), func(a, b verifier.NonceUse) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	for _, use := range uses {
		tag, err := tx.Exec(ctx, `INSERT INTO nonces AS n (tenant, key, client, content, permit, expires, batch) VALUES ($1, $2, $3, $4, $5, $6, $8)
			ON CONFLICT (tenant, key) DO UPDATE SET client = $3, content = $4, expires = greatest(n.expires, $6), batch = $8,
				permit = $5 OR (n.permit AND n.batch = $8 AND n.batch <> '')
			WHERE n.expires <= $7 OR (n.client = $3 AND (n.content = $4 AND NOT n.permit OR n.batch = $8 AND n.batch <> ''))`,
			d.Tenant, use.Key[:], n.Client, use.Content[:], d.Permit, n.Expires.UnixNano(), n.At.UnixNano(), n.Batch)
		if err != nil {
			return fmt.Errorf("remembering nonce: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return verifier.ErrNonceReplayed
		}
	}
	return firstOfBody(ctx, tx, d)
}

// firstOfBody fails where the client got a decision on the same body. Whoever
// decides on it too waits for the rows of its nonce, which are ours by now.
func firstOfBody(ctx context.Context, tx pgx.Tx, d *verifier.StoredDecision) error {
	var decided bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM decisions WHERE tenant = $1 AND client = $2 AND body = $3 AND evaluated_at >= $4)`,
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
	if !storable(tenant, id) {
		return nil, verifier.ErrUnknownDecision
	}
	return s.scanDecision(s.pool.QueryRow(ctx, `SELECT `+decisionColumns+` FROM decisions WHERE tenant = $1 AND id = $2`, tenant, id))
}

// ReplayedBody returns the first decision since an instant that the client got
// for this body.
func (s *Store) ReplayedBody(ctx context.Context, tenant, client string, body [32]byte, since time.Time) (*verifier.StoredDecision, error) {
	if !storable(tenant, client) {
		return nil, verifier.ErrUnknownDecision
	}
	return s.scanDecision(s.pool.QueryRow(ctx, `SELECT `+decisionColumns+` FROM decisions
		WHERE tenant = $1 AND client = $2 AND body = $3 AND evaluated_at >= $4 ORDER BY evaluated_at LIMIT 1`, tenant, client, body[:], since.UnixNano()))
}

func (s *Store) scanDecision(r pgx.Row) (*verifier.StoredDecision, error) {
	var d verifier.StoredDecision
	var at int64
	var answer []byte
	err := r.Scan(&d.ID, &d.Tenant, &d.Client, &d.Challenge, &d.Revision, &at, &d.Permit, &answer)
	if errors.Is(err, pgx.ErrNoRows) {
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
	if tenant, credentials = known(tenant, credentials); len(credentials) == 0 {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT credential, constraint_digest, sealed FROM triggers
		WHERE tenant = $1 AND credential = ANY ($2) ORDER BY credential, constraint_digest, digest`, tenant, credentials)
	if err != nil {
		return nil, fmt.Errorf("reading triggers: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (t verifier.Trigger, err error) {
		var sealed []byte
		if err := r.Scan(&t.Credential, &t.Constraint, &sealed); err != nil {
			return t, fmt.Errorf("reading trigger: %w", err)
		}
		return t, s.key.OpenAttestation(sealed, tenant, &t)
	})
}
