package postgres

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/verifier"
)

// Uses tells how often a key was used, and how often since each instant. One
// statement is one snapshot: what it tells belongs together.
func (s *Store) Uses(ctx context.Context, tenant string, key [32]byte, since []time.Time) (verifier.Uses, error) {
	found := verifier.Uses{Since: make([]int64, len(since))}
	if !storable(tenant) {
		return found, nil
	}
	instants := make([]int64, len(since))
	for i, at := range since {
		instants[i] = at.UnixNano()
	}
	rows, err := s.pool.Query(ctx, `SELECT i, c.uses,
			coalesce(c.uses + 1 - (SELECT n FROM usage_permits p WHERE p.tenant = $1 AND p.key = $2 AND p.at > t ORDER BY p.at, p.n LIMIT 1), 0)
		FROM usage_counts c, unnest($3::bigint[]) WITH ORDINALITY AS s (t, i) WHERE c.tenant = $1 AND c.key = $2`, tenant, key[:], instants)
	if err != nil {
		return found, fmt.Errorf("reading uses: %w", err)
	}
	var i, n int64
	_, err = pgx.ForEachRow(rows, []any{&i, &found.Total, &n}, func() error {
		found.Since[i-1] = n
		return nil
	})
	if err != nil {
		return found, fmt.Errorf("reading uses: %w", err)
	}
	return found, nil
}

// countUses counts one for each, if nobody did since it was read. Keys are taken
// in one order, so that two commits never wait for each other.
func countUses(ctx context.Context, tx pgx.Tx, d *verifier.StoredDecision) error {
	uses := slices.SortedFunc(slices.Values(d.Uses), func(a, b verifier.Use) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	for _, u := range uses {
		tag, err := tx.Exec(ctx, `WITH counted AS (
				INSERT INTO usage_counts AS c (tenant, key, uses, at, life, expires) SELECT $1::text, $2::bytea, 1, $4::bigint, $5::bigint, $4::bigint + $5::bigint WHERE $3::bigint = 0
				ON CONFLICT (tenant, key) DO NOTHING RETURNING uses, at, life
			), moved AS (
				UPDATE usage_counts SET uses = uses + 1, at = greatest(at, $4::bigint), life = greatest(life, $5::bigint),
					expires = greatest(expires, greatest(at, $4::bigint) + greatest(life, $5::bigint))
				WHERE tenant = $1::text AND key = $2::bytea AND uses = $3::bigint AND $3::bigint > 0 RETURNING uses, at, life
			)
			INSERT INTO usage_permits (tenant, key, n, at, expires)
			SELECT $1::text, $2::bytea, uses, at, at + life FROM (SELECT * FROM counted UNION ALL SELECT * FROM moved) AS u`,
			d.Tenant, u.Key[:], u.Seen, u.At.UnixNano(), int64(u.Life))
		if err != nil {
			return fmt.Errorf("counting a use: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return verifier.ErrUsesChanged
		}
	}
	return nil
}
