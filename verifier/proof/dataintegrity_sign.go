package proof

import (
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
	suite := suiteOf(&s.Key.Key)
	if suite == nil {
		return nil, fmt.Errorf("%s cannot sign", s.Key.DID())
	}
	doc = withSuite(format, doc)
	config["type"], config["cryptosuite"] = dataIntegrityProof, suite.rdfc
	if format == Ed25519Signature2020 {
		config["type"] = format
		delete(config, "cryptosuite")
	}
	if !suite.makes(config) {
		return nil, fmt.Errorf("%s does not sign as %s", s.Key.DID(), format)
	}
	config["verificationMethod"] = s.Key.ID
	if !s.At.IsZero() {
		config["created"] = s.At.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	if format == vc.FormatJCS {
		config["cryptosuite"], config["@context"] = suite.jcs, doc["@context"]
	}
	message, err := s.message(format, doc, config)
	if err != nil {
		return nil, fmt.Errorf("what is to be signed: %w", err)
	}
	signature, err := suite.sign(s.Key.private, message)
	if err != nil {
		return nil, err
	}
	config["proofValue"] = "z" + base58.Encode(signature)
	doc["proof"] = config
	return doc, nil
}

// message is what a signature over a document covers.
func (s *Signer) message(format string, doc, config map[string]any) ([]byte, error) {
	suite := suiteOf(&s.Key.Key)
	if format == vc.FormatJCS {
		_, message, err := coveredText(doc, config, suite.hash)
		return message, err
	}
	v := &Verifier{Contexts: s.Contexts, Cache: new(ContextCache)}
	c, err := v.covered(doc, config, suite)
	if err != nil {
		return nil, err
	}
	return c.message, nil
}

// withSuite copies a document, without a proof, and gives it the suite's
// context where the VC context does not define the suite.
func withSuite(format string, doc map[string]any) map[string]any {
	doc = maps.Clone(doc)
	delete(doc, "proof")
	list, _ := doc["@context"].([]any)
	context := contextEd25519of2020
	if format != Ed25519Signature2020 {
		context = contextDataIntegrity
		if modelOf(doc) == 2 {
			return doc
		}
	}
	if !slices.Contains(list, any(context)) {
		doc["@context"] = append(list[:len(list):len(list)], context)
	}
	return doc
}
