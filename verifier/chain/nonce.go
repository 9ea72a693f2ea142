package chain

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/gowebpki/jcs"
)

// Nonce is what those above sign a presentation over that is embedded in a
// credential: base64url SHA-256 of the JCS of the credential, as it is read,
// without proof, provenance and iat. So each of a group agrees to this one child,
// and to no other.
func Nonce(doc map[string]any) (string, error) {
	rest := make(map[string]any, len(doc))
	for name, v := range doc {
		if name != "proof" && name != "iat" && !isProvenance(name) {
			rest[name] = v
		}
	}
	raw, err := json.Marshal(rest)
	if err != nil {
		return "", fmt.Errorf("writing a credential: %w", err)
	}
	text, err := jcs.Transform(raw)
	if err != nil {
		return "", fmt.Errorf("writing a credential: %w", err)
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// SameProvenance reports whether two documents say the same of what is above
// them: as received, and as signed.
func SameProvenance(a, b map[string]any) bool {
	return reflect.DeepEqual(ofProvenance(a), ofProvenance(b))
}

func ofProvenance(doc map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range doc {
		if isProvenance(name) {
			out[name] = v
		}
	}
	return out
}

func isProvenance(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	for _, m := range members {
		if first == m {
			return true
		}
	}
	return false
}
