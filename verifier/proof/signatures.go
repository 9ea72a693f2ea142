package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/procura-dev/procura/verifier/did"
)

// Signatures remembers those of what is shown again and again: of credentials
// and attestations, never of presentations. That one held says nothing of whose
// key it is now, which is resolved anew each time (semantics 3.4). Its zero
// value is ready; a nil one remembers nothing. It is safe for concurrent use.
type Signatures struct {
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

// held reports whether a signature holds: from memory, or as verify says. What
// does not hold is not remembered.
func (s *Signatures) held(key *did.Key, suite *suite, signed, signature []byte) bool {
	if s == nil {
		return suite.verify(key.Public, signed, signature)
	}
	name := signatureName(key, suite, signed, signature)
	if s.had(name) {
		return true
	}
	if !suite.verify(key.Public, signed, signature) {
		return false
	}
	s.keep(name)
	return true
}

// signatureName is the digest of all that makes a signature hold (semantics
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

func (s *Signatures) had(name [sha256.Size]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.late[name]; ok {
		return true
	}
	if _, ok := s.then[name]; !ok {
		return false
	}
	s.put(name) // in use: it outlasts the next half
	return true
}

func (s *Signatures) keep(name [sha256.Size]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(name)
}

func (s *Signatures) put(name [sha256.Size]byte) {
	if s.late == nil || len(s.late) >= maxSignatures {
		s.late, s.then = map[[sha256.Size]byte]struct{}{}, s.late
	}
	s.late[name] = struct{}{}
}
