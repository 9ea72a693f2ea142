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
	"github.com/procura-dev/procura/wallet/session/channel"
)

// Perform does what one request of a session asks, and keeps that it did.
func (s *Store) Perform(ctx context.Context, a *contents.Act) (before []byte, err error) {
	var refused error
	err = s.write.change(ctx, func(tx statements) error {
		before, refused = nil, nil
		if err := claimNumber(tx, a); err != nil {
			return err
		}
		if err := stands(tx, a); err != nil {
			return err
		}
		if a.Changing() || a.Retried {
			if before, err = answered(tx, a); err != nil || before != nil {
				return err
			}
		}
		if refused, err = s.attempt(tx, a); err != nil {
			return err
		}
		if refused == nil && a.Deleting() {
			return nil // its audit goes with it
		}
		if err := enterOther(tx, a, refused); err != nil {
			return err
		}
		return enter(tx, a, refused)
	})
	if err != nil {
		return nil, err
	}
	return before, refused
}

// claimNumber takes the request's number, and lets the session last.
func claimNumber(tx statements, a *contents.Act) error {
	var w channel.Window
	var high, seen int64
	err := tx.row(`SELECT high, seen FROM wallet_sessions WHERE digest = ? AND tenant = ? AND account = ? AND idle > ?4 AND until > ?4`,
		a.Session[:], a.Account.Tenant, a.Account.ID[:], a.Now.UnixNano()).Scan(&high, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return contents.ErrSession
	}
	if err != nil {
		return fmt.Errorf("reading a session: %w", err)
	}
	w.High, w.Seen = uint64(high), uint64(seen) //nolint:gosec // 64 bits, as they were
	if w, err = w.Claim(a.Seq); err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE wallet_sessions SET high = ?, seen = ?, idle = ? WHERE digest = ?`, int64(w.High), int64(w.Seen), a.Idle.UnixNano(), a.Session[:]) //nolint:gosec // 64 bits, as they are
	if err != nil {
		return fmt.Errorf("claiming a number: %w", err)
	}
	return nil
}

// answered is what an act of this id that changed something answered; nil: there
// was none.
func answered(tx statements, a *contents.Act) (before []byte, err error) {
	err = tx.row(`SELECT answer FROM wallet_audit WHERE tenant = ? AND account = ? AND request = ? AND answer IS NOT NULL`, a.Account.Tenant, a.Account.ID[:], a.RequestID).Scan(&before)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for an earlier answer: %w", err)
	}
	return before, nil
}

// attempt applies all changes or, where one is refused, none.
func (s *Store) attempt(tx statements, a *contents.Act) (refused, err error) {
	if !a.Changing() {
		return nil, nil
	}
	if _, err := tx.exec(`SAVEPOINT work`); err != nil {
		return nil, fmt.Errorf("beginning the work: %w", err)
	}
	place := *a
	place.Account = a.Place()
	for i := range a.Changes {
		if refused, err = s.applyChange(tx, &place, &a.Changes[i]); err != nil {
			return nil, err
		}
		if refused != nil {
			if _, err := tx.exec(`ROLLBACK TO work`); err != nil {
				return nil, fmt.Errorf("undoing the work: %w", err)
			}
			break
		}
	}
	if _, err := tx.exec(`RELEASE work`); err != nil {
		return nil, fmt.Errorf("ending the work: %w", err)
	}
	return refused, nil
}

// enter adds the entry of the audit.
func enter(tx statements, a *contents.Act, refused error) error {
	var answer []byte
	if a.Changing() && refused == nil {
		answer = a.Answer
	}
	return add(tx, a.Account, contents.EntryOf(a, refused), answer)
}

// enterOther adds that of the account in which a proxy acts.
func enterOther(tx statements, a *contents.Act, refused error) error {
	if in := a.Other(refused); in != nil {
		return add(tx, *in, contents.EntryOfProxy(a, refused), nil)
	}
	return nil
}

// add adds an entry after an account's last.
func add(tx statements, to keys.Account, e contents.Entry, answer []byte) error {
	var before [sha256.Size]byte
	var hash []byte
	err := tx.row(`SELECT n, hash FROM wallet_audit WHERE tenant = ? AND account = ? ORDER BY n DESC LIMIT 1`, to.Tenant, to.ID[:]).Scan(&e.N, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("reading the audit: %w", err)
	}
	copy(before[:], hash)
	e.N++
	e.Hash = e.Chain(before)
	_, err = tx.exec(`INSERT INTO wallet_audit (tenant, account, n, at, action, request, result, hash, answer, by_account, in_account, decision, admin, part) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		to.Tenant, to.ID[:], e.N, e.At.UnixNano(), e.Action, e.RequestID, e.Result, e.Hash[:], orNull(answer), idOf(e.By), idOf(e.In), textOf(e.Decision), textOf(e.Admin), idOf(e.Partition))
	if err != nil {
		return fmt.Errorf("adding to the audit: %w", err)
	}
	return nil
}

func (s *Store) applyChange(tx statements, a *contents.Act, c *contents.Change) (refused, err error) {
	switch {
	case c.AddPartition != nil:
		return s.addPartition(tx, a, c.AddPartition)
	case c.SetMode != nil:
		return s.setMode(tx, a, c.SetMode)
	case c.CloseAll != nil:
		return closeAll(tx, a, *c.CloseAll)
	case c.PutProfile != nil, c.RemoveProfile != nil, c.PutKey != nil, c.RemoveKeys != nil:
		return changeProfile(tx, a, c)
	case c.KeepSession != nil:
		return nil, keepSession(tx, a, c.KeepSession)
	case c.PutItem != nil:
		return putItem(tx, a, c.PutItem)
	case c.RemoveItem != nil:
		return removeItem(tx, a, c.RemoveItem)
	case c.EndSession != nil:
		return done(tx, contents.ErrSession, `DELETE FROM wallet_sessions WHERE digest = ? AND tenant = ? AND account = ?`, c.EndSession[:], a.Account.Tenant, a.Account.ID[:])
	case c.RemoveDevice != nil:
		return removeDevice(tx, a, *c.RemoveDevice)
	case c.Account != nil:
		return s.changeAccount(tx, a, c.Account)
	case c.PutRepresented != nil, c.RemoveRepresented != nil, c.OpenProxy != nil, c.CloseProxy != nil:
		return s.changeProxy(tx, a, c)
	}
	return nil, errors.New("a change that changes nothing")
}

func putItem(tx statements, a *contents.Act, i *contents.Item) (refused, err error) {
	if i.Version == 1 {
		return addItem(tx, a, i)
	}
	return changeItem(tx, a, i)
}

// done runs a statement, and refuses where there is no row for it.
func done(tx statements, otherwise error, text string, args ...any) (refused, err error) {
	r, err := tx.exec(text, args...)
	if err != nil {
		return nil, fmt.Errorf("changing a wallet: %w", err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return otherwise, err
	}
	return nil, nil
}

// placed refuses an item of a partition that there is not, or of an epoch that has
// ended, or in a collection that there is not.
func placed(tx statements, a *contents.Act, i *contents.Item) (refused, err error) {
	var newest uint64
	if err := tx.row(`SELECT coalesce(max(epoch), 0) FROM wallet_partitions WHERE tenant = ? AND account = ? AND id = ?`, a.Account.Tenant, a.Account.ID[:], i.Partition[:]).Scan(&newest); err != nil {
		return nil, fmt.Errorf("reading a partition: %w", err)
	}
	if newest == 0 {
		return contents.ErrPartition, nil
	}
	if newest != i.Epoch {
		return contents.ErrEpoch, nil
	}
	if i.Collection == nil {
		return nil, nil
	}
	var there int
	err = tx.row(`SELECT count(*) FROM wallet_items WHERE tenant = ? AND account = ? AND part = ? AND own = ? AND kind = ?`,
		a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.Collection[:], contents.KindCollection).Scan(&there)
	if err != nil {
		return nil, fmt.Errorf("looking for a collection: %w", err)
	}
	if there == 0 {
		return contents.ErrCollection, nil
	}
	return nil, nil
}

func addItem(tx statements, a *contents.Act, i *contents.Item) (refused, err error) {
	if refused, err = placed(tx, a, i); refused != nil || err != nil {
		return refused, err
	}
	if refused, err = fresh(tx, a, i); refused != nil || err != nil {
		return refused, err
	}
	if refused, err = done(tx, contents.ErrFull, `UPDATE wallet_accounts SET items = items + 1 WHERE tenant = ? AND id = ? AND items < ?`, a.Account.Tenant, a.Account.ID[:], contents.MaxItems); refused != nil || err != nil {
		return refused, err
	}
	_, err = tx.exec(`INSERT INTO wallet_items (tenant, account, part, id, kind, epoch, version, own, collection, key, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.ID[:], i.Kind, i.Epoch, i.Version, bytesOf(i.Own), bytesOf(i.Collection), i.Sealed.Key, i.Sealed.Content)
	if err != nil {
		return nil, fmt.Errorf("storing an item: %w", err)
	}
	return nil, tag(tx, a, i)
}

// fresh refuses an item whose id, or own id, another has.
func fresh(tx statements, a *contents.Act, i *contents.Item) (refused, err error) {
	var same, owned bool
	err = tx.row(`SELECT EXISTS (SELECT 1 FROM wallet_items WHERE tenant = ?1 AND account = ?2 AND part = ?3 AND id = ?4),
			EXISTS (SELECT 1 FROM wallet_items WHERE tenant = ?1 AND account = ?2 AND part = ?3 AND own = ?5 AND id != ?4)`,
		a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.ID[:], bytesOf(i.Own)).Scan(&same, &owned)
	switch {
	case err != nil:
		return nil, fmt.Errorf("looking for an item: %w", err)
	case same && i.Version == 1:
		return contents.ErrExists, nil
	case owned:
		return contents.ErrTag, nil
	}
	return nil, nil
}

func changeItem(tx statements, a *contents.Act, i *contents.Item) (refused, err error) {
	if refused, err = placed(tx, a, i); refused != nil || err != nil {
		return refused, err
	}
	if refused, err = fresh(tx, a, i); refused != nil || err != nil {
		return refused, err
	}
	if refused, err = empty(tx, a, i.Partition, i.ID, i.Own); refused != nil || err != nil {
		return refused, err
	}
	refused, err = done(tx, contents.ErrVersion, `UPDATE wallet_items SET epoch = ?, version = ?, own = ?, collection = ?, key = ?, content = ?
		WHERE tenant = ? AND account = ? AND part = ? AND id = ? AND kind = ? AND version = ?`,
		i.Epoch, i.Version, bytesOf(i.Own), bytesOf(i.Collection), i.Sealed.Key, i.Sealed.Content,
		a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.ID[:], i.Kind, i.Version-1)
	if refused != nil || err != nil {
		return refused, err
	}
	if _, err := tx.exec(`DELETE FROM wallet_tags WHERE tenant = ? AND account = ? AND part = ? AND id = ?`, a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.ID[:]); err != nil {
		return nil, fmt.Errorf("removing tags: %w", err)
	}
	return nil, tag(tx, a, i)
}

// empty refuses a collection with something in it, which is found by the tag that it
// has, and by no other.
func empty(tx statements, a *contents.Act, partition, id keys.ID, next *keys.Tag) (refused, err error) {
	var full bool
	err = tx.row(`SELECT EXISTS (SELECT 1 FROM wallet_items i JOIN wallet_items c ON c.tenant = i.tenant AND c.account = i.account AND c.part = i.part AND c.own = i.collection
		WHERE c.tenant = ? AND c.account = ? AND c.part = ? AND c.id = ? AND c.kind = ? AND c.own IS NOT ?)`,
		a.Account.Tenant, a.Account.ID[:], partition[:], id[:], contents.KindCollection, bytesOf(next)).Scan(&full)
	if err != nil {
		return nil, fmt.Errorf("looking into a collection: %w", err)
	}
	if full {
		return contents.ErrCollectionFull, nil
	}
	return nil, nil
}

// removeItem removes one. A collection goes when nothing is in it.
func removeItem(tx statements, a *contents.Act, r *contents.Removal) (refused, err error) {
	if refused, err = empty(tx, a, r.Partition, r.ID, nil); refused != nil || err != nil {
		return refused, err
	}
	refused, err = done(tx, contents.ErrVersion, `DELETE FROM wallet_items WHERE tenant = ? AND account = ? AND part = ? AND id = ? AND version = ?`,
		a.Account.Tenant, a.Account.ID[:], r.Partition[:], r.ID[:], r.Version)
	if refused != nil || err != nil {
		return refused, err
	}
	return done(tx, contents.ErrItem, `UPDATE wallet_accounts SET items = items - 1 WHERE tenant = ? AND id = ?`, a.Account.Tenant, a.Account.ID[:])
}

func tag(tx statements, a *contents.Act, i *contents.Item) error {
	for _, t := range i.Tags {
		if _, err := tx.exec(`INSERT INTO wallet_tags (tenant, account, part, tag, id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, a.Account.Tenant, a.Account.ID[:], i.Partition[:], t[:], i.ID[:]); err != nil {
			return fmt.Errorf("storing a tag: %w", err)
		}
	}
	return nil
}

// bytesOf is a tag's, or null.
func bytesOf(t *keys.Tag) any {
	if t == nil {
		return nil
	}
	return t[:]
}

const itemColumns = `i.part, i.id, i.kind, i.epoch, i.version, i.own, i.collection, i.key, i.content`

// Item returns one item.
func (s *Store) Item(ctx context.Context, of keys.Account, partition, id keys.ID) (*contents.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	i, err := scanItem(s.read.now().row(`SELECT `+itemColumns+` FROM wallet_items i WHERE i.tenant = ? AND i.account = ? AND i.part = ? AND i.id = ?`, of.Tenant, of.ID[:], partition[:], id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, contents.ErrItem
	}
	return i, err
}

func scanItem(r row) (*contents.Item, error) {
	var i contents.Item
	var part, id, own, collection []byte
	if err := r.Scan(&part, &id, &i.Kind, &i.Epoch, &i.Version, &own, &collection, &i.Sealed.Key, &i.Sealed.Content); err != nil {
		return nil, fmt.Errorf("reading an item: %w", err)
	}
	i.Partition, i.ID, i.Own, i.Collection = keys.ID(part), keys.ID(id), tagOf(own), tagOf(collection)
	return &i, nil
}

func tagOf(b []byte) *keys.Tag {
	if len(b) == 0 {
		return nil
	}
	t := keys.Tag(b)
	return &t
}

// Items returns those that a query is for, in the order of their ids.
func (s *Store) Items(ctx context.Context, of keys.Account, q contents.Query) ([]contents.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT `+itemColumns+` FROM wallet_items i WHERE i.tenant = ?1 AND i.account = ?2 AND i.part = ?3 AND i.id > ?4
			AND (?5 = '' OR i.kind = ?5) AND (?6 IS NULL OR i.collection = ?6)
			AND (?7 IS NULL OR i.own = ?7 OR EXISTS (SELECT 1 FROM wallet_tags t WHERE t.tenant = ?1 AND t.account = ?2 AND t.part = ?3 AND t.tag = ?7 AND t.id = i.id))
		ORDER BY i.id LIMIT ?8`, of.Tenant, of.ID[:], q.Partition[:], q.After[:], q.Kind, bytesOf(q.Collection), bytesOf(q.Tag), q.Most)
	if err != nil {
		return nil, fmt.Errorf("reading items: %w", err)
	}
	defer rows.Close()
	list := []contents.Item{}
	for rows.Next() {
		i, err := scanItem(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, *i)
	}
	return list, rows.Err()
}

// Audit returns entries in the order in which they were added.
func (s *Store) Audit(ctx context.Context, of keys.Account, after int64, most int) ([]contents.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT n, at, action, request, result, hash, by_account, in_account, coalesce(decision, ''), coalesce(admin, ''), part FROM wallet_audit WHERE tenant = ? AND account = ? AND n > ? ORDER BY n LIMIT ?`, of.Tenant, of.ID[:], after, most)
	if err != nil {
		return nil, fmt.Errorf("reading the audit: %w", err)
	}
	defer rows.Close()
	list := []contents.Entry{}
	for rows.Next() {
		var e contents.Entry
		var at int64
		var hash, by, in, part []byte
		if err := rows.Scan(&e.N, &at, &e.Action, &e.RequestID, &e.Result, &hash, &by, &in, &e.Decision, &e.Admin, &part); err != nil {
			return nil, fmt.Errorf("reading the audit: %w", err)
		}
		e.At, e.By, e.In, e.Partition = instant(at), maybeID(by), maybeID(in), maybeID(part)
		copy(e.Hash[:], hash)
		list = append(list, e)
	}
	return list, rows.Err()
}

// FindSession returns the session of a digest that has not ended.
func (s *Store) FindSession(ctx context.Context, digest [sha256.Size]byte, now time.Time) (*session.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := &session.Session{Digest: digest}
	var account, device []byte
	var begun, idle, until int64
	err := s.read.now().row(`SELECT tenant, account, generation, device, begun, idle, until, sealed FROM wallet_sessions WHERE digest = ? AND idle > ?2 AND until > ?2`, digest[:], now.UnixNano()).
		Scan(&n.Account.Tenant, &account, &n.Generation, &device, &begun, &idle, &until, &n.Row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, contents.ErrSession
	}
	if err != nil {
		return nil, fmt.Errorf("reading a session: %w", err)
	}
	n.Account.ID, n.Device = keys.ID(account), keys.ID(device)
	n.Begun, n.Idle, n.Until = instant(begun), instant(idle), instant(until)
	return n, nil
}
