package sqlite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// changeAccount does what is asked of the account itself.
func (s *Store) changeAccount(tx statements, a *contents.Act, c *contents.AccountChange) (refused, err error) {
	of, id := a.Account.Tenant, a.Account.ID[:]
	switch {
	case c.StepUp != nil:
		return stepUp(tx, a, c.StepUp)
	case c.UseStepUp != nil:
		return done(tx, session.ErrStepUp, `DELETE FROM wallet_stepups WHERE session = ? AND action = ? AND until > ?`, a.Session[:], c.UseStepUp[:], a.Now.UnixNano())
	case c.Password != nil:
		return s.changePassword(tx, a, c.Password)
	case c.Recovery != nil:
		return setRecovery(tx, a, c.Recovery)
	case c.DropRecovery:
		return done(tx, contents.ErrItem, `DELETE FROM wallet_recoveries WHERE tenant = ? AND account = ?`, of, id)
	case c.CancelRecovery:
		return done(tx, contents.ErrItem, `UPDATE wallet_recoveries SET begun = NULL WHERE tenant = ? AND account = ? AND begun IS NOT NULL`, of, id)
	case c.Label != nil:
		return done(tx, contents.ErrItem, `UPDATE wallet_devices SET label = ? WHERE tenant = ? AND account = ? AND id = ?`, c.Label.Sealed, of, id, c.Label.Device[:])
	case !c.Delete.IsZero():
		return nil, deleteAccount(tx, a.Account, c.Delete)
	}
	return nil, errors.New("a change of an account that changes nothing")
}

// stepUp keeps that a session's password was proved again, by the record in force.
func stepUp(tx statements, a *contents.Act, s *session.StepUp) (refused, err error) {
	if err := spend(tx, s.Ticket); err != nil {
		return refusal(err, session.ErrTicketUsed)
	}
	var same int
	if err := tx.row(`SELECT count(*) FROM wallet_accounts WHERE tenant = ? AND id = ? AND version = ?`, a.Account.Tenant, a.Account.ID[:], s.Version).Scan(&same); err != nil {
		return nil, fmt.Errorf("looking for the account: %w", err)
	}
	if same == 0 {
		return session.ErrRecordChanged, nil
	}
	if _, err := tx.exec(`DELETE FROM wallet_guesses WHERE key = ? AND id = ?`, s.Guess.Key[:], s.Guess.ID[:]); err != nil {
		return nil, fmt.Errorf("taking a try back: %w", err)
	}
	_, err = tx.exec(`INSERT INTO wallet_stepups (session, action, until) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET until = ?3`, a.Session[:], s.Action[:], s.Until.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("keeping a step-up: %w", err)
	}
	return nil, nil
}

// refusal tells what is refused from what failed.
func refusal(err, refused error) (error, error) {
	if errors.Is(err, refused) {
		return err, nil
	}
	return nil, err
}

// changePassword puts another record in force, and ends every other session.
func (s *Store) changePassword(tx statements, a *contents.Act, p *contents.PasswordChange) (refused, err error) {
	if p.Compromised != nil {
		if refused, err = s.renew(tx, a, p.Root.Generation, p.Compromised); refused != nil || err != nil {
			return refused, err
		}
	}
	if refused, err = replaceRecord(tx, a.Account, &p.Replacement); refused != nil || err != nil {
		return refused, err
	}
	for _, text := range []string{
		`DELETE FROM wallet_sessions WHERE tenant = ? AND account = ? AND digest != ?`,
		`DELETE FROM wallet_stepups WHERE session IN (SELECT digest FROM wallet_sessions WHERE tenant = ? AND account = ? AND digest = ?)`,
	} {
		if _, err := tx.exec(text, a.Account.Tenant, a.Account.ID[:], a.Session[:]); err != nil {
			return nil, fmt.Errorf("ending sessions: %w", err)
		}
	}
	_, err = tx.exec(`UPDATE wallet_recoveries SET begun = NULL WHERE tenant = ? AND account = ?`, a.Account.Tenant, a.Account.ID[:])
	if err != nil {
		return nil, fmt.Errorf("ending a recovery: %w", err)
	}
	return nil, nil
}

// replaceRecord spends the ticket, and puts a record in the place of the one that
// the ticket says, with its slot.
func replaceRecord(tx statements, of keys.Account, r *session.Replacement) (refused, err error) {
	if err := spend(tx, r.Ticket); err != nil {
		return refusal(err, session.ErrTicketUsed)
	}
	return done(tx, session.ErrRecordChanged, `UPDATE wallet_accounts SET generation = ?, profile = ?, record = ?, version = version + 1, root = ?
		WHERE tenant = ? AND id = ? AND version = ? AND root_generation = ?`,
		r.Record.Generation, r.Record.Profile.String(), r.Record.Bytes, r.Root.Sealed, of.Tenant, of.ID[:], r.Version, r.Root.Generation)
}

// renew gives an account the keys of the root key of a generation.
func (s *Store) renew(tx statements, a *contents.Act, generation uint64, r *contents.Renewal) (refused, err error) {
	had, err := allEpochs(tx, a.Account)
	if err != nil {
		return nil, err
	}
	if !r.Whole(had, generation) {
		return contents.ErrVersion, nil
	}
	refused, err = done(tx, contents.ErrVersion, `UPDATE wallet_accounts SET root_generation = root_generation + 1, box = ?, sign = ?, private = ? WHERE tenant = ? AND id = ? AND root_generation + 1 = ?`,
		r.Public.Box, r.Public.Sign, r.Private, a.Account.Tenant, a.Account.ID[:], generation)
	if refused != nil || err != nil {
		return refused, err
	}
	for i := range r.Partitions {
		if err := s.rewrap(tx, a, &r.Partitions[i]); err != nil {
			return nil, err
		}
	}
	if _, err := tx.exec(`DELETE FROM wallet_recoveries WHERE tenant = ? AND account = ?`, a.Account.Tenant, a.Account.ID[:]); err != nil {
		return nil, fmt.Errorf("removing the recovery slot: %w", err)
	}
	_, err = tx.exec(`DELETE FROM wallet_devices WHERE tenant = ?1 AND account = ?2 AND id NOT IN (SELECT device FROM wallet_sessions WHERE digest = ?3)`, a.Account.Tenant, a.Account.ID[:], a.Session[:])
	if err != nil {
		return nil, fmt.Errorf("forgetting devices: %w", err)
	}
	return nil, nil
}

// allEpochs are those of every partition, their ids, numbers and modes alone.
func allEpochs(tx statements, of keys.Account) (list []contents.Partition, err error) {
	rows, err := tx.query(`SELECT id, epoch, mode FROM wallet_partitions WHERE tenant = ? AND account = ?`, of.Tenant, of.ID[:])
	if err != nil {
		return nil, fmt.Errorf("reading partitions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p contents.Partition
		var id []byte
		if err := rows.Scan(&id, &p.Epoch, &p.Mode); err != nil {
			return nil, fmt.Errorf("reading partitions: %w", err)
		}
		p.ID = keys.ID(id)
		list = append(list, p)
	}
	return list, rows.Err()
}

// rewrap keeps an epoch's key under another root key, or that of a new epoch, in
// the partition's mode.
func (s *Store) rewrap(tx statements, a *contents.Act, p *contents.Partition) error {
	_, err := tx.exec(`INSERT INTO wallet_partitions (tenant, account, id, epoch, mode, root, sealed, begun, proof, held)
		SELECT tenant, account, id, ?4, mode, ?5, ?6, ?7, ?8, ?9 FROM wallet_partitions WHERE tenant = ?1 AND account = ?2 AND id = ?3 AND epoch = max(1, ?4 - 1)
		ON CONFLICT DO UPDATE SET root = ?5, sealed = ?6`,
		a.Account.Tenant, a.Account.ID[:], p.ID[:], p.Epoch, p.Root, p.Key, a.Now.UnixNano(), proofOf(p.Check), s.held(a.Account, p.ID, p))
	if err != nil {
		return fmt.Errorf("keeping a partition's key: %w", err)
	}
	return nil
}

func setRecovery(tx statements, a *contents.Act, r *session.Recovery) (refused, err error) {
	return done(tx, contents.ErrVersion, `INSERT INTO wallet_recoveries (tenant, account, root_generation, root, proof)
		SELECT tenant, id, root_generation, ?4, ?5 FROM wallet_accounts WHERE tenant = ?1 AND id = ?2 AND root_generation = ?3
		ON CONFLICT DO UPDATE SET root_generation = ?3, root = ?4, proof = ?5, begun = NULL`,
		a.Account.Tenant, a.Account.ID[:], r.Root.Generation, r.Root.Sealed, r.Proof[:])
}

// removeDevice forgets a device, and ends its sessions.
func removeDevice(tx statements, a *contents.Act, id keys.ID) (refused, err error) {
	if _, err := tx.exec(`DELETE FROM wallet_sessions WHERE tenant = ? AND account = ? AND device = ?`, a.Account.Tenant, a.Account.ID[:], id[:]); err != nil {
		return nil, fmt.Errorf("ending a device's sessions: %w", err)
	}
	return done(tx, contents.ErrItem, `DELETE FROM wallet_devices WHERE tenant = ? AND account = ? AND id = ?`, a.Account.Tenant, a.Account.ID[:], id[:])
}

// deleteAccount deletes all of an account, and blocks its name.
func deleteAccount(tx statements, of keys.Account, until time.Time) error {
	if _, err := tx.exec(`INSERT INTO wallet_blocked (tenant, name, until) SELECT tenant, name, ?3 FROM wallet_accounts WHERE tenant = ?1 AND id = ?2
		ON CONFLICT DO UPDATE SET until = ?3`, of.Tenant, of.ID[:], until.UnixNano()); err != nil {
		return fmt.Errorf("blocking a name: %w", err)
	}
	if _, err := tx.exec(`DELETE FROM wallet_accounts WHERE tenant = ? AND id = ?`, of.Tenant, of.ID[:]); err != nil {
		return fmt.Errorf("deleting an account: %w", err)
	}
	return nil
}

// Blocked reports whether a name was an account's that was deleted lately.
func (s *Store) Blocked(ctx context.Context, tenant, name string, now time.Time) (blocked bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	err = s.read.now().row(blockedText, tenant, name, now.UnixNano()).Scan(&blocked)
	if err != nil {
		return false, fmt.Errorf("looking for a name: %w", err)
	}
	return blocked, nil
}

const blockedText = `SELECT EXISTS (SELECT 1 FROM wallet_blocked WHERE tenant = ? AND name = ? AND until > ?)`

// SteppedUp reports whether a session may do one request that needs the password again.
func (s *Store) SteppedUp(ctx context.Context, of, action [sha256.Size]byte, now time.Time) (there bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	err = s.read.now().row(`SELECT EXISTS (SELECT 1 FROM wallet_stepups WHERE session = ? AND action = ? AND until > ?)`, of[:], action[:], now.UnixNano()).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("looking for a step-up: %w", err)
	}
	return there, nil
}

// Recovery returns an account's, or nil.
func (s *Store) Recovery(ctx context.Context, of keys.Account) (*session.Recovery, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var r session.Recovery
	var proof []byte
	var begun sql.NullInt64
	err := s.read.now().row(`SELECT root_generation, root, proof, begun FROM wallet_recoveries WHERE tenant = ? AND account = ?`, of.Tenant, of.ID[:]).Scan(&r.Root.Generation, &r.Root.Sealed, &proof, &begun)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for a recovery: %w", err)
	}
	copy(r.Proof[:], proof)
	if begun.Valid {
		r.Begun = instant(begun.Int64)
	}
	return &r, nil
}

// BeginRecovery notes that one began, once.
func (s *Store) BeginRecovery(ctx context.Context, of keys.Account, now time.Time) error {
	return s.write.change(ctx, func(tx statements) error {
		refused, err := done(tx, session.ErrRecovery, `UPDATE wallet_recoveries SET begun = coalesce(begun, ?) WHERE tenant = ? AND account = ?`, now.UnixNano(), of.Tenant, of.ID[:])
		if err = cmp.Or(err, refused); err != nil {
			return err
		}
		return enter(tx, &contents.Act{Account: of, Action: contents.RecoveryBegun, RequestID: contents.NoRequest, Now: now}, nil)
	})
}

// CompleteRecovery puts a record in force that the holder of the code made.
func (s *Store) CompleteRecovery(ctx context.Context, of keys.Account, r *session.Replacement, begun, now time.Time) error {
	return s.write.change(ctx, func(tx statements) error {
		refused, err := done(tx, session.ErrRecovery, `DELETE FROM wallet_recoveries WHERE tenant = ?1 AND account = ?2 AND begun = ?3 AND root_generation = ?4
			AND EXISTS (SELECT 1 FROM wallet_accounts a WHERE a.tenant = ?1 AND a.id = ?2 AND a.suspended IS NULL)`, of.Tenant, of.ID[:], begun.UnixNano(), r.Root.Generation)
		if err = cmp.Or(err, refused); err != nil {
			return err
		}
		refused, err = replaceRecord(tx, of, r)
		if err = cmp.Or(err, refused); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM wallet_sessions WHERE tenant = ? AND account = ?`, of.Tenant, of.ID[:]); err != nil {
			return fmt.Errorf("ending sessions: %w", err)
		}
		return enter(tx, &contents.Act{Account: of, Action: contents.RecoveryCompleted, RequestID: contents.NoRequest, Now: now}, nil)
	})
}
