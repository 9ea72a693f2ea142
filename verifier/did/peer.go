package did

import (
	"crypto"
	"strconv"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/vc"
)

// What did:peer identifiers begin with. Of method 0 the inception key follows,
// and it is "functionally equivalent to a did:key" (Peer DID Method
// Specification, "Method 0"), its verification method included; of method 2
// elements follow, each with a dot before it. The others need a document that
// a peer gave.
const (
	peer0 = "did:peer:0"
	peer2 = "did:peer:2"
)

// maxElements bounds keys and services together.
const maxElements = 32

// peerPurposes are the purpose codes of keys ("Lookup Tables"); empty: a
// relationship that nothing here is proved by.
var peerPurposes = map[byte]Purpose{'A': Assertion, 'V': Authentication, 'E': "", 'I': "", 'D': ""}

// decodePeer reads the key-N-th key of a did:peer:2, in the order of its
// elements, if it has the purpose ("Resolving a did:peer:2"). Older
// implementations named keys by their value; two names of one key are one too
// many.
func decodePeer(elements, fragment string, purpose Purpose) (crypto.PublicKey, error) {
	parts := strings.Split(elements, ".")
	if parts[0] != "" || len(parts) < 2 || len(parts) > 1+maxElements {
		return nil, fail(Unresolvable, "the did:peer has no elements, or too many")
	}
	var keys []string
	for _, element := range parts[1:] {
		if !isElement(element) {
			return nil, fail(Unresolvable, "the did:peer has an element that is no key, in base58btc and of a known purpose, and no service")
		}
		if element[0] != 'S' {
			keys = append(keys, element)
		}
	}
	i, ok := position(fragment)
	if !ok || i > len(keys) {
		return nil, errNoMethod
	}
	key := keys[i-1]
	if peerPurposes[key[0]] != purpose {
		return nil, fail(WrongPurpose, "the key is not for %q", string(purpose))
	}
	return decodeKey(key[1:])
}

// position reads key-N, N from 1, in its one spelling.
func position(fragment string) (int, bool) {
	text, ok := strings.CutPrefix(fragment, "key-")
	n, err := strconv.Atoi(text)
	return n, ok && err == nil && n > 0 && strconv.Itoa(n) == text
}

// isElement reports a key, or a service, each in its one spelling. What a
// service says is not read.
func isElement(element string) bool {
	if len(element) < 2 {
		return false
	}
	if element[0] == 'S' {
		raw, ok := vc.DecodeBase64(element[1:])
		return ok && len(raw) > 0
	}
	if _, ok := peerPurposes[element[0]]; !ok {
		return false
	}
	digits, ok := strings.CutPrefix(element[1:], "z")
	if !ok || len(digits) > maxName {
		return false
	}
	raw, err := base58.Decode(digits)
	return err == nil && len(raw) > 2 && base58.Encode(raw) == digits
}
