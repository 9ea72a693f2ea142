// Package chain reads what a chained credential says of those above it: the
// credentials by which its issuer could issue it (Aries RFC 0104, "Special
// Sauce"; semantics 6).
//
// Everything here is unproved. That each credential is what its issuer signed,
// and each issuer the holder of the one above, the verifier proves; whether a
// chain may hold the framework's policy decides.
package chain

import (
	"slices"

	"github.com/procura-dev/procura/verifier/vc"
)

// Bounds of what hangs above one credential.
const (
	MaxLinks       = 16 // credentials from the leaf to a root, both counted
	MaxCredentials = 64 // above others in one presentation, each as often as it stands above one
)

// The codes of refusals here.
const (
	Malformed   = "chain.malformed"
	Missing     = "chain.missing"
	TooLong     = "chain.too_long"
	Unsupported = "chain.unsupported"
)

// A Node is a credential and those directly above it.
type Node struct {
	Credential   *vc.Credential
	Path         string           // JSON Pointer below the leaf's presentation
	Digest       string           // of one that is referred to: what its digest must be; else empty
	Presentation *vc.Presentation // the signed one that it was given in; nil: the issuer of the one below alone binds it
	Parents      []*Node          // none: a root
	Ownership    []*Node          // of a root: supporting credentials by which its issuer owns what it is about
}

// Chained reports whether there is anything above.
func (n *Node) Chained() bool { return len(n.Parents) > 0 }

// Provenance reports whether the credential says anything of why its issuer could
// issue it.
func (n *Node) Provenance() bool { return n.Chained() || len(n.Ownership) > 0 }

// A Reader reads the chains of one presentation.
type Reader struct {
	sent []*vc.Credential
	left int // credentials above others that it may still read
}

// NewReader reads chains of the credentials of one presentation, which may refer
// to one another.
func NewReader(sent []*vc.Credential) *Reader {
	return &Reader{sent: sent, left: MaxCredentials}
}

// Read reads the credential at the bottom with all that is above it. A
// *[vc.Refusal] says why it cannot be read; its Path is below the presentation.
func (r *Reader) Read(leaf *vc.Credential) (*Node, error) {
	root := &Node{Credential: leaf, Path: leaf.Path}
	if refusal := r.climb(root, nil); refusal != nil {
		return nil, refusal
	}
	return root, nil
}

// All returns those above n, each before the ones above it. One that is above
// two others stands twice.
func (n *Node) All() []*Node {
	var out []*Node
	for _, p := range n.Parents {
		out = append(out, p)
		out = append(out, p.All()...)
	}
	return out
}

// climb reads those above n; below are the credentials between it and the leaf.
func (r *Reader) climb(n *Node, below []*vc.Credential) *vc.Refusal {
	pairs, path, refusal := provenance(n.Credential.Doc, n.Path)
	if refusal != nil {
		return refusal
	}
	below = append(below, n.Credential)
	for i, pair := range pairs {
		if refusal := r.pair(n, pair, index(path, i)); refusal != nil {
			return refusal
		}
	}
	if n.Chained() && len(below) >= MaxLinks {
		return refuse(TooLong, path, "more than %d credentials from the first to the last", MaxLinks)
	}
	if n.Chained() && len(n.Ownership) > 0 {
		return refuse(Unsupported, path, "the issuer of a credential below another shows no ownership")
	}
	for _, p := range n.Parents {
		if circular(p, below) {
			return refuse(Malformed, p.Path, "a credential is above itself")
		}
		if refusal := r.climb(p, below); refusal != nil {
			return refusal
		}
	}
	return nil
}

// circular reports a credential above itself. One that is embedded cannot be; it
// can have the id of one below it.
func circular(p *Node, below []*vc.Credential) bool {
	id := p.Credential.Doc["id"]
	return slices.ContainsFunc(below, func(c *vc.Credential) bool {
		return c == p.Credential || id != nil && id == c.Doc["id"]
	})
}
