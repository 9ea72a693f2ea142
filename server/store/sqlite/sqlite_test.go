package sqlite_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/server/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Database {
		// SQLite takes names of files as URIs: these must not confuse it.
		path := filepath.Join(t.TempDir(), "a folder?#%41", "procura.db")
		return storetest.Database{
			Open:    func(ctx context.Context, key *seal.Key) (storetest.Store, error) { return sqlite.Open(ctx, path, key) },
			Dump:    func() []byte { return files(t, filepath.Dir(path)) },
			Secrets: func() { exec(t, "file:"+url.PathEscape(path), `DELETE FROM wallet_secrets WHERE generation = 1`) },
			Contexts: func() {
				exec(t, "file:"+url.PathEscape(path), `DELETE FROM framework_contexts; DROP TABLE IF EXISTS policysets_wallet; DROP TABLE IF EXISTS issuer_keys; DROP TABLE IF EXISTS issuer_profiles; DROP TABLE IF EXISTS status_events; DROP TABLE IF EXISTS status_places; DROP TABLE IF EXISTS issued; DROP TABLE IF EXISTS status_lists; DROP TABLE IF EXISTS usage_permits; DROP TABLE IF EXISTS usage_counts; DROP TABLE IF EXISTS wallet_blocked; DROP TABLE IF EXISTS wallet_recoveries; DROP TABLE IF EXISTS wallet_stepups; DROP TABLE IF EXISTS wallet_admin_acts; DROP TABLE IF EXISTS wallet_inspections; DROP TABLE IF EXISTS wallet_proxies; DROP TABLE IF EXISTS wallet_represented; DROP TABLE IF EXISTS wallet_profiles; DROP TABLE IF EXISTS wallet_audit; DROP TABLE IF EXISTS wallet_tags; DROP TABLE IF EXISTS wallet_items; DROP TABLE IF EXISTS wallet_partitions; DROP TABLE IF EXISTS wallet_sessions; DROP TABLE IF EXISTS wallet_guesses; DROP TABLE IF EXISTS wallet_tickets; DROP TABLE IF EXISTS wallet_devices; DROP TABLE IF EXISTS wallet_accounts; DROP TABLE IF EXISTS wallet_secrets; PRAGMA user_version = 9`)
			},
		}
	})
}

// files returns the contents of a folder: the database, its log and its index.
func files(t *testing.T, dir string) []byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw...)
	}
	return all
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "procura.db")
	s, err := sqlite.Open(t.Context(), path, storetest.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, want := range map[string]os.FileMode{".": 0o700, "procura.db": 0o600, "procura.db-wal": 0o600} {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
}

func TestBegun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "procura.db")
	check := func(when string, want bool) {
		t.Helper()
		if got, err := sqlite.Begun(t.Context(), path); err != nil || got != want {
			t.Errorf("%s: begun %v (%v), want %v", when, got, err, want)
		}
	}
	check("no file", false)
	if err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	check("a schema, no key", false)
	s, err := sqlite.Open(t.Context(), path, storetest.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	check("a key", true)
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "procura.db")
	if err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	exec(t, path, `PRAGMA user_version = 1000`)
	if _, err := sqlite.Open(t.Context(), path, storetest.Key); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("opening: %v, want ErrNewer", err)
	}
}

func TestFileThatIsNoDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "procura.db")
	if err := os.WriteFile(path, []byte("this is a letter, and no database at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, storetest.Key); err == nil {
		t.Error("opened, want an error")
	}
}
