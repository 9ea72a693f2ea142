package seal

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What stands in a key file's place and is none of ours.
func TestFileOfAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := MakeFile(path); err != nil {
		t.Fatal(err)
	}
	link, pipe := filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Symlink(path, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{link, pipe, dir} {
		if _, err := ReadFile(p); !errors.Is(err, ErrKeyFile) {
			t.Errorf("%s: %v", filepath.Base(p), err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := private(info, os.Geteuid()); err != nil {
		t.Errorf("of this user: %v", err)
	}
	if err := private(info, os.Geteuid()+1); err == nil {
		t.Error("of another user: is taken")
	}
}
