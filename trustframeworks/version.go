package trustframeworks

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"
)

// ErrVersion and ErrRange are what the functions below wrap.
var (
	ErrVersion = errors.New("not a semver 2.0.0 version without build metadata")
	ErrRange   = errors.New("not a range of semver versions")
)

const maxVersion = 64

var shortVersion = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?$`)

// CanonicalVersion gives the version that a credential names: "1" and "1.0"
// name 1.0.0 (semantics 2.2). Leading zeros, a "v", and build metadata are
// malformed.
func CanonicalVersion(text string) (string, error) {
	v, err := parseVersion(text)
	if err != nil {
		return "", err
	}
	return v.String(), nil
}

func parseVersion(text string) (*semver.Version, error) {
	if len(text) > maxVersion {
		return nil, fmt.Errorf("a version of %d bytes: %w", len(text), ErrVersion)
	}
	full := text
	if m := shortVersion.FindStringSubmatch(text); m != nil && m[2] == "" {
		full = text + ".0.0"
	} else if m != nil {
		full = text + ".0"
	}
	v, err := semver.StrictNewVersion(full)
	if err != nil || v.Metadata() != "" || v.String() != full {
		return nil, fmt.Errorf("%q: %w", text, ErrVersion)
	}
	return v, nil
}

// A Range is a set of versions: ">=1.2.0 <2.0.0", "1.x || 3.x", "~1.4".
// It holds no pre-release unless it names one.
type Range struct{ constraints *semver.Constraints }

// ParseRange reads a range.
func ParseRange(text string) (Range, error) {
	if r, ok := ranges.last(text); ok {
		return r, nil
	}
	c, err := semver.NewConstraint(text)
	if err != nil {
		return Range{}, fmt.Errorf("%.64q: %w", text, ErrRange)
	}
	ranges.remember(text, Range{c})
	return Range{c}, nil
}

// ranges are those read lately: every request reads its own several times, by
// regular expressions, and most requests have the same one.
var ranges recent

// A recent remembers ranges by their text. It is safe for concurrent use.
type recent struct {
	mu   sync.RWMutex
	read map[string]Range
}

// maxRanges and maxRangeText (bytes) bound what is remembered: callers write ranges.
const maxRanges, maxRangeText = 256, 256

func (m *recent) last(text string) (Range, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, ok := m.read[text]
	return r, ok
}

func (m *recent) remember(text string, r Range) {
	if len(text) > maxRangeText {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.read == nil || len(m.read) >= maxRanges {
		m.read = map[string]Range{}
	}
	m.read[strings.Clone(text)] = r
}

// Match reports whether the range holds the version. The zero Range holds
// none, and no range holds a malformed version.
func (r Range) Match(version string) bool {
	v, err := parseVersion(version)
	return err == nil && r.constraints != nil && r.constraints.Check(v)
}

// Match reports whether a range expression holds a version; a malformed one
// holds none.
func Match(rangeExpr, version string) bool {
	r, err := ParseRange(rangeExpr)
	return err == nil && r.Match(version)
}

// CompareVersions orders two versions by semver precedence: -1, 0, 1. A
// malformed one comes before every other.
func CompareVersions(a, b string) int {
	va, errA := parseVersion(a)
	vb, errB := parseVersion(b)
	switch {
	case errA != nil && errB != nil:
		return 0
	case errA != nil:
		return -1
	case errB != nil:
		return 1
	}
	return va.Compare(vb)
}
