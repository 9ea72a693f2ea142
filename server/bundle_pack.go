package server

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

const (
	fileManifest   = ".manifest"
	fileSignatures = ".signatures.json"
)

// A pack is files of a bundle, as they lie in its archive. What a version brings
// to each bundle that holds it never changes.
type pack struct {
	archive []byte            // a member of a gzip file (RFC 1952, section 2.2): entries of a tar without its end
	files   []bundle.FileInfo // as a signature lists them

	name     string // of the framework; the members below are a version's alone
	root     string
	manifest json.RawMessage // of the version's own bundle
	maxAge   time.Duration   // the shortest frameworkMaxAge of the version; 0: the default of all
}

// packVersion packs what a version brings.
func packVersion(f *compile.Framework) (*pack, error) {
	files := maps.Clone(f.Files)
	delete(files, fileManifest)
	p, err := packFiles(files)
	if err != nil {
		return nil, fmt.Errorf("packing %s %s: %w", f.Document.Name, f.Document.Version, err)
	}
	p.name, p.root = f.Document.Name, f.Root
	p.manifest, p.maxAge = f.Files[fileManifest], shortestAge(f.Document.Freshness)
	return p, nil
}

// shortestAge is the shortest that a framework says of withdrawals.
func shortestAge(f trustframeworks.Freshness) (shortest time.Duration) {
	for _, a := range append(slices.Collect(maps.Values(f.Permissions)), f.Default) {
		if d, err := a.FrameworkMaxAge.Length(); a.FrameworkMaxAge != "" && err == nil && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	return shortest
}

// packFiles packs files in the order of their paths.
func packFiles(files map[string][]byte) (*pack, error) {
	p := &pack{}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("writing %q: %w", name, err)
		}
		if _, err := archive.Write(files[name]); err != nil {
			return nil, fmt.Errorf("writing %q: %w", name, err)
		}
		info, err := infoOf(name, files[name])
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, info)
	}
	if err := errors.Join(archive.Flush(), zip.Close()); err != nil {
		return nil, fmt.Errorf("closing the archive: %w", err)
	}
	p.archive = out.Bytes()
	return p, nil
}

// infoOf is a file as OPA's signatures list it: of JSON the hash of what it says.
func infoOf(name string, raw []byte) (bundle.FileInfo, error) {
	var content any = raw
	if bundle.IsStructuredDoc(name) {
		content = nil
		if err := util.Unmarshal(raw, &content); err != nil {
			return bundle.FileInfo{}, fmt.Errorf("reading %q: %w", name, err)
		}
	}
	hasher, err := bundle.NewSignatureHasher(bundle.SHA256)
	if err != nil {
		return bundle.FileInfo{}, fmt.Errorf("hashing %q: %w", name, err)
	}
	sum, err := hasher.HashFile(content)
	if err != nil {
		return bundle.FileInfo{}, fmt.Errorf("hashing %q: %w", name, err)
	}
	return bundle.NewFile(name, hex.EncodeToString(sum), bundle.SHA256.String()), nil
}

// endOfTar is a member of a gzip file with the end of a tar.
func endOfTar() ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if err := errors.Join(tar.NewWriter(zip).Close(), zip.Close()); err != nil {
		return nil, fmt.Errorf("closing the archive: %w", err)
	}
	return out.Bytes(), nil
}
