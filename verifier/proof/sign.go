package proof

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// A Signer issues and presents as one key, in every format that is verified
// here.
type Signer struct {
	Key      *Key
	Contexts func(url string) ([]byte, bool) // published contexts, for vc.FormatLD; nil: none
	At       time.Time                       // when it signs; zero: it does not say

	TimeStamps [][]byte // RFC 3161 tokens that presentations as JWTs bring; none: nil
}

// Credential signs a credential in one of the vc.FormatVC…, in vc.FormatLD,
// vc.FormatJCS, as an older type of proof (Ed25519Signature2020, …) or as
// vc.FormatSDJWT: a string or an object. An issuer that is absent is filled in;
// another's is an error. The document is not changed.
func (s *Signer) Credential(_ context.Context, doc map[string]any, format string) (any, error) {
	doc = maps.Clone(doc)
	if _, ok := doc["issuer"]; !ok {
		doc["issuer"] = s.Key.DID()
	}
	if vc.Issuer(doc) != s.Key.DID() {
		return nil, fmt.Errorf("the credential's issuer is not %s", s.Key.DID())
	}
	switch {
	case format == vc.FormatVCJWT11:
		return s.credential11(doc)
	case format == vc.FormatVCJOSE:
		return s.jwt(format, doc)
	case format == vc.FormatSDJWT:
		return s.sdCredential(doc)
	case format == vc.FormatJCS, CoversStatements(format):
		return s.addProof(format, doc, map[string]any{"proofPurpose": string(did.Assertion)})
	}
	return nil, fmt.Errorf("credentials of format %q are not made", format)
}

// Presentation signs a presentation of credentials, as [Signer.Credential]
// returns them, over a nonce and for a domain, in one of the vc.FormatVP…, in
// vc.FormatLD, vc.FormatJCS or as an older type of proof: a string or an object.
// In vc.FormatSDJWT it takes one credential and discloses what that has left.
func (s *Signer) Presentation(_ context.Context, credentials []any, format string, e Expect) (any, error) {
	switch {
	case format == vc.FormatVPJWT11:
		return s.presentation11(credentials, e)
	case format == vc.FormatVPJOSE:
		return s.presentationJOSE(credentials, e)
	case CoversStatements(format):
		return s.ldPresentation(format, credentials, e)
	case format == vc.FormatJCS:
		return s.jcsPresentation(credentials, e)
	case format == vc.FormatSDJWT:
		return s.sdPresentation(credentials, e)
	}
	return nil, fmt.Errorf("presentations of format %q are not made", format)
}
