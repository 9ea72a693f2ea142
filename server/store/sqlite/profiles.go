package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// changeProfile does the one of a change's members that is about profiles.
func changeProfile(tx statements, a *contents.Act, c *contents.Change) (refused, err error) {
	switch {
	case c.PutProfile != nil:
		return putProfile(tx, a, c.PutProfile)
	case c.RemoveProfile != nil:
		return removeProfile(tx, a, c.RemoveProfile)
	case c.PutKey != nil:
		return putKey(tx, a, c.PutKey)
	}
	return removeKeys(tx, a, c.RemoveKeys)
}

func putProfile(tx statements, a *contents.Act, p *contents.Profile) (refused, err error) {
	settings, err := json.Marshal(p.Settings)
	if err != nil {
		return nil, fmt.Errorf("writing a profile: %w", err)
	}
	var all, named int
	err = tx.row(`SELECT count(*), count(CASE WHEN name = ?3 AND id != ?4 THEN 1 END) FROM wallet_profiles WHERE tenant = ?1 AND account = ?2`,
		a.Account.Tenant, a.Account.ID[:], p.Name, p.ID[:]).Scan(&all, &named)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading profiles: %w", err)
	case named > 0:
		return contents.ErrProfileExists, nil
	case p.Version > 1:
		return done(tx, contents.ErrVersion, `UPDATE wallet_profiles SET version = ?, settings = ? WHERE tenant = ? AND account = ? AND id = ? AND version = ?`,
			p.Version, string(settings), a.Account.Tenant, a.Account.ID[:], p.ID[:], p.Version-1)
	case all >= contents.MaxProfiles:
		return contents.ErrFull, nil
	}
	_, err = tx.exec(`INSERT INTO wallet_profiles (tenant, account, id, name, version, settings, begun) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		a.Account.Tenant, a.Account.ID[:], p.ID[:], p.Name, p.Version, string(settings), p.Begun.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("storing a profile: %w", err)
	}
	return nil, nil
}

// putKey adds a profile's key, where the profile has its version still.
func putKey(tx statements, a *contents.Act, k *contents.NewKey) (refused, err error) {
	var there int
	err = tx.row(`SELECT count(*) FROM wallet_profiles WHERE tenant = ? AND account = ? AND id = ? AND version = ?`, a.Account.Tenant, a.Account.ID[:], k.Profile.ID[:], k.Profile.Version).Scan(&there)
	if err != nil {
		return nil, fmt.Errorf("reading a profile: %w", err)
	}
	if there == 0 {
		return nil, contents.ErrMoved
	}
	all := 0
	for _, t := range k.Tags {
		var n int
		err = tx.row(`SELECT count(*) FROM wallet_tags WHERE tenant = ? AND account = ? AND part = ? AND tag = ?`, a.Account.Tenant, a.Account.ID[:], k.Item.Partition[:], t[:]).Scan(&n)
		if err != nil {
			return nil, fmt.Errorf("counting keys: %w", err)
		}
		all += n
	}
	if all >= k.Most {
		return contents.ErrFull, nil
	}
	return addItem(tx, a, k.Item)
}

func removeProfile(tx statements, a *contents.Act, r *contents.ProfileRef) (refused, err error) {
	return done(tx, contents.ErrVersion, `DELETE FROM wallet_profiles WHERE tenant = ? AND account = ? AND id = ? AND version = ?`, a.Account.Tenant, a.Account.ID[:], r.ID[:], r.Version)
}

// removeKeys removes a profile's, where there are as many as were said.
func removeKeys(tx statements, a *contents.Act, l *contents.Lost) (refused, err error) {
	var all int64
	for _, t := range l.Tags {
		r, err := tx.exec(`DELETE FROM wallet_items WHERE tenant = ?1 AND account = ?2 AND part = ?3 AND kind = ?4
			AND id IN (SELECT t.id FROM wallet_tags t WHERE t.tenant = ?1 AND t.account = ?2 AND t.part = ?3 AND t.tag = ?5)`,
			a.Account.Tenant, a.Account.ID[:], l.Partition[:], contents.KindKey, t[:])
		if err != nil {
			return nil, fmt.Errorf("removing keys: %w", err)
		}
		n, err := r.RowsAffected()
		if err != nil {
			return nil, fmt.Errorf("removing keys: %w", err)
		}
		all += n
	}
	if all != int64(l.Count) {
		return contents.ErrLost, nil
	}
	if _, err := tx.exec(`UPDATE wallet_accounts SET items = items - ? WHERE tenant = ? AND id = ?`, all, a.Account.Tenant, a.Account.ID[:]); err != nil {
		return nil, fmt.Errorf("counting items: %w", err)
	}
	return nil, nil
}

// Profiles returns an account's, by name.
func (s *Store) Profiles(ctx context.Context, of keys.Account) ([]contents.Profile, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := s.read.now().query(`SELECT id, name, version, settings, begun FROM wallet_profiles WHERE tenant = ? AND account = ? ORDER BY name`, of.Tenant, of.ID[:])
	if err != nil {
		return nil, fmt.Errorf("reading profiles: %w", err)
	}
	defer rows.Close()
	list := []contents.Profile{}
	for rows.Next() {
		var p contents.Profile
		var id, settings []byte
		var begun int64
		if err := rows.Scan(&id, &p.Name, &p.Version, &settings, &begun); err != nil {
			return nil, fmt.Errorf("reading profiles: %w", err)
		}
		if err := json.Unmarshal(settings, &p.Settings); err != nil {
			return nil, fmt.Errorf("reading a profile: %w", err)
		}
		p.ID, p.Begun = keys.ID(id), instant(begun)
		list = append(list, p)
	}
	return list, rows.Err()
}
