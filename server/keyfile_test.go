package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/seal"
	"github.com/procura-dev/procura/server/store/sqlite"
)

func TestKeyOfADataFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "somewhere", "data")
	path, db := server.KeyFileOf(dir+"/"), filepath.Join(dir, "procura.db")
	if path != dir+".key" {
		t.Errorf("the key lies at %s, want it beside the folder", path)
	}
	start := func() (made bool, err error) {
		begun, err := sqlite.Begun(t.Context(), db)
		if err != nil {
			return false, err
		}
		key, made, err := server.OpenKey(path, !begun)
		if err != nil {
			return made, err
		}
		s, err := sqlite.Open(t.Context(), db, key)
		if err == nil {
			s.Close()
		}
		return made, err
	}
	if made, err := start(); err != nil || !made {
		t.Errorf("first start: made %v (%v), want a new key", made, err)
	}
	if made, err := start(); err != nil || made {
		t.Errorf("second start: made %v (%v), want the key that is there", made, err)
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := start(); !errors.Is(err, server.ErrNoKeyFile) || !strings.Contains(err.Error(), path) {
		t.Errorf("without the key: %v, want ErrNoKeyFile that names %s", err, path)
	}
	if err := seal.MakeFile(path); err != nil {
		t.Fatal(err)
	}
	if _, err := start(); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("with another key: %v, want ErrWrongKey", err)
	}
}

func TestFirstAdmin(t *testing.T) {
	t.Parallel()
	s, dir := openSQLite(t), t.TempDir()
	path := filepath.Join(dir, "admin.token")
	if made, err := server.FirstAdmin(t.Context(), s, path, time.Now()); err != nil || !made {
		t.Fatalf("first: %v (%v), want an admin", made, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.ClientByToken(t.Context(), server.Token(strings.TrimSpace(string(text))).Digest())
	if err != nil || c.Role != server.RoleAdmin || c.Tenant != server.DefaultTenant {
		t.Errorf("the token is of %+v (%v), want the admin's", c, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 0600", info.Mode(), err)
	}
	if made, err := server.FirstAdmin(t.Context(), s, path, time.Now()); err != nil || made {
		t.Errorf("second: %v (%v), want none", made, err)
	}
	if again, _ := os.ReadFile(path); string(again) != string(text) {
		t.Error("the token's file changed")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}
