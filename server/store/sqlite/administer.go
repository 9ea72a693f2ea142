package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// Administer does an act of an administrator, and keeps that it did.
func (s *Store) Administer(ctx context.Context, a *contents.AdminAct) error {
	var refused error
	err := s.write.change(ctx, func(tx statements) (err error) {
		refused = nil
		suspended, err := suspendedAt(tx, a.Account)
		if err != nil {
			return err
		}
		if !a.Refused {
			if refused, err = administer(tx, a, suspended); err != nil {
				return err
			}
		}
		if refused != nil || a.Refused || a.Change.Delete.IsZero() { // else its audit went with it
			if err := add(tx, a.Account, a.Entry(refused), nil); err != nil {
				return err
			}
		}
		return s.enterAdmin(tx, a, refused)
	})
	if err != nil {
		return err
	}
	return refused
}

// suspendedAt is whether an account is, if there is one.
func suspendedAt(tx statements, of keys.Account) (suspended bool, err error) {
	err = tx.row(`SELECT suspended IS NOT NULL FROM wallet_accounts WHERE tenant = ? AND id = ?`, of.Tenant, of.ID[:]).Scan(&suspended)
	if errors.Is(err, sql.ErrNoRows) {
		return false, session.ErrAccount
	}
	if err != nil {
		return false, fmt.Errorf("looking for the account: %w", err)
	}
	return suspended, nil
}

// administer does what is asked. Nothing is changed before it is refused.
func administer(tx statements, a *contents.AdminAct, suspended bool) (refused, err error) {
	of, id, c := a.Account.Tenant, a.Account.ID[:], &a.Change
	switch {
	case c.Suspend:
		if _, err := tx.exec(`UPDATE wallet_accounts SET suspended = coalesce(suspended, ?) WHERE tenant = ? AND id = ?`, a.Now.UnixNano(), of, id); err != nil {
			return nil, fmt.Errorf("suspending an account: %w", err)
		}
		return nil, endAll(tx, a.Account, `wallet_sessions`, `wallet_proxies`, `wallet_inspections`)
	case c.Resume:
		return done(tx, session.ErrAccount, `UPDATE wallet_accounts SET suspended = NULL WHERE tenant = ? AND id = ?`, of, id)
	case c.EndSessions:
		return nil, endAll(tx, a.Account, `wallet_sessions`, `wallet_proxies`)
	case c.Close:
		if _, err := tx.exec(`UPDATE wallet_partitions SET turn = turn + 1 WHERE tenant = ? AND account = ?`, of, id); err != nil {
			return nil, fmt.Errorf("closing partitions: %w", err)
		}
		return nil, nil
	case c.Lift != nil:
		return lift(tx, a)
	case !c.Delete.IsZero():
		return nil, deleteAccount(tx, a.Account, c.Delete)
	}
	return inspect(tx, a, suspended)
}

// endAll ends what is open of an account.
func endAll(tx statements, of keys.Account, tables ...string) error {
	for _, table := range tables {
		if _, err := tx.exec(`DELETE FROM `+table+` WHERE tenant = ? AND account = ?`, of.Tenant, of.ID[:]); err != nil {
			return fmt.Errorf("ending what is open: %w", err)
		}
	}
	return nil
}

// lift forgets the tries of budgets, unless that was done just now.
func lift(tx statements, a *contents.AdminAct) (refused, err error) {
	refused, err = done(tx, contents.ErrLifted, `UPDATE wallet_accounts SET lifted = ? WHERE tenant = ? AND id = ? AND lifted <= ?`,
		a.Now.UnixNano(), a.Account.Tenant, a.Account.ID[:], a.Now.Add(-contents.LiftTime).UnixNano())
	if refused != nil || err != nil {
		return refused, err
	}
	for _, key := range a.Change.Lift {
		if _, err := tx.exec(`DELETE FROM wallet_guesses WHERE key = ?`, key[:]); err != nil {
			return nil, fmt.Errorf("forgetting tries: %w", err)
		}
	}
	return nil, nil
}

// inspect does what is about an inspection; nothing, where nothing is asked.
func inspect(tx statements, a *contents.AdminAct, suspended bool) (refused, err error) {
	switch c := &a.Change; {
	case c.Ask != nil:
		return askInspection(tx, a, suspended)
	case c.Approve != nil:
		return withInspection(tx, a, *c.Approve, suspended, func(i *contents.Inspection) (refused, err error) {
			if err := i.Approves(a.By, a.Now); err != nil {
				return err, nil
			}
			return done(tx, contents.ErrInspection, `UPDATE wallet_inspections SET approved = ?, until = ? WHERE tenant = ? AND account = ? AND id = ?`,
				a.By, a.Now.Add(contents.InspectionTime).UnixNano(), a.Account.Tenant, a.Account.ID[:], i.ID[:])
		})
	case c.Look != nil:
		return withInspection(tx, a, *c.Look, suspended, func(i *contents.Inspection) (refused, err error) { return i.Shows(a.By, a.Now), nil })
	case c.End != nil:
		return done(tx, contents.ErrInspection, `DELETE FROM wallet_inspections WHERE tenant = ? AND account = ? AND id = ?`, a.Account.Tenant, a.Account.ID[:], c.End[:])
	}
	return nil, nil
}

func askInspection(tx statements, a *contents.AdminAct, suspended bool) (refused, err error) {
	i := a.Change.Ask
	if refused, err = inspectable(tx, a, i.Partition, suspended); refused != nil || err != nil {
		return refused, err
	}
	return done(tx, contents.ErrFull, `INSERT INTO wallet_inspections (tenant, account, id, part, asked_by, asked, until) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
		WHERE (SELECT count(*) FROM wallet_inspections WHERE tenant = ?1 AND account = ?2 AND until > ?6) < ?8`,
		a.Account.Tenant, a.Account.ID[:], i.ID[:], i.Partition[:], a.By, a.Now.UnixNano(), a.Now.Add(contents.AskedTime).UnixNano(), contents.MaxInspections)
}

// inspectable refuses to have looked into a partition that is not custodial now.
func inspectable(tx statements, a *contents.AdminAct, partition keys.ID, suspended bool) (refused, err error) {
	var mode string
	err = tx.row(`SELECT coalesce(max(mode), '') FROM wallet_partitions WHERE tenant = ? AND account = ? AND id = ?`, a.Account.Tenant, a.Account.ID[:], partition[:]).Scan(&mode)
	if err != nil {
		return nil, fmt.Errorf("reading a partition: %w", err)
	}
	return contents.Inspectable(mode, suspended), nil
}

// withInspection does something with one whose partition can be looked into still.
func withInspection(tx statements, a *contents.AdminAct, id keys.ID, suspended bool, do func(*contents.Inspection) (refused, err error)) (refused, err error) {
	i, err := scanInspection(tx.row(`SELECT `+inspectionColumns+` FROM wallet_inspections WHERE tenant = ? AND account = ? AND id = ?`, a.Account.Tenant, a.Account.ID[:], id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return contents.ErrInspection, nil
	}
	if err != nil {
		return nil, err
	}
	if refused, err = inspectable(tx, a, i.Partition, suspended); refused != nil || err != nil {
		return refused, err
	}
	return do(i)
}

const inspectionColumns = `id, part, asked_by, asked, coalesce(approved, ''), until`

func scanInspection(from row) (*contents.Inspection, error) {
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
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT `+inspectionColumns+` FROM wallet_inspections WHERE tenant = ? AND account = ? AND until > ? ORDER BY asked, id`, of.Tenant, of.ID[:], now.UnixNano())
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
func (s *Store) enterAdmin(tx statements, a *contents.AdminAct, refused error) error {
	told := a.Told && !a.Refused && refused == nil
	_, err := tx.exec(`INSERT INTO wallet_admin_acts (tenant, account, at, admin, action, part, request, result, told, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Account.Tenant, a.Account.ID[:], a.Now.UnixNano(), a.By, a.Action, idOf(a.Partition), a.RequestID, a.Result(refused), told, orNull(s.key.AdminReason(a)))
	if err != nil {
		return fmt.Errorf("keeping what an administrator did: %w", err)
	}
	return nil
}

// AdminActs returns what administrators did, the first first.
func (s *Store) AdminActs(ctx context.Context, q contents.AdminQuery) ([]contents.AdminEntry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT n, account, at, admin, action, part, request, result, told, sealed FROM wallet_admin_acts
		WHERE tenant = ? AND n > ? AND (?3 IS NULL OR account = ?3 AND told = 1) ORDER BY n LIMIT ?`, q.Tenant, q.After, idOf(q.Account), q.Most)
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
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	var at int64
	err := s.read.now().row(`SELECT coalesce(max(at), 0) FROM wallet_admin_acts WHERE tenant = ? AND account = ? AND told = 1`, of.Tenant, of.ID[:]).Scan(&at)
	if err != nil || at == 0 {
		return time.Time{}, err
	}
	return instant(at), nil
}

// Overview counts what an account has.
func (s *Store) Overview(ctx context.Context, of keys.Account, now time.Time) (o contents.Overview, err error) {
	if err := ctx.Err(); err != nil {
		return o, err
	}
	err = s.read.now().row(`SELECT (SELECT count(*) FROM wallet_sessions WHERE tenant = ?1 AND account = ?2 AND idle > ?3 AND until > ?3),
		(SELECT count(*) FROM wallet_devices WHERE tenant = ?1 AND account = ?2), (SELECT count(*) FROM wallet_items WHERE tenant = ?1 AND account = ?2)`,
		of.Tenant, of.ID[:], now.UnixNano()).Scan(&o.Sessions, &o.Devices, &o.Items)
	if err != nil {
		return o, fmt.Errorf("counting what an account has: %w", err)
	}
	return o, nil
}
