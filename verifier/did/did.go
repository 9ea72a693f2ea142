// Package did finds the key that a verification method names (W3C DID Core
// 1.0, "Verification Methods"; "The did:key Method v0.7"; "did:jwk Method
// Specification"; "did:web Method Specification"; "Peer DID Method
// Specification", methods 0 and 2).
//
// A method is found by its whole identifier, compared byte for byte. The
// aries resolver matches by substring, panics without a "#", and takes as long
// as an Ed25519 verification (all measured); of a did:key it says what the
// identifier says, so the key is read from there. A test holds both equal.
package did

import (
	"context"
	"crypto"
	"fmt"
	"strings"
	"time"
)

// A Purpose is what a key is used for, named as the verification relationship
// that must list it (DID Core, "Verification Relationships").
type Purpose string

// The purposes that proofs here are made for.
const (
	Assertion      Purpose = "assertionMethod" // to issue
	Authentication Purpose = "authentication"  // to present
)

// The codes of an [Error], as the table of reasons has them.
const (
	Unresolvable = "did.unresolvable"
	WrongPurpose = "proof.purpose"
	WrongKey     = "algorithm.refused"
)

// An Error says why a verification method gives no key.
type Error struct {
	Code string // Unresolvable, WrongPurpose or WrongKey
	Why  string
}

func (e *Error) Error() string { return e.Why }

func fail(code, format string, args ...any) *Error {
	return &Error{Code: code, Why: fmt.Sprintf(format, args...)}
}

// A Key is one verification method.
type Key struct {
	ID         string           // did:key:z…#z…, did:jwk:…#0, did:web:…#…, did:peer:2.…#key-1
	Controller string           // the DID
	Public     crypto.PublicKey // ed25519.PublicKey, *ecdsa.PublicKey on P-256 or P-384, or *secp256k1.PublicKey
	Life       time.Duration    // how long until it must be resolved anew; 0: it never changes
}

// A Resolver finds keys. Its zero value knows the methods whose identifiers
// hold the key, did:key, did:jwk and did:peer, and so does a nil one. It is
// safe for concurrent use.
type Resolver struct {
	Web *Web // did:web; nil: none is resolved

	seen  *seen // by one decision; nil: each call is by itself
	terms Terms
}

// maxID bounds an identifier in bytes. A method of did:key has 160 at most, one
// of did:jwk some 350; a did:peer with services is as long as they are.
const (
	maxID   = 512
	maxPeer = 2048
)

// Resolve returns the key that a verification method names, if its controller
// lets it serve the purpose. An error is an *[Error] where the method is to
// blame.
func (r *Resolver) Resolve(ctx context.Context, method string, purpose Purpose) (*Key, error) {
	id, fragment, ok := strings.Cut(method, "#")
	switch {
	case !ok || len(method) > maxPeer || len(method) > maxID && !strings.HasPrefix(id, peer2):
		return nil, fail(Unresolvable, "the verification method is no DID URL with a fragment")
	case purpose != Assertion && purpose != Authentication:
		return nil, fail(WrongPurpose, "the key is not for %q", string(purpose))
	case IsWeb(id):
		return r.web(ctx, id, method, purpose)
	}
	public, err := decode(id, fragment, purpose)
	if err != nil {
		return nil, err
	}
	return &Key{ID: method, Controller: id, Public: public}, nil
}

// decode reads the key that an identifier holds, and its one verification
// method. did:key v0.7, "Document Creation Algorithm", and did:jwk, "Create": a
// signing key stands in every relationship but keyAgreement.
func decode(id, fragment string, purpose Purpose) (crypto.PublicKey, error) {
	for _, prefix := range []string{"did:key:", peer0} {
		if name, ok := strings.CutPrefix(id, prefix); ok {
			if fragment != name {
				return nil, errNoMethod
			}
			return decodeKey(name)
		}
	}
	if name, ok := strings.CutPrefix(id, "did:jwk:"); ok {
		if fragment != "0" {
			return nil, errNoMethod
		}
		return decodeJWK(name)
	}
	if elements, ok := strings.CutPrefix(id, peer2); ok {
		return decodePeer(elements, fragment, purpose)
	}
	return nil, fail(Unresolvable, "the DID method is not supported")
}

var errNoMethod = fail(Unresolvable, "the DID has no verification method of this identifier")

// Controller is the DID of a verification method: what stands before its "#".
func Controller(method string) string {
	id, _, _ := strings.Cut(method, "#")
	return id
}
