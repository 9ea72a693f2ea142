package did

import (
	"crypto"
	"slices"

	"github.com/procura-dev/procura/verifier/vc"
)

// A jwkKind is what a JWK of one curve holds (RFC 7518, "Parameters for
// Elliptic Curve Public Keys"; RFC 8037, "Key Type OKP").
type jwkKind struct {
	kty  string
	algs []string
	read func(x, y []byte) (crypto.PublicKey, error)
	y    bool // has a second coordinate
}

var jwkKinds = func() map[string]jwkKind {
	kinds := map[string]jwkKind{
		"Ed25519": {"OKP", []string{"EdDSA", "Ed25519"}, func(x, _ []byte) (crypto.PublicKey, error) { return ed25519Key(x) }, false},
	}
	for _, c := range curves {
		kinds[c.name] = jwkKind{"EC", []string{c.alg}, c.jwkKey, true}
	}
	return kinds
}()

// jwkKey is the key of two coordinates, which must be those of a point.
func (c *curve) jwkKey(x, y []byte) (crypto.PublicKey, error) {
	if len(x) != c.size || len(y) != c.size {
		return nil, fail(Unresolvable, "the JWK's coordinates are not of the curve's size")
	}
	public := c.fromPoint(slices.Concat([]byte{4}, x, y)) // uncompressed (SEC 1, 2.3.3)
	if public == nil {
		return nil, fail(Unresolvable, "the key is no point of %s", c.name)
	}
	return public, nil
}

// decodeJWK reads the key of a did:jwk ("did:jwk Method Specification"). What
// it holds beside the key must be understood, and must let it sign.
func decodeJWK(name string) (crypto.PublicKey, error) {
	raw, ok := vc.DecodeBase64(name)
	if !ok {
		return nil, fail(Unresolvable, "the did:jwk is not strict base64url")
	}
	v, err := vc.ParseJSON(raw)
	m, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, fail(Unresolvable, "the did:jwk is no JSON object")
	}
	return jwkKey(m)
}

// jwkKey reads a public JWK.
func jwkKey(m map[string]any) (crypto.PublicKey, error) {
	crv, _ := m["crv"].(string)
	kind, ok := jwkKinds[crv]
	if !ok || m["kty"] != kind.kty {
		return nil, fail(WrongKey, "the JWK is of a kind that is not supported")
	}
	if err := kind.check(m); err != nil {
		return nil, err
	}
	return kind.read(bytesOf(m["x"]), bytesOf(m["y"]))
}

// check refuses members that do not belong to a public key of the kind.
func (k jwkKind) check(m map[string]any) error {
	for name, value := range m {
		text, ok := value.(string)
		switch name {
		case "kty", "crv", "x":
		case "y":
			ok = ok && k.y
		case "kid": // names the key to its owner
		case "alg":
			ok = slices.Contains(k.algs, text)
		case "use":
			if text != "sig" {
				return fail(WrongPurpose, "the JWK is not of a key that signs")
			}
		default:
			ok = false
		}
		if !ok {
			return fail(Unresolvable, "the JWK has a member that does not belong to a public key of its kind")
		}
	}
	return nil
}

// bytesOf reads strict base64url; nil where it is none.
func bytesOf(v any) []byte {
	text, _ := v.(string)
	raw, ok := vc.DecodeBase64(text)
	if !ok {
		return nil
	}
	return raw
}
