package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/wallet/issuance"
)

const profileColumns = `tenant, name, client, custody, did, settings, made`

// AddProfile stores a profile with its first key.
func (s *Store) AddProfile(ctx context.Context, p *issuance.Profile, k *issuance.Key) error {
	settings, err := json.Marshal(p.Settings)
	if err != nil {
		return fmt.Errorf("writing settings: %w", err)
	}
	return s.write.change(ctx, func(tx statements) error {
		_, err := tx.exec(`INSERT INTO issuer_profiles (`+profileColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			p.Tenant, p.Name, p.Client, p.Custody, p.DID, string(settings), p.CreatedAt.UnixNano())
		if taken(err) {
			return fmt.Errorf("profile %q: %w", p.Name, issuance.ErrProfileExists)
		}
		if err != nil {
			return fmt.Errorf("storing profile: %w", err)
		}
		return s.addKey(tx, p.Tenant, p.Name, k)
	})
}

// AddKey stores one more key of a profile.
func (s *Store) AddKey(ctx context.Context, tenant, profile string, k *issuance.Key) error {
	return s.write.change(ctx, func(tx statements) error { return s.addKey(tx, tenant, profile, k) })
}

func (s *Store) addKey(tx statements, tenant, profile string, k *issuance.Key) error {
	_, err := tx.exec(`INSERT INTO issuer_keys (tenant, profile, method, made, retired, sealed) VALUES (?, ?, ?, ?, 0, ?)`,
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
	return s.write.change(ctx, func(tx statements) error {
		done, err := tx.exec(`UPDATE issuer_keys SET retired = ? WHERE tenant = ? AND profile = ? AND method = ? AND retired = 0`, at.UnixNano(), tenant, profile, method)
		if err != nil {
			return fmt.Errorf("retiring key: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, issuance.ErrUnknownProfile)
		}
		return nil
	})
}

func scanProfile(r row) (*issuance.Profile, error) {
	var p issuance.Profile
	var settings string
	var made int64
	err := r.Scan(&p.Tenant, &p.Name, &p.Client, &p.Custody, &p.DID, &settings, &made)
	if errors.Is(err, sql.ErrNoRows) {
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
func (s *Store) ProfilesOf(ctx context.Context, tenant string) (list []issuance.Profile, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT `+profileColumns+` FROM issuer_profiles WHERE tenant = ? ORDER BY name`, tenant)
	if err != nil {
		return nil, fmt.Errorf("reading profiles: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanProfile(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, *p)
	}
	return list, rows.Err()
}

// NamesOf returns the names of a client's profiles.
func (s *Store) NamesOf(ctx context.Context, tenant, client string, most int) (names []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT name FROM issuer_profiles WHERE tenant = ? AND client = ? ORDER BY name LIMIT ?`, tenant, client, most)
	if err != nil {
		return nil, fmt.Errorf("reading profiles: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("reading profiles: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Keyring returns a profile with its keys.
func (s *Store) Keyring(ctx context.Context, tenant, name, did string) (p *issuance.Profile, keys []issuance.Key, err error) {
	err = s.read.view(ctx, func(tx statements) error {
		r := tx.row(`SELECT `+profileColumns+` FROM issuer_profiles WHERE tenant = ? AND name = ?`, tenant, name)
		if name == "" {
			r = tx.row(`SELECT `+profileColumns+` FROM issuer_profiles WHERE tenant = ? AND did = ?`, tenant, did)
		}
		if p, err = scanProfile(r); err != nil {
			return err
		}
		keys, err = s.keys(tx, p)
		return err
	})
	return p, keys, err
}

func (s *Store) keys(tx statements, p *issuance.Profile) (list []issuance.Key, err error) {
	rows, err := tx.query(`SELECT method, made, retired, sealed FROM issuer_keys WHERE tenant = ? AND profile = ? ORDER BY made DESC, method`, p.Tenant, p.Name)
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k issuance.Key
		var made, retired int64
		var sealed []byte
		if err := rows.Scan(&k.Method, &made, &retired, &sealed); err != nil {
			return nil, fmt.Errorf("reading keys: %w", err)
		}
		if k.MadeAt = instant(made); retired != 0 {
			k.RetiredAt = instant(retired)
		}
		if k.Secret, err = s.key.OpenProfileKey(sealed, p.Tenant, p.Name, k.Method); err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, rows.Err()
}
