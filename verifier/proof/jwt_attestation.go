package proof

import (
	"context"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// attestationType is the typ of an attestation (semantics 5).
const attestationType = "procura-attestation+jwt"

// Attested is an attestation: what its issuer says of one constraint of one
// credential.
type Attested struct {
	Issuer     string    // the DID that signed
	Key        string    // RFC 7638 thumbprint of its key
	IssuedAt   time.Time // required
	ExpiresAt  time.Time // exclusive; zero: never
	Constraint string    // base64url SHA-256
	Credential string    // base64url SHA-256
	Proxied    string    // the credential's proxied.id; empty where it has none
}

const attestationInvalid = "attestation.invalid"

// Attestation checks who signed an attestation, and returns what it says. Its
// times are facts for a policy and not judged here. A *vc.Refusal says why it
// does not hold.
func (v *Verifier) Attestation(ctx context.Context, jws string) (Attested, error) {
	j, err := vc.ParseJWT(jws)
	if err != nil {
		return Attested{}, refuse(attestationInvalid, "%v", err)
	}
	a, refusal := readAttestation(j)
	if refusal != nil {
		return Attested{}, refusal
	}
	key, err := v.jwtKey(ctx, j, a.Issuer, issuerUnbound, did.Assertion)
	if err != nil {
		return Attested{}, err
	}
	a.Key = key.Thumbprint()
	return a, nil
}

// readAttestation takes the claims of semantics 5 and no others: one that is
// not understood could be a condition.
func readAttestation(j *vc.JWT) (a Attested, refusal *vc.Refusal) {
	if j.Header["typ"] != attestationType {
		return a, refuse(attestationInvalid, "the JWT is no attestation")
	}
	a = Attested{Issuer: j.Claims.Issuer, IssuedAt: j.Claims.IssuedAt, ExpiresAt: j.Claims.Expires}
	for name, value := range j.Payload {
		text, isText := value.(string)
		ok := true
		switch name {
		case "iss", "iat", "exp": // read as claims
		case "constraint":
			a.Constraint, ok = text, isDigest(text)
		case "credential":
			a.Credential, ok = text, isDigest(text)
		case "proxied":
			a.Proxied, ok = text, isText && text != ""
		default:
			ok = false
		}
		if !ok {
			return a, refuse(attestationInvalid, "the attestation has a claim that is not understood")
		}
	}
	if a.Issuer == "" || a.IssuedAt.IsZero() || a.Constraint == "" || a.Credential == "" {
		return a, refuse(attestationInvalid, "the attestation lacks iss, iat, constraint or credential")
	}
	return a, nil
}

// isDigest reports a SHA-256 in strict base64url.
func isDigest(text string) bool {
	raw, ok := vc.DecodeBase64(text)
	return ok && len(raw) == 32
}
