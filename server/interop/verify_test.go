package interop_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// What we sign, @digitalbazaar/vc verifies.
func TestOthersVerifyOurs(t *testing.T) {
	t.Parallel()
	f := camp(t)
	issuer := &proof.Signer{Key: key(t, proof.Ed25519), Contexts: local(f), At: time.Now()}
	holder := &proof.Signer{Key: key(t, proof.Ed25519), Contexts: local(f), At: time.Now()}
	for model := 1; model <= 2; model++ {
		t.Run(fmt.Sprintf("model %d", model), func(t *testing.T) {
			t.Parallel()
			unsigned := credential(t, f, model, true, issuer.Key.DID(), holder.Key.DID())
			signed, err := issuer.Credential(t.Context(), unsigned, vc.FormatLD)
			if err != nil {
				t.Fatal(err)
			}
			p, err := holder.Presentation(t.Context(), []any{signed}, vc.FormatLD, proof.Expect{Nonce: nonce, Domain: domain})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				nonce string
				want  bool
			}{{nonce, true}, {nonce[1:], false}} {
				var got struct {
					Verified bool
					Error    string
				}
				run(t, "verify.js", map[string]any{
					"contexts": contexts(t, f), "presentation": p, "nonce": c.nonce, "domain": domain,
				}, &got)
				if got.Verified != c.want {
					t.Errorf("nonce %s: %+v, want %v", c.nonce, got, c.want)
				}
			}
		})
	}
}
