// Package proof checks who signed a presentation or a credential, and signs
// them (semantics 3.4–3.6).
//
// A proof shows who signed, never that they may. The algorithm comes from the
// key, not from the message; none, HMAC and RSA do not exist here.
package proof

import (
	"context"
	"fmt"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// clockSkew forgives an instant in the future (semantics 3.4).
const clockSkew = time.Minute

// A Verifier checks proofs. It is safe for concurrent use.
type Verifier struct {
	DIDs     *did.Resolver
	Contexts func(url string) ([]byte, bool) // published contexts of frameworks; nil: none
	Now      func() time.Time                // when a proof must not have expired; nil: time.Now
	Cache    *ContextCache                   // of processed contexts, for several Verifiers; nil: none

	// Signatures remembers those that held, for several Verifiers; nil: each is
	// verified every time.
	Signatures *Signatures

	// MayIssue reports whether a credential by an issuer could be accepted at all.
	// It is asked before the issuer's key is looked up, once what needs no key has
	// been checked; nil: anybody may. A did:web is not asked about: DIDs does.
	MayIssue func(ctx context.Context, issuer string) (bool, error)

	// Work bounds all that this Verifier checks, which is then not for concurrent
	// use; nil: each document has as much of its own.
	Work *Work
}

// Expect is what a presentation must be signed over. Both must be given.
type Expect struct {
	Nonce  string
	Domain string
	Now    time.Time // zero: the verifier's Now
}

// Presented is a presentation whose proof held.
type Presented struct {
	Holder    string    // the DID that signed; of a key that no DID names the thumbprint URI (RFC 9278)
	Key       string    // RFC 7638 thumbprint of its key
	SignedAt  time.Time // iat or created; zero: not stated
	ExpiresAt time.Time // when the proof expires, or its key must be resolved anew; zero: never
}

// Terms are what a framework says about the JSON-LD of one of its variants, or
// without a URI about that of a supporting credential. Forms other than vc.FormatLD
// do not read them.
type Terms struct {
	URI        string // of the framework
	ContextURI string // of the framework version
	Variant    string
	Listed     []Listed // of the framework version: by address, each once
}

// Issued is a credential whose proof held.
type Issued struct {
	Issuer    string         // the DID that signed, which is the credential's issuer
	Key       string         // RFC 7638 thumbprint of its key
	Digest    string         // base64url SHA-256 of what the signature covers
	SignedAt  time.Time      // iat or created; zero: not stated
	Doc       map[string]any // as signed: a JWT's claims, what the statements say, or the canonical text
	ExpiresAt time.Time      // when the proof (not the credential) expires, or its key must be resolved anew; zero: never
}

// Presentation checks the proof of a presentation, and that it was made over
// the nonce and for the domain expected. A *vc.Refusal says why it does not hold.
func (v *Verifier) Presentation(ctx context.Context, p *vc.Presentation, e Expect) (Presented, error) {
	if e.Now.IsZero() {
		e.Now = v.now()
	}
	switch p.Format {
	case vc.FormatVPJWT11, vc.FormatVPJOSE:
		return v.jwtPresentation(ctx, p, e)
	case vc.FormatLD:
		return v.ldPresentation(ctx, p, e)
	case vc.FormatJCS:
		return v.jcsPresentation(ctx, p, e)
	case vc.FormatSDJWT:
		return v.sdPresentation(ctx, p, e)
	}
	return Presented{}, fmt.Errorf("presentation of unknown format %q", p.Format)
}

// Credential checks the proof of a credential. A *vc.Refusal says why it does
// not hold.
func (v *Verifier) Credential(ctx context.Context, c *vc.Credential, terms Terms) (Issued, error) {
	switch {
	case c.Problem != nil:
		return Issued{}, c.Problem
	case c.Format == vc.FormatVCJWT11, c.Format == vc.FormatVCJOSE:
		return v.jwtCredential(ctx, c)
	case c.Format == vc.FormatSDJWT:
		return v.sdCredential(ctx, c)
	case c.Format == vc.FormatLD && bareType(c.Doc):
		return Issued{}, refuse(vc.TypeUncovered, "a bare proxy type is no part of what an RDF proof covers")
	case c.Format == vc.FormatLD:
		return v.ldCredential(ctx, c, terms)
	case c.Format == vc.FormatJCS:
		return v.jcsCredential(ctx, c)
	}
	return Issued{}, fmt.Errorf("credential of unknown format %q", c.Format)
}

// admits refuses an issuer whose credential would be refused whatever its proof:
// anybody can send thousands, each as dear to verify as a good one.
func (v *Verifier) admits(ctx context.Context, issuer string, purpose did.Purpose) error {
	if v.MayIssue == nil || purpose != did.Assertion || did.IsWeb(issuer) {
		return nil
	}
	ok, err := v.MayIssue(ctx, issuer)
	if err != nil || ok {
		return err
	}
	return refuse("issuer.refused", "the framework does not let this issuer issue this variant")
}

// bareType reports a proxy type that JSON-LD drops (semantics 3.1).
func bareType(doc map[string]any) bool {
	t, err := vc.TypeOf(doc)
	return err == nil && t.Name != "" && t.URI == ""
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

func refuse(code, format string, args ...any) *vc.Refusal {
	return &vc.Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
}
