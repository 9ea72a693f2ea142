package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/server"
)

// PublishPolicySet stores p, unless the same source is there already.
func (s *Store) PublishPolicySet(ctx context.Context, p *server.PublishedSet) (fresh bool, err error) {
	err = s.change(ctx, func(tx pgx.Tx) error {
		fresh, err = publishSet(ctx, tx, p)
		return err
	})
	return fresh && err == nil, err
}

// publishSet claims the name first: inserting waits for whoever claims it in a
// transaction under way.
func publishSet(ctx context.Context, tx pgx.Tx, p *server.PublishedSet) (bool, error) {
	if _, err := tx.Exec(ctx, `INSERT INTO policyset_names (tenant, folded, owner) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, p.Tenant, p.Folded, p.Owner); err != nil {
		return false, fmt.Errorf("claiming name: %w", err)
	}
	var owner string
	if err := tx.QueryRow(ctx, `SELECT owner FROM policyset_names WHERE tenant = $1 AND folded = $2`, p.Tenant, p.Folded).Scan(&owner); err != nil {
		return false, fmt.Errorf("reading name: %w", err)
	}
	if owner != p.Owner {
		return false, fmt.Errorf("policy set %q: %w", p.Name, server.ErrPolicySetOwner)
	}
	tag, err := tx.Exec(ctx, `INSERT INTO policysets (tenant, folded, version, name, digest, source, published_at, signature)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, folded, version) DO NOTHING`,
		p.Tenant, p.Folded, p.Version, p.Name, p.Digest, p.Source, p.PublishedAt.UnixNano(), p.Signature)
	if err != nil {
		return false, fmt.Errorf("storing policy set: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return true, nil
	}
	var source []byte
	if err := tx.QueryRow(ctx, `SELECT source FROM policysets WHERE tenant = $1 AND folded = $2 AND version = $3`, p.Tenant, p.Folded, p.Version).Scan(&source); err != nil {
		return false, fmt.Errorf("reading policy set: %w", err)
	}
	if !bytes.Equal(source, p.Source) {
		return false, fmt.Errorf("policy set %q %s: %w", p.Name, p.Version, server.ErrPolicySetChanged)
	}
	return false, signSet(ctx, tx, p)
}

// signSet signs what was published before policy sets were signed.
func signSet(ctx context.Context, tx pgx.Tx, p *server.PublishedSet) error {
	if _, err := tx.Exec(ctx, `UPDATE policysets SET signature = $1 WHERE signature = '' AND tenant = $2 AND folded = $3 AND version = $4`, p.Signature, p.Tenant, p.Folded, p.Version); err != nil {
		return fmt.Errorf("signing policy set: %w", err)
	}
	return nil
}

const setColumns = `p.tenant, p.name, p.folded, p.version, p.digest, p.signature, n.owner, p.published_at`

// PolicySet returns one version with its source.
func (s *Store) PolicySet(ctx context.Context, tenant, folded, version string) (*server.PublishedSet, error) {
	unknown := fmt.Errorf("policy set %q %s: %w", folded, version, server.ErrUnknownPolicySet)
	if !storable(tenant, folded, version) {
		return nil, unknown
	}
	var p server.PublishedSet
	var at int64
	err := s.pool.QueryRow(ctx, `SELECT `+setColumns+`, p.source FROM policysets p JOIN policyset_names n USING (tenant, folded)
		WHERE p.tenant = $1 AND p.folded = $2 AND p.version = $3`, tenant, folded, version).
		Scan(&p.Tenant, &p.Name, &p.Folded, &p.Version, &p.Digest, &p.Signature, &p.Owner, &at, &p.Source)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("reading policy set: %w", err)
	}
	p.PublishedAt = instant(at)
	return &p, nil
}

// PolicySets returns a tenant's versions, without the sources.
func (s *Store) PolicySets(ctx context.Context, tenant string) ([]server.PublishedSet, error) {
	if !storable(tenant) {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT `+setColumns+` FROM policysets p JOIN policyset_names n USING (tenant, folded) WHERE p.tenant = $1 ORDER BY p.seq`, tenant)
	if err != nil {
		return nil, fmt.Errorf("listing policy sets: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (p server.PublishedSet, err error) {
		var at int64
		err = r.Scan(&p.Tenant, &p.Name, &p.Folded, &p.Version, &p.Digest, &p.Signature, &p.Owner, &at)
		p.PublishedAt = instant(at)
		return p, err
	})
}

// gates are the tables of what is active at each.
var gates = map[server.Gate]string{server.GateAccess: "policysets_active", server.GateWallet: "policysets_wallet"}

// published refuses what is none of the tenant's versions.
func published(ctx context.Context, tx pgx.Tx, a server.Activation) error {
	if a.Shipped() {
		return nil
	}
	var there int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM policysets WHERE tenant = $1 AND folded = $2 AND version = $3`, a.Tenant, a.Folded, a.Version).Scan(&there); err != nil {
		return fmt.Errorf("looking for policy set: %w", err)
	}
	if there == 0 {
		return fmt.Errorf("policy set %q %s: %w", a.Folded, a.Version, server.ErrUnknownPolicySet)
	}
	return nil
}

// ActivatePolicySet stores a if its revision is the next one.
func (s *Store) ActivatePolicySet(ctx context.Context, a server.Activation) error {
	if !storable(a.Tenant, a.Folded, a.Version) {
		return server.ErrUnknownPolicySet
	}
	table := gates[a.Gate]
	return s.change(ctx, func(tx pgx.Tx) error {
		if err := published(ctx, tx, a); err != nil {
			return err
		}
		// What waits for another's row sees that row's revision, not the one before.
		tag, err := tx.Exec(ctx, `INSERT INTO `+table+` AS old (tenant, folded, version, revision) SELECT $1, nullif($2, ''), nullif($3, ''), $4::bigint
			WHERE $4::bigint = 1 OR EXISTS (SELECT FROM `+table+` WHERE tenant = $1)
			ON CONFLICT (tenant) DO UPDATE SET folded = excluded.folded, version = excluded.version, revision = excluded.revision
			WHERE old.revision + 1 = excluded.revision`, a.Tenant, a.Folded, a.Version, a.Revision)
		if err != nil {
			return fmt.Errorf("activating policy set: %w", err)
		}
		if tag.RowsAffected() != 1 {
			return server.ErrPolicySetActive
		}
		return nil
	})
}

// ActivePolicySets returns what is active, of every tenant.
func (s *Store) ActivePolicySets(ctx context.Context) ([]server.Activation, error) {
	rows, err := s.pool.Query(ctx, `SELECT '', tenant, folded, version, revision FROM policysets_active
		UNION ALL SELECT 'wallet', tenant, coalesce(folded, ''), coalesce(version, ''), revision FROM policysets_wallet ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("listing active policy sets: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[server.Activation])
}
