package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/server"
)

// AddSigningKey stores k behind so many others. Of two at once one has the place.
func (s *Store) AddSigningKey(ctx context.Context, k *server.SigningKey, others int) (bool, error) {
	tag, err := s.pool.Exec(ctx, `INSERT INTO signing_keys (place, id, signs_from, sealed) SELECT $1, $2, $3, $4
		WHERE $1 = (SELECT count(*) FROM signing_keys) ON CONFLICT DO NOTHING`, int64(others), k.ID, k.SignsFrom.UnixNano(), s.key.SigningKey(k.Secret, k.ID))
	if err != nil {
		return false, fmt.Errorf("storing signing key: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// SigningKeys returns all, in the order of their places.
func (s *Store) SigningKeys(ctx context.Context) ([]server.SigningKey, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, signs_from, sealed FROM signing_keys ORDER BY place`)
	if err != nil {
		return nil, fmt.Errorf("listing signing keys: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (k server.SigningKey, err error) {
		var from int64
		var sealed []byte
		if err := r.Scan(&k.ID, &from, &sealed); err != nil {
			return k, fmt.Errorf("reading signing key: %w", err)
		}
		k.SignsFrom = instant(from)
		k.Secret, err = s.key.OpenSigningKey(sealed, k.ID)
		return k, err
	})
}
