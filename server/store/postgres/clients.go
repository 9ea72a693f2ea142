package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/server"
)

const clientColumns = `id, tenant, name, role, domains, token, certificate, created_at`

// AddClient stores a client.
func (s *Store) AddClient(ctx context.Context, c *server.Client) error {
	return s.change(ctx, func(tx pgx.Tx) error {
		if c.Role == server.RoleAdmin {
			if _, err := firstAdmin(ctx, tx); err != nil {
				return err
			}
		}
		return addClient(ctx, tx, c)
	})
}

// AddFirstAdmin stores c unless some admin was ever stored.
func (s *Store) AddFirstAdmin(ctx context.Context, c *server.Client) (bool, error) {
	added := false
	err := s.change(ctx, func(tx pgx.Tx) (err error) {
		if added, err = firstAdmin(ctx, tx); err != nil || !added {
			return err
		}
		return addClient(ctx, tx, c)
	})
	return added && err == nil, err
}

// firstAdmin notes that there is an admin, and whether that is new. Whoever
// comes second waits here until the first has committed.
func firstAdmin(ctx context.Context, tx pgx.Tx) (bool, error) {
	tag, err := tx.Exec(ctx, `INSERT INTO meta (name, value) VALUES ('admin', '\x01') ON CONFLICT DO NOTHING`)
	if err != nil {
		return false, fmt.Errorf("noting the admin: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

func addClient(ctx context.Context, tx pgx.Tx, c *server.Client) error {
	_, err := tx.Exec(ctx, `INSERT INTO clients (`+clientColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		c.ID, c.Tenant, c.Name, string(c.Role), append([]string{}, c.Domains...), c.Token.Stored(), c.Certificate.Stored(), c.CreatedAt.UnixNano())
	if taken(err) {
		return fmt.Errorf("client %q: %w", c.Name, server.ErrClientExists)
	}
	if err != nil {
		return fmt.Errorf("storing client: %w", err)
	}
	return nil
}

// ClientByToken finds whose token has this digest.
func (s *Store) ClientByToken(ctx context.Context, digest server.TokenDigest) (*server.Client, error) {
	c, err := scanClient(s.pool.QueryRow(ctx, `SELECT `+clientColumns+` FROM clients WHERE token = $1`, digest[:]))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, server.ErrUnknownClient
	}
	return c, err
}

// ClientByCertificate finds whose certificate has this key.
func (s *Store) ClientByCertificate(ctx context.Context, key server.KeyDigest) (*server.Client, error) {
	c, err := scanClient(s.pool.QueryRow(ctx, `SELECT `+clientColumns+` FROM clients WHERE certificate = $1`, key[:]))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, server.ErrUnknownClient
	}
	return c, err
}

// ListClients returns a tenant's clients by name.
func (s *Store) ListClients(ctx context.Context, tenant string) ([]server.Client, error) {
	if !storable(tenant) {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `SELECT `+clientColumns+` FROM clients WHERE tenant = $1 ORDER BY name`, tenant)
	if err != nil {
		return nil, fmt.Errorf("listing clients: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (server.Client, error) {
		c, err := scanClient(r)
		if err != nil {
			return server.Client{}, err
		}
		return *c, nil
	})
}

// RemoveClient ends a client's access.
func (s *Store) RemoveClient(ctx context.Context, tenant, id string) error {
	if !storable(tenant, id) {
		return fmt.Errorf("client %q: %w", id, server.ErrUnknownClient)
	}
	tag, err := s.pool.Exec(ctx, `DELETE FROM clients WHERE tenant = $1 AND id = $2`, tenant, id)
	if err != nil {
		return fmt.Errorf("removing client: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("client %q: %w", id, server.ErrUnknownClient)
	}
	return nil
}

func scanClient(r pgx.Row) (*server.Client, error) {
	var c server.Client
	var role string
	var token, certificate []byte
	var created int64
	if err := r.Scan(&c.ID, &c.Tenant, &c.Name, &role, &c.Domains, &token, &certificate, &created); err != nil {
		return nil, fmt.Errorf("reading client: %w", err)
	}
	copy(c.Token[:], token)
	copy(c.Certificate[:], certificate)
	c.Role, c.CreatedAt = server.Role(role), instant(created)
	return &c, nil
}
