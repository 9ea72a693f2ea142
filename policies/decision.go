package policies

// A Decision is the policy's answer (semantics 8.2). Permit is the only value
// that permits; everything else denies.
type Decision struct {
	Decision      string       `json:"decision"` // "permit" or "deny"
	Permissions   []Permission `json:"permissions"`
	Principals    []Principal  `json:"principals"`
	Credentials   []Credential `json:"credentials"`
	Reasons       []Reason     `json:"reasons"` // sorted by code, path, permission
	Needs         []Need       `json:"needs,omitempty"`
	NeedsComplete *bool        `json:"needsComplete,omitempty"` // absent on a permit
	Obligations   []Obligation `json:"obligations"`
	ValidUntil    string       `json:"validUntil,omitempty"` // RFC 3339; the earliest instant at which some input stops holding
	Freshness     string       `json:"freshness,omitempty"`  // "offline" on a permit without a network; else empty
	Explain       Explain      `json:"explain"`
	Counted       []Counted    `json:"counted,omitempty"` // trigger attestations that counted; not shown to callers
	Used          []string     `json:"used,omitempty"`    // digests of the credentials with a limit on use on which a permit rests; not shown to callers
}

// The two values of Decision.Decision.
const (
	Permit = "permit"
	Deny   = "deny"
)

// A Permission says whether one requested permission is granted, and by what.
type Permission struct {
	Name       string `json:"name"`
	Granted    bool   `json:"granted"`
	Rule       *int   `json:"rule,omitempty"`       // index of the rule that grants
	Credential string `json:"credential,omitempty"` // path of the credential that carries it; empty: the framework
	Principals []int  `json:"principals"`           // ascending indexes into Decision.Principals
}

// A Principal is one distinct party after merging (semantics 4.2).
type Principal struct {
	Holder      []string `json:"holder"` // DIDs, sorted
	Roles       []string `json:"roles"`
	Credentials []string `json:"credentials"` // paths
}

// A Credential says whether one credential counted.
type Credential struct {
	Path     string `json:"path"`
	Digest   string `json:"digest,omitempty"`
	Accepted bool   `json:"accepted"`
	Named    string `json:"named,omitempty"` // the version named, where another was decided under
}

// A Reason explains. Code is of the published table (docs/reasons.md).
type Reason struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	Path       string `json:"path"`
	Permission string `json:"permission,omitempty"`
	Credential string `json:"credential,omitempty"`
}

// A Need is one irreducible alternative that would turn the denial to a permit:
// all of its parts together.
type Need struct {
	Parts []NeedPart `json:"parts"`
}

// A NeedPart is one thing to supply:
//
//   - "circumstance": Circumstance for Constraint of Credential, such that it
//     holds for Parameters
//   - "status": a fresher status List, which still has nothing against Credential
//   - "principal": one more, by a credential of Variant, with Role, ID or the
//     Property; where Op is set the property stands in that relation to Value, else
//     it is Value
//   - "obligation": support of the duty Action
//
// Equal parts are as many principals.
type NeedPart struct {
	Kind         string         `json:"kind"`
	Role         string         `json:"role,omitempty"`
	ID           string         `json:"id,omitempty"`
	Property     string         `json:"property,omitempty"`
	Op           string         `json:"op,omitempty"`
	Value        any            `json:"value,omitempty"`
	Variant      string         `json:"variant,omitempty"`
	Action       string         `json:"action,omitempty"`
	Circumstance string         `json:"circumstance,omitempty"`
	Constraint   string         `json:"constraint,omitempty"`
	Credential   string         `json:"credential,omitempty"`
	List         string         `json:"list,omitempty"` // URL
	Parameters   map[string]any `json:"parameters,omitempty"`
}

// An Obligation is a duty that comes with the answer (semantics 8.3).
type Obligation struct {
	ID         string `json:"id"`
	Action     string `json:"action"`
	Text       any    `json:"text"`         // string, or {BCP 47 tag: string}
	By         string `json:"by,omitempty"` // RFC 3339; absent: with what is permitted
	Permission string `json:"permission,omitempty"`
}

// Explain holds what may be told to the holder: it names no other person.
type Explain struct {
	Holder string `json:"holder"`
}

// A Counted is a trigger's attestation on which a decision rests.
type Counted struct {
	Credential string `json:"credential"` // digest
	Constraint string `json:"constraint"` // digest
	Issuer     string `json:"issuer"`
	IssuedAt   string `json:"issuedAt"`
}
