package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

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

// claimContext takes the address of p's JSON-LD context, or finds that another
// content is there.
func claimContext(tx statements, p *server.Published) error {
	digest := sha256.Sum256(p.Outline.Context)
	if _, err := tx.exec(`INSERT INTO framework_contexts (tenant, url, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.Tenant, p.Outline.ContextURL, digest[:]); err != nil {
		return fmt.Errorf("claiming context: %w", err)
	}
	var held []byte
	if err := tx.row(`SELECT digest FROM framework_contexts WHERE tenant = ? AND url = ?`, p.Tenant, p.Outline.ContextURL).Scan(&held); err != nil {
		return fmt.Errorf("reading context: %w", err)
	}
	if !bytes.Equal(held, digest[:]) {
		return fmt.Errorf("framework %q %s, context %s: %w", p.Name, p.Version, p.Outline.ContextURL, server.ErrFrameworkURI)
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
	if err := claimContext(tx, p); err != nil {
		return false, err
	}
	outline, err := json.Marshal(p.Outline)
	if err != nil {
		return false, fmt.Errorf("storing outline: %w", err)
	}
	revision, err := raise(tx)
	if err != nil {
		return false, err
	}
	_, err = tx.exec(`INSERT INTO frameworks (tenant, folded, version, name, uri, digest, media_type, source, public, published_at, outline, revision)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.Folded, p.Version, p.Name, p.URI, p.Digest, p.MediaType, p.Source, p.Public, p.PublishedAt.UnixNano(), outline, revision)
	if err != nil {
		return false, fmt.Errorf("storing framework: %w", err)
	}
	return true, nil
}

// raise raises the revision of what is published.
func raise(tx statements) (revision int64, err error) {
	if err := tx.row(`UPDATE framework_revision SET revision = revision + 1 RETURNING revision`).Scan(&revision); err != nil {
		return 0, fmt.Errorf("raising the revision: %w", err)
	}
	return revision, nil
}

// Withdraw withdraws a version, or changes when and for what.
func (s *Store) Withdraw(ctx context.Context, p *server.Published, w server.Withdrawal, now time.Time) (changed bool, err error) {
	err = s.write.change(ctx, func(tx statements) error {
		changed, err = withdraw(tx, p, w, now)
		return err
	})
	return changed && err == nil, err
}

func withdraw(tx statements, p *server.Published, w server.Withdrawal, now time.Time) (bool, error) {
	var owner string
	var held []byte
	err := tx.row(`SELECT n.owner, f.withdrawal FROM frameworks f JOIN framework_names n USING (tenant, folded)
		WHERE f.tenant = ? AND f.folded = ? AND f.version = ?`, p.Tenant, p.Folded, p.Version).Scan(&owner, &held)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, fmt.Errorf("framework %q %s: %w", p.Folded, p.Version, server.ErrUnknownFramework)
	case err != nil:
		return false, fmt.Errorf("reading framework: %w", err)
	case owner != p.Owner:
		return false, fmt.Errorf("framework %q: %w", p.Folded, server.ErrFrameworkOwner)
	}
	next, err := w.After(held, now)
	if next == nil || err != nil {
		return false, err
	}
	revision, err := raise(tx)
	if err != nil {
		return false, err
	}
	_, err = tx.exec(`UPDATE frameworks SET withdrawal = ?, revision = ? WHERE tenant = ? AND folded = ? AND version = ?`,
		next, revision, p.Tenant, p.Folded, p.Version)
	if err != nil {
		return false, fmt.Errorf("withdrawing: %w", err)
	}
	return true, nil
}

// Transfer gives a name to another owner.
func (s *Store) Transfer(ctx context.Context, tenant, folded, owner string) error {
	return s.write.change(ctx, func(tx statements) error {
		revision, err := raise(tx)
		if err != nil {
			return err
		}
		done, err := tx.exec(`UPDATE framework_names SET owner = ?, revision = ? WHERE tenant = ? AND folded = ?`, owner, revision, tenant, folded)
		if err != nil {
			return fmt.Errorf("transferring: %w", err)
		}
		if n, err := done.RowsAffected(); n == 0 || err != nil {
			return errors.Join(fmt.Errorf("framework %q: %w", folded, server.ErrUnknownFramework), err)
		}
		return nil
	})
}

// FrameworkRevision returns the number that every change raises.
func (s *Store) FrameworkRevision(ctx context.Context) (revision int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := s.read.now().row(`SELECT revision FROM framework_revision`).Scan(&revision); err != nil {
		return 0, fmt.Errorf("reading the revision: %w", err)
	}
	return revision, nil
}

// PublishedSince returns what every tenant published, and what changed of it,
// after a revision.
func (s *Store) PublishedSince(ctx context.Context, revision int64) ([]server.Published, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT f.seq, f.tenant, f.name, f.folded, f.version, f.uri, f.digest, f.media_type, n.owner, f.public, f.published_at, f.outline,
		max(f.revision, n.revision), f.withdrawal
		FROM frameworks f JOIN framework_names n USING (tenant, folded) WHERE max(f.revision, n.revision) > ? ORDER BY f.seq`, revision)
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
	var outline, withdrawal []byte
	err = rows.Scan(&p.Seq, &p.Tenant, &p.Name, &p.Folded, &p.Version, &p.URI, &p.Digest, &p.MediaType, &p.Owner, &p.Public, &at, &outline, &p.Revision, &withdrawal)
	if err == nil && outline != nil {
		err = json.Unmarshal(outline, &p.Outline)
	}
	if err == nil && withdrawal != nil {
		err = json.Unmarshal(withdrawal, &p.Withdrawal)
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
