package query

import (
	"bytes"
	"fmt"

	"github.com/procura-dev/procura/verifier/vc"
)

// Parse reads a credential from what a wallet's item has: JSON, or the bare text of
// a JWT or an SD-JWT VC. The caller bounds its size.
func Parse(id string, content []byte) (*Credential, error) {
	content = bytes.TrimSpace(content)
	if len(content) == 0 || content[0] != '{' && content[0] != '"' {
		return Read(id, string(content))
	}
	tree, err := vc.ParseJSON(content)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCredential, err)
	}
	return Read(id, tree)
}
