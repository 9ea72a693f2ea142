package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/procura-dev/procura/verifier/did"
)

// Signatures remembers those of what is shown again and again: of credentials
// and attestations, never of presentations. That one held says nothing of whose
// key it is now, which is resolved anew each time (semantics 3.4). Those that did
// not hold are remembered apart: whoever sends thousands of them to a challenge,
// all of which is looked at with each decision, has them verified once, and
// drives out none that held. Its zero value is ready; a nil one remembers
// nothing. It is safe for concurrent use.
type Signatures struct {
	good, bad names
	verified  atomic.Int64
}

// Verified is how many signatures were verified, since memory did not know them.
func (s *Signatures) Verified() int64 { return s.verified.Load() }

// names are digests of what was seen last.
type names struct {
	mu         sync.Mutex
	late, then map[[sha256.Size]byte]struct{} // since, and before, late was full
}

// maxSignatures bounds each half of what is remembered, which is some megabytes.
const maxSignatures = 1 << 14

// memory is where signatures for a purpose are remembered: what is presented is
// new each time.
func (v *Verifier) memory(purpose did.Purpose) *Signatures {
	if purpose != did.Assertion {
		return nil
	}
	return v.Signatures
}

// held reports whether a signature holds: from memory, or as verify says.
func (s *Signatures) held(key *did.Key, suite *suite, signed, signature []byte) bool {
	if s == nil {
		return suite.verify(key.Public, signed, signature)
	}
	name := signatureName(key, suite, signed, signature)
	if s.good.had(name) {
		return true
	}
	if s.bad.had(name) {
		return false
	}
	s.verified.Add(1)
	if !suite.verify(key.Public, signed, signature) {
		s.bad.keep(name)
		return false
	}
	s.good.keep(name)
	return true
}

// signatureName is the digest of all that makes a signature hold or not (semantics
// 3.4): each with its length, the public key as its thumbprint (RFC 7638).
func signatureName(key *did.Key, suite *suite, signed, signature []byte) (name [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(suite.names[0]), []byte(key.Thumbprint()), signature, signed} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	h.Sum(name[:0])
	return name
}

func (n *names) had(name [sha256.Size]byte) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.late[name]; ok {
		return true
	}
	if _, ok := n.then[name]; !ok {
		return false
	}
	n.put(name) // in use: it outlasts the next half
	return true
}

func (n *names) keep(name [sha256.Size]byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.put(name)
}

func (n *names) put(name [sha256.Size]byte) {
	if n.late == nil || len(n.late) >= maxSignatures {
		n.late, n.then = map[[sha256.Size]byte]struct{}{}, n.late
	}
	n.late[name] = struct{}{}
}
