// Package postgrestest gives tests a Postgres of their own: a throw-away
// server per test binary, an empty database per test. It is for tests only.
//
// The server's programs come from PATH or /usr/lib/postgresql; where they are
// missing the test is skipped, or fails under CI=true. PROCURA_TEST_POSTGRES
// names a server to use instead, by the URL of a user who may create databases.
package postgrestest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// start starts the server, once.
var start = sync.OnceValues(launch)

// New returns the URL of an empty database, which is dropped after the test.
func New(t testing.TB) string {
	t.Helper()
	server := os.Getenv("PROCURA_TEST_POSTGRES")
	if server == "" {
		bin, err := programs()
		if err != nil {
			missing(t, err)
		}
		ours, err := start()
		if err != nil {
			t.Fatalf("starting Postgres from %s: %v", bin, err)
		}
		server = ours.url
	}
	name := "procura_test_" + random()
	run(t, server, `CREATE DATABASE `+name)
	t.Cleanup(func() { run(t, server, `DROP DATABASE `+name+` WITH (FORCE)`) })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("PROCURA_TEST_POSTGRES is no URL")
	}
	u.Path = "/" + name
	return u.String()
}

// missing skips, and says so; where everything has to be tested it fails.
func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s needs Postgres: %v", t.Name(), err)
	}
	t.Skipf("SKIPPED, NOT TESTED: %s needs Postgres: %v", t.Name(), err)
}

func run(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // t's own is over in a cleanup
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connecting to the test server: %v", err)
	}
	_, err = conn.Exec(ctx, statement)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

func random() string {
	var b [8]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return strings.ToLower(hex.EncodeToString(b[:]))
}
