package proof

import (
	"crypto"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// ldPresentation signs a presentation of credentials over its statements.
func (s *Signer) ldPresentation(format string, credentials []any, e Expect) (map[string]any, error) {
	for _, c := range credentials {
		m, ok := c.(map[string]any)
		if !ok {
			return nil, errors.New("a JWT credential cannot stand in a presentation with an RDF proof")
		}
		if vc.ParseCredential(m).Format != vc.FormatLD {
			return nil, errors.New("a credential with a proof over its text cannot stand in a presentation with an RDF proof")
		}
	}
	return s.embed(format, credentials, e)
}

// jcsPresentation signs a presentation of credentials over its text; JWTs stand
// in envelopes.
func (s *Signer) jcsPresentation(credentials []any, e Expect) (map[string]any, error) {
	return s.embed(vc.FormatJCS, envelopes(credentials), e)
}

// embed signs a presentation with the proof inside. It is of the model of its
// first credential; envelopes are of 2.0.
func (s *Signer) embed(format string, credentials []any, e Expect) (map[string]any, error) {
	base := vc.ContextV2
	if len(credentials) > 0 {
		if m, ok := credentials[0].(map[string]any); ok && modelOf(m) == 1 {
			base = vc.ContextV1
		}
	}
	doc := map[string]any{
		"@context": []any{base},
		"type":     []any{"VerifiablePresentation"},
		"holder":   s.Key.DID(),
	}
	if len(credentials) > 0 {
		doc["verifiableCredential"] = credentials
	}
	return s.addProof(format, doc, map[string]any{
		"proofPurpose": string(did.Authentication), "challenge": e.Nonce, "domain": e.Domain,
	})
}

// addProof signs a document, over its statements or its text; it is not
// changed. Contexts stand in it already, but for that of the suite, which VCDM
// 1.1 needs.
func (s *Signer) addProof(format string, doc, config map[string]any) (map[string]any, error) {
	doc = withSuite(format, doc)
	proof, err := s.proofOf(format, doc, config)
	if err != nil {
		return nil, err
	}
	doc["proof"] = proof
	return doc, nil
}

// proofOf makes a proof of a document as it is: with the proofs that it
// follows, if it has any. config has what the proof says besides.
func (s *Signer) proofOf(format string, doc, config map[string]any) (map[string]any, error) {
	suite := suiteOf(&s.Key.Key)
	if suite == nil {
		return nil, fmt.Errorf("%s cannot sign", s.Key.DID())
	}
	config = s.options(format, suite, doc, config)
	if !suite.makes(config) {
		return nil, fmt.Errorf("%s does not sign as %s", s.Key.DID(), format)
	}
	if s.At.IsZero() && signatureMember(config) == "jws" {
		return nil, fmt.Errorf("a proof of type %s says when it was made", format)
	}
	message, err := s.message(format, doc, config, hashOf(config, suite))
	if err != nil {
		return nil, fmt.Errorf("what is to be signed: %w", err)
	}
	if signatureMember(config) == "jws" {
		config["jws"], err = s.signDetached(message)
		return config, err
	}
	signature, err := s.Key.sign(suite, message)
	if err != nil {
		return nil, err
	}
	config["proofValue"] = "z" + base58.Encode(signature)
	return config, nil
}

// options are the members of a proof of the format, but for its signature.
func (s *Signer) options(format string, suite *suite, doc, config map[string]any) map[string]any {
	config = maps.Clone(config)
	config["verificationMethod"] = s.Key.ID
	if !s.At.IsZero() {
		config["created"] = s.At.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	switch {
	case olderTypes[format] != nil:
		config["type"] = format
	case format == vc.FormatJCS:
		config["type"], config["cryptosuite"], config["@context"] = dataIntegrityProof, suite.jcs, doc["@context"]
	default:
		config["type"], config["cryptosuite"] = dataIntegrityProof, suite.rdfc
	}
	return config
}

// message is what a signature over a document covers.
func (s *Signer) message(format string, doc, config map[string]any, by crypto.Hash) ([]byte, error) {
	if format == vc.FormatJCS {
		text, err := canonicalJSON(doc)
		if err != nil {
			return nil, err
		}
		return coveredText(text, config, by)
	}
	v := &Verifier{Contexts: s.Contexts, Cache: new(ContextCache)}
	c := v.covers(doc)
	document, err := v.canonical(doc, by)
	if err != nil {
		return nil, err
	}
	options, err := c.options(config, by)
	if err != nil {
		return nil, err
	}
	return append(options, document.hash(by)...), nil
}

// withSuite copies a document, without a proof, and gives it the suite's
// context where the VC context does not define the suite.
func withSuite(format string, doc map[string]any) map[string]any {
	doc = without(doc, "proof")
	list, _ := doc["@context"].([]any)
	context, defined := contextDataIntegrity, modelOf(doc) == 2
	if o := olderTypes[format]; o != nil {
		context, defined = o.context, o.inV1 && modelOf(doc) == 1
	}
	if !defined && !slices.Contains(list, any(context)) {
		doc["@context"] = append(list[:len(list):len(list)], context)
	}
	return doc
}
