// Package facts holds what a policy is asked: facts that were presented and
// verified, and beside them what follows from these but Rego cannot compute
// (semantics 2.3, "derived facts"). It holds no verdict on a permission or a
// constraint.
package facts

import "encoding/json"

// An Input is one question to the policy of one framework version.
// Everything named Derived is a function of the rest and of the framework:
// [Derive] computes it, and replay computes it again and compares.
type Input struct {
	Now           string         `json:"now"` // RFC 3339, UTC, the verifier's clock
	Request       Request        `json:"request"`
	Presentations []Presentation `json:"presentations"`       // in the order of receipt
	Refused       []Refused      `json:"refused"`             // what fell in the steps before the policy
	Withdrawn     []Withdrawal   `json:"withdrawn,omitempty"` // of the framework's versions, in effect or to come; each once
	Derived       *InputDerived  `json:"derived,omitempty"`

	// WithdrawalsAsOf is the instant up to which Withdrawn tells of all, RFC 3339.
	// Where it is empty the bundle's withdrawals count, and when these were heard.
	WithdrawalsAsOf string `json:"withdrawalsAsOf,omitempty"`

	// CheckedAt is there where a decision of Now is checked again later: RFC 3339,
	// when the status lists were read, which may be of after Now.
	CheckedAt string `json:"checkedAt,omitempty"`

	// Offline is there where the verifier's operator started it without a network.
	Offline *Offline `json:"offline,omitempty"`
}

// An Offline says what a verifier without a network has instead (semantics 7).
type Offline struct {
	PackedAt string `json:"packedAt,omitempty"` // RFC 3339: when its pack was signed; empty: it has none
}

// A Request is what the verifier asked.
type Request struct {
	Permissions          []string       `json:"permissions"`
	Proxied              ProxiedRequest `json:"proxied"`
	Framework            FrameworkName  `json:"framework"`
	SupportedObligations []string       `json:"supportedObligations,omitzero"` // nil: all
	Disjoint             bool           `json:"disjoint,omitempty"`            // the caller demands disjoint evaluation
	OpenedAt             string         `json:"openedAt,omitempty"`            // RFC 3339; empty where no challenge was opened
}

// A ProxiedRequest names the identity acted for: by ID, by attributes, or both.
type ProxiedRequest struct {
	ID         string                `json:"id,omitempty"`
	Attributes map[string]Comparable `json:"attributes,omitempty"`
}

// A Comparable is a string, or the SHA-256 (lower-case hex) of one.
type Comparable struct {
	Text   string
	SHA256 string
}

// MarshalJSON writes a string, or {"sha256": hex}.
func (c Comparable) MarshalJSON() ([]byte, error) {
	if c.SHA256 != "" {
		return json.Marshal(map[string]string{"sha256": c.SHA256})
	}
	return json.Marshal(c.Text)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Comparable) UnmarshalJSON(raw []byte) error {
	var digest struct {
		SHA256 string `json:"sha256"`
	}
	*c = Comparable{}
	if err := json.Unmarshal(raw, &c.Text); err == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &digest); err != nil {
		return err
	}
	c.SHA256 = digest.SHA256
	return nil
}

// A FrameworkName is the framework part of a request. Version and Range are
// never both set; Variant admits credentials of that variant alone.
type FrameworkName struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Range   string `json:"range,omitempty"`
	Variant string `json:"variant,omitempty"`
}

// A Withdrawal is that a version of the request's framework is in force no longer
// from some instant on (semantics 2.2).
type Withdrawal struct {
	Version   string             `json:"version"`
	URI       string             `json:"uri"`  // of that version's document
	From      string             `json:"from"` // RFC 3339, inclusive
	Successor string             `json:"successor,omitempty"`
	Derived   *WithdrawalDerived `json:"derived,omitempty"`
}

// A Presentation is one whose own proof held.
type Presentation struct {
	Path          string               `json:"path"`   // JSON Pointer: /presentations/0
	Holder        string               `json:"holder"` // the DID that signed; of a key that no DID names its thumbprint URI
	Key           string               `json:"key"`    // RFC 7638 thumbprint of the key that signed
	SignedAt      string               `json:"signedAt,omitempty"`
	ReceivedAt    string               `json:"receivedAt"`
	Circumstances Circumstances        `json:"circumstances"` // the challenge's defaults, overlaid
	Credentials   []Credential         `json:"credentials"`   // those that passed the steps before the policy
	Beside        []Reference          `json:"beside,omitempty"`
	Derived       *PresentationDerived `json:"derived,omitempty"`
}

// A Reference names a credential of a presentation that is proved and no proxy's who
// presents: a supporting one, or one to which another refers. What it says stands with
// those that rest on it.
type Reference struct {
	Path   string `json:"path"`
	Digest string `json:"digest"`
}

// Circumstances are what is known about the moment.
type Circumstances struct {
	Place               *Place        `json:"place,omitempty"`
	Jurisdiction        *Jurisdiction `json:"jurisdiction,omitempty"`
	Function            *Function     `json:"function,omitempty"`
	Agent               *Agent        `json:"agent,omitempty"`
	Counterparty        *Counterparty `json:"counterparty,omitempty"`
	AttributesRequested []string      `json:"attributesRequested,omitempty"` // what the verifier asks of the proxied
	Biometrics          []Capture     `json:"biometrics,omitempty"`
	Attestations        []Attestation `json:"attestations,omitempty"`
}

// A Place is a point, codes, or both. Source is "verifier" or "device".
type Place struct {
	Lat       *float64 `json:"lat,omitempty"`       // degrees, -90…90
	Lon       *float64 `json:"lon,omitempty"`       // degrees, -180…180
	AccuracyM *float64 `json:"accuracyM,omitempty"` // metres, ≥ 0; absent: the point proves nothing
	Codes     []string `json:"codes,omitempty"`
	Source    string   `json:"source"`
}

// A Jurisdiction is a code and who said so.
type Jurisdiction struct {
	Value  string `json:"value"`
	Source string `json:"source"`
}

// A Function is what the act is: a URI or a name, and who said so.
type Function struct {
	Value  string `json:"value"`
	Source string `json:"source"`
}

// An Agent is the software, the device or both through which the proxy acts,
// each a URI or a name.
type Agent struct {
	Software string `json:"software,omitempty"`
	Device   string `json:"device,omitempty"`
	Source   string `json:"source"`
}

// A Counterparty is with whom the proxy deals: its id, and what it is.
type Counterparty struct {
	ID     string   `json:"id,omitempty"`
	Types  []string `json:"types,omitempty"` // URIs or names
	Source string   `json:"source"`
}

// A Capture is a biometric that was taken, and found to be that of Party: of
// the proxied identity ("proxied"), or of the holder with that DID.
type Capture struct {
	Party      string `json:"party"`
	Modality   string `json:"modality"`   // URI or name: face, fingerprint
	CapturedAt string `json:"capturedAt"` // RFC 3339
	Source     string `json:"source"`
}

// An Attestation is a statement whose signature held (semantics 5).
type Attestation struct {
	Issuer     string   `json:"issuer"`
	Registries []string `json:"registries"` // names of the lists that hold the issuer, sorted
	Key        string   `json:"key"`        // RFC 7638 thumbprint
	IssuedAt   string   `json:"issuedAt"`
	ExpiresAt  string   `json:"expiresAt,omitempty"`
	Constraint string   `json:"constraint"` // base64url SHA-256 of the JCS of the localised object
	Credential string   `json:"credential"` // digest of the credential, base64url SHA-256
	Proxied    string   `json:"proxied,omitempty"`
	OnFile     bool     `json:"onFile,omitempty"` // a trigger that counted in an earlier stored decision

	Derived *AttestationDerived `json:"derived,omitempty"`
}

// A Credential is a proxy credential whose proof held and whose holder signed
// the presentation around it. Its members are as signed.
type Credential struct {
	Path              string             `json:"path"`   // JSON Pointer below the presentation's
	Digest            string             `json:"digest"` // base64url SHA-256 of what the signature covers
	ID                string             `json:"id,omitempty"`
	Form              string             `json:"form"`    // D, G or C
	Named             string             `json:"named"`   // the version the credential names, canonical: 1.0.0
	Variant           string             `json:"variant"` // as the type names it; may be unknown
	Issuer            string             `json:"issuer"`
	IssuerRegistries  []string           `json:"issuerRegistries"` // sorted
	ValidFrom         string             `json:"validFrom,omitempty"`
	ValidUntil        string             `json:"validUntil,omitempty"`
	ProvedUntil       string             `json:"provedUntil,omitempty"` // when the first of the two proofs, its own and the presentation's, expires
	TrustFrameworkURI string             `json:"trustFrameworkURI"`
	AuditURI          string             `json:"auditURI"`
	AppealURI         string             `json:"appealURI"`
	Withheld          bool               `json:"withheld,omitempty"` // claims beside holder and proxied may be withheld
	Status            []Status           `json:"status,omitempty"`   // one per place where its status is to be looked up
	Holder            Holder             `json:"holder"`
	Proxied           Proxied            `json:"proxied"`
	StampedAt         string             `json:"stampedAt,omitempty"` // by when it was signed, as an RFC 3161 time-stamp of the operator's authorities shows
	HolderKey         string             `json:"holderKey,omitempty"` // of an ancestor: RFC 7638 thumbprint of the key that its holder proved
	Parents           []int              `json:"parents,omitempty"`   // those directly above, in Ancestors of the credential presented; none: it is a root
	Ancestors         []Credential       `json:"ancestors,omitempty"` // all above, each after those above it; of a credential presented alone
	Identity          []Supporting       `json:"identity,omitempty"`  // of a root by its delegator: credentials of the presentation about who that is
	Ownership         []Supporting       `json:"ownership,omitempty"` // of a root by an owner: credentials that it names, by which its issuer owns what it is about
	About             []Supporting       `json:"about,omitempty"`     // of one presented: credentials of the presentation about its holder
	Uses              []Use              `json:"uses,omitempty"`      // one per constraint of type usage, where somebody counts
	Derived           *CredentialDerived `json:"derived,omitempty"`
}

// A Status is what the list that a credential names says of it, or why that is
// not known. Value, and what stands below it, is absent where there is a Problem.
type Status struct {
	Path             string         `json:"path"`                       // JSON Pointer below the credential: /credentialStatus/0
	Type             string         `json:"type"`                       // BitstringStatusListEntry, StatusList2021Entry, status_list; or what is not read
	Purpose          string         `json:"purpose,omitempty"`          // absent: status_list
	List             string         `json:"list,omitempty"`             // URL
	Problem          string         `json:"problem,omitempty"`          // of the table of reasons
	Message          string         `json:"message,omitempty"`          // of the problem
	Value            *int           `json:"value,omitempty"`            // 0…255
	Issuer           string         `json:"issuer,omitempty"`           // of the list
	IssuerRegistries []string       `json:"issuerRegistries,omitempty"` // names of the lists that hold the issuer, sorted
	SignedAt         string         `json:"signedAt,omitempty"`
	ValidFrom        string         `json:"validFrom,omitempty"`
	ValidUntil       string         `json:"validUntil,omitempty"` // exclusive
	RevokedAt        string         `json:"revokedAt,omitempty"`  // of one that is revoked: from when on, as the list says
	Derived          *StatusDerived `json:"derived,omitempty"`
}

// A Use is how many permits rested on a credential, or on one below it, in the
// period of one of its constraints, as the verifier's ledger has it.
type Use struct {
	Constraint string `json:"constraint"` // its name
	Count      int64  `json:"count"`      // ≥ 0
}

// A Holder is credentialSubject.holder.
type Holder struct {
	ID           string         `json:"id,omitempty"` // may be absent: bound by key alone
	Type         string         `json:"type"`
	Roles        []string       `json:"roles"`
	RationaleURI string         `json:"rationaleURI,omitempty"`
	Constraints  map[string]any `json:"constraints"`
	Properties   map[string]any `json:"properties"` // every other member
}

// A Proxied is credentialSubject.proxied. Rules are as written, one SGL rule each.
type Proxied struct {
	ID         string         `json:"id,omitempty"`
	Type       string         `json:"type"`
	Rules      []any          `json:"rules"`
	Attributes map[string]any `json:"attributes"` // every other member
}

// A Refused is a presentation or credential that is out before the policy is
// asked. Credential and Digest are empty for a presentation.
type Refused struct {
	Code       string `json:"code"` // of the table of reasons
	Message    string `json:"message"`
	Path       string `json:"path"`
	Credential string `json:"credential,omitempty"` // path of the credential that is out
	Digest     string `json:"digest,omitempty"`
}
