package compile

import (
	"archive/tar"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"

	"github.com/procura-dev/procura/trustframeworks"
)

// Files of a bundle that no policy reads.
const (
	ManifestPath   = ".manifest"
	SignaturesPath = ".signatures.json"
)

// WithdrawalsPath is where a served bundle tells of the withdrawals of a version
// below a root, beside what the version compiled to.
func WithdrawalsPath(root string) string { return root + "/withdrawals/data.json" }

// FileInfo is a file as OPA's signatures list it.
type FileInfo = bundle.FileInfo

// Signatures is what a bundle's .signatures.json says.
type Signatures = bundle.SignaturesConfig

// A Pack is files of a bundle, as they lie in its archive. What a version brings
// to each bundle that holds it never changes.
type Pack struct {
	Archive []byte     // a member of a gzip file (RFC 1952, section 2.2): entries of a tar without its end
	Files   []FileInfo // as a signature lists them

	// Of a version's alone:
	Name     string
	Root     string
	Manifest string        // of the version's own bundle
	MaxAge   time.Duration // the shortest frameworkMaxAge of the version; 0: the default of all
}

// Pack packs what a version brings.
func (f *Framework) Pack() (*Pack, error) {
	files := maps.Clone(f.Files)
	delete(files, ManifestPath)
	p, err := PackFiles(files)
	if err != nil {
		return nil, fmt.Errorf("packing %s %s: %w", f.Document.Name, f.Document.Version, err)
	}
	p.Name, p.Root = f.Document.Name, f.Root
	p.Manifest, p.MaxAge = string(f.Files[ManifestPath]), shortestAge(f.Document.Freshness)
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

// PackFiles packs files in the order of their paths.
func PackFiles(files map[string][]byte) (p *Pack, err error) {
	p = &Pack{}
	if p.Archive, err = archive(files, (*tar.Writer).Flush); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		info, err := infoOf(name, files[name])
		if err != nil {
			return nil, err
		}
		p.Files = append(p.Files, info)
	}
	return p, nil
}

// infoOf is a file as OPA's signatures list it: of JSON the hash of what it says.
func infoOf(name string, raw []byte) (FileInfo, error) {
	var content any = raw
	if bundle.IsStructuredDoc(name) {
		content = nil
		if err := util.Unmarshal(raw, &content); err != nil {
			return FileInfo{}, fmt.Errorf("reading %q: %w", name, err)
		}
	}
	hasher, err := bundle.NewSignatureHasher(bundle.SHA256)
	if err != nil {
		return FileInfo{}, fmt.Errorf("hashing %q: %w", name, err)
	}
	sum, err := hasher.HashFile(content)
	if err != nil {
		return FileInfo{}, fmt.Errorf("hashing %q: %w", name, err)
	}
	return bundle.NewFile(name, hex.EncodeToString(sum), bundle.SHA256.String()), nil
}

// EndOfTar is a member of a gzip file with the end of a tar.
func EndOfTar() ([]byte, error) { return archive(nil, (*tar.Writer).Close) }
