package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/procura-dev/procura/server"
)

const clientColumns = `id, tenant, name, role, domains, token, certificate, created_at`

// AddClient stores a client.
func (s *Store) AddClient(ctx context.Context, c *server.Client) error {
	return s.write.change(ctx, func(tx statements) error { return addClient(tx, c) })
}

// AddFirstAdmin stores c unless some admin was ever stored.
func (s *Store) AddFirstAdmin(ctx context.Context, c *server.Client) (bool, error) {
	added := false
	err := s.write.change(ctx, func(tx statements) error {
		var n int
		if err := tx.row(`SELECT count(*) FROM meta WHERE name = 'admin'`).Scan(&n); err != nil {
			return fmt.Errorf("looking for an admin: %w", err)
		}
		if n > 0 {
			return nil
		}
		added = true
		return addClient(tx, c)
	})
	return added && err == nil, err
}

func addClient(tx statements, c *server.Client) error {
	domains, err := json.Marshal(append([]string{}, c.Domains...))
	if err != nil {
		return fmt.Errorf("writing domains: %w", err)
	}
	_, err = tx.exec(`INSERT INTO clients (`+clientColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.Tenant, c.Name, c.Role, string(domains), c.Token.Stored(), c.Certificate.Stored(), c.CreatedAt.UnixNano())
	if taken(err) {
		return fmt.Errorf("client %q: %w", c.Name, server.ErrClientExists)
	}
	if err != nil {
		return fmt.Errorf("storing client: %w", err)
	}
	if c.Role != server.RoleAdmin {
		return nil
	}
	_, err = tx.exec(`INSERT INTO meta (name, value) VALUES ('admin', x'01') ON CONFLICT DO NOTHING`)
	return err
}

// ClientByToken finds whose token has this digest.
func (s *Store) ClientByToken(ctx context.Context, digest server.TokenDigest) (*server.Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := scanClient(s.read.now().row(`SELECT `+clientColumns+` FROM clients WHERE token = ?`, digest[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, server.ErrUnknownClient
	}
	return c, err
}

// ClientByCertificate finds whose certificate has this key.
func (s *Store) ClientByCertificate(ctx context.Context, key server.KeyDigest) (*server.Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := scanClient(s.read.now().row(`SELECT `+clientColumns+` FROM clients WHERE certificate = ?`, key[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, server.ErrUnknownClient
	}
	return c, err
}

// ListClients returns a tenant's clients by name.
func (s *Store) ListClients(ctx context.Context, tenant string) ([]server.Client, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+clientColumns+` FROM clients WHERE tenant = ? ORDER BY name`, tenant)
	if err != nil {
		return nil, fmt.Errorf("listing clients: %w", err)
	}
	defer rows.Close()
	var list []server.Client
	for rows.Next() {
		c, err := scanClient(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, *c)
	}
	return list, rows.Err()
}

// RemoveClient ends a client's access.
func (s *Store) RemoveClient(ctx context.Context, tenant, id string) error {
	return s.write.change(ctx, func(tx statements) error {
		r, err := tx.exec(`DELETE FROM clients WHERE tenant = ? AND id = ?`, tenant, id)
		if err != nil {
			return fmt.Errorf("removing client: %w", err)
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("client %q: %w", id, server.ErrUnknownClient))
		}
		return nil
	})
}

func scanClient(r row) (*server.Client, error) {
	var c server.Client
	var domains string
	var token, certificate []byte
	var created int64
	if err := r.Scan(&c.ID, &c.Tenant, &c.Name, &c.Role, &domains, &token, &certificate, &created); err != nil {
		return nil, fmt.Errorf("reading client: %w", err)
	}
	if err := json.Unmarshal([]byte(domains), &c.Domains); err != nil {
		return nil, fmt.Errorf("reading domains: %w", err)
	}
	copy(c.Token[:], token)
	copy(c.Certificate[:], certificate)
	c.CreatedAt = instant(created)
	return &c, nil
}
