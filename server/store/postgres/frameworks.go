package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/server"
)

// Publish stores p, unless the same source is there already.
func (s *Store) Publish(ctx context.Context, p *server.Published) (bool, error) {
	fresh := false
	err := s.change(ctx, func(tx pgx.Tx) (err error) {
		if err := claimName(ctx, tx, p); err != nil {
			return err
		}
		fresh, err = addVersion(ctx, tx, p)
		return err
	})
	return fresh && err == nil, err
}

// claimName takes name and uri for p, or finds that they are another's.
// Inserting waits for whoever claims the same in a transaction under way.
func claimName(ctx context.Context, tx pgx.Tx, p *server.Published) error {
	if _, err := tx.Exec(ctx, `INSERT INTO framework_names (tenant, folded, owner) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, p.Tenant, p.Folded, p.Owner); err != nil {
		return fmt.Errorf("claiming name: %w", err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO framework_uris (tenant, uri, folded) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, p.Tenant, p.URI, p.Folded); err != nil {
		return fmt.Errorf("claiming uri: %w", err)
	}
	var owner, folded string
	err := tx.QueryRow(ctx, `SELECT n.owner, u.folded FROM framework_names n, framework_uris u
		WHERE n.tenant = $1 AND n.folded = $2 AND u.tenant = $1 AND u.uri = $3`, p.Tenant, p.Folded, p.URI).Scan(&owner, &folded)
	switch {
	case err != nil:
		return fmt.Errorf("reading name: %w", err)
	case owner != p.Owner:
		return fmt.Errorf("framework %q: %w", p.Name, server.ErrFrameworkOwner)
	case folded != p.Folded:
		return fmt.Errorf("framework %q: %w", p.Name, server.ErrFrameworkURI)
	}
	return nil
}

func addVersion(ctx context.Context, tx pgx.Tx, p *server.Published) (bool, error) {
	outline, err := json.Marshal(p.Outline)
	if err != nil {
		return false, fmt.Errorf("storing outline: %w", err)
	}
	tag, err := tx.Exec(ctx, `INSERT INTO frameworks (tenant, folded, version, name, uri, digest, media_type, source, public, published_at, outline)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (tenant, folded, version) DO NOTHING`,
		p.Tenant, p.Folded, p.Version, p.Name, p.URI, p.Digest, p.MediaType, p.Source, p.Public, p.PublishedAt.UnixNano(), outline)
	if err != nil {
		return false, fmt.Errorf("storing framework: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return true, nil
	}
	var source []byte
	err = tx.QueryRow(ctx, `SELECT source FROM frameworks WHERE tenant = $1 AND folded = $2 AND version = $3`, p.Tenant, p.Folded, p.Version).Scan(&source)
	if err != nil {
		return false, fmt.Errorf("reading framework: %w", err)
	}
	if !bytes.Equal(source, p.Source) {
		return false, fmt.Errorf("framework %q %s: %w", p.Name, p.Version, server.ErrFrameworkChanged)
	}
	return false, nil
}

// CountPublished returns how many versions there are.
func (s *Store) CountPublished(ctx context.Context) (n int, err error) {
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM frameworks`).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting frameworks: %w", err)
	}
	return n, nil
}

// AllPublished returns what every tenant published, in the order of
// publication, without the sources.
func (s *Store) AllPublished(ctx context.Context) ([]server.Published, error) {
	rows, err := s.pool.Query(ctx, `SELECT f.tenant, f.name, f.folded, f.version, f.uri, f.digest, f.media_type, n.owner, f.public, f.published_at, f.outline
		FROM frameworks f JOIN framework_names n USING (tenant, folded) ORDER BY f.seq`)
	if err != nil {
		return nil, fmt.Errorf("listing frameworks: %w", err)
	}
	return pgx.CollectRows(rows, scanPublished)
}

func scanPublished(r pgx.CollectableRow) (p server.Published, err error) {
	var at int64
	var outline []byte
	err = r.Scan(&p.Tenant, &p.Name, &p.Folded, &p.Version, &p.URI, &p.Digest, &p.MediaType, &p.Owner, &p.Public, &at, &outline)
	if err == nil && outline != nil {
		err = json.Unmarshal(outline, &p.Outline)
	}
	p.PublishedAt = instant(at)
	return p, err
}

// PublishedSource returns the source of one version.
func (s *Store) PublishedSource(ctx context.Context, tenant, folded, version string) ([]byte, error) {
	var source []byte
	if !storable(tenant, folded, version) {
		return nil, fmt.Errorf("framework %q %s: %w", folded, version, server.ErrUnknownFramework)
	}
	err := s.pool.QueryRow(ctx, `SELECT source FROM frameworks WHERE tenant = $1 AND folded = $2 AND version = $3`, tenant, folded, version).Scan(&source)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, fmt.Errorf("framework %q %s: %w", folded, version, server.ErrUnknownFramework)
	case err != nil:
		return nil, fmt.Errorf("reading framework: %w", err)
	}
	return source, nil
}
