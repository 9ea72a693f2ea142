package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
)

// PutRegistry replaces a list as a whole.
func (s *Store) PutRegistry(ctx context.Context, tenant, name string, dids []string) error {
	list, err := json.Marshal(append([]string{}, dids...))
	if err != nil {
		return fmt.Errorf("writing registry: %w", err)
	}
	return s.write.change(ctx, func(tx statements) error {
		if _, err := tx.exec(`DELETE FROM registry_dids WHERE tenant = ? AND name = ?`, tenant, name); err != nil {
			return fmt.Errorf("emptying registry: %w", err)
		}
		_, err := tx.exec(`INSERT INTO registry_dids (tenant, name, did) SELECT DISTINCT ?, ?, value FROM json_each(?)`, tenant, name, string(list))
		if err != nil {
			return fmt.Errorf("filling registry: %w", err)
		}
		return nil
	})
}

// Registry returns a list, sorted by byte.
func (s *Store) Registry(ctx context.Context, tenant, name string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT did FROM registry_dids WHERE tenant = ? AND name = ? ORDER BY did`, tenant, name)
	if err != nil {
		return nil, fmt.Errorf("reading registry: %w", err)
	}
	defer rows.Close()
	dids := []string{}
	for rows.Next() {
		var did string
		if err := rows.Scan(&did); err != nil {
			return nil, fmt.Errorf("reading registry: %w", err)
		}
		dids = append(dids, did)
	}
	return dids, rows.Err()
}

// Registries returns the names of the lists that hold each DID, sorted.
func (s *Store) Registries(ctx context.Context, tenant string, dids []string) (map[string][]string, error) {
	listed, list, err := oneOf(dids)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT did, name FROM registry_dids
		WHERE tenant = ? AND did `+listed+` ORDER BY did, name`, tenant, list)
	if err != nil {
		return nil, fmt.Errorf("reading registries: %w", err)
	}
	defer rows.Close()
	names := map[string][]string{}
	for rows.Next() {
		var did, name string
		if err := rows.Scan(&did, &name); err != nil {
			return nil, fmt.Errorf("reading registries: %w", err)
		}
		names[did] = append(names[did], name)
	}
	return names, rows.Err()
}
