package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/session"
	"github.com/procura-dev/procura/wallet/session/channel"
)

// Perform does what one request of a session asks, and keeps that it did.
func (s *Store) Perform(ctx context.Context, a *contents.Act) (before []byte, err error) {
	var refused error
	err = s.change(ctx, func(tx pgx.Tx) error {
		before, refused = nil, nil
		if err := lockAccounts(ctx, tx, a); err != nil {
			return err
		}
		if err := claimNumber(ctx, tx, a); err != nil {
			return err
		}
		if err := stands(ctx, tx, a); err != nil {
			return err
		}
		if a.Changing() || a.Retried {
			if before, err = answered(ctx, tx, a); err != nil || before != nil {
				return err
			}
		}
		if refused, err = s.attempt(ctx, tx, a); err != nil {
			return err
		}
		if refused == nil && a.Deleting() {
			return nil // its audit goes with it
		}
		if err := enterOther(ctx, tx, a, refused); err != nil {
			return err
		}
		return enter(ctx, tx, a, refused)
	})
	if err != nil {
		return nil, err
	}
	return before, refused
}

// lockAccounts has sessions of one account, and those that act in it, come after one
// another: each entry is chained to the one before. First of all: who ends others'
// sessions holds the account, and waits for them. Of two, all take the same first.
func lockAccounts(ctx context.Context, tx pgx.Tx, a *contents.Act) error {
	ids := [][]byte{a.Account.ID[:]}
	if other := a.Other(nil); other != nil {
		ids = append(ids, other.ID[:])
	}
	slices.SortFunc(ids, bytes.Compare)
	for _, id := range ids {
		if _, err := tx.Exec(ctx, `SELECT 1 FROM wallet_accounts WHERE tenant = $1 AND id = $2 FOR NO KEY UPDATE`, a.Account.Tenant, id); err != nil {
			return fmt.Errorf("locking the account: %w", err)
		}
	}
	return nil
}

// claimNumber takes the request's number, and lets the session last.
func claimNumber(ctx context.Context, tx pgx.Tx, a *contents.Act) error {
	var w channel.Window
	var high, seen int64
	err := tx.QueryRow(ctx, `SELECT high, seen FROM wallet_sessions WHERE digest = $1 AND tenant = $2 AND account = $3 AND idle > $4 AND until > $4 FOR UPDATE`,
		a.Session[:], a.Account.Tenant, a.Account.ID[:], a.Now.UnixNano()).Scan(&high, &seen)
	if errors.Is(err, pgx.ErrNoRows) {
		return contents.ErrSession
	}
	if err != nil {
		return fmt.Errorf("reading a session: %w", err)
	}
	w.High, w.Seen = uint64(high), uint64(seen) //nolint:gosec // 64 bits, as they were
	if w, err = w.Claim(a.Seq); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE wallet_sessions SET high = $1, seen = $2, idle = $3 WHERE digest = $4`, int64(w.High), int64(w.Seen), a.Idle.UnixNano(), a.Session[:]) //nolint:gosec // 64 bits, as they are
	if err != nil {
		return fmt.Errorf("claiming a number: %w", err)
	}
	return nil
}

// answered is what an act of this id that changed something answered; nil: there
// was none.
func answered(ctx context.Context, tx pgx.Tx, a *contents.Act) (before []byte, err error) {
	err = tx.QueryRow(ctx, `SELECT answer FROM wallet_audit WHERE tenant = $1 AND account = $2 AND request = $3 AND answer IS NOT NULL`, a.Account.Tenant, a.Account.ID[:], a.RequestID).Scan(&before)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for an earlier answer: %w", err)
	}
	return before, nil
}

// attempt applies all changes or, where one is refused, none.
func (s *Store) attempt(ctx context.Context, tx pgx.Tx, a *contents.Act) (refused, err error) {
	if !a.Changing() {
		return nil, nil
	}
	if _, err := tx.Exec(ctx, `SAVEPOINT work`); err != nil {
		return nil, fmt.Errorf("beginning the work: %w", err)
	}
	place := *a
	place.Account = a.Place()
	for i := range a.Changes {
		if refused, err = s.applyChange(ctx, tx, &place, &a.Changes[i]); err != nil {
			return nil, err
		}
		if refused != nil {
			if _, err := tx.Exec(ctx, `ROLLBACK TO work`); err != nil {
				return nil, fmt.Errorf("undoing the work: %w", err)
			}
			break
		}
	}
	if _, err := tx.Exec(ctx, `RELEASE work`); err != nil {
		return nil, fmt.Errorf("ending the work: %w", err)
	}
	return refused, nil
}

// enter adds the entry of the audit.
func enter(ctx context.Context, tx pgx.Tx, a *contents.Act, refused error) error {
	var answer []byte
	if a.Changing() && refused == nil {
		answer = a.Answer
	}
	return add(ctx, tx, a.Account, contents.EntryOf(a, refused), answer)
}

// enterOther adds that of the account in which a proxy acts.
func enterOther(ctx context.Context, tx pgx.Tx, a *contents.Act, refused error) error {
	if in := a.Other(refused); in != nil {
		return add(ctx, tx, *in, contents.EntryOfProxy(a, refused), nil)
	}
	return nil
}

// add adds an entry after an account's last.
func add(ctx context.Context, tx pgx.Tx, to keys.Account, e contents.Entry, answer []byte) error {
	var before [sha256.Size]byte
	var hash []byte
	err := tx.QueryRow(ctx, `SELECT n, hash FROM wallet_audit WHERE tenant = $1 AND account = $2 ORDER BY n DESC LIMIT 1`, to.Tenant, to.ID[:]).Scan(&e.N, &hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("reading the audit: %w", err)
	}
	copy(before[:], hash)
	e.N++
	e.Hash = e.Chain(before)
	_, err = tx.Exec(ctx, `INSERT INTO wallet_audit (tenant, account, n, at, action, request, result, hash, answer, by_account, in_account, decision, admin, part) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		to.Tenant, to.ID[:], e.N, e.At.UnixNano(), e.Action, e.RequestID, e.Result, e.Hash[:], orNull(answer), idOf(e.By), idOf(e.In), textOf(e.Decision), textOf(e.Admin), idOf(e.Partition))
	if err != nil {
		return fmt.Errorf("adding to the audit: %w", err)
	}
	return nil
}

func (s *Store) applyChange(ctx context.Context, tx pgx.Tx, a *contents.Act, c *contents.Change) (refused, err error) {
	switch {
	case c.AddPartition != nil:
		return s.addPartition(ctx, tx, a, c.AddPartition)
	case c.SetMode != nil:
		return s.setMode(ctx, tx, a, c.SetMode)
	case c.CloseAll != nil:
		return closeAll(ctx, tx, a, *c.CloseAll)
	case c.PutProfile != nil, c.RemoveProfile != nil, c.PutKey != nil, c.RemoveKeys != nil:
		return changeProfile(ctx, tx, a, c)
	case c.KeepSession != nil:
		return nil, keepSession(ctx, tx, a, c.KeepSession)
	case c.PutItem != nil:
		return putItem(ctx, tx, a, c.PutItem)
	case c.RemoveItem != nil:
		return removeItem(ctx, tx, a, c.RemoveItem)
	case c.EndSession != nil:
		return done(ctx, tx, contents.ErrSession, `DELETE FROM wallet_sessions WHERE digest = $1 AND tenant = $2 AND account = $3`, c.EndSession[:], a.Account.Tenant, a.Account.ID[:])
	case c.RemoveDevice != nil:
		return removeDevice(ctx, tx, a, *c.RemoveDevice)
	case c.Account != nil:
		return s.changeAccount(ctx, tx, a, c.Account)
	case c.PutRepresented != nil, c.RemoveRepresented != nil, c.OpenProxy != nil, c.CloseProxy != nil:
		return s.changeProxy(ctx, tx, a, c)
	}
	return nil, errors.New("a change that changes nothing")
}

func putItem(ctx context.Context, tx pgx.Tx, a *contents.Act, i *contents.Item) (refused, err error) {
	if i.Version == 1 {
		return addItem(ctx, tx, a, i)
	}
	return changeItem(ctx, tx, a, i)
}

// done runs a statement, and refuses where there is no row for it.
func done(ctx context.Context, tx pgx.Tx, otherwise error, text string, args ...any) (refused, err error) {
	r, err := tx.Exec(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("changing a wallet: %w", err)
	}
	if r.RowsAffected() == 0 {
		return otherwise, nil
	}
	return nil, nil
}

// placed refuses an item of a partition that there is not, or of an epoch that has
// ended, or in a collection that there is not.
func placed(ctx context.Context, tx pgx.Tx, a *contents.Act, i *contents.Item) (refused, err error) {
	var newest uint64
	if err := tx.QueryRow(ctx, `SELECT coalesce(max(epoch), 0) FROM wallet_partitions WHERE tenant = $1 AND account = $2 AND id = $3`, a.Account.Tenant, a.Account.ID[:], i.Partition[:]).Scan(&newest); err != nil {
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
	err = tx.QueryRow(ctx, `SELECT count(*) FROM wallet_items WHERE tenant = $1 AND account = $2 AND part = $3 AND own = $4 AND kind = $5`,
		a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.Collection[:], contents.KindCollection).Scan(&there)
	if err != nil {
		return nil, fmt.Errorf("looking for a collection: %w", err)
	}
	if there == 0 {
		return contents.ErrCollection, nil
	}
	return nil, nil
}

func addItem(ctx context.Context, tx pgx.Tx, a *contents.Act, i *contents.Item) (refused, err error) {
	if refused, err = placed(ctx, tx, a, i); refused != nil || err != nil {
		return refused, err
	}
	if refused, err = fresh(ctx, tx, a, i); refused != nil || err != nil {
		return refused, err
	}
	if refused, err = done(ctx, tx, contents.ErrFull, `UPDATE wallet_accounts SET items = items + 1 WHERE tenant = $1 AND id = $2 AND items < $3`, a.Account.Tenant, a.Account.ID[:], contents.MaxItems); refused != nil || err != nil {
		return refused, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO wallet_items (tenant, account, part, id, kind, epoch, version, own, collection, key, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.ID[:], i.Kind, i.Epoch, i.Version, bytesOf(i.Own), bytesOf(i.Collection), i.Sealed.Key, i.Sealed.Content)
	if err != nil {
		return nil, fmt.Errorf("storing an item: %w", err)
	}
	return nil, tag(ctx, tx, a, i)
}

// fresh refuses an item whose id, or own id, another has.
func fresh(ctx context.Context, tx pgx.Tx, a *contents.Act, i *contents.Item) (refused, err error) {
	var same, owned bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM wallet_items WHERE tenant = $1 AND account = $2 AND part = $3 AND id = $4),
			EXISTS (SELECT 1 FROM wallet_items WHERE tenant = $1 AND account = $2 AND part = $3 AND own = $5 AND id != $4)`,
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

func changeItem(ctx context.Context, tx pgx.Tx, a *contents.Act, i *contents.Item) (refused, err error) {
	if refused, err = placed(ctx, tx, a, i); refused != nil || err != nil {
		return refused, err
	}
	if refused, err = fresh(ctx, tx, a, i); refused != nil || err != nil {
		return refused, err
	}
	if refused, err = empty(ctx, tx, a, i.Partition, i.ID, i.Own); refused != nil || err != nil {
		return refused, err
	}
	refused, err = done(ctx, tx, contents.ErrVersion, `UPDATE wallet_items SET epoch = $1, version = $2, own = $3, collection = $4, key = $5, content = $6
		WHERE tenant = $7 AND account = $8 AND part = $9 AND id = $10 AND kind = $11 AND version = $12`,
		i.Epoch, i.Version, bytesOf(i.Own), bytesOf(i.Collection), i.Sealed.Key, i.Sealed.Content,
		a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.ID[:], i.Kind, i.Version-1)
	if refused != nil || err != nil {
		return refused, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM wallet_tags WHERE tenant = $1 AND account = $2 AND part = $3 AND id = $4`, a.Account.Tenant, a.Account.ID[:], i.Partition[:], i.ID[:]); err != nil {
		return nil, fmt.Errorf("removing tags: %w", err)
	}
	return nil, tag(ctx, tx, a, i)
}

// empty refuses a collection with something in it, which is found by the tag that it
// has, and by no other.
func empty(ctx context.Context, tx pgx.Tx, a *contents.Act, partition, id keys.ID, next *keys.Tag) (refused, err error) {
	var full bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM wallet_items i JOIN wallet_items c ON c.tenant = i.tenant AND c.account = i.account AND c.part = i.part AND c.own = i.collection
		WHERE c.tenant = $1 AND c.account = $2 AND c.part = $3 AND c.id = $4 AND c.kind = $5 AND c.own IS DISTINCT FROM $6)`,
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
func removeItem(ctx context.Context, tx pgx.Tx, a *contents.Act, r *contents.Removal) (refused, err error) {
	if refused, err = empty(ctx, tx, a, r.Partition, r.ID, nil); refused != nil || err != nil {
		return refused, err
	}
	refused, err = done(ctx, tx, contents.ErrVersion, `DELETE FROM wallet_items WHERE tenant = $1 AND account = $2 AND part = $3 AND id = $4 AND version = $5`,
		a.Account.Tenant, a.Account.ID[:], r.Partition[:], r.ID[:], r.Version)
	if refused != nil || err != nil {
		return refused, err
	}
	return done(ctx, tx, contents.ErrItem, `UPDATE wallet_accounts SET items = items - 1 WHERE tenant = $1 AND id = $2`, a.Account.Tenant, a.Account.ID[:])
}

func tag(ctx context.Context, tx pgx.Tx, a *contents.Act, i *contents.Item) error {
	for _, t := range i.Tags {
		if _, err := tx.Exec(ctx, `INSERT INTO wallet_tags (tenant, account, part, tag, id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, a.Account.Tenant, a.Account.ID[:], i.Partition[:], t[:], i.ID[:]); err != nil {
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
	i, err := scanItem(s.pool.QueryRow(ctx, `SELECT `+itemColumns+` FROM wallet_items i WHERE i.tenant = $1 AND i.account = $2 AND i.part = $3 AND i.id = $4`, of.Tenant, of.ID[:], partition[:], id[:]))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, contents.ErrItem
	}
	return i, err
}

func scanItem(r pgx.Row) (*contents.Item, error) {
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
	rows, err := s.pool.Query(ctx, `SELECT `+itemColumns+` FROM wallet_items i WHERE i.tenant = $1 AND i.account = $2 AND i.part = $3 AND i.id > $4
			AND ($5 = '' OR i.kind = $5) AND ($6::bytea IS NULL OR i.collection = $6)
			AND ($7::bytea IS NULL OR i.own = $7 OR EXISTS (SELECT 1 FROM wallet_tags t WHERE t.tenant = $1 AND t.account = $2 AND t.part = $3 AND t.tag = $7 AND t.id = i.id))
		ORDER BY i.id LIMIT $8`, of.Tenant, of.ID[:], q.Partition[:], q.After[:], q.Kind, bytesOf(q.Collection), bytesOf(q.Tag), q.Most)
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
	rows, err := s.pool.Query(ctx, `SELECT n, at, action, request, result, hash, by_account, in_account, coalesce(decision, ''), coalesce(admin, ''), part FROM wallet_audit WHERE tenant = $1 AND account = $2 AND n > $3 ORDER BY n LIMIT $4`, of.Tenant, of.ID[:], after, most)
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
	n := &session.Session{Digest: digest}
	var account, device []byte
	var begun, idle, until int64
	err := s.pool.QueryRow(ctx, `SELECT tenant, account, generation, device, begun, idle, until, sealed FROM wallet_sessions WHERE digest = $1 AND idle > $2 AND until > $2`, digest[:], now.UnixNano()).
		Scan(&n.Account.Tenant, &account, &n.Generation, &device, &begun, &idle, &until, &n.Row)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, contents.ErrSession
	}
	if err != nil {
		return nil, fmt.Errorf("reading a session: %w", err)
	}
	n.Account.ID, n.Device = keys.ID(account), keys.ID(device)
	n.Begun, n.Idle, n.Until = instant(begun), instant(idle), instant(until)
	return n, nil
}
