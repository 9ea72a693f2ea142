package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// changeAccount does what is asked of the account itself.
func (s *Store) changeAccount(ctx context.Context, tx pgx.Tx, a *contents.Act, c *contents.AccountChange) (refused, err error) {
	of, id := a.Account.Tenant, a.Account.ID[:]
	switch {
	case c.StepUp != nil:
		return stepUp(ctx, tx, a, c.StepUp)
	case c.UseStepUp != nil:
		return done(ctx, tx, session.ErrStepUp, `DELETE FROM wallet_stepups WHERE session = $1 AND action = $2 AND until > $3`, a.Session[:], c.UseStepUp[:], a.Now.UnixNano())
	case c.Password != nil:
		return s.changePassword(ctx, tx, a, c.Password)
	case c.Recovery != nil:
		return setRecovery(ctx, tx, a, c.Recovery)
	case c.DropRecovery:
		return done(ctx, tx, contents.ErrItem, `DELETE FROM wallet_recoveries WHERE tenant = $1 AND account = $2`, of, id)
	case c.CancelRecovery:
		return done(ctx, tx, contents.ErrItem, `UPDATE wallet_recoveries SET begun = NULL WHERE tenant = $1 AND account = $2 AND begun IS NOT NULL`, of, id)
	case c.Label != nil:
		return done(ctx, tx, contents.ErrItem, `UPDATE wallet_devices SET label = $1 WHERE tenant = $2 AND account = $3 AND id = $4`, c.Label.Sealed, of, id, c.Label.Device[:])
	case !c.Delete.IsZero():
		return nil, deleteAccount(ctx, tx, a.Account, c.Delete)
	}
	return nil, errors.New("a change of an account that changes nothing")
}

// stepUp keeps that a session's password was proved again, by the record in force.
func stepUp(ctx context.Context, tx pgx.Tx, a *contents.Act, s *session.StepUp) (refused, err error) {
	if err := spend(ctx, tx, s.Ticket); err != nil {
		return refusal(err, session.ErrTicketUsed)
	}
	var same int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM wallet_accounts WHERE tenant = $1 AND id = $2 AND version = $3`, a.Account.Tenant, a.Account.ID[:], s.Version).Scan(&same); err != nil {
		return nil, fmt.Errorf("looking for the account: %w", err)
	}
	if same == 0 {
		return session.ErrRecordChanged, nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM wallet_guesses WHERE key = $1 AND id = $2`, s.Guess.Key[:], s.Guess.ID[:]); err != nil {
		return nil, fmt.Errorf("taking a try back: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO wallet_stepups (session, action, until) VALUES ($1, $2, $3) ON CONFLICT (session, action) DO UPDATE SET until = $3`, a.Session[:], s.Action[:], s.Until.UnixNano())
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
func (s *Store) changePassword(ctx context.Context, tx pgx.Tx, a *contents.Act, p *contents.PasswordChange) (refused, err error) {
	if p.Compromised != nil {
		if refused, err = s.renew(ctx, tx, a, p.Root.Generation, p.Compromised); refused != nil || err != nil {
			return refused, err
		}
	}
	if refused, err = replaceRecord(ctx, tx, a.Account, &p.Replacement); refused != nil || err != nil {
		return refused, err
	}
	for _, text := range []string{
		`DELETE FROM wallet_sessions WHERE tenant = $1 AND account = $2 AND digest != $3`,
		`DELETE FROM wallet_stepups WHERE session IN (SELECT digest FROM wallet_sessions WHERE tenant = $1 AND account = $2 AND digest = $3)`,
	} {
		if _, err := tx.Exec(ctx, text, a.Account.Tenant, a.Account.ID[:], a.Session[:]); err != nil {
			return nil, fmt.Errorf("ending sessions: %w", err)
		}
	}
	_, err = tx.Exec(ctx, `UPDATE wallet_recoveries SET begun = NULL WHERE tenant = $1 AND account = $2`, a.Account.Tenant, a.Account.ID[:])
	if err != nil {
		return nil, fmt.Errorf("ending a recovery: %w", err)
	}
	return nil, nil
}

// replaceRecord spends the ticket, and puts a record in the place of the one that
// the ticket says, with its slot.
func replaceRecord(ctx context.Context, tx pgx.Tx, of keys.Account, r *session.Replacement) (refused, err error) {
	if err := spend(ctx, tx, r.Ticket); err != nil {
		return refusal(err, session.ErrTicketUsed)
	}
	return done(ctx, tx, session.ErrRecordChanged, `UPDATE wallet_accounts SET generation = $1, profile = $2, record = $3, version = version + 1, root = $4
		WHERE tenant = $5 AND id = $6 AND version = $7 AND root_generation = $8`,
		r.Record.Generation, r.Record.Profile.String(), r.Record.Bytes, r.Root.Sealed, of.Tenant, of.ID[:], r.Version, r.Root.Generation)
}

// renew gives an account the keys of the root key of a generation.
func (s *Store) renew(ctx context.Context, tx pgx.Tx, a *contents.Act, generation uint64, r *contents.Renewal) (refused, err error) {
	had, err := allEpochs(ctx, tx, a.Account)
	if err != nil {
		return nil, err
	}
	if !r.Whole(had, generation) {
		return contents.ErrVersion, nil
	}
	refused, err = done(ctx, tx, contents.ErrVersion, `UPDATE wallet_accounts SET root_generation = root_generation + 1, box = $1, sign = $2, private = $3 WHERE tenant = $4 AND id = $5 AND root_generation + 1 = $6`,
		r.Public.Box, r.Public.Sign, r.Private, a.Account.Tenant, a.Account.ID[:], generation)
	if refused != nil || err != nil {
		return refused, err
	}
	for i := range r.Partitions {
		if err := s.rewrap(ctx, tx, a, &r.Partitions[i]); err != nil {
			return nil, err
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM wallet_recoveries WHERE tenant = $1 AND account = $2`, a.Account.Tenant, a.Account.ID[:]); err != nil {
		return nil, fmt.Errorf("removing the recovery slot: %w", err)
	}
	_, err = tx.Exec(ctx, `DELETE FROM wallet_devices WHERE tenant = $1 AND account = $2 AND id NOT IN (SELECT device FROM wallet_sessions WHERE digest = $3)`, a.Account.Tenant, a.Account.ID[:], a.Session[:])
	if err != nil {
		return nil, fmt.Errorf("forgetting devices: %w", err)
	}
	return nil, nil
}

// allEpochs are those of every partition, their ids, numbers and modes alone.
func allEpochs(ctx context.Context, tx pgx.Tx, of keys.Account) (list []contents.Partition, err error) {
	rows, err := tx.Query(ctx, `SELECT id, epoch, mode FROM wallet_partitions WHERE tenant = $1 AND account = $2`, of.Tenant, of.ID[:])
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
func (s *Store) rewrap(ctx context.Context, tx pgx.Tx, a *contents.Act, p *contents.Partition) error {
	_, err := tx.Exec(ctx, `INSERT INTO wallet_partitions (tenant, account, id, epoch, mode, root, sealed, begun, proof, held)
		SELECT tenant, account, id, $4::bigint, mode, $5::bigint, $6::bytea, $7::bigint, $8::bytea, $9::bytea FROM wallet_partitions WHERE tenant = $1 AND account = $2 AND id = $3 AND epoch = greatest(1, $4::bigint - 1)
		ON CONFLICT (tenant, account, id, epoch) DO UPDATE SET root = $5, sealed = $6`,
		a.Account.Tenant, a.Account.ID[:], p.ID[:], p.Epoch, p.Root, p.Key, a.Now.UnixNano(), proofOf(p.Check), s.held(a.Account, p.ID, p))
	if err != nil {
		return fmt.Errorf("keeping a partition's key: %w", err)
	}
	return nil
}

func setRecovery(ctx context.Context, tx pgx.Tx, a *contents.Act, r *session.Recovery) (refused, err error) {
	return done(ctx, tx, contents.ErrVersion, `INSERT INTO wallet_recoveries (tenant, account, root_generation, root, proof)
		SELECT tenant, id, root_generation, $4::bytea, $5::bytea FROM wallet_accounts WHERE tenant = $1 AND id = $2 AND root_generation = $3
		ON CONFLICT (tenant, account) DO UPDATE SET root_generation = $3, root = $4, proof = $5, begun = NULL`,
		a.Account.Tenant, a.Account.ID[:], r.Root.Generation, r.Root.Sealed, r.Proof[:])
}

// removeDevice forgets a device, and ends its sessions. The device goes first: who
// logs in by it holds it until the session is there to be ended.
func removeDevice(ctx context.Context, tx pgx.Tx, a *contents.Act, id keys.ID) (refused, err error) {
	refused, err = done(ctx, tx, contents.ErrItem, `DELETE FROM wallet_devices WHERE tenant = $1 AND account = $2 AND id = $3`, a.Account.Tenant, a.Account.ID[:], id[:])
	if refused != nil || err != nil {
		return refused, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM wallet_sessions WHERE tenant = $1 AND account = $2 AND device = $3`, a.Account.Tenant, a.Account.ID[:], id[:]); err != nil {
		return nil, fmt.Errorf("ending a device's sessions: %w", err)
	}
	return nil, nil
}

// deleteAccount deletes all of an account, and blocks its name.
func deleteAccount(ctx context.Context, tx pgx.Tx, of keys.Account, until time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO wallet_blocked (tenant, name, until) SELECT tenant, name, $3::bigint FROM wallet_accounts WHERE tenant = $1 AND id = $2
		ON CONFLICT (tenant, name) DO UPDATE SET until = $3`, of.Tenant, of.ID[:], until.UnixNano()); err != nil {
		return fmt.Errorf("blocking a name: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM wallet_accounts WHERE tenant = $1 AND id = $2`, of.Tenant, of.ID[:]); err != nil {
		return fmt.Errorf("deleting an account: %w", err)
	}
	return nil
}

// Blocked reports whether a name was an account's that was deleted lately.
func (s *Store) Blocked(ctx context.Context, tenant, name string, now time.Time) (blocked bool, err error) {
	err = s.pool.QueryRow(ctx, blockedText, tenant, name, now.UnixNano()).Scan(&blocked)
	if err != nil {
		return false, fmt.Errorf("looking for a name: %w", err)
	}
	return blocked, nil
}

const blockedText = `SELECT EXISTS (SELECT 1 FROM wallet_blocked WHERE tenant = $1 AND name = $2 AND until > $3)`

// SteppedUp reports whether a session may do one request that needs the password again.
func (s *Store) SteppedUp(ctx context.Context, of, action [sha256.Size]byte, now time.Time) (there bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM wallet_stepups WHERE session = $1 AND action = $2 AND until > $3)`, of[:], action[:], now.UnixNano()).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("looking for a step-up: %w", err)
	}
	return there, nil
}

// Recovery returns an account's, or nil.
func (s *Store) Recovery(ctx context.Context, of keys.Account) (*session.Recovery, error) {
	var r session.Recovery
	var proof []byte
	var begun *int64
	err := s.pool.QueryRow(ctx, `SELECT root_generation, root, proof, begun FROM wallet_recoveries WHERE tenant = $1 AND account = $2`, of.Tenant, of.ID[:]).Scan(&r.Root.Generation, &r.Root.Sealed, &proof, &begun)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for a recovery: %w", err)
	}
	copy(r.Proof[:], proof)
	if begun != nil {
		r.Begun = instant(*begun)
	}
	return &r, nil
}

// BeginRecovery notes that one began, once.
func (s *Store) BeginRecovery(ctx context.Context, of keys.Account, now time.Time) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		refused, err := done(ctx, tx, session.ErrRecovery, `UPDATE wallet_recoveries SET begun = coalesce(begun, $1) WHERE tenant = $2 AND account = $3`, now.UnixNano(), of.Tenant, of.ID[:])
		if err = cmp.Or(err, refused); err != nil {
			return err
		}
		return enter(ctx, tx, &contents.Act{Account: of, Action: contents.RecoveryBegun, RequestID: contents.NoRequest, Now: now}, nil)
	})
}

// CompleteRecovery puts a record in force that the holder of the code made.
func (s *Store) CompleteRecovery(ctx context.Context, of keys.Account, r *session.Replacement, begun, now time.Time) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		refused, err := done(ctx, tx, session.ErrRecovery, `DELETE FROM wallet_recoveries WHERE tenant = $1 AND account = $2 AND begun = $3 AND root_generation = $4
			AND EXISTS (SELECT 1 FROM wallet_accounts a WHERE a.tenant = $1 AND a.id = $2 AND a.suspended IS NULL)`, of.Tenant, of.ID[:], begun.UnixNano(), r.Root.Generation)
		if err = cmp.Or(err, refused); err != nil {
			return err
		}
		refused, err = replaceRecord(ctx, tx, of, r)
		if err = cmp.Or(err, refused); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM wallet_sessions WHERE tenant = $1 AND account = $2`, of.Tenant, of.ID[:]); err != nil {
			return fmt.Errorf("ending sessions: %w", err)
		}
		return enter(ctx, tx, &contents.Act{Account: of, Action: contents.RecoveryCompleted, RequestID: contents.NoRequest, Now: now}, nil)
	})
}
