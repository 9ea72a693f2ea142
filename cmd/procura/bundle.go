package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// maxBundle bounds what a bundle may unpack to, in bytes. A file counts with
// its header: empty ones fill the memory, too.
const (
	maxBundle = 64 << 20
	header    = 512
)

// openBundle reads the version of a digest from a file, whose signature must be by
// one of the keys in another file if there is one.
func openBundle(path, keysPath string, want wanted) (policies.Bundle, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return policies.Bundle{}, errors.New("it is a folder: want bundle.tar.gz")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return policies.Bundle{}, err
	}
	if keysPath != "" {
		keys, err := os.ReadFile(keysPath)
		if err != nil {
			return policies.Bundle{}, err
		}
		if err := compile.Verify(raw, keys); err != nil {
			return policies.Bundle{}, err
		}
	}
	return readBundle(raw, want)
}

// readBundle unpacks a .tar.gz of one framework version, or one of several as the
// bundle service serves it, and finds the version of a digest; of one version any,
// where none is asked for.
func readBundle(raw []byte, want wanted) (policies.Bundle, error) {
	files, err := unpack(raw)
	if err != nil {
		return policies.Bundle{}, fmt.Errorf("unpacking the bundle: %w", err)
	}
	var manifest struct {
		Roots    []string `json:"roots"`
		Metadata struct {
			Procura struct {
				Frameworks map[string]string `json:"frameworks"` // manifests by root, where the bundle was served
			} `json:"procura"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(files[compile.ManifestPath], &manifest); err != nil {
		return policies.Bundle{}, errors.New("the bundle has no manifest that can be read")
	}
	if served := manifest.Metadata.Procura.Frameworks; served != nil {
		return servedVersion(files, served, want)
	}
	if len(manifest.Roots) != 1 {
		return policies.Bundle{}, errors.New("the bundle has no manifest with one root")
	}
	b := policies.Bundle{Root: manifest.Roots[0], Digest: compile.Digest(files), Files: files}
	if !want.is(b) {
		return policies.Bundle{}, want.missing([]policies.Bundle{b})
	}
	return b, nil
}

// servedVersion finds a version in a bundle of several. One that is wanted by its
// root is as the edge had it: with what the bundle tells of withdrawals.
func servedVersion(files map[string][]byte, manifests map[string]string, want wanted) (policies.Bundle, error) {
	var others []policies.Bundle
	for _, root := range slices.Sorted(maps.Keys(manifests)) {
		b := policies.Bundle{Root: root, Files: map[string][]byte{compile.ManifestPath: []byte(manifests[root])}}
		for name, raw := range files {
			if strings.HasPrefix(name, root+"/") && name != compile.WithdrawalsPath(root) {
				b.Files[name] = raw
			}
		}
		b.Digest = compile.Digest(b.Files)
		if want.is(b) && (want != wanted{} || len(manifests) == 1) {
			if told := compile.WithdrawalsPath(root); want.root != "" && files[told] != nil {
				b.Files[told] = files[told]
			}
			return b, nil
		}
		others = append(others, b)
	}
	return policies.Bundle{}, want.missing(others)
}

// A wanted version is named by its digest or by its root; by neither: any.
type wanted struct{ digest, root string }

func (w wanted) is(b policies.Bundle) bool {
	return (w.digest == "" || w.digest == b.Digest) && (w.root == "" || w.root == b.Root)
}

func (w wanted) missing(there []policies.Bundle) error {
	var digests, roots []string
	for _, b := range there {
		digests, roots = append(digests, b.Digest), append(roots, b.Root)
	}
	if w.root != "" {
		return fmt.Errorf("the decision was taken under %s, the bundle has %s", w.root, strings.Join(roots, ", "))
	}
	return fmt.Errorf("the decision was taken under a framework of digest %s, the bundle has %s", w.digest, strings.Join(digests, ", "))
}

// revisionOf is what a bundle's manifest says; empty where there is none.
func revisionOf(path string) string {
	var manifest struct{ Revision string }
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	files, err := unpack(raw)
	if err != nil || json.Unmarshal(files[compile.ManifestPath], &manifest) != nil {
		return ""
	}
	return manifest.Revision
}

func unpack(raw []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for in, left := tar.NewReader(z), int64(maxBundle); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if left -= header + h.Size; left < 0 {
			return nil, fmt.Errorf("it unpacks to more than %d bytes", maxBundle)
		}
		name := strings.TrimPrefix(h.Name, "/")
		if files[name] != nil {
			return nil, fmt.Errorf("%s stands twice", name)
		}
		if files[name], err = io.ReadAll(in); err != nil {
			return nil, err
		}
	}
}
