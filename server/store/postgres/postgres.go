// Package postgres keeps what the server knows in a Postgres database: the
// store of several processes. Rows are locked, never tables, and every
// transaction is READ COMMITTED unless it says otherwise.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/verifier"
)

var (
	_ verifier.Store        = (*Store)(nil)
	_ server.Clients        = (*Store)(nil)
	_ server.Registries     = (*Store)(nil)
	_ server.Frameworks     = (*Store)(nil)
	_ server.PolicySetStore = (*Store)(nil)
	_ server.Entities       = (*Store)(nil)
	_ server.Reports        = (*Store)(nil)
	_ server.SigningKeys    = (*Store)(nil)
	_ server.Wallets        = (*Store)(nil)
	_ server.Issuance       = (*Store)(nil)
)

// A Store is one pool of connections. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	key  *seal.Key
}

// Open connects to the database that url names and brings its schema up to
// date. The key must be the one it was begun with: else [seal.ErrWrongKey].
// Errors never hold the url: it may hold a password.
func Open(ctx context.Context, url string, key *seal.Key) (*Store, error) {
	pool, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	s := &Store{pool: pool, key: key}
	if err := migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	if err := s.claim(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// Migrate brings the schema of the database up to date. Migrations only go forward.
func Migrate(ctx context.Context, url string) error {
	pool, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	return migrate(ctx, pool)
}

func connect(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database's URL cannot be read")
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connecting to Postgres: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connecting to Postgres: %w", err)
	}
	return pool, nil
}

// Close ends all use of the pool, and waits for what uses it.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("reaching Postgres: %w", err)
	}
	return nil
}

// claim puts the key's check into a new database, or compares it with the one
// that is there. Of several processes one inserts, the others wait and compare.
func (s *Store) claim(ctx context.Context) error {
	if _, err := s.pool.Exec(ctx, `INSERT INTO meta (name, value) VALUES ('key', $1) ON CONFLICT DO NOTHING`, s.key.Check()); err != nil {
		return fmt.Errorf("storing the key's check: %w", err)
	}
	var check []byte
	if err := s.pool.QueryRow(ctx, `SELECT value FROM meta WHERE name = 'key'`).Scan(&check); err != nil {
		return fmt.Errorf("reading the key's check: %w", err)
	}
	return s.key.Matches(check)
}

// change runs f in a transaction.
func (s *Store) change(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, f)
}

// view runs f over one snapshot.
func (s *Store) view(ctx context.Context, f func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}

// taken reports whether a row of this key exists already.
func taken(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "23505" // unique_violation
}

// storable reports whether Postgres can hold these texts: no row has another.
func storable(texts ...string) bool {
	for _, t := range texts {
		if !utf8.ValidString(t) || strings.ContainsRune(t, 0) {
			return false
		}
	}
	return true
}

func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }
