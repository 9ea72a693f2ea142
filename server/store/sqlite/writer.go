package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// A writer is the one connection that writes. Who writes while others do shares
// their transaction, so that one write to the disk, which takes milliseconds,
// serves them all. Each is a savepoint in it: one that fails is undone alone.
type writer struct {
	db       *sql.DB
	conn     *sql.Conn
	wanted   atomic.Int32 // how many wait for their turn
	commits  atomic.Int64 // how many transactions were committed
	turn     sync.Mutex   // guards what follows, and the connection
	prepared map[string]*sql.Stmt
	batch    *batch // that has not ended; nil: none
}

// A batch is one transaction of many changes.
type batch struct {
	size int
	err  error         // why it cannot be committed
	done chan struct{} // closed when it is, or cannot be
}

// maxBatch bounds how long the first of a batch waits for the others.
const maxBatch = 128

func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &writer{db: db, conn: conn, prepared: map[string]*sql.Stmt{}}, nil
}

func (w *writer) close() error {
	w.turn.Lock()
	defer w.turn.Unlock()
	return errors.Join(w.conn.Close(), w.db.Close())
}

// change runs f in a transaction that holds the file's write lock, and returns
// when that is on disk. So does an f that failed: what it saw of the others'
// changes is there when its caller looks.
func (w *writer) change(ctx context.Context, f func(statements) error) error {
	return w.share(ctx, func() error { return w.apply(ctx, f) })
}

// decide is a change in two steps that needs no savepoint, which has SQLite copy
// each page that it writes: look only reads, and may refuse; put only writes, and
// cannot refuse. Where it fails, as on a disk that is full, all of the batch does.
func (w *writer) decide(ctx context.Context, look, put func(statements) error) error {
	return w.share(ctx, func() error {
		if err := look(statements{w.prepare}); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return w.put(put)
	})
}

func (w *writer) share(ctx context.Context, f func() error) error {
	b, err := w.join(ctx, f)
	if b == nil {
		return err
	}
	<-b.done
	if b.err != nil {
		return b.err
	}
	return err
}

// join waits for a turn and runs f. The batch is nil where f did not run.
func (w *writer) join(ctx context.Context, f func() error) (*batch, error) {
	w.wanted.Add(1)
	w.turn.Lock()
	defer w.turn.Unlock()
	w.wanted.Add(-1)
	defer w.settle() // whatever happened to f: others wait for it
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.batch == nil {
		if err := w.exec(`BEGIN IMMEDIATE`); err != nil {
			return nil, fmt.Errorf("beginning transaction: %w", err)
		}
		w.batch = &batch{done: make(chan struct{})}
	}
	w.batch.size++
	return w.batch, f()
}

// errPanicked: a change went off in the middle of what it wrote.
var errPanicked = errors.New("a change that panicked")

func (w *writer) put(f func(statements) error) error {
	err := errPanicked
	defer func() {
		if err != nil {
			w.batch.err = fmt.Errorf("storing: %w", err)
		}
	}()
	err = f(statements{w.prepare})
	return err
}

// apply runs f in a savepoint. One that errs or panics, or whose caller left
// meanwhile, leaves nothing.
func (w *writer) apply(ctx context.Context, f func(statements) error) error {
	if err := w.exec(`SAVEPOINT one`); err != nil {
		w.batch.err = fmt.Errorf("beginning a change: %w", err)
		return err
	}
	kept := false
	defer func() { w.end(kept) }()
	if err := f(statements{w.prepare}); err != nil {
		return err
	}
	err := ctx.Err()
	kept = err == nil
	return err
}

// end ends a savepoint. Where that fails SQLite ended the transaction itself,
// as it does when the disk is full.
func (w *writer) end(keep bool) {
	var err error
	if !keep {
		err = w.exec(`ROLLBACK TO one`)
	}
	if err := errors.Join(err, w.exec(`RELEASE one`)); err != nil {
		w.batch.err = fmt.Errorf("ending a change: %w", err)
	}
}

// settle commits the batch, unless somebody comes who shares it: the last one
// does. Its own err is told to all of it.
func (w *writer) settle() {
	b := w.batch
	if b == nil || b.err == nil && b.size < maxBatch && w.wanted.Load() > 0 {
		return
	}
	w.batch = nil
	if b.err == nil {
		b.err = w.exec(`COMMIT`)
		w.commits.Add(1)
	}
	if b.err != nil {
		b.err = fmt.Errorf("committing: %w", b.err)
		_ = w.exec(`ROLLBACK`) // fails where SQLite did that itself
	}
	close(b.done)
}

func (w *writer) exec(text string) error {
	_, err := statements{w.prepare}.exec(text)
	return err
}

func (w *writer) prepare(text string) (*sql.Stmt, error) {
	if had := w.prepared[text]; had != nil {
		return had, nil
	}
	made, err := w.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	w.prepared[text] = made
	return made, nil
}
