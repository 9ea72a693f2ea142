package sqlite

import (
	"context"
	"fmt"
	"time"
)

// UseNonce counts one use of what key stands for.
func (s *Store) UseNonce(ctx context.Context, tenant string, key [32]byte, expires time.Time) (uses int, err error) {
	err = s.write.change(ctx, func(tx statements) error {
		return tx.row(`INSERT INTO nonce_uses (tenant, key, uses, expires) VALUES (?, ?, 1, ?)
			ON CONFLICT (tenant, key) DO UPDATE SET uses = uses + 1 RETURNING uses`, tenant, key[:], expires.UnixNano()).Scan(&uses)
	})
	if err != nil {
		return 0, fmt.Errorf("counting a use of a nonce: %w", err)
	}
	return uses, nil
}
