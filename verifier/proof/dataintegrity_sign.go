package proof

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// ldCredential signs a credential with eddsa-rdfc-2022. Contexts stand in it
// already, but for that of the suite, which VCDM 1.1 needs.
func (s *Signer) ldCredential(_ context.Context, doc map[string]any) (map[string]any, error) {
	return s.addProof(doc, map[string]any{"proofPurpose": string(did.Assertion)})
}

// ldPresentation signs a presentation of credentials with eddsa-rdfc-2022. It
// is of the model of its first credential.
func (s *Signer) ldPresentation(_ context.Context, credentials []any, e Expect) (map[string]any, error) {
	base := vc.ContextV2
	for i, c := range credentials {
		m, ok := c.(map[string]any)
		if !ok {
			return nil, errors.New("a JWT credential cannot stand in a presentation with an RDF proof")
		}
		if i == 0 && modelOf(m) == 1 {
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
	return s.addProof(doc, map[string]any{
		"proofPurpose": string(did.Authentication), "challenge": e.Nonce, "domain": e.Domain,
	})
}

// addProof signs a document; it is not changed.
func (s *Signer) addProof(doc, config map[string]any) (map[string]any, error) {
	if suiteOf(&s.Key.Key) != suiteEd25519 {
		return nil, fmt.Errorf("%s signs with Ed25519 only", suiteRDFC)
	}
	doc = withSuite(doc)
	config["type"], config["cryptosuite"] = "DataIntegrityProof", suiteRDFC
	config["verificationMethod"] = s.Key.ID
	if !s.At.IsZero() {
		config["created"] = s.At.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	v := &Verifier{Contexts: s.Contexts, Cache: new(ContextCache)}
	c, err := v.covered(doc, config)
	if err != nil {
		return nil, fmt.Errorf("what is to be signed: %w", err)
	}
	signature, err := signEd25519(s.Key.private, c.message)
	if err != nil {
		return nil, err
	}
	config["proofValue"] = "z" + base58.Encode(signature)
	doc["proof"] = config
	return doc, nil
}

// withSuite copies a document, without a proof, and gives it the suite's
// context where the VC context does not define the suite (VCDM 1.1).
func withSuite(doc map[string]any) map[string]any {
	doc = maps.Clone(doc)
	delete(doc, "proof")
	list, _ := doc["@context"].([]any)
	if modelOf(doc) == 2 {
		return doc
	}
	for _, c := range list {
		if c == contextDataIntegrity {
			return doc
		}
	}
	doc["@context"] = append(list[:len(list):len(list)], contextDataIntegrity)
	return doc
}
