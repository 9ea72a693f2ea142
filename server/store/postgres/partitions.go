package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

func (s *Store) addPartition(ctx context.Context, tx pgx.Tx, a *contents.Act, p *contents.Partition) (refused, err error) {
	var newest, all int64
	var mode string
	err = tx.QueryRow(ctx, `SELECT coalesce(max(CASE WHEN id = $3 THEN epoch END), 0), count(*), coalesce(max(CASE WHEN id = $3 THEN mode END), '') FROM wallet_partitions WHERE tenant = $1 AND account = $2`,
		a.Account.Tenant, a.Account.ID[:], p.ID[:]).Scan(&newest, &all, &mode)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading partitions: %w", err)
	case uint64(newest)+1 != p.Epoch: //nolint:gosec // counted up from 0
		return contents.ErrVersion, nil
	case all >= contents.MaxPartitions:
		return contents.ErrFull, nil
	case mode != "" && mode != p.Mode:
		return contents.ErrMode, nil
	}
	_, err = tx.Exec(ctx, `INSERT INTO wallet_partitions (tenant, account, id, epoch, mode, root, sealed, begun, proof, held) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.Account.Tenant, a.Account.ID[:], p.ID[:], p.Epoch, p.Mode, p.Root, p.Key, a.Now.UnixNano(), proofOf(p.Check), s.held(a.Account, p.ID, p))
	if err != nil {
		return nil, fmt.Errorf("storing a partition: %w", err)
	}
	return nil, nil
}

// held is the key of a custodial partition as it is kept, or null.
func (s *Store) held(of keys.Account, id keys.ID, p *contents.Partition) any {
	if p.Held == nil {
		return nil
	}
	return s.key.PartitionKey(*p.Held, of, id, p.Epoch)
}

// proofOf is a check's bytes, or null.
func proofOf(c *keys.Check) any {
	if c == nil {
		return nil
	}
	return c[:]
}

// setMode gives a partition a mode, and closes it in every session.
func (s *Store) setMode(ctx context.Context, tx pgx.Tx, a *contents.Act, m *contents.ModeChange) (refused, err error) {
	had, err := epochs(ctx, tx, a, m.Partition)
	if err != nil {
		return nil, err
	}
	if err := m.Fits(had); err != nil {
		return err, nil
	}
	_, err = tx.Exec(ctx, `UPDATE wallet_partitions SET mode = $1, held = NULL, turn = turn + 1 WHERE tenant = $2 AND account = $3 AND id = $4`, m.Mode, a.Account.Tenant, a.Account.ID[:], m.Partition[:])
	if err != nil {
		return nil, fmt.Errorf("changing a partition's mode: %w", err)
	}
	for i := range m.Epochs {
		p := &m.Epochs[i]
		_, err = tx.Exec(ctx, `UPDATE wallet_partitions SET proof = $1, held = $2 WHERE tenant = $3 AND account = $4 AND id = $5 AND epoch = $6`,
			proofOf(p.Check), s.held(a.Account, m.Partition, p), a.Account.Tenant, a.Account.ID[:], m.Partition[:], p.Epoch)
		if err != nil {
			return nil, fmt.Errorf("keeping a partition's key: %w", err)
		}
	}
	return nil, nil
}

// epochs are a partition's, with their checks.
func epochs(ctx context.Context, tx pgx.Tx, a *contents.Act, id keys.ID) (list []contents.Partition, err error) {
	rows, err := tx.Query(ctx, `SELECT epoch, proof FROM wallet_partitions WHERE tenant = $1 AND account = $2 AND id = $3`, a.Account.Tenant, a.Account.ID[:], id[:])
	if err != nil {
		return nil, fmt.Errorf("reading a partition: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p contents.Partition
		var proof []byte
		if err := rows.Scan(&p.Epoch, &proof); err != nil {
			return nil, fmt.Errorf("reading a partition: %w", err)
		}
		p.Check = checkOf(proof)
		list = append(list, p)
	}
	return list, rows.Err()
}

func checkOf(b []byte) *keys.Check {
	if len(b) != len(keys.Check{}) {
		return nil
	}
	c := keys.Check(b)
	return &c
}

func closeAll(ctx context.Context, tx pgx.Tx, a *contents.Act, id keys.ID) (refused, err error) {
	return done(ctx, tx, contents.ErrPartition, `UPDATE wallet_partitions SET turn = turn + 1 WHERE tenant = $1 AND account = $2 AND id = $3`, a.Account.Tenant, a.Account.ID[:], id[:])
}

// keepSession replaces what is kept of the act's session, if it is what it was.
func keepSession(ctx context.Context, tx pgx.Tx, a *contents.Act, k *contents.Kept) error {
	moved, err := done(ctx, tx, contents.ErrMoved, `UPDATE wallet_sessions SET sealed = $1 WHERE digest = $2 AND sealed = $3`, k.After, a.Session[:], k.Before)
	if err != nil {
		return err
	}
	return moved
}

// Partitions returns an account's, each epoch, the newest last.
func (s *Store) Partitions(ctx context.Context, of keys.Account) ([]contents.Partition, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, epoch, mode, root, sealed, begun, proof, turn FROM wallet_partitions WHERE tenant = $1 AND account = $2 ORDER BY id, epoch`, of.Tenant, of.ID[:])
	if err != nil {
		return nil, fmt.Errorf("reading partitions: %w", err)
	}
	defer rows.Close()
	list := []contents.Partition{}
	for rows.Next() {
		var p contents.Partition
		var id, proof []byte
		var begun int64
		if err := rows.Scan(&id, &p.Epoch, &p.Mode, &p.Root, &p.Key, &begun, &proof, &p.Turn); err != nil {
			return nil, fmt.Errorf("reading partitions: %w", err)
		}
		p.ID, p.Begun = keys.ID(id), instant(begun)
		p.Check = checkOf(proof)
		list = append(list, p)
	}
	return list, rows.Err()
}

// Held returns the keys of a custodial partition, by epoch.
func (s *Store) Held(ctx context.Context, of keys.Account, partition keys.ID) (map[uint64]keys.Key, error) {
	rows, err := s.pool.Query(ctx, `SELECT epoch, held FROM wallet_partitions WHERE tenant = $1 AND account = $2 AND id = $3 AND held IS NOT NULL`, of.Tenant, of.ID[:], partition[:])
	if err != nil {
		return nil, fmt.Errorf("reading a partition's keys: %w", err)
	}
	defer rows.Close()
	all := map[uint64]keys.Key{}
	for rows.Next() {
		var epoch uint64
		var sealed []byte
		if err := rows.Scan(&epoch, &sealed); err != nil {
			return nil, fmt.Errorf("reading a partition's keys: %w", err)
		}
		if all[epoch], err = s.key.OpenPartitionKey(sealed, of, partition, epoch); err != nil {
			return nil, err
		}
	}
	return all, rows.Err()
}
