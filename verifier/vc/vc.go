// Package vc reads verifiable presentations and credentials into a model that
// nobody has proved yet (W3C VC Data Model 1.1 and 2.0; "Securing Verifiable
// Credentials using JOSE and COSE"; RFC 9901; semantics 3.1, 3.2, 3.4).
//
// What is received is parsed once, strictly, into trees of map[string]any,
// []any, string, float64, bool and nil; signature, schema and reading work on
// these. No signature is checked here: package proof does.
package vc

// The ways in which a presentation or a credential is secured.
const (
	FormatVPJWT11 = "vp-jwt" // VC-JWT 1.1: a JWT with the claim vp
	FormatVPJOSE  = "vp+jwt" // VC-JOSE: a JWT whose claims are the presentation
	FormatVCJWT11 = "vc-jwt" // VC-JWT 1.1: a JWT with the claim vc
	FormatVCJOSE  = "vc+jwt" // VC-JOSE: a JWT whose claims are the credential
	FormatLD      = "ld"     // a JSON-LD object with a proof over its statements inside
	FormatJCS     = "jcs"    // a JSON-LD object with a proof over its JSON text inside
)

// A JWT in its parts. Nothing of it is verified.
type JWT struct {
	Header    map[string]any
	Payload   map[string]any
	Claims    Claims // the registered ones of Payload
	Signed    []byte // header.payload, as received
	Signature []byte // empty where there is none
}

// A Presentation as received, unproved.
type Presentation struct {
	Format      string         // FormatVPJWT11, FormatVPJOSE, FormatLD, FormatJCS or FormatSDJWT
	Holder      string         // the holder it names; empty: it names none
	JWT         *JWT           // nil for FormatLD and FormatJCS; of FormatSDJWT the key binding, nil without one
	SDJWT       *SDJWT         // of FormatSDJWT alone
	Doc         map[string]any // the presentation's members: claim vp, the claims, or the object
	Credentials []*Credential  // at most 64
}

// A Credential as received, unproved. Nothing but Path and Problem may be read
// where Problem is not nil.
type Credential struct {
	Path    string         // JSON Pointer below the presentation: /verifiableCredential/0; empty: it is both
	Format  string         // FormatVCJWT11, FormatVCJOSE, FormatLD, FormatJCS or FormatSDJWT
	JWT     *JWT           // nil for FormatLD and FormatJCS
	SDJWT   *SDJWT         // of FormatSDJWT alone
	Doc     map[string]any // the credential's members; for FormatVCJWT11 with the claims filled in
	Problem *Refusal       // why it cannot be read
}
