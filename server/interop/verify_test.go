package interop_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// What we sign, others verify.
func TestOthersVerifyOurs(t *testing.T) {
	t.Parallel()
	f := camp(t)
	for _, c := range []struct {
		format, curve string
		model         int
		program       string
	}{
		{vc.FormatLD, proof.Ed25519, 1, "verify.js"},
		{vc.FormatLD, proof.Ed25519, 2, "verify.js"},
		{vc.FormatLD, proof.P256, 2, "verify.js"},
		{vc.FormatLD, proof.P384, 2, "verify.js"},
		{vc.FormatJCS, proof.Ed25519, 2, "verify.js"},
		{vc.FormatJCS, proof.P256, 2, "verify.js"},
		{vc.FormatJCS, proof.P384, 2, "verify.js"},
		{proof.Ed25519Signature2020, proof.Ed25519, 1, "verify.js"},
		{proof.Ed25519Signature2018, proof.Ed25519, 1, "verify.js"},
		{vc.FormatVCJWT11, proof.Secp256k1, 1, "verify_es256k.js"},
	} {
		t.Run(fmt.Sprintf("%s, %s, model %d", c.format, c.curve, c.model), func(t *testing.T) {
			t.Parallel()
			issuer := &proof.Signer{Key: key(t, c.curve), Contexts: local(f), At: time.Now()}
			holder := &proof.Signer{Key: key(t, c.curve), Contexts: local(f), At: time.Now()}
			unsigned := credential(t, f, c.model, c.format != vc.FormatVCJWT11, issuer.Key.DID(), holder.Key.DID())
			signed, err := issuer.Credential(t.Context(), unsigned, c.format)
			if err != nil {
				t.Fatal(err)
			}
			format := c.format
			if format == vc.FormatVCJWT11 {
				format = vc.FormatVPJWT11
			}
			p, err := holder.Presentation(t.Context(), []any{signed}, format, proof.Expect{Nonce: nonce, Domain: domain})
			if err != nil {
				t.Fatal(err)
			}
			keys := map[string]any{issuer.Key.DID(): public(issuer.Key), holder.Key.DID(): public(holder.Key)}
			for challenge, want := range map[string]bool{nonce: true, nonce[1:]: false} {
				var got struct {
					Verified bool
					Error    string
				}
				run(t, c.program, map[string]any{
					"contexts": contexts(t, f), "presentation": p, "nonce": challenge, "domain": domain, "keys": keys,
				}, &got)
				if got.Verified != want {
					t.Errorf("nonce %s: %+v, want %v", challenge, got, want)
				}
			}
		})
	}
}

// public is a key as a DID document has it.
func public(k *proof.Key) map[string]any {
	jwk := k.Key.JWK()
	jwk["kid"] = k.ID
	return jwk
}
