package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/procura-dev/procura/wallet/session"
)

// Generations returns every generation of the wallets' secrets, the newest first.
func (s *Store) Generations(ctx context.Context) (all []*session.Secrets, err error) {
	err = s.read.view(ctx, func(tx statements) error {
		all, err = s.secrets(tx)
		return err
	})
	return all, err
}

// AddSecrets adds a generation, which must be the next.
func (s *Store) AddSecrets(ctx context.Context, next *session.Secrets) error {
	return s.write.change(ctx, func(tx statements) error {
		refused, err := done(tx, session.ErrSecretsChanged, `INSERT INTO wallet_secrets (generation, sealed, begun)
			SELECT ?1, ?2, ?3 WHERE ?1 = (SELECT max(generation) + 1 FROM wallet_secrets)`, next.Generation, s.key.WalletSecrets(next), next.Begun.UnixNano())
		return cmp.Or(err, refused)
	})
}

// SecretsInUse says what hangs on each generation, the newest first.
func (s *Store) SecretsInUse(ctx context.Context, now time.Time) ([]session.SecretsUse, error) {
	rows, err := s.read.now().query(`SELECT s.generation, s.begun, (SELECT count(*) FROM wallet_accounts a WHERE a.generation = s.generation AND a.tenant != ''),
			(SELECT count(*) FROM wallet_sessions n WHERE n.generation = s.generation AND n.idle > ?1 AND n.until > ?1)
		FROM wallet_secrets s ORDER BY s.generation DESC`, now.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("reading secrets: %w", err)
	}
	defer rows.Close()
	var all []session.SecretsUse
	for rows.Next() {
		var u session.SecretsUse
		var begun int64
		if err := rows.Scan(&u.Generation, &begun, &u.Accounts, &u.Sessions); err != nil {
			return nil, fmt.Errorf("reading secrets: %w", err)
		}
		u.Begun = instant(begun)
		all = append(all, u)
	}
	return all, rows.Err()
}

// RetireSecrets removes a generation on which nothing hangs. fake takes the place
// of what a name that nobody has is answered by.
func (s *Store) RetireSecrets(ctx context.Context, generation uint32, fake session.Record, now time.Time) error {
	return s.write.change(ctx, func(tx statements) error {
		if _, err := tx.exec(`UPDATE wallet_accounts SET generation = ?1, profile = ?2, record = ?3 WHERE tenant = '' AND name = '' AND generation = ?4`,
			fake.Generation, fake.Profile.String(), fake.Bytes, generation); err != nil {
			return fmt.Errorf("replacing the fake record: %w", err)
		}
		if _, err := tx.exec(`DELETE FROM wallet_sessions WHERE generation = ?1 AND (idle <= ?2 OR until <= ?2)`, generation, now.UnixNano()); err != nil {
			return fmt.Errorf("sweeping sessions: %w", err)
		}
		refused, err := done(tx, session.ErrSecretsUsed, `DELETE FROM wallet_secrets WHERE generation = ?1 AND generation < (SELECT max(generation) FROM wallet_secrets)
			AND NOT EXISTS (SELECT 1 FROM wallet_accounts a WHERE a.generation = ?1) AND NOT EXISTS (SELECT 1 FROM wallet_sessions n WHERE n.generation = ?1)`, generation)
		return cmp.Or(err, refused)
	})
}
