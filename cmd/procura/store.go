package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/verifier"
)

// A store is either backend, with all that is asked of one.
type store interface {
	verifier.Store
	server.Clients
	server.Registries
	server.Frameworks
	server.PolicySetStore
	server.Entities
	server.Reports
	server.SigningKeys
	server.Wallets
	server.Issuance
	server.Sweeper
	io.Closer
}

// place is where the data lies and the key to it.
type place struct {
	data, database, keyFile string
}

func (p *place) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.data, "data", ".procura/data", "folder of the SQLite database")
	c.Flags().StringVar(&p.database, "database", "", "postgres:// URL, instead of --data")
	c.Flags().StringVar(&p.keyFile, "key-file", "", "file with 32 random bytes, base64url, mode 0600 (default for SQLite: beside --data, with .key added)")
}

var errKeyFile = errors.New("--key-file is required with --database")

// open opens the store. Only SQLite's key is made where there is none, and
// only while the database is empty; w is told.
func (p *place) open(ctx context.Context, w io.Writer) (store, *seal.Key, error) {
	if p.database != "" {
		return p.openPostgres(ctx)
	}
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return nil, nil, err
	}
	begun, err := sqlite.Begun(ctx, p.file())
	if err != nil {
		return nil, nil, err
	}
	path := p.keyFile
	if path == "" {
		path = server.KeyFileOf(p.data)
	}
	key, made, err := server.OpenKey(path, !begun)
	if err != nil {
		return nil, nil, err
	}
	if made {
		fmt.Fprintf(w, "made a key in %s: without it the data cannot be read; keep a copy elsewhere\n", path)
	}
	s, err := sqlite.Open(ctx, p.file(), key)
	if err != nil {
		return nil, nil, fmt.Errorf("opening %s with the key in %s: %w", p.file(), path, err)
	}
	return s, key, nil
}

// existing opens a store that is there: a mistyped --data makes no other.
func (p *place) existing(ctx context.Context, w io.Writer) (store, error) {
	if err := p.mustExist(); err != nil {
		return nil, err
	}
	s, _, err := p.open(ctx, w)
	return s, err
}

// mustExist refuses a folder without a database. A database of Postgres is there
// before anything of ours is in it.
func (p *place) mustExist() error {
	if p.database != "" {
		return nil
	}
	if _, err := os.Stat(p.file()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database in %s: --data names the folder of another, or procura serve makes one", p.data)
	}
	return nil
}

func (p *place) openPostgres(ctx context.Context) (store, *seal.Key, error) {
	if p.keyFile == "" {
		return nil, nil, errKeyFile
	}
	key, _, err := server.OpenKey(p.keyFile, false)
	if err != nil {
		return nil, nil, err
	}
	s, err := postgres.Open(ctx, p.database, key)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the database with the key in %s: %w", p.keyFile, err)
	}
	return s, key, nil
}

func (p *place) file() string { return filepath.Join(p.data, "procura.db") }

func migrateCommand() *cobra.Command {
	p := &place{}
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Bring a database to this program's version",
		Long: `Brings a database to this program's version. It need not be called: serve does the
same. With --data the database must be there; with --database the tables are made.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.migrate(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the database is up to date")
			return nil
		},
	}
	p.flags(c)
	return withSettings(c)
}

func (p *place) migrate(ctx context.Context) error {
	if p.database != "" {
		return postgres.Migrate(ctx, p.database)
	}
	if err := p.mustExist(); err != nil {
		return err
	}
	return sqlite.Migrate(ctx, p.file())
}
