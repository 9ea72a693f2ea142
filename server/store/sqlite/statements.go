package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"
)

// statements run SQL whose every text is prepared once a connection: reading a
// text takes SQLite longer than doing what it says. All texts are constants.
//
// No call ends what runs: a statement that is interrupted takes the whole
// transaction with it (sqlite3_interrupt), and all look up rows by an index.
type statements struct {
	prepare func(text string) (*sql.Stmt, error)
}

func (s statements) exec(text string, args ...any) (sql.Result, error) {
	p, err := s.prepare(text) //nolint:sqlclosecheck // it is kept for the next call
	if err != nil {
		return nil, err
	}
	return p.ExecContext(context.Background(), args...)
}

func (s statements) query(text string, args ...any) (*sql.Rows, error) {
	p, err := s.prepare(text) //nolint:sqlclosecheck // it is kept for the next call
	if err != nil {
		return nil, err
	}
	return p.QueryContext(context.Background(), args...)
}

func (s statements) row(text string, args ...any) row {
	p, err := s.prepare(text) //nolint:sqlclosecheck // it is kept for the next call
	if err != nil {
		return unread{err}
	}
	return p.QueryRowContext(context.Background(), args...)
}

// A row is what one can be scanned from.
type row interface{ Scan(...any) error }

// unread is a row that could not be asked for.
type unread struct{ err error }

func (r unread) Scan(...any) error { return r.err }

// oneOf is the condition that a column's value is in a list, and its one
// parameter. Most lists have one member, for which no list is taken apart.
func oneOf(list []string) (condition, parameter string, err error) {
	if len(list) == 1 {
		return `= ?`, list[0], nil
	}
	raw, err := json.Marshal(append([]string{}, list...))
	if err != nil {
		return "", "", fmt.Errorf("writing a list: %w", err)
	}
	return `IN (SELECT value FROM json_each(?))`, string(raw), nil
}

// A pool prepares statements for connections that only read. It is safe for
// concurrent use.
type pool struct {
	*sql.DB
	texts sync.Map // string → *sql.Stmt
}

func (p *pool) prepare(text string) (*sql.Stmt, error) {
	if had, ok := p.texts.Load(text); ok {
		return had.(*sql.Stmt), nil
	}
	made, err := p.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	had, lost := p.texts.LoadOrStore(text, made)
	if lost {
		_ = made.Close() //nolint:sqlclosecheck // another's came first
	}
	return had.(*sql.Stmt), nil
}

// now runs single statements, each over what is committed when it begins.
func (p *pool) now() statements { return statements{p.prepare} }

// view runs f over one snapshot. It has one connection and waits for no other:
// as many views as there are connections would wait for each other for ever. So
// a text that is new is prepared for this snapshot, and for all when that is over.
func (p *pool) view(ctx context.Context, f func(statements) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var unknown []string
	err := within(context.Background(), p.DB, &sql.TxOptions{ReadOnly: true}, func(tx *sql.Tx) error {
		return f(statements{func(text string) (*sql.Stmt, error) {
			if had, ok := p.texts.Load(text); ok {
				return tx.StmtContext(context.Background(), had.(*sql.Stmt)), nil
			}
			unknown = append(unknown, text)
			return tx.PrepareContext(context.Background(), text)
		}})
	})
	for _, text := range unknown {
		_, _ = p.prepare(text) //nolint:sqlclosecheck // f has told what is wrong with it
	}
	return err
}
