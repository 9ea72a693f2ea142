package proof

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// Codes of refusals here.
const (
	proofMissing     = "proof.missing"
	proofInvalid     = "proof.invalid"
	proofExpired     = "proof.expired"
	algorithmRefused = "algorithm.refused"
	issuerUnbound    = "issuer.unbound"
	holderUnbound    = "holder.unbound"
	nonceMismatch    = "nonce.mismatch"
	domainMismatch   = "domain.mismatch"
)

// jwtPresentation checks, cheapest first, what a JWT presentation was made
// for, then whose key signed it. One that names no holder is its signer's.
func (v *Verifier) jwtPresentation(ctx context.Context, p *vc.Presentation, e Expect) (Presented, error) {
	c := &p.JWT.Claims
	if err := answers(c, e); err != nil {
		return Presented{}, err
	}
	holder := p.Holder
	if holder == "" {
		kid, _ := p.JWT.Header["kid"].(string)
		holder = did.Controller(kid)
	}
	key, err := v.jwtKey(ctx, p.JWT, holder, holderUnbound, did.Authentication)
	if err != nil {
		return Presented{}, err
	}
	return Presented{Holder: key.Controller, Key: key.Thumbprint(), SignedAt: c.IssuedAt, ExpiresAt: v.until(c.Expires, key)}, nil
}

// answers checks what a presentation's JWT was made for, and when it holds.
func answers(c *vc.Claims, e Expect) error {
	switch {
	case e.Nonce == "" || c.Nonce != e.Nonce:
		return refuse(nonceMismatch, "the presentation is not over the nonce of this challenge")
	case e.Domain == "" || len(c.Audience) != 1 || c.Audience[0] != e.Domain:
		return refuse(domainMismatch, "the presentation is not for the domain of this challenge alone")
	case !c.Expires.IsZero() && !e.Now.Before(c.Expires):
		return refuse(proofExpired, "the presentation's exp has passed")
	case c.NotBefore.After(e.Now.Add(clockSkew)):
		return refuse("presentation.future", "the presentation's nbf lies in the future")
	}
	return nil
}

func (v *Verifier) jwtCredential(ctx context.Context, c *vc.Credential) (Issued, error) {
	issuer := vc.Issuer(c.Doc)
	if issuer == "" {
		return Issued{}, &vc.Refusal{Code: vc.CredentialMalformed, Message: "the credential names no issuer", Path: "/issuer"}
	}
	if err := v.timely(c); err != nil {
		return Issued{}, err
	}
	key, err := v.jwtKey(ctx, c.JWT, issuer, issuerUnbound, did.Assertion)
	if err != nil {
		return Issued{}, err
	}
	sum := sha256.Sum256(c.JWT.Signed)
	out := Issued{
		Issuer: key.Controller, Key: key.Thumbprint(), Doc: c.Doc, SignedAt: c.JWT.Claims.IssuedAt,
		Digest: base64.RawURLEncoding.EncodeToString(sum[:]),
	}
	if c.Format == vc.FormatVCJOSE {
		out.ExpiresAt = c.JWT.Claims.Expires
	}
	out.ExpiresAt = v.until(out.ExpiresAt, key)
	return out, nil
}

// timely checks the instants that are about the signature: iat in both forms;
// in VC-JOSE ("Registered Claim Names") nbf and exp as well, which in VC-JWT
// 1.1 are the credential's own dates.
func (v *Verifier) timely(c *vc.Credential) error {
	now, claims := v.now(), &c.JWT.Claims
	begins := claims.IssuedAt
	if c.Format == vc.FormatVCJOSE {
		if !claims.Expires.IsZero() && !now.Before(claims.Expires) {
			return refuse(proofExpired, "the exp of the credential's signature has passed")
		}
		if claims.NotBefore.After(begins) {
			begins = claims.NotBefore
		}
	}
	if begins.After(now.Add(clockSkew)) {
		return refuse("credential.not_yet_valid", "the credential's signature is of the future")
	}
	return nil
}

// JWT checks the signature of a JWT that is no credential's, by the key that its
// kid names, which may issue or authenticate, and its dates. A refusal is a
// *vc.Refusal; any other error means that it was not checked.
func (v *Verifier) JWT(ctx context.Context, j *vc.JWT) (*did.Key, error) {
	c, now := &j.Claims, v.now()
	switch {
	case !c.Expires.IsZero() && !now.Before(c.Expires):
		return nil, refuse(proofExpired, "the JWT's exp has passed")
	case c.NotBefore.After(now.Add(clockSkew)):
		return nil, refuse("presentation.future", "the JWT's nbf lies in the future")
	}
	kid, _ := j.Header["kid"].(string)
	key, err := v.jwtKey(ctx, j, did.Controller(kid), holderUnbound, did.Assertion)
	if r, ok := errors.AsType[*vc.Refusal](err); ok && r.Code == did.WrongPurpose {
		return v.jwtKey(ctx, j, did.Controller(kid), holderUnbound, did.Authentication)
	}
	return key, err
}

// jwtKey checks a JWT's signature by a key of controller, which may serve the
// purpose. A kid of another's gets the code unbound.
func (v *Verifier) jwtKey(ctx context.Context, j *vc.JWT, controller, unbound string, purpose did.Purpose) (*did.Key, error) {
	kid, refusal := header(j)
	if refusal != nil {
		return nil, refusal
	}
	if did.Controller(kid) != controller {
		return nil, refuse(unbound, "the key that signed is not that of the party named")
	}
	if err := v.admits(ctx, controller, purpose); err != nil {
		return nil, err
	}
	key, err := v.resolve(ctx, kid, purpose)
	if err != nil {
		return nil, err
	}
	if refusal := signedBy(j, key, v.memory(purpose)); refusal != nil {
		return nil, refusal
	}
	return key, nil
}

// signedBy checks that a JWT is signed by a key, with the key's own algorithm.
func signedBy(j *vc.JWT, key *did.Key, memory *Signatures) *vc.Refusal {
	suite := suiteOf(key)
	switch {
	case suite == nil || !suite.named(j.Header["alg"]):
		return refuse(algorithmRefused, "the algorithm named is not that of the key")
	case len(j.Signature) == 0:
		return refuse(proofMissing, "the JWT is not signed")
	case !memory.held(key, suite, j.Signed, j.Signature):
		return refuse(proofInvalid, "the signature does not hold")
	}
	return nil
}

// until is when a proof no longer holds: at its own end, or when its key must
// be resolved anew, whichever comes first. Zero: never.
func (v *Verifier) until(expires time.Time, key *did.Key) time.Time {
	if key.Life == 0 {
		return expires
	}
	if anew := v.now().Add(key.Life).UTC(); expires.IsZero() || anew.Before(expires) {
		return anew
	}
	return expires
}

// resolve finds a key; what the method is to blame for is a refusal.
func (v *Verifier) resolve(ctx context.Context, method string, purpose did.Purpose) (*did.Key, error) {
	key, err := v.DIDs.Resolve(ctx, method, purpose)
	return key, refusal(err)
}

// refusal turns what the method is to blame for into a refusal.
func refusal(err error) error {
	if e, ok := errors.AsType[*did.Error](err); ok {
		return refuse(e.Code, "%s", e.Why)
	}
	return err
}

// foreign are header parameters that would bring a key along, or change what
// is signed (RFC 7515, "JOSE Header"; RFC 7797, b64). None is understood.
var foreign = []string{"crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"}

// special refuses a header that asks for something special.
func special(j *vc.JWT) *vc.Refusal {
	for _, name := range foreign {
		if _, ok := j.Header[name]; ok {
			return refuse(proofInvalid, "the header parameter %s is not accepted", name)
		}
	}
	if alg, ok := j.Header["alg"].(string); !ok || !known(alg) {
		return refuse(algorithmRefused, "the algorithm named is not accepted")
	}
	return nil
}

// header returns the kid of a header that asks for nothing special.
func header(j *vc.JWT) (kid string, refusal *vc.Refusal) {
	if refusal := special(j); refusal != nil {
		return "", refusal
	}
	kid, ok := j.Header["kid"].(string)
	if !ok || kid == "" {
		return "", refuse(proofInvalid, "the header names no key (kid)")
	}
	return kid, nil
}
