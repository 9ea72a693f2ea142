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
	public, err := jwkKey(plain)
	if err != nil {
		return nil, err
	}
	return &Key{Public: public}, nil
}

// OnlyMethod is the one verification method of a DID that holds its key; empty
// for other methods.
func OnlyMethod(id string) string {
	for _, prefix := range []string{"did:key:", peer0} {
		if name, ok := strings.CutPrefix(id, prefix); ok {
			return id + "#" + name
		}
	}
	if strings.HasPrefix(id, "did:jwk:") {
		return id + "#0"
	}
	return ""
}
