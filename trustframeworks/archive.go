package trustframeworks

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The limits of an archive. Beyond them it is document.too_large.
const (
	MaxRego      = 16 << 10 // bytes of one file
	MaxRegoFiles = 16
	MaxArchive   = MaxSize + MaxRegoFiles*(MaxRego+2048) + 64<<10 // bytes, unpacked, with what tar writes between files
	maxEntries   = MaxRegoFiles + 8
)

// CodeArchive is the code of a finding that an archive is not one that is read.
const CodeArchive = "archive.refused"

// A Source is what an author publishes: a document, and the Rego of constraint
// types of its own by file name, as "exclusion.rego" for the type exclusion.
type Source struct {
	Document []byte
	Rego     map[string][]byte // nil: none
	set      bool              // a policy set: its document is its data
}

// The names under which an archive holds its document.
var (
	documentNames = []string{"framework.yaml", "framework.json"}
	dataNames     = []string{"data.json"}
)

func (s *Source) names() []string {
	if s.set {
		return dataNames
	}
	return documentNames
}

var regoName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}\.rego$`)

// ReadSource reads a document, or an archive (tar, also gzipped) that holds one
// as framework.yaml or framework.json beside *.rego files, and nothing else.
// Nothing of it is compiled.
func ReadSource(raw []byte) (*Source, []Finding) {
	if !isGzip(raw) && !isTar(raw) {
		return &Source{Document: raw}, nil
	}
	s := &Source{Rego: map[string][]byte{}}
	if err := s.unpack(raw); err != nil {
		return nil, refusedArchive(err)
	}
	return s, nil
}

func refusedArchive(err error) []Finding {
	code := CodeArchive
	if errors.Is(err, errUnpacked) {
		code = CodeTooLarge
	}
	return []Finding{{Line: 1, Column: 1, Code: code, Message: err.Error()}}
}

func isGzip(raw []byte) bool { return bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) }

// isTar tells an archive by its magic; no document holds a zero byte.
func isTar(raw []byte) bool {
	return len(raw) >= 512 && bytes.HasPrefix(raw[257:], []byte("ustar")) && bytes.IndexByte(raw[:257], 0) >= 0
}

var (
	errUnpacked = errors.New("the archive is larger than a document and its Rego can be")
	errEntry    = errors.New("an archive holds framework.yaml or framework.json (of a policy set data.json), and *.rego beside it, and nothing else")
)

func (s *Source) unpack(raw []byte) error {
	if isGzip(raw) {
		zip, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return fmt.Errorf("reading the archive: %w", err)
		}
		if raw, err = io.ReadAll(io.LimitReader(zip, MaxArchive+1)); err != nil {
			return fmt.Errorf("reading the archive: %w", err)
		}
	}
	if len(raw) > MaxArchive {
		return errUnpacked
	}
	archive := tar.NewReader(bytes.NewReader(raw))
	for range maxEntries {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return s.whole()
		}
		if err != nil {
			return fmt.Errorf("reading the archive: %w", err)
		}
		if err := s.take(header, archive); err != nil {
			return err
		}
	}
	return fmt.Errorf("more than %d entries: %w", maxEntries, errUnpacked)
}

// take takes one entry. The folder itself, as tar -C writes it, holds nothing.
func (s *Source) take(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeDir && (h.Name == "./" || h.Name == ".") {
		return nil
	}
	name := strings.TrimPrefix(h.Name, "./")
	if h.Typeflag != tar.TypeReg {
		return fmt.Errorf("%q is no plain file: %w", h.Name, errEntry)
	}
	raw, err := io.ReadAll(io.LimitReader(content, MaxSize+1))
	if err != nil {
		return fmt.Errorf("reading %q: %w", h.Name, err)
	}
	return s.Add(name, raw)
}

// Add adds a file of an archive, or of a folder that is to become one.
func (s *Source) Add(name string, raw []byte) error {
	switch {
	case slices.Contains(s.names(), name) && s.Document != nil:
		return fmt.Errorf("%q is a second document: %w", name, errEntry)
	case slices.Contains(s.names(), name):
		s.Document = raw
		return nil
	case !regoName.MatchString(name):
		return fmt.Errorf("%q: %w", name, errEntry)
	case s.Rego[name] != nil:
		return fmt.Errorf("%q stands twice: %w", name, errEntry)
	case len(raw) > MaxRego || len(s.Rego) == MaxRegoFiles:
		return fmt.Errorf("%q: at most %d files of %d bytes: %w", name, MaxRegoFiles, MaxRego, errUnpacked)
	}
	if s.Rego == nil {
		s.Rego = map[string][]byte{}
	}
	s.Rego[name] = bytes.Clone(raw)
	return nil
}

func (s *Source) whole() error {
	if s.Document == nil {
		return fmt.Errorf("there is no document: %w", errEntry)
	}
	return nil
}

// Bytes is the source as it is kept: a document as it came; with Rego a tar that
// bears no time and no owner, so that the same files give the same bytes.
func (s *Source) Bytes() ([]byte, error) {
	if len(s.Rego) == 0 && !s.set {
		return s.Document, nil
	}
	names := s.names()
	name := names[0]
	if bytes.HasPrefix(bytes.TrimSpace(s.Document), []byte("{")) {
		name = names[len(names)-1]
	}
	files := maps.Clone(s.Rego)
	files[name] = s.Document
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("writing %q: %w", name, err)
		}
		if _, err := archive.Write(files[name]); err != nil {
			return nil, fmt.Errorf("writing %q: %w", name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("closing the archive: %w", err)
	}
	return out.Bytes(), nil
}
