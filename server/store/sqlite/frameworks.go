package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/procura-dev/procura/server"
)

// Publish stores p, unless the same source is there already.
func (s *Store) Publish(ctx context.Context, p *server.Published) (bool, error) {
	fresh := false
	err := s.change(ctx, func(tx *sql.Tx) (err error) {
		if err := claimName(ctx, tx, p); err != nil {
			return err
		}
		fresh, err = addVersion(ctx, tx, p)
		return err
	})
	return fresh && err == nil, err
}

// claimName takes name and uri for p, or finds that they are another's.
func claimName(ctx context.Context, tx *sql.Tx, p *server.Published) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO framework_names (tenant, folded, owner) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.Tenant, p.Folded, p.Owner); err != nil {
		return fmt.Errorf("claiming name: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO framework_uris (tenant, uri, folded) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.Tenant, p.URI, p.Folded); err != nil {
		return fmt.Errorf("claiming uri: %w", err)
	}
	var owner, folded string
	err := tx.QueryRowContext(ctx, `SELECT n.owner, u.folded FROM framework_names n, framework_uris u
		WHERE n.tenant = ?1 AND n.folded = ?2 AND u.tenant = ?1 AND u.uri = ?3`, p.Tenant, p.Folded, p.URI).Scan(&owner, &folded)
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

func addVersion(ctx context.Context, tx *sql.Tx, p *server.Published) (bool, error) {
	var source []byte
	err := tx.QueryRowContext(ctx, `SELECT source FROM frameworks WHERE tenant = ? AND folded = ? AND version = ?`, p.Tenant, p.Folded, p.Version).Scan(&source)
	switch {
	case err == nil && bytes.Equal(source, p.Source):
		return false, nil
	case err == nil:
		return false, fmt.Errorf("framework %q %s: %w", p.Name, p.Version, server.ErrFrameworkChanged)
	case !errors.Is(err, sql.ErrNoRows):
		return false, fmt.Errorf("reading framework: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO frameworks (tenant, folded, version, name, uri, digest, media_type, source, public, published_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.Folded, p.Version, p.Name, p.URI, p.Digest, p.MediaType, p.Source, p.Public, p.PublishedAt.UnixNano())
	if err != nil {
		return false, fmt.Errorf("storing framework: %w", err)
	}
	return true, nil
}

// AllPublished returns what every tenant published, in the order of publication.
func (s *Store) AllPublished(ctx context.Context) ([]server.Published, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT f.tenant, f.name, f.folded, f.version, f.uri, f.digest, f.media_type, f.source, n.owner, f.public, f.published_at
		FROM frameworks f JOIN framework_names n USING (tenant, folded) ORDER BY f.seq`)
	if err != nil {
		return nil, fmt.Errorf("listing frameworks: %w", err)
	}
	defer rows.Close()
	var list []server.Published
	for rows.Next() {
		var p server.Published
		var at int64
		if err := rows.Scan(&p.Tenant, &p.Name, &p.Folded, &p.Version, &p.URI, &p.Digest, &p.MediaType, &p.Source, &p.Owner, &p.Public, &at); err != nil {
			return nil, fmt.Errorf("reading framework: %w", err)
		}
		p.PublishedAt = instant(at)
		list = append(list, p)
	}
	return list, rows.Err()
}
