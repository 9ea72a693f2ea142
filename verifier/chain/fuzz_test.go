package chain_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/vc"
)

// Whatever a credential says of those above it, reading ends: with a refusal, or
// with a tree within its bounds.
func FuzzRead(f *testing.F) {
	for _, doc := range []map[string]any{
		credential("a"), line(3), credential("a", authorized(many(2)...)), credential("a", referring("urn:of:b", "d")),
		credential("a", authorized("x.y.z")), credential("a", []any{[]any{"name"}, map[string]any{}}),
	} {
		raw, err := json.Marshal(doc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := vc.ParseJSON(raw)
		if err != nil {
			return
		}
		c := vc.ParseCredential(tree)
		if c.Problem != nil {
			return
		}
		sent := []*vc.Credential{c, leaf(credential("b", referring("urn:of:a", "d")))}
		n, err := chain.NewReader(sent).Read(c)
		if _, refused := errors.AsType[*vc.Refusal](err); err != nil && !refused {
			t.Fatal(err)
		}
		if err == nil && len(n.All()) > chain.MaxCredentials {
			t.Fatalf("%d credentials above one", len(n.All()))
		}
	})
}
