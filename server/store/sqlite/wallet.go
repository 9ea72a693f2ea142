package sqlite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
)

// WalletSecrets returns every generation, the newest first. Where there is none,
// first is the first, and fake what a name that nobody has is answered by.
func (s *Store) WalletSecrets(ctx context.Context, first *session.Secrets, fake session.Record) (all []*session.Secrets, err error) {
	err = s.write.change(ctx, func(tx statements) error {
		if all, err = s.secrets(tx); err != nil {
			return err
		}
		if err := lacking(tx); err != nil || len(all) > 0 {
			return err
		}
		if _, err := tx.exec(`INSERT INTO wallet_secrets (generation, sealed, begun) VALUES (?, ?, ?)`, first.Generation, s.key.WalletSecrets(first), first.Begun.UnixNano()); err != nil {
			return fmt.Errorf("storing secrets: %w", err)
		}
		all = []*session.Secrets{first}
		return addAccount(tx, &session.Account{Record: fake, Version: 1, Begun: time.Now()})
	})
	return all, err
}

// lacking refuses records whose generation of secrets is not here.
func lacking(tx statements) error {
	var some bool
	if err := tx.row(`SELECT EXISTS (SELECT 1 FROM wallet_accounts WHERE generation NOT IN (SELECT generation FROM wallet_secrets))`).Scan(&some); err != nil {
		return fmt.Errorf("looking for records: %w", err)
	}
	if some {
		return session.ErrSecrets
	}
	return nil
}

func (s *Store) secrets(tx statements) ([]*session.Secrets, error) {
	rows, err := tx.query(`SELECT generation, sealed, begun FROM wallet_secrets ORDER BY generation DESC`)
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
	if err := ctx.Err(); err != nil {
		return nil, session.Device{}, err
	}
	a, known, err := scanAccount(s.read.now().row(`SELECT `+accountColumns+`,
			(SELECT d.id FROM wallet_devices d WHERE d.tenant = a.tenant AND d.account = a.id AND d.digest = ?3)
		FROM wallet_accounts a WHERE (a.tenant = ?1 AND a.name = ?2) OR (a.tenant = '' AND a.name = '') ORDER BY a.tenant DESC LIMIT 1`, tenant, name, device[:]))
	if err != nil || len(known) == 0 {
		return a, session.Device{}, err
	}
	return a, session.Device{ID: keys.ID(known), Digest: device}, nil
}

// Account returns the account of an id.
func (s *Store) Account(ctx context.Context, of keys.Account) (*session.Account, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a, _, err := scanAccount(s.read.now().row(`SELECT `+accountColumns+`, NULL FROM wallet_accounts a WHERE a.tenant = ? AND a.id = ?`, of.Tenant, of.ID[:]))
	if errors.Is(err, sql.ErrNoRows) {
		err = session.ErrAccount
	}
	return a, err
}

const accountColumns = `a.tenant, a.name, a.id, a.generation, a.profile, a.record, a.version, a.root_generation, a.root, a.box, a.sign, a.private, a.begun, coalesce(a.suspended, 0)`

func scanAccount(r row) (a *session.Account, device []byte, err error) {
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
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT id, begun, last, label FROM wallet_devices WHERE tenant = ? AND account = ? ORDER BY begun, id`, of.Tenant, of.ID[:])
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
	err = s.write.change(ctx, func(tx statements) error {
		spent, err := guesses(tx, g.Key, now)
		if err != nil {
			return err
		}
		if wait = session.Wait(spent, now); wait > 0 {
			return nil
		}
		if _, err := tx.exec(`INSERT INTO wallet_guesses (key, at, id) VALUES (?, ?, ?)`, g.Key[:], now.UnixNano(), g.ID[:]); err != nil {
			return fmt.Errorf("counting a try: %w", err)
		}
		return nil
	})
	return wait, err
}

// guesses are the times of those that count, the latest last.
func guesses(tx statements, key [32]byte, now time.Time) ([]time.Time, error) {
	rows, err := tx.query(`SELECT at FROM wallet_guesses WHERE key = ? AND at > ? ORDER BY at`, key[:], now.Add(-session.GuessDay).UnixNano())
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
	return s.write.change(ctx, func(tx statements) error {
		if err := spend(tx, ticket); err != nil {
			return err
		}
		var blocked bool
		if err := tx.row(blockedText, a.Tenant, a.Name, a.Begun.UnixNano()).Scan(&blocked); err != nil {
			return fmt.Errorf("looking for a name: %w", err)
		}
		if blocked {
			return session.ErrNameTaken
		}
		return addAccount(tx, a)
	})
}

func addAccount(tx statements, a *session.Account) error {
	_, err := tx.exec(`INSERT INTO wallet_accounts (tenant, name, id, generation, profile, record, version, root_generation, root, box, sign, private, begun)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, a.Tenant, a.Name, a.ID[:], a.Record.Generation, a.Record.Profile.String(), a.Record.Bytes, a.Version,
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
func spend(tx statements, ticket session.Spent) error {
	_, err := tx.exec(`INSERT INTO wallet_tickets (digest, expires) VALUES (?, ?)`, ticket.Digest[:], ticket.Expires.UnixNano())
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
	return s.write.change(ctx, func(tx statements) error {
		if err := spend(tx, ticket); err != nil {
			return err
		}
		var suspended bool
		err := tx.row(`SELECT suspended IS NOT NULL FROM wallet_accounts WHERE tenant = ? AND id = ? AND version = ?`, n.Account.Tenant, n.Account.ID[:], version).Scan(&suspended)
		if errors.Is(err, sql.ErrNoRows) {
			return session.ErrRecordChanged
		}
		if err != nil {
			return fmt.Errorf("looking for the account: %w", err)
		}
		if suspended {
			return session.ErrSuspended
		}
		if _, err := tx.exec(`DELETE FROM wallet_guesses WHERE key = ? AND id = ?`, g.Key[:], g.ID[:]); err != nil {
			return fmt.Errorf("taking a try back: %w", err)
		}
		if err := meet(tx, n, d); err != nil {
			return err
		}
		return addSession(tx, n)
	})
}

// meet notes that a device logged in: a new one or, where it has no digest, again,
// unless it was removed meanwhile.
func meet(tx statements, n *session.Session, d session.Device) error {
	of, id := n.Account.Tenant, n.Account.ID[:]
	if d.Digest == [sha256.Size]byte{} {
		refused, err := done(tx, session.ErrRecordChanged, `UPDATE wallet_devices SET last = ? WHERE tenant = ? AND account = ? AND id = ?`, n.Begun.UnixNano(), of, id, d.ID[:])
		return cmp.Or(err, refused)
	}
	if _, err := tx.exec(`INSERT INTO wallet_devices (tenant, account, id, digest, begun, last) VALUES (?1, ?2, ?3, ?4, ?5, ?5)`, of, id, d.ID[:], d.Digest[:], n.Begun.UnixNano()); err != nil {
		return fmt.Errorf("noting a device: %w", err)
	}
	_, err := tx.exec(`DELETE FROM wallet_devices WHERE tenant = ?1 AND account = ?2 AND id IN (
			SELECT d.id FROM wallet_devices d WHERE d.tenant = ?1 AND d.account = ?2 AND d.id != ?3
				AND NOT EXISTS (SELECT 1 FROM wallet_sessions n WHERE n.tenant = ?1 AND n.account = ?2 AND n.device = d.id)
			ORDER BY d.last DESC, d.id LIMIT -1 OFFSET ?4)`, of, id, d.ID[:], session.MaxDevices)
	if err != nil {
		return fmt.Errorf("forgetting devices: %w", err)
	}
	return nil
}

func addSession(tx statements, n *session.Session) error {
	_, err := tx.exec(`INSERT INTO wallet_sessions (digest, tenant, account, generation, device, begun, idle, until, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.Digest[:], n.Account.Tenant, n.Account.ID[:], n.Generation, n.Device[:], n.Begun.UnixNano(), n.Idle.UnixNano(), n.Until.UnixNano(), n.Row)
	if err != nil {
		return fmt.Errorf("storing a session: %w", err)
	}
	return nil
}

// sweepWallets forgets what has expired.
func sweepWallets(tx statements, now time.Time) error {
	for _, text := range []string{`DELETE FROM wallet_tickets WHERE expires <= ?1`, `DELETE FROM wallet_stepups WHERE until <= ?1`, `DELETE FROM wallet_proxies WHERE until <= ?1`, `DELETE FROM wallet_inspections WHERE until <= ?1`, `DELETE FROM wallet_blocked WHERE until <= ?1`, `DELETE FROM wallet_sessions WHERE idle <= ?1 OR until <= ?1`} {
		if _, err := tx.exec(text, now.UnixNano()); err != nil {
			return fmt.Errorf("sweeping wallets: %w", err)
		}
	}
	if _, err := tx.exec(`DELETE FROM wallet_guesses WHERE at <= ?`, now.Add(-session.GuessDay).UnixNano()); err != nil {
		return fmt.Errorf("sweeping tries: %w", err)
	}
	return nil
}
