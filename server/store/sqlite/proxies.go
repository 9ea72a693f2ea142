package sqlite

import (
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

// changeProxy does the one of a change's members that is about acting for others.
func (s *Store) changeProxy(tx statements, a *contents.Act, c *contents.Change) (refused, err error) {
	switch {
	case c.PutRepresented != nil:
		return s.putRepresented(tx, a, c.PutRepresented)
	case c.RemoveRepresented != nil:
		r := c.RemoveRepresented
		return done(tx, contents.ErrVersion, `DELETE FROM wallet_represented WHERE tenant = ? AND account = ? AND id = ? AND version = ?`, a.Account.Tenant, a.Account.ID[:], r.ID[:], r.Version)
	case c.OpenProxy != nil:
		return openProxy(tx, a, c.OpenProxy)
	}
	return done(tx, contents.ErrProxy, `DELETE FROM wallet_proxies WHERE session = ? AND account = ?`, a.Session[:], c.CloseProxy[:])
}

// putRepresented keeps one, and ends what its proxies had open.
func (s *Store) putRepresented(tx statements, a *contents.Act, r *contents.Represented) (refused, err error) {
	sealed, err := s.key.Represented(r, a.Account)
	if err != nil {
		return nil, err
	}
	if r.Version > 1 {
		if _, err := tx.exec(`DELETE FROM wallet_proxies WHERE tenant = ? AND account = ? AND represented = ?`, a.Account.Tenant, a.Account.ID[:], r.ID[:]); err != nil {
			return nil, fmt.Errorf("ending proxies: %w", err)
		}
		return done(tx, contents.ErrVersion, `UPDATE wallet_represented SET version = ?, sealed = ? WHERE tenant = ? AND account = ? AND id = ? AND version = ?`,
			r.Version, sealed, a.Account.Tenant, a.Account.ID[:], r.ID[:], r.Version-1)
	}
	var all, same int
	err = tx.row(`SELECT count(*), count(CASE WHEN id = ?3 THEN 1 END) FROM wallet_represented WHERE tenant = ?1 AND account = ?2`, a.Account.Tenant, a.Account.ID[:], r.ID[:]).Scan(&all, &same)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading who is represented: %w", err)
	case same > 0:
		return contents.ErrVersion, nil
	case all >= contents.MaxRepresented:
		return contents.ErrFull, nil
	}
	_, err = tx.exec(`INSERT INTO wallet_represented (tenant, account, id, version, sealed, begun) VALUES (?, ?, ?, ?, ?, ?)`,
		a.Account.Tenant, a.Account.ID[:], r.ID[:], r.Version, sealed, r.Begun.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("storing who is represented: %w", err)
	}
	return nil, nil
}

// openProxy has a session act in an account, as its owner's terms are still.
func openProxy(tx statements, a *contents.Act, o *contents.Opening) (refused, err error) {
	if err := spend(tx, o.Ticket); err != nil {
		return refusal(err, session.ErrTicketUsed)
	}
	p := o.Proxy
	if p == nil {
		return nil, nil
	}
	var same, all int
	var suspended bool
	err = tx.row(`SELECT (SELECT count(*) FROM wallet_represented WHERE tenant = ?1 AND account = ?2 AND id = ?3 AND version = ?4),
		EXISTS (SELECT 1 FROM wallet_accounts WHERE tenant = ?1 AND id = ?2 AND suspended IS NOT NULL),
		(SELECT count(*) FROM wallet_proxies WHERE session = ?5 AND account != ?2)`, p.In.Tenant, p.In.ID[:], p.For.ID[:], p.For.Version, a.Session[:]).Scan(&same, &suspended, &all)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading who is represented: %w", err)
	case suspended:
		return session.ErrSuspended, nil
	case same == 0:
		return nil, contents.ErrMoved
	case all >= contents.MaxProxies:
		return contents.ErrFull, nil
	}
	_, err = tx.exec(`INSERT INTO wallet_proxies (session, tenant, account, represented, id, begun, until, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
		ON CONFLICT DO UPDATE SET represented = ?4, id = ?5, begun = ?6, until = ?7, sealed = ?8`,
		a.Session[:], p.In.Tenant, p.In.ID[:], p.For.ID[:], p.ID[:], p.Begun.UnixNano(), p.Until.UnixNano(), p.Sealed)
	if err != nil {
		return nil, fmt.Errorf("storing a proxy: %w", err)
	}
	return nil, nil
}

// stands refuses an act in another's account whose proxy acts there no more.
func stands(tx statements, a *contents.Act) error {
	if a.Acted == nil {
		return nil
	}
	var there bool
	err := tx.row(`SELECT EXISTS (SELECT 1 FROM wallet_proxies WHERE session = ? AND tenant = ? AND account = ? AND id = ? AND until > ?)`,
		a.Session[:], a.Acted.In.Tenant, a.Acted.In.ID[:], a.Acted.Proxy[:], a.Now.UnixNano()).Scan(&there)
	if err == nil && !there {
		err = contents.ErrMoved
	}
	return err
}

// Represented returns those whom an account represents, the first first.
func (s *Store) Represented(ctx context.Context, of keys.Account) ([]contents.Represented, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT id, version, begun, sealed FROM wallet_represented WHERE tenant = ? AND account = ? ORDER BY begun, id`, of.Tenant, of.ID[:])
	if err != nil {
		return nil, fmt.Errorf("reading who is represented: %w", err)
	}
	defer rows.Close()
	list := []contents.Represented{}
	for rows.Next() {
		var r contents.Represented
		var id, sealed []byte
		var begun int64
		if err := rows.Scan(&id, &r.Version, &begun, &sealed); err != nil {
			return nil, fmt.Errorf("reading who is represented: %w", err)
		}
		r.ID, r.Begun = keys.ID(id), instant(begun)
		if err := s.key.OpenRepresented(sealed, &r, of); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

const proxyColumns = `p.id, p.account, a.name, p.begun, p.until, r.id, r.version, r.begun, r.sealed
	FROM wallet_proxies p JOIN wallet_represented r ON r.tenant = p.tenant AND r.account = p.account AND r.id = p.represented
	JOIN wallet_accounts a ON a.tenant = p.tenant AND a.id = p.account`

func (s *Store) scanProxy(from row, p *contents.Proxy) error {
	var id, account, represented, terms []byte
	var begun, until, since int64
	if err := from.Scan(&p.In.Tenant, &p.Sealed, &id, &account, &p.Name, &begun, &until, &represented, &p.For.Version, &since, &terms); err != nil {
		return err
	}
	p.ID, p.In.ID, p.Begun, p.Until = keys.ID(id), keys.ID(account), instant(begun), instant(until)
	p.For.ID, p.For.Begun = keys.ID(represented), instant(since)
	return s.key.OpenRepresented(terms, &p.For, p.In)
}

// Proxies returns those of a session that last, without what is sealed.
func (s *Store) Proxies(ctx context.Context, of [sha256.Size]byte, now time.Time) ([]contents.Proxy, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT p.tenant, NULL, `+proxyColumns+` WHERE p.session = ? AND p.until > ? ORDER BY p.account`, of[:], now.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("reading proxies: %w", err)
	}
	defer rows.Close()
	list := []contents.Proxy{}
	for rows.Next() {
		p := contents.Proxy{Session: of}
		if err := s.scanProxy(rows, &p); err != nil {
			return nil, fmt.Errorf("reading proxies: %w", err)
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// Proxy returns that of a session which acts in an account.
func (s *Store) Proxy(ctx context.Context, of [sha256.Size]byte, in keys.Account, now time.Time) (*contents.Proxy, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &contents.Proxy{Session: of}
	err := s.scanProxy(s.read.now().row(`SELECT p.tenant, p.sealed, `+proxyColumns+` WHERE p.session = ? AND p.tenant = ? AND p.account = ? AND p.until > ?`,
		of[:], in.Tenant, in.ID[:], now.UnixNano()), p)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, contents.ErrProxy
	}
	if err != nil {
		return nil, fmt.Errorf("reading a proxy: %w", err)
	}
	return p, nil
}

// orNull is what is in b; null where that is nothing.
func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func textOf(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func idOf(id *keys.ID) any {
	if id == nil {
		return nil
	}
	return id[:]
}

func maybeID(b []byte) *keys.ID {
	if len(b) == 0 {
		return nil
	}
	id := keys.ID(b)
	return &id
}
