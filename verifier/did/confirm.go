package did

import (
	"slices"
	"strings"
)

// ReadJWK reads a public key from a JWK that another document holds (RFC 7800,
// cnf), as strictly as that of a did:jwk. What Web Crypto adds to a key that
// may verify says nothing more. The key has no identifier and no controller.
// An error is an *[Error].
func ReadJWK(m map[string]any) (*Key, error) {
	plain := make(map[string]any, len(m))
	for name, value := range m {
		switch name {
		case "ext":
			if _, ok := value.(bool); ok {
				continue
			}
		case "key_ops":
			if list, ok := value.([]any); ok && slices.Contains(list, any("verify")) {
				continue
			}
		}
		plain[name] = value
	}
	crv, _ := plain["crv"].(string)
	kind, ok := jwkKinds[crv]
	if !ok || plain["kty"] != kind.kty {
		return nil, fail(WrongKey, "the JWK is of a kind that is not supported")
	}
	if err := kind.check(plain); err != nil {
		return nil, err
	}
	public, err := kind.read(bytesOf(plain["x"]), bytesOf(plain["y"]))
	if err != nil {
		return nil, err
	}
	return &Key{Public: public}, nil
}

// OnlyMethod is the one verification method of a DID that holds its key; empty
// for other methods.
func OnlyMethod(id string) string {
	if name, ok := strings.CutPrefix(id, "did:key:"); ok {
		return id + "#" + name
	}
	if strings.HasPrefix(id, "did:jwk:") {
		return id + "#0"
	}
	return ""
}
