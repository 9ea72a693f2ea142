package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/procura-dev/procura/server/store/seal"
)

func TestOpenOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	k := seal.NewKey([32]byte{1})
	sealed := k.Seal([]byte("text"), "kind", "a", "bc")
	if plain, err := k.Open(sealed, "kind", "a", "bc"); err != nil || string(plain) != "text" {
		t.Errorf("opened %q (%v), want what was sealed", plain, err)
	}
	for _, test := range []struct {
		name  string
		key   *seal.Key
		bytes []byte
		place []string
	}{
		{"parts that join alike", k, sealed, []string{"kind", "ab", "c"}},
		{"a part less", k, sealed, []string{"kind", "a"}},
		{"another key", seal.NewKey([32]byte{2}), sealed, []string{"kind", "a", "bc"}},
		{"cut short", k, sealed[:8], []string{"kind", "a", "bc"}},
		{"nothing", k, nil, []string{"kind", "a", "bc"}},
	} {
		if _, err := test.key.Open(test.bytes, test.place...); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("%s: %v, want ErrBroken", test.name, err)
		}
	}
	if bytes.Equal(sealed, k.Seal([]byte("text"), "kind", "a", "bc")) {
		t.Error("the same text sealed twice looks the same")
	}
}

func TestKeysOfPurposesDiffer(t *testing.T) {
	t.Parallel()
	k := seal.NewKey([32]byte{1})
	if k.Derive("a") == k.Derive("b") || k.Derive("a") != seal.NewKey([32]byte{1}).Derive("a") {
		t.Error("a derived key must depend on the purpose, and on nothing else")
	}
	if k.Matches(seal.NewKey([32]byte{2}).Check()) == nil || k.Matches(nil) == nil || k.Matches(k.Check()) != nil {
		t.Error("a check must match its own key alone")
	}
}

func TestKeyPrintsAsNothing(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	k := seal.NewKey([32]byte([]byte("secret-secret-secret-secret-sec!")))
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", k)
	fmt.Fprintf(&out, "%v %+v %#v %s", k, k, k, k)
	if strings.Contains(out.String(), "secret") || strings.Contains(out.String(), "115") {
		t.Errorf("printed %s", out.String())
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data.key")
	if _, err := seal.ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading no file: %v, want fs.ErrNotExist", err)
	}
	var made int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := seal.MakeFile(path); err == nil {
				mu.Lock()
				made++
				mu.Unlock()
			} else if !errors.Is(err, fs.ErrExist) {
				t.Errorf("making: %v, want fs.ErrExist for all but one", err)
			}
			if _, err := seal.ReadFile(path); err != nil {
				t.Errorf("reading what one of many made: %v", err)
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d made the file, want 1", made)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFileThatIsNoKey(t *testing.T) {
	t.Parallel()
	good := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for _, test := range []struct {
		name, text string
		mode       os.FileMode
		usable     bool
	}{
		{"good", good, 0o600, true},
		{"good, with a line's end", good + "\n", 0o400, true},
		{"others may read it", good, 0o644, false},
		{"the group may read it", good, 0o640, false},
		{"too short", good[:42], 0o600, false},
		{"stray bits", good[:42] + "B", 0o600, false},
		{"padded", good + "=", 0o600, false},
		{"empty", "", 0o600, false},
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(test.text), test.mode); err != nil {
			t.Fatal(err)
		}
		k, err := seal.ReadFile(path)
		if test.usable != (err == nil) || !test.usable && !errors.Is(err, seal.ErrKeyFile) {
			t.Errorf("%s: %v, %v; usable should be %v", test.name, k, err, test.usable)
		}
		if err != nil && strings.Contains(err.Error(), good[:20]) {
			t.Errorf("%s: the error shows the key", test.name)
		}
	}
}
