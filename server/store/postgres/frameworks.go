package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

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

// claimContext takes the address of p's JSON-LD context, or finds that another
// content is there.
func claimContext(ctx context.Context, tx pgx.Tx, p *server.Published) error {
	digest := sha256.Sum256(p.Outline.Context)
	if _, err := tx.Exec(ctx, `INSERT INTO framework_contexts (tenant, url, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, p.Tenant, p.Outline.ContextURL, digest[:]); err != nil {
		return fmt.Errorf("claiming context: %w", err)
	}
	var held []byte
	if err := tx.QueryRow(ctx, `SELECT digest FROM framework_contexts WHERE tenant = $1 AND url = $2`, p.Tenant, p.Outline.ContextURL).Scan(&held); err != nil {
		return fmt.Errorf("reading context: %w", err)
	}
	if !bytes.Equal(held, digest[:]) {
		return fmt.Errorf("framework %q %s, context %s: %w", p.Name, p.Version, p.Outline.ContextURL, server.ErrFrameworkURI)
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
		if err := claimContext(ctx, tx, p); err != nil {
			return false, err
		}
		return true, number(ctx, tx, p)
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

// raise raises the revision of what is published, and holds it until the
// transaction ends: every other lock is taken before.
const raise = `WITH next AS (UPDATE framework_revision SET revision = revision + 1 RETURNING revision) `

// number gives a version that changed the next revision.
func number(ctx context.Context, tx pgx.Tx, p *server.Published) error {
	_, err := tx.Exec(ctx, raise+`UPDATE frameworks SET revision = next.revision FROM next WHERE tenant = $1 AND folded = $2 AND version = $3`,
		p.Tenant, p.Folded, p.Version)
	if err != nil {
		return fmt.Errorf("raising the revision: %w", err)
	}
	return nil
}

// Withdraw withdraws a version, or changes when and for what.
func (s *Store) Withdraw(ctx context.Context, p *server.Published, w server.Withdrawal, now time.Time) (changed bool, err error) {
	if !storable(p.Tenant, p.Folded, p.Version) {
		return false, fmt.Errorf("framework %q %s: %w", p.Folded, p.Version, server.ErrUnknownFramework)
	}
	err = s.change(ctx, func(tx pgx.Tx) error {
		changed, err = withdraw(ctx, tx, p, w, now)
		return err
	})
	return changed && err == nil, err
}

func withdraw(ctx context.Context, tx pgx.Tx, p *server.Published, w server.Withdrawal, now time.Time) (bool, error) {
	var owner string
	var held []byte
	err := tx.QueryRow(ctx, `SELECT n.owner, f.withdrawal FROM frameworks f JOIN framework_names n USING (tenant, folded)
		WHERE f.tenant = $1 AND f.folded = $2 AND f.version = $3 FOR UPDATE`, p.Tenant, p.Folded, p.Version).Scan(&owner, &held)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
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
	_, err = tx.Exec(ctx, `UPDATE frameworks SET withdrawal = $1 WHERE tenant = $2 AND folded = $3 AND version = $4`,
		next, p.Tenant, p.Folded, p.Version)
	if err != nil {
		return false, fmt.Errorf("withdrawing: %w", err)
	}
	return true, number(ctx, tx, p)
}

// Transfer gives a name to another owner.
func (s *Store) Transfer(ctx context.Context, tenant, folded, owner string) error {
	if !storable(tenant, folded) {
		return fmt.Errorf("framework %q: %w", folded, server.ErrUnknownFramework)
	}
	return s.change(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE framework_names SET owner = $1 WHERE tenant = $2 AND folded = $3`, owner, tenant, folded)
		if err != nil {
			return fmt.Errorf("transferring: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("framework %q: %w", folded, server.ErrUnknownFramework)
		}
		_, err = tx.Exec(ctx, raise+`UPDATE framework_names SET revision = next.revision FROM next WHERE tenant = $1 AND folded = $2`, tenant, folded)
		return err
	})
}

// FrameworkRevision returns the number that every change raises.
func (s *Store) FrameworkRevision(ctx context.Context) (revision int64, err error) {
	if err := s.pool.QueryRow(ctx, `SELECT revision FROM framework_revision`).Scan(&revision); err != nil {
		return 0, fmt.Errorf("reading the revision: %w", err)
	}
	return revision, nil
}

// PublishedSince returns what every tenant published, and what changed of it,
// after a revision.
func (s *Store) PublishedSince(ctx context.Context, revision int64) ([]server.Published, error) {
	rows, err := s.pool.Query(ctx, `SELECT f.seq, f.tenant, f.name, f.folded, f.version, f.uri, f.digest, f.media_type, n.owner, f.public, f.published_at, f.outline,
		greatest(f.revision, n.revision), f.withdrawal
		FROM frameworks f JOIN framework_names n USING (tenant, folded) WHERE greatest(f.revision, n.revision) > $1 ORDER BY f.seq`, revision)
	if err != nil {
		return nil, fmt.Errorf("listing frameworks: %w", err)
	}
	return pgx.CollectRows(rows, scanPublished)
}

func scanPublished(r pgx.CollectableRow) (p server.Published, err error) {
	var at int64
	var outline, withdrawal []byte
	err = r.Scan(&p.Seq, &p.Tenant, &p.Name, &p.Folded, &p.Version, &p.URI, &p.Digest, &p.MediaType, &p.Owner, &p.Public, &at, &outline, &p.Revision, &withdrawal)
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
