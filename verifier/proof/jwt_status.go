package proof

import (
	"context"
	"crypto/sha256"
	"encoding/base64"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// StatusType is the typ of a Status List Token (draft-ietf-oauth-status-list,
// "Status List Token in JWT Format").
const StatusType = "statuslist+jwt"

// StatusToken checks who signed a Status List Token: the DID whose key its kid
// names. Its times are not judged here. A *vc.Refusal says why it does
// not hold.
func (v *Verifier) StatusToken(ctx context.Context, j *vc.JWT) (Issued, error) {
	kid, _ := j.Header["kid"].(string)
	if j.Header["typ"] != StatusType {
		return Issued{}, refuse(proofInvalid, "the JWT is no Status List Token")
	}
	key, err := v.jwtKey(ctx, j, did.Controller(kid), issuerUnbound, did.Assertion)
	if err != nil {
		return Issued{}, err
	}
	sum := sha256.Sum256(j.Signed)
	return Issued{
		Issuer: key.Controller, Key: key.Thumbprint(), Doc: j.Payload, SignedAt: j.Claims.IssuedAt,
		Digest: base64.RawURLEncoding.EncodeToString(sum[:]), ExpiresAt: v.until(j.Claims.Expires, key),
	}, nil
}

// StatusToken signs the claims of a Status List Token.
func (s *Signer) StatusToken(claims map[string]any) (string, error) {
	return s.jwt(StatusType, claims)
}
