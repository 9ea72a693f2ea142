package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/verifier"
)

// Uses tells how often a key was used, and how often since each instant. One
// statement is one snapshot: what it tells belongs together.
func (s *Store) Uses(ctx context.Context, tenant string, key [32]byte, since []time.Time) (verifier.Uses, error) {
	found := verifier.Uses{Since: make([]int64, len(since))}
	if err := ctx.Err(); err != nil {
		return found, err
	}
	instants := make([]int64, len(since))
	for i, at := range since {
		instants[i] = at.UnixNano()
	}
	list, err := json.Marshal(instants)
	if err != nil {
		return found, fmt.Errorf("writing instants: %w", err)
	}
	rows, err := s.read.now().query(`SELECT s.key, c.uses,
			coalesce(c.uses + 1 - (SELECT n FROM usage_permits p WHERE p.tenant = ?1 AND p.key = ?2 AND p.at > s.value ORDER BY p.at, p.n LIMIT 1), 0)
		FROM usage_counts c, json_each(?3) s WHERE c.tenant = ?1 AND c.key = ?2`, tenant, key[:], string(list))
	if err != nil {
		return found, fmt.Errorf("reading uses: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var i, n int64
		if err := rows.Scan(&i, &found.Total, &n); err != nil {
			return found, fmt.Errorf("reading uses: %w", err)
		}
		found.Since[i] = n
	}
	return found, rows.Err()
}

// unchanged refuses a decision where another was counted since it read.
func unchanged(tx statements, d *verifier.StoredDecision) error {
	for _, u := range d.Uses {
		var total int64
		err := tx.row(`SELECT uses FROM usage_counts WHERE tenant = ? AND key = ?`, d.Tenant, u.Key[:]).Scan(&total)
		switch {
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("reading uses: %w", err)
		case total != u.Seen:
			return verifier.ErrUsesChanged
		}
	}
	return nil
}

// countUses counts one for each.
func countUses(tx statements, d *verifier.StoredDecision) error {
	for _, u := range d.Uses {
		var at, life = u.At.UnixNano(), int64(u.Life)
		_, err := tx.exec(`INSERT INTO usage_counts (tenant, key, uses, at, life, expires) VALUES (?1, ?2, 1, ?3, ?4, ?3 + ?4)
			ON CONFLICT (tenant, key) DO UPDATE SET uses = uses + 1, at = max(at, ?3), life = max(life, ?4),
				expires = max(expires, max(at, ?3) + max(life, ?4))`,
			d.Tenant, u.Key[:], at, life)
		if err != nil {
			return fmt.Errorf("counting a use: %w", err)
		}
		_, err = tx.exec(`INSERT INTO usage_permits (tenant, key, n, at, expires)
			SELECT tenant, key, uses, at, at + life FROM usage_counts WHERE tenant = ?1 AND key = ?2`, d.Tenant, u.Key[:])
		if err != nil {
			return fmt.Errorf("counting a use: %w", err)
		}
	}
	return nil
}
