package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer: the database was written by a later version of the program.
var ErrNewer = errors.New("the database is of a newer version of procura")

// schemaLock is the advisory lock under which the schema changes: "procura" as
// a number. Processes that start at once wait for each other.
const schemaLock = 0x70726f63757261

// migrate applies what is missing, in one transaction.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	steps, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		version, err := schema(ctx, tx)
		if err != nil {
			return err
		}
		if version > len(steps) {
			return fmt.Errorf("schema %d: %w", version, ErrNewer)
		}
		for i, step := range steps[version:] {
			if err := apply(ctx, tx, step.Name(), version+i+1); err != nil {
				return fmt.Errorf("migration %s: %w", step.Name(), err)
			}
		}
		return nil
	})
}

// schema locks the schema and returns its version.
func schema(ctx context.Context, tx pgx.Tx) (version int, err error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(schemaLock)); err != nil {
		return 0, fmt.Errorf("locking the schema: %w", err)
	}
	if _, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS procura_schema (version integer PRIMARY KEY)`); err != nil {
		return 0, fmt.Errorf("beginning the schema: %w", err)
	}
	err = tx.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM procura_schema`).Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("reading the schema's version: %w", err)
	}
	return version, nil
}

func apply(ctx context.Context, tx pgx.Tx, name string, version int) error {
	script, err := migrations.ReadFile("migrations/" + name)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, string(script)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO procura_schema (version) VALUES ($1)`, version)
	return err
}
