package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// Administer does an act of an administrator, and keeps that it did.
func (s *Store) Administer(ctx context.Context, a *contents.AdminAct) error {
	var refused error
	err := s.change(ctx, func(tx pgx.Tx) (err error) {
		refused = nil
		suspended, err := suspendedAt(ctx, tx, a.Account)
		if err != nil {
			return err
		}
		if !a.Refused {
			if refused, err = administer(ctx, tx, a, suspended); err != nil {
				return err
			}
		}
		if refused != nil || a.Refused || a.Change.Delete.IsZero() { // else its audit went with it
			if err := add(ctx, tx, a.Account, a.Entry(refused), nil); err != nil {
				return err
			}
		}
		return s.enterAdmin(ctx, tx, a, refused)
	})
	if err != nil {
		return err
	}
	return refused
}

// suspendedAt is whether an account is, if there is one. It holds the account: its
// sessions come before or after, as one another do.
func suspendedAt(ctx context.Context, tx pgx.Tx, of keys.Account) (suspended bool, err error) {
	err = tx.QueryRow(ctx, `SELECT suspended IS NOT NULL FROM wallet_accounts WHERE tenant = $1 AND id = $2 FOR NO KEY UPDATE`, of.Tenant, of.ID[:]).Scan(&suspended)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, session.ErrAccount
	}
	if err != nil {
		return false, fmt.Errorf("looking for the account: %w", err)
	}
	return suspended, nil
}

// administer does what is asked. Nothing is changed before it is refused.
func administer(ctx context.Context, tx pgx.Tx, a *contents.AdminAct, suspended bool) (refused, err error) {
	of, id, c := a.Account.Tenant, a.Account.ID[:], &a.Change
	switch {
	case c.Suspend:
		if _, err := tx.Exec(ctx, `UPDATE wallet_accounts SET suspended = coalesce(suspended, $1) WHERE tenant = $2 AND id = $3`, a.Now.UnixNano(), of, id); err != nil {
			return nil, fmt.Errorf("suspending an account: %w", err)
		}
		return nil, endAll(ctx, tx, a.Account, `wallet_sessions`, `wallet_proxies`, `wallet_inspections`)
	case c.Resume:
		return done(ctx, tx, session.ErrAccount, `UPDATE wallet_accounts SET suspended = NULL WHERE tenant = $1 AND id = $2`, of, id)
	case c.EndSessions:
		return nil, endAll(ctx, tx, a.Account, `wallet_sessions`, `wallet_proxies`)
	case c.Close:
		if _, err := tx.Exec(ctx, `UPDATE wallet_partitions SET turn = turn + 1 WHERE tenant = $1 AND account = $2`, of, id); err != nil {
			return nil, fmt.Errorf("closing partitions: %w", err)
		}
		return nil, nil
	case c.Lift != nil:
		return lift(ctx, tx, a)
	case !c.Delete.IsZero():
		return nil, deleteAccount(ctx, tx, a.Account, c.Delete)
	}
	return inspect(ctx, tx, a, suspended)
}

// endAll ends what is open of an account.
func endAll(ctx context.Context, tx pgx.Tx, of keys.Account, tables ...string) error {
	for _, table := range tables {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE tenant = $1 AND account = $2`, of.Tenant, of.ID[:]); err != nil {
			return fmt.Errorf("ending what is open: %w", err)
		}
	}
	return nil
}

// lift forgets the tries of budgets, unless that was done just now.
func lift(ctx context.Context, tx pgx.Tx, a *contents.AdminAct) (refused, err error) {
	refused, err = done(ctx, tx, contents.ErrLifted, `UPDATE wallet_accounts SET lifted = $1 WHERE tenant = $2 AND id = $3 AND lifted <= $4`,
		a.Now.UnixNano(), a.Account.Tenant, a.Account.ID[:], a.Now.Add(-contents.LiftTime).UnixNano())
	if refused != nil || err != nil {
		return refused, err
	}
	for _, key := range a.Change.Lift {
		if _, err := tx.Exec(ctx, `DELETE FROM wallet_guesses WHERE key = $1`, key[:]); err != nil {
			return nil, fmt.Errorf("forgetting tries: %w", err)
		}
	}
	return nil, nil
}

// inspect does what is about an inspection; nothing, where nothing is asked.
func inspect(ctx context.Context, tx pgx.Tx, a *contents.AdminAct, suspended bool) (refused, err error) {
	switch c := &a.Change; {
	case c.Ask != nil:
		return askInspection(ctx, tx, a, suspended)
	case c.Approve != nil:
		return withInspection(ctx, tx, a, *c.Approve, suspended, func(i *contents.Inspection) (refused, err error) {
			if err := i.Approves(a.By, a.Now); err != nil {
				return err, nil
			}
			return done(ctx, tx, contents.ErrInspection, `UPDATE wallet_inspections SET approved = $1, until = $2 WHERE tenant = $3 AND account = $4 AND id = $5`,
				a.By, a.Now.Add(contents.InspectionTime).UnixNano(), a.Account.Tenant, a.Account.ID[:], i.ID[:])
		})
	case c.Look != nil:
		return withInspection(ctx, tx, a, *c.Look, suspended, func(i *contents.Inspection) (refused, err error) { return i.Shows(a.By, a.Now), nil })
	case c.End != nil:
		return done(ctx, tx, contents.ErrInspection, `DELETE FROM wallet_inspections WHERE tenant = $1 AND account = $2 AND id = $3`, a.Account.Tenant, a.Account.ID[:], c.End[:])
	}
	return nil, nil
}

func askInspection(ctx context.Context, tx pgx.Tx, a *contents.AdminAct, suspended bool) (refused, err error) {
	i := a.Change.Ask
	if refused, err = inspectable(ctx, tx, a, i.Partition, suspended); refused != nil || err != nil {
		return refused, err
	}
	return done(ctx, tx, contents.ErrFull, `INSERT INTO wallet_inspections (tenant, account, id, part, asked_by, asked, until) SELECT $1::text, $2::bytea, $3::bytea, $4::bytea, $5::text, $6::bigint, $7::bigint
		WHERE (SELECT count(*) FROM wallet_inspections WHERE tenant = $1 AND account = $2 AND until > $6) < $8`,
		a.Account.Tenant, a.Account.ID[:], i.ID[:], i.Partition[:], a.By, a.Now.UnixNano(), a.Now.Add(contents.AskedTime).UnixNano(), contents.MaxInspections)
}

// inspectable refuses to have looked into a partition that is not custodial now.
func inspectable(ctx context.Context, tx pgx.Tx, a *contents.AdminAct, partition keys.ID, suspended bool) (refused, err error) {
	var mode string
	err = tx.QueryRow(ctx, `SELECT coalesce(max(mode), '') FROM wallet_partitions WHERE tenant = $1 AND account = $2 AND id = $3`, a.Account.Tenant, a.Account.ID[:], partition[:]).Scan(&mode)
	if err != nil {
		return nil, fmt.Errorf("reading a partition: %w", err)
	}
	return contents.Inspectable(mode, suspended), nil
}

// withInspection does something with one whose partition can be looked into still.
func withInspection(ctx context.Context, tx pgx.Tx, a *contents.AdminAct, id keys.ID, suspended bool, do func(*contents.Inspection) (refused, err error)) (refused, err error) {
	i, err := scanInspection(tx.QueryRow(ctx, `SELECT `+inspectionColumns+` FROM wallet_inspections WHERE tenant = $1 AND account = $2 AND id = $3`, a.Account.Tenant, a.Account.ID[:], id[:]))
	if errors.Is(err, pgx.ErrNoRows) {
		return contents.ErrInspection, nil
	}
	if err != nil {
		return nil, err
	}
	if refused, err = inspectable(ctx, tx, a, i.Partition, suspended); refused != nil || err != nil {
		return refused, err
	}
	return do(i)
}

const inspectionColumns = `id, part, asked_by, asked, coalesce(approved, ''), until`

func scanInspection(from pgx.Row) (*contents.Inspection, error) {
	var i contents.Inspection
	var id, part []byte
	var asked, until int64
	if err := from.Scan(&id, &part, &i.AskedBy, &asked, &i.Approved, &until); err != nil {
		return nil, fmt.Errorf("reading an inspection: %w", err)
	}
	i.ID, i.Partition, i.Asked, i.Until = keys.ID(id), keys.ID(part), instant(asked), instant(until)
	return &i, nil
}

// Inspections returns an account's that have not ended, the first first.
func (s *Store) Inspections(ctx context.Context, of keys.Account, now time.Time) ([]contents.Inspection, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+inspectionColumns+` FROM wallet_inspections WHERE tenant = $1 AND account = $2 AND until > $3 ORDER BY asked, id`, of.Tenant, of.ID[:], now.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("reading inspections: %w", err)
	}
	defer rows.Close()
	list := []contents.Inspection{}
	for rows.Next() {
		i, err := scanInspection(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, *i)
	}
	return list, rows.Err()
}

// enterAdmin keeps an act beside the account's audit.
func (s *Store) enterAdmin(ctx context.Context, tx pgx.Tx, a *contents.AdminAct, refused error) error {
	told := a.Told && !a.Refused && refused == nil
	_, err := tx.Exec(ctx, `INSERT INTO wallet_admin_acts (tenant, account, at, admin, action, part, request, result, told, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.Account.Tenant, a.Account.ID[:], a.Now.UnixNano(), a.By, a.Action, idOf(a.Partition), a.RequestID, a.Result(refused), told, orNull(s.key.AdminReason(a)))
	if err != nil {
		return fmt.Errorf("keeping what an administrator did: %w", err)
	}
	return nil
}

// AdminActs returns what administrators did, the first first.
func (s *Store) AdminActs(ctx context.Context, q contents.AdminQuery) ([]contents.AdminEntry, error) {
	rows, err := s.pool.Query(ctx, `SELECT n, account, at, admin, action, part, request, result, told, sealed FROM wallet_admin_acts
		WHERE tenant = $1 AND n > $2 AND ($3::bytea IS NULL OR account = $3 AND told) ORDER BY n LIMIT $4`, q.Tenant, q.After, idOf(q.Account), q.Most)
	if err != nil {
		return nil, fmt.Errorf("reading what administrators did: %w", err)
	}
	defer rows.Close()
	list := []contents.AdminEntry{}
	for rows.Next() {
		var e contents.AdminEntry
		var account, part, sealed []byte
		var at int64
		if err := rows.Scan(&e.N, &account, &at, &e.By, &e.Action, &part, &e.RequestID, &e.Result, &e.Told, &sealed); err != nil {
			return nil, fmt.Errorf("reading what administrators did: %w", err)
		}
		e.Account, e.At, e.Partition = keys.ID(account), instant(at), maybeID(part)
		if err := s.key.OpenAdminReason(sealed, q.Tenant, &e); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// LastTold is when an owner was last to be told of something.
func (s *Store) LastTold(ctx context.Context, of keys.Account) (time.Time, error) {
	var at int64
	err := s.pool.QueryRow(ctx, `SELECT coalesce(max(at), 0) FROM wallet_admin_acts WHERE tenant = $1 AND account = $2 AND told`, of.Tenant, of.ID[:]).Scan(&at)
	if err != nil || at == 0 {
		return time.Time{}, err
	}
	return instant(at), nil
}

// Overview counts what an account has.
func (s *Store) Overview(ctx context.Context, of keys.Account, now time.Time) (o contents.Overview, err error) {
	err = s.pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM wallet_sessions WHERE tenant = $1 AND account = $2 AND idle > $3 AND until > $3),
		(SELECT count(*) FROM wallet_devices WHERE tenant = $1 AND account = $2), (SELECT count(*) FROM wallet_items WHERE tenant = $1 AND account = $2)`,
		of.Tenant, of.ID[:], now.UnixNano()).Scan(&o.Sessions, &o.Devices, &o.Items)
	if err != nil {
		return o, fmt.Errorf("counting what an account has: %w", err)
	}
	return o, nil
}
