package facts

// InputDerived holds what follows from the whole input.
type InputDerived struct {
	Now   int64             `json:"now"`   // ns since 1970
	TZ    string            `json:"tz"`    // version of the time zone database: [TZVersion]
	Names map[string]string `json:"names"` // requested permission → its NFKC form

	WithdrawalsAsOf *int64 `json:"withdrawalsAsOf,omitempty"` // absent: none given, or unreadable
	CheckedAt       *int64 `json:"checkedAt,omitempty"`       // alike
	PackedAt        *int64 `json:"packedAt,omitempty"`        // alike
}

// WithdrawalDerived holds a withdrawal's instant; unreadable: absent, and in effect.
type WithdrawalDerived struct {
	From *int64 `json:"from,omitempty"`
}

// PresentationDerived holds a presentation's instants, and its circumstances in
// the form in which constraints name them.
type PresentationDerived struct {
	SignedAt     *int64     `json:"signedAt,omitempty"`     // absent: none given, or unreadable
	ReceivedAt   int64      `json:"receivedAt"`             // unreadable: 0, and so older than any age allows
	PlaceCodes   []string   `json:"placeCodes,omitempty"`   // place.codes in canonical form: "US", "US-TX", "US-TX:HOUSTON"
	PlaceLines   [][]string `json:"placeLines,omitempty"`   // one per deepest place code: it and all above it, outermost first
	Jurisdiction string     `json:"jurisdiction,omitempty"` // canonical key of jurisdiction.value

	// Keys of names: a URI as it is, another name after NFKC. What is neither
	// has none: it is absent, or "" in a list.
	Function            string           `json:"function,omitempty"`
	Agent               *AgentDerived    `json:"agent,omitempty"`
	CounterpartyTypes   []string         `json:"counterpartyTypes,omitempty"`
	AttributesRequested []string         `json:"attributesRequested,omitempty"`
	Biometrics          []CaptureDerived `json:"biometrics,omitempty"` // one per circumstances.biometrics
}

// AgentDerived holds the keys of an agent, under the parameter that limits each.
type AgentDerived struct {
	Software string `json:"software,omitempty"`
	Devices  string `json:"devices,omitempty"`
}

// CaptureDerived holds the key of a capture's modality, and its instant.
type CaptureDerived struct {
	Modality   string `json:"modality,omitempty"`
	CapturedAt *int64 `json:"capturedAt,omitempty"` // absent: unreadable
}

// AttestationDerived holds an attestation's instants. IssuedAt is absent where
// one of them cannot be read: such an attestation never counts.
type AttestationDerived struct {
	IssuedAt  *int64 `json:"issuedAt,omitempty"`
	ExpiresAt *int64 `json:"expiresAt,omitempty"`
}

// CredentialDerived holds what follows from one credential.
type CredentialDerived struct {
	ValidFrom   *int64            `json:"validFrom,omitempty"`
	ValidUntil  *int64            `json:"validUntil,omitempty"`
	ProvedUntil *int64            `json:"provedUntil,omitempty"`
	StampedAt   *int64            `json:"stampedAt,omitempty"`
	Roles       []string          `json:"roles"`             // NFKC, each once, in the order written
	Properties  map[string]any    `json:"properties"`        // NFKC name → typed value of package sgl; never id, role, roles
	Attributes  map[string]string `json:"attributes"`        // proxied attribute → SHA-256 hex of its canonical text, as the variant matches it
	Requested   map[string]string `json:"requested"`         // requested attribute → the same of the request, as this variant matches it
	Constraints []Constraint      `json:"constraints"`       // one per framework constraint that has a member here, by name
	Undefined   []string          `json:"undefined"`         // constraint members that no framework constraint takes, sorted
	Rules       []any             `json:"rules"`             // one per rule: what package sgl derives from it, as a *sgl.Rule or as JSON has it; of more than 64 the first 65, each sgl.too_large; none where the issuer is not the framework's
	Levels      [][]int           `json:"levels,omitempty"`  // of a chain: who stands in its place at each level above, nearest first, in the ancestors of the credential presented; absent where these do not hang together
	Problem     string            `json:"problem,omitempty"` // dates that cannot be read: the credential is malformed
}

// StatusDerived holds the instants of a status list. One that cannot be read is
// so that the list never serves.
type StatusDerived struct {
	SignedAt   *int64 `json:"signedAt,omitempty"`   // absent: not stated
	ValidFrom  *int64 `json:"validFrom,omitempty"`  // absent: not stated
	ValidUntil *int64 `json:"validUntil,omitempty"` // absent: not stated; unreadable: 0
	RevokedAt  *int64 `json:"revokedAt,omitempty"`  // absent: not stated, or unreadable
}

// A Constraint is one framework constraint as this credential parameterises it,
// against the circumstances of its presentation.
type Constraint struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Sources    []string       `json:"sources"`           // of the framework: whose circumstances count
	Parameters map[string]any `json:"parameters"`        // as written, by parameter
	Digest     string         `json:"digest"`            // what attestations name; see [Digest]
	Values     map[string]any `json:"values,omitempty"`  // per type, see values.go; absent where Problem is set
	Problem    string         `json:"problem,omitempty"` // parameters that cannot be read: the credential is malformed
}
