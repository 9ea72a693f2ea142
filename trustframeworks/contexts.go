package trustframeworks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gowebpki/jcs"
)

// A ListedContext is a JSON-LD context that credentials may have beside the
// framework's own: it gives the attributes of supporting credentials a meaning
// under a proof over statements (semantics 3.1, 3.6). It is part of the document,
// since none is fetched; the digest says that it is what is found at its URI.
type ListedContext struct {
	URI      string         `json:"uri"`
	SHA256   string         `json:"sha256"` // hex, of the JCS (RFC 8785) of Document
	Document map[string]any `json:"document"`
}

// A Term is what a listed context defines.
type Term struct {
	Name string
	IRI  string
	Type string // "@id", the IRI of a datatype, or empty: as JSON says it
}

// datatypes are those whose values are texts in JSON, too. Of a boolean or a number
// a second spelling would be the same statement.
var datatypes = []string{"anyURI", "date", "dateTime", "decimal", "duration", "gYear", "gYearMonth", "time"}

const xsd = "http://www.w3.org/2001/XMLSchema#"

// foreign begin the IRIs of what contexts that ship define: statements about the
// credential itself, its type, its status, its proof.
var foreign = []string{
	"http://www.w3.org/1999/02/22-rdf-syntax-ns#", "https://www.w3.org/2018/credentials#", "https://www.w3.org/ns/credentials",
	"https://w3id.org/security#", "https://w3id.org/vc/status-list#", "https://github.com/hyperledger/aries-rfcs",
}

// shared are the terms of VC Data Model 2.0 for anything, which 1.1 does not have.
// Who lists them means the same.
var shared = map[string]string{"name": "https://schema.org/name", "description": "https://schema.org/description"}

// Terms are what the context defines, by name. A context that does more than give
// names to IRIs is an error.
func (l *ListedContext) Terms() ([]Term, error) {
	context, _ := l.Document["@context"].(map[string]any)
	if context["@protected"] != true {
		return nil, fmt.Errorf("the context is not @protected")
	}
	var terms []Term
	for _, name := range slices.Sorted(maps.Keys(context)) {
		if name == "@protected" || name == "@version" {
			continue
		}
		t, err := readTerm(name, context[name])
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
	}
	return terms, nil
}

// readTerm reads one definition: an IRI, or an object with @id and, where it has
// one, @type. Whatever else JSON-LD has changes what others mean.
func readTerm(name string, definition any) (Term, error) {
	t := Term{Name: name}
	if err := checkTerm(name); err != nil {
		return t, err
	}
	switch d := definition.(type) {
	case string:
		t.IRI = d
	case map[string]any:
		t.IRI, _ = d["@id"].(string)
		_, typed := d["@type"]
		t.Type, _ = d["@type"].(string)
		if rest := len(d) - 1; typed != (rest == 1) || rest > 1 || typed && !isTermType(t.Type) {
			return t, fmt.Errorf("the term %q is more than an IRI with @id, or a datatype of texts, as its @type: %w", name, errTerm)
		}
	}
	if !isTermIRI(t.IRI) {
		return t, fmt.Errorf("the IRI of the term %q is not absolute with an authority, or can be a prefix: %w", name, errTerm)
	}
	return t, nil
}

// isTermIRI reports an IRI that is the same in every context, and no prefix of
// others (JSON-LD 1.1, "Compact IRIs").
func isTermIRI(iri string) bool {
	return (strings.HasPrefix(iri, "https://") || strings.HasPrefix(iri, "http://")) && isIRI(iri) && !strings.ContainsAny(iri[len(iri)-1:], ":/?#[]@")
}

func isTermType(text string) bool {
	name, isXSD := strings.CutPrefix(text, xsd)
	return text == "@id" || isXSD && slices.Contains(datatypes, name)
}

// Digest is the SHA-256 of the context's document, in hex.
func (l *ListedContext) Digest() (string, error) {
	raw, err := json.Marshal(l.Document)
	if err != nil {
		return "", err
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// contexts checks the contexts that the document lists.
func (c *checker) contexts() {
	uris := map[string]bool{c.Context(): true}
	for i := range c.Contexts {
		l, path := &c.Contexts[i], pointer("/contexts", i)
		c.addError(path+"/uri", CodeURI, CheckURI(l.URI))
		if uris[l.URI] || l.URI == c.URI || ships(l.URI) {
			c.add(path+"/uri", CodeTaken, "%q is the address of another document", l.URI)
		}
		uris[l.URI] = true
		if digest, err := l.Digest(); err != nil || digest != l.SHA256 {
			c.add(path+"/sha256", CodeContextDigest, "the digest of the document is %s", digest)
		}
		c.terms(path+"/document/@context", l)
	}
}

// terms refuses what redefines a term that ships or one of the framework's own, or
// says with another name what they do.
func (c *checker) terms(path string, l *ListedContext) {
	terms, err := l.Terms()
	c.addError(path, CodeContext, err)
	iris := map[string]bool{}
	for _, t := range terms {
		at := pointer(path, t.Name)
		if reservedTerms[t.Name] && (t.IRI != shared[t.Name] || t.Type != "") {
			c.add(at, CodeTaken, "%q is a term of the data model, of a proof, or of proxy credentials", t.Name)
		}
		if variant, ok := strings.CutSuffix(t.Name, "Subject"); ok && c.variantNames.has(variant) {
			c.add(at, CodeTaken, "%q is a term of the framework's own context", t.Name)
		}
		if strings.HasPrefix(t.IRI, c.URI+"#") || strings.Contains(t.IRI, "#Proxy.") || slices.ContainsFunc(foreign, func(begin string) bool { return strings.HasPrefix(t.IRI, begin) }) {
			c.add(at, CodeContext, "%q is an IRI of the data model, of a proof, or of the framework's own context", t.IRI)
		}
		if iris[t.IRI] {
			c.add(at, CodeTaken, "%q has another name already", t.IRI)
		}
		iris[t.IRI] = true
	}
}

// ships reports the address of a context that ships with the program.
func ships(uri string) bool {
	return slices.Contains(shippedContexts, uri) || strings.HasPrefix(uri, "https://github.com/hyperledger/aries-rfcs")
}

// shippedContexts are those addresses: a test holds it.
var shippedContexts = []string{
	"https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/did/v1",
	"https://w3id.org/security/data-integrity/v2", "https://w3id.org/security/multikey/v1", "https://w3id.org/security/suites/ed25519-2018/v1",
	"https://w3id.org/security/suites/ed25519-2020/v1", "https://w3id.org/security/suites/jws-2020/v1", "https://w3id.org/vc/status-list/2021/v1",
}

// reservedTerms are the terms of all contexts that ship, and the members of proxy
// credentials that mean something wherever they stand.
var reservedTerms = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(shippedTerms + " holder proxied permissions constraints constraint") {
		all[name] = true
	}
	return all
}()

// shippedTerms are those that any context that ships defines at any depth: a test
// holds it.
const shippedTerms = `... BitstringStatusList BitstringStatusListCredential BitstringStatusListEntry DataIntegrityProof
EcdsaSecp256k1Signature2019 EcdsaSecp256r1Signature2019 Ed25519Signature2018 Ed25519Signature2020 Ed25519VerificationKey2018
Ed25519VerificationKey2020 EnvelopedVerifiableCredential EnvelopedVerifiablePresentation JsonSchema JsonSchemaCredential
JsonSchemaValidator2018 JsonWebKey2020 JsonWebSignature2020 ManualRefreshService2018 Multikey RsaSignature2018 StatusList2021
StatusList2021Credential StatusList2021Entry VerifiableCredential VerifiablePresentation _sd _sd_alg alsoKnownAs appealURI
assertionMethod aud auditURI authentication capabilityDelegation capabilityInvocation challenge cnf confidenceMethod
controller created cred credentialSchema credentialStatus credentialSubject cryptosuite description digestMultibase digestSRI
domain encodedList evidence exp expirationDate expires holder iat id iss issuanceDate issued issuer jku jsonSchema jwk jws
keyAgreement kid mediaType message name nbf nonce previousProof privateKeyJwk proof proofPurpose proofValue provenanceProofs
publicKeyBase58 publicKeyJwk publicKeyMultibase refreshService relatedResource renderMethod revoked sec secretKeyMultibase
service serviceEndpoint status statusListCredential statusListIndex statusMessage statusPurpose statusReference statusSize
sub termsOfUse trustFrameworkURI ttl type validFrom validUntil verifiableCredential verificationMethod x5u xsd`
