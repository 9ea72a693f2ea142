package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// readBundle unpacks a .tar.gz of one framework version.
func readBundle(raw []byte) (policies.Bundle, error) {
	files, err := unpack(raw)
	if err != nil {
		return policies.Bundle{}, fmt.Errorf("unpacking the bundle: %w", err)
	}
	var manifest struct {
		Roots []string `json:"roots"`
	}
	if err := json.Unmarshal(files[".manifest"], &manifest); err != nil || len(manifest.Roots) != 1 {
		return policies.Bundle{}, errors.New("the bundle has no manifest with one root")
	}
	return policies.Bundle{Root: manifest.Roots[0], Digest: compile.Digest(files), Files: files}, nil
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
