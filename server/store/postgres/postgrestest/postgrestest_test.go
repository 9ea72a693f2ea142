package postgrestest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
)

func TestNewGivesAnEmptyDatabaseEach(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn, err := pgx.Connect(t.Context(), postgrestest.New(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), `CREATE TABLE mine ()`); err != nil {
			t.Errorf("creating a table in a new database: %v, want none there", err)
		}
	}
}
