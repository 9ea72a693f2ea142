package proof

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// asJWK lets a signer sign as its key's did:jwk.
func asJWK(t testing.TB, s *Signer) {
	t.Helper()
	raw, err := s.Key.JWK()
	if err != nil {
		t.Fatal(err)
	}
	var public map[string]any
	if err := json.Unmarshal(raw, &public); err != nil {
		t.Fatal(err)
	}
	delete(public, "d")
	delete(public, "kid")
	if raw, err = json.Marshal(public); err != nil {
		t.Fatal(err)
	}
	s.Key.Controller = "did:jwk:" + base64.RawURLEncoding.EncodeToString(raw)
	s.Key.ID = s.Key.Controller + "#0"
}

// Every form, issued and presented by keys that are named by did:jwk.
func TestDIDJWK(t *testing.T) {
	t.Parallel()
	for _, curve := range KeyTypes {
		for _, form := range []struct {
			presentation, credential string
			model                    int
		}{
			{vc.FormatVPJWT11, vc.FormatVCJWT11, 1},
			{vc.FormatVPJOSE, vc.FormatVCJOSE, 2},
			{vc.FormatLD, vc.FormatLD, 2},
			{vc.FormatJCS, vc.FormatJCS, 2},
		} {
			if curve == Secp256k1 && form.credential != vc.FormatVCJWT11 && form.credential != vc.FormatVCJOSE {
				continue // no cryptosuite has it
			}
			t.Run(curve+" "+form.presentation, func(t *testing.T) {
				t.Parallel()
				b := benchOf(t, curve)
				asJWK(t, b.issuer)
				asJWK(t, b.holder)
				e := Expect{Nonce: ldNonce, Domain: ldDomain}
				credential, err := b.issuer.Credential(t.Context(), b.credential(form.model), form.credential)
				if err != nil {
					t.Fatal(err)
				}
				signed, err := b.holder.Presentation(t.Context(), []any{credential}, form.presentation, e)
				if err != nil {
					t.Fatal(err)
				}
				raw, media := []byte(nil), "application/vp+jwt"
				if text, ok := signed.(string); ok {
					raw = []byte(text)
				} else if raw, err = json.Marshal(signed); err != nil {
					t.Fatal(err)
				} else {
					media = "application/vp"
				}
				p, err := vc.ParsePresentation(raw, media)
				if err != nil {
					t.Fatal(err)
				}
				presented, err := b.verifier.Presentation(t.Context(), p, e)
				if err != nil || presented.Holder != b.holder.Key.DID() || presented.Key != b.holder.Key.Thumbprint() {
					t.Errorf("presented %+v: %v", presented, err)
				}
				issued, err := b.verifier.Credential(t.Context(), p.Credentials[0], campTerms)
				if err != nil || issued.Issuer != b.issuer.Key.DID() || issued.Key != b.issuer.Key.Thumbprint() {
					t.Errorf("issued %+v: %v", issued, err)
				}
			})
		}
	}
}

// The same key by another name is another party.
func TestDIDJWKIsNoDIDKey(t *testing.T) {
	t.Parallel()
	b := benchOf(t, P256)
	doc := document(b.credentialIn(t, vc.FormatJCS, 2))
	asJWK(t, b.issuer)
	doc.proof()["verificationMethod"] = b.issuer.Key.ID
	if _, err := b.check(t, doc); refusalCode(err) != issuerUnbound {
		t.Errorf("got %v, want %s", err, issuerUnbound)
	}
}
