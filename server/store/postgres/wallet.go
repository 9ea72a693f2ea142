package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// WalletSecrets returns every generation, the newest first. Where there is none,
// first is the first, and fake what a name that nobody has is answered by.
func (s *Store) WalletSecrets(ctx context.Context, first *session.Secrets, fake session.Record) (all []*session.Secrets, err error) {
	err = s.change(ctx, func(tx pgx.Tx) error {
		// Of several processes one makes them, and the others wait and read.
		if _, err := tx.Exec(ctx, `LOCK TABLE wallet_secrets IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("locking the secrets: %w", err)
		}
		if all, err = s.secrets(ctx, tx); err != nil {
			return err
		}
		if err := lacking(ctx, tx); err != nil || len(all) > 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO wallet_secrets (generation, sealed, begun) VALUES ($1, $2, $3)`, first.Generation, s.key.WalletSecrets(first), first.Begun.UnixNano()); err != nil {
			return fmt.Errorf("storing secrets: %w", err)
		}
		all = []*session.Secrets{first}
		return addAccount(ctx, tx, &session.Account{Record: fake, Version: 1, Begun: time.Now()})
	})
	return all, err
}

// lacking refuses records whose generation of secrets is not here.
func lacking(ctx context.Context, tx pgx.Tx) error {
	var some bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM wallet_accounts WHERE generation NOT IN (SELECT generation FROM wallet_secrets))`).Scan(&some); err != nil {
		return fmt.Errorf("looking for records: %w", err)
	}
	if some {
		return session.ErrSecrets
	}
	return nil
}

func (s *Store) secrets(ctx context.Context, tx pgx.Tx) ([]*session.Secrets, error) {
	rows, err := tx.Query(ctx, `SELECT generation, sealed, begun FROM wallet_secrets ORDER BY generation DESC`)
	if err != nil {
		return nil, fmt.Errorf("reading secrets: %w", err)
	}
	defer rows.Close()
	var all []*session.Secrets
	for rows.Next() {
		var generation uint32
		var sealed []byte
		var begun int64
		if err := rows.Scan(&generation, &sealed, &begun); err != nil {
			return nil, fmt.Errorf("reading secrets: %w", err)
		}
		opened, err := s.key.OpenWalletSecrets(sealed, generation)
		if err != nil {
			return nil, err
		}
		opened.Begun = instant(begun)
		all = append(all, opened)
	}
	return all, rows.Err()
}

// FindAccount finds who has a name. The fake is read with it, whether it is
// wanted or not, so that both take as long.
func (s *Store) FindAccount(ctx context.Context, tenant, name string, device [sha256.Size]byte) (*session.Account, session.Device, error) {
	if !storable(tenant, name) {
		tenant, name = "", ""
	}
	a, known, err := scanAccount(s.pool.QueryRow(ctx, `SELECT `+accountColumns+`,
			(SELECT d.id FROM wallet_devices d WHERE d.tenant = a.tenant AND d.account = a.id AND d.digest = $3)
		FROM wallet_accounts a WHERE (a.tenant = $1 AND a.name = $2) OR (a.tenant = '' AND a.name = '') ORDER BY a.tenant DESC LIMIT 1`, tenant, name, device[:]))
	if err != nil || len(known) == 0 {
		return a, session.Device{}, err
	}
	return a, session.Device{ID: keys.ID(known), Digest: device}, nil
}

// Account returns the account of an id.
func (s *Store) Account(ctx context.Context, of keys.Account) (*session.Account, error) {
	a, _, err := scanAccount(s.pool.QueryRow(ctx, `SELECT `+accountColumns+`, NULL::bytea FROM wallet_accounts a WHERE a.tenant = $1 AND a.id = $2`, of.Tenant, of.ID[:]))
	if errors.Is(err, pgx.ErrNoRows) {
		err = session.ErrAccount
	}
	return a, err
}

const accountColumns = `a.tenant, a.name, a.id, a.generation, a.profile, a.record, a.version, a.root_generation, a.root, a.box, a.sign, a.private, a.begun, coalesce(a.suspended, 0)`

func scanAccount(r pgx.Row) (a *session.Account, device []byte, err error) {
	a = &session.Account{}
	var id []byte
	var profile string
	var begun, suspended int64
	err = r.Scan(&a.Tenant, &a.Name, &id, &a.Record.Generation, &profile, &a.Record.Bytes, &a.Version, &a.Root.Generation, &a.Root.Sealed, &a.Public.Box, &a.Public.Sign, &a.Private, &begun, &suspended, &device)
	if err != nil {
		return nil, nil, fmt.Errorf("looking for an account: %w", err)
	}
	if a.Record.Profile, err = session.ParseProfile(profile); err != nil {
		return nil, nil, fmt.Errorf("the account's profile: %w", err)
	}
	a.ID, a.Begun = keys.ID(id), instant(begun)
	if suspended != 0 {
		a.Suspended = instant(suspended)
	}
	return a, device, nil
}

// Devices returns an account's, as they first came.
func (s *Store) Devices(ctx context.Context, of keys.Account) ([]session.KnownDevice, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, begun, last, label FROM wallet_devices WHERE tenant = $1 AND account = $2 ORDER BY begun, id`, of.Tenant, of.ID[:])
	if err != nil {
		return nil, fmt.Errorf("reading devices: %w", err)
	}
	defer rows.Close()
	list := []session.KnownDevice{}
	for rows.Next() {
		var d session.KnownDevice
		var id []byte
		var begun, last int64
		if err := rows.Scan(&id, &begun, &last, &d.Label); err != nil {
			return nil, fmt.Errorf("reading devices: %w", err)
		}
		d.ID, d.Begun, d.Last = keys.ID(id), instant(begun), instant(last)
		list = append(list, d)
	}
	return list, rows.Err()
}

// SpendGuess counts one evaluation, or says how long to wait.
func (s *Store) SpendGuess(ctx context.Context, g session.GuessID, now time.Time) (wait time.Duration, err error) {
	err = s.change(ctx, func(tx pgx.Tx) error {
		// One after the other: else two that count at once do not see each other.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(binary.BigEndian.Uint64(g.Key[:8]))); err != nil { //nolint:gosec // any 64 bits will do
			return fmt.Errorf("counting tries: %w", err)
		}
		spent, err := guesses(ctx, tx, g.Key, now)
		if err != nil {
			return err
		}
		if wait = session.Wait(spent, now); wait > 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, `INSERT INTO wallet_guesses (key, at, id) VALUES ($1, $2, $3)`, g.Key[:], now.UnixNano(), g.ID[:]); err != nil {
			return fmt.Errorf("counting a try: %w", err)
		}
		return nil
	})
	return wait, err
}

// guesses are the times of those that count, the latest last.
func guesses(ctx context.Context, tx pgx.Tx, key [32]byte, now time.Time) ([]time.Time, error) {
	rows, err := tx.Query(ctx, `SELECT at FROM wallet_guesses WHERE key = $1 AND at > $2 ORDER BY at`, key[:], now.Add(-session.GuessDay).UnixNano())
	if err != nil {
		return nil, fmt.Errorf("counting tries: %w", err)
	}
	defer rows.Close()
	var spent []time.Time
	for rows.Next() {
		var at int64
		if err := rows.Scan(&at); err != nil {
			return nil, fmt.Errorf("counting tries: %w", err)
		}
		spent = append(spent, instant(at))
	}
	return spent, rows.Err()
}

// AddAccount adds an account, and spends its ticket.
func (s *Store) AddAccount(ctx context.Context, a *session.Account, ticket session.Spent) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		if err := spend(ctx, tx, ticket); err != nil {
			return err
		}
		var blocked bool
		if err := tx.QueryRow(ctx, blockedText, a.Tenant, a.Name, a.Begun.UnixNano()).Scan(&blocked); err != nil {
			return fmt.Errorf("looking for a name: %w", err)
		}
		if blocked {
			return session.ErrNameTaken
		}
		return addAccount(ctx, tx, a)
	})
}

func addAccount(ctx context.Context, tx pgx.Tx, a *session.Account) error {
	_, err := tx.Exec(ctx, `INSERT INTO wallet_accounts (tenant, name, id, generation, profile, record, version, root_generation, root, box, sign, private, begun)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, a.Tenant, a.Name, a.ID[:], a.Record.Generation, a.Record.Profile.String(), a.Record.Bytes, a.Version,
		a.Root.Generation, some(a.Root.Sealed), some(a.Public.Box), some(a.Public.Sign), some(a.Private), a.Begun.UnixNano())
	if taken(err) {
		return session.ErrNameTaken
	}
	if err != nil {
		return fmt.Errorf("storing an account: %w", err)
	}
	return nil
}

// some is b, and of none the empty one: a column of bytes is never null.
func some(b []byte) []byte { return append([]byte{}, b...) }

// spend remembers that a ticket was used.
func spend(ctx context.Context, tx pgx.Tx, ticket session.Spent) error {
	_, err := tx.Exec(ctx, `INSERT INTO wallet_tickets (digest, expires) VALUES ($1, $2)`, ticket.Digest[:], ticket.Expires.UnixNano())
	if taken(err) {
		return session.ErrTicketUsed
	}
	if err != nil {
		return fmt.Errorf("spending a ticket: %w", err)
	}
	return nil
}

// AddSession begins a session.
func (s *Store) AddSession(ctx context.Context, n *session.Session, version uint64, ticket session.Spent, g session.GuessID, d session.Device) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		if err := spend(ctx, tx, ticket); err != nil {
			return err
		}
		// Held until the end: who changes the password or suspends the account ends all sessions, this one too.
		var suspended bool
		err := tx.QueryRow(ctx, `SELECT suspended IS NOT NULL FROM wallet_accounts WHERE tenant = $1 AND id = $2 AND version = $3 FOR SHARE`, n.Account.Tenant, n.Account.ID[:], version).Scan(&suspended)
		if errors.Is(err, pgx.ErrNoRows) {
			return session.ErrRecordChanged
		}
		if err != nil {
			return fmt.Errorf("looking for the account: %w", err)
		}
		if suspended {
			return session.ErrSuspended
		}
		if _, err := tx.Exec(ctx, `DELETE FROM wallet_guesses WHERE key = $1 AND id = $2`, g.Key[:], g.ID[:]); err != nil {
			return fmt.Errorf("taking a try back: %w", err)
		}
		if err := meet(ctx, tx, n, d); err != nil {
			return err
		}
		return addSession(ctx, tx, n)
	})
}

// meet notes that a device logged in: a new one or, where it has no digest, again,
// unless it was removed meanwhile.
func meet(ctx context.Context, tx pgx.Tx, n *session.Session, d session.Device) error {
	of, id := n.Account.Tenant, n.Account.ID[:]
	if d.Digest == [sha256.Size]byte{} {
		refused, err := done(ctx, tx, session.ErrRecordChanged, `UPDATE wallet_devices SET last = $1 WHERE tenant = $2 AND account = $3 AND id = $4`, n.Begun.UnixNano(), of, id, d.ID[:])
		return cmp.Or(err, refused)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO wallet_devices (tenant, account, id, digest, begun, last) VALUES ($1, $2, $3, $4, $5, $5)`, of, id, d.ID[:], d.Digest[:], n.Begun.UnixNano()); err != nil {
		return fmt.Errorf("noting a device: %w", err)
	}
	_, err := tx.Exec(ctx, `DELETE FROM wallet_devices WHERE tenant = $1 AND account = $2 AND id IN (
			SELECT d.id FROM wallet_devices d WHERE d.tenant = $1 AND d.account = $2 AND d.id != $3
				AND NOT EXISTS (SELECT 1 FROM wallet_sessions n WHERE n.tenant = $1 AND n.account = $2 AND n.device = d.id)
			ORDER BY d.last DESC, d.id OFFSET $4)`, of, id, d.ID[:], session.MaxDevices)
	if err != nil {
		return fmt.Errorf("forgetting devices: %w", err)
	}
	return nil
}

func addSession(ctx context.Context, tx pgx.Tx, n *session.Session) error {
	_, err := tx.Exec(ctx, `INSERT INTO wallet_sessions (digest, tenant, account, generation, device, begun, idle, until, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		n.Digest[:], n.Account.Tenant, n.Account.ID[:], n.Generation, n.Device[:], n.Begun.UnixNano(), n.Idle.UnixNano(), n.Until.UnixNano(), n.Row)
	if err != nil {
		return fmt.Errorf("storing a session: %w", err)
	}
	return nil
}

// sweepWallets forgets what has expired. What another process sweeps is left to it.
func (s *Store) sweepWallets(ctx context.Context, now time.Time) error {
	for _, text := range []string{
		`DELETE FROM wallet_tickets WHERE digest IN (SELECT digest FROM wallet_tickets WHERE expires <= $1 FOR UPDATE SKIP LOCKED)`,
		`DELETE FROM wallet_stepups WHERE (session, action) IN (SELECT session, action FROM wallet_stepups WHERE until <= $1 FOR UPDATE SKIP LOCKED)`,
		`DELETE FROM wallet_proxies WHERE (session, account) IN (SELECT session, account FROM wallet_proxies WHERE until <= $1 FOR UPDATE SKIP LOCKED)`,
		`DELETE FROM wallet_inspections WHERE (tenant, account, id) IN (SELECT tenant, account, id FROM wallet_inspections WHERE until <= $1 FOR UPDATE SKIP LOCKED)`,
		`DELETE FROM wallet_blocked WHERE (tenant, name) IN (SELECT tenant, name FROM wallet_blocked WHERE until <= $1 FOR UPDATE SKIP LOCKED)`,
		`DELETE FROM wallet_sessions WHERE digest IN (SELECT digest FROM wallet_sessions WHERE idle <= $1 OR until <= $1 FOR UPDATE SKIP LOCKED)`,
	} {
		if _, err := s.pool.Exec(ctx, text, now.UnixNano()); err != nil {
			return fmt.Errorf("sweeping wallets: %w", err)
		}
	}
	_, err := s.pool.Exec(ctx, `DELETE FROM wallet_guesses WHERE (key, at, id) IN (SELECT key, at, id FROM wallet_guesses WHERE at <= $1 FOR UPDATE SKIP LOCKED)`, now.Add(-session.GuessDay).UnixNano())
	if err != nil {
		return fmt.Errorf("sweeping tries: %w", err)
	}
	return nil
}
