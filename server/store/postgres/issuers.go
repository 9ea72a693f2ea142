package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/wallet/issuance"
)

const profileColumns = `tenant, name, client, custody, did, settings, made`

// AddProfile stores a profile with its first key.
func (s *Store) AddProfile(ctx context.Context, p *issuance.Profile, k *issuance.Key) error {
	settings, err := json.Marshal(p.Settings)
	if err != nil {
		return fmt.Errorf("writing settings: %w", err)
	}
	return s.change(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO issuer_profiles (`+profileColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			p.Tenant, p.Name, p.Client, p.Custody, p.DID, string(settings), p.CreatedAt.UnixNano())
		if taken(err) {
			return fmt.Errorf("profile %q: %w", p.Name, issuance.ErrProfileExists)
		}
		if err != nil {
			return fmt.Errorf("storing profile: %w", err)
		}
		return s.addKey(ctx, tx, p.Tenant, p.Name, k)
	})
}

// AddKey stores one more key of a profile.
func (s *Store) AddKey(ctx context.Context, tenant, profile string, k *issuance.Key) error {
	return s.change(ctx, func(tx pgx.Tx) error { return s.addKey(ctx, tx, tenant, profile, k) })
}

func (s *Store) addKey(ctx context.Context, tx pgx.Tx, tenant, profile string, k *issuance.Key) error {
	_, err := tx.Exec(ctx, `INSERT INTO issuer_keys (tenant, profile, method, made, retired, sealed) VALUES ($1, $2, $3, $4, 0, $5)`,
		tenant, profile, k.Method, k.MadeAt.UnixNano(), s.key.ProfileKey(k.Secret, tenant, profile, k.Method))
	if taken(err) {
		return fmt.Errorf("key %s: %w", k.Method, issuance.ErrProfileExists)
	}
	if err != nil {
		return fmt.Errorf("storing key: %w", err)
	}
	return nil
}

// RetireKey has a key sign no more.
func (s *Store) RetireKey(ctx context.Context, tenant, profile, method string, at time.Time) error {
	tag, err := s.pool.Exec(ctx, `UPDATE issuer_keys SET retired = $1 WHERE tenant = $2 AND profile = $3 AND method = $4 AND retired = 0`, at.UnixNano(), tenant, profile, method)
	if err != nil {
		return fmt.Errorf("retiring key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return issuance.ErrUnknownProfile
	}
	return nil
}

func scanProfile(r pgx.Row) (*issuance.Profile, error) {
	var p issuance.Profile
	var settings string
	var made int64
	err := r.Scan(&p.Tenant, &p.Name, &p.Client, &p.Custody, &p.DID, &settings, &made)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, issuance.ErrUnknownProfile
	}
	if err == nil {
		err = json.Unmarshal([]byte(settings), &p.Settings)
	}
	if err != nil {
		return nil, fmt.Errorf("reading profile: %w", err)
	}
	p.CreatedAt = instant(made)
	return &p, nil
}

// ProfilesOf returns a tenant's, by name.
func (s *Store) ProfilesOf(ctx context.Context, tenant string) ([]issuance.Profile, error) {
	if !storable(tenant) {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT `+profileColumns+` FROM issuer_profiles WHERE tenant = $1 ORDER BY name`, tenant)
	if err != nil {
		return nil, fmt.Errorf("reading profiles: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (issuance.Profile, error) {
		p, err := scanProfile(r)
		if err != nil {
			return issuance.Profile{}, err
		}
		return *p, nil
	})
}

// NamesOf returns the names of a client's profiles.
func (s *Store) NamesOf(ctx context.Context, tenant, client string, most int) ([]string, error) {
	if !storable(tenant, client) {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT name FROM issuer_profiles WHERE tenant = $1 AND client = $2 ORDER BY name LIMIT $3`, tenant, client, int64(most))
	if err != nil {
		return nil, fmt.Errorf("reading profiles: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Keyring returns a profile with its keys.
func (s *Store) Keyring(ctx context.Context, tenant, name, did string) (p *issuance.Profile, keys []issuance.Key, err error) {
	if !storable(tenant, name, did) {
		return nil, nil, issuance.ErrUnknownProfile
	}
	err = s.view(ctx, func(tx pgx.Tx) error {
		r := tx.QueryRow(ctx, `SELECT `+profileColumns+` FROM issuer_profiles WHERE tenant = $1 AND ($2 <> '' AND name = $2 OR $2 = '' AND did = $3)`, tenant, name, did)
		if p, err = scanProfile(r); err != nil {
			return err
		}
		keys, err = s.keys(ctx, tx, p)
		return err
	})
	return p, keys, err
}

func (s *Store) keys(ctx context.Context, tx pgx.Tx, p *issuance.Profile) ([]issuance.Key, error) {
	rows, err := tx.Query(ctx, `SELECT method, made, retired, sealed FROM issuer_keys WHERE tenant = $1 AND profile = $2 ORDER BY made DESC, method`, p.Tenant, p.Name)
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (k issuance.Key, err error) {
		var made, retired int64
		var sealed []byte
		if err := r.Scan(&k.Method, &made, &retired, &sealed); err != nil {
			return k, fmt.Errorf("reading key: %w", err)
		}
		if k.MadeAt = instant(made); retired != 0 {
			k.RetiredAt = instant(retired)
		}
		k.Secret, err = s.key.OpenProfileKey(sealed, p.Tenant, p.Name, k.Method)
		return k, err
	})
}
