package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/procura-dev/procura/server"
)

// Publish stores p, unless the same source is there already.
func (s *Store) Publish(ctx context.Context, p *server.Published) (bool, error) {
	fresh := false
	err := s.write.change(ctx, func(tx statements) (err error) {
		if err := claimName(tx, p); err != nil {
			return err
		}
		fresh, err = addVersion(tx, p)
		return err
	})
	return fresh && err == nil, err
}

// claimName takes name and uri for p, or finds that they are another's.
func claimName(tx statements, p *server.Published) error {
	if _, err := tx.exec(`INSERT INTO framework_names (tenant, folded, owner) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.Tenant, p.Folded, p.Owner); err != nil {
		return fmt.Errorf("claiming name: %w", err)
	}
	if _, err := tx.exec(`INSERT INTO framework_uris (tenant, uri, folded) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.Tenant, p.URI, p.Folded); err != nil {
		return fmt.Errorf("claiming uri: %w", err)
	}
	var owner, folded string
	err := tx.row(`SELECT n.owner, u.folded FROM framework_names n, framework_uris u
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

func addVersion(tx statements, p *server.Published) (bool, error) {
	var source []byte
	err := tx.row(`SELECT source FROM frameworks WHERE tenant = ? AND folded = ? AND version = ?`, p.Tenant, p.Folded, p.Version).Scan(&source)
	switch {
	case err == nil && bytes.Equal(source, p.Source):
		return false, nil
	case err == nil:
		return false, fmt.Errorf("framework %q %s: %w", p.Name, p.Version, server.ErrFrameworkChanged)
	case !errors.Is(err, sql.ErrNoRows):
		return false, fmt.Errorf("reading framework: %w", err)
	}
	outline, err := json.Marshal(p.Outline)
	if err != nil {
		return false, fmt.Errorf("storing outline: %w", err)
	}
	_, err = tx.exec(`INSERT INTO frameworks (tenant, folded, version, name, uri, digest, media_type, source, public, published_at, outline)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.Folded, p.Version, p.Name, p.URI, p.Digest, p.MediaType, p.Source, p.Public, p.PublishedAt.UnixNano(), outline)
	if err != nil {
		return false, fmt.Errorf("storing framework: %w", err)
	}
	return true, nil
}

// CountPublished returns how many versions there are.
func (s *Store) CountPublished(ctx context.Context) (n int, err error) {
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM frameworks`).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting frameworks: %w", err)
	}
	return n, nil
}

// AllPublished returns what every tenant published, in the order of
// publication, without the sources.
func (s *Store) AllPublished(ctx context.Context) ([]server.Published, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT f.tenant, f.name, f.folded, f.version, f.uri, f.digest, f.media_type, n.owner, f.public, f.published_at, f.outline
		FROM frameworks f JOIN framework_names n USING (tenant, folded) ORDER BY f.seq`)
	if err != nil {
		return nil, fmt.Errorf("listing frameworks: %w", err)
	}
	defer rows.Close()
	var list []server.Published
	for rows.Next() {
		p, err := scanPublished(rows)
		if err != nil {
			return nil, fmt.Errorf("reading framework: %w", err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func scanPublished(rows *sql.Rows) (p server.Published, err error) {
	var at int64
	var outline []byte
	err = rows.Scan(&p.Tenant, &p.Name, &p.Folded, &p.Version, &p.URI, &p.Digest, &p.MediaType, &p.Owner, &p.Public, &at, &outline)
	if err == nil && outline != nil {
		err = json.Unmarshal(outline, &p.Outline)
	}
	p.PublishedAt = instant(at)
	return p, err
}

// PublishedSource returns the source of one version.
func (s *Store) PublishedSource(ctx context.Context, tenant, folded, version string) ([]byte, error) {
	var source []byte
	err := s.read.QueryRowContext(ctx, `SELECT source FROM frameworks WHERE tenant = ? AND folded = ? AND version = ?`, tenant, folded, version).Scan(&source)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("framework %q %s: %w", folded, version, server.ErrUnknownFramework)
	case err != nil:
		return nil, fmt.Errorf("reading framework: %w", err)
	}
	return source, nil
}
