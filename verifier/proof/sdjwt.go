package proof

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// thumbprintURI names a key that no DID names (RFC 9278).
const thumbprintURI = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"

// sdPresentation checks the key binding of an SD-JWT VC (RFC 9901,
// "Verification by the Verifier", step 5), cheapest first. Whose key it is the
// credential says, which the issuer's signature covers; [Verifier.Credential]
// checks that.
func (v *Verifier) sdPresentation(ctx context.Context, p *vc.Presentation, e Expect) (Presented, error) {
	s := p.SDJWT
	if s.Binding == nil {
		return Presented{}, refuse(proofMissing, "the SD-JWT has no key binding")
	}
	if err := answers(&s.Binding.Claims, e); err != nil {
		return Presented{}, err
	}
	h := s.Hash.New()
	h.Write(s.Bound)
	sum := base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(sum), []byte(s.BoundDigest)) != 1 {
		return Presented{}, refuse(proofInvalid, "sd_hash is not that of what is presented")
	}
	if refusal := special(s.Binding); refusal != nil {
		return Presented{}, refusal
	}
	key, holder, err := v.confirmed(ctx, s)
	if err != nil {
		return Presented{}, err
	}
	if refusal := signedBy(s.Binding, key, nil); refusal != nil {
		return Presented{}, refusal
	}
	return Presented{
		Holder: holder, Key: key.Thumbprint(),
		SignedAt: s.Binding.Claims.IssuedAt, ExpiresAt: v.until(s.Binding.Claims.Expires, key),
	}, nil
}

// confirmed is the key that must have made the key binding: that of cnf, which
// is a key of holder.id where there is one, or without cnf a key of holder.id
// (semantics 3.5). The holder is a DID, or the name of a key alone.
func (v *Verifier) confirmed(ctx context.Context, s *vc.SDJWT) (key *did.Key, holder string, err error) {
	party, _ := s.Claims["holder"].(map[string]any)
	id, _ := party["id"].(string)
	method := s.Confirmation.Kid
	switch {
	case s.Confirmation.JWK != nil:
		if key, err = did.ReadJWK(s.Confirmation.JWK); err != nil {
			return nil, "", refusal(err)
		}
		if id == "" {
			return key, thumbprintURI + key.Thumbprint(), nil
		}
		method = methodOf(id, s.Binding)
	case method == "":
		method = methodOf(id, s.Binding)
	}
	if did.Controller(method) == "" || id != "" && did.Controller(method) != id {
		return nil, "", refuse(holderUnbound, "the credential does not name the holder's key, or another than that of holder.id")
	}
	own, err := v.resolve(ctx, method, did.Authentication)
	if err != nil {
		return nil, "", err
	}
	if key != nil && key.Thumbprint() != own.Thumbprint() {
		return nil, "", refuse(holderUnbound, "cnf names another key than that of holder.id")
	}
	return own, own.Controller, nil
}

// methodOf is the verification method of a DID that a key binding is by: its
// only one, or the one that the binding names.
func methodOf(id string, binding *vc.JWT) string {
	if method := did.OnlyMethod(id); method != "" {
		return method
	}
	kid, _ := binding.Header["kid"].(string)
	if strings.HasPrefix(kid, "#") {
		return id + kid
	}
	return kid
}

// sdCredential checks the issuer's signature under an SD-JWT VC. Disclosures
// are no part of its digest: the same credential has the same, whatever of it
// is shown.
func (v *Verifier) sdCredential(ctx context.Context, c *vc.Credential) (Issued, error) {
	claims := &c.JWT.Claims
	switch {
	case claims.Issuer == "":
		return Issued{}, &vc.Refusal{Code: vc.CredentialMalformed, Message: "the credential names no issuer", Path: "/iss"}
	case claims.IssuedAt.IsZero():
		return Issued{}, &vc.Refusal{Code: vc.CredentialMalformed, Message: "iat is absent", Path: "/iat"}
	case claims.IssuedAt.After(v.now().Add(clockSkew)):
		return Issued{}, refuse("credential.not_yet_valid", "the credential's signature is of the future")
	}
	key, err := v.jwtKey(ctx, c.JWT, claims.Issuer, issuerUnbound, did.Assertion)
	if err != nil {
		return Issued{}, err
	}
	sum := sha256.Sum256(c.JWT.Signed)
	return Issued{
		Issuer: key.Controller, Key: key.Thumbprint(), Doc: c.Doc, ExpiresAt: v.until(time.Time{}, key),
		Digest: base64.RawURLEncoding.EncodeToString(sum[:]),
	}, nil
}
