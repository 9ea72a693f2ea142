package facts

// InputDerived holds what follows from the whole input.
type InputDerived struct {
	Now        int64             `json:"now"`        // ns since 1970
	TZ         string            `json:"tz"`         // version of the time zone database
	Names      map[string]string `json:"names"`      // requested permission → its NFKC form
	Attributes map[string]string `json:"attributes"` // requested attribute → SHA-256 hex of its canonical text
}

// PresentationDerived holds a presentation's instants and place.
type PresentationDerived struct {
	SignedAt   *int64   `json:"signedAt,omitempty"`
	ReceivedAt int64    `json:"receivedAt"`
	PlaceCodes []string `json:"placeCodes,omitempty"` // place.codes in canonical form: ISO 3166, upper case, "US-TX", "US-TX:HOUSTON"
}

// CredentialDerived holds what follows from one credential.
type CredentialDerived struct {
	ValidFrom   *int64            `json:"validFrom,omitempty"`
	ValidUntil  *int64            `json:"validUntil,omitempty"`
	Roles       []string          `json:"roles"`       // NFKC
	Properties  map[string]any    `json:"properties"`  // NFKC name → typed value of package sgl
	Attributes  map[string]string `json:"attributes"`  // proxied attribute → SHA-256 hex of its canonical text
	Constraints []Constraint      `json:"constraints"` // one per framework constraint that has a member here, by name
	Undefined   []string          `json:"undefined"`   // constraint members that no framework constraint takes, sorted
	Rules       []any             `json:"rules"`       // one per rule: what package sgl derives from it
}

// A Constraint is one framework constraint as this credential parameterises it,
// against the circumstances of its presentation.
type Constraint struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Parameters map[string]any `json:"parameters"`        // as written, by parameter
	Digest     string         `json:"digest"`            // base64url SHA-256 of the JCS of the parameters' localised object
	Values     map[string]any `json:"values"`            // per type: startTime ns, endTime ns, distanceM, codes, …
	Problem    string         `json:"problem,omitempty"` // parameters that cannot be read: the credential is malformed
}
