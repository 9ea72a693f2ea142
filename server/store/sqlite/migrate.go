package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	sqlite3 "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer: the file was written by a later version of the program.
var ErrNewer = errors.New("the database is of a newer version of procura")

// Migrate makes the file where there is none (mode 0600, its folder 0700) and
// brings its schema up to date, in one transaction. Migrations only go forward.
func Migrate(ctx context.Context, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite gives its other files this mode
	if err != nil {
		return fmt.Errorf("making the file: %w", err)
	}
	f.Close()
	db, err := connect(path, "immediate", "rw")
	if err != nil {
		return err
	}
	err = patiently(ctx, func() error {
		return within(ctx, db, nil, func(tx *sql.Tx) error { return migrate(ctx, tx) })
	})
	return errors.Join(err, db.Close())
}

// patiently tries again while another process has the file to itself. SQLite
// waits for most locks by itself, but not for those that the change to WAL
// takes.
func patiently(ctx context.Context, do func() error) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := do()
		if e, ok := errors.AsType[*sqlite3.Error](err); !ok || e.Code()&0xff != lib.SQLITE_BUSY {
			return err
		}
		select {
		case <-limited.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// patience is how long one waits for the others that start.
const patience = time.Minute

func migrate(ctx context.Context, tx *sql.Tx) error {
	steps, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	if version > len(steps) {
		return fmt.Errorf("schema %d: %w", version, ErrNewer)
	}
	for _, step := range steps[version:] {
		if err := apply(ctx, tx, step.Name()); err != nil {
			return fmt.Errorf("migration %s: %w", step.Name(), err)
		}
	}
	if version == len(steps) {
		return nil
	}
	// PRAGMA takes no parameters; the number is ours.
	_, err = tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(steps)))
	return err
}

func apply(ctx context.Context, tx *sql.Tx, name string) error {
	script, err := migrations.ReadFile("migrations/" + name)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return err
	}
	if name == contextsMigration {
		return contextsBefore(ctx, tx)
	}
	return nil
}
