package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
)

// A file of settings is read, or refused with an error.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{"", "a: 1", "a: {b: [1, {c: d}]}", "a: &x [*x]", "a: !!binary AA==", "? [a]\n: b", "[1]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		settings, err := readSettings(fileOf(t, raw))
		if err != nil && settings != nil {
			t.Errorf("%q is refused (%v), and sets %v", raw, err, settings)
		}
	})
}

// A recorded decision that is read has an input.
func FuzzRecorded(f *testing.F) {
	for _, seed := range []string{"{}", `{"input": {}}`, `{"input": {"presentations": [{"credentials": [{}]}]}, "decision": "permit"}`, `{"input": null}`, "[]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := readRecorded(fileOf(t, raw))
		if err == nil && r.Input == nil {
			t.Errorf("%q is read without its input", raw)
		}
	})
}

// A bundle that is read has one root and no more than a bundle may.
func FuzzBundle(f *testing.F) {
	f.Add(packed(f, ".manifest", `{"roots": ["a"]}`))
	f.Add(packed(f, ".manifest", `{"roots": ["a", "b"]}`))
	f.Add(packed(f, "/../a", ""))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := readBundle(raw)
		if err != nil {
			return
		}
		size := 0
		for _, content := range b.Files {
			size += len(content)
		}
		if size > maxBundle || len(b.Digest) == 0 {
			t.Errorf("a bundle of %d bytes and digest %q", size, b.Digest)
		}
	})
}

func fileOf(t *testing.T, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(f *testing.F, name, content string) []byte {
	f.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}); err != nil {
		f.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		f.Fatal(err)
	}
	for _, c := range []interface{ Close() error }{w, z} {
		if err := c.Close(); err != nil {
			f.Fatal(err)
		}
	}
	return out.Bytes()
}
