package trustframeworks

// A Document is one trust framework as its author publishes it (semantics
// 2.1). [Parse] makes it; what Parse returns without findings is sound, and is
// not changed afterwards.
type Document struct {
	Schema           string          `json:"$schema,omitempty"`
	Name             string          `json:"name"`
	Abbreviation     string          `json:"abbreviation,omitempty"`
	Version          string          `json:"version"` // canonical: 1.0.0
	URI              string          `json:"uri"`
	ContextURI       string          `json:"contextURI,omitempty"` // see [Document.Context]
	Contexts         []ListedContext `json:"contexts,omitempty"`
	Scope            Scope           `json:"scope"`
	Forms            []string        `json:"forms"` // of D, G, C
	Rationales       []Rationale     `json:"rationales"`
	Conduct          Conduct         `json:"conduct"`
	Permissions      []Permission    `json:"permissions"`
	Constraints      []Constraint    `json:"constraints"`
	Auditing         Channel         `json:"auditing"`
	Appeal           Channel         `json:"appeal"`
	Procedures       []Procedure     `json:"procedures"`
	Freshness        Freshness       `json:"freshness"`
	Roles            []Role          `json:"roles"` // from strongest to weakest
	Variants         []Variant       `json:"variants"`
	Issuers          []Authority     `json:"issuers"`
	IdentityIssuers  []Authority     `json:"identityIssuers,omitempty"`
	OwnershipIssuers []Authority     `json:"ownershipIssuers,omitempty"`
	Attesters        []Authority     `json:"attesters,omitempty"`
	Properties       []Property      `json:"properties,omitempty"`
	UniquePerson     *UniquePerson   `json:"uniquePerson,omitempty"`
	Rules            []Rule          `json:"rules"`
	CredentialRules  string          `json:"credentialRules,omitempty"` // none, narrow, any; empty: any
	Disjoint         *bool           `json:"disjoint,omitempty"`        // nil: true
	Delegation       *Delegation     `json:"delegation,omitempty"`      // nil: nobody hands on
	Tests            []Test          `json:"tests,omitempty"`
	Allow            []Allowance     `json:"allow,omitempty"`

	tree   map[string]any // what was read, with nothing left out
	source positions
	sound  bool
}

// An Allowance says that the author means what the linter would find.
type Allowance struct {
	Code   string   `json:"code"`
	Paths  []string `json:"paths,omitempty"` // JSON Pointers into the document; empty: wherever it is found
	Reason Text     `json:"reason"`
}

// A Scope says where a framework is valid.
type Scope struct {
	Geos          []string `json:"geos"`          // ISO 3166-1 or 3166-2; empty: everywhere
	Jurisdictions []string `json:"jurisdictions"` // empty: any
	Text          Text     `json:"text"`
}

// A Rationale is a reason for which proxies are appointed.
type Rationale struct {
	Name       string `json:"name"`
	URI        string `json:"uri"`
	Definition Text   `json:"definition"`
	Strength   int    `json:"strength"` // 1…1000; 1 is the strongest
}

// Conduct is how proxies, issuers and verifiers behave.
type Conduct struct {
	Proxy    []Behaviour `json:"proxy"`
	Issuer   []Behaviour `json:"issuer"`
	Verifier []Behaviour `json:"verifier"`
}

// A Behaviour is required or recommended. Obligation names the action of an
// obligation where a machine can see to it.
type Behaviour struct {
	Level      string `json:"level"`
	Text       Text   `json:"text"`
	Obligation string `json:"obligation,omitempty"`
}

// A Permission is a privilege that the framework defines.
type Permission struct {
	Name       string   `json:"name"`
	URI        string   `json:"uri"`
	Definition Text     `json:"definition"`
	Audit      string   `json:"audit"` // required, recommended, none
	Procedures []string `json:"procedures,omitempty"`
	Requires   any      `json:"requires,omitempty"` // an SGL condition; nil: none
}

// A Constraint limits a proxy. Members gives, for each parameter of the type,
// the members of holder.constraints that are read as it.
type Constraint struct {
	Name       string              `json:"name"`
	Type       string              `json:"type"`
	URI        string              `json:"uri"`
	Definition Text                `json:"definition"`
	Members    map[string][]string `json:"members"`
	Sources    []string            `json:"sources,omitempty"` // empty: verifier
}

// A Channel is the framework's rule for auditURI or appealURI.
type Channel struct {
	URI  string `json:"uri"` // required, optional
	Text Text   `json:"text"`
}

// A Procedure is what a person does at a challenge, as photo-match.
type Procedure struct {
	Name       string `json:"name"`
	URI        string `json:"uri"`
	Definition Text   `json:"definition"`
}

// A Role is what a proxy can be to the proxied.
type Role struct {
	Name       string `json:"name"`
	URI        string `json:"uri"`
	Definition Text   `json:"definition"`
	Max        int    `json:"max,omitempty"` // how many people can hold it; 0: no limit
}

// A Property is a further property of a principal, and who may assert it.
type Property struct {
	Name    string      `json:"name"`
	Issuers []Authority `json:"issuers"`
}

// UniquePerson names the attribute that tells one person from another.
type UniquePerson struct {
	Attribute string      `json:"attribute"`
	Issuers   []Authority `json:"issuers"`
}

// An Authority says who may issue or attest. By is did, delegator, owner,
// chain or registry.
type Authority struct {
	Variants []string `json:"variants,omitempty"` // empty: all
	By       string   `json:"by"`
	DID      string   `json:"did,omitempty"`
	Registry string   `json:"registry,omitempty"`
}

// Delegation says how proxies hand on what they may do (Aries RFC 0104).
type Delegation struct {
	Delegate         string              `json:"delegate,omitempty"`         // permission to delegate duties; empty: delegate
	Successor        string              `json:"successor,omitempty"`        // permission to hand the role on; empty: successor
	MaxDepth         int                 `json:"maxDepth,omitempty"`         // credentials in a chain, 2…16; 0: 16
	Appoints         map[string][]string `json:"appoints"`                   // role → roles that it may appoint
	CountsSeparately []string            `json:"countsSeparately,omitempty"` // roles that count beside whoever appointed them

	// SurvivesRevocation are the roles of which what their holders issued before
	// outlives the revocation of their own credential. Empty: none.
	SurvivesRevocation []string `json:"survivesRevocation,omitempty"`
}

// A Rule grants to every credential of its variants. Rule is an SGL rule.
type Rule struct {
	Variants []string `json:"variants"`
	Rule     any      `json:"rule"`
}
