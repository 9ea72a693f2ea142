package compile

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// manifest is what OPA reads of a bundle first. It cannot hold the digest,
// which covers it.
func (f *Framework) manifest() map[string]any {
	d := f.Document
	return map[string]any{
		"revision":     d.Name + "@" + d.Version,
		"roots":        []any{f.Root},
		"rego_version": 1,
		"metadata":     map[string]any{"procura": map[string]any{"name": d.Name, "version": d.Version, "uri": d.URI}},
	}
}

// Digest is SHA-256, in lower-case hex, over one line for each file but
// .signatures.json, in the byte order of their paths: the SHA-256 of the file
// in lower-case hex, two spaces, the path, a line feed. That is what sha256sum
// prints, so that anybody can check it:
//
//	find . -type f ! -name .signatures.json | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum | sha256sum
func Digest(files map[string][]byte) string {
	all := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == ".signatures.json" {
			continue
		}
		sum := sha256.Sum256(files[name])
		all.Write(fmt.Appendf(nil, "%s  %s\n", hex.EncodeToString(sum[:]), name))
	}
	return hex.EncodeToString(all.Sum(nil))
}

// Tar returns the bundle as OPA loads it, a .tar.gz without a signature. It
// bears no time and no owner: the same source gives the same bytes.
func (f *Framework) Tar() ([]byte, error) { return archive(f.Files, (*tar.Writer).Close) }

// archive is a gzip file of a tar, in the order of the paths.
func archive(files map[string][]byte, end func(*tar.Writer) error) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	entries := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := entries.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("writing %q: %w", name, err)
		}
		if _, err := entries.Write(files[name]); err != nil {
			return nil, fmt.Errorf("writing %q: %w", name, err)
		}
	}
	if err := errors.Join(end(entries), zip.Close()); err != nil {
		return nil, fmt.Errorf("closing the archive: %w", err)
	}
	return out.Bytes(), nil
}

// encode writes JSON for people: members in order, two spaces, nothing escaped
// that need not be, a line feed at the end.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
