package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/server/store/postgres"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Database {
		url := postgrestest.New(t)
		return storetest.Database{
			Open: func(ctx context.Context, key *seal.Key) (storetest.Store, error) { return postgres.Open(ctx, url, key) },
			Dump: func() []byte { return rows(t, url) },
			Secrets: func() {
				query(t, url, `ALTER TABLE wallet_accounts DROP CONSTRAINT wallet_accounts_generation_fkey`)
				query(t, url, `ALTER TABLE wallet_sessions DROP CONSTRAINT wallet_sessions_generation_fkey`)
				query(t, url, `DELETE FROM wallet_secrets WHERE generation = 1 RETURNING ''`)
			},
			Contexts: func() {
				query(t, url, `DROP TABLE IF EXISTS wallet_admin_acts, wallet_inspections, policysets_wallet, wallet_proxies, wallet_represented, wallet_profiles, issuer_keys, issuer_profiles, status_events, status_places, issued, status_lists, usage_permits, usage_counts, wallet_blocked, wallet_recoveries, wallet_stepups, wallet_audit, wallet_tags, wallet_items, wallet_partitions, wallet_sessions, wallet_guesses, wallet_tickets, wallet_devices, wallet_accounts, wallet_secrets`)
				query(t, url, `WITH emptied AS (DELETE FROM framework_contexts) DELETE FROM procura_schema WHERE version > 9 RETURNING ''`)
			},
		}
	})
}

// rows returns every row of every table as text; bytes show as hex.
func rows(t *testing.T, url string) []byte {
	t.Helper()
	var all []byte
	for _, table := range query(t, url, `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'`) {
		for _, row := range query(t, url, `SELECT t::text FROM `+table+` t`) {
			all = append(append(all, row...), '\n')
		}
	}
	return all
}

func query(t *testing.T, url, statement string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	url := postgrestest.New(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	query(t, url, `INSERT INTO procura_schema (version) VALUES (1000) RETURNING ''`)
	if _, err := postgres.Open(t.Context(), url, storetest.Key); !errors.Is(err, postgres.ErrNewer) {
		t.Errorf("opening: %v, want ErrNewer", err)
	}
}

func TestErrorsKeepThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://me:hunter2@127.0.0.1:1/x?connect_timeout=1", "postgres://me:hunter2@[", "host=127.0.0.1 port=1 password=hunter2 nonsense"} {
		_, err := postgres.Open(t.Context(), url, storetest.Key)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("opening %s: %v, want an error without the password", url, err)
		}
	}
}
