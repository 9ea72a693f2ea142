package trustframeworks

import "github.com/santhosh-tekuri/jsonschema/v5"

// A Variant is one credential schema of a framework:
// Proxy.G/Name/1.0.0/ChildGuardian names form G, framework Name, version
// 1.0.0, variant ChildGuardian.
type Variant struct {
	Name           string            `json:"name"` // [A-Za-z][A-Za-z0-9_-]{0,63}
	Form           string            `json:"form"` // D, G, C
	Holder         Party             `json:"holder"`
	Proxied        Party             `json:"proxied"`
	Roles          []string          `json:"roles"`
	Rationales     []string          `json:"rationales"`
	Constraints    []string          `json:"constraints"`    // those that each credential must bear
	Identification [][]string        `json:"identification"` // any one list, all of it
	Match          map[string]string `json:"match,omitempty"`
	Validity       Validity          `json:"validity"`
}

// A Party is the holder's or the proxied's side of a variant. Schema describes
// the members that the framework adds; what every proxy credential has beside
// them is in [Party.Full].
type Party struct {
	Type   string         `json:"type"` // a name, or an absolute IRI
	Schema map[string]any `json:"schema"`

	full      map[string]any
	validator *jsonschema.Schema
	quick     *quick // of validator
}

// Validity says which of issuance, expiry and status a credential has: each
// required, optional or none.
type Validity struct {
	From    string   `json:"from"`
	Until   string   `json:"until"`
	Status  string   `json:"status"`
	MaxLife Duration `json:"maxLife,omitempty"` // from ValidFrom to ValidUntil; empty: no limit
}

// Variant returns the variant of that name, or nil.
func (d *Document) Variant(name string) *Variant {
	for i := range d.Variants {
		if d.Variants[i].Name == name {
			return &d.Variants[i]
		}
	}
	return nil
}
