// Package sqlite keeps what the server knows in one SQLite file: the store of
// a single machine, also for several processes on it. It writes through one
// connection, in WAL mode with synchronous FULL: what was answered is on disk.
// Changes that come at once share a write to it.
//
// It is not for network file systems, where SQLite's locks do not hold.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	sqlite3 "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

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

// A Store is one open file. It is safe for concurrent use.
type Store struct {
	write *writer
	read  *pool // cannot write
	key   *seal.Key

	stop func()        // ends the checkpoints
	done chan struct{} // closed when they have ended
}

// Open opens the file at path, makes it where there is none, and brings its
// schema up to date. The key must be the one it was begun with: else
// [seal.ErrWrongKey].
func Open(ctx context.Context, path string, key *seal.Key) (*Store, error) {
	s, err := open(ctx, path, key)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return s, nil
}

func open(ctx context.Context, path string, key *seal.Key) (*Store, error) {
	if err := Migrate(ctx, path); err != nil {
		return nil, err
	}
	db, err := connect(path, "immediate", "rwc")
	if err != nil {
		return nil, err
	}
	write, err := newWriter(ctx, db)
	if err != nil {
		return nil, err
	}
	read, err := connect(path, "deferred", "rw", "query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.close())
	}
	// Each connection has files and a cache of its own; who waits for one has none.
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	s := &Store{write: write, read: &pool{DB: read}, key: key, done: make(chan struct{})}
	kept, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go func() {
		defer close(s.done)
		s.checkpoints(kept)
	}()
	if err := s.claim(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// readers is how many read at once: hundreds may wait for a challenge to change.
const readers = 16

// Begun reports whether the file at path exists and has a key: without that
// key it cannot be opened any more.
func Begun(ctx context.Context, path string) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	db, err := connect(path, "deferred", "rw", "query_only(1)")
	if err != nil {
		return false, err
	}
	begun, err := begun(ctx, db)
	if err := errors.Join(err, db.Close()); err != nil {
		return false, fmt.Errorf("looking into %s: %w", path, err)
	}
	return begun, nil
}

func begun(ctx context.Context, db *sql.DB) (bool, error) {
	var n int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'`).Scan(&n)
	if err != nil || n == 0 {
		return false, err
	}
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM meta WHERE name = 'key'`).Scan(&n)
	return n > 0, err
}

// Close ends all use of the file.
func (s *Store) Close() error {
	s.stop()
	<-s.done
	return errors.Join(s.read.Close(), s.write.close())
}

// Ping reports whether the file can be read.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read.QueryRowContext(ctx, `SELECT 1 FROM meta LIMIT 1`).Scan(&one); err != nil {
		return fmt.Errorf("reading the database: %w", err)
	}
	return nil
}

// connect makes a pool. secure_delete overwrites what is deleted.
func connect(path, lock, mode string, pragmas ...string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"_txlock": {lock}, "mode": {mode}, "_pragma": append([]string{
		"busy_timeout(10000)", "journal_mode(WAL)", logPages, "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)",
	}, pragmas...)}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String())
}

// claim puts the key's check into a new database, or compares it with the one
// that is there.
func (s *Store) claim(ctx context.Context) error {
	return s.write.change(ctx, func(tx statements) error {
		if _, err := tx.exec(`INSERT INTO meta (name, value) VALUES ('key', ?) ON CONFLICT DO NOTHING`, s.key.Check()); err != nil {
			return err
		}
		var check []byte
		if err := tx.row(`SELECT value FROM meta WHERE name = 'key'`).Scan(&check); err != nil {
			return err
		}
		return s.key.Matches(check)
	})
}

func within(ctx context.Context, db *sql.DB, opts *sql.TxOptions, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("beginning transaction: %w", err)
	}
	defer tx.Rollback() // nothing after a commit
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// taken reports whether a row of this key exists already.
func taken(err error) bool {
	e, ok := errors.AsType[*sqlite3.Error](err)
	return ok && (e.Code() == lib.SQLITE_CONSTRAINT_UNIQUE || e.Code() == lib.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func instant(ns int64) time.Time { return time.Unix(0, ns).UTC() }
