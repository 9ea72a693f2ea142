package trustframeworks

import "encoding/json"

// A Test is an example with the decision that its author expects: semantics
// 8.1, steps 2–11, with proofs deemed good, so that publishing needs no keys.
type Test struct {
	Name          string              `json:"name"`
	At            string              `json:"at"` // RFC 3339: the clock, the signing and the receipt of every presentation
	Request       TestRequest         `json:"request"`
	Presentations []TestPresentation  `json:"presentations"`
	Circumstances TestCircumstances   `json:"circumstances"`
	Registries    map[string][]string `json:"registries,omitempty"` // name → DIDs; one not given is empty
	Statuses      []TestStatus        `json:"statuses,omitempty"`
	Expect        Expect              `json:"expect"`
}

// A TestStatus is what a status list says at one index. Where a test says nothing
// of a credential's, its list says 0, as of the test's At.
type TestStatus struct {
	List     string `json:"list"` // URL, as the credential has it
	Index    uint64 `json:"index"`
	Value    int    `json:"value,omitempty"`    // 0…255; Token Status List: 1 is revoked, 2 suspended; else any but 0 is
	SignedAt string `json:"signedAt,omitempty"` // of the list, RFC 3339; empty: the test's At
	// RevokedAt is since when the list says that a value of revocation stands, RFC 3339;
	// empty: it does not say.
	RevokedAt string `json:"revokedAt,omitempty"`
}

// A TestRequest is what the verifier asks, of the framework that holds the test.
type TestRequest struct {
	Permissions []string    `json:"permissions"`
	Proxied     TestProxied `json:"proxied"`
}

// TestProxied names the identity acted for. An attribute is a string, or
// {"sha256": hex}.
type TestProxied struct {
	ID         string                     `json:"id,omitempty"`
	Attributes map[string]json.RawMessage `json:"attributes,omitempty"`
}

// A TestPresentation is what one holder would sign.
type TestPresentation struct {
	Holder      string           `json:"holder"` // a DID
	Credentials []map[string]any `json:"credentials"`
	TimeStamps  []TestTimeStamp  `json:"timeStamps,omitempty"`
}

// A TestTimeStamp is deemed by an authority whom the operator lists.
type TestTimeStamp struct {
	// Credential is the one that it is over, as reasons name it below its presentation:
	// /verifiableCredential/0, or one above that one.
	Credential string `json:"credential"`
	At         string `json:"at"` // by when it was signed, RFC 3339
}

// TestCircumstances belong to every presentation of the test. All but the
// attestations are as a challenge's circumstances are (source: verifier where
// none is given).
type TestCircumstances struct {
	Place               map[string]any    `json:"place,omitempty"`
	Jurisdiction        map[string]any    `json:"jurisdiction,omitempty"`
	Function            map[string]any    `json:"function,omitempty"`
	Agent               map[string]any    `json:"agent,omitempty"`
	Counterparty        map[string]any    `json:"counterparty,omitempty"`
	AttributesRequested []string          `json:"attributesRequested,omitempty"`
	Biometrics          []map[string]any  `json:"biometrics,omitempty"`
	Attestations        []TestAttestation `json:"attestations,omitempty"`
}

// A TestAttestation is deemed signed by Issuer: that Constraint, by its name
// in the framework, of presentations[Presentation].credentials[Credential]
// holds. Whoever runs the test fills in the digests.
type TestAttestation struct {
	Issuer       string `json:"issuer"`
	Constraint   string `json:"constraint"`
	Presentation int    `json:"presentation,omitempty"`
	Credential   int    `json:"credential,omitempty"`
	IssuedAt     string `json:"issuedAt,omitempty"` // RFC 3339; empty: the test's At
	ExpiresAt    string `json:"expiresAt,omitempty"`
}

// Expect is the outcome: the decision, the codes of its reasons (each once, in
// any order), and, where given, exactly the permissions that are granted.
type Expect struct {
	Decision string   `json:"decision"`
	Reasons  []string `json:"reasons"`
	Granted  []string `json:"granted,omitempty"`
}
