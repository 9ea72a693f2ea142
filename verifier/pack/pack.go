// Package pack reads and writes packs: what a verifier without a network has in its
// place (docs/semantics.md, section 7).
//
// A pack is one JWS (RFC 7515, compact), signed with ES256, whose payload is the
// JSON of a [Pack]. Whatever else would unpack, an archive or a compressed file, has
// paths, sizes and members of its own that no signature covers.
package pack

import (
	"cmp"
	"slices"
	"time"
)

// Kind is the typ of a pack's header.
const Kind = "procura-pack+jwt"

// Format is the only one that is read.
const Format = 1

// MaxSize bounds a pack as it is written, in bytes.
const MaxSize = 64 << 20

// maxEntries bounds each list of a pack.
const maxEntries = 10_000

// A Pack is what one holds. Its lists are sorted, and nothing stands in one twice.
type Pack struct {
	Format      int         `json:"format"`
	PackedAt    time.Time   `json:"packedAt"` // UTC, whole seconds; withdrawals were heard of then
	Frameworks  []Framework `json:"frameworks,omitempty"`
	DIDs        []Document  `json:"dids,omitempty"`
	StatusLists []List      `json:"statusLists,omitempty"`
}

// A Framework is one version, as its author published it.
type Framework struct {
	Name      string      `json:"name"`
	Version   string      `json:"version"` // canonical
	Source    []byte      `json:"source"`  // document, or archive of document and Rego
	Context   []byte      `json:"context"` // JSON-LD, as it was published
	Withdrawn *Withdrawal `json:"withdrawn,omitempty"`
}

// A Withdrawal says from when on a version is in force no longer.
type Withdrawal struct {
	From      time.Time `json:"from"` // UTC, inclusive
	Successor string    `json:"successor,omitempty"`
}

// A Document is that of one did:web.
type Document struct {
	ID       string `json:"id"`
	Document string `json:"document"` // as its host served it
}

// A List is one status list.
type List struct {
	URL  string `json:"url"`
	List string `json:"list"` // as its host served it
}

// Sort brings the lists of a pack into their order.
func (p *Pack) Sort() {
	slices.SortFunc(p.Frameworks, Framework.compare)
	slices.SortFunc(p.DIDs, Document.compare)
	slices.SortFunc(p.StatusLists, List.compare)
}

func (f Framework) compare(g Framework) int {
	return cmp.Or(cmp.Compare(f.Name, g.Name), cmp.Compare(f.Version, g.Version))
}

func (d Document) compare(e Document) int { return cmp.Compare(d.ID, e.ID) }

func (l List) compare(m List) int { return cmp.Compare(l.URL, m.URL) }

// Check says why a pack is not of its shape. What signs one signs its JSON, as
// [json.Marshal] has it: the same pack always gives the same bytes.
func (p *Pack) Check() error {
	switch {
	case p.Format != Format:
		return fail(Malformed, "it is of format %d, and %d is read", p.Format, Format)
	case p.PackedAt.IsZero() || !p.PackedAt.Equal(p.PackedAt.Truncate(time.Second)) || p.PackedAt.Location() != time.UTC:
		return fail(Malformed, "packedAt is no whole second in UTC")
	case max(len(p.Frameworks), len(p.DIDs), len(p.StatusLists)) > maxEntries:
		return fail(TooLarge, "it has more than %d entries of a kind", maxEntries)
	case !ascending(p.Frameworks, Framework.compare), !ascending(p.DIDs, Document.compare), !ascending(p.StatusLists, List.compare):
		return fail(Malformed, "what it holds is not in order, or stands twice")
	}
	return nil
}

// ascending reports a list of which no entry stands twice.
func ascending[T any](list []T, compare func(a, b T) int) bool {
	for i := 1; i < len(list); i++ {
		if compare(list[i-1], list[i]) >= 0 {
			return false
		}
	}
	return true
}
