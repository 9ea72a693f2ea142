package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// PutRegistry replaces a list as a whole. Two that replace one list wait for
// each other.
func (s *Store) PutRegistry(ctx context.Context, tenant, name string, dids []string) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0) # hashtextextended($2, 1))`, tenant, name); err != nil {
			return fmt.Errorf("locking registry: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM registry_dids WHERE tenant = $1 AND name = $2`, tenant, name); err != nil {
			return fmt.Errorf("emptying registry: %w", err)
		}
		_, err := tx.Exec(ctx, `INSERT INTO registry_dids (tenant, name, did) SELECT DISTINCT $1, $2, did FROM unnest($3::text[]) did`, tenant, name, append([]string{}, dids...))
		if err != nil {
			return fmt.Errorf("filling registry: %w", err)
		}
		return nil
	})
}

// Registry returns a list, sorted by byte.
func (s *Store) Registry(ctx context.Context, tenant, name string) ([]string, error) {
	if !storable(tenant, name) {
		return []string{}, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT did FROM registry_dids WHERE tenant = $1 AND name = $2 ORDER BY did`, tenant, name)
	if err != nil {
		return nil, fmt.Errorf("reading registry: %w", err)
	}
	return pgx.AppendRows([]string{}, rows, pgx.RowTo[string])
}

// Registries returns the names of the lists that hold each DID, sorted.
func (s *Store) Registries(ctx context.Context, tenant string, dids []string) (map[string][]string, error) {
	names := map[string][]string{}
	if tenant, dids = known(tenant, dids); len(dids) == 0 {
		return names, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT did, name FROM registry_dids WHERE tenant = $1 AND did = ANY ($2) ORDER BY did, name`, tenant, dids)
	if err != nil {
		return nil, fmt.Errorf("reading registries: %w", err)
	}
	var did, name string
	_, err = pgx.ForEachRow(rows, []any{&did, &name}, func() error {
		names[did] = append(names[did], name)
		return nil
	})
	return names, err
}

// known leaves the texts that a row can have; none in a tenant that cannot be.
func known(tenant string, texts []string) (string, []string) {
	if !storable(tenant) {
		return "", nil
	}
	kept := make([]string, 0, len(texts))
	for _, t := range texts {
		if storable(t) {
			kept = append(kept, t)
		}
	}
	return tenant, kept
}
