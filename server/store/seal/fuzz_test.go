package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A key file that is read holds the key in its one spelling, and nothing else.
func FuzzKeyFile(f *testing.F) {
	text := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{7}, Size))
	for _, seed := range []string{"", text, text + "\n", " " + text + "\r\n", text + "=", text[:42] + "B", text + "\n" + text, text + strings.Repeat(" ", maxFile) + "x"} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "key")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := ReadFile(path)
		if err != nil {
			if !errors.Is(err, ErrKeyFile) {
				t.Errorf("%q: %v, want %v", raw, err, ErrKeyFile)
			}
			return
		}
		if again := base64.RawURLEncoding.EncodeToString(k.secret[:]); again != strings.TrimSpace(string(raw)) {
			t.Errorf("%q is read as %q", raw, again)
		}
	})
}

// What opens was sealed, here.
func FuzzSealed(f *testing.F) {
	k := NewKey([Size]byte{7})
	sealed := k.Seal([]byte("plain"), "presentation", "1")
	f.Add(sealed, "presentation", "1")
	f.Add(sealed, "presentation1", "")
	f.Add(sealed[:len(sealed)-1], "presentation", "1")
	f.Add([]byte{}, "", "")
	f.Fuzz(func(t *testing.T, raw []byte, kind, id string) {
		plain, err := k.Open(raw, kind, id)
		if err == nil && (kind != "presentation" || id != "1" || string(plain) != "plain") {
			t.Errorf("%x opens as %q of %q %q", raw, plain, kind, id)
		}
		if again, err := k.Open(k.Seal(raw, kind, id), kind, id); err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%x is sealed, and opens as %x (%v)", raw, again, err)
		}
	})
}
