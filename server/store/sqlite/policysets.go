package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/procura-dev/procura/server"
)

// PublishPolicySet stores p, unless the same source is there already.
func (s *Store) PublishPolicySet(ctx context.Context, p *server.PublishedSet) (fresh bool, err error) {
	err = s.write.change(ctx, func(tx statements) error {
		fresh, err = publishSet(tx, p)
		return err
	})
	return fresh && err == nil, err
}

func publishSet(tx statements, p *server.PublishedSet) (bool, error) {
	if _, err := tx.exec(`INSERT INTO policyset_names (tenant, folded, owner) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.Tenant, p.Folded, p.Owner); err != nil {
		return false, fmt.Errorf("claiming name: %w", err)
	}
	var owner string
	var source []byte
	err := tx.row(`SELECT n.owner, s.source FROM policyset_names n LEFT JOIN policysets s ON s.tenant = n.tenant AND s.folded = n.folded AND s.version = ?
		WHERE n.tenant = ? AND n.folded = ?`, p.Version, p.Tenant, p.Folded).Scan(&owner, &source)
	switch {
	case err != nil:
		return false, fmt.Errorf("reading policy set: %w", err)
	case owner != p.Owner:
		return false, fmt.Errorf("policy set %q: %w", p.Name, server.ErrPolicySetOwner)
	case source != nil && !bytes.Equal(source, p.Source):
		return false, fmt.Errorf("policy set %q %s: %w", p.Name, p.Version, server.ErrPolicySetChanged)
	case source != nil:
		return false, signSet(tx, p)
	}
	_, err = tx.exec(`INSERT INTO policysets (tenant, folded, version, name, digest, source, published_at, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.Folded, p.Version, p.Name, p.Digest, p.Source, p.PublishedAt.UnixNano(), p.Signature)
	if err != nil {
		return false, fmt.Errorf("storing policy set: %w", err)
	}
	return true, nil
}

// signSet signs what was published before policy sets were signed.
func signSet(tx statements, p *server.PublishedSet) error {
	if _, err := tx.exec(`UPDATE policysets SET signature = ? WHERE signature = '' AND tenant = ? AND folded = ? AND version = ?`, p.Signature, p.Tenant, p.Folded, p.Version); err != nil {
		return fmt.Errorf("signing policy set: %w", err)
	}
	return nil
}

const setColumns = `p.tenant, p.name, p.folded, p.version, p.digest, p.signature, n.owner, p.published_at`

// PolicySet returns one version with its source.
func (s *Store) PolicySet(ctx context.Context, tenant, folded, version string) (*server.PublishedSet, error) {
	var p server.PublishedSet
	var at int64
	err := s.read.QueryRowContext(ctx, `SELECT `+setColumns+`, p.source FROM policysets p JOIN policyset_names n USING (tenant, folded)
		WHERE p.tenant = ? AND p.folded = ? AND p.version = ?`, tenant, folded, version).
		Scan(&p.Tenant, &p.Name, &p.Folded, &p.Version, &p.Digest, &p.Signature, &p.Owner, &at, &p.Source)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("policy set %q %s: %w", folded, version, server.ErrUnknownPolicySet)
	}
	if err != nil {
		return nil, fmt.Errorf("reading policy set: %w", err)
	}
	p.PublishedAt = instant(at)
	return &p, nil
}

// PolicySets returns a tenant's versions, without the sources.
func (s *Store) PolicySets(ctx context.Context, tenant string) ([]server.PublishedSet, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+setColumns+` FROM policysets p JOIN policyset_names n USING (tenant, folded) WHERE p.tenant = ? ORDER BY p.seq`, tenant)
	if err != nil {
		return nil, fmt.Errorf("listing policy sets: %w", err)
	}
	defer rows.Close()
	var list []server.PublishedSet
	for rows.Next() {
		var p server.PublishedSet
		var at int64
		if err := rows.Scan(&p.Tenant, &p.Name, &p.Folded, &p.Version, &p.Digest, &p.Signature, &p.Owner, &at); err != nil {
			return nil, fmt.Errorf("reading policy set: %w", err)
		}
		p.PublishedAt = instant(at)
		list = append(list, p)
	}
	return list, rows.Err()
}

// gates are the tables of what is active at each.
var gates = map[server.Gate]string{server.GateAccess: "policysets_active", server.GateWallet: "policysets_wallet"}

// published refuses what is none of the tenant's versions.
func published(tx statements, a server.Activation) error {
	if a.Shipped() {
		return nil
	}
	var there int
	if err := tx.row(`SELECT count(*) FROM policysets WHERE tenant = ? AND folded = ? AND version = ?`, a.Tenant, a.Folded, a.Version).Scan(&there); err != nil {
		return fmt.Errorf("looking for policy set: %w", err)
	}
	if there == 0 {
		return fmt.Errorf("policy set %q %s: %w", a.Folded, a.Version, server.ErrUnknownPolicySet)
	}
	return nil
}

// ActivatePolicySet stores a if its revision is the next one.
func (s *Store) ActivatePolicySet(ctx context.Context, a server.Activation) error {
	table := gates[a.Gate]
	return s.write.change(ctx, func(tx statements) error {
		if err := published(tx, a); err != nil {
			return err
		}
		done, err := tx.exec(`INSERT INTO `+table+` (tenant, folded, version, revision) SELECT ?1, nullif(?2, ''), nullif(?3, ''), ?4
			WHERE ?4 = 1 + coalesce((SELECT revision FROM `+table+` WHERE tenant = ?1), 0)
			ON CONFLICT (tenant) DO UPDATE SET folded = excluded.folded, version = excluded.version, revision = excluded.revision`,
			a.Tenant, a.Folded, a.Version, a.Revision)
		if err != nil {
			return fmt.Errorf("activating policy set: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return errors.Join(server.ErrPolicySetActive, err)
		}
		return nil
	})
}

// ActivePolicySets returns what is active, of every tenant.
func (s *Store) ActivePolicySets(ctx context.Context) ([]server.Activation, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT '', tenant, folded, version, revision FROM policysets_active
		UNION ALL SELECT 'wallet', tenant, coalesce(folded, ''), coalesce(version, ''), revision FROM policysets_wallet ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("listing active policy sets: %w", err)
	}
	defer rows.Close()
	var list []server.Activation
	for rows.Next() {
		var a server.Activation
		if err := rows.Scan(&a.Gate, &a.Tenant, &a.Folded, &a.Version, &a.Revision); err != nil {
			return nil, fmt.Errorf("reading active policy set: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}
