package sqlite

import (
	"context"
	"fmt"

	"github.com/procura-dev/procura/server"
)

// AddSigningKey stores k behind so many others.
func (s *Store) AddSigningKey(ctx context.Context, k *server.SigningKey, others int) (added bool, err error) {
	err = s.write.change(ctx, func(tx statements) error {
		done, err := tx.exec(`INSERT INTO signing_keys (place, id, signs_from, sealed) SELECT ?1, ?2, ?3, ?4
			WHERE ?1 = (SELECT count(*) FROM signing_keys)`, others, k.ID, k.SignsFrom.UnixNano(), s.key.SigningKey(k.Secret, k.ID))
		if err != nil {
			return fmt.Errorf("storing signing key: %w", err)
		}
		n, err := done.RowsAffected()
		added = n == 1
		return err
	})
	return added && err == nil, err
}

// SigningKeys returns all, in the order of their places.
func (s *Store) SigningKeys(ctx context.Context) ([]server.SigningKey, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, signs_from, sealed FROM signing_keys ORDER BY place`)
	if err != nil {
		return nil, fmt.Errorf("listing signing keys: %w", err)
	}
	defer rows.Close()
	var list []server.SigningKey
	for rows.Next() {
		var k server.SigningKey
		var from int64
		var sealed []byte
		if err := rows.Scan(&k.ID, &from, &sealed); err != nil {
			return nil, fmt.Errorf("reading signing key: %w", err)
		}
		k.SignsFrom = instant(from)
		if k.Secret, err = s.key.OpenSigningKey(sealed, k.ID); err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, rows.Err()
}
