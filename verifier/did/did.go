// Package did finds the key that a verification method names (W3C DID Core
// 1.0, "Verification Methods"; "The did:key Method v0.7"; "did:jwk Method
// Specification").
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
	ID         string           // did:key:z…#z…, did:jwk:…#0
	Controller string           // the DID
	Public     crypto.PublicKey // ed25519.PublicKey, *ecdsa.PublicKey on P-256 or P-384, or *secp256k1.PublicKey
}

// A Resolver finds keys. Its zero value knows did:key and did:jwk, and so does a nil
// one. It is safe for concurrent use.
type Resolver struct{}

// maxID bounds an identifier in bytes; a method of did:key has 160 at most,
// one of did:jwk some 350.
const maxID = 512

// Resolve returns the key that a verification method names, if its controller
// lets it serve the purpose. An error is an *[Error] where the method is to
// blame.
func (r *Resolver) Resolve(_ context.Context, method string, purpose Purpose) (*Key, error) {
	id, fragment, ok := strings.Cut(method, "#")
	if !ok || len(method) > maxID {
		return nil, fail(Unresolvable, "the verification method is no DID URL with a fragment")
	}
	public, err := decode(id, fragment)
	if err != nil {
		return nil, err
	}
	// did:key v0.7, "Document Creation Algorithm", and did:jwk, "Create": a
	// signing key stands in every relationship but keyAgreement.
	if purpose != Assertion && purpose != Authentication {
		return nil, fail(WrongPurpose, "the key is not for %q", string(purpose))
	}
	return &Key{ID: method, Controller: id, Public: public}, nil
}

// decode reads the key that an identifier holds, and its one verification
// method.
func decode(id, fragment string) (crypto.PublicKey, error) {
	if name, ok := strings.CutPrefix(id, "did:key:"); ok {
		if fragment != name {
			return nil, errNoMethod
		}
		return decodeKey(name)
	}
	if name, ok := strings.CutPrefix(id, "did:jwk:"); ok {
		if fragment != "0" {
			return nil, errNoMethod
		}
		return decodeJWK(name)
	}
	return nil, fail(Unresolvable, "the DID method is not supported")
}

var errNoMethod = fail(Unresolvable, "the DID has no verification method of this identifier")

// Controller is the DID of a verification method: what stands before its "#".
func Controller(method string) string {
	id, _, _ := strings.Cut(method, "#")
	return id
}
